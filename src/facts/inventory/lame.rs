//! Programs that are there and cannot run.

use super::super::barred::Barred;
use super::super::foreign::Foreign;
use super::{Inventory, USUAL};

impl Inventory {
    /// Says that a file which this word calls cannot be started.
    pub fn bar(&mut self, word: &str, why: Barred) {
        self.barred.insert(word.to_owned(), why);
    }

    /// Why a file that this word calls cannot be started, where that is known.
    pub fn barred(&self, word: &str) -> Option<&Barred> {
        self.barred.get(word)
    }

    /// Says that the program at a path was copied without its libraries.
    pub(in super::super) fn add_foreign(&mut self, foreign: Foreign) {
        self.foreign.insert(foreign.path.clone(), foreign);
    }

    /// Says that an instruction puts another program at this path.
    pub(in super::super) fn place(&mut self, path: &str) {
        self.foreign.remove(path);
        self.placed.insert(path.to_owned());
    }

    /// Whether an instruction put the program at this path by itself, not with a package.
    pub(in super::super) fn was_placed(&self, path: &str) -> bool {
        self.placed.contains(path)
    }

    /// Says that libraries may have come for all programs.
    pub(in super::super) fn forget_foreign(&mut self) {
        self.foreign.clear();
    }

    /// The program that this word calls (a name, or an absolute path), where it was copied without its libraries.
    pub fn foreign(&self, word: &str) -> Option<&Foreign> {
        // Whatever came unseen may have brought the libraries.
        if self.more.is_some() {
            return None;
        }
        if word.starts_with('/') {
            return self.foreign.get(word);
        }
        let in_folder = |folder: &&str| self.foreign.get(&format!("{folder}/{word}"));
        USUAL.iter().find_map(in_folder)
    }
}
