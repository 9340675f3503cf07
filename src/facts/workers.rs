//! Workers: words of commands that run on and serve no requests.

use serde::Deserialize;

use super::sections::Sections;

use crate::model::project::Service;

static WORKERS: Sections<Worker> = Sections::new(
    include_str!("../../rules/facts/workers.toml"),
    "worker",
    "words",
);

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
///
/// # Errors
/// What does not parse, and why.
pub fn workers() -> Result<Vec<&'static Worker>, String> {
    WORKERS.all()
}

/// The word that says that the service's own command is a worker.
pub fn works(service: &Service) -> Option<String> {
    let texts = service.command.as_ref()?.value.texts().iter();
    let ends = [' ', '\t', '\n', '"', '\'', ';', '/'];
    let mut words = texts.flat_map(|text| text.as_str().split(ends));
    let known = |word: &&str| WORKERS.get(word).is_some();
    words.find(known).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_witness() {
        let rows = workers().unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            assert!(!row.witness.is_empty() && !row.date.is_empty(), "{row:?}");
        }
    }
}
