//! Whether a RUN may make, replace or change a file: what cannot be followed may.

use crate::model::command::{Call, Command, Dialect};
use crate::model::probe::Form;
use crate::model::project::Invocation;

use super::super::run::{QUIET, lies_with_programs};
use super::super::stage::absolute;

/// Programs that change no file which their words name, in what it says or who may run it.
const INERT: &[&str] = &[
    "adduser", "addgroup", "cat", "cd", "chgrp", "chown", "echo", "groupadd", "ls", "mkdir",
    "printf", "test", "[", "useradd", "usermod", "which", "rmdir",
];

/// Programs that bring what the system knows, and so nothing into an application's folder.
const SYSTEM: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "dnf",
    "dpkg",
    "install_packages",
    "locale-gen",
    "microdnf",
    "pacman",
    "rpm",
    "tdnf",
    "yum",
    "zypper",
];

/// Programs that bring what a language knows: into their own folders and into the one that they stand in.
const LANGUAGES: &[&str] = &[
    "bun",
    "bundle",
    "cargo",
    "composer",
    "corepack",
    "docker-php-ext-install",
    "gem",
    "go",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pnpm",
    "poetry",
    "uv",
    "yarn",
];

/// Programs that put files where their words say, and nowhere else.
const PLACING: &[&str] = &[
    "cp", "curl", "dos2unix", "find", "git", "install", "ln", "mv", "tar", "tee", "touch",
    "unlink", "unzip", "wget", "xargs", "sudo", "env",
];

/// Whether the file at an absolute path may come or change with this RUN, which starts in `folder`.
pub fn touches(run: &Invocation, path: &str, folder: Option<&str>) -> bool {
    let form = match run {
        Invocation::Text(text) => Form::Shell {
            script: text.clone(),
            dropped: Vec::new(),
            not_json: None,
        },
        Invocation::Exec(words) => Form::Exec(words.clone()),
    };
    let Some(command) = Command::of(&form, Dialect::Bash) else {
        return true;
    };
    if matches!(&command, Command::Script { script, .. } if !script.problems.is_empty()) {
        return true;
    }
    let calls = command.calls();
    let mut folders: Vec<Option<String>> = vec![folder.map(str::to_owned)];
    for call in calls.iter().filter(|call| call.name() == Some("cd")) {
        let to = call.words.get(1).and_then(|word| word.literal());
        // A relative one starts where the one before it led.
        let to = to.filter(|to| folders.len() == 1 || to.starts_with('/'));
        folders.push(to.and_then(|to| absolute(folder, to)));
    }
    let place = Place { path, folders };
    let written = command.written_files();
    let mut written = written.iter().map(|word| word.literal());
    written.any(|word| word.is_none_or(|word| place.is_reached_by(word)))
        || calls.iter().any(|call| place.is_touched_by(call))
}

/// Whether this RUN may make a link of a folder above the file.
pub fn links(run: &Invocation, path: &str) -> bool {
    let texts = run.texts().iter();
    let words: Vec<&str> = texts
        .flat_map(|text| text.as_str().split_whitespace())
        .collect();
    let above = |word: &&str| word.len() > 1 && leads_to(word, path);
    words.contains(&"ln") && words.iter().any(above)
}

/// A file, and the folders in which a script may stand.
struct Place<'a> {
    path: &'a str,
    folders: Vec<Option<String>>,
}

impl Place<'_> {
    fn is_touched_by(&self, call: &Call) -> bool {
        let Some(name) = call.name() else {
            return true;
        };
        let of_system = |program: &str| {
            let system = ["/usr/", "/bin/", "/sbin/"];
            let there = system.iter().any(|folder| program.starts_with(folder));
            lies_with_programs(program) && (there || !program.contains('/'))
        };
        // What xargs hands it stands nowhere.
        if !call.program().is_none_or(of_system) || call.through("xargs") {
            return true;
        }
        if INERT.contains(&name) || SYSTEM.contains(&name) {
            return false;
        }
        if LANGUAGES.contains(&name) {
            return self.stands_in_it() || self.path.starts_with("/usr/local/");
        }
        // A shell with a script of its own is followed; `sh setup.sh` may do anything.
        let follows = matches!(name, "sh" | "bash" | "ash" | "dash")
            && call.words.iter().any(|word| {
                word.literal()
                    .is_some_and(|word| word.starts_with('-') && word.ends_with('c'))
            });
        if follows {
            return false;
        }
        if !(call.builtin || QUIET.contains(&name) || PLACING.contains(&name)) {
            return true;
        }
        // Without a word about where, the folder that the script stands in is meant.
        let here = matches!(name, "tar" | "unzip" | "wget" | "git" | "find") && self.stands_in_it();
        let words = call.words.iter().skip(1);
        let is_mode = |word: &str| !word.starts_with('-') && !word.contains('/');
        let mode = words
            .clone()
            .position(|word| word.literal().is_some_and(is_mode));
        let borrowed = |word: &str| word.starts_with("--reference");
        let borrows = call
            .words
            .iter()
            .any(|word| word.literal().is_some_and(borrowed));
        let mode = mode.filter(|_| name == "chmod" && !borrows);
        let mut words = words.enumerate().filter(|(at, _)| Some(*at) != mode);
        here || words.any(|(_, word)| match word.literal() {
            Some(word) => self.is_reached_by(word),
            None => true,
        })
    }

    /// Whether the file lies below a folder in which the script may stand.
    fn stands_in_it(&self) -> bool {
        self.folders.iter().any(|folder| match folder {
            Some(folder) => leads_to(folder, self.path),
            None => true,
        })
    }

    /// Whether a word may name the file or a folder above it.
    fn is_reached_by(&self, word: &str) -> bool {
        let word = word.rsplit('=').next().unwrap_or(word);
        // `-o/check.sh`, `-C/app`
        let behind = word.find('/').filter(|_| word.starts_with('-'));
        let word = &word[behind.unwrap_or(0)..];
        let globs = word.find(['*', '?', '[', '{']);
        let sure = &word[..globs.unwrap_or(word.len())];
        self.folders.iter().any(|folder| {
            let Some(folder) = folder.as_deref().or(word.starts_with('/').then_some("/")) else {
                // Somewhere there may be a file of this name.
                return !word.starts_with('-');
            };
            let Some(whole) = absolute(Some(folder), sure) else {
                return true;
            };
            leads_to(&whole, self.path) || globs.is_some() && self.path.starts_with(&whole)
        })
    }
}

/// Whether a path is the file's, or that of a folder above it.
fn leads_to(path: &str, file: &str) -> bool {
    let rest = merged(file).strip_prefix(merged(path).trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path where `/bin` and `/usr/bin` are one folder, as in most systems.
fn merged(path: &str) -> &str {
    let rest = path.strip_prefix("/usr");
    rest.filter(|rest| rest.starts_with("/bin") || rest.starts_with("/sbin"))
        .unwrap_or(path)
}
