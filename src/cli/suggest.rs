//! `healthlint suggest`: the door to the fixes of `missing-healthcheck`, as one patch or written down.

use clap::Args;

use super::check::{self, Check};
use super::{Outlet, Status};

/// The words behind `healthlint suggest`.
#[derive(Args, Debug)]
pub struct Suggest {
    /// Files or folders; default is the working directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Write the suggestions into the files, in place of printing them as a diff
    #[arg(long)]
    pub apply: bool,
    /// Read these Compose files as one project, in this order
    #[arg(short = 'F', long = "file", value_name = "FILE")]
    pub files: Vec<String>,
    /// Fill in variables from the environment too, as Compose does
    #[arg(long)]
    pub env: bool,
    /// Read files that lie outside the working directory and the git work tree, where a file points at them
    #[arg(long)]
    pub allow_outside: bool,
}

/// Runs the command. What is suggested is no fault: only a file that cannot be read or written makes it fail.
pub fn run(command: &Suggest, outlet: &Outlet) -> Status {
    check::run(&Check::of_suggestions(command), outlet)
}
