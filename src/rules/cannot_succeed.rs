//! `cannot-succeed`: a check that says "unhealthy" whatever the service does.

use crate::finding::{Finding, Severity};
use crate::outcome::World;
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "cannot-succeed",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/cannot-succeed.md"),
    // A tool that is missing or a URL without host is said better by the rule that knows the cause.
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| {
            let outcome = watched.outcome.as_ref()?;
            if !outcome.never_zero() {
                return None;
            }
            let whole = watched.test.map_or(watched.probe.span, |test| test.span);
            let (span, why) = match &outcome.in_world(World::Healthy).failed {
                Some(cause) => (cause.span, cause.why.clone()),
                None => (
                    whole,
                    "no answer of the service makes it end with status 0".to_owned(),
                ),
            };
            Some(
                watched
                    .finding(
                        &RULE,
                        Severity::Error,
                        span,
                        "this check can never succeed",
                        why,
                    )
                    .help("let the check end with status 0 when the service answers well"),
            )
        })
        .collect()
}
