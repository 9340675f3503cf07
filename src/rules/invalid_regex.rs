//! `invalid-regex`: a pattern that the program refuses to read.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::regex::{self, Dialect, FaultKind, Regex, Syntax};
use crate::outcome::patterns::{self, Pattern};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "invalid-regex",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/invalid-regex.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (watched, call) in context.calls() {
        for pattern in patterns::patterns(call, &watched.inventory) {
            findings.extend(judge(watched, call, &pattern));
        }
    }
    findings
}

fn judge(watched: &Watched<'_>, call: &Call, pattern: &Pattern) -> Option<Finding> {
    let text = pattern.text.as_str();
    let readings: Vec<Regex> = pattern
        .readers
        .iter()
        .map(|reader| regex::parse(text, *reader))
        .collect();
    // Whoever reads it must refuse it.
    let first = readings.first()?;
    if readings.iter().any(|reading| reading.fault.is_none()) {
        return None;
    }
    let fault = first.fault.as_ref()?;
    let program = call.shown_name();
    let complaint = first.complaint_about(&pattern.text.shown())?;
    let edit = repaired(pattern, first);
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                pattern.text.span_of(fault.range.clone()),
                format!("`{program}` cannot read this pattern"),
                format!("it stops with `{complaint}` and never looks at a line"),
            )
            .help("repair the pattern, or look for a fixed text with `grep -F`")
            .fix(edit.map(|edit| Fix::safe("escape the brace", vec![edit]))),
    )
}

/// `{"x"`: a brace that was meant as itself.
fn repaired(pattern: &Pattern, reading: &Regex) -> Option<Edit> {
    let fault = reading.fault.as_ref()?;
    let text = pattern.text.as_str();
    let brace = text[fault.range.start..].starts_with('{');
    let literal = reading.reader.syntax == Syntax::Extended
        && reading.reader.dialect == Dialect::Musl
        && matches!(fault.kind, FaultKind::NothingToRepeat | FaultKind::BadBrace);
    if !brace || !literal {
        return None;
    }
    pattern
        .text
        .replace(fault.range.start..fault.range.start + 1, r"\{")
}
