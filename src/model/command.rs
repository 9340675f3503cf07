//! What a test runs: a script or plain words, and every program that is called on the way.

use std::ops::Range;

use crate::model::probe::Form;
pub use crate::model::wrappers::{Inner, base, inner, is_builtin};
use crate::text::{Span, Traced};

pub use crate::syntax::shell::{
    Arm, Assignment, Command as Node, Dialect, Item, Join, Kind, List, Parameter, Part, PartKind,
    Pipeline, Problem, ProblemKind, Quote, Redirect, RedirectKind, Script, Simple, Value, Word,
    parse, quoted,
};

/// What a test runs.
#[derive(Clone, Debug)]
pub enum Command {
    /// Words for the kernel, without a shell.
    Words(Vec<Argument>),
    /// A script for `/bin/sh -c`.
    Script {
        /// The script as this dialect reads it.
        script: Box<Script>,
        /// Whose reading it is.
        dialect: Dialect,
    },
}

/// One word of a call after quote removal.
#[derive(Clone, Debug)]
pub struct Argument {
    /// What the program receives; expansions are holes.
    pub text: Traced,
    /// The bytes, quotes included.
    pub span: Span,
    /// The script that it stands in and where, quotes included; None for a word of a list.
    pub place: Option<(Traced, Range<usize>)>,
    known: bool,
}

/// One program that is run, or would be.
#[derive(Clone, Debug)]
pub struct Call {
    /// The program and its arguments; never empty.
    pub words: Vec<Argument>,
    /// What a shell puts into its environment for this call alone: `PGPASSWORD=x psql`.
    pub assigned: Vec<(String, Argument)>,
    /// What it stands in, the outermost first.
    pub within: Vec<Within>,
    /// The shell runs it by itself: a builtin, or a function of the script.
    pub builtin: bool,
    /// The shell that calls it; None without a shell.
    pub dialect: Option<Dialect>,
}

/// What a call stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// The member `place` (from 0) of a pipeline of `of` commands.
    Pipeline {
        /// Which member.
        place: usize,
        /// Of how many.
        of: usize,
    },
    /// `$( … )`, backticks or `<( … )`
    Substitution,
    /// The condition of `if`, `while` or `until`.
    Condition,
    /// Behind this program, which runs it: `timeout`, `env`, `xargs`.
    Wrapper(String),
    /// The script of `sh -c` and the like.
    Nested(Dialect),
    /// The body of this function.
    Function(String),
    /// Sent to the background by `&`.
    Background,
}

impl Command {
    /// What a test runs when `/bin/sh` is of this dialect; None for a list that the engine does not run, and for a
    /// test that is too long to look at.
    pub fn of(form: &Form, dialect: Dialect) -> Option<Self> {
        if form.is_too_long() {
            return None;
        }
        match form {
            Form::Exec(words) => Some(Self::Words(words.iter().map(Argument::of_text).collect())),
            Form::Shell { script, .. } => Some(Self::Script {
                script: Box::new(parse(script, dialect)),
                dialect,
            }),
            Form::Unheaded(_) => None,
        }
    }

    /// Whether a shell reads it, the container's own or one that its words call.
    pub fn needs_shell(&self) -> bool {
        match self {
            Self::Script { .. } => true,
            Self::Words(words) => words.iter().any(|word| {
                word.literal()
                    .is_none_or(|word| base(word).ends_with("sh") || base(word) == "su")
            }),
        }
    }

    /// Whether it is a script without a single command: blanks and comments.
    pub fn runs_nothing(&self) -> bool {
        matches!(self, Self::Script { script, .. }
            if script.body.items.is_empty() && script.problems.is_empty())
    }

    /// Every program that is called, in the order of the text: members of pipelines, both sides of `||`, inside
    /// substitutions, behind wrappers and in nested scripts.
    pub fn calls(&self) -> Vec<Call> {
        let mut walk = Walk::default();
        match self {
            Self::Words(words) => walk.call(words, None),
            Self::Script { script, dialect } => walk.script(script, *dialect),
        }
        walk.calls
    }

    /// Every file that a shell is told to write into, by `>` and the like.
    pub fn written_files(&self) -> Vec<Argument> {
        let mut walk = Walk::default();
        match self {
            Self::Words(words) => walk.call(words, None),
            Self::Script { script, dialect } => walk.script(script, *dialect),
        }
        walk.written
    }
}

impl Argument {
    /// A word that no shell has read.
    pub fn of_text(text: &Traced) -> Self {
        Self {
            span: text.span(),
            place: None,
            known: text.known().is_some(),
            text: text.clone(),
        }
    }

    /// A word of a script.
    pub fn of_word(word: &Word) -> Self {
        Self {
            span: word.span(),
            place: Some((word.source.clone(), word.range.clone())),
            known: word.literal().is_some(),
            text: word.text.clone(),
        }
    }

    /// What it says, if it says the same in every run.
    pub fn literal(&self) -> Option<&str> {
        self.known.then(|| self.text.as_str())
    }
}

impl Call {
    /// The program as it is written, if it is known: `curl`, `/usr/bin/curl`.
    pub fn program(&self) -> Option<&str> {
        self.words.first()?.literal()
    }

    /// Whether this program runs it: `busybox wget`, `timeout 5 curl`.
    pub fn through(&self, wrapper: &str) -> bool {
        self.within
            .iter()
            .any(|within| matches!(within, Within::Wrapper(name) if name == wrapper))
    }

    /// Whether somebody reads what it prints: the next program of a pipeline, or the shell for `$(…)`.
    pub fn is_read(&self) -> bool {
        self.within.iter().any(|within| match within {
            Within::Pipeline { place, of } => place + 1 < *of,
            Within::Substitution => true,
            _ => false,
        })
    }

    /// The program as a message may show it: by its name, or by the variable that brings it.
    pub fn shown_name(&self) -> String {
        match self.words.first() {
            Some(word) if word.text.from_environment() => word.text.shown(),
            _ => self.name().unwrap_or_default().to_owned(),
        }
    }

    /// The script that it runs and how that is read: `sh -c …`.
    pub fn script(&self) -> Option<(&Argument, Dialect)> {
        script_of(&self.words, self.dialect)
    }

    /// The program without its folder.
    pub fn name(&self) -> Option<&str> {
        self.program().map(base)
    }
}

/// The script among the words of a shell that is called by a script of this dialect.
fn script_of(words: &[Argument], dialect: Option<Dialect>) -> Option<(&Argument, Dialect)> {
    let texts: Vec<Option<&str>> = words.iter().map(Argument::literal).collect();
    let Inner::Script(at, own) = inner(&texts) else {
        return None;
    };
    // `sh` is whatever the outer script was read as; without one dash, the strictest.
    let read_as = match base(words.first()?.literal()?) {
        "sh" | "su" => dialect.unwrap_or(own),
        _ => own,
    };
    Some((words.get(at)?, read_as))
}

/// Nested scripts deeper than this are not followed.
const DEPTH: usize = 8;

#[derive(Default)]
struct Walk {
    calls: Vec<Call>,
    written: Vec<Argument>,
    within: Vec<Within>,
    functions: Vec<String>,
}

impl Walk {
    fn inside(&mut self, within: Within, walk: impl FnOnce(&mut Self)) {
        self.within.push(within);
        walk(self);
        self.within.pop();
    }

    fn script(&mut self, script: &Script, dialect: Dialect) {
        self.list(&script.body, dialect);
    }

    fn list(&mut self, list: &List, dialect: Dialect) {
        for item in &list.items {
            let walk = |walk: &mut Self| {
                walk.pipeline(&item.first, dialect);
                for (_, pipeline) in &item.rest {
                    walk.pipeline(pipeline, dialect);
                }
            };
            if item.background.is_some() {
                self.inside(Within::Background, walk);
            } else {
                walk(self);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dialect: Dialect) {
        let of = pipeline.commands.len();
        for (place, command) in pipeline.commands.iter().enumerate() {
            if of > 1 {
                self.inside(Within::Pipeline { place, of }, |walk| {
                    walk.command(command, dialect);
                });
            } else {
                self.command(command, dialect);
            }
        }
    }

    fn command(&mut self, command: &Node, dialect: Dialect) {
        match &command.kind {
            Kind::Simple(simple) => {
                for assignment in &simple.assignments {
                    match &assignment.value {
                        Value::Word(word) => self.word(word, dialect),
                        Value::Array(words) => self.words(words, dialect),
                    }
                }
                self.words(&simple.words, dialect);
                let words: Vec<Argument> = simple.words.iter().map(Argument::of_word).collect();
                let first = self.calls.len();
                self.call(&words, Some(dialect));
                if let Some(call) = self.calls.get_mut(first) {
                    call.assigned = simple.assignments.iter().filter_map(assigned).collect();
                }
            }
            Kind::Subshell(list) | Kind::Group(list) => self.list(list, dialect),
            Kind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.inside(Within::Condition, |walk| walk.list(condition, dialect));
                    self.list(body, dialect);
                }
                if let Some(list) = otherwise {
                    self.list(list, dialect);
                }
            }
            Kind::Case(subject, arms) => {
                self.word(subject, dialect);
                for arm in arms {
                    self.words(&arm.patterns, dialect);
                    self.list(&arm.body, dialect);
                }
            }
            Kind::For(_, words, body) => {
                self.words(words.as_deref().unwrap_or_default(), dialect);
                self.list(body, dialect);
            }
            Kind::Count(header, body) => {
                self.word(header, dialect);
                self.list(body, dialect);
            }
            Kind::While(_, condition, body) => {
                self.inside(Within::Condition, |walk| walk.list(condition, dialect));
                self.list(body, dialect);
            }
            Kind::Function(name, body) => {
                self.functions.push(name.clone());
                self.inside(Within::Function(name.clone()), |walk| {
                    walk.command(body, dialect);
                });
            }
            Kind::Test(words) => self.words(words, dialect),
            Kind::Arithmetic(word) => self.word(word, dialect),
        }
        for redirect in &command.redirects {
            self.word(&redirect.target, dialect);
            if matches!(
                redirect.kind,
                RedirectKind::Output
                    | RedirectKind::Append
                    | RedirectKind::OutputAndErrors
                    | RedirectKind::AppendOutputAndErrors
            ) {
                self.written.push(Argument::of_word(&redirect.target));
            }
            if let Some(body) = redirect.body.as_ref().and_then(|body| body.get()) {
                self.word(body, dialect);
            }
        }
    }

    fn words(&mut self, words: &[Word], dialect: Dialect) {
        for word in words {
            self.word(word, dialect);
        }
    }

    fn word(&mut self, word: &Word, dialect: Dialect) {
        for part in &word.parts {
            match &part.kind {
                PartKind::Text => {}
                PartKind::Parameter(parameter) => {
                    if let Some(operand) = &parameter.operand {
                        self.word(operand, dialect);
                    }
                }
                PartKind::Command(script) | PartKind::Process(script, _) => {
                    self.inside(Within::Substitution, |walk| walk.script(script, dialect));
                }
                PartKind::Arithmetic(word) => self.word(word, dialect),
            }
        }
    }

    fn call(&mut self, words: &[Argument], dialect: Option<Dialect>) {
        let Some(first) = words.first() else {
            return;
        };
        let name = first.literal().map(str::to_owned);
        let builtin = name.as_deref().zip(dialect).is_some_and(|(name, dialect)| {
            is_builtin(name, dialect) || self.functions.iter().any(|function| function == name)
        });
        let texts: Vec<Option<&str>> = words.iter().map(Argument::literal).collect();
        let inner = inner(&texts);
        self.calls.push(Call {
            words: words.to_vec(),
            assigned: Vec::new(),
            within: self.within.clone(),
            builtin,
            dialect,
        });
        let Some(name) = name.filter(|_| self.within.len() < 64) else {
            return;
        };
        match inner {
            Inner::None | Inner::Unknown => {}
            Inner::Words(at) => {
                let inner = words.get(at..).unwrap_or_default();
                self.inside(Within::Wrapper(base(&name).to_owned()), |walk| {
                    // `exec` and `command` still ask the shell for builtins; other wrappers ask the kernel.
                    walk.call(
                        inner,
                        dialect.filter(|_| matches!(name.as_str(), "command" | "builtin" | "time")),
                    );
                });
            }
            Inner::Script(..) => {
                let depth = self
                    .within
                    .iter()
                    .filter(|within| matches!(within, Within::Nested(_)))
                    .count();
                let Some((script, inner)) = script_of(words, dialect).filter(|_| depth < DEPTH)
                else {
                    return;
                };
                let script = parse(&script.text, inner);
                self.inside(Within::Nested(inner), |walk| {
                    let functions = std::mem::take(&mut walk.functions);
                    walk.script(&script, inner);
                    walk.functions = functions;
                });
            }
        }
    }
}

fn assigned(assignment: &Assignment) -> Option<(String, Argument)> {
    match &assignment.value {
        Value::Word(word) => Some((assignment.name.clone(), Argument::of_word(word))),
        Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceId;

    fn calls(text: &str) -> Vec<String> {
        let text = Traced::source(Span::new(SourceId(0), 0, text.len()), text);
        let form = Form::Shell {
            script: text,
            dropped: Vec::new(),
            not_json: None,
        };
        Command::of(&form, Dialect::Bash)
            .unwrap()
            .calls()
            .iter()
            .filter(|call| !call.builtin)
            .map(|call| {
                let within: String = call
                    .within
                    .iter()
                    .map(|within| match within {
                        Within::Pipeline { place, of } => format!("{place}/{of} "),
                        Within::Substitution => "$ ".to_owned(),
                        Within::Condition => "if ".to_owned(),
                        Within::Wrapper(name) | Within::Function(name) => format!("{name} "),
                        Within::Nested(dialect) => format!("{dialect:?} "),
                        Within::Background => "& ".to_owned(),
                    })
                    .collect();
                format!("{within}{}", call.program().unwrap_or("?"))
            })
            .collect()
    }

    #[test]
    fn every_program_is_found() {
        for (text, expected) in [
            (
                "curl -f x | awk '{print}' || exit 1",
                &["0/2 curl", "1/2 awk"][..],
            ),
            ("[ \"$(curl x)\" = 200 ]", &["$ curl"]),
            (
                "timeout -k 1 5 env -u X A=b curl x",
                &["timeout", "timeout env", "timeout env curl"],
            ),
            (
                "sh -euo pipefail -c 'a | b' & $X y",
                &["& sh", "& Bash 0/2 a", "& Bash 1/2 b", "?"],
            ),
            (
                "ash -c \"sh -c 'bash -c c'\"",
                &["ash", "Ash sh", "Ash Ash bash", "Ash Ash Bash c"],
            ),
            ("busybox wget x", &["busybox", "busybox wget"]),
            ("f() { a; }; if f; then b; fi", &["f a", "b"]),
            (
                "gosu u psql | xargs -n 1 c",
                &["0/2 gosu", "0/2 gosu psql", "1/2 xargs", "1/2 xargs c"],
            ),
            ("command -v curl && exec curl", &["exec curl"]),
            ("cat <<E\n`a`\nE\necho <(b)", &["$ a", "cat", "$ b"]),
        ] {
            let mut found = calls(text);
            let mut expected: Vec<String> = expected.iter().map(|&word| word.to_owned()).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{text}");
        }
    }
}
