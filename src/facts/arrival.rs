//! How a file comes into an image that a Dockerfile builds: the instruction that puts it there, or that none does.

mod landing;
mod touch;

use crate::model::build::{Action, Base, Build, CopyFrom, Stage, Step};
use crate::model::file::Seen;
use crate::text::{Span, Traced};

use super::inventory::USUAL;
use super::plain;
use landing::{Landing, landing, passes_by};

/// Where a file of an image comes from.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// COPY or ADD takes it from the folder that is built.
    Copied(Copied),
    /// It may have come in a way that cannot be followed.
    Perhaps,
    /// Nothing brings it.
    Never {
        /// Where a file of its name goes instead: the path in the image, and the instruction.
        elsewhere: Vec<(String, Span)>,
    },
}

/// A file that a COPY or ADD takes from the folder that is built.
#[derive(Clone, Debug)]
pub struct Copied {
    /// The instruction.
    pub step: Span,
    /// Where it lies in that folder.
    pub source: String,
    /// What lies there.
    pub seen: Seen,
    /// Whether the instruction brings this file and nothing else.
    pub alone: bool,
    /// Whether anybody may run it in the image; None where nobody knows.
    pub runs: Option<bool>,
    /// `--chmod`, which has the last word about that.
    pub chmod: Option<Traced>,
    /// Whether a later instruction has a say in what it is and who may run it.
    pub touched: bool,
}

/// An instruction, and WORKDIR before it.
struct Placed<'a> {
    step: &'a Step,
    folder: Option<String>,
}

/// How the file at an absolute path comes into the image of a stage; `look` looks into the folder that is built.
pub fn arrival(build: &Build, stage: usize, path: &str, look: &dyn Fn(&str) -> Seen) -> Arrival {
    let chain = build.chain(stage);
    let steps = placed(build, &chain);
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut touched = false;
    let mut elsewhere = Vec::new();
    let mut latest = steps.iter().rev();
    while let Some(Placed { step, folder }) = latest.next() {
        match &step.action {
            Action::RunUnknown => touched = true,
            Action::Run(run) => touched |= touch::touches(run, path, folder.as_deref()),
            Action::Copy {
                from,
                sources,
                destination,
                chmod,
                add,
            } => {
                let copy = landing::Copy {
                    sources,
                    destination,
                    add: *add,
                    folder: folder.as_deref(),
                };
                let found = match from {
                    CopyFrom::Context => landing(&copy, path, look),
                    CopyFrom::Stage(other) if *other < stage => {
                        brought_from(build, *other, &copy, path, look)
                    }
                    _ => landing::from_afar(&copy, path),
                };
                match found {
                    // What nobody follows says nothing about where it goes.
                    Landing::No if matches!(from, CopyFrom::Unknown) => {}
                    Landing::No => {
                        elsewhere.extend(passes_by(&copy, name).map(|path| (path, step.span)));
                    }
                    Landing::Perhaps => return Arrival::Perhaps,
                    Landing::From(source, seen) => {
                        // Behind a link the file has two paths.
                        touched |= latest.any(|placed| match &placed.step.action {
                            Action::Run(run) => touch::links(run, path),
                            _ => false,
                        });
                        return Arrival::Copied(Copied {
                            step: step.span,
                            source,
                            alone: sources.len() == 1 && landing::is_alone(&copy, path),
                            runs: runs(&seen, chmod.as_ref()),
                            seen,
                            chmod: chmod.clone(),
                            touched,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    let first = chain.last().and_then(|first| build.stages.get(*first));
    if touched || !first.is_some_and(|first| is_bare(first, path)) {
        return Arrival::Perhaps;
    }
    elsewhere.reverse();
    Arrival::Never { elsewhere }
}

/// Where a program that PATH finds by its name is copied to from the folder that is built. None where it comes
/// otherwise, or the image that everything starts from may have another one.
pub fn place_of_name(
    build: &Build,
    stage: usize,
    name: &str,
    look: &dyn Fn(&str) -> Seen,
) -> Option<String> {
    let first = build.stages.get(*build.chain(stage).last()?)?;
    // No distribution has a program of such a name.
    let is_of_an_application =
        name.contains("health") || name.rsplit_once('.').is_some_and(|(_, end)| end == "sh");
    // Another PATH may find another program of this name first.
    let finds = |step: &Placed<'_>| match &step.step.action {
        Action::Env(entries) => entries.iter().any(|(name, _)| name == "PATH"),
        _ => false,
    };
    let chain = build.chain(stage);
    if !is_bare(first, &format!("/{name}"))
        || !is_of_an_application
        || placed(build, &chain).iter().any(finds)
    {
        return None;
    }
    USUAL.iter().find_map(|folder| {
        let path = format!("{folder}/{name}");
        let found = arrival(build, stage, &path, look);
        matches!(found, Arrival::Copied(_)).then_some(path)
    })
}

/// Whether what everything starts from, in this first stage, has nothing at the path.
fn is_bare(first: &Stage, path: &str) -> bool {
    !first.windows
        && match &first.base {
            Base::Scratch => true,
            Base::Image(image) => plain::is_bare(&image.value, path),
            Base::Stage(_) => false,
        }
}

/// The same for an image that is not built here.
pub fn arrival_in_image(image: &Traced, path: &str) -> Arrival {
    if plain::is_bare(image, path) {
        Arrival::Never {
            elsewhere: Vec::new(),
        }
    } else {
        Arrival::Perhaps
    }
}

/// A path from a folder, without `.` and `..`.
pub fn absolute(folder: &str, path: &str) -> Option<String> {
    super::stage::absolute(Some(folder), path)
}

/// WORKDIR of the image of a stage, where it is known.
pub fn workdir(build: &Build, stage: usize) -> Option<String> {
    after(placed(build, &build.chain(stage)).last()?)
}

/// WORKDIR of an image that is not built here, where it is known.
pub fn workdir_of_image(image: &Traced) -> Option<String> {
    plain::workdir(image)
}

/// The instructions of a stage and of those that it comes from, the first one first.
fn placed<'a>(build: &'a Build, chain: &[usize]) -> Vec<Placed<'a>> {
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let stages = chain.iter().rev().filter_map(|at| build.stages.get(*at));
    // The image that everything starts from has a WORKDIR of its own.
    let mut folder = match stages.clone().next().map(|stage| &stage.base) {
        Some(Base::Scratch) => Some("/".to_owned()),
        Some(Base::Image(image)) => plain::workdir(&image.value),
        _ => None,
    };
    for step in stages.flat_map(|stage| &stage.steps) {
        placed.push(Placed {
            step,
            folder: folder.clone(),
        });
        if let Some(last) = placed.last() {
            folder = after(last);
        }
    }
    placed
}

/// WORKDIR behind an instruction.
fn after(placed: &Placed<'_>) -> Option<String> {
    match &placed.step.action {
        Action::Workdir(folder) => {
            let folder = folder.known()?;
            super::stage::absolute(placed.folder.as_deref(), folder)
        }
        _ => placed.folder.clone(),
    }
}

/// Whether anybody may run a file that is copied so.
fn runs(seen: &Seen, chmod: Option<&Traced>) -> Option<bool> {
    if let Some(mode) = chmod {
        let mode = u32::from_str_radix(mode.known()?, 8).ok()?;
        return Some(mode & 0o111 != 0);
    }
    match seen {
        Seen::File { runs, .. } => *runs,
        _ => None,
    }
}

/// A file that another stage of the same file hands on.
fn brought_from(
    build: &Build,
    other: usize,
    copy: &landing::Copy<'_>,
    path: &str,
    look: &dyn Fn(&str) -> Seen,
) -> Landing {
    let mut found = Landing::No;
    for source in landing::candidates(copy, path) {
        let Some(source) = source else {
            return Landing::Perhaps;
        };
        match arrival(build, other, &format!("/{source}"), look) {
            Arrival::Never { .. } => {}
            // Who may run it goes with it, and so does what it says.
            Arrival::Copied(copied) if !copied.touched => {
                let seen = match copied.seen {
                    Seen::File { start, .. } => Seen::File {
                        runs: copied.runs,
                        start,
                    },
                    other => other,
                };
                found = Landing::From(copied.source, seen);
            }
            Arrival::Perhaps | Arrival::Copied(_) => return Landing::Perhaps,
        }
    }
    found
}
