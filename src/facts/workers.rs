//! Workers: words of commands that run on and serve no requests.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::project::Service;

const WORKERS: &str = include_str!("../../rules/facts/workers.toml");

/// Words of commands that run on and serve no requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// Any of them.
    pub words: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Every row.
pub fn workers() -> &'static [Worker] {
    #[derive(Deserialize)]
    struct File {
        worker: Vec<Worker>,
    }
    static ALL: OnceLock<Vec<Worker>> = OnceLock::new();
    ALL.get_or_init(|| {
        toml::from_str(WORKERS).map_or_else(|_| Vec::new(), |file: File| file.worker)
    })
}

/// The word that says that the service's own command is a worker.
pub fn works(service: &Service) -> Option<String> {
    let texts = service.command.as_ref()?.value.texts().iter();
    let ends = [' ', '\t', '\n', '"', '\'', ';', '/'];
    let mut words = texts.flat_map(|text| text.as_str().split(ends));
    let known = |word: &&str| {
        let mut rows = workers().iter();
        rows.any(|row| row.words.iter().any(|one| one == word))
    };
    words.find(known).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_witness() {
        assert!(!workers().is_empty(), "the file did not parse");
        for row in workers() {
            assert!(!row.witness.is_empty() && !row.date.is_empty(), "{row:?}");
        }
    }
}
