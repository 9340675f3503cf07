//! What a RUN does to a stage: packages that come and go, files in folders of PATH; the rest may add anything.

mod files;
mod packages;

use std::collections::BTreeMap;

use crate::model::command::{
    Dialect, Kind, List, Node, PartKind, RedirectKind, Simple, Value, Word, parse,
};
use crate::text::{Span, Traced};

use super::answer::{Answer, Holds, Reason};
use super::packages::Manager;
use super::stage::State;

/// Programs that put no program into a folder of PATH, whatever their words are.
const QUIET: &[&str] = &[
    ":",
    "[",
    "a2dismod",
    "a2enmod",
    "a2ensite",
    "addgroup",
    "adduser",
    "apt-cache",
    "apt-key",
    "awk",
    "basename",
    "break",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "command",
    "cut",
    "date",
    "debconf-set-selections",
    "delgroup",
    "deluser",
    "df",
    "dirname",
    "docker-php-ext-configure",
    "docker-php-ext-enable",
    "dpkg-query",
    "dpkg-reconfigure",
    "du",
    "echo",
    "egrep",
    "exit",
    "export",
    "expr",
    "false",
    "fc-cache",
    "fgrep",
    "file",
    "find",
    "getconf",
    "getent",
    "gpg",
    "gpgconf",
    "grep",
    "groupadd",
    "groupdel",
    "groupmod",
    "hash",
    "head",
    "hostname",
    "id",
    "ldconfig",
    "ldd",
    "locale-gen",
    "localedef",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "nproc",
    "openssl",
    "passwd",
    "pwd",
    "printf",
    "read",
    "readlink",
    "realpath",
    "return",
    "sed",
    "set",
    "setcap",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shopt",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tail",
    "test",
    "touch",
    "tr",
    "trap",
    "true",
    "type",
    "ulimit",
    "umask",
    "uname",
    "uniq",
    "unset",
    "update-ca-certificates",
    "update-ca-trust",
    "update-locale",
    "useradd",
    "userdel",
    "usermod",
    "wait",
    "wc",
    "which",
    "whoami",
    "yes",
    "strip",
    "chpasswd",
    "cmp",
    "diff",
    "jq",
    "rmdir",
    "sync",
    "local",
    "readonly",
    "freetype-config",
    "pecl",
    "chsh",
];

/// Programs that bring commands of their own language's world, and never a tool of the system.
const LANGUAGES: &[&str] = &[
    "bundle",
    "cargo",
    "composer",
    "conda",
    "corepack",
    "docker-php-ext-install",
    "dotnet",
    "gem",
    "go",
    "gradle",
    "mamba",
    "micromamba",
    "mix",
    "mvn",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pipenv",
    "pnpm",
    "poetry",
    "rustup",
    "uv",
    "yarn",
    "bun",
    "deno",
];

/// Commands that come with a language's packages.
const OF_LANGUAGES: &[&str] = &[
    "celery",
    "cqlsh",
    "gunicorn",
    "http",
    "node",
    "python",
    "python3",
    "supervisorctl",
    "supervisord",
    "uvicorn",
];

/// Follows the text of a RUN.
pub(super) fn text(state: &mut State, text: &Traced, dialect: Dialect, span: Span) {
    let script = parse(text, dialect);
    if !script.problems.is_empty() {
        return state.unreadable(span);
    }
    let mut run = Run {
        state,
        variables: BTreeMap::new(),
        automatic: false,
        span,
    };
    run.list(&script.body, true);
}

/// Follows the words of a RUN in JSON form.
pub(super) fn exec(state: &mut State, words: &[Traced], span: Span) {
    let mut run = Run {
        state,
        variables: BTreeMap::new(),
        automatic: false,
        span,
    };
    match words
        .iter()
        .map(|word| word.known().map(str::to_owned))
        .collect::<Option<Vec<String>>>()
    {
        Some(words) => run.words(&words, true),
        None => run.state.unreadable(span),
    }
}

/// Says that commands of a language's world may have come.
pub(super) fn languages(state: &mut State, span: Span) {
    doubt(state, OF_LANGUAGES, &Reason::at(span, "this may bring it"));
}

fn doubt(state: &mut State, tools: &[&str], reason: &Reason) {
    for tool in tools {
        if state.inventory.lacks(tool) {
            state
                .inventory
                .change(tool, Answer::because(Holds::Unknown, reason.clone()));
        }
    }
}

struct Run<'a> {
    state: &'a mut State,
    /// What the script itself sets.
    variables: BTreeMap<String, Option<String>>,
    /// `apt-mark auto` stands before: the next `autoremove` takes what was installed by name, too.
    automatic: bool,
    /// The instruction.
    span: Span,
}

impl Run<'_> {
    /// A list of commands; `sure` where each of them runs in every build that succeeds.
    fn list(&mut self, list: &List, sure: bool) {
        for item in &list.items {
            // What stands behind `||` runs only after a failure, and what stands before it may have failed.
            let last_or = item.rest.iter().rposition(|(join, _)| join.or);
            let behind_or = last_or.map_or(0, |at| at + 2);
            let pipelines =
                std::iter::once(&item.first).chain(item.rest.iter().map(|(_, next)| next));
            for (index, pipeline) in pipelines.enumerate() {
                if pipeline.commands.iter().skip(1).any(is_bare_shell) {
                    self.state.unreadable(self.span);
                    continue;
                }
                let sure = sure
                    && index >= behind_or
                    && item.background.is_none()
                    && pipeline.not.is_empty();
                for command in &pipeline.commands {
                    self.command(command, sure);
                }
            }
        }
    }

    fn command(&mut self, command: &Node, sure: bool) {
        for redirect in &command.redirects {
            let writes = matches!(redirect.kind, RedirectKind::Output | RedirectKind::Append);
            if let Some(path) = redirect
                .target
                .literal()
                .filter(|_| writes)
                .map(str::to_owned)
            {
                self.put(&path, sure);
            }
        }
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, sure),
            Kind::Subshell(list) | Kind::Group(list) => self.list(list, sure),
            Kind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.list(condition, false);
                    self.list(body, false);
                }
                if let Some(list) = otherwise {
                    self.list(list, false);
                }
            }
            Kind::Case(_, arms) => arms.iter().for_each(|arm| self.list(&arm.body, false)),
            Kind::For(name, _, body) => {
                self.variables.insert(name.clone(), None);
                self.list(body, false);
            }
            Kind::Count(_, body) => self.list(body, false),
            Kind::While(_, condition, body) => {
                self.list(condition, false);
                self.list(body, false);
            }
            Kind::Function(_, body) => self.command(body, false),
            Kind::Test(_) | Kind::Arithmetic(_) => {}
        }
    }

    fn simple(&mut self, simple: &Simple, sure: bool) {
        for assignment in &simple.assignments {
            let value = match &assignment.value {
                Value::Word(word) if !assignment.append => word.literal().map(str::to_owned),
                Value::Word(_) | Value::Array(_) => None,
            };
            self.variables.insert(assignment.name.clone(), value);
        }
        let Some(first) = simple.words.first() else {
            return;
        };
        if first.literal().is_none() {
            return self.state.unreadable(self.span);
        }
        let mut words = Vec::new();
        for word in &simple.words {
            words.extend(self.expand(word));
        }
        self.words(&words, sure);
    }

    /// A word as the words that it becomes; what cannot be told becomes [`UNTOLD`] behind its known beginning.
    fn expand(&self, word: &Word) -> Vec<String> {
        if let Some(text) = word.literal() {
            return vec![text.to_owned()];
        }
        if let [part] = &word.parts[..]
            && let PartKind::Parameter(parameter) = &part.kind
            && parameter.operator.is_empty()
            && !parameter.length
            && !parameter.indirect
        {
            let own = self.variables.get(&parameter.name);
            if let Some(Some(value)) = own.or_else(|| self.state.variables.get(&parameter.name)) {
                return value.split_whitespace().map(str::to_owned).collect();
            }
        }
        vec![word.text.as_str().replace(crate::text::HOLE, UNTOLD)]
    }

    fn words(&mut self, words: &[String], sure: bool) {
        let Some((program, rest)) = words.split_first() else {
            return;
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let asks_version = matches!(
            rest[..],
            ["--version" | "-version" | "-v" | "-V" | "version" | "--help"]
        );
        match name {
            _ if asks_version => {}
            "apt-mark" => self.automatic |= rest.first() == Some(&"auto"),
            "sudo" | "exec" | "time" | "nice" | "eatmydata" | "then" => {
                let inner: Vec<String> = skip_options(&rest)
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect();
                self.words(&inner, sure);
            }
            "env" => {
                let inner = rest
                    .iter()
                    .skip_while(|word| word.contains('=') || word.starts_with('-'));
                let inner: Vec<String> = inner.map(|word| (*word).to_owned()).collect();
                self.words(&inner, sure);
            }
            "install_packages" => self.install(Manager::Apt, &operands(&rest, &[]), sure),
            "apt" | "apt-get" | "aptitude" | "apk" | "dnf" | "dnf5" | "microdnf" | "yum"
            | "tdnf" => {
                if let Some(manager) = Manager::of(name) {
                    self.packages(manager, &rest, sure);
                }
            }
            "rm" | "unlink" => self.remove(&rest, sure),
            "ln" => self.link(&rest, sure),
            "cp" | "mv" | "install" => self.place(&rest, sure),
            "tee" => operands(&rest, &[])
                .iter()
                .for_each(|path| self.put(path, sure)),
            "curl" | "wget" => self.fetch(name, &rest, sure),
            "tar" | "unzip" | "bsdtar" => self.unpack(name, &rest),
            "git" if rest.first() != Some(&"lfs") => {}
            "dpkg"
                if rest.first().is_some_and(|word| {
                    word.starts_with("--print") || word.starts_with("--add")
                }) => {}
            name if QUIET.contains(&name) => {}
            name if LANGUAGES.contains(&name) => languages(self.state, self.span),
            "python" | "python3"
                if rest.starts_with(&["-m", "pip"]) || rest.starts_with(&["-m", "venv"]) =>
            {
                languages(self.state, self.span);
            }
            _ => self.state.unreadable(self.span),
        }
    }

    /// A tool that comes only under a condition.
    fn maybe(&mut self, tool: &str) {
        if !self.state.inventory.has(tool).is_yes() {
            let reason = Reason::at(self.span, format!("`{tool}` may come here"));
            self.state
                .inventory
                .change(tool, Answer::because(Holds::Unknown, reason));
        }
    }
}

/// Stands in a word for what a build fills in.
const UNTOLD: &str = "\u{fffc}";

/// The words that are no options, without the values of those options that take one.
fn operands(words: &[&str], valued: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--" {
            found.extend(words.map(|word| (*word).to_owned()));
            break;
        }
        if valued.contains(word) {
            words.next();
        } else if !word.starts_with('-') || *word == "-" {
            found.push((*word).to_owned());
        }
    }
    found
}

fn skip_options<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    let options = words
        .iter()
        .take_while(|word| word.starts_with('-'))
        .count();
    words.get(options..).unwrap_or_default()
}

/// Whether a member of a pipeline is a shell that reads its script from the pipe.
fn is_bare_shell(command: &Node) -> bool {
    let Kind::Simple(simple) = &command.kind else {
        return false;
    };
    let mut words = simple
        .words
        .iter()
        .filter_map(Word::literal)
        .filter(|word| !matches!(*word, "sudo" | "-E"));
    let shell = words.next().is_some_and(|program| {
        matches!(
            program.rsplit('/').next(),
            Some("sh" | "bash" | "ash" | "dash" | "zsh")
        )
    });
    shell && words.all(|word| word.starts_with('-') && word != "-c")
}
