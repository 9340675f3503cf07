//! When the check runs, who says so, and what follows: the first verdict, and the longest time until a fault is noticed.

use std::time::Duration;

use crate::check::Watched;
use crate::facts::OwnCheck;
use crate::model::Written;
use crate::model::draft;
use crate::model::duration::{self, Grammar};
use crate::model::probe::{Setting, Timing, defaults};
use crate::model::target::Targets;
use crate::outcome::schedule::Settings;
use crate::text::{Sources, Span};

use super::way;

/// One setting as it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Its name as Compose spells it.
    pub name: &'static str,
    /// Its value: `30s`, `3`; a variable by name where nobody may see its value.
    pub shown: String,
    /// Seconds, or a count; None where it is unknown or may not be seen.
    pub value: Option<f64>,
    /// Who says so.
    pub origin: Origin,
}

/// Who set a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's own files, here, and the alias, merge key or `extends` that brings it, as it is written.
    File(Span, Option<(String, Span)>),
    /// The check that the published image brings.
    Image,
    /// Nobody, so it is the engine's default.
    Default,
    /// Nobody in sight; the engine's default, unless the image, of which that is not known, has a check that sets it.
    Unseen,
}

/// What follows from the settings. None where one of them is unknown or may not be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// From the start of the container to the earliest `healthy`: the end of the first check, if it takes no time.
    pub first_healthy: Option<Duration>,
    /// From the moment a healthy service fails to `unhealthy`, at the latest.
    pub unhealthy: Option<Duration>,
    /// From the start of a container whose service never works to `unhealthy`, at the latest.
    pub never_healthy: Option<Duration>,
    /// How `unhealthy` comes about: `3 × (30s + 30s)`.
    pub sum: String,
}

/// The settings that count for one container.
pub struct Effective {
    interval: Counts<Duration>,
    timeout: Counts<Duration>,
    retries: Counts<u64>,
    start_period: Counts<Duration>,
    start_interval: Option<Counts<Duration>>,
}

struct Counts<T> {
    /// None where nobody knows it.
    value: Option<T>,
    /// How it is written, where its value may not be seen or is unknown.
    written: Option<String>,
    origin: Origin,
}

/// What counts: set here, else by the image, else by the engine (moby `daemon/commit.go merge`, `daemon/health.go`).
pub fn effective(sources: &Sources, watched: &Watched<'_>) -> Effective {
    let timing = &watched.timing;
    let local = watched
        .build
        .is_some_and(|(build, stage)| build.probe_of(stage).is_some());
    let own = (!local).then_some(&watched.inventory.check);
    let of = |written: Option<&Written<Setting>>, flag: &str, default: Duration| {
        duration_of(sources, written, own, flag, default)
    };
    Effective {
        interval: of(timing.interval.as_ref(), "interval", defaults::INTERVAL),
        timeout: of(timing.timeout.as_ref(), "timeout", defaults::TIMEOUT),
        retries: retries(sources, timing, own),
        start_period: of(timing.start_period.as_ref(), "start-period", Duration::ZERO),
        start_interval: {
            let nobody = Duration::MAX;
            let value = of(timing.start_interval.as_ref(), "start-interval", nobody);
            (value.value != Some(nobody)).then_some(value)
        },
    }
}

fn duration_of(
    sources: &Sources,
    written: Option<&Written<Setting>>,
    own: Option<&OwnCheck>,
    flag: &str,
    default: Duration,
) -> Counts<Duration> {
    if let Some(written) = written
        && written.value.value != Some(Duration::ZERO)
    {
        let text = &written.value.text;
        let hidden = text.from_environment() || written.value.value.is_none();
        return Counts {
            value: written.value.value.filter(|_| !hidden),
            written: hidden.then(|| text.shown()),
            origin: Origin::File(written.span, through(sources, written)),
        };
    }
    let said = own.and_then(|own| own.flag(flag)).and_then(|text| {
        let parsed = duration::parse(text, Grammar::Dockerfile).ok().flatten()?;
        parsed.to_std().filter(|value| !value.is_zero())
    });
    fallen_back(said, own, default)
}

fn retries(sources: &Sources, timing: &Timing, own: Option<&OwnCheck>) -> Counts<u64> {
    if let Some(written) = &timing.retries
        && written.value.value != Some(0)
    {
        let text = &written.value.text;
        let hidden = text.from_environment() || written.value.value.is_none();
        return Counts {
            value: written.value.value.filter(|_| !hidden),
            written: hidden.then(|| text.shown()),
            origin: Origin::File(written.span, through(sources, written)),
        };
    }
    let said = own
        .and_then(|own| own.flag("retries"))
        .and_then(|text| text.parse().ok())
        .filter(|count| *count > 0);
    fallen_back(said, own, defaults::RETRIES)
}

fn through<T>(sources: &Sources, written: &Written<T>) -> Option<(String, Span)> {
    written.through.map(|span| way(sources, span))
}

fn fallen_back<T>(said: Option<T>, own: Option<&OwnCheck>, default: T) -> Counts<T> {
    let origin = match (&said, own) {
        (Some(_), _) => Origin::Image,
        (None, Some(OwnCheck::Unknown)) => Origin::Unseen,
        (None, _) => Origin::Default,
    };
    Counts {
        value: Some(said.unwrap_or(default)),
        written: None,
        origin,
    }
}

/// How soon after the service fails Docker calls the container unhealthy, at the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays {
    /// Where the check fails at once.
    pub failed: String,
    /// Where each run uses up its timeout; None where that is unknown.
    pub killed: Option<String>,
}

impl Effective {
    /// How soon after the service fails Docker says so, in words; None where that may not be seen.
    pub fn delays(&self) -> Option<Delays> {
        let (interval, retries) = (self.interval.value?, self.retries.value?);
        let count = u32::try_from(retries).unwrap_or(u32::MAX);
        let within = |run: Duration, shown: String| {
            let all = draft::duration(run.saturating_mul(count));
            format!("within {all}: {retries} × {shown}")
        };
        let pace = draft::duration(interval);
        Some(Delays {
            failed: within(interval, pace.clone()),
            killed: self.timeout.value.map(|timeout| {
                let shown = format!("({pace} + {})", draft::duration(timeout));
                within(interval.saturating_add(timeout), shown)
            }),
        })
    }

    /// Each setting; the start interval only where there is a start period in which it counts.
    pub fn moments(&self, targets: &Targets) -> Vec<Moment> {
        let mut all = vec![
            moment("interval", &self.interval),
            moment("timeout", &self.timeout),
            Moment {
                name: "retries",
                shown: told(&self.retries, u64::to_string),
                #[allow(clippy::cast_precision_loss)] // Nobody retries 2^52 times.
                value: self.retries.value.map(|count| count as f64),
                origin: self.retries.origin.clone(),
            },
            moment("start_period", &self.start_period),
        ];
        let start = match &self.start_interval {
            Some(value) => Some(moment("start_interval", value)),
            None if self.start_period.value == Some(Duration::ZERO) => None,
            None if targets.start_interval_is_short() => {
                let value = fallen_back(None, None, defaults::START_INTERVAL);
                Some(moment("start_interval", &value))
            }
            None => None,
        };
        all.extend(start);
        all
    }

    /// What follows; None where a setting that has a say is unknown or may not be seen.
    pub fn times(&self, targets: &Targets) -> Times {
        let (Some(interval), Some(timeout), Some(retries)) =
            (self.interval.value, self.timeout.value, self.retries.value)
        else {
            return Times::default();
        };
        let settings = Settings {
            interval,
            timeout,
            retries,
            start_period: self.start_period.value.unwrap_or_default(),
            start_interval: self.start_interval.as_ref().and_then(|set| set.value),
        };
        let follows = settings.times(targets);
        let hidden = |set: &Counts<Duration>| set.value.is_none();
        let start_known =
            !hidden(&self.start_period) && !self.start_interval.as_ref().is_some_and(hidden);
        let shown = draft::duration;
        Times {
            first_healthy: start_known.then_some(follows.first_healthy),
            unhealthy: Some(follows.unhealthy),
            never_healthy: start_known.then_some(follows.never_healthy),
            sum: format!("{retries} × ({} + {})", shown(interval), shown(timeout)),
        }
    }
}

fn moment(name: &'static str, value: &Counts<Duration>) -> Moment {
    Moment {
        name,
        shown: told(value, |value| draft::duration(*value)),
        value: value.value.map(|value| value.as_secs_f64()),
        origin: value.origin.clone(),
    }
}

fn told<T>(value: &Counts<T>, shown: impl Fn(&T) -> String) -> String {
    match (&value.value, &value.written) {
        (Some(value), _) => shown(value),
        (None, Some(written)) => written.clone(),
        (None, None) => "unknown".to_owned(),
    }
}
