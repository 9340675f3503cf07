//! `idle-start-period`: a start period in which no check is ever run protects nothing.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::Written;
use crate::model::draft;
use crate::model::probe::Setting;
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
    let setting = if from == "`start_interval`" {
        watched.timing.start_interval.as_ref()
    } else {
        watched.timing.interval.as_ref()
    };
    let first_shown = setting
        .filter(|setting| setting.value.value == Some(first))
        .map_or_else(|| draft::duration(first), |setting| shown(setting, first));
    let finding = watched
        .finding(
            &RULE,
            Severity::Warning,
            period.entry(),
            format!(
                "the start period of {} protects nothing",
                shown(period, length)
            ),
            format!("the first check runs after {first_shown} ({from}), when the period is over"),
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

/// A length of time, or the variable that only the environment fills in.
fn shown(written: &Written<Setting>, length: Duration) -> String {
    if written.value.text.from_environment() {
        format!("`{}`", written.value.text.shown())
    } else {
        draft::duration(length)
    }
}

/// When the first check runs after the start, and who says so.
fn first_probe(context: &Context<'_>, watched: &Watched<'_>) -> Option<(Duration, String)> {
    if context.targets.engine >= 25
        && let Some(written) = &watched.timing.start_interval
    {
        let value = written.value.value?;
        if !value.is_zero() {
            return Some((value, "`start_interval`".to_owned()));
        }
    }
    if context.targets.start_interval_is_short() {
        return Some((
            Duration::from_secs(5),
            "the engine's default `start_interval`".to_owned(),
        ));
    }
    let interval = watched.timing.effective_interval()?;
    Some((
        interval,
        format!(
            "the interval: Docker Engine {} has no faster pace of its own",
            context.targets.engine
        ),
    ))
}

/// A pace that leaves room for several checks.
fn pace(period: Duration) -> Option<Duration> {
    let pace = Duration::from_secs((period.as_secs() / 4).min(5));
    (!pace.is_zero()).then_some(pace)
}
