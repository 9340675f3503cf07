//! One front end per platform: files come in, projects go out. Readers describe; they never judge.

pub mod compose;
pub mod dockerfile;
pub mod path;
pub mod recipe;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Fault;
use crate::model::build::Stage;
use crate::model::file::{START, Seen};
use crate::model::probe::LONGEST_TEST;
use crate::model::project::Project;
use crate::text::Sources;

/// Hands out files: the disk, an editor's buffers, or a map in a test.
///
/// Paths are as the user knows them: relative to the working directory where they lie below it, with `/`, and
/// without `.` and `..` where that is possible.
pub trait Files: Sync {
    /// The text of a file, byte for byte (a byte order mark included).
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Arc<str>, Unread>;

    /// What can be seen at a path without reading it as text: a file that a build copies may be anything.
    fn look(&self, path: &str) -> Seen;
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is no such file.
    Missing,
    /// It is a folder.
    Folder,
    /// It lies outside the folders that may be read; what it says is unknown.
    Outside,
    /// It is not UTF-8; the first wrong byte.
    NotText(usize),
    /// It is larger than healthlint reads.
    TooLarge,
    /// Anything else, in the system's words.
    Other(String),
}

/// What a project's variables are filled in with, besides its own `.env`.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The process environment, where the user asked for it (`--env`).
    pub environment: BTreeMap<String, String>,
}

/// A project as it was read, with every text that took part.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The texts.
    pub sources: Sources,
    /// What they say.
    pub project: Project,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// Files that are spoken of and may come later: they are missed, and nothing is wrong.
    pub absent: Vec<Fault>,
}

impl Reading {
    /// The reading, with a fault for each test that is too long to be judged.
    fn with_long_tests_told(mut self) -> Self {
        let project = &self.project;
        let of_services = project.services.iter().filter_map(|it| it.probe.as_ref());
        let of_stages = project
            .build
            .iter()
            .flat_map(|build| &build.stages)
            .flat_map(Stage::probes);
        let tests = of_services
            .chain(of_stages)
            .filter_map(|probe| probe.test.as_ref());
        for test in tests.filter(|test| test.value.form.is_too_long()) {
            self.faults.push(Fault {
                span: Some(test.span),
                path: self.sources.get(test.span.source).path.clone(),
                message: format!(
                    "this command is longer than {} KiB, so it is not judged: put it into a script in the image and call that",
                    LONGEST_TEST / 1024
                ),
            });
        }
        self
    }
}

/// A map of paths to texts hands out its files.
impl Files for BTreeMap<String, Arc<str>> {
    fn read(&self, path: &str) -> Result<Arc<str>, Unread> {
        self.get(path).cloned().ok_or(Unread::Missing)
    }

    /// A map says nothing about who may run its files.
    fn look(&self, path: &str) -> Seen {
        if let Some(text) = self.get(path) {
            let start = text.as_bytes().iter().take(START).copied().collect();
            return Seen::File {
                runs: None,
                start: Some(start),
            };
        }
        let inside = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let mut after = self.range(inside.clone()..);
        match after.next() {
            Some((first, _)) if first.starts_with(&inside) => Seen::Folder,
            _ => Seen::Missing,
        }
    }
}
