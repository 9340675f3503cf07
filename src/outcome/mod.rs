//! Plays a check through every state of the service and says with which status it would end; unknown is an answer.

mod arithmetic;
mod awk;
pub mod budget;
mod builtins;
mod calls;
mod cause;
mod checks;
mod clients;
mod comparison;
mod compound;
mod filters;
pub mod handed;
mod http;
mod languages;
mod local;
pub mod login;
mod mongo;
mod options;
mod path;
mod pattern;
pub mod patterns;
mod pipeline;
mod player;
mod powershell;
mod processes;
mod redirect;
pub mod request;
pub mod schedule;
mod sockets;
mod statuses;
pub mod substitute;
pub mod target;
mod tools;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::facts::{Inventory, Shell};
use crate::model::command::{Command, Dialect, parse};
use crate::text::Span;

pub use cause::Cause;
pub use path::Code;
pub use statuses::{Reach, Statuses};

/// A state of the service that the check asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    /// It answers well: HTTP 200 and a body that may match.
    Healthy,
    /// It answers, but with HTTP 500 or an error reply.
    Error,
    /// It answers 401, NOAUTH, access denied.
    Denied,
    /// Nothing listens.
    Refused,
    /// It accepts and never answers.
    Hung,
}

impl World {
    /// Every world, the best first.
    pub const ALL: [World; 5] = [
        World::Healthy,
        World::Error,
        World::Denied,
        World::Refused,
        World::Hung,
    ];
}

/// Where a check runs.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// What the container holds.
    pub inventory: &'a Inventory,
    /// How long the engine waits before it kills the check.
    pub timeout: Duration,
}

/// How a check ends in one world.
#[derive(Clone, Debug)]
pub struct Played {
    /// The world.
    pub world: World,
    /// With which statuses it may end.
    pub statuses: Statuses,
    /// The statuses by number, in order.
    pub codes: Vec<Code>,
    /// What turned a failure into success, where the check may end with zero after one.
    pub lost: Option<Cause>,
    /// What failed, where the check may fail.
    pub failed: Option<Cause>,
    /// The programs that surely run, by their words; a set.
    pub ran: Vec<Span>,
    /// What nobody knows, where the statuses are unknown.
    pub unknown: Option<Cause>,
}

/// How a check ends in every world.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One for each of [`World::ALL`], in that order.
    pub played: Vec<Played>,
    /// Which services it asks, in the words of the tool facts: `http`, `tcp`, `redis` …; sorted.
    pub asks: Vec<String>,
}

/// Plays a command through every world. Where nobody knows which shell `/bin/sh` is, it is played under each of
/// the three, and the statuses of all of them are possible.
pub fn play(command: &Command, scene: &Scene<'_>) -> Outcome {
    let shells: &[Dialect] = match scene.inventory.shell() {
        Shell::Dash | Shell::None => &[Dialect::Dash],
        Shell::Ash => &[Dialect::Ash],
        Shell::Bash => &[Dialect::Bash],
        // Words that call no shell come to the same whatever it is.
        Shell::Unknown if !command.needs_shell() => &[Dialect::Dash],
        Shell::Unknown => &[Dialect::Dash, Dialect::Ash, Dialect::Bash],
    };
    let (outcome, searched) = play_in(command, scene, shells, false);
    // Which of several the state of the service is about, nobody knows.
    let others = outcome.asks.iter().any(|asks| asks != "process");
    if searched.len() > 1 || (others && !searched.is_empty()) {
        return play_in(command, scene, shells, true).0;
    }
    outcome
}

/// The same, and the processes that it looks for.
fn play_in(
    command: &Command,
    scene: &Scene<'_>,
    shells: &[Dialect],
    mixed: bool,
) -> (Outcome, BTreeSet<String>) {
    let mut asks: Vec<String> = Vec::new();
    let mut searched = BTreeSet::new();
    let played = World::ALL
        .into_iter()
        .map(|world| {
            let mut paths = Vec::new();
            for dialect in shells {
                let mut player = player::Player::new(*scene, world, *dialect);
                player.mixed = mixed;
                player.posix = matches!(command, Command::Script { .. });
                paths.extend(match command {
                    Command::Words(words) => player.exec(words),
                    Command::Script {
                        script,
                        dialect: read,
                    } if read == dialect => player.probe(script),
                    Command::Script { script, .. } => player.probe(&parse(&script.text, *dialect)),
                });
                asks.extend(player.asked());
                searched.extend(player.searched());
            }
            statuses::sum(world, &paths)
        })
        .collect();
    asks.sort();
    asks.dedup();
    (Outcome { played, asks }, searched)
}
