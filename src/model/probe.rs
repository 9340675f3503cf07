//! A health check as it was written: what is run, and when.

use std::time::Duration;

use crate::model::Written;
use crate::model::draft::{self, Notation, Place};
use crate::text::{Span, Traced};

/// Who wrote the check, and so who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A Compose `healthcheck:`.
    Compose,
    /// A Dockerfile `HEALTHCHECK`.
    Dockerfile,
}

/// A health check in one file; what it leaves out comes from the image.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Who wrote it.
    pub platform: Platform,
    /// The key or keyword: where a finding about the whole check points.
    pub span: Span,
    /// Everything that belongs to it, from the keyword to the last byte.
    pub whole: Span,
    /// `disable: true` or `NONE`, at the bytes that say so.
    pub disabled: Option<Span>,
    /// What is run; None where the image's own test is kept.
    pub test: Option<Written<Test>>,
    /// When it is run.
    pub timing: Timing,
    /// Where a new setting goes.
    pub place: Place,
    /// The services that share these bytes through an anchor or `extends`, this one included; empty where nobody shares.
    pub shared_by: Vec<String>,
}

/// What the engine runs.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it comes to.
    pub form: Form,
    /// How it is written, so that it can be written anew in the same style.
    pub notation: Notation,
}

/// What a test comes to when the engine reads it.
#[derive(Clone, Debug)]
pub enum Form {
    /// Words that are run without a shell (`CMD`, JSON form). Empty where nothing follows `CMD`.
    Exec(Vec<Traced>),
    /// Text for `/bin/sh -c`.
    Shell {
        /// The script.
        script: Traced,
        /// List items after the script: the shell takes them as `$0 $1 …`.
        dropped: Vec<Traced>,
        /// Dockerfile text that starts with `[` but is not JSON, with the culprit and the reason.
        not_json: Option<(Span, String)>,
    },
    /// A list whose first word is not `CMD`, `CMD-SHELL` or `NONE`: all its words.
    Unheaded(Vec<Traced>),
}

/// Longer tests, in bytes, are not played: no one writes them by hand, and nothing may keep the user waiting.
pub const LONGEST_TEST: usize = 16 * 1024;

impl Form {
    /// Every text that is run: the words, or the script and what stands behind it.
    pub fn texts(&self) -> Vec<&Traced> {
        match self {
            Self::Exec(words) | Self::Unheaded(words) => words.iter().collect(),
            Self::Shell {
                script, dropped, ..
            } => std::iter::once(script).chain(dropped).collect(),
        }
    }

    /// Whether the test is longer than [`LONGEST_TEST`], so that nobody knows what it does.
    pub fn is_too_long(&self) -> bool {
        let length: usize = match self {
            Self::Exec(words) | Self::Unheaded(words) => words.iter().map(Traced::len).sum(),
            Self::Shell { script, .. } => script.len(),
        };
        length > LONGEST_TEST
    }
}

/// When the check runs. A missing field is the image's, else the engine's default.
#[derive(Clone, Debug, Default)]
pub struct Timing {
    /// From the end of one run to the start of the next.
    pub interval: Option<Written<Setting>>,
    /// How long one run may take.
    pub timeout: Option<Written<Setting>>,
    /// How long failures are not counted.
    pub start_period: Option<Written<Setting>>,
    /// The interval within the start period.
    pub start_interval: Option<Written<Setting>>,
    /// How many failures in a row make the container unhealthy.
    pub retries: Option<Written<Count>>,
}

/// A duration as written.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The text, without a flag's name.
    pub text: Traced,
    /// Its value; None where it is unknown or rejected (see [`super::rejected`]). Zero means unset.
    pub value: Option<Duration>,
}

impl Setting {
    /// How a message shows it, whose length is this: the length, or the variable that only the environment fills in.
    pub fn shown(&self, length: Duration) -> String {
        if self.text.from_environment() {
            format!("`{}`", self.text.shown())
        } else {
            draft::duration(length)
        }
    }
}

/// A count as written.
#[derive(Clone, Debug)]
pub struct Count {
    /// The text, without a flag's name.
    pub text: Traced,
    /// Its value; None where it is unknown or rejected. Zero means unset.
    pub value: Option<u64>,
}

/// The engine's defaults (moby `daemon/health.go`).
pub mod defaults {
    use std::time::Duration;

    /// `interval` where nobody sets it.
    pub const INTERVAL: Duration = Duration::from_secs(30);
    /// `timeout` where nobody sets it.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// `start_interval` where nobody sets it, from engine 27.
    pub const START_INTERVAL: Duration = Duration::from_secs(5);
    /// `retries` where nobody sets it.
    pub const RETRIES: u64 = 3;
}

impl Timing {
    /// This timing with the image's value wherever this one is unset or zero (moby `daemon/commit.go merge`).
    #[must_use]
    pub fn over(&self, image: &Timing) -> Timing {
        fn duration(
            own: Option<&Written<Setting>>,
            image: Option<&Written<Setting>>,
        ) -> Option<Written<Setting>> {
            own.filter(|own| own.value.value != Some(Duration::ZERO))
                .or(image)
                .cloned()
        }
        Timing {
            interval: duration(self.interval.as_ref(), image.interval.as_ref()),
            timeout: duration(self.timeout.as_ref(), image.timeout.as_ref()),
            start_period: duration(self.start_period.as_ref(), image.start_period.as_ref()),
            start_interval: duration(self.start_interval.as_ref(), image.start_interval.as_ref()),
            retries: self
                .retries
                .as_ref()
                .filter(|own| own.value.value != Some(0))
                .or(image.retries.as_ref())
                .cloned(),
        }
    }

    /// The interval that counts; None where it is written but unknown.
    pub fn effective_interval(&self) -> Option<Duration> {
        effective(self.interval.as_ref(), defaults::INTERVAL)
    }

    /// The timeout that counts; None where it is written but unknown.
    pub fn effective_timeout(&self) -> Option<Duration> {
        effective(self.timeout.as_ref(), defaults::TIMEOUT)
    }

    /// The start period that counts; None where it is written but unknown.
    pub fn effective_start_period(&self) -> Option<Duration> {
        effective(self.start_period.as_ref(), Duration::ZERO)
    }

    /// The retries that count; None where they are written but unknown.
    pub fn effective_retries(&self) -> Option<u64> {
        match &self.retries {
            None => Some(defaults::RETRIES),
            Some(written) => match written.value.value {
                Some(0) => Some(defaults::RETRIES),
                value => value,
            },
        }
    }
}

fn effective(written: Option<&Written<Setting>>, default: Duration) -> Option<Duration> {
    match written {
        None => Some(default),
        Some(written) => match written.value.value {
            Some(Duration::ZERO) => Some(default),
            value => value,
        },
    }
}
