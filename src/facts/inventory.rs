//! What a container's file system is known to hold, and how the container runs.

mod either;
mod first;
mod lame;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answer::{Answer, Firmness, Flavour, Holds, Reason, Shell};
use super::barred::Barred;
use super::foreign::{Foreign, Libc};
use super::learned;
use super::published::{Epoch, Published};
use super::recipes::Recipe;
use super::servers::Served;

/// What is known of one image or one stage of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// How a message names it: `postgres:17`, or "stage `build`".
    pub shown: String,
    /// alpine, debian, ubuntu, rpm …
    pub distro: Option<String>,
    /// `12`, `3.20` …
    pub release: Option<String>,
    /// The package manager: apt, apk, dnf, microdnf, none.
    pub manager: Option<String>,
    /// The version of BusyBox, where its applets are the tools.
    pub busybox: Option<String>,
    /// The C library that its programs are linked with.
    pub libc: Option<Libc>,
    /// Ports that the image exposes, TCP only.
    pub ports: Vec<u16>,
    /// Who it runs as.
    pub user: Option<String>,
    /// ENTRYPOINT as words; a shell form is `/bin/sh -c text`.
    pub entrypoint: Option<Vec<String>>,
    /// CMD as words.
    pub command: Option<Vec<String>>,
    /// `tini` and the like where the image brings its own init, `command` where its entrypoint execs the command.
    pub init: Option<String>,
    /// The image's own check.
    pub check: OwnCheck,
    /// How users of this image should probe it.
    pub recipe: Option<&'static Recipe>,
    /// What is peculiar about its server.
    pub server: Option<Served>,
    /// The containers are Windows containers: nothing is known about them.
    pub windows: bool,
    /// How PATH reads where the stage sets it.
    pub path: Option<Vec<String>>,
    origin: Origin,
    changes: BTreeMap<String, Answer>,
    /// Since when anything more may be there, and why: what the origin lacks may have come.
    more: Option<Reason>,
    /// Why an absence is not firm any more.
    softer: Option<Reason>,
    /// Tools that other stages of the same file have, and why that does not help.
    elsewhere: Vec<(String, Reason)>,
    /// Since when something may be gone, and why: what the origin has beyond its base may have left.
    less: Option<Reason>,
    shell: Option<Shell>,
    /// Files that are there and cannot be started, by the words that call them.
    barred: BTreeMap<String, Barred>,
    /// Programs that were copied without their libraries, by their paths.
    foreign: BTreeMap<String, Foreign>,
    /// Paths at which an instruction put a program by itself, not with a package.
    placed: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Origin {
    Published(Box<Published>),
    Learned(Arc<learned::Image>),
    Scratch,
    Unknown(Reason),
}

/// What is known of an image's own HEALTHCHECK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCheck {
    /// It has this one, as the Dockerfile writes it.
    Command(String),
    /// It has none.
    None,
    /// Nobody knows.
    Unknown,
}

impl OwnCheck {
    /// The value of one of its flags: `interval`, `start-period` …
    pub fn flag(&self, name: &str) -> Option<&str> {
        let Self::Command(check) = self else {
            return None;
        };
        check
            .split_whitespace()
            .take_while(|word| word.starts_with("--"))
            .find_map(|word| {
                word.strip_prefix("--")?
                    .strip_prefix(name)?
                    .strip_prefix('=')
            })
    }
}

impl Inventory {
    /// What the facts say of a tag.
    pub(super) fn of_published(found: Published) -> Self {
        let base = found.base();
        let ports = found.setting(|setup| &setup.ports).unwrap_or_default();
        Self {
            distro: found.common_of_bases(|base| Some(base.distro.clone())),
            release: base.as_ref().and_then(|base| base.release.clone()),
            manager: found.common_of_bases(|base| base.manager.clone()),
            busybox: base.as_ref().and_then(|base| base.busybox.clone()),
            libc: libc_of(&found),
            ports: ports.iter().filter_map(|port| tcp_port(port)).collect(),
            user: found.setting(|setup| &setup.user),
            entrypoint: found.setting(|setup| &setup.entrypoint),
            command: found.setting(|setup| &setup.command),
            init: found.setting(|setup| &setup.init),
            check: match found.setting(|setup| &setup.check) {
                Some(check) if check == "none" => OwnCheck::None,
                Some(check) => OwnCheck::Command(check),
                None => OwnCheck::Unknown,
            },
            origin: Origin::Published(Box::new(found)),
            ..Self::scratch()
        }
    }

    /// What was seen in the image itself.
    pub(super) fn of_learned(image: Arc<learned::Image>) -> Self {
        Self {
            libc: None,
            origin: Origin::Learned(image),
            ..Self::scratch()
        }
    }

    /// Nothing at all: `FROM scratch`.
    pub fn scratch() -> Self {
        Self {
            shown: "scratch".to_owned(),
            distro: None,
            release: None,
            manager: None,
            busybox: None,
            libc: Some(Libc::None),
            ports: Vec::new(),
            user: None,
            entrypoint: None,
            command: None,
            init: None,
            check: OwnCheck::None,
            recipe: None,
            server: None,
            windows: false,
            path: None,
            origin: Origin::Scratch,
            changes: BTreeMap::new(),
            more: None,
            softer: None,
            elsewhere: Vec::new(),
            less: None,
            shell: None,
            barred: BTreeMap::new(),
            foreign: BTreeMap::new(),
            placed: BTreeSet::new(),
        }
    }

    /// An image of which nobody knows anything, and why.
    pub fn unknown(shown: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            check: OwnCheck::Unknown,
            libc: None,
            origin: Origin::Unknown(Reason::fact(why)),
            ..Self::scratch()
        }
        .named(shown)
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, shown: impl Into<String>) -> Self {
        self.shown = shown.into();
        self
    }

    /// Whether the tool is there: a name that PATH finds, or an absolute path.
    pub fn has(&self, tool: &str) -> Answer {
        let mut answer = self.look(tool);
        if let Holds::No(firmness) = &mut answer.holds {
            if let Some(reason) = &self.softer {
                *firmness = Firmness::Soft;
                answer.why.push(reason.clone());
            }
            let elsewhere = self.elsewhere.iter().filter(|(name, _)| name == tool);
            answer
                .why
                .extend(elsewhere.map(|(_, reason)| reason.clone()));
        }
        answer
    }

    /// Whether the tool, by its name, is known to be absent; the grounds are left out, so it costs less than
    /// [`Inventory::has`].
    pub(super) fn lacks(&self, tool: &str) -> bool {
        match (self.changes.get(tool), &self.origin) {
            (Some(answer), _) => answer.is_no(),
            (None, _) if self.more.is_some() => false,
            (None, Origin::Published(found)) => matches!(found.verdict(tool), Holds::No(_)),
            (None, Origin::Learned(image)) => matches!(image.holds(tool).holds, Holds::No(_)),
            (None, Origin::Scratch) => true,
            (None, Origin::Unknown(_)) => false,
        }
    }

    fn look(&self, tool: &str) -> Answer {
        if let Some(answer) = self.changes.get(tool) {
            return answer.clone();
        }
        let Some((folder, name)) = tool.rsplit_once('/') else {
            return self.doubted(tool, self.origin_holds(tool));
        };
        if !tool.starts_with('/') || name.is_empty() {
            return Answer::unknown();
        }
        let known = self.doubted(tool, self.origin_holds(tool));
        if known.holds != Holds::Unknown {
            return known;
        }
        if tool == "/bin/sh" {
            return match self.shell() {
                Shell::Unknown => known,
                Shell::None => self.doubted(tool, no_shell(&self.shown)),
                shell => {
                    let reason = Reason::fact(format!("`/bin/sh` of {} is {shell}", self.shown));
                    Answer::because(Holds::Yes(shell_flavour(shell)), reason)
                }
            };
        }
        if !USUAL.contains(&folder) {
            return known;
        }
        // What PATH does not find lies in none of its folders; what it finds lies in one of them, and where /bin
        // is a link to /usr/bin it does not matter which of the two.
        let by_name = self.look(name);
        match by_name.holds {
            Holds::No(_) => by_name,
            Holds::Yes(_) if self.settled(tool) && !self.changes.contains_key(name) => by_name,
            Holds::Yes(_)
                if self.merged()
                    && matches!(folder, "/bin" | "/usr/bin")
                    && !self.changes.contains_key(name) =>
            {
                by_name
            }
            _ => Answer::unknown(),
        }
    }

    /// Whether nothing speaks for the tool but that published health checks of the image run it.
    pub fn is_only_attested(&self, tool: &str) -> bool {
        let Origin::Published(found) = &self.origin else {
            return false;
        };
        !self.changes.contains_key(tool) && found.is_only_attested(tool)
    }

    /// The make of the tool, where it is known to be there.
    pub fn flavour(&self, tool: &str) -> Option<Flavour> {
        match self.has(tool).holds {
            Holds::Yes(flavour) => Some(flavour),
            _ => None,
        }
    }

    /// What `/bin/sh` is.
    pub fn shell(&self) -> Shell {
        if let Some(shell) = self.shell {
            return shell;
        }
        let shell = match &self.origin {
            Origin::Published(found) => found.shell(),
            Origin::Learned(image) => image.bin_sh(),
            Origin::Scratch => Shell::None,
            Origin::Unknown(_) => Shell::Unknown,
        };
        if shell == Shell::None && self.more.is_some() {
            return Shell::Unknown;
        }
        shell
    }

    /// How the tool came and went in the versions of the image, oldest first; empty for what is built locally.
    pub fn history(&self, tool: &str) -> Vec<Epoch> {
        match &self.origin {
            Origin::Published(found) => found.history(tool),
            _ => Vec::new(),
        }
    }

    /// Who says so; empty for what was learned or is built locally.
    pub fn witnesses(&self) -> Vec<String> {
        match &self.origin {
            Origin::Published(found) => found.witnesses(),
            _ => Vec::new(),
        }
    }

    /// The tags that were looked at and speak for this one; empty for what was learned or is built locally.
    pub fn seen(&self) -> Vec<String> {
        match &self.origin {
            Origin::Published(found) => found.seen(),
            _ => Vec::new(),
        }
    }

    /// Why not everything that is said here is sure; empty where it is.
    pub fn doubts(&self) -> Vec<String> {
        match &self.origin {
            Origin::Published(found) => found.doubts(),
            _ => Vec::new(),
        }
    }

    /// The year and month of the facts.
    pub fn date(&self) -> Option<&str> {
        match &self.origin {
            Origin::Published(found) => Some(&found.image.date),
            _ => None,
        }
    }

    /// Says that a tool (a name or an absolute path) is there or gone from here on.
    pub fn change(&mut self, tool: &str, answer: Answer) {
        if tool == "/bin/sh" {
            self.shell = Some(match answer.holds {
                Holds::No(_) => Shell::None,
                Holds::Yes(Flavour::Dash) => Shell::Dash,
                Holds::Yes(Flavour::Ash) => Shell::Ash,
                Holds::Yes(Flavour::Bash) => Shell::Bash,
                _ => Shell::Unknown,
            });
        }
        self.changes.insert(tool.to_owned(), answer);
    }

    /// Says that anything may have come: what was absent is unknown from here on.
    pub fn may_hold_more(&mut self, reason: Reason) {
        for answer in self.changes.values_mut().filter(|answer| answer.is_no()) {
            *answer = Answer::because(Holds::Unknown, reason.clone());
        }
        if self.shell == Some(Shell::None) {
            self.shell = Some(Shell::Unknown);
        }
        self.more = Some(reason);
    }

    /// Says that a package nobody knows was installed: an absence is not firm from here on.
    pub fn soften(&mut self, reason: Reason) {
        self.softer = Some(reason);
    }

    /// Says that another stage of the same file has the tool.
    pub fn note_elsewhere(&mut self, tool: String, reason: Reason) {
        self.elsewhere.push((tool, reason));
    }

    /// Says what `/bin/sh` is from here on.
    pub fn change_shell(&mut self, shell: Shell) {
        self.shell = Some(shell);
    }

    /// The tools and paths that instructions speak of.
    pub(super) fn changed(&self) -> impl Iterator<Item = &str> {
        self.changes.keys().map(String::as_str)
    }

    /// Whether the bare distribution below has the tool.
    pub fn base_has(&self, tool: &str) -> bool {
        self.in_base(tool)
    }

    /// Says that something may have left: what the image has beyond its base is unknown from here on.
    pub fn may_hold_less(&mut self, reason: Reason) {
        self.less = Some(reason);
    }

    fn origin_holds(&self, tool: &str) -> Answer {
        match &self.origin {
            Origin::Published(found) => found.holds(tool),
            Origin::Learned(image) => image.holds(tool),
            Origin::Scratch => {
                let reason = Reason::fact("scratch is empty");
                Answer::because(Holds::No(Firmness::Firm), reason)
            }
            Origin::Unknown(reason) => Answer::because(Holds::Unknown, reason.clone()),
        }
    }

    fn doubted(&self, tool: &str, answer: Answer) -> Answer {
        let doubt = match answer.holds {
            Holds::No(_) => self.more.as_ref(),
            Holds::Yes(_) if !self.in_base(tool) => self.less.as_ref(),
            _ => None,
        };
        match doubt {
            Some(reason) => Answer {
                holds: Holds::Unknown,
                why: answer.why.into_iter().chain([reason.clone()]).collect(),
            },
            None => answer,
        }
    }

    fn in_base(&self, tool: &str) -> bool {
        let Origin::Published(found) = &self.origin else {
            return false;
        };
        found
            .base()
            .is_some_and(|base| matches!(base.holds(tool), Holds::Yes(_)))
    }

    /// Whether every package of these distributions puts the program exactly there.
    pub(super) fn settled(&self, path: &str) -> bool {
        const PLACES: [&str; 7] = [
            "/usr/bin/curl",
            "/usr/bin/env",
            "/usr/bin/jq",
            "/usr/bin/nc",
            "/usr/bin/nslookup",
            "/usr/bin/pgrep",
            "/usr/bin/wget",
        ];
        let distro = self.distro.as_deref();
        PLACES.contains(&path) && matches!(distro, Some("alpine" | "debian" | "ubuntu"))
            // The busybox image keeps all its applets in one folder.
            || distro == Some("busybox") && path.starts_with("/bin/")
    }

    /// Whether /bin is a link to /usr/bin: Debian from 12, Ubuntu from 20.04, the Red Hat family.
    fn merged(&self) -> bool {
        let release: u32 = self
            .release
            .as_deref()
            .and_then(|release| release.split('.').next()?.parse().ok())
            .unwrap_or_default();
        match self.distro.as_deref() {
            Some("debian") => release >= 12,
            Some("ubuntu") => release >= 20,
            Some("rpm") => true,
            _ => false,
        }
    }
}

/// The C library of a published image. Distroless has all its images on one base, and `static` without its library.
fn libc_of(found: &Published) -> Option<Libc> {
    if found.image.name.starts_with("gcr.io/distroless/static") {
        return Some(Libc::None);
    }
    Libc::of(&found.common_of_bases(|base| base.libc.clone())?)
}

/// The folders of PATH in nearly every image.
pub const USUAL: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

fn no_shell(shown: &str) -> Answer {
    let reason = Reason::fact(format!("{shown} has no `/bin/sh`"));
    Answer::because(Holds::No(Firmness::Firm), reason)
}

fn shell_flavour(shell: Shell) -> Flavour {
    match shell {
        Shell::Dash => Flavour::Dash,
        Shell::Ash => Flavour::Ash,
        Shell::Bash => Flavour::Bash,
        Shell::None | Shell::Unknown => Flavour::Plain,
    }
}

/// `80` and `80/tcp`; not `53/udp` and not a range.
pub(super) fn tcp_port(text: &str) -> Option<u16> {
    text.strip_suffix("/tcp").unwrap_or(text).parse().ok()
}
