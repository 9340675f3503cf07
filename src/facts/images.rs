//! What published images hold: the facts of a repository, and which of them a tag means.

use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::answer::{Firmness, Flavour, Holds, Shell};
use super::sections::Sections;
use super::tag::Version;

static IMAGES: Sections<Image> = Sections::new(
    include_str!("../../rules/facts/images.toml"),
    "image",
    "name",
);
static BASES: Sections<Base> =
    Sections::new(include_str!("../../rules/facts/bases.toml"), "base", "name");

/// A bare distribution: what a release ships before anybody adds to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// For example `debian:12-slim`.
    pub name: String,
    /// `debian`, `alpine`, `rpm` …
    pub distro: String,
    /// `12`, `3.20`, `ubi9-minimal` …
    pub release: Option<String>,
    /// glibc, musl or uclibc.
    pub libc: Option<String>,
    /// What `/bin/sh` is: dash, ash, bash or none.
    pub shell: Option<String>,
    /// apt, apk, dnf, microdnf or none.
    pub manager: Option<String>,
    /// The version of BusyBox, where its applets are the tools.
    pub busybox: Option<String>,
    /// The tools, as `name` or `name: flavour`.
    #[serde(default)]
    pub has: Vec<String>,
    /// Tools beyond the tracked ones that were looked for and are not there.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// What is known about one repository.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Image {
    /// For example `docker.io/library/postgres`.
    pub name: String,
    /// When the facts were so: year and month.
    pub date: String,
    /// What all families share unless they say otherwise.
    #[serde(flatten)]
    pub shared: Setup,
    /// Tools that a published health check runs: they count as present where nothing better is known.
    #[serde(default)]
    pub attested: Vec<String>,
    /// Families of tags, sorted by variant and version.
    #[serde(default)]
    pub family: Vec<Family>,
}

/// How an image runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Setup {
    /// USER.
    pub user: Option<String>,
    /// EXPOSE.
    pub ports: Option<Vec<String>>,
    /// ENTRYPOINT.
    pub entrypoint: Option<Vec<String>>,
    /// CMD.
    pub command: Option<Vec<String>>,
    /// An init as PID 1 (`tini`, `dumb-init`, `s6-svscan`), or `command`: an entrypoint script that execs the command.
    pub init: Option<String>,
    /// The image's own HEALTHCHECK; `none` where it is known to have none.
    pub check: Option<String>,
}

/// The tags of a repository that hold the same.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Family {
    /// The words behind the version, sorted: `alpine`, `bookworm slim`. None is the plain tag.
    pub variant: Option<String>,
    /// The first version that was seen; `latest` where only the newest was.
    pub from: Option<String>,
    /// The last version that was seen; None is `latest`.
    pub to: Option<String>,
    /// The base that it is built on.
    pub base: Option<String>,
    /// What `/bin/sh` is, where the base does not say it.
    pub shell: Option<String>,
    /// Tools beyond those of the base, as `name` or `name: flavour`; absolute paths too.
    #[serde(default)]
    pub adds: Vec<String>,
    /// Tools of the base that are gone, and others that were looked for and are not there; absolute paths too.
    #[serde(default)]
    pub drops: Vec<String>,
    /// Tracked tools of which nobody knows; `*` is every one that is not named.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// Why an absence is not to be trusted.
    pub soft: Option<String>,
    /// How this family runs, where it differs from the image.
    #[serde(flatten)]
    pub setup: Setup,
    /// How the facts were come by, where not by following the very Dockerfile.
    pub confidence: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub witness: Vec<String>,
}

/// The tools that the evidence looks for in every image: of these, what is not named is not there.
pub fn tracked() -> &'static [String] {
    #[derive(Deserialize)]
    struct Head {
        tracked: Vec<String>,
    }
    static TRACKED: OnceLock<Vec<String>> = OnceLock::new();
    TRACKED.get_or_init(|| {
        toml::from_str(BASES.head()).map_or_else(|_| Vec::new(), |head: Head| head.tracked)
    })
}

/// The base of this name.
pub fn base(name: &str) -> Option<&'static Base> {
    BASES.get(name)
}

/// Every base, in order.
///
/// # Errors
/// What does not parse, and why.
pub fn bases() -> Result<Vec<&'static Base>, String> {
    BASES.all()
}

/// The facts of this repository, by its full name (`docker.io/library/postgres`). Where nobody looked into it, those
/// of its whole namespace (`docker.io/linuxserver/*`).
pub fn image(repository: &str) -> Option<&'static Image> {
    let own = IMAGES.get(repository);
    if own.is_some_and(|own| !own.family.is_empty()) {
        return own;
    }
    let (space, _) = repository.rsplit_once('/')?;
    match IMAGES.get(&format!("{space}/*")) {
        Some(shared) => Some(under_its_own_name(repository, own, shared)),
        None => own,
    }
}

/// What a whole namespace shares, said of one of its repositories: put together once, and kept as all facts are.
fn under_its_own_name(name: &str, own: Option<&Image>, shared: &Image) -> &'static Image {
    static KNOWN: OnceLock<Mutex<FxHashMap<String, &'static Image>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(name.to_owned()).or_insert_with(|| {
        Box::leak(Box::new(Image {
            name: name.to_owned(),
            attested: own.map(|own| own.attested.clone()).unwrap_or_default(),
            ..shared.clone()
        }))
    })
}

/// Every image, in order.
///
/// # Errors
/// What does not parse, and why.
pub fn images() -> Result<Vec<&'static Image>, String> {
    IMAGES.all()
}

/// `name` or `name: flavour`.
pub fn tool_and_flavour(entry: &str) -> (&str, Flavour) {
    match entry.split_once(": ") {
        Some((tool, flavour)) => (tool, Flavour::of(flavour)),
        None => (entry, Flavour::Plain),
    }
}

impl Base {
    /// Whether this base has the tool.
    pub fn holds(&self, tool: &str) -> Holds {
        if let Some(flavour) = look(&self.has, tool) {
            Holds::Yes(flavour)
        } else if self.lacks.iter().any(|name| name == tool)
            || tracked().iter().any(|name| name == tool)
        {
            Holds::No(Firmness::Firm)
        } else {
            Holds::Unknown
        }
    }
}

impl Family {
    /// The first version that was seen.
    pub fn first(&self) -> Version {
        let from = self.from.as_deref().and_then(Version::parse);
        from.unwrap_or_else(Version::latest)
    }

    /// The last version that was seen; `11` is the newest 11.
    pub fn last(&self) -> Version {
        let to = self.to.as_deref().and_then(Version::parse);
        to.map_or_else(Version::latest, |to| to.newest())
    }

    /// The words of the variant.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.variant
            .as_deref()
            .unwrap_or_default()
            .split_whitespace()
    }

    /// Whether these tags have the tool.
    pub fn holds(&self, tool: &str) -> Holds {
        if let Some(flavour) = look(&self.adds, tool) {
            return Holds::Yes(flavour);
        }
        let firmness = if self.soft.is_some() {
            Firmness::Soft
        } else {
            Firmness::Firm
        };
        if self.drops.iter().any(|name| name == tool) {
            return Holds::No(firmness);
        }
        if self.unknown.iter().any(|name| name == tool) {
            return Holds::Unknown;
        }
        let base = self.base.as_deref().and_then(base);
        match base.map_or(Holds::Unknown, |base| base.holds(tool)) {
            Holds::No(_) if self.unknown.iter().any(|name| name == "*") => Holds::Unknown,
            Holds::No(base) => Holds::No(base.min(firmness)),
            other => other,
        }
    }

    /// What `/bin/sh` is.
    pub fn shell(&self) -> Shell {
        if let Some(shell) = &self.shell {
            return Shell::of(shell);
        }
        let base = self.base.as_deref().and_then(base);
        let make = look(&self.adds, "sh").and_then(Flavour::word);
        base.and_then(|base| base.shell.as_deref().map(Shell::of))
            .or_else(|| make.map(Shell::of))
            .unwrap_or(Shell::Unknown)
    }

    /// How a message names these tags of an image: `14.20 to 17-alpine`.
    pub fn named(&self) -> String {
        let first = self.first().to_string();
        let last = self.last().to_string();
        let mut name = if first == last {
            first
        } else {
            format!("{first} to {last}")
        };
        if let Some(variant) = &self.variant {
            name = format!("{name}, {variant}");
        }
        name
    }
}

fn look(entries: &[String], tool: &str) -> Option<Flavour> {
    // Most entries are no answer: only the one that is gets taken apart.
    let begin = entries.iter().filter(|entry| entry.starts_with(tool));
    begin
        .map(|entry| tool_and_flavour(entry))
        .find(|(name, _)| *name == tool)
        .map(|(_, flavour)| flavour)
}
