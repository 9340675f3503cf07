//! When the engine calls a container healthy or unhealthy: arithmetic on settings, without a word of where they stand.

use std::time::Duration;

use crate::facts::OwnCheck;
use crate::model::Written;
use crate::model::duration::{self, Grammar};
use crate::model::probe::{Setting, Timing, defaults};
use crate::model::target::Targets;

/// The settings that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// From the end of one run to the start of the next.
    pub interval: Duration,
    /// How long one run may take.
    pub timeout: Duration,
    /// How many failures in a row make the container unhealthy.
    pub retries: u64,
    /// How long failures are not counted; zero is no such time.
    pub start_period: Duration,
    /// The interval within the start period; None where nobody sets it.
    pub start_interval: Option<Duration>,
}

/// What follows from the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From the start of the container to the earliest `healthy`: the end of the first check, if it takes no time.
    pub first_healthy: Duration,
    /// From the moment a healthy service fails to `unhealthy`, at the latest.
    pub unhealthy: Duration,
    /// From the start of a container whose service never works to `unhealthy`, at the latest.
    pub never_healthy: Duration,
}

impl Settings {
    /// The settings that count for a container: what its files say, else its image's own check, else the engine's
    /// defaults. None where one of them is unknown.
    pub fn of(timing: &Timing, own: &OwnCheck) -> Option<Self> {
        // Zero is unset; what is written and cannot be read may be anything.
        let set = |written: &Option<Written<Setting>>, flag: &str| match written {
            Some(written) => {
                let value = written.value.value?;
                Some(
                    (!value.is_zero())
                        .then_some(value)
                        .or_else(|| own_duration(own, flag)),
                )
            }
            None => Some(own_duration(own, flag)),
        };
        let retries = match &timing.retries {
            Some(written) => Some(written.value.value?).filter(|count| *count > 0),
            None => None,
        };
        Some(Self {
            interval: set(&timing.interval, "interval")?.unwrap_or(defaults::INTERVAL),
            timeout: set(&timing.timeout, "timeout")?.unwrap_or(defaults::TIMEOUT),
            retries: retries
                .or_else(|| own_retries(own))
                .unwrap_or(defaults::RETRIES),
            start_period: set(&timing.start_period, "start-period")?.unwrap_or_default(),
            start_interval: set(&timing.start_interval, "start-interval")?,
        })
    }

    /// The interval within the start period, on this engine.
    pub fn early_interval(&self, targets: &Targets) -> Duration {
        match self.start_interval {
            Some(set) if targets.engine >= 25 => set,
            None if targets.start_interval_is_short() => defaults::START_INTERVAL,
            Some(_) | None => self.interval,
        }
    }

    /// What follows (moby `daemon/health.go`: `monitor`, `getInterval`, `handleProbeResult`).
    pub fn times(&self, targets: &Targets) -> Times {
        let early = self.early_interval(targets);
        let first = if self.start_period.is_zero() {
            self.interval
        } else {
            early
        };
        Times {
            first_healthy: first,
            unhealthy: self.count_down(),
            never_healthy: self.never_healthy(early),
        }
    }

    /// How long a row of failures may take until it is long enough to be called unhealthy.
    pub fn count_down(&self) -> Duration {
        self.run().saturating_mul(self.count())
    }

    /// How long it takes where each check fails at once.
    pub fn count_down_at_once(&self) -> Duration {
        self.interval.saturating_mul(self.count())
    }

    /// From the end of one run to the end of the next, where that uses up its timeout.
    fn run(&self) -> Duration {
        self.interval.saturating_add(self.timeout)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.retries).unwrap_or(u32::MAX)
    }

    /// From the start to `unhealthy` where every check uses up its timeout.
    ///
    /// A check is planned when the one before it ends: after the start interval as long as the start period lasts,
    /// then after the interval. Its failure counts unless it began within the start period.
    fn never_healthy(&self, early: Duration) -> Duration {
        let period = self.start_period;
        let early_run = early.saturating_add(self.timeout);
        if period.is_zero() || early_run.is_zero() {
            return self
                .run()
                .saturating_mul(self.count())
                .saturating_add(period);
        }
        let planned_early = period.as_nanos().div_ceil(early_run.as_nanos());
        let planned_early = u32::try_from(planned_early).unwrap_or(u32::MAX);
        let spent = early_run.saturating_mul(planned_early);
        let last_began = spent.saturating_sub(self.timeout);
        let counted = u32::from(last_began >= period);
        spent.saturating_add(
            self.run()
                .saturating_mul(self.count().saturating_sub(counted)),
        )
    }
}

/// What a published image's own check says for this flag: `interval`, `start-period` …; zero is unset.
pub fn own_duration(own: &OwnCheck, flag: &str) -> Option<Duration> {
    let parsed = duration::parse(own.flag(flag)?, Grammar::Dockerfile).ok()??;
    parsed.to_std().filter(|value| !value.is_zero())
}

/// How many retries a published image's own check says.
pub fn own_retries(own: &OwnCheck) -> Option<u64> {
    own.flag("retries")?.parse().ok().filter(|count| *count > 0)
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
                            let settings = Settings {
                                interval: SECOND * interval,
                                timeout: SECOND * timeout,
                                retries: u64::from(retries),
                                start_period: SECOND * period,
                                start_interval: Some(SECOND * start),
                            };
                            let expected = played(period, start, interval, timeout, retries);
                            let times = settings.times(&Targets::default());
                            assert_eq!(times.never_healthy, SECOND * expected, "{settings:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_number_is_too_large() {
        let most = Duration::MAX;
        let mut settings = Settings {
            interval: most,
            timeout: most,
            retries: u64::MAX,
            start_period: most,
            start_interval: Some(most),
        };
        assert_eq!(settings.times(&Targets::default()).never_healthy, most);
        settings.start_interval = Some(Duration::from_nanos(1));
        settings.timeout = Duration::ZERO;
        settings.times(&Targets::default());
    }

    #[test]
    fn what_nobody_sets_comes_from_the_image_and_then_from_the_engine() {
        let own = OwnCheck::Command("--interval=5s --retries=7 CMD x".to_owned());
        let settings = Settings::of(&Timing::default(), &own).unwrap();
        assert_eq!(settings.interval, 5 * SECOND);
        assert_eq!(settings.retries, 7);
        assert_eq!(settings.timeout, defaults::TIMEOUT);
        assert_eq!(
            settings.times(&Targets::default()).first_healthy,
            5 * SECOND
        );
    }
}
