//! What `healthlint check` starts from: paths, standard input, configuration, and words for what could not be read.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Outlet;
use super::check::Check;
use crate::check::Options;
use crate::config::{self, Config};
use crate::facts::learned::{self, Learned};
use crate::finding::Fault;
use crate::read::{Surroundings, Unread};
use crate::report;
use crate::rules::RULES;
use crate::text::{Sources, Span};
use crate::walk::{self, Disk, LARGEST};

/// The paths to find: what was named, with standard input's name in place of `-`, or the working directory.
pub fn asked_for(command: &Check, input: Option<&(String, Vec<u8>)>) -> Vec<String> {
    if command.paths.is_empty() && command.files.is_empty() {
        return vec![".".to_owned()];
    }
    command
        .paths
        .iter()
        .map(|path| match input {
            Some((name, _)) if path == "-" => name.clone(),
            _ => path.clone(),
        })
        .collect()
}

/// What `-` stands for: the name and the bytes, if it was given.
pub fn standard_input(command: &Check) -> Result<Option<(String, Vec<u8>)>, String> {
    if !command.paths.iter().any(|path| path == "-") {
        return match &command.stdin_filename {
            Some(_) => Err("`--stdin-filename` goes with the path `-`".to_owned()),
            None => Ok(None),
        };
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    let name = command.stdin_filename.clone();
    Ok(Some((name.unwrap_or_else(|| "-".to_owned()), bytes)))
}

pub fn options(command: &Check, config: Config, learned: Learned) -> Options {
    Options {
        targets: config.targets,
        levels: config.levels,
        prefer_exec_form: config.prefer_exec_form,
        select: command.select.iter().cloned().collect(),
        ignore: command.ignore.iter().cloned().collect(),
        surroundings: surroundings(command.env),
        learned: Arc::new(learned),
    }
}

/// What variables are filled in with: the environment where the user asked for it.
pub fn surroundings(environment: bool) -> Surroundings {
    let environment = if environment {
        // A variable that is not UTF-8 could not stand in a file that is.
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    } else {
        BTreeMap::new()
    };
    Surroundings { environment }
}

/// The nearest `healthlint.toml` from the working directory upwards; None where it is wrong, which has been said.
pub fn configuration(folder: &Path, disk: &Disk, outlet: &Outlet) -> Option<Config> {
    let Some(file) = nearest(folder, config::NAME) else {
        return Some(Config::default());
    };
    understood(&file, disk, outlet, |text| {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        config::parse(text, &names).map_err(|wrong| {
            let place = |wrong: config::Wrong| (Some(wrong.range), wrong.message);
            wrong.into_iter().map(place).collect()
        })
    })
}

/// What the project knows of images: the nearest `healthlint.images.toml` from the working directory upwards, and the
/// mirrors that it configures; None where the file is wrong, which has been said.
pub fn learned(folder: &Path, disk: &Disk, config: &Config, outlet: &Outlet) -> Option<Learned> {
    let learned = match nearest(folder, learned::NAME) {
        None => Learned::default(),
        Some(file) => understood(&file, disk, outlet, |text| {
            Learned::parse(text).map_err(|wrong| vec![wrong])
        })?,
    };
    Some(Learned {
        mirrors: config.mirrors.clone(),
        ..learned
    })
}

/// The file of this name in the folder or above it.
pub fn nearest(folder: &Path, name: &str) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(name))
        .find(|file: &PathBuf| file.is_file())
}

/// What is wrong in a file, and at which bytes where that is known.
type Wrong = (Option<Range<usize>>, String);

/// What a file of ours says; None where it cannot be read or understood, which has been said.
fn understood<T>(
    file: &Path,
    disk: &Disk,
    outlet: &Outlet,
    parse: impl Fn(&str) -> Result<T, Vec<Wrong>>,
) -> Option<T> {
    let path = disk.shown(file);
    let mut sources = Sources::default();
    let mut faults = Vec::new();
    match walk::read_named(file) {
        Err(unread) => faults.push(Fault {
            span: None,
            path,
            message: reason(&unread),
        }),
        Ok(text) => match parse(&text) {
            Ok(said) => return Some(said),
            Err(wrong) => {
                let source = sources.add(path.clone(), text);
                faults.extend(wrong.into_iter().map(|(range, message)| Fault {
                    span: range.map(|range| Span::new(source, range.start, range.end)),
                    path: path.clone(),
                    message,
                }));
            }
        },
    }
    let mut out = String::new();
    for fault in &faults {
        report::human::fault(&mut out, &sources, fault, outlet.colors_error());
    }
    outlet.error(&out);
    None
}

/// A fault that points at the first byte that is not UTF-8.
pub fn not_text(disk: &Disk, sources: &mut Sources, path: &str, byte: usize) -> Fault {
    // Everything before that byte reads the same with the wrong bytes replaced, so the place is right.
    let span = disk.lossy(path).map(|text| {
        let end = byte
            + text
                .get(byte..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
        Span::new(sources.add(path, text), byte, end)
    });
    Fault {
        span,
        path: path.to_owned(),
        message: reason(&Unread::NotText(byte)),
    }
}

/// Why a file was not read, and what to do.
pub fn reason(unread: &Unread) -> String {
    match unread {
        Unread::Missing => "there is no such file or folder".to_owned(),
        Unread::Folder => "this is a folder, not a file".to_owned(),
        Unread::Outside => {
            "this file lies outside the working directory and the git work tree; --allow-outside reads it".to_owned()
        }
        Unread::NotText(_) => "this byte is not UTF-8, so the file is not read; save it as UTF-8".to_owned(),
        Unread::TooLarge => format!(
            "the file is larger than {} KiB, so it is not read; nobody writes such a file by hand",
            LARGEST / 1024
        ),
        Unread::Other(message) => format!("the file cannot be read: {message}"),
    }
}
