//! Programs by name: which model plays them, and what their runs do to the path.

use crate::facts::Flavour;
use crate::facts::tools::makes;
use crate::model::command::base;
use crate::text::Span;

use super::local::local;
use super::path::{ANY, Flow, Path, SILENT, UNASKED};
use super::player::Player;
use super::words::Arg;
use super::{Cause, Code};

/// One way that a program may end.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub code: Code,
    pub output: String,
    /// Why it fails, or why nobody knows.
    pub why: Option<String>,
    /// Why it ends with 0 though the service failed.
    pub hides: Option<String>,
    /// The word inside the program's own words that fails or hides it, where that is known.
    pub word: Option<(String, Span)>,
    /// Nobody knows whether this run or another of the same call is real.
    pub guess: bool,
}

impl Run {
    pub fn new(code: u8) -> Self {
        Self::of(Code::Exact(code))
    }

    pub fn of(code: Code) -> Self {
        Self {
            code,
            output: String::new(),
            why: None,
            hides: None,
            word: None,
            guess: false,
        }
    }

    pub fn prints(mut self, text: impl Into<String>) -> Self {
        self.output = text.into();
        self
    }

    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub fn hides(mut self, why: impl Into<String>) -> Self {
        self.hides = Some(why.into());
        self
    }

    /// The very word that fails or hides it.
    pub fn at(mut self, word: &str, span: Option<Span>) -> Self {
        self.word = span.map(|span| (word.to_owned(), span));
        self
    }

    pub fn unknown(why: impl Into<String>) -> Self {
        Self::of(Code::Any).prints(ANY).because(why)
    }

    /// It ends by itself, with 0 or not, and nobody knows which.
    pub fn either(why: &str) -> Vec<Self> {
        let runs = vec![
            Self::new(0).prints(ANY),
            Self::of(Code::Failure).prints(ANY),
        ];
        Self::guessed(runs, why)
    }

    /// One of these runs is real, and nobody knows which.
    pub fn guessed(mut runs: Vec<Self>, why: &str) -> Vec<Self> {
        for run in &mut runs {
            run.guess = true;
            run.why = Some(why.to_owned());
        }
        runs
    }

    pub fn killed() -> Self {
        Self::of(Code::Killed).because("it waits until the engine kills it")
    }
}

/// A call of a program: its name without a folder, its words without the program, and what it reads.
pub(super) struct Use<'a> {
    pub name: &'a str,
    pub args: &'a [Arg],
    pub input: &'a str,
}

impl Use<'_> {
    /// Whether a word of this text is among the arguments.
    pub fn says(&self, word: &str) -> bool {
        self.args.iter().any(|arg| arg.text == word)
    }
}

/// Programs that print their version and end with 0.
const VERSIONED: &[&str] = &[
    "bash",
    "caddy",
    "curl",
    "git",
    "gawk",
    "go",
    "grep",
    "java",
    "jq",
    "mariadb",
    "mariadb-admin",
    "mongod",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "mysqld",
    "node",
    "npm",
    "perl",
    "pg_isready",
    "php",
    "pip",
    "postgres",
    "psql",
    "python",
    "python3",
    "redis-cli",
    "redis-server",
    "ruby",
    "valkey-cli",
    "valkey-server",
];

/// Programs that read their input until it ends.
const READERS: &[&str] = &[
    "awk", "cat", "cut", "egrep", "fgrep", "fold", "gawk", "grep", "head", "jq", "mawk", "nl",
    "rev", "sed", "sort", "tac", "tail", "tee", "tr", "uniq", "wc",
];

/// Whether no program is called so: a command line in one word, an option or an address that begins a line, the bracket
/// of a list with what sticks to it, or a word of the engine's own.
fn is_no_name(program: &str) -> bool {
    let line = program.contains(" -") || program.contains("://");
    (line && !program.starts_with('/'))
        || program.starts_with('-')
        || (program.starts_with('[') && program.len() > 2)
        || matches!(program, "NONE" | "CMD" | "CMD-SHELL")
}

impl Player<'_> {
    /// Which makes of the tool may be here.
    pub fn makes(&self, tool: &str) -> impl Iterator<Item = Flavour> + use<> {
        let known = self
            .scene
            .inventory
            .flavour(tool)
            .filter(|flavour| *flavour != Flavour::Plain);
        let all: Vec<Flavour> = match known {
            Some(flavour) => vec![flavour],
            None => makes(base(tool))
                .map(|make| make.flavour.as_deref().map_or(Flavour::Plain, Flavour::of))
                .collect(),
        };
        all.into_iter()
    }

    /// Runs a program that is there.
    pub fn tool(&self, program: &str, args: &[Arg], path: Path) -> Vec<Path> {
        let Some(first) = args.first() else {
            return vec![path];
        };
        let name = base(program);
        let rest = args.get(1..).unwrap_or_default();
        match name {
            "[" | "test" | "true" | "false" | "echo" | "printf" | "pwd" => {
                return self.builtin(name, args, path);
            }
            "which" => {
                if let Some(tool) = rest.last() {
                    return self.is_there(tool, path);
                }
            }
            _ => {}
        }
        let input = path.input.clone();
        let call = Use {
            name,
            args: rest,
            input: &input,
        };
        let runs = self.runs(program, &call);
        runs.into_iter()
            .map(|run| {
                let mut after = path.clone();
                let (word, span) = match &run.word {
                    Some((word, span)) => (word.as_str(), *span),
                    None => (program, first.span),
                };
                let cause = |why: String| Cause::new(span, word, why);
                after.noise = true;
                after.print(&run.output);
                if let Some(hides) = run.hides {
                    after.failed.get_or_insert_with(|| cause(hides.clone()));
                    after.lost = Some(cause(hides));
                }
                let why = run
                    .why
                    .unwrap_or_else(|| format!("nobody knows how `{name}` ends"));
                if run.guess {
                    after.guessed.get_or_insert_with(|| cause(why.clone()));
                }
                match run.code {
                    Code::Killed => {
                        after.flow = Flow::Hung;
                        after.failed = Some(cause(why));
                    }
                    Code::Any => after.doubt = Some(cause(why)),
                    code if code.is_failure() => after.failed = Some(cause(why)),
                    _ => {}
                }
                after.code = run.code;
                after
            })
            .collect()
    }

    /// A filter that reads a connection on which nothing comes: it waits, unless it fails before it reads.
    fn waiting(&self, program: &str, call: &Use<'_>) -> Vec<Run> {
        let reading = |input| {
            let call = Use { input, ..*call };
            self.filter(program, &call).unwrap_or_default()
        };
        match (reading("").as_slice(), reading(ANY).as_slice()) {
            ([one], [other]) if one.code == other.code && !one.code.is_zero() => vec![one.clone()],
            _ => vec![Run::killed()],
        }
    }

    fn runs(&self, program: &str, call: &Use<'_>) -> Vec<Run> {
        let name = call.name;
        if let [only] = call.args
            && VERSIONED.contains(&name)
            && matches!(only.text.as_str(), "--version" | "-version")
            && self.makes(program).all(|make| make != Flavour::Busybox)
        {
            let why = format!("`{name} {}` asks no service", only.text);
            return vec![Run::new(0).prints(ANY).hides(why)];
        }
        if is_no_name(program) {
            return vec![Run::new(127).because("there is no program of that name")];
        }
        let everywhere = ["/", "/dev", "/etc", "/proc"];
        let operands = || call.args.iter().filter(|arg| !arg.text.starts_with('-'));
        if name == "ls"
            && operands().count() > 0
            && operands().all(|arg| everywhere.contains(&arg.text.as_str()))
        {
            let why = "`ls` of a folder that every container has asks no service".to_owned();
            return vec![Run::new(0).prints(ANY).hides(why)];
        }
        match name {
            "curl" => self.curl(call),
            "wget" => self.wget(program, call),
            "nc" | "ncat" | "netcat" => self.nc(program, call),
            _ if call.input == SILENT && READERS.contains(&name) => self.waiting(program, call),
            _ if call.input == UNASKED => {
                vec![Run::unknown(
                    "nobody knows what the service says, and when it ends",
                )]
            }
            _ => self
                .filter(program, call)
                .or_else(|| self.search(program, call))
                .or_else(|| self.sockets(call))
                .or_else(|| local(call))
                .or_else(|| self.client(call))
                .or_else(|| self.one_liner(call))
                .or_else(|| self.powershell(call))
                .or_else(|| self.script_of_image(program, call))
                .unwrap_or_else(|| vec![Run::unknown(format!("nobody knows how `{name}` ends"))]),
        }
    }
}
