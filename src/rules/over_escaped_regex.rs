//! `over-escaped-regex`: one backslash too many, or one that YAML does not know.

use crate::finding::{Finding, Fix, Severity};
use crate::model::regex;
use crate::model::rejected::{Rejected, RejectedKind};
use crate::outcome::patterns::{self, Pattern};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "over-escaped-regex",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/over-escaped-regex.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = context.rejected().filter_map(unknown_to_yaml).collect();
    for (watched, call) in context.calls() {
        for pattern in patterns::patterns(call, &watched.inventory) {
            let program = call.shown_name();
            findings.extend(doubled(watched, &program, &pattern));
        }
    }
    findings
}

/// `"\s"` in double quotes.
fn unknown_to_yaml(rejected: &Rejected) -> Option<Finding> {
    let RejectedKind::YamlEscape { escape } = &rejected.kind else {
        return None;
    };
    let class = match escape.as_str() {
        r"\s" => Some("[[:space:]]"),
        r"\d" => Some("[0-9]"),
        r"\w" => Some("[[:alnum:]_]"),
        _ => None,
    };
    let new = class.map_or_else(|| format!("\\{escape}"), str::to_owned);
    let mut finding = Finding::new(
        RULE.name,
        Severity::Error,
        rejected.span,
        format!("YAML knows no escape `{escape}` in double quotes"),
        "Compose cannot read the file: `found unknown escape character`",
    )
    .help(format!("write `{new}`"))
    .fix(Fix::safe(
        format!("write `{new}`"),
        vec![Edit::replace(rejected.span, new.clone())],
    ));
    finding.service.clone_from(&rejected.service);
    Some(finding)
}

/// `\\s` that reaches the program with both backslashes.
fn doubled(watched: &Watched<'_>, program: &str, pattern: &Pattern) -> Vec<Finding> {
    let text = pattern.text.as_str();
    let mut readings = pattern
        .readers
        .iter()
        .map(|reader| regex::parse(text, *reader).over_escapes());
    let Some(first) = readings.next() else {
        return Vec::new();
    };
    // Whoever reads it, the backslash must be needed.
    let others: Vec<_> = readings.collect();
    first
        .into_iter()
        .filter(|escape| {
            escape.required
                && others.iter().all(|reading| {
                    reading
                        .iter()
                        .any(|other| other.range == escape.range && other.required)
                })
        })
        .map(|escape| {
            let written = &text[escape.range.clone()];
            let edit = pattern.text.replace(escape.range.clone(), &escape.meant);
            watched
                .finding(
                    &RULE,
                    Severity::Error,
                    pattern.text.span_of(escape.range.clone()),
                    format!(
                        "this pattern can never match: it asks for a backslash before `{}`",
                        escape.letter
                    ),
                    format!("`{program}` receives `{written}`, with both backslashes"),
                )
                .help(format!("write `{}`", escape.meant))
                .fix(edit.map(|edit| Fix::safe(format!("write `{}`", escape.meant), vec![edit])))
        })
        .collect()
}
