//! `health-budget`: how long the project may take until its last service starts, and who keeps it waiting.

use std::time::Duration;

use crate::finding::{Finding, Severity};
use crate::model::draft::duration;
use crate::outcome::budget;
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "health-budget",
    severity: None,
    page: include_str!("../../rules/health-budget.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    finding(context).into_iter().collect()
}

fn finding(context: &Context<'_>) -> Option<Finding> {
    let services = &context.project.services;
    let lanes = budget::time_line(services, &context.watches());
    let last = budget::last(&lanes)?;
    let starts = lanes[last].starts?;
    let chain = budget::chain(&lanes, last);
    let (slowest, longest) = budget::bottleneck(&lanes, &chain)?;
    let name = |at: usize| services[at].name.value.as_str();
    let mut finding = Finding::new(
        RULE.name,
        Severity::Note,
        services[last].name.span,
        format!(
            "`{}` may start {} after the first service",
            name(last),
            duration(starts.latest?)
        ),
        format!(
            "at the earliest after {}; the longest wait on the way is for `{}`",
            duration(starts.earliest),
            name(slowest)
        ),
    );
    finding.service = Some(services[last].name.value.clone());
    for at in &chain {
        let own = |window: budget::Window| window.latest;
        let takes = lanes[*at]
            .healthy
            .and_then(own)
            .zip(lanes[*at].starts.and_then(own));
        let Some((healthy, starts)) = takes else {
            continue;
        };
        let takes: Duration = healthy.saturating_sub(starts);
        finding = finding.label(
            services[*at].name.span,
            format!(
                "may take {} until it is healthy or given up",
                duration(takes)
            ),
        );
    }
    Some(finding.help(format!(
        "`{}` may take {}: a shorter interval, timeout or start period, or fewer retries, bring that down",
        name(slowest),
        duration(longest)
    )))
}
