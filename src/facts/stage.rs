//! Follows a stage of a local Dockerfile as a builder would, and says line by line why a tool is there or not.

mod copy;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::build::{Action, Base, Build, Step};
use crate::model::command::Dialect;
use crate::model::probe::{Form, Probe};
use crate::model::project::Invocation;
use crate::text::{HOLE, Span, Traced};

use super::answer::{Answer, Flavour, Holds, Reason, Shell};
use super::container::of_image;
use super::inventory::{Inventory, OwnCheck, USUAL};
use super::run;

/// Each stage starts with a copy of what its parent holds, so their number is bounded; real files have a dozen.
const STAGES: usize = 200;

/// What a stage has come to, one instruction after the other.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What it holds.
    pub inventory: Inventory,
    /// Packages that were asked for by name, so that no `autoremove` takes them.
    pub world: BTreeSet<String>,
    /// `apk add --virtual`: the packages under each name.
    pub bundles: BTreeMap<String, Vec<String>>,
    /// Tools that this stage's own instructions brought, and where.
    pub brought: BTreeMap<String, Span>,
    /// Values that ARG and ENV gave to names; None is a value nobody knows.
    pub variables: BTreeMap<String, Option<String>>,
    /// The folders of PATH.
    pub folders: Vec<String>,
    /// WORKDIR, where it is known.
    pub workdir: Option<String>,
    /// Files that were written at these paths, and that nobody may run yet.
    pub written: BTreeSet<String>,
    /// The applets of a BusyBox that was copied in.
    pub applets: Option<Vec<String>>,
    /// Whether libraries were copied here, with which foreign programs may run.
    pub libraries: bool,
    /// How often this stage could have gone more than one way.
    pub forks: usize,
    /// SHELL: the dialect of RUN, None where nobody knows it, or it is no shell that can be read.
    dialect: Option<Dialect>,
    /// ENTRYPOINT of this very stage resets an inherited CMD.
    own_command: bool,
}

/// What the image that a Dockerfile builds holds; unknown where it has no stage that becomes the image.
pub fn inventory_of_build(build: &Build) -> Inventory {
    match build.target {
        Some(target) => inventory_of_stage(build, target, &of_image),
        None => Inventory::unknown("the build", "nobody knows which stage becomes the image"),
    }
}

/// What a stage of a Dockerfile holds. `lookup` answers for a published image by its name: facts that a
/// user adds may come in there.
pub fn inventory_of_stage(
    build: &Build,
    stage: usize,
    lookup: &dyn Fn(&Traced) -> Inventory,
) -> Inventory {
    if build.stages.len() > STAGES {
        return Inventory::unknown("the build", "it has more stages than anybody follows");
    }
    let mut states: Vec<State> = Vec::new();
    for (index, _) in build.stages.iter().enumerate() {
        let state = follow(build, index, &states, lookup);
        states.push(state);
    }
    let chain = build.chain(stage);
    let mut elsewhere = Vec::new();
    for (index, state) in states
        .iter()
        .enumerate()
        .filter(|(index, _)| !chain.contains(index))
    {
        let name = name_of(build, index);
        for (tool, span) in &state.brought {
            let words = format!(
                "`{tool}` is installed in {name}, which the final stage does not come from"
            );
            elsewhere.push((tool.clone(), Reason::at(*span, words)));
        }
    }
    let Some(state) = states.into_iter().nth(stage) else {
        return Inventory::unknown("the stage", "there is no such stage");
    };
    let mut inventory = state.inventory;
    for (tool, reason) in elsewhere {
        inventory.note_elsewhere(tool, reason);
    }
    inventory
}

/// How a message names a stage.
fn name_of(build: &Build, stage: usize) -> String {
    let name = build
        .stages
        .get(stage)
        .and_then(|stage| stage.name.as_ref());
    match name {
        Some(name) => format!("stage `{}`", name.value),
        None if build.target == Some(stage) => "the final stage".to_owned(),
        // People count from one.
        None => format!("stage {}", stage + 1),
    }
}

fn follow(
    build: &Build,
    index: usize,
    before: &[State],
    lookup: &dyn Fn(&Traced) -> Inventory,
) -> State {
    let Some(stage) = build.stages.get(index) else {
        return State::over(Inventory::unknown("the stage", "there is no such stage"));
    };
    let mut state = match &stage.base {
        Base::Stage(parent) => match before.get(*parent) {
            Some(parent) => State {
                brought: BTreeMap::new(),
                own_command: false,
                ..parent.clone()
            },
            None => State::over(Inventory::unknown(
                "the stage",
                "it starts from a later stage",
            )),
        },
        Base::Scratch => State::over(Inventory::scratch()),
        Base::Image(image) => State::over(lookup(&image.value)),
    };
    if stage.windows {
        let mut inventory =
            Inventory::unknown("the stage", "nothing is known about Windows images");
        inventory.windows = true;
        return State::over(inventory);
    }
    for step in &stage.steps {
        state.step(step, before, lookup);
    }
    // Packages that bring one library to the other's system.
    let bridges = ["gcompat", "libc6-compat", "glibc", "musl"];
    if state.libraries || bridges.iter().any(|package| state.world.contains(*package)) {
        state.inventory.forget_foreign();
    }
    let shown = state.inventory.shown.clone();
    let name = name_of(build, index);
    if !stage.steps.is_empty() && !shown.contains(" (from ") {
        state.inventory = state.inventory.named(format!("{name} (from {shown})"));
    }
    state
}

impl State {
    fn over(inventory: Inventory) -> Self {
        Self {
            dialect: Some(match inventory.shell() {
                Shell::Dash => Dialect::Dash,
                Shell::Ash => Dialect::Ash,
                Shell::Bash | Shell::None | Shell::Unknown => Dialect::Bash,
            }),
            inventory,
            world: BTreeSet::new(),
            bundles: BTreeMap::new(),
            brought: BTreeMap::new(),
            variables: BTreeMap::new(),
            folders: USUAL.map(str::to_owned).to_vec(),
            workdir: Some("/".to_owned()),
            written: BTreeSet::new(),
            applets: None,
            libraries: false,
            forks: 0,
            own_command: false,
        }
    }

    fn step(&mut self, step: &Step, before: &[State], lookup: &dyn Fn(&Traced) -> Inventory) {
        let span = step.span;
        match &step.action {
            Action::Run(invocation) => match (invocation, self.dialect) {
                (Invocation::Text(text), Some(dialect)) => run::text(self, text, dialect, span),
                (Invocation::Text(_), None) => self.unreadable(span),
                (Invocation::Exec(words), _) => run::exec(self, words, span),
            },
            Action::RunUnknown => self.unreadable(span),
            Action::Copy {
                from,
                sources,
                destination,
                add,
                ..
            } => {
                self.copy(from, sources, destination, *add, span, before, lookup);
            }
            Action::Env(entries) => {
                for (name, value) in entries {
                    self.variables
                        .insert(name.clone(), value.known().map(str::to_owned));
                    if name == "PATH" {
                        self.path(value, span);
                    }
                }
            }
            Action::Arg(name, value) => {
                let value = value
                    .as_ref()
                    .and_then(|value| value.known().map(str::to_owned));
                self.variables.insert(name.clone(), value);
            }
            Action::User(user) => self.inventory.user = user.known().map(str::to_owned),
            Action::Workdir(folder) => {
                self.workdir = folder.known().and_then(|folder| self.absolute(folder));
            }
            Action::Expose(ports) => {
                for port in ports.iter().filter_map(|port| port.known()) {
                    let number = port.strip_suffix("/tcp").unwrap_or(port).parse();
                    self.inventory.ports.extend(
                        number
                            .ok()
                            .filter(|port| !self.inventory.ports.contains(port)),
                    );
                }
            }
            Action::Entrypoint(invocation) => {
                self.inventory.entrypoint = words_of(invocation);
                self.inventory.init = None;
                if !self.own_command {
                    self.inventory.command = None;
                }
            }
            Action::Cmd(invocation) => {
                self.inventory.command = words_of(invocation);
                self.own_command = true;
            }
            Action::Shell(words) => self.dialect = dialect_of(words),
            Action::Healthcheck(probe) => self.inventory.check = check_of(probe),
            Action::Other => {}
        }
    }

    /// A tool comes at this place.
    pub fn bring(&mut self, tool: &str, flavour: Flavour, span: Span, words: &str) {
        let reason = Reason::at(span, format!("`{tool}` {words}"));
        self.inventory
            .change(tool, Answer::because(Holds::Yes(flavour), reason));
        self.brought.insert(tool.to_owned(), span);
    }

    /// A tool goes at this place.
    pub fn take(&mut self, tool: &str, holds: Holds, span: Span, words: &str) {
        let reason = Reason::at(span, format!("`{tool}` {words}"));
        self.inventory.change(tool, Answer::because(holds, reason));
        self.brought.remove(tool);
    }

    /// What cannot be read may add anything.
    pub fn unreadable(&mut self, span: Span) {
        let reason = Reason::at(span, "what this adds cannot be told");
        self.inventory.may_hold_more(reason);
    }

    /// Whether PATH looks into this folder.
    pub fn on_path(&self, folder: &str) -> bool {
        let folder = folder.trim_end_matches('/');
        self.folders.iter().any(|known| known == folder)
    }

    /// Whether this folder is one of PATH, or one above it.
    pub fn leads_to_path(&self, folder: &str) -> bool {
        let inside = format!("{}/", folder.trim_end_matches('/'));
        self.folders
            .iter()
            .any(|known| format!("{known}/").starts_with(&inside))
    }

    /// A program is put at this absolute path.
    pub fn put(&mut self, path: &str, flavour: Flavour, span: Span, words: &str) {
        self.written.remove(path);
        self.inventory.place(path);
        self.bring(path, flavour, span, words);
        if let Some((folder, name)) = path.rsplit_once('/')
            && self.on_path(folder)
        {
            self.bring(name, flavour, span, words);
        }
    }

    /// What both of two ways agree on.
    #[must_use]
    pub fn agreed(mut self, other: &Self, span: Span) -> Self {
        self.inventory = self.inventory.agreed(&other.inventory, span);
        self.world.retain(|name| other.world.contains(name));
        self.bundles
            .retain(|name, packages| other.bundles.get(name) == Some(packages));
        self.brought
            .extend(other.brought.iter().map(|(tool, at)| (tool.clone(), *at)));
        let inventory = &self.inventory;
        self.brought.retain(|tool, _| inventory.has(tool).is_yes());
        if self.workdir != other.workdir {
            self.workdir = None;
        }
        self.written.extend(other.written.iter().cloned());
        self.forks = self.forks.max(other.forks);
        self.libraries |= other.libraries;
        self
    }

    /// The path from WORKDIR; None where that is unknown.
    pub fn absolute(&self, path: &str) -> Option<String> {
        absolute(self.workdir.as_deref(), path)
    }

    fn path(&mut self, value: &Traced, span: Span) {
        let text = value.as_str();
        let kept = text.contains(HOLE)
            || self
                .folders
                .iter()
                .all(|folder| text.contains(folder.as_str()));
        let folders = text
            .split(':')
            .filter(|folder| folder.starts_with('/') && !folder.contains(HOLE));
        let new: Vec<String> = folders.map(str::to_owned).collect();
        if kept {
            let added: Vec<String> = new
                .into_iter()
                .filter(|folder| !self.folders.contains(folder))
                .collect();
            if !added.is_empty() {
                run::languages(self, span);
            }
            self.folders.extend(added);
        } else {
            self.folders = new;
            let words = "PATH no longer holds the usual folders";
            self.inventory.may_hold_less(Reason::at(span, words));
            self.unreadable(span);
        }
    }
}

/// A path from a folder, without `.` and `..`; None where it counts from a folder that nobody knows.
pub(super) fn absolute(folder: Option<&str>, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", folder?)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

fn words_of(invocation: &Invocation) -> Option<Vec<String>> {
    match invocation {
        Invocation::Exec(words) => words
            .iter()
            .map(|word| word.known().map(str::to_owned))
            .collect(),
        Invocation::Text(text) => {
            let shell = ["/bin/sh", "-c"].map(str::to_owned).into_iter();
            Some(shell.chain([text.known()?.to_owned()]).collect())
        }
    }
}

fn dialect_of(words: &[Traced]) -> Option<Dialect> {
    let program = words.first()?.known()?;
    match program.rsplit('/').next().unwrap_or(program) {
        "bash" => Some(Dialect::Bash),
        "ash" => Some(Dialect::Ash),
        "sh" | "dash" => Some(Dialect::Dash),
        _ => None,
    }
}

fn check_of(probe: &Probe) -> OwnCheck {
    if probe.disabled.is_some() {
        return OwnCheck::None;
    }
    match probe.test.as_ref().map(|test| &test.value.form) {
        Some(Form::Exec(words) | Form::Unheaded(words)) => {
            let words: Vec<String> = words.iter().map(Traced::shown).collect();
            OwnCheck::Command(words.join(" "))
        }
        Some(Form::Shell { script, .. }) => OwnCheck::Command(script.shown()),
        None => OwnCheck::Unknown,
    }
}

#[cfg(test)]
mod tests;
