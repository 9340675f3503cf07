//! Which files a check runs by their paths, and how each of them comes into the container.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::facts::arrival::{self, Arrival};
use crate::facts::barred::barred;
use crate::facts::{Inventory, USUAL};
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
    /// Who hands out the files of the folder that is built.
    files: &'b dyn Files,
    /// See [`Origin::contexts`].
    contexts: OnceCell<Vec<String>>,
}

impl<'a, 'b> Origin<'a, 'b> {
    /// A service's container, or that of a Dockerfile by itself.
    pub fn new(
        service: Option<&'a Service>,
        build: Option<(&'a Build, usize)>,
        inventory: &'b Arc<Inventory>,
        files: &'b dyn Files,
    ) -> Self {
        Self {
            service,
            build,
            inventory,
            files,
            contexts: OnceCell::new(),
        }
    }

    /// The folders that may be built, the nearest first; none where nobody knows it. A Dockerfile by itself does not
    /// say which it is: its own, or one above it (`docker build -f`). They are looked for when the first file is.
    fn contexts(&self) -> &[String] {
        self.contexts.get_or_init(|| {
            let own = self.build.and_then(|(build, _)| build.context.clone());
            let mut contexts: Vec<String> = own.into_iter().collect();
            while let Some(at) = contexts.last()
                && self.service.is_none()
                && contexts.len() < DEEPEST
            {
                let above = path::join(at, "..");
                if above == *at || self.files.look(&above) != Seen::Folder {
                    break;
                }
                contexts.push(above);
            }
            contexts
        })
    }

    /// What lies at a path of the folder that is built, where all that it may be agree.
    fn seen(&self, source: &str) -> Seen {
        let contexts = self.contexts();
        let all = contexts
            .iter()
            .map(|context| self.files.look(&path::join(context, source)));
        let mut there = all.filter(|seen| *seen != Seen::Missing);
        match there.next() {
            // Nobody knows which folder is built, or it is not there.
            None if contexts.is_empty() => Seen::Unknown,
            None => Seen::Missing,
            Some(first) if there.all(|other| other == first) => first,
            Some(_) => Seen::Unknown,
        }
    }
}

/// The files that these calls run by their paths.
pub fn scripts(calls: &[Call], origin: &Origin<'_, '_>) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    if origin.inventory.windows {
        return scripts;
    }
    let moves = calls.iter().any(|call| call.name() == Some("cd"));
    for (at, call) in calls.iter().enumerate() {
        if let Some((path, arrival)) = by_name(call, origin) {
            scripts.push(Script {
                call: at,
                word: 0,
                path,
                arrival,
            });
            continue;
        }
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
                arrival: arrival(origin, &path),
                path,
            });
        }
    }
    scripts
}

/// The file that a call finds in PATH, where it is copied there from the folder that is built.
fn by_name(call: &Call, origin: &Origin<'_, '_>) -> Option<(String, Arrival)> {
    let name = call.program().filter(|name| !name.contains('/'))?;
    let (build, stage) = origin.build?;
    let own_path = |service: &Service| service.environment.iter().any(|it| it.name == "PATH");
    let elsewhere = call.builtin || origin.service.is_some_and(own_path);
    if elsewhere || origin.inventory.has(name).is_no() {
        return None;
    }
    let look = |source: &str| origin.seen(source);
    let path = arrival::place_of_name(build, stage, name, &look)?;
    let found = arrival(origin, &path);
    Some((path, found))
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

fn arrival(origin: &Origin<'_, '_>, path: &str) -> Arrival {
    let name = path::name(path);
    let by_service = origin
        .service
        .is_some_and(|service| may_bring(service, path));
    if by_service {
        return Arrival::Perhaps;
    }
    let found = match (origin.build, origin.service) {
        (Some((build, stage)), _) => arrival_in(build, stage, path, origin),
        (None, Some(service)) if service.build.is_none() && service.complete => {
            service.image.as_ref().map_or(Arrival::Perhaps, |image| {
                arrival::arrival_in_image(&image.value, path)
            })
        }
        _ => Arrival::Perhaps,
    };
    if !matches!(found, Arrival::Perhaps) && starts_with(origin, name) {
        return Arrival::Perhaps;
    }
    found
}

/// How a file comes into what is built here.
fn arrival_in(build: &Build, stage: usize, path: &str, origin: &Origin<'_, '_>) -> Arrival {
    arrival::arrival(build, stage, path, &|source| origin.seen(source))
}

/// Whether the service itself may put something at the path: a mount over it, or a hook.
fn may_bring(service: &Service, path: &str) -> bool {
    let over = |target: &Traced| {
        target.known().is_none_or(|target| {
            let rest = path.strip_prefix(target.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    service.mounts_more.is_some()
        || service.post_start.is_some()
        || service.mounts.iter().any(|mount| over(&mount.value))
}

/// Whether what the container does first speaks of a file of this name, or marks files as executable: in its words, or
/// in a script that is copied from here.
fn starts_with(origin: &Origin<'_, '_>, name: &str) -> bool {
    let inventory = origin.inventory;
    let of_image = [&inventory.entrypoint, &inventory.command];
    let of_image = of_image.into_iter().flatten().flatten().map(String::as_str);
    let service = origin.service;
    let of_service = service.map(|service| [&service.entrypoint, &service.command]);
    let of_service = of_service.into_iter().flatten().flatten();
    let of_service = of_service
        .flat_map(|run| run.value.texts())
        .map(Traced::as_str);
    let speaks = |text: &str| text.contains(name) || text.contains("chmod");
    of_image.chain(of_service).any(|text| {
        let words = text.split_whitespace();
        let mut scripts = words.filter_map(|word| text_of(word, origin));
        speaks(text) || scripts.any(|script| speaks(&script))
    })
}

/// The text of a script that is copied from the folder that is built, by the word that calls it.
fn text_of(word: &str, origin: &Origin<'_, '_>) -> Option<Arc<str>> {
    let (build, stage) = origin.build?;
    let folder = folder(origin).unwrap_or_else(|| "/".to_owned());
    let mut places = vec![arrival::absolute(&folder, word)?];
    if !word.contains('/') {
        places.extend(USUAL.iter().map(|folder| format!("{folder}/{word}")));
    }
    let mut sources =
        places
            .iter()
            .filter_map(|place| match arrival_in(build, stage, place, origin) {
                Arrival::Copied(copied) => Some(copied.source),
                _ => None,
            });
    sources.find_map(|source| {
        let contexts = origin.contexts().iter();
        let mut texts = contexts.map(|context| origin.files.read(&path::join(context, &source)));
        texts.find_map(Result::ok)
    })
}
