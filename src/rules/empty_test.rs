//! `empty-test`: a check that runs nothing, and so always passes.

use crate::finding::{Finding, Severity};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "empty-test",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/empty-test.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let test = watched.test?;
    let Form::Shell { script, .. } = &test.value.form else {
        return None;
    };
    // What somebody fills in may be a command in every other place.
    if !watched.command.as_ref()?.runs_nothing() || !script.variables().is_empty() {
        return None;
    }
    let span = if test.span.is_empty() {
        watched.probe.span
    } else {
        test.span
    };
    let title = format!("use the check that {} can run", watched.inventory.shown);
    let offer = watched.recipe().map(|offer| offer.fix(&title));
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                span,
                "this check runs nothing",
                "a shell that is told nothing ends with status 0, so the container is always healthy",
            )
            .help("ask the service something, or write `disable: true` where no check is wanted")
            .fix(offer),
    )
}
