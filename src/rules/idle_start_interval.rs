//! `idle-start-interval`: a `start_interval` that nothing ever uses.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft;
use crate::model::probe::Platform;
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "idle-start-interval",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/idle-start-interval.md"),
    last_resort: false,
    check,
};

/// `start_interval` exists since this engine.
const SINCE: u32 = 25;

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    // A finding belongs to the check that writes the setting, not to one that inherits it.
    let setting = watched.probe.timing.start_interval.as_ref()?;
    setting.value.value.filter(|value| !value.is_zero())?;
    // An override read alone does not know whether its base has a start period.
    if watched.service.is_some_and(|service| !service.complete) {
        return None;
    }
    let rejected = context.rejected().any(|rejected| {
        rejected.kind == RejectedKind::StartIntervalAlone
            && watched.probe.whole.contains(rejected.span)
    });
    let (severity, why, help) = if rejected {
        (
            Severity::Error,
            "Compose refuses to create the container: `start_interval requires start_period to be set`",
            "add the `start_period` that it should work in, or remove it",
        )
    } else if watched.timing.effective_start_period() == Some(Duration::ZERO)
        && inherits_nothing(watched)
    {
        (
            Severity::Warning,
            "it counts only within the start period, and there is none",
            "add the start period that it should work in, or remove it",
        )
    } else if context.targets.engine < SINCE {
        (
            Severity::Warning,
            "Docker Engine knows it since version 25, and you target an older one",
            "shorten the interval, or target a newer engine",
        )
    } else {
        return None;
    };
    let name = match watched.probe.platform {
        Platform::Compose => "start_interval",
        Platform::Dockerfile => "--start-interval",
    };
    let text = &context.sources.get(setting.span.source).text;
    let fix = (setting.through.is_none())
        .then(|| draft::removal(text, setting.entry()))
        .flatten()
        .map(|edit| Fix::risky(format!("remove `{name}`"), vec![edit]));
    Some(
        watched
            .finding(
                &RULE,
                severity,
                setting.entry(),
                format!("`{name}` has no effect"),
                why,
            )
            .help(help)
            .fix(fix),
    )
}

/// Whether no image can bring the missing start period: a Dockerfile's own base may, and so may a service's image.
fn inherits_nothing(watched: &Watched<'_>) -> bool {
    watched.timing.start_period.is_some()
        || watched.test.is_some_and(|test| {
            watched
                .probe
                .test
                .as_ref()
                .is_some_and(|own| own.span == test.span)
        }) && watched.probe.platform == Platform::Dockerfile
}
