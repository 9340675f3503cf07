//! Programs as PID 1: which of them wait for children that they did not start.

use serde::Deserialize;

use super::sections::Sections;

static PROGRAMS: Sections<Program> = Sections::new(
    include_str!("../../rules/facts/programs.toml"),
    "program",
    "name",
);

/// One program as PID 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// The name of its binary.
    pub name: String,
    /// Whether it waits for orphans, so that none stays a zombie.
    pub reaps: bool,
    /// What an orphan's end does to it, where that does harm.
    pub reacts: Option<String>,
    /// When the answer holds, in words.
    pub note: Option<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Every program, by name.
pub fn programs() -> impl Iterator<Item = &'static Program> {
    PROGRAMS.iter()
}

/// The program that this command line starts, by the last part of its path.
pub fn program(path: &str) -> Option<&'static Program> {
    let name = path.rsplit('/').next().unwrap_or(path);
    PROGRAMS.get(name)
}
