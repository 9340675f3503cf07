//! The front door.

use std::process::ExitCode;

fn main() -> ExitCode {
    healthlint::cli::run()
}
