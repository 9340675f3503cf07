//! One binary for all tests that look at the house from outside.

// Tests say on standard output what they skipped and counted, and name files as their makers did.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::case_sensitive_file_extension_comparisons
)]

mod cases;
mod cli;
mod commands;
mod conformance;
mod coverage;
mod dependencies;
mod explain;
mod facts;
mod facts_import;
mod graph;
mod grep;
mod held;
mod house;
mod known;
mod laws;
mod learn;
#[cfg(unix)]
mod local;
mod machine;
mod pages;
mod readme;
#[cfg(feature = "registry")]
mod registry;
mod sarif;
mod scripts;
mod seeds;
mod shells;
mod suggest;
#[cfg(unix)]
mod truth;
mod wild;
mod yaml;
#[cfg(target_os = "linux")]
mod zombies;
