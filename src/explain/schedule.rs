//! When the check runs, who says so, and what follows: the first verdict, and the longest time until a fault is noticed.

use std::time::Duration;

use crate::check::Watched;
use crate::facts::OwnCheck;
use crate::model::Written;
use crate::model::draft;
use crate::model::probe::{Count, Platform, Setting, defaults};
use crate::model::target::Targets;
use crate::outcome::schedule::{Settings, own_duration, own_retries};
use crate::text::{Sources, Span, Traced};

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
    /// The Dockerfile that the service's image is built from, here.
    Dockerfile(Span),
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
    pub unhealthy: Option<Streak>,
    /// From the start of a container whose service never works to `unhealthy`, at the latest.
    pub never_healthy: Option<Duration>,
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
    let asked = Asked {
        sources,
        watched,
        own: (!local).then_some(&watched.inventory.check),
    };
    Effective {
        interval: asked.duration(timing.interval.as_ref(), "interval", defaults::INTERVAL),
        timeout: asked.duration(timing.timeout.as_ref(), "timeout", defaults::TIMEOUT),
        retries: asked.retries(timing.retries.as_ref()),
        start_period: asked.duration(timing.start_period.as_ref(), "start-period", Duration::ZERO),
        start_interval: {
            let nobody = Duration::MAX;
            let value = asked.duration(timing.start_interval.as_ref(), "start-interval", nobody);
            (value.value != Some(nobody)).then_some(value)
        },
    }
}

/// Whom to ask for a setting.
struct Asked<'a> {
    sources: &'a Sources,
    watched: &'a Watched<'a>,
    /// The published image's check; None where a local Dockerfile has one.
    own: Option<&'a OwnCheck>,
}

impl Asked<'_> {
    fn duration(
        &self,
        written: Option<&Written<Setting>>,
        flag: &str,
        default: Duration,
    ) -> Counts<Duration> {
        match written {
            Some(written) if written.value.value != Some(Duration::ZERO) => {
                self.set(written, &written.value.text, written.value.value)
            }
            _ => {
                let said = self.own.and_then(|own| own_duration(own, flag));
                fallen_back(said, self.own, default)
            }
        }
    }

    fn retries(&self, written: Option<&Written<Count>>) -> Counts<u64> {
        match written {
            Some(written) if written.value.value != Some(0) => {
                self.set(written, &written.value.text, written.value.value)
            }
            _ => fallen_back(self.own.and_then(own_retries), self.own, defaults::RETRIES),
        }
    }

    fn set<T, S>(&self, written: &Written<S>, text: &Traced, value: Option<T>) -> Counts<T> {
        let value = value.filter(|_| !text.from_environment());
        let probe = self.watched.probe;
        let inherited = probe.platform == Platform::Compose
            && self
                .watched
                .build
                .is_some_and(|(build, _)| build.source == written.span.source)
            && probe.span.source != written.span.source;
        Counts {
            written: value.is_none().then(|| text.shown()),
            value,
            origin: if inherited {
                Origin::Dockerfile(written.span)
            } else {
                let through = written.through.map(|span| way(self.sources, span));
                Origin::File(written.span, through)
            },
        }
    }
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

/// How soon after the service fails Docker calls the container unhealthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays {
    /// Where each check fails at once.
    pub at_once: Streak,
    /// Where each check uses up its timeout: at the latest.
    pub at_worst: Streak,
}

/// As many failures in a row as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streak {
    /// How long they take.
    pub lasts: Duration,
    /// How that comes about: `3 × (30s + 5s)`.
    pub sum: String,
}

impl Effective {
    /// How soon after the service fails Docker says so; None where that is unknown or may not be seen.
    pub fn delays(&self) -> Option<Delays> {
        let settings = self.settings()?;
        let retries = settings.retries;
        let interval = draft::duration(settings.interval);
        let timeout = draft::duration(settings.timeout);
        Some(Delays {
            at_once: Streak {
                lasts: settings.count_down_at_once(),
                sum: format!("{retries} × {interval}"),
            },
            at_worst: Streak {
                lasts: settings.count_down(),
                sum: format!("{retries} × ({interval} + {timeout})"),
            },
        })
    }

    /// None where one that always has a say is unknown or may not be seen.
    fn settings(&self) -> Option<Settings> {
        Some(Settings {
            interval: self.interval.value?,
            timeout: self.timeout.value?,
            retries: self.retries.value?,
            start_period: self.start_period.value.unwrap_or_default(),
            start_interval: self.start_interval.as_ref().and_then(|set| set.value),
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
        let (Some(settings), Some(delays)) = (self.settings(), self.delays()) else {
            return Times::default();
        };
        let follows = settings.times(targets);
        let hidden = |set: &Counts<Duration>| set.value.is_none();
        let start_known =
            !hidden(&self.start_period) && !self.start_interval.as_ref().is_some_and(hidden);
        Times {
            first_healthy: start_known.then_some(follows.first_healthy),
            unhealthy: Some(delays.at_worst),
            never_healthy: start_known.then_some(follows.never_healthy),
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
