//! What a RUN does to a stage: packages that come and go, files in folders of PATH; the rest may add anything.

mod branches;
mod files;
mod languages;
mod packages;
mod quiet;

use std::collections::BTreeMap;

use crate::model::command::{
    Dialect, Kind, List, Node, PartKind, Pipeline, Redirect, RedirectKind, Simple, Value, Word,
    parse,
};
use crate::text::{HOLE, Span, Traced};

use super::answer::{Answer, Holds, Reason};
use super::packages::Manager;
use super::stage::State;
use branches::{Ended, asks};
pub(super) use languages::languages;
pub(super) use quiet::QUIET;

/// Follows the text of a RUN.
pub(super) fn text(state: &mut State, text: &Traced, dialect: Dialect, span: Span) {
    let folder = state.workdir.clone();
    let mut run = Run::new(state, dialect, span);
    run.script(text, true);
    state.workdir = folder;
}

/// Follows the words of a RUN in JSON form.
pub(super) fn exec(state: &mut State, words: &[Traced], span: Span) {
    let known: Option<Vec<String>> = words
        .iter()
        .map(|word| word.known().map(str::to_owned))
        .collect();
    let mut run = Run::new(state, Dialect::Dash, span);
    match known {
        Some(known) if is_shell(&known) => match words.get(2) {
            Some(script) => run.script(script, true),
            None => run.state.unreadable(span),
        },
        Some(known) => run.words(&known),
        None => run.state.unreadable(span),
    }
}

/// Stands in a word for what a build fills in.
const UNTOLD: &str = "\u{fffc}";

/// How deep scripts in scripts are followed.
const DEEPEST: usize = 8;

/// A RUN on its way.
struct Run<'a> {
    state: &'a mut State,
    /// What the script itself sets.
    variables: BTreeMap<String, Option<String>>,
    /// The functions that the script has.
    functions: BTreeMap<String, Node>,
    /// Whether what comes next happens in every build that succeeds.
    sure: bool,
    /// Whether the script has come to its end before its last line.
    ended: Ended,
    /// `apt-mark auto` stands before: the next `autoremove` takes what was installed by name, too.
    automatic: bool,
    /// Another script was taken in: PATH may lead anywhere for the commands that follow.
    sourced: bool,
    dialect: Dialect,
    depth: usize,
    /// The instruction.
    span: Span,
}

impl<'a> Run<'a> {
    fn new(state: &'a mut State, dialect: Dialect, span: Span) -> Self {
        Self {
            state,
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            sure: true,
            ended: Ended::No,
            automatic: false,
            sourced: false,
            dialect,
            depth: 0,
            span,
        }
    }

    /// A whole script; `last` where its status is the status of the RUN.
    fn script(&mut self, text: &Traced, last: bool) {
        let script = parse(text, self.dialect);
        if !script.problems.is_empty() || self.depth >= DEEPEST {
            return self.state.unreadable(self.span);
        }
        self.depth += 1;
        self.list(&script.body, last);
        self.depth -= 1;
    }

    /// Commands one after another; `last` where the status of the last one is the status of the RUN.
    fn list(&mut self, list: &List, last: bool) {
        let count = list.items.len();
        for (index, item) in list.items.iter().enumerate() {
            if self.ended == Ended::Failed {
                return;
            }
            let mut links = vec![(false, &item.first)];
            links.extend(item.rest.iter().map(|(join, next)| (join.or, next)));
            if item.background.is_some() {
                self.perhaps(|run| run.chain(&links, false));
            } else {
                self.chain(&links, last && index + 1 == count);
            }
        }
    }

    /// Commands that are joined by `&&` and `||`; `last` where all of them but an alternative must succeed.
    fn chain(&mut self, links: &[(bool, &Pipeline)], last: bool) {
        let Some(at) = links.iter().rposition(|(or, _)| *or) else {
            let mut doubtful = false;
            for (_, pipeline) in links {
                if self.ended == Ended::Failed {
                    return;
                }
                if doubtful {
                    self.perhaps(|run| run.pipeline(pipeline));
                } else {
                    self.pipeline(pipeline);
                    doubtful = !last && asks(pipeline);
                }
            }
            return;
        };
        let (before, rest) = links.split_at(at);
        let Some(((_, other), behind)) = rest.split_first() else {
            return;
        };
        self.either(&[
            &|run| {
                run.suppose(before, true);
                run.chain(before, true);
            },
            &|run| {
                run.suppose(before, false);
                run.perhaps(|run| run.chain(before, false));
                run.pipeline(other);
            },
        ]);
        let behind: Vec<_> = behind.iter().map(|(_, next)| (false, *next)).collect();
        self.chain(&behind, last);
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if !pipeline.not.is_empty() {
            return self.perhaps(|run| pipeline.commands.iter().for_each(|one| run.command(one)));
        }
        if let [command] = &pipeline.commands[..] {
            return self.command(command);
        }
        if pipeline.commands.iter().skip(1).any(is_bare_shell) {
            return self.state.unreadable(self.span);
        }
        // Each member has a shell of its own: where it goes and how it ends is of no matter to the next line.
        let (folder, ended) = (self.state.workdir.clone(), self.ended);
        for command in &pipeline.commands {
            self.command(command);
        }
        self.state.workdir = folder;
        self.ended = ended;
    }

    fn command(&mut self, command: &Node) {
        for redirect in &command.redirects {
            self.redirect(redirect);
        }
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple),
            Kind::Subshell(list) => {
                let folder = self.state.workdir.clone();
                self.list(list, false);
                self.state.workdir = folder;
            }
            Kind::Group(list) => self.list(list, false),
            Kind::If(arms, otherwise) => self.conditions(arms, otherwise.as_ref()),
            Kind::Case(_, arms) => self.arms(arms),
            Kind::For(name, words, body) => self.each(name, words.as_deref(), body),
            Kind::Count(_, body) => self.perhaps(|run| run.list(body, false)),
            Kind::While(_, condition, body) => self.perhaps(|run| {
                run.list(condition, false);
                run.list(body, false);
            }),
            Kind::Function(name, body) => {
                self.functions.insert(name.clone(), (**body).clone());
            }
            Kind::Test(_) | Kind::Arithmetic(_) => {}
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        let writes = matches!(
            redirect.kind,
            RedirectKind::Output
                | RedirectKind::Append
                | RedirectKind::OutputAndErrors
                | RedirectKind::AppendOutputAndErrors
        );
        if writes && let [path] = &self.expand(&redirect.target)[..] {
            self.write(path);
        }
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            let value = match &assignment.value {
                Value::Word(word) if !assignment.append => self.told(word),
                Value::Word(_) | Value::Array(_) => None,
            };
            self.variables.insert(assignment.name.clone(), value);
        }
        let words: Vec<String> = simple
            .words
            .iter()
            .flat_map(|word| self.expand(word))
            .collect();
        let Some(program) = words.first() else {
            return;
        };
        if program.contains(UNTOLD) {
            return self.state.unreadable(self.span);
        }
        if let Some((name, body)) = self.functions.remove_entry(program) {
            // It is taken out while it runs, so that none runs for ever.
            self.command(&body);
            self.functions.insert(name, body);
        } else if is_shell(&words)
            && simple.words.len() == words.len()
            && let Some(script) = simple.words.get(2)
            && script.literal().is_some()
        {
            let folder = self.state.workdir.clone();
            self.script(&script.text, false);
            self.state.workdir = folder;
        } else {
            self.words(&words);
        }
    }

    /// A word as the words that it becomes; [`UNTOLD`] stands for what cannot be told.
    fn expand(&self, word: &Word) -> Vec<String> {
        if let Some(text) = word.literal() {
            return vec![text.to_owned()];
        }
        if let [part] = &word.parts[..]
            && let PartKind::Parameter(_) = &part.kind
            && let Some(value) = self.told(word)
        {
            return value.split_whitespace().map(str::to_owned).collect();
        }
        let mut text = String::new();
        for part in &word.parts {
            let value = match &part.kind {
                PartKind::Text => word.text.as_str().get(part.at.clone()).map(str::to_owned),
                PartKind::Parameter(parameter)
                    if parameter.operator.is_empty()
                        && !parameter.length
                        && !parameter.indirect
                        && !parameter.indexed =>
                {
                    let own = self.variables.get(&parameter.name);
                    own.or_else(|| self.state.variables.get(&parameter.name))
                        .cloned()
                        .flatten()
                }
                _ => None,
            };
            match value {
                Some(value) => text.push_str(&value.replace(HOLE, UNTOLD)),
                None => text.push_str(UNTOLD),
            }
        }
        vec![text]
    }

    /// The text of one word, where it can be told.
    fn told(&self, word: &Word) -> Option<String> {
        if let Some(text) = word.literal() {
            return Some(text.to_owned());
        }
        if let [part] = &word.parts[..]
            && let PartKind::Parameter(parameter) = &part.kind
            && parameter.operator.is_empty()
            && !parameter.length
            && !parameter.indirect
        {
            let own = self.variables.get(&parameter.name);
            return own
                .or_else(|| self.state.variables.get(&parameter.name))
                .cloned()
                .flatten();
        }
        match &self.expand(word)[..] {
            [text] if !text.contains(UNTOLD) => Some(text.clone()),
            _ => None,
        }
    }

    fn words(&mut self, words: &[String]) {
        let Some((program, rest)) = words.split_first() else {
            return;
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let asks_version = matches!(
            rest[..],
            ["--version" | "-version" | "-v" | "-V" | "version" | "--help"]
        );
        match name {
            // A project's own script may have the name of any program: `./scripts/setup/install`.
            _ if !lies_with_programs(program) => self.state.unreadable(self.span),
            _ if asks_version => {}
            "cd" => self.go(&rest),
            "exit" | "return" => self.end(&rest),
            "apt-mark" => self.automatic |= rest.first() == Some(&"auto"),
            "sudo" | "exec" | "time" | "nice" | "nohup" | "eatmydata" | "builtin" => {
                let inner: Vec<String> = owned(skip_options(&rest));
                self.words(&inner);
            }
            "command" if !matches!(rest.first(), Some(&("-v" | "-V"))) => {
                let inner: Vec<String> = owned(skip_options(&rest));
                self.words(&inner);
            }
            "env" => {
                let inner = rest
                    .iter()
                    .skip_while(|word| word.contains('=') || word.starts_with('-'));
                let inner: Vec<String> = inner.map(|word| (*word).to_owned()).collect();
                self.words(&inner);
            }
            // What it is given by the pipe cannot be told.
            "xargs" => {
                let mut inner: Vec<String> = owned(skip_options(&rest));
                inner.push(UNTOLD.to_owned());
                self.words(&inner);
            }
            "install_packages" => self.install(Manager::Apt, &operands(&rest, &[])),
            "pacman" => self.pacman(&rest),
            "apt" | "apt-get" | "aptitude" | "apk" | "dnf" | "dnf5" | "microdnf" | "yum"
            | "tdnf" | "zypper" => {
                if let Some(manager) = Manager::of(name) {
                    self.packages(manager, &rest);
                }
            }
            "rm" | "unlink" => self.remove(&rest),
            "find" => self.find(&rest),
            "ln" => self.link(&rest),
            "update-alternatives" | "alternatives" => {
                if let ["--install", link, _, path, ..] = rest[..] {
                    self.link(&[path, link]);
                }
            }
            "chmod" => self.permit(&rest),
            "cp" | "mv" | "install" => self.place(name, &rest),
            "tee" => operands(&rest, &[])
                .iter()
                .for_each(|path| self.write(path)),
            "curl" | "wget" => self.fetch(name, &rest),
            "tar" | "unzip" | "bsdtar" => self.unpack(name, &rest),
            "busybox" => self.applets(&rest),
            "git" if rest.first() != Some(&"lfs") => {}
            "dpkg" | "rpm"
                if rest.first().is_some_and(|word| {
                    ["--print", "--add", "--import", "--version"]
                        .iter()
                        .any(|known| word.starts_with(known))
                }) => {}
            "." | "source" => {
                self.sourced = true;
                self.state.unreadable(self.span);
            }
            name if QUIET.contains(&name) || quiet::QUESTIONS.contains(&name) => {}
            name => self.language(program, name, &rest),
        }
    }

    /// Whatever `act` does may not happen.
    fn perhaps(&mut self, act: impl FnOnce(&mut Self)) {
        let (sure, ended) = (self.sure, self.ended);
        self.sure = false;
        act(self);
        self.sure = sure;
        self.ended = ended;
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

/// Whether a word names a program as a shell finds it, or by a path in a folder for programs.
pub(super) fn lies_with_programs(program: &str) -> bool {
    program
        .rsplit_once('/')
        .is_none_or(|(folder, _)| folder.starts_with('/') && folder.ends_with("bin"))
}

/// These tools may have come.
fn doubt<'a>(state: &mut State, tools: impl IntoIterator<Item = &'a str>, reason: &Reason) {
    for tool in tools {
        if state.inventory.lacks(tool) {
            state
                .inventory
                .change(tool, Answer::because(Holds::Unknown, reason.clone()));
        }
    }
}

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

/// Whether these are the words of a shell that is given its script in the third: `sh -ec '…'`.
fn is_shell<T: AsRef<str>>(words: &[T]) -> bool {
    let [program, option, _script, ..] = words else {
        return false;
    };
    let option = option.as_ref();
    is_shell_name(program.as_ref())
        && option.starts_with('-')
        && !option.starts_with("--")
        && option.ends_with('c')
}

fn is_shell_name(program: &str) -> bool {
    matches!(
        program.rsplit('/').next(),
        Some("sh" | "bash" | "ash" | "dash" | "zsh")
    )
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
    let shell = words.next().is_some_and(is_shell_name);
    shell && words.all(|word| word.starts_with('-') && word != "-c")
}
