//! Commands as the shell runs them: lists, pipelines, conditions and loops, each in every way it may go.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::facts::Shell;
use crate::model::command::{
    Argument, Dialect, Item, Kind, List, Node, Pipeline, ProblemKind, Script, Value, Word,
};
use crate::text::Span;

use super::path::{ANY, Flow, Path, merged};
use super::redirect::Target;
use super::words::Arg;
use super::{Cause, Code, Scene, World, arithmetic};

/// A check that runs more commands than this is not followed.
const STEPS: usize = 4000;
/// Functions and nested scripts deeper than this are not followed.
pub(super) const DEPTH: usize = 12;

/// Plays commands in one world under one shell.
pub(super) struct Player<'a> {
    pub scene: Scene<'a>,
    pub world: World,
    pub dialect: Dialect,
    /// The shell is called `sh`: bash then keeps to POSIX.
    pub posix: bool,
    /// It asks more than one thing, so that the state of the service says nothing of a process.
    pub mixed: bool,
    asked: RefCell<Vec<String>>,
    searched: RefCell<Vec<String>>,
    steps: Cell<usize>,
    pub(super) depth: Cell<usize>,
}

impl<'a> Player<'a> {
    pub fn new(scene: Scene<'a>, world: World, dialect: Dialect) -> Self {
        Self {
            scene,
            world,
            dialect,
            posix: false,
            mixed: false,
            asked: RefCell::new(Vec::new()),
            searched: RefCell::new(Vec::new()),
            steps: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// Which services were asked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    pub fn asks(&self, service: &str) {
        self.asked.borrow_mut().push(service.to_owned());
    }

    /// Which processes were looked for.
    pub fn searched(&self) -> Vec<String> {
        self.searched.borrow().clone()
    }

    pub fn searches(&self, process: &str) {
        self.searched.borrow_mut().push(process.to_owned());
    }

    /// The same play under another shell or limit.
    pub(super) fn inside(&self, scene: Scene<'a>, dialect: Dialect) -> Player<'a> {
        let mut player = Player::new(scene, self.world, dialect);
        player.posix = self.posix;
        player.mixed = self.mixed;
        player.depth.set(self.depth.get() + 1);
        player.steps.set(self.steps.get());
        player
    }

    /// Remembers what a play inside came to know.
    pub(super) fn leave(&self, inside: &Player<'_>) {
        self.steps.set(inside.steps.get());
        self.asked.borrow_mut().extend(inside.asked());
        self.searched.borrow_mut().extend(inside.searched());
    }

    /// Runs words without a shell.
    pub fn exec(&self, words: &[Argument]) -> Vec<Path> {
        let args: Vec<Arg> = words
            .iter()
            .map(|word| Arg {
                text: word.text.as_str().to_owned(),
                span: word.span,
                written: Some(word.text.clone()),
                splice: false,
                variable: false,
            })
            .collect();
        self.program(&args, Path::start(), false)
    }

    /// Runs a whole script as the engine does.
    pub fn probe(&self, script: &Script) -> Vec<Path> {
        if self.scene.inventory.shell() == Shell::None {
            let why = format!("{} has no `/bin/sh`", self.scene.inventory.shown);
            let mut path = Path::start().with(Code::Failure);
            path.failed = Some(Cause::new(script.text.span(), "/bin/sh", why));
            return vec![path];
        }
        self.script(script, Path::start())
    }

    /// Runs a script in a shell of its own.
    pub fn script(&self, script: &Script, mut path: Path) -> Vec<Path> {
        if script.text.as_str().starts_with(['-', '+']) {
            let why = "the shell takes what begins so for an option of its own";
            path.failed = Some(Cause::new(script.text.span(), script.text.as_str(), why));
            path.noise = true;
            return vec![path.with(Code::Failure)];
        }
        let wrong = script.problems.iter().find(|problem| {
            !matches!(
                problem.kind,
                ProblemKind::BadSubstitution | ProblemKind::Unterminated("here-document")
            )
        });
        let bad = |problem: &&crate::model::command::Problem| {
            problem.kind == ProblemKind::BadSubstitution
        };
        if let Some(problem) = script.problems.iter().find(bad).filter(|_| wrong.is_none()) {
            let why = "the shell ends where it comes to this";
            path.doubt = Some(Cause::new(problem.span, "${", why));
            return vec![path.with(Code::Any)];
        }
        if let Some(problem) = wrong {
            let what = script.text.as_str().get(problem.range.clone());
            let word = what.unwrap_or_default();
            // What stands on the lines before has run by then, and may have ended the shell.
            let before = script.text.as_str().get(..problem.range.start);
            let before = before.unwrap_or_default().trim_start();
            let cause = Cause::new(problem.span, word, "the shell cannot read this");
            if problem.kind != ProblemKind::TooDeep {
                if !before.contains('\n') {
                    path.failed = Some(cause);
                    return vec![path.with(Code::Exact(2))];
                }
                // Whatever the lines before do: where they end the shell, they say so.
                let ends = [
                    "exit", "exec", "return", "trap", "eval", "$", "`", ".", "kill",
                ];
                let plain = |line: &str| {
                    !ends
                        .iter()
                        .any(|word| line.split_whitespace().any(|it| it.starts_with(word)))
                };
                if before.lines().all(plain) {
                    path.failed = Some(cause);
                    return vec![path.with(Code::Failure)];
                }
            }
            path.doubt = Some(cause);
            return vec![path.with(Code::Any)];
        }
        if self.depth.get() >= DEPTH {
            return vec![self.unknown(path, script.text.span(), "sh", "it is nested too deep")];
        }
        self.depth.set(self.depth.get() + 1);
        let paths = self.list(&script.body, vec![path]);
        self.depth.set(self.depth.get() - 1);
        paths.into_iter().map(|path| settled(path, true)).collect()
    }

    /// A status that nobody knows, and why.
    #[allow(clippy::unused_self)] // It belongs to the play.
    pub fn unknown(&self, mut path: Path, span: Span, word: &str, why: &str) -> Path {
        path.doubt = Some(Cause::new(span, word, why));
        path.noise = true;
        path.with(Code::Any)
    }

    /// Whether an unknown program may hang as the service does.
    pub(super) fn may_hang(&self) -> bool {
        self.world == World::Hung
    }

    pub fn list(&self, list: &List, paths: Vec<Path>) -> Vec<Path> {
        let mut paths = paths;
        for item in &list.items {
            let mut next = Vec::new();
            for path in paths {
                if !path.goes_on() {
                    next.push(path);
                    continue;
                }
                let before = path.code;
                for mut after in self.item(item, path) {
                    if before.is_failure() && after.code.is_zero() && after.lost.is_none() {
                        after.lost = first_word(&item.first).map(|word| {
                            Cause::new(
                                word.span(),
                                word.text.shown(),
                                format!(
                                    "`{}` runs whatever came before it, and its status replaces the failure",
                                    word.text.shown()
                                ),
                            )
                        });
                    }
                    next.push(after);
                }
            }
            paths = merged(next);
        }
        paths
    }

    fn item(&self, item: &Item, path: Path) -> Vec<Path> {
        if let Some(range) = &item.background {
            let span = first_word(&item.first).map(|word| {
                let source = &word.source;
                source.span_of(range.clone())
            });
            let ways = self.joined(item, path.clone());
            return merged(
                ways.into_iter()
                    .map(|inner| {
                        let mut outer = path.clone().with(Code::Exact(0));
                        outer.variables.insert("!".to_owned(), ANY.to_owned());
                        if !inner.code.is_zero() || inner.flow == Flow::Hung {
                            outer.failed = inner.failed;
                            outer.lost = span.map(|span| {
                                Cause::new(
                                    span,
                                    "&",
                                    "`&` sends it to the background, where nobody waits for its status",
                                )
                            });
                        }
                        outer
                    })
                    .collect(),
            );
        }
        self.joined(item, path)
    }

    /// Pipelines joined by `&&` and `||`.
    fn joined(&self, item: &Item, path: Path) -> Vec<Path> {
        let guarded = path.checked;
        let last = item.rest.len();
        let enter = |mut path: Path, at: usize| {
            path.checked = guarded || at < last;
            path
        };
        let mut paths = self.pipeline(&item.first, enter(path, 0));
        for (at, (join, pipeline)) in item.rest.iter().enumerate() {
            let mut next = Vec::new();
            for path in paths
                .into_iter()
                .flat_map(|path| path.split(self.may_hang()))
            {
                if !path.goes_on() || path.code.is_zero() == join.or {
                    next.push(path);
                    continue;
                }
                let failed = path.code.is_failure();
                for mut after in self.pipeline(pipeline, enter(path, at + 1)) {
                    if failed
                        && after.code.is_zero()
                        && (after.goes_on() || after.flow == Flow::Exit)
                    {
                        let shown = pipeline
                            .commands
                            .first()
                            .and_then(|command| slice_of(pipeline, command))
                            .unwrap_or_default();
                        if let Some(word) = first_word(pipeline) {
                            let span = word.source.span_of(join.range.start..pipeline.range.end);
                            after.lost.get_or_insert_with(|| {
                                Cause::new(
                                    span,
                                    format!("|| {shown}"),
                                    if passes_always(word) {
                                        format!("`|| {shown}` turns every failure into success")
                                    } else {
                                        format!("`|| {shown}` turns this failure into success")
                                    },
                                )
                            });
                        }
                    }
                    next.push(after);
                }
            }
            paths = merged(next);
        }
        for path in &mut paths {
            path.checked = guarded;
        }
        paths
    }

    pub fn command(&self, command: &Node, path: Path) -> Vec<Path> {
        if self.steps.get() >= STEPS || self.depth.get() >= DEPTH * 4 {
            let span = first_word_of(command).map(Word::span);
            let Some(span) = span else {
                return vec![path.with(Code::Any)];
            };
            return vec![self.unknown(path, span, "", "there are too many ways to go")];
        }
        self.steps.set(self.steps.get() + 1);
        if command.redirects.is_empty() {
            return self.kind(command, path);
        }
        let mut done = Vec::new();
        let before = path.descriptors.clone();
        let first = match &command.kind {
            Kind::Simple(simple) => simple.words.first().and_then(Word::literal),
            _ => None,
        };
        // `exec` without a program opens for the shell itself, and what it opened stays.
        let stays = first == Some("exec")
            && matches!(&command.kind, Kind::Simple(simple) if simple.words.len() == 1);
        for (opened, path) in self.opened(&command.redirects, path) {
            if let Some(code) = opened.failed {
                let mut path = path.with(code);
                if !stays {
                    path.descriptors.clone_from(&before);
                }
                let exits = first.is_some_and(is_special);
                if exits && (self.dialect != Dialect::Bash || self.posix) {
                    path.flow = Flow::Exit;
                }
                done.push(path);
                continue;
            }
            let mut inner = path.clone();
            inner.output.clear();
            inner.noise = false;
            if let Some(input) = &opened.input {
                inner.input.clone_from(input);
            }
            let reads = !matches!(&command.kind, Kind::Simple(simple) if simple.words.is_empty());
            let mut ways = self.kind(command, inner);
            if self.may_hang()
                && reads
                && opened.input.as_deref() == Some(ANY)
                && let Some(word) = first_word_of(command)
            {
                // Whoever reads from a service that is silent waits as well.
                let why = "nobody knows whether it waits for an answer";
                ways = ways
                    .into_iter()
                    .map(|path| self.unknown(path, word.span(), word.raw(), why))
                    .collect();
            }
            for ended in ways {
                let mut after = ended.clone();
                after.output.clone_from(&path.output);
                if !stays {
                    after.input.clone_from(&path.input);
                    after.descriptors.clone_from(&before);
                }
                if opened.out == Target::Out {
                    after.print(&ended.output);
                }
                if opened.errors == Target::Out && ended.noise {
                    after.print(ANY);
                }
                after.noise = path.noise || (ended.noise && opened.errors == Target::Errors);
                done.push(after);
            }
        }
        merged(done)
    }

    fn kind(&self, command: &Node, path: Path) -> Vec<Path> {
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, path),
            Kind::Group(list) => self.list(list, vec![path]),
            Kind::Subshell(list) => self
                .list(list, vec![path.clone()])
                .into_iter()
                .map(|ended| {
                    let mut outer = path.clone();
                    outer.output.clone_from(&ended.output);
                    outer.take_grounds(&ended);
                    let ended = settled(ended, true);
                    outer.code = ended.code;
                    outer.flow = ended.flow;
                    outer
                })
                .collect(),
            Kind::If(arms, otherwise) => self.conditional(arms, otherwise.as_ref(), command, path),
            Kind::Case(subject, arms) => {
                let mut done = Vec::new();
                for (text, path) in self.text_of(subject, path) {
                    let mut open = vec![path.with(Code::Exact(0))];
                    for arm in arms {
                        let mut left = Vec::new();
                        for path in open {
                            let (yes, no) = self.arm(&arm.patterns, &text, path);
                            if arm.falls {
                                // Falling through is beyond this room.
                                left.extend(yes.iter().cloned());
                            }
                            done.extend(self.list(&arm.body, yes));
                            left.extend(no);
                        }
                        open = left;
                    }
                    done.extend(open);
                }
                merged(done)
            }
            Kind::For(name, words, body) => self.each(name, words.as_deref(), body, path),
            Kind::Count(header, body) => {
                let mut paths = self.list(body, vec![path]);
                for path in &mut paths {
                    let path_now = path.clone();
                    *path = self.unknown(path_now, header.span(), "for ((", "nobody counts here");
                }
                paths
            }
            Kind::While(until, condition, body) => self.repeat(*until, condition, body, path),
            Kind::Function(name, body) => {
                let mut path = path.with(Code::Exact(0));
                path.functions
                    .insert(name.clone(), Arc::new((**body).clone()));
                vec![path]
            }
            Kind::Test(words) => self.double_bracket(words, path),
            Kind::Arithmetic(word) => self
                .text_of(word, path)
                .into_iter()
                .map(
                    |(text, path)| match arithmetic::value(&text, &path.variables) {
                        Some(value) => path.with(Code::Exact(u8::from(value == 0))),
                        None => self.unknown(path, word.span(), "((", "nobody knows these numbers"),
                    },
                )
                .collect(),
        }
    }
}

/// The run after the shell that it ran in is gone.
pub(super) fn settled(mut path: Path, whole: bool) -> Path {
    if whole && path.flow != Flow::Hung {
        path.flow = Flow::On;
    }
    path
}

pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        ":" | "."
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "times"
            | "trap"
            | "unset"
    )
}

pub(super) fn first_word(pipeline: &Pipeline) -> Option<&Word> {
    pipeline.commands.iter().find_map(first_word_of)
}

pub(super) fn first_word_of(command: &Node) -> Option<&Word> {
    match &command.kind {
        Kind::Simple(simple) => simple.words.first().or_else(|| {
            simple
                .assignments
                .first()
                .and_then(|assignment| match &assignment.value {
                    Value::Word(word) => Some(word),
                    Value::Array(words) => words.first(),
                })
        }),
        Kind::Subshell(list) | Kind::Group(list) | Kind::While(_, list, _) => {
            list.pipelines().find_map(first_word)
        }
        Kind::If(arms, _) => arms
            .first()
            .and_then(|(list, _)| list.pipelines().find_map(first_word)),
        Kind::Case(word, _) => Some(word),
        Kind::For(_, words, body) => words
            .as_ref()
            .and_then(|words| words.first())
            .or_else(|| body.pipelines().find_map(first_word)),
        Kind::Count(word, _) | Kind::Arithmetic(word) => Some(word),
        Kind::Function(_, body) => first_word_of(body),
        Kind::Test(words) => words.first(),
    }
}

/// What ends with 0 wherever it is reached.
fn passes_always(word: &Word) -> bool {
    matches!(
        word.literal(),
        Some("true" | ":" | "exit" | "echo" | "printf")
    )
}

/// The first command of a pipeline as it is written, in a few words.
fn slice_of(pipeline: &Pipeline, command: &Node) -> Option<String> {
    let word = first_word(pipeline)?;
    let text = word.source.as_str().get(command.range.clone())?;
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Some(short)
}
