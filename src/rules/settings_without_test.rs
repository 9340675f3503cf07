//! `settings-without-test`: times for a check that nobody wrote.

use crate::facts::OwnCheck;
use crate::finding::{Finding, Severity};
use crate::model::probe::Platform;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "settings-without-test",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/settings-without-test.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let judge = |watched| judge(context, watched);
    context.watched.iter().filter_map(judge).collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let probe = watched.probe;
    let service = watched.service.filter(|service| service.complete)?;
    let timing = &probe.timing;
    let says = timing.interval.is_some()
        || timing.timeout.is_some()
        || timing.retries.is_some()
        || timing.start_period.is_some()
        || timing.start_interval.is_some();
    let runs_nothing = watched.test.is_none() && probe.disabled.is_none();
    if probe.platform != Platform::Compose || !says || !runs_nothing {
        return None;
    }
    // A test that the engine rejects is not missing.
    let mut rejected = context.rejected();
    if rejected.any(|rejected| probe.whole.contains(rejected.span)) {
        return None;
    }
    let image = context.inventory(service)?;
    if !matches!(image.check, OwnCheck::None) {
        return None;
    }
    let title = format!("use the check that {} can run", image.shown);
    let offer = watched.recipe().map(|offer| offer.fix(&title));
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                probe.span,
                "these settings have no test, so nothing is ever checked",
                format!(
                    "{} has no health check that they could apply to",
                    image.shown
                ),
            )
            .help("add a `test:`, or delete the settings")
            .fix(offer),
    )
}
