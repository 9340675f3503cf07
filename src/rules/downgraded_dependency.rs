//! `downgraded-dependency`: a list on top of a longer `depends_on` takes the condition away.

use crate::finding::{Finding, Fix, Severity};
use crate::model::project::{Condition, Dependency, Downgrade, Service};
use crate::rule::{Context, Rule};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "downgraded-dependency",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/downgraded-dependency.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &context.project.services {
        for wait in &service.depends_on {
            if let Some(downgrade) = &wait.downgrade {
                findings.push(finding(context, service, wait, downgrade));
            }
        }
    }
    findings
}

fn finding(
    context: &Context<'_>,
    service: &Service,
    wait: &Dependency,
    downgrade: &Downgrade,
) -> Finding {
    let (own, name) = (&service.name.value, &wait.service.value);
    let lost = word(downgrade.from.value);
    let mut finding = Finding::new(
        RULE.name,
        Severity::Warning,
        wait.service.span,
        format!(
            "`{own}` no longer waits until `{name}` is {}",
            state(downgrade.from.value)
        ),
        format!("a list says `service_started` for each name, and so takes `{lost}` away"),
    )
    .label(downgrade.from.span, "the condition that is lost")
    .help("write the long form here too, with its condition");
    finding.service = Some(own.clone());
    let fix = long_form(context, service, downgrade.list)
        .map(|edits| Fix::safe("write the long form", edits));
    finding.fix(fix)
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "service_started",
        Condition::Healthy => "service_healthy",
        Condition::Completed => "service_completed_successfully",
    }
}

fn state(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "started",
        Condition::Healthy => "healthy",
        Condition::Completed => "done",
    }
}

/// The list as a mapping, with the conditions that were below.
fn long_form(context: &Context<'_>, service: &Service, list: Span) -> Option<Vec<Edit>> {
    let text = &context.sources.get(list.source).text;
    let here = |wait: &&Dependency| wait.explicit && list.contains(wait.service.span);
    let waits: Vec<&Dependency> = service.depends_on.iter().filter(here).collect();
    let condition = |wait: &Dependency| {
        let below = wait
            .downgrade
            .as_ref()
            .map(|downgrade| downgrade.from.value);
        word(below.unwrap_or(wait.condition.value))
    };
    let own = waits
        .iter()
        .all(|wait| wait.service.through.is_none() && wait.condition.span == wait.service.span);
    if waits.is_empty() || !own {
        return None;
    }
    if text[list.range()].starts_with('[') {
        if text[list.range()].contains('#') {
            return None;
        }
        let entries = waits
            .iter()
            .map(|wait| format!("{}: {{condition: {}}}", wait.service.value, condition(wait)));
        let entries: Vec<String> = entries.collect();
        return Some(vec![Edit::replace(
            list,
            format!("{{{}}}", entries.join(", ")),
        )]);
    }
    waits
        .iter()
        .map(|wait| entry(text, wait.service.span, condition(wait)))
        .collect()
}

/// `- db` as an entry of a mapping; deeper than its key, where the list's dashes are not.
fn entry(text: &str, name: Span, condition: &str) -> Option<Edit> {
    let line_start = text[..name.range().start]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let before = &text[line_start..name.range().start];
    let blanks = &before[..before.len() - before.trim_start().len()];
    if before.trim() != "-" {
        return None;
    }
    let above = text[..line_start].lines().rev().find(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with(['#', '-'])
    })?;
    let deep = above.len() - above.trim_start().len() < blanks.len();
    let indent = if deep {
        blanks.to_owned()
    } else {
        format!("{blanks}  ")
    };
    let newline = if text[..line_start].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let span = Span::new(name.source, line_start, name.range().end);
    let name = &text[name.range()];
    Some(Edit::replace(
        span,
        format!("{indent}{name}:{newline}{indent}  condition: {condition}"),
    ))
}
