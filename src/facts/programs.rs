//! Programs as PID 1: which of them wait for children that they did not start.

use std::sync::OnceLock;

use serde::Deserialize;

const PROGRAMS: &str = include_str!("../../rules/facts/programs.toml");

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
pub fn programs() -> &'static [Program] {
    #[derive(Deserialize)]
    struct File {
        program: Vec<Program>,
    }
    static PROGRAM: OnceLock<Vec<Program>> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        toml::from_str(PROGRAMS).map_or_else(|_| Vec::new(), |file: File| file.program)
    })
}

/// The program that this command line starts, by the last part of its path.
pub fn program(path: &str) -> Option<&'static Program> {
    let name = path.rsplit('/').next().unwrap_or(path);
    programs().iter().find(|program| program.name == name)
}
