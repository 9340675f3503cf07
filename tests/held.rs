//! Files that a test holds, with what a file system says about who may run them.

use std::collections::BTreeMap;
use std::sync::Arc;

use healthlint::fix::Texts;
use healthlint::model::file::Seen;
use healthlint::read::{Files, Unread};

/// Texts, and of some of them whether anybody may run them.
#[derive(Clone, Default)]
pub struct Held {
    pub texts: Texts,
    pub runs: BTreeMap<String, bool>,
}

impl Files for Held {
    fn read(&self, path: &str) -> Result<Arc<str>, Unread> {
        self.texts.read(path)
    }

    fn look(&self, path: &str) -> Seen {
        match self.texts.look(path) {
            Seen::File { start, .. } => Seen::File {
                runs: self.runs.get(path).copied(),
                start,
            },
            seen => seen,
        }
    }
}
