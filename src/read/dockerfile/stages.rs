//! Instructions become stages and steps, in the order in which they act; ONBUILD acts in the child.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::Written;
use crate::model::build::{Action, Base, CopyFrom, Stage, Step};
use crate::model::project::Invocation;
use crate::model::rejected::{Rejected, RejectedKind};
use crate::read::dockerfile::arguments::{Scope, unknown};
use crate::read::dockerfile::{probe, reject};
use crate::read::recipe::Recipe;
use crate::syntax::dockerfile::{Body, Command, Dockerfile, Instruction, Pair, ProblemKind};
use crate::text::{Span, Traced};

/// How many triggers and variables the stages of a file may pass on to each other: a hostile file with thousands of
/// either in thousands of stages would not end.
const MOST_INHERITED: usize = 100_000;

/// What is known while the stages are read.
struct Reader<'a> {
    file: &'a Dockerfile,
    recipe: &'a Recipe,
    global: Scope,
    stages: Vec<Open>,
    /// The last stage of each name, in small letters.
    names: HashMap<String, usize>,
    /// How many triggers and variables the stages have passed on.
    inherited: usize,
}

/// A stage that is being read.
struct Open {
    stage: Stage,
    scope: Scope,
    /// The instructions that its children run first.
    triggers: Vec<Instruction>,
}

/// The stages of a file.
pub(super) fn read(
    file: &Dockerfile,
    about_health: &[bool],
    recipe: &Recipe,
    rejected: &mut Vec<Rejected>,
) -> Vec<Stage> {
    let mut reader = Reader {
        file,
        recipe,
        global: Scope::global(file.escape),
        stages: Vec::new(),
        names: HashMap::new(),
        inherited: 0,
    };
    for (instruction, about_health) in file.instructions.iter().zip(about_health) {
        if *about_health && matches!(instruction.body, Body::Broken) {
            rejected.extend(instruction.problems.iter().map(|problem| {
                reject(problem.span, misspelt(&problem.kind), problem.kind.words())
            }));
        }
        match &instruction.body {
            Body::From { image, name } => reader.from(instruction, image, name.as_ref(), rejected),
            Body::Broken if instruction.name() == "FROM" => {
                reader.from(instruction, &unknown(&instruction.keyword), None, rejected);
            }
            Body::Arg(arguments) if reader.stages.is_empty() => {
                for (name, default) in arguments {
                    let name = name.as_str();
                    reader.global.declare(name, default.as_ref(), None, recipe);
                }
            }
            _ => {
                reader.act(instruction, rejected);
                if let (Body::Onbuild(inner), Some(open)) =
                    (&instruction.body, reader.stages.last_mut())
                {
                    let mut trigger = (**inner).clone();
                    trigger.heredocs.clone_from(&instruction.heredocs);
                    open.triggers.push(trigger);
                }
            }
        }
    }
    reader.stages.into_iter().map(|open| open.stage).collect()
}

impl Reader<'_> {
    fn from(
        &mut self,
        instruction: &Instruction,
        image: &Traced,
        name: Option<&Traced>,
        rejected: &mut Vec<Rejected>,
    ) {
        let expanded = self.global.expand(image);
        let parent = expanded.known().and_then(|name| self.stage_named(name));
        let inherited = parent.and_then(|index| self.stages.get(index));
        let passed_on = inherited.map_or(0, |parent| parent.triggers.len() + parent.scope.len());
        self.inherited += passed_on;
        let too_much = self.inherited > MOST_INHERITED && passed_on > 0;
        let base = match (parent, expanded.known()) {
            // `FROM $X` without a value fails, so whoever builds it has one.
            _ if too_much => Base::Image(Written::here(unknown(image), image.span())),
            (None, Some("")) => Base::Image(Written::here(unknown(image), image.span())),
            (Some(parent), _) => Base::Stage(parent),
            (None, Some("scratch")) => Base::Scratch,
            _ => Base::Image(Written::here(expanded, image.span())),
        };
        let platform = flag(instruction, "platform").map(|value| self.global.expand(&value));
        // Whoever needs the backslash for paths makes the backtick the escape.
        let windows = self.file.escape == '`'
            || platform.is_some_and(|platform| platform.as_str().starts_with("windows"));
        let inherited = inherited.filter(|_| !too_much);
        let scratch = matches!(base, Base::Scratch);
        let open = Open {
            scope: inherited.map_or_else(
                || Scope::stage(self.file.escape, scratch),
                |parent| parent.scope.clone(),
            ),
            stage: Stage {
                name: name.map(|name| Written::here(name.as_str().to_lowercase(), name.span())),
                span: instruction.span,
                base,
                windows: windows || inherited.is_some_and(|parent| parent.stage.windows),
                steps: Vec::new(),
            },
            triggers: Vec::new(),
        };
        let triggers = inherited.map_or_else(Vec::new, |parent| parent.triggers.clone());
        if let Some(name) = &open.stage.name {
            self.names.insert(name.value.clone(), self.stages.len());
        }
        self.stages.push(open);
        for trigger in &triggers {
            self.act(trigger, rejected);
        }
    }

    /// An earlier stage of that name; the last of several.
    fn stage_named(&self, name: &str) -> Option<usize> {
        self.names.get(&name.to_lowercase()).copied()
    }

    /// One instruction inside the stage that is being read; nothing before the first FROM.
    fn act(&mut self, instruction: &Instruction, rejected: &mut Vec<Rejected>) {
        let Some(open) = self.stages.last_mut() else {
            return;
        };
        let nothing = Scope::stage(self.file.escape, false);
        let mut scope = std::mem::replace(&mut open.scope, nothing);
        let steps = match &instruction.body {
            Body::Arg(arguments) => self.arguments(arguments, &mut scope, instruction.span),
            _ => vec![Step {
                span: instruction.span,
                action: self.action(instruction, &mut scope, rejected),
            }],
        };
        if let Some(open) = self.stages.last_mut() {
            open.scope = scope;
            open.stage.steps.extend(steps);
        }
    }

    fn action(
        &self,
        instruction: &Instruction,
        scope: &mut Scope,
        rejected: &mut Vec<Rejected>,
    ) -> Action {
        let all = |words: &[Traced]| words.iter().map(|word| scope.expand(word)).collect();
        match &instruction.body {
            Body::Run(command) => run(instruction, command),
            Body::Cmd(command) => Action::Cmd(invocation(command, &instruction.arguments)),
            Body::Entrypoint(command) => {
                Action::Entrypoint(invocation(command, &instruction.arguments))
            }
            Body::Copy {
                add,
                sources,
                destination,
            } => Action::Copy {
                // The folders of its sources come along, and which they are is not followed.
                from: if has_flag(instruction, "parents") {
                    CopyFrom::Unknown
                } else {
                    self.copy_from(instruction, scope)
                },
                sources: all(sources),
                destination: scope.expand(destination),
                chmod: flag(instruction, "chmod").map(|value| scope.expand(&value)),
                add: *add,
            },
            Body::Env(pairs) => Action::Env(environment(pairs, scope)),
            Body::User(word) => Action::User(scope.expand(word)),
            Body::Workdir(word) => Action::Workdir(scope.expand(word)),
            Body::Expose(words) => Action::Expose(
                words
                    .iter()
                    .flat_map(|word| split(&scope.expand(word)))
                    .collect(),
            ),
            Body::Shell(words) => Action::Shell(words.clone()),
            Body::Healthcheck(check) => Action::Healthcheck(Box::new(probe::read(
                instruction,
                check,
                &self.file.comments,
                rejected,
            ))),
            Body::From { .. }
            | Body::Arg(_)
            | Body::Label(_)
            | Body::Volume(_)
            | Body::StopSignal(_)
            | Body::Maintainer(_)
            | Body::Onbuild(_)
            | Body::Broken => Action::Other,
        }
    }

    /// Several arguments of one ARG, one step each.
    fn arguments(
        &self,
        arguments: &[(Traced, Option<Traced>)],
        scope: &mut Scope,
        span: Span,
    ) -> Vec<Step> {
        arguments
            .iter()
            .map(|(name, default)| {
                let name = name.as_str();
                let global = Some(&self.global);
                let value = scope.declare(name, default.as_ref(), global, self.recipe);
                let action = Action::Arg(name.to_owned(), value);
                Step { span, action }
            })
            .collect()
    }

    fn copy_from(&self, instruction: &Instruction, scope: &Scope) -> CopyFrom {
        let Some(from) = flag(instruction, "from") else {
            return CopyFrom::Context;
        };
        let from = scope.expand(&from);
        let Some(name) = from.known().filter(|name| !name.is_empty()) else {
            return CopyFrom::Unknown;
        };
        // The stage itself is no source: only those before it are.
        let earlier = self.stages.len().saturating_sub(1);
        let named = self.stage_named(name);
        if let Some(index) = named.or_else(|| name.parse().ok()) {
            return if index < earlier {
                CopyFrom::Stage(index)
            } else {
                CopyFrom::Unknown
            };
        }
        CopyFrom::Image(from)
    }
}

/// A HEALTHCHECK that is called otherwise is one letter or two from being right.
fn misspelt(kind: &ProblemKind) -> RejectedKind {
    match kind {
        ProblemKind::UnknownInstruction {
            word,
            nearest: Some(nearest),
        } if nearest.eq_ignore_ascii_case("HEALTHCHECK") => RejectedKind::UnknownSetting {
            name: word.clone(),
            nearest: Some(nearest.clone()),
        },
        _ => RejectedKind::Other,
    }
}

/// RUN. A heredoc that is the whole script is its text; one with an interpreter of its own is unknown.
fn run(instruction: &Instruction, command: &Command) -> Action {
    if let Some(script) = &instruction.script {
        return match script.as_str().strip_prefix("#!") {
            Some(line) if !is_shell(line.lines().next().unwrap_or_default()) => Action::RunUnknown,
            _ => Action::Run(Invocation::Text(script.clone())),
        };
    }
    match command {
        Command::Empty => Action::Other,
        _ if !instruction.heredocs.is_empty() => Action::RunUnknown,
        command => Action::Run(invocation(command, &instruction.arguments)),
    }
}

/// ENV: every value is expanded with what stood before the instruction.
fn environment(pairs: &[Pair], scope: &mut Scope) -> Vec<(String, Traced)> {
    let entries: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let name = scope.expand(&pair.name).as_str().to_owned();
            (name, scope.expand(&pair.value))
        })
        .collect();
    for (name, value) in &entries {
        scope.set(name, value);
    }
    entries
}

fn invocation(command: &Command, arguments: &Traced) -> Invocation {
    match command {
        Command::Shell { text, .. } => Invocation::Text(text.clone()),
        Command::Exec { words, .. } => Invocation::Exec(words.clone()),
        Command::Empty => Invocation::Text(arguments.clone()),
    }
}

fn has_flag(instruction: &Instruction, name: &str) -> bool {
    let mut flags = instruction.flags.iter();
    flags.any(|flag| flag.name.as_str() == name)
}

fn flag(instruction: &Instruction, name: &str) -> Option<Traced> {
    let mut flags = instruction.flags.iter();
    flags.find(|flag| flag.name.as_str() == name)?.value.clone()
}

/// The words of an expanded word: a variable may hold several.
fn split(word: &Traced) -> Vec<Traced> {
    let text = word.as_str();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    for (at, ch) in text.char_indices().chain([(text.len(), ' ')]) {
        if !ch.is_whitespace() {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            ranges.push(start..at);
        }
    }
    ranges.into_iter().map(|range| word.slice(range)).collect()
}

/// Whether a `#!` line names a POSIX-like shell.
fn is_shell(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let first = words.next().map(program);
    let name = match first.as_deref() {
        Some("env") => words.find(|word| !word.starts_with('-')).map(program),
        _ => first,
    };
    matches!(
        name.as_deref(),
        Some("sh" | "bash" | "ash" | "dash" | "ksh" | "zsh" | "busybox")
    )
}
