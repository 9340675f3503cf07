//! A service's container: what its image holds, and what the service itself changes about it.

use std::collections::BTreeMap;

use crate::model::image_name;
use crate::model::project::{Invocation, Service};
use crate::text::{Span, Traced};

use super::inventory::USUAL;
use super::lookup::{inventory_of_image, inventory_of_repository};
use super::mirrors::published_by;
use super::programs::Program;
use super::{Answer, Flavour, Holds, Inventory, Reason};

/// Whether dead children that nobody waits for stay behind as zombies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaping {
    /// PID 1 waits for them.
    Reaps {
        /// Its name.
        program: String,
        /// What an orphan's end does to it, where that does harm.
        reacts: Option<String>,
    },
    /// `init: true` puts an init in front of it.
    Init(Span),
    /// PID 1 leaves them as they are.
    Leaves {
        /// Its name.
        program: String,
    },
    /// Nobody knows what PID 1 is or does.
    Unknown,
}

/// What a published image holds, by its name as it stands in a file; where somebody unknown fills in the tag, what all
/// its tags hold.
pub fn of_image(name: &Traced) -> Inventory {
    of_image_through(name, &BTreeMap::new())
}

/// The same where the project has mirrors of its own: what each of them serves, by its name.
pub fn of_image_through(name: &Traced, mirrors: &BTreeMap<String, String>) -> Inventory {
    let shown = name.shown();
    // Nobody reads a digest aloud.
    let shown = shown.split('@').next().unwrap_or_default().to_owned();
    let unknown = || Inventory::unknown(shown.clone(), format!("nothing is known about {shown}"));
    let Some(parsed) = image_name::parse(name.as_str()) else {
        return unknown();
    };
    let Some(path) = parsed.path() else {
        return unknown();
    };
    let path = published_by(mirrors, &path).unwrap_or(path);
    let text = name.as_str();
    let part = |range: &Option<std::ops::Range<usize>>| {
        range.as_ref().map(|range| parsed_part(text, range))
    };
    match (part(&parsed.tag), part(&parsed.digest)) {
        (Some(None), _) | (_, Some(None)) => inventory_of_repository(&path).named(shown),
        (tag, digest) => inventory_of_image(&path, tag.flatten(), digest.flatten()).named(shown),
    }
}

/// A part of the name, unless somebody unknown fills it in.
fn parsed_part<'a>(text: &'a str, range: &std::ops::Range<usize>) -> Option<&'a str> {
    let part = text.get(range.clone())?;
    (!part.contains(crate::text::HOLE)).then_some(part)
}

/// The service's changes to what its image holds.
#[must_use]
pub fn changed_by(mut inventory: Inventory, service: &Service) -> Inventory {
    for mount in &service.mounts {
        mounted(&mut inventory, mount.value.as_str(), mount.span);
    }
    if let Some(hook) = service.post_start {
        inventory.may_hold_more(Reason::at(hook, "a `post_start` hook may install more"));
    }
    for run in [&service.entrypoint, &service.command]
        .into_iter()
        .flatten()
    {
        if installs(&run.value) {
            inventory.may_hold_more(Reason::at(
                run.span,
                "the container installs more when it starts",
            ));
        }
    }
    if let Some(path) = service
        .environment
        .iter()
        .find(|entry| entry.name == "PATH")
    {
        inventory.may_hold_more(Reason::at(path.span, "the service has a PATH of its own"));
    }
    inventory
}

/// A mount over a folder of PATH may bring anything; one over a file brings that file.
fn mounted(inventory: &mut Inventory, target: &str, span: Span) {
    let target = target.trim_end_matches('/');
    let reason = || Reason::at(span, format!("`{target}` is mounted from outside"));
    let over_folder = USUAL.iter().any(|folder| {
        *folder == target
            || folder
                .strip_prefix(target)
                .is_some_and(|rest| rest.starts_with('/'))
    });
    if over_folder {
        inventory.may_hold_more(reason());
        inventory.may_hold_less(reason());
        return;
    }
    if let Some((folder, name)) = target.rsplit_once('/') {
        let there = Answer::because(Holds::Yes(Flavour::Plain), reason());
        inventory.change(target, there.clone());
        if USUAL.contains(&folder) {
            inventory.change(name, there);
        }
    }
}

/// Whether a start command brings programs: it is read for words, since anything may hide in a script's text.
fn installs(run: &Invocation) -> bool {
    let brings = |text: &str| {
        [
            "apt", "apk", "dnf", "yum", "microdnf", "pip", "npm", "install", "curl -o", "wget",
            "ln -s",
        ]
        .iter()
        .any(|word| text.contains(word))
    };
    run.texts().iter().any(|text| brings(text.as_str()))
}

/// Why a container cannot write a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `read_only: true`, and nothing writable is mounted there.
    ReadOnly(Span),
    /// The folder belongs to root, and the container runs as somebody else.
    NotRoot {
        /// As whom.
        user: String,
        /// Where that is said, if the service says it.
        span: Option<Span>,
    },
}

/// Folders that are root's in every image.
const ROOTS: [&str; 9] = [
    "/bin/", "/boot/", "/etc/", "/lib/", "/lib64/", "/opt/", "/root/", "/sbin/", "/usr/",
];

/// Why the container cannot write this file; None where it can, or nobody knows.
///
/// A path without a slash in front lies in a folder that nobody knows.
pub fn refusal(service: Option<&Service>, inventory: &Inventory, path: &str) -> Option<Refusal> {
    let mounts = service
        .map(|service| &service.mounts[..])
        .unwrap_or_default();
    let absolute = path.starts_with('/');
    let over = |target: &str| {
        let target = target.trim_end_matches('/');
        path.strip_prefix(target)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // What is mounted may be writable; a hole may be anywhere, and so may the folder of a relative path.
    let mounted = mounts
        .iter()
        .any(|mount| !absolute || mount.value.known().is_none() || over(mount.value.as_str()));
    let elsewhere = ["/dev/", "/proc/", "/sys/"]
        .iter()
        .any(|top| path.starts_with(top));
    if mounted || elsewhere {
        return None;
    }
    if let Some(flag) = service.and_then(|service| service.read_only.as_ref())
        && flag.value
    {
        // An image may declare volumes, which stay writable; nobody puts one here.
        let usual = ["/tmp/", "/run/", "/var/run/", "/var/tmp/", "/home/"];
        let in_root = absolute && path.matches('/').count() == 1;
        let bare = !absolute || in_root;
        let known = usual.iter().chain(&ROOTS).any(|top| path.starts_with(top));
        return (bare || known).then(|| Refusal::ReadOnly(flag.entry()));
    }
    let own = service.and_then(|service| service.user.as_ref());
    let (user, span) = match own {
        Some(user) => (user.value.known()?.to_owned(), Some(user.entry())),
        None => (inventory.user.clone()?, None),
    };
    let name = user.split(':').next().unwrap_or_default();
    let is_root = matches!(name, "" | "0" | "root");
    let in_root = absolute && path.matches('/').count() == 1;
    let known = in_root
        || ROOTS
            .iter()
            .any(|top| path.starts_with(top) && *top != "/opt/");
    (!is_root && known).then_some(Refusal::NotRoot { user, span })
}

/// What happens to dead children in this container (semantics of `wait`, measured: `rules/facts/programs.toml`).
pub fn reaping(service: Option<&Service>, inventory: &Inventory) -> Reaping {
    let Some(service) = service else {
        return judged(inventory.first_program(None, None));
    };
    let shares_namespace = service.pid.is_some();
    if let Some(init) = &service.init
        && init.value
        && !shares_namespace
    {
        return Reaping::Init(init.entry());
    }
    if shares_namespace {
        return Reaping::Unknown;
    }
    let words = |run: &Option<crate::model::Written<Invocation>>| match run {
        None => Some(None),
        Some(run) => words(&run.value).map(Some),
    };
    let (Some(entrypoint), Some(command)) = (words(&service.entrypoint), words(&service.command))
    else {
        return Reaping::Unknown;
    };
    judged(inventory.first_program(entrypoint.as_deref(), command.as_deref()))
}

fn judged(program: Option<&'static Program>) -> Reaping {
    match program {
        None => Reaping::Unknown,
        Some(program) if program.reaps => Reaping::Reaps {
            program: program.name.clone(),
            reacts: program.reacts.clone(),
        },
        Some(program) => Reaping::Leaves {
            program: program.name.clone(),
        },
    }
}

/// The words of a start command; None where somebody unknown fills one in.
///
/// Compose takes a string apart like a shell; only the words before any quote are sure here, and the first is
/// what matters.
fn words(run: &Invocation) -> Option<Vec<String>> {
    match run {
        Invocation::Exec(words) => words
            .iter()
            .map(|word| word.known().map(str::to_owned))
            .collect(),
        Invocation::Text(text) => {
            let text = text.known()?;
            let sure = text.split(['"', '\'', '\\']).next().unwrap_or_default();
            Some(sure.split_whitespace().map(str::to_owned).collect())
        }
    }
}
