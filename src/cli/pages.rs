//! The rules as the terminal shows them: a list, and one page.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Outlet, Status};
use crate::config;
use crate::report::visible;
use crate::rules::RULES;

/// `healthlint rules`: name, level and summary, a line each.
pub fn list(outlet: &Outlet) -> Status {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let bold = style(outlet, Style::new().bold());
    let mut out = String::new();
    for rule in RULES {
        let level = rule.severity.map_or("off", crate::finding::Severity::word);
        let _ = writeln!(
            out,
            "{bold}{:width$}{bold:#}  {level:7}  {}",
            rule.name,
            rule.summary()
        );
    }
    outlet.out(&out);
    Status::Quiet
}

/// `healthlint rule NAME`: the page.
pub fn show(name: &str, outlet: &Outlet) -> Status {
    let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
        outlet.error(&format!("error: {}\n", visible::line(&unknown_rule(name))));
        return Status::Trouble;
    };
    let head = style(
        outlet,
        Style::new().bold().fg_color(Some(AnsiColor::Cyan.into())),
    );
    let block = style(outlet, Style::new().dimmed());
    let mut out = String::new();
    let mut fenced = false;
    for line in rule.page.lines() {
        let fence = line.starts_with("```");
        let paint = if !fenced && line.starts_with('#') {
            head
        } else if fenced && !fence {
            Style::new()
        } else if fence {
            block
        } else {
            Style::new()
        };
        fenced ^= fence;
        let _ = writeln!(out, "{paint}{line}{paint:#}");
    }
    outlet.out(&out);
    Status::Quiet
}

/// What to say of a rule that there is not.
pub fn unknown_rule(name: &str) -> String {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let message = config::unknown("rule", name, &names);
    if message.contains("did you mean") {
        message
    } else {
        format!("{message}; `healthlint rules` lists them")
    }
}

fn style(outlet: &Outlet, style: Style) -> Style {
    if outlet.colors_out() {
        style
    } else {
        Style::new()
    }
}
