//! The command line: words in, an exit status out; what is said goes through here to standard output and error.

mod check;
mod explain;
mod image;
mod input;
mod missed;
mod pages;
mod suggest;
mod units;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::{Parser, Subcommand, ValueEnum};

/// Finds health checks in Compose files and Dockerfiles that lie, says why, and mends them.
#[derive(Debug, Parser)]
#[command(name = "healthlint", version, max_term_width = 100, after_help = STATUS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to use colours; `auto` honours `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    color: Color,
}

const STATUS: &str = "Exit status: 0 nothing at or above --fail-on; 1 findings; 2 usage, or a file that could not be \
read (the rest is still checked and reported).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Check files and folders
    Check(Box<check::Check>),
    /// Show what a check does: layer by layer, when, and in every state of the service
    Explain(explain::Explain),
    /// Show what is known about images, or learn it from the images themselves
    Image(image::Image),
    /// Suggest a check for each service that has none, as a diff
    Suggest(suggest::Suggest),
    /// List the rules
    Rules,
    /// Show the page of one rule
    Rule {
        /// The rule's name, as `healthlint rules` lists it
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Nothing at or above `--fail-on`.
    Quiet,
    /// Findings.
    Findings,
    /// Usage, or a file that could not be read.
    Trouble,
}

/// Where words go: what was asked for on standard output, what is said beside it on standard error.
///
/// A reader that hangs up (`| head`) is no error of ours, so nothing more is written to it and nothing is said.
struct Outlet {
    color: Color,
}

impl Outlet {
    /// Whether what goes to standard output is coloured.
    fn colors_out(&self) -> bool {
        self.wants(&io::stdout())
    }

    /// Whether what goes to standard error is coloured.
    fn colors_error(&self) -> bool {
        self.wants(&io::stderr())
    }

    /// Whether standard output is a terminal that could be steered by what it is sent.
    fn is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    fn wants(&self, stream: &impl anstream::stream::RawStream) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => AutoStream::choice(stream) != ColorChoice::Never,
        }
    }

    /// Bytes to standard output as they are.
    fn bytes(bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// Text, styled where [`Self::colors_out`] says so, to standard output.
    fn out(&self, text: &str) {
        let choice = choice(self.colors_out());
        let mut stdout = AutoStream::new(io::stdout().lock(), choice);
        let _ = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
    }

    /// Text, styled where [`Self::colors_error`] says so, to standard error.
    fn error(&self, text: &str) {
        let choice = choice(self.colors_error());
        let mut stderr = AutoStream::new(io::stderr().lock(), choice);
        let _ = stderr
            .write_all(text.as_bytes())
            .and_then(|()| stderr.flush());
    }
}

fn choice(color: bool) -> ColorChoice {
    if color {
        ColorChoice::Always
    } else {
        ColorChoice::Never
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = if error.use_stderr() {
                Status::Trouble
            } else {
                Status::Quiet
            };
            let _ = error.print();
            return code(status);
        }
    };
    let outlet = Outlet {
        color: arguments.color,
    };
    code(match arguments.command {
        Command::Check(command) => check::run(&command, &outlet),
        Command::Explain(command) => explain::run(&command, &outlet),
        Command::Image(command) => image::run(&command, &outlet),
        Command::Suggest(command) => suggest::run(&command, &outlet),
        Command::Rules => pages::list(&outlet),
        Command::Rule { name } => pages::show(&name, &outlet),
    })
}

fn code(status: Status) -> ExitCode {
    ExitCode::from(match status {
        Status::Quiet => 0,
        Status::Findings => 1,
        Status::Trouble => 2,
    })
}
