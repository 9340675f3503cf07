//! `slow-to-notice`: a first verdict minutes after the start, or a dead service that is noticed only after minutes.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::duration;
use crate::model::probe::defaults;
use crate::model::project::Condition;
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "slow-to-notice",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/slow-to-notice.md"),
    last_resort: false,
    check,
};

/// The first verdict may come so long after the start.
const FIRST: Duration = Duration::from_secs(2 * 60);
/// A row of failures may last so long.
const ROW: Duration = Duration::from_secs(10 * 60);
/// Behind this `meaningless-retries` speaks.
const MEANINGLESS: Duration = Duration::from_secs(30 * 60);

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let settings = watched.settings().filter(|_| watched.runs())?;
    if watched.service.is_some_and(|service| !service.complete) {
        return None;
    }
    let row = settings
        .interval
        .saturating_mul(u32::try_from(settings.retries).unwrap_or(u32::MAX));
    let first = settings.times(context.targets).first_healthy;
    let own = &watched.probe.timing;
    if first > FIRST {
        let early = !settings.start_period.is_zero() && settings.start_interval == Some(first);
        // A finding belongs to the check that writes the setting, not to one that inherits it.
        let decides = if early {
            &own.start_interval
        } else {
            &own.interval
        };
        let waiting = waiting(context, watched);
        let severity = match waiting {
            Some(_) => Severity::Warning,
            None => Severity::Note,
        };
        let why = match waiting {
            Some(name) => format!("`{name}` waits for this check, however fast the start was"),
            None => {
                "the first check runs when that time is over, however fast the start was".to_owned()
            }
        };
        let message = format!(
            "nobody knows its health for {} after the start",
            duration(first)
        );
        let finding = watched.finding(&RULE, severity, decides.as_ref()?.entry(), message, why);
        // Where a failure is noticed late too, the pace of the start mends but half of it.
        let edit = quick_start(context, watched).filter(|_| row <= ROW);
        let title = "check every 5s while it starts";
        return Some(
            finding
                .help("a `start_period` with a short `start_interval` finds out sooner, and the interval may stay")
                .fix(edit.map(|edit| Fix::risky(title, vec![edit]))),
        );
    }
    // So many retries that they mean nothing have a name of their own.
    let meaningless = settings.count_down() > MEANINGLESS
        && own.retries.is_some()
        && settings.retries > defaults::RETRIES;
    if row <= ROW || meaningless {
        return None;
    }
    // More retries than the engine's own are what makes it long.
    let (interval, retries) = (&own.interval, &own.retries);
    let place = match (interval, retries) {
        (_, Some(retries)) if settings.retries > defaults::RETRIES => retries.entry(),
        (Some(interval), _) => interval.entry(),
        (None, retries) => retries.as_ref()?.entry(),
    };
    let message = format!(
        "a dead service is noticed after {} at the earliest",
        duration(row.saturating_sub(settings.interval))
    );
    let why = format!(
        "{} failures in a row, {} apart, make it unhealthy",
        settings.retries,
        duration(settings.interval)
    );
    let finding = watched.finding(&RULE, Severity::Note, place, message, why);
    Some(finding.help("a shorter interval or fewer retries notice it sooner"))
}

/// A pace for the start, where none of its settings is written yet.
fn quick_start(context: &Context<'_>, watched: &Watched<'_>) -> Option<Edit> {
    let timing = &watched.timing;
    // Engines before 25 know no second pace.
    if context.targets.engine < 25 || timing.start_interval.is_some() {
        return None;
    }
    let place = &watched.probe.place;
    let pace = place.add("start_interval", "5s")?;
    if timing.start_period.is_some() {
        return Some(pace);
    }
    let mut both = place.add("start_period", "1m")?;
    both.text.push_str(&pace.text);
    Some(both)
}

/// Who waits until this service is healthy.
fn waiting<'a>(context: &'a Context<'_>, watched: &Watched<'_>) -> Option<&'a str> {
    let own = watched.service?;
    let services = &context.project.services;
    let mut all = services.iter().filter(|service| {
        service.waits(services).any(|(wait, target)| {
            std::ptr::eq(target, own) && wait.condition.value == Condition::Healthy
        })
    });
    all.next().map(|service| service.name.value.as_str())
}
