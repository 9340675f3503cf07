//! `healthlint image`: what is known about images, and how the images themselves are asked for it.

mod ask;
mod show;
mod source;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use self::source::{Origin, Terms};
use super::input::{configuration, learned, nearest};
use super::{Outlet, Status};
use crate::facts::learned::{self, Image as Facts, Learned, Reference};
use crate::report::visible;
use crate::walk::{self, Disk, LARGEST};

/// What reading an image may cost; `learn::Limits` holds the numbers.
const LIMITS: &str = "\
Only names, modes and links of files in the folders of PATH, the configuration and os-release are read; nothing is run \
or unpacked. An image of more than 2 million files, 128 GiB, or layers that were compressed beyond belief is an error.";

/// The words behind `healthlint image`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Image {
    #[command(subcommand)]
    action: Option<Action>,
    /// Images, as a Compose file or FROM names them
    #[arg(value_name = "NAME[:TAG]", required = true)]
    names: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read images and write what they hold into healthlint.images.toml
    #[command(after_help = LIMITS)]
    Learn(Learn),
    /// Say where newer images contradict what was learned, and what healthlint itself knows
    Check(Compare),
}

#[derive(Args, Debug)]
struct Learn {
    #[command(flatten)]
    origin: Origin,
    /// Learn every image that the files under this path name
    #[arg(long, value_name = "PATH")]
    all: Vec<String>,
    /// The name that the image goes by, where the source does not say it
    #[arg(long = "as", value_name = "NAME[:TAG]")]
    name: Option<String>,
}

#[derive(Args, Debug)]
struct Compare {
    #[command(flatten)]
    origin: Origin,
}

/// Where the command runs, and what is known there.
struct Place {
    folder: PathBuf,
    disk: Disk,
    learned: Learned,
}

/// Runs the command.
pub fn run(command: &Image, outlet: &Outlet) -> Status {
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => {
            return trouble(
                outlet,
                &format!("the working directory cannot be read: {error}"),
            );
        }
    };
    let disk = Disk::new(&folder, false);
    let Some(config) = configuration(&folder, &disk, outlet) else {
        return Status::Trouble;
    };
    let Some(learned) = learned(&folder, &disk, &config, outlet) else {
        return Status::Trouble;
    };
    let place = Place {
        folder,
        disk,
        learned,
    };
    match &command.action {
        None => show::run(&command.names, &place.learned, outlet),
        Some(Action::Learn(command)) => learn(command, place, outlet),
        Some(Action::Check(command)) => compare(command, &place, outlet),
    }
}

fn trouble(outlet: &Outlet, message: &str) -> Status {
    outlet.error(&format!("error: {}\n", visible::line(message)));
    Status::Trouble
}

/// `healthlint image learn`.
fn learn(command: &Learn, mut place: Place, outlet: &Outlet) -> Status {
    let mut sources = command.origin.sources.clone();
    let mut status = Status::Quiet;
    if !command.all.is_empty() {
        let asked = ask::images(&command.all, &mut place.disk);
        for line in &asked.left_out {
            outlet.error(&format!("left out: {}\n", visible::line(line)));
        }
        for line in &asked.unread {
            status = trouble(outlet, line);
        }
        sources.extend(asked.names);
    }
    if sources.is_empty() {
        if command.all.is_empty() {
            return trouble(
                outlet,
                "name an image, an archive or a folder, or use `--all PATH`",
            );
        }
        outlet.error("the files name no image that can be learned\n");
        return status;
    }
    let terms = match Terms::of(&command.origin, command.name.as_deref()) {
        Ok(terms) => terms,
        Err(message) => return trouble(outlet, &message),
    };
    let mut out = String::new();
    let mut found: BTreeMap<String, Arc<Facts>> = BTreeMap::new();
    for source in &sources {
        match terms.read(source, outlet) {
            Ok(images) => {
                for image in images {
                    let before = place.learned.images.get(&image.name).map(AsRef::as_ref);
                    show::news(&mut out, &image, before, &place.learned);
                    found.insert(image.name.clone(), Arc::new(image));
                }
            }
            Err(message) => status = trouble(outlet, &format!("{source}: {message}")),
        }
    }
    match write(&place, found) {
        Ok(Some(line)) => {
            let _ = writeln!(out, "{line}");
        }
        Ok(None) => {}
        Err(message) => return trouble(outlet, &message),
    }
    outlet.out(&visible::lines(&out));
    status
}

/// Puts the images into the file, with those that are there already, and says so.
fn write(place: &Place, found: BTreeMap<String, Arc<Facts>>) -> Result<Option<String>, String> {
    if found.is_empty() {
        return Ok(None);
    }
    let old = place.learned.render();
    let mut learned = place.learned.clone();
    learned.images.extend(found);
    let new = learned.render();
    if new.len() as u64 > LARGEST {
        return Err(format!(
            "{} would be larger than {} MiB, more than is ever read; nothing was written",
            learned::NAME,
            LARGEST / 1024 / 1024
        ));
    }
    let there = nearest(&place.folder, learned::NAME);
    let file = there
        .clone()
        .unwrap_or_else(|| place.folder.join(learned::NAME));
    let shown = place.disk.shown(Path::new(&file));
    if there.is_some() && old == new {
        return Ok(Some(format!("{shown} says so already")));
    }
    match walk::put(&file, &new) {
        Ok(()) => Ok(Some(format!("written to {shown}"))),
        Err(error) => Err(format!("{shown} could not be written: {error}")),
    }
}

/// `healthlint image check`.
fn compare(command: &Compare, place: &Place, outlet: &Outlet) -> Status {
    let terms = match Terms::of(&command.origin, None) {
        Ok(terms) => terms,
        Err(message) => return trouble(outlet, &message),
    };
    let mut sources = command.origin.sources.clone();
    if sources.is_empty() {
        // What is pinned by its digest never changes, so nothing about it needs to be asked.
        let moving = place.learned.images.keys().filter(|name| {
            Reference::parse(name).is_some_and(|reference| reference.digest.is_none())
        });
        sources.extend(moving.cloned());
    }
    if sources.is_empty() {
        let message = format!(
            "there are no learned images in {}; name some",
            learned::NAME
        );
        return trouble(outlet, &message);
    }
    let mut out = String::new();
    let mut status = Status::Quiet;
    for source in &sources {
        match terms.read(source, outlet) {
            Ok(images) => {
                for image in images {
                    let before = place.learned.images.get(&image.name).map(AsRef::as_ref);
                    if show::contradictions(&mut out, &image, before, &place.learned) {
                        status = status.max(Status::Findings);
                    }
                }
            }
            Err(message) => status = trouble(outlet, &format!("{source}: {message}")),
        }
    }
    if status == Status::Quiet {
        let _ = writeln!(out, "nothing contradicts what is known");
    }
    outlet.out(&visible::lines(&out));
    status
}
