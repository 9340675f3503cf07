//! `cannot-fail`: a check that says "healthy" when nothing listens.

use crate::finding::{Finding, Severity};
use crate::outcome::{Outcome, World};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "cannot-fail",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/cannot-fail.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| {
            let outcome = watched.outcome.as_ref()?;
            if outcome.cannot_fail() {
                Some(never_fails(watched, outcome))
            } else if outcome.passes_only_the_dead() {
                Some(passes_the_dead(watched, outcome))
            } else {
                None
            }
        })
        .collect()
}

fn never_fails(watched: &Watched<'_>, outcome: &Outcome) -> Finding {
    let whole = watched.test.map_or(watched.probe.span, |test| test.span);
    match &outcome.in_world(World::Refused).lost {
        Some(cause) => watched
            .finding(
                &RULE,
                Severity::Error,
                cause.span,
                "this check can never fail",
                cause.why.clone(),
            )
            .help("let the status of the program that asks the service be the last one"),
        None => watched
            .finding(
                &RULE,
                Severity::Error,
                whole,
                "this check can never fail",
                "nothing in it asks the service, so it passes whatever happens",
            )
            .help("ask the service something that only a working one can answer"),
    }
}

fn passes_the_dead(watched: &Watched<'_>, outcome: &Outcome) -> Finding {
    let whole = watched.test.map_or(watched.probe.span, |test| test.span);
    let (span, why) = match &outcome.in_world(World::Refused).lost {
        Some(cause) => (cause.span, cause.why.clone()),
        None => (
            whole,
            "without an answer there is nothing that it could fail on".to_owned(),
        ),
    };
    watched
        .finding(
            &RULE,
            Severity::Warning,
            span,
            "this check passes when the service is dead",
            why,
        )
        .help("make sure that no answer is a failure")
}
