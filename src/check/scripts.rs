//! Which files a check runs by their paths, and how each of them comes into the container.

use std::sync::Arc;

use crate::facts::Inventory;
use crate::facts::arrival::{self, Arrival};
use crate::facts::barred::barred;
use crate::model::build::Build;
use crate::model::command::Call;
use crate::model::file::Seen;
use crate::model::project::Service;
use crate::read::{Files, path};
use crate::rule::Script;
use crate::text::Traced;

/// So many folders above a Dockerfile are looked into.
const DEEPEST: usize = 16;

/// Where a container comes from.
pub struct Origin<'a, 'b> {
    pub service: Option<&'a Service>,
    /// The local build and the stage that becomes the image.
    pub build: Option<(&'a Build, usize)>,
    /// What it holds.
    pub inventory: &'b Arc<Inventory>,
}

/// The files that these calls run by their paths.
pub fn scripts(calls: &[Call], origin: &Origin<'_, '_>, files: &dyn Files) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    if origin.inventory.windows {
        return scripts;
    }
    let moves = calls.iter().any(|call| call.name() == Some("cd"));
    for (at, call) in calls.iter().enumerate() {
        let Some((word, written)) = file_of(call) else {
            continue;
        };
        let path = if written.starts_with('/') {
            arrival::absolute("/", written)
        } else if moves {
            None
        } else {
            folder(origin).and_then(|folder| arrival::absolute(&folder, written))
        };
        if let Some(path) = path {
            scripts.push(Script {
                call: at,
                word,
                arrival: arrival(origin, &path, files),
                path,
            });
        }
    }
    scripts
}

/// What the container holds, with those scripts that cannot be started there.
pub fn with_barred(
    inventory: &Arc<Inventory>,
    scripts: &[Script],
    calls: &[Call],
) -> Arc<Inventory> {
    let mut known = Arc::clone(inventory);
    for script in scripts.iter().filter(|script| script.word == 0) {
        let Arrival::Copied(copied) = &script.arrival else {
            continue;
        };
        let call = calls.get(script.call);
        let Some((call, word)) = call.and_then(|call| Some((call, call.program()?))) else {
            continue;
        };
        // Some of the programs that call others hand what the kernel rejects to a shell.
        let shell = call.dialect.is_some() || !call.within.is_empty();
        let found = barred(copied.runs, &copied.seen, shell, inventory);
        if let Some(why) = found.filter(|_| !copied.touched) {
            Arc::make_mut(&mut known).bar(word, why);
        }
    }
    known
}

/// The word of a call that names a file by its path: the program, or what its interpreter reads.
fn file_of(call: &Call) -> Option<(usize, &str)> {
    let program = call.program()?;
    if call.builtin {
        return None;
    }
    let (skipped, always): (&[&str], bool) = match call.name()? {
        "sh" | "bash" | "ash" | "dash" => (&["-e", "-u", "-x", "-eu", "-ex", "-eux"], true),
        "python" | "python3" => (&["-u", "-B", "-E", "-I", "-s"], true),
        "node" | "ruby" | "perl" => (&[], true),
        "php" => (&["-f", "-q"], true),
        _ => (&[], false),
    };
    if !always {
        let is_path = program.contains('/') && !program.contains("://");
        return is_path.then_some((0, program));
    }
    let words = call.words.iter().enumerate().skip(1);
    let mut words =
        words.skip_while(|(_, word)| word.literal().is_some_and(|word| skipped.contains(&word)));
    let (at, word) = words.next()?;
    let word = word.literal()?;
    (!word.starts_with('-') && word.contains('.')).then_some((at, word))
}

/// The folder in which the check starts, where it is known.
fn folder(origin: &Origin<'_, '_>) -> Option<String> {
    if let Some(own) = origin
        .service
        .and_then(|service| service.working_dir.as_ref())
    {
        return own.value.known().map(str::to_owned);
    }
    if let Some((build, stage)) = origin.build {
        return arrival::workdir(build, stage);
    }
    let service = origin.service.filter(|service| service.build.is_none())?;
    arrival::workdir_of_image(&service.image.as_ref()?.value)
}

fn arrival(origin: &Origin<'_, '_>, path: &str, files: &dyn Files) -> Arrival {
    let name = path::name(path);
    if origin
        .service
        .is_some_and(|service| may_bring(service, path, name))
        || starts_with(origin.inventory, name)
    {
        return Arrival::Perhaps;
    }
    match (origin.build, origin.service) {
        (Some((build, stage)), service) => {
            let context = build.context.as_deref();
            let contexts = match (context, service) {
                (None, _) => Vec::new(),
                (Some(said), Some(_)) => vec![said.to_owned()],
                (Some(own), None) => contexts(own, files),
            };
            arrival::arrival(build, stage, path, &|source| seen(&contexts, source, files))
        }
        (None, Some(service)) if service.build.is_none() && service.complete => {
            service.image.as_ref().map_or(Arrival::Perhaps, |image| {
                arrival::arrival_in_image(&image.value, path)
            })
        }
        _ => Arrival::Perhaps,
    }
}

/// A Dockerfile by itself does not say which folder is built: its own, or one above it (`docker build -f`).
fn contexts(own: &str, files: &dyn Files) -> Vec<String> {
    let mut contexts = vec![own.to_owned()];
    let mut at = own.to_owned();
    while contexts.len() < DEEPEST {
        let above = path::join(&at, "..");
        if above == at || files.look(&above) != Seen::Folder {
            break;
        }
        contexts.push(above.clone());
        at = above;
    }
    contexts
}

/// What lies at a path of the folder that is built, where all that it may be agree.
fn seen(contexts: &[String], source: &str, files: &dyn Files) -> Seen {
    let all = contexts
        .iter()
        .map(|context| files.look(&path::join(context, source)));
    let mut there = all.filter(|seen| *seen != Seen::Missing);
    match there.next() {
        // Nobody knows which folder is built, or it is not there.
        None if contexts.is_empty() => Seen::Unknown,
        None => Seen::Missing,
        Some(first) if there.all(|other| other == first) => first,
        Some(_) => Seen::Unknown,
    }
}

/// Whether the service itself may put something at the path: a mount over it, or what the container does first.
fn may_bring(service: &Service, path: &str, name: &str) -> bool {
    let over = |target: &Traced| {
        target.known().is_none_or(|target| {
            let rest = path.strip_prefix(target.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let runs = [&service.entrypoint, &service.command];
    service.mounts_more.is_some()
        || service.post_start.is_some()
        || service.mounts.iter().any(|mount| over(&mount.value))
        || runs
            .into_iter()
            .flatten()
            .any(|run| run.value.contains(name))
}

/// Whether the image's own start speaks of a file of this name.
fn starts_with(inventory: &Inventory, name: &str) -> bool {
    let words = [&inventory.entrypoint, &inventory.command];
    words
        .into_iter()
        .flatten()
        .flatten()
        .any(|word| word.contains(name))
}
