//! `meaningless-retries`: a count of zero, which is none, or one so high that nobody is ever told.

use std::time::Duration;

use crate::finding::{Finding, Severity};
use crate::model::draft::duration;
use crate::model::probe::defaults;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "meaningless-retries",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/meaningless-retries.md"),
    last_resort: false,
    check,
};

/// A service that is dead for longer than this helps nobody who waits for a word.
const LONGEST: Duration = Duration::from_secs(30 * 60);

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    // A finding belongs to the check that writes the setting, not to one that inherits it.
    let written = watched.probe.timing.retries.as_ref()?;
    let count = written.value.value?;
    let settings = watched.settings().filter(|_| watched.runs())?;
    let counted = settings.retries;
    let finding = |message: String, why: String| {
        watched.finding(&RULE, Severity::Note, written.entry(), message, why)
    };
    if count == 0 {
        return Some(
            finding(
                format!("zero retries are {counted} retries"),
                format!("zero counts as unset, so {counted} failures in a row make it unhealthy"),
            )
            .help("write the number that you mean (`1` is the strictest), or take the line out"),
        );
    }
    let told = settings.count_down();
    // Up to the engine's own count it is the interval that is long.
    if told <= LONGEST || count <= defaults::RETRIES {
        return None;
    }
    Some(
        finding(
            format!(
                "a dead service may be called healthy for {}",
                duration(told)
            ),
            format!(
                "{count} × ({} interval + {} timeout)",
                duration(settings.interval),
                duration(settings.timeout)
            ),
        )
        .help("lower it; for a slow start there is `start_period`, which forgives only there"),
    )
}
