//! Ways that a RUN may take: what all of them agree on is known behind them, and the rest is not.

use std::collections::BTreeMap;

use crate::model::command::{Arm, Kind, List, Pipeline, Word};

use super::super::answer::{Answer, Flavour, Holds, Reason};
use super::super::stage::State;
use super::quiet::QUESTIONS;
use super::{Run, UNTOLD};

/// Each fork copies what is known so far, so their number in a stage is bounded; real files have a dozen.
const FORKS: usize = 100;

/// The longest list of words that a loop is followed through.
const ROUNDS: usize = 50;

/// Whether a script goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It does.
    No,
    /// The build fails here, so no image comes of this way.
    Failed,
}

type Way<'w> = &'w dyn Fn(&mut Run<'_>);

impl Run<'_> {
    /// One of these ways is taken, and nobody knows which.
    pub(super) fn either(&mut self, ways: &[Way<'_>]) {
        self.state.forks += 1;
        if self.state.forks > FORKS {
            for way in ways {
                self.perhaps(way);
            }
            return;
        }
        let mut reached: Option<(State, BTreeMap<String, Option<String>>)> = None;
        for way in ways {
            let mut state = self.state.clone();
            let mut run = Run {
                state: &mut state,
                variables: self.variables.clone(),
                functions: self.functions.clone(),
                ..*self
            };
            way(&mut run);
            if run.ended == Ended::Failed {
                continue;
            }
            let (sure, automatic, sourced) = (run.sure, run.automatic, run.sourced);
            let variables = run.variables;
            self.automatic |= automatic;
            self.sourced |= sourced;
            // A way that may have left the script leaves in doubt what follows.
            self.sure &= sure;
            reached = Some(match reached {
                None => (state, variables),
                Some((other, mut known)) => {
                    for (name, value) in &variables {
                        if known.get(name) != Some(value) {
                            known.insert(name.clone(), None);
                        }
                    }
                    for (name, value) in &mut known {
                        if !variables.contains_key(name) {
                            *value = None;
                        }
                    }
                    (other.agreed(&state, self.span), known)
                }
            });
        }
        match reached {
            Some((state, variables)) => {
                let forks = self.state.forks.max(state.forks);
                *self.state = state;
                self.state.forks = forks;
                self.variables = variables;
            }
            None => self.ended = Ended::Failed,
        }
    }

    pub(super) fn conditions(&mut self, arms: &[(List, List)], otherwise: Option<&List>) {
        for (condition, _) in arms {
            self.perhaps(|run| run.list(condition, false));
        }
        let bodies = arms.iter().enumerate().map(|(index, (condition, body))| {
            move |run: &mut Run<'_>| {
                for (failed, _) in arms.iter().take(index) {
                    run.suppose_list(failed, false);
                }
                run.suppose_list(condition, true);
                run.list(body, false);
            }
        });
        let bodies: Vec<_> = bodies.collect();
        let last = |run: &mut Run<'_>| {
            for (failed, _) in arms {
                run.suppose_list(failed, false);
            }
            if let Some(list) = otherwise {
                run.list(list, false);
            }
        };
        let mut ways: Vec<Way<'_>> = bodies.iter().map(|body| body as Way<'_>).collect();
        ways.push(&last);
        self.either(&ways);
    }

    pub(super) fn arms(&mut self, arms: &[Arm]) {
        if arms.iter().any(|arm| arm.falls) {
            return self.perhaps(|run| arms.iter().for_each(|arm| run.list(&arm.body, false)));
        }
        let all = arms
            .iter()
            .any(|arm| arm.patterns.iter().any(|word| word.literal() == Some("*")));
        let bodies = arms
            .iter()
            .map(|arm| move |run: &mut Run<'_>| run.list(&arm.body, false));
        let bodies: Vec<_> = bodies.collect();
        let none = |_: &mut Run<'_>| {};
        let mut ways: Vec<Way<'_>> = bodies.iter().map(|body| body as Way<'_>).collect();
        if !all {
            ways.push(&none);
        }
        self.either(&ways);
    }

    pub(super) fn each(&mut self, name: &str, words: Option<&[Word]>, body: &List) {
        let values: Vec<String> = words
            .unwrap_or_default()
            .iter()
            .flat_map(|word| self.expand(word))
            .collect();
        let globs = words.is_none_or(|words| words.iter().any(|word| word.globs));
        let told = !globs && !values.iter().any(|value| value.contains(UNTOLD));
        if told && values.len() <= ROUNDS {
            for value in values {
                self.variables.insert(name.to_owned(), Some(value));
                self.list(body, false);
            }
        } else {
            self.variables.insert(name.to_owned(), None);
            self.perhaps(|run| run.list(body, false));
        }
    }

    /// `exit` and `return`: with a status that is not 0 no image comes of it.
    pub(super) fn end(&mut self, words: &[&str]) {
        match words.first().and_then(|word| word.parse::<u8>().ok()) {
            Some(status) if status != 0 => self.ended = Ended::Failed,
            _ => self.sure = false,
        }
    }

    /// The pipelines were run and succeeded, or failed: what `command -v curl` says is known from then on.
    pub(super) fn suppose(&mut self, links: &[(bool, &Pipeline)], succeeded: bool) {
        let [(_, pipeline)] = links else {
            return;
        };
        let Some(tool) = looked_for(pipeline) else {
            return;
        };
        let found = succeeded == pipeline.not.is_empty();
        let answer = self.state.inventory.has(tool);
        match (found, answer.holds) {
            // This way is never taken.
            (true, Holds::No(_)) | (false, Holds::Yes(_)) if self.sure => {
                self.ended = Ended::Failed;
            }
            (true, Holds::Unknown) => {
                let reason = Reason::at(self.span, format!("`{tool}` is looked for here"));
                let found = Answer::because(Holds::Yes(Flavour::Plain), reason);
                self.state.inventory.change(tool, found);
            }
            _ => {}
        }
    }

    fn suppose_list(&mut self, list: &List, succeeded: bool) {
        if let [item] = &list.items[..]
            && item.rest.is_empty()
        {
            self.suppose(&[(false, &item.first)], succeeded);
        }
    }
}

/// Whether the pipeline only asks something, so that its failure is an answer.
pub(super) fn asks(pipeline: &Pipeline) -> bool {
    if !pipeline.not.is_empty() {
        return true;
    }
    match pipeline.commands.last().map(|command| &command.kind) {
        Some(Kind::Simple(simple)) => simple
            .words
            .first()
            .and_then(Word::literal)
            .is_some_and(|program| QUESTIONS.contains(&program)),
        Some(Kind::Test(_) | Kind::Arithmetic(_)) => true,
        _ => false,
    }
}

/// The tool that `command -v tool` looks for.
fn looked_for(pipeline: &Pipeline) -> Option<&str> {
    let [command] = &pipeline.commands[..] else {
        return None;
    };
    let Kind::Simple(simple) = &command.kind else {
        return None;
    };
    let words: Option<Vec<&str>> = simple.words.iter().map(Word::literal).collect();
    match words?[..] {
        ["command", "-v", tool] | ["which" | "hash" | "type", tool] => Some(tool),
        _ => None,
    }
}
