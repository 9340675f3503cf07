//! When the check runs, who says so, and what follows: the first verdict, and the longest time until a fault is noticed.

use std::time::Duration;

use crate::check::Watched;
use crate::facts::OwnCheck;
use crate::model::Written;
use crate::model::draft;
use crate::model::duration::{self, Grammar};
use crate::model::probe::{Setting, Timing, defaults};
use crate::model::target::Targets;
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
    let said = own.and_then(|own| flag_of(own, flag)).and_then(|text| {
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
        .and_then(|own| flag_of(own, "retries"))
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

/// The value of a flag of an image's own HEALTHCHECK.
fn flag_of<'a>(own: &'a OwnCheck, flag: &str) -> Option<&'a str> {
    let OwnCheck::Command(check) = own else {
        return None;
    };
    check
        .split_whitespace()
        .take_while(|word| word.starts_with("--"))
        .find_map(|word| {
            word.strip_prefix("--")?
                .strip_prefix(flag)?
                .strip_prefix('=')
        })
}

impl Effective {
    /// What is said of a check that never ends by itself; None where that may not be seen.
    pub fn killed(&self) -> Option<String> {
        let timeout = draft::duration(self.timeout.value?);
        Some(format!(
            "after timeout {timeout} × retries {}",
            self.retries.value?
        ))
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

    /// What follows (moby `daemon/health.go`: `monitor`, `getInterval`, `handleProbeResult`).
    pub fn times(&self, targets: &Targets) -> Times {
        let (Some(interval), Some(timeout), Some(retries)) =
            (self.interval.value, self.timeout.value, self.retries.value)
        else {
            return Times::default();
        };
        let run = interval.saturating_add(timeout);
        let count = u32::try_from(retries).unwrap_or(u32::MAX);
        let shown = draft::duration;
        let mut times = Times {
            unhealthy: Some(run.saturating_mul(count)),
            sum: format!("{retries} × ({} + {})", shown(interval), shown(timeout)),
            ..Times::default()
        };
        let Some(period) = self.start_period.value else {
            return times;
        };
        let start = match &self.start_interval {
            Some(set) if targets.engine >= 25 => set.value,
            None if targets.start_interval_is_short() => Some(defaults::START_INTERVAL),
            Some(_) | None => Some(interval),
        };
        let Some(start) = start else { return times };
        let first = if period.is_zero() { interval } else { start };
        times.first_healthy = Some(first);
        times.never_healthy = Some(never_healthy(period, start, timeout, run, count));
        times
    }
}

/// From the start to `unhealthy` where every check uses up its timeout.
///
/// A check is planned when the one before it ends: after the start interval as long as the start period lasts, then
/// after the interval. Its failure counts unless it began within the start period.
fn never_healthy(
    period: Duration,
    start: Duration,
    timeout: Duration,
    run: Duration,
    retries: u32,
) -> Duration {
    let early_run = start.saturating_add(timeout);
    if period.is_zero() || early_run.is_zero() {
        return run.saturating_mul(retries).saturating_add(period);
    }
    let planned_early = period.as_nanos().div_ceil(early_run.as_nanos());
    let planned_early = u32::try_from(planned_early).unwrap_or(u32::MAX);
    let spent = early_run.saturating_mul(planned_early);
    let last_began = spent.saturating_sub(timeout);
    let counted = u32::from(last_began >= period);
    spent.saturating_add(run.saturating_mul(retries.saturating_sub(counted)))
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The engine's own loop, check by check.
    fn played(period: u32, start: u32, interval: u32, timeout: u32, retries: u32) -> u32 {
        let (mut now, mut streak) = (0, 0);
        loop {
            let began = now + if now >= period { interval } else { start };
            now = began + timeout;
            if began >= period {
                streak += 1;
            }
            if streak == retries {
                return now;
            }
        }
    }

    #[test]
    fn the_sum_is_what_the_engine_s_loop_comes_to() {
        for period in [0, 1, 5, 6, 7, 30, 31, 120] {
            for start in [1, 2, 5, 60] {
                for interval in [1, 10, 30] {
                    for timeout in [1, 3, 30] {
                        for retries in [1, 3] {
                            let run = SECOND * (interval + timeout);
                            let sum = never_healthy(
                                SECOND * period,
                                SECOND * start,
                                SECOND * timeout,
                                run,
                                retries,
                            );
                            let expected = played(period, start, interval, timeout, retries);
                            assert_eq!(sum, SECOND * expected, "{period} {start} {run:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_number_is_too_large() {
        let most = Duration::MAX;
        assert_eq!(never_healthy(most, most, most, most, u32::MAX), most);
        never_healthy(most, Duration::from_nanos(1), Duration::ZERO, most, 1);
    }
}
