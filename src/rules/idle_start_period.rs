//! `idle-start-period`: a start period in which no check is ever run protects nothing.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft;
use crate::model::probe::defaults;
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "idle-start-period",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/idle-start-period.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let period = watched.probe.timing.start_period.as_ref()?;
    let length = period.value.value.filter(|value| !value.is_zero())?;
    // An override read alone does not know the interval of its base.
    if watched.service.is_some_and(|service| !service.complete) {
        return None;
    }
    let (first, from) = first_probe(context, watched)?;
    if first < length {
        return None;
    }
    let setting = if matches!(from, Pace::Written) {
        watched.timing.start_interval.as_ref()
    } else {
        watched.timing.interval.as_ref()
    };
    let first_shown = setting
        .filter(|setting| setting.value.value == Some(first))
        .map_or_else(
            || draft::duration(first),
            |setting| setting.value.shown(first),
        );
    // Seconds that the engine's own pace uses up are hardly missed: the service has its retries.
    // Without the two, the first check would come sooner: they put it off, and that may be what was wanted.
    let put_off = matches!(from, Pace::Written)
        && watched
            .timing
            .effective_interval()
            .is_some_and(|interval| interval < first);
    let severity = match from {
        Pace::Default => Severity::Note,
        Pace::Written if put_off => Severity::Note,
        Pace::Written | Pace::Interval => Severity::Warning,
    };
    let finding = watched
        .finding(
            &RULE,
            severity,
            period.entry(),
            if put_off {
                format!(
                    "the start period of {} forgives nothing",
                    period.value.shown(length)
                )
            } else {
                format!(
                    "the start period of {} protects nothing",
                    period.value.shown(length)
                )
            },
            format!(
                "the first check runs after {first_shown} ({}), when the period is over{}",
                from.words(context.targets.engine),
                if put_off {
                    ": it is put off, and then its failure counts"
                } else {
                    ""
                }
            ),
        )
        .help("set `start_interval` well below the start period");
    let Some(pace) = pace(length) else {
        // Nothing fits into so short a time; only a longer period helps.
        return Some(finding);
    };
    let edit = match &watched.probe.timing.start_interval {
        Some(written) if written.through.is_none() => {
            let text = &written.value.text;
            text.replace(0..text.len(), &draft::duration(pace))
        }
        Some(_) => None,
        // Who shares the period through an alias would not share the pace.
        None if period.through.is_some() => None,
        // Engines before 25 reject the setting.
        None if context.targets.engine < 25 => None,
        None => watched
            .probe
            .place
            .add("start_interval", &draft::duration(pace)),
    };
    Some(finding.fix(edit.map(|edit: Edit| {
        Fix::risky(
            format!("check every {} while it starts", draft::duration(pace)),
            vec![edit],
        )
    })))
}

/// What sets the pace at the start.
enum Pace {
    /// `start_interval`.
    Written,
    /// The engine's own, since version 27.
    Default,
    /// The interval, on engines that have no other.
    Interval,
}

impl Pace {
    fn words(&self, engine: u32) -> String {
        match self {
            Self::Written => "`start_interval`".to_owned(),
            Self::Default => "the engine's default `start_interval`".to_owned(),
            Self::Interval => {
                format!("the interval: Docker Engine {engine} has no faster pace of its own")
            }
        }
    }
}

/// When the first check runs after the start, and who says so.
fn first_probe(context: &Context<'_>, watched: &Watched<'_>) -> Option<(Duration, Pace)> {
    if context.targets.engine >= 25
        && let Some(written) = &watched.timing.start_interval
    {
        let value = written.value.value?;
        if !value.is_zero() {
            return Some((value, Pace::Written));
        }
    }
    if context.targets.start_interval_is_short() {
        return Some((defaults::START_INTERVAL, Pace::Default));
    }
    Some((watched.timing.effective_interval()?, Pace::Interval))
}

/// A pace that leaves room for several checks.
fn pace(period: Duration) -> Option<Duration> {
    let pace = Duration::from_secs((period.as_secs() / 4).min(5));
    (!pace.is_zero()).then_some(pace)
}
