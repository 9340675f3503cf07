//! Who is probed, and who waits for whom.

use std::sync::Arc;

use crate::model::Written;
use crate::model::allow::Allow;
use crate::model::build::Build;
use crate::model::draft::Place;
use crate::model::probe::Probe;
use crate::model::rejected::Rejected;
use crate::model::waits::WaitList;
use crate::text::{Edit, SourceId, Span, Traced};

/// What is judged together: Compose files that are merged, with the Dockerfiles they build; or one Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The files that make it, the main one first; Dockerfiles of services are in their [`Build`].
    pub files: Vec<SourceId>,
    /// The services, in the order in which they are written; those that a profile switches off included.
    pub services: Vec<Service>,
    /// The profiles that the project itself switches on with `COMPOSE_PROFILES`; `*` is all of them.
    pub profiles: Vec<String>,
    /// The Dockerfile that is judged by itself.
    pub build: Option<Build>,
    /// Whether the project's `.env` was read: what it does not set, no file sets on the host.
    pub has_dotenv: bool,
    /// What the engine rejects in these files.
    pub rejected: Vec<Rejected>,
    /// What the authors allow in these files.
    pub allows: Vec<Allow>,
}

impl Project {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        let mut services = self.services.iter();
        services.find(|service| service.name.value == name)
    }

    /// Whether a service is on by default: it has no profiles, or the project switches one of them on.
    pub fn is_on(&self, service: &Service) -> bool {
        let chosen = |profile: &String| self.profiles.contains(profile);
        let all = self.profiles.iter().any(|profile| profile == "*");
        all || service.profiles.is_empty() || service.profiles.iter().any(chosen)
    }
}

/// One service, merged from every place that speaks of it.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, at its key.
    pub name: Written<String>,
    /// Everything that belongs to it in its main file.
    pub whole: Span,
    /// False where neither image nor build is known: an override read alone, or a missing base.
    pub complete: bool,
    /// `image:`.
    pub image: Option<Written<Traced>>,
    /// `build:`; the image is this build's result.
    pub build: Option<ServiceBuild>,
    /// `healthcheck:`.
    pub probe: Option<Probe>,
    /// `depends_on:` in all its forms, and the waits that `links`, `network_mode: service:x` and the like imply.
    pub depends_on: Vec<Dependency>,
    /// `environment:`, merged.
    pub environment: Vec<EnvironmentVariable>,
    /// `env_file:`: more variables may be defined than `environment` says.
    pub has_env_file: bool,
    /// `ports:`.
    pub ports: Vec<PortMapping>,
    /// Where volumes, tmpfs, configs and secrets are mounted.
    pub mounts: Vec<Written<Traced>>,
    /// What mounts more at places that are not written here: `volumes_from`, a config by its name alone.
    pub mounts_more: Option<Span>,
    /// `command:`.
    pub command: Option<Written<Invocation>>,
    /// `entrypoint:`.
    pub entrypoint: Option<Written<Invocation>>,
    /// `working_dir:`.
    pub working_dir: Option<Written<Traced>>,
    /// `post_start:` hooks run in the container and may change it.
    pub post_start: Option<Span>,
    /// `init:`.
    pub init: Option<Written<bool>>,
    /// `pid:`, for example `host` or `service:x`.
    pub pid: Option<Written<Traced>>,
    /// `network_mode:`.
    pub network_mode: Option<Written<Traced>>,
    /// `user:`.
    pub user: Option<Written<Traced>>,
    /// `read_only:`.
    pub read_only: Option<Written<bool>>,
    /// `restart:`.
    pub restart: Option<Written<Traced>>,
    /// `scale: 0` or `deploy.replicas: 0`: no container is made, and nobody waits for one.
    pub without_container: bool,
    /// `profiles:` that it needs; empty means always on.
    pub profiles: Vec<String>,
    /// Where a new key goes.
    pub place: Place,
    /// Where a new variable goes, if the service has an `environment:`.
    pub environment_place: Option<Place>,
}

/// `build:` of a service.
#[derive(Clone, Debug)]
pub struct ServiceBuild {
    /// The key `build`.
    pub key: Span,
    /// The key or value that names it.
    pub span: Span,
    /// The Dockerfile with the service's arguments and target; None where it is a URL, missing or not to be read.
    pub build: Option<Build>,
}

/// One service waits for another.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The service that is waited for, at the bytes that name it.
    pub service: Written<String>,
    /// What is waited for, at the bytes that say it (the name, in list form).
    pub condition: Written<Condition>,
    /// `required: false`: a missing service only warns.
    pub required: bool,
    /// Written as a wait, not implied by a link or a shared namespace.
    pub explicit: bool,
    /// The condition as it is written, where it stands in the service itself.
    pub written: Option<Traced>,
    /// The list that names it, where it has list form and stands in the service itself.
    pub list: Option<Arc<WaitList>>,
    /// The condition below, where a list on top of it says no condition and so takes that one away.
    pub downgraded: Option<Written<Condition>>,
}

impl Dependency {
    /// What gives this wait, and with it each wait of the same list, the condition that `condition` says.
    ///
    /// None where the bytes are not the service's own, or say no condition that could be replaced.
    pub fn with_conditions(&self, condition: impl Fn(&str) -> Condition) -> Option<Vec<Edit>> {
        if let Some(list) = &self.list {
            return Some(list.long_form(condition));
        }
        // It keeps the quotes that it has.
        let written = self.written.as_ref()?;
        let word = condition(&self.service.value).word();
        Some(vec![written.replace(0..written.len(), word)?])
    }
}

/// What a dependent waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The container was started.
    Started,
    /// Its health check passed.
    Healthy,
    /// It ended with status 0.
    Completed,
}

impl Condition {
    /// The word that Compose has for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}

/// One variable of the container's environment.
#[derive(Clone, Debug)]
pub struct EnvironmentVariable {
    /// Its name.
    pub name: String,
    /// Its value; None where it is passed on from the host.
    pub value: Option<Traced>,
    /// The entry.
    pub span: Span,
}

/// One entry of `ports:`.
#[derive(Clone, Debug)]
pub struct PortMapping {
    /// The port outside; None where the engine chooses one or it is unknown.
    pub host: Option<u16>,
    /// The port inside; None where it is unknown or a range.
    pub container: Option<u16>,
    /// The entry.
    pub span: Span,
}

/// A command line, with or without a shell.
#[derive(Clone, Debug)]
pub enum Invocation {
    /// Words that are run as they are.
    Exec(Vec<Traced>),
    /// Text that a shell reads (Dockerfile), or that Compose splits into words.
    Text(Traced),
}

impl Invocation {
    /// The words, or the whole text as one.
    pub fn texts(&self) -> &[Traced] {
        match self {
            Self::Exec(words) => words,
            Self::Text(text) => std::slice::from_ref(text),
        }
    }

    /// Whether this stands in a word or in the text.
    pub fn contains(&self, what: &str) -> bool {
        let mut texts = self.texts().iter();
        texts.any(|text| text.as_str().contains(what))
    }
}
