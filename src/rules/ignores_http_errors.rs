//! `ignores-http-errors`: a check that is content with HTTP 500.

use crate::finding::{Finding, Fix, Severity};
use crate::outcome::World;
use crate::outcome::request::{self, Client};
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "ignores-http-errors",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/ignores-http-errors.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(outcome) = &watched.outcome else {
            continue;
        };
        if !outcome.ignores_http_errors() {
            continue;
        }
        let asking = watched.calls.iter().find_map(|call| {
            let request = request::request(call, &watched.inventory)?;
            (request.client == Client::Curl).then_some(call)
        });
        let whole = watched.test.map_or(watched.probe.span, |test| test.span);
        let span = asking.map_or(whole, |call| call.words[0].span);
        let why = match &outcome.in_world(World::Error).lost {
            Some(cause) => cause.why.clone(),
            None => "`curl` calls every answer a success, HTTP 500 too, unless it is told `--fail`"
                .to_owned(),
        };
        let edit = asking.and_then(|call| watched.insert_words(call, 0, &["-f"]));
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    span,
                    "this check passes when the service answers with an error",
                    why,
                )
                .help("add `-f`, so that curl fails on HTTP 400 and above")
                .fix(edit.map(|edit| Fix::risky("let curl fail on HTTP errors", vec![edit]))),
        );
    }
    findings
}
