//! The statuses that a check may end with, and what may be said of them without guessing.

use crate::text::Span;

use super::path::{Flow, Path};
use super::{Code, Outcome, Played, World};

/// When a program of a check runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In every run.
    Always,
    /// In every run while the service is well.
    WhileHealthy,
    /// In some runs, or nobody knows.
    Perhaps,
}

/// A set of statuses.
#[allow(clippy::struct_excessive_bools)] // A set is one answer for each member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statuses {
    /// It may end with zero.
    pub zero: bool,
    /// It may end with another status.
    pub nonzero: bool,
    /// The engine's timeout may kill it.
    pub killed: bool,
    /// A guess was needed to come to more than one of these: nobody knows which are real.
    pub unknown: bool,
}

impl Statuses {
    /// It ends with zero whatever happens.
    pub fn surely_zero(self) -> bool {
        self.zero && !self.nonzero && !self.killed
    }

    /// It never ends with zero.
    pub fn never_zero(self) -> bool {
        !self.zero
    }
}

impl Outcome {
    /// How it ends in this world.
    pub fn in_world(&self, world: World) -> &Played {
        &self.played[world as usize]
    }

    /// It ends with zero in this world whatever happens.
    pub fn surely_zero_in(&self, world: World) -> bool {
        self.in_world(world).statuses.surely_zero()
    }

    /// No world gives zero.
    pub fn never_zero(&self) -> bool {
        self.played
            .iter()
            .all(|played| played.statuses.never_zero())
    }

    /// Both end alike in every world; what is unknown is like nothing.
    pub fn same_as(&self, other: &Outcome) -> bool {
        self.played.iter().zip(&other.played).all(|(one, other)| {
            !one.statuses.unknown && !other.statuses.unknown && one.statuses == other.statuses
        })
    }

    /// Whether the other ends like this one, but surely passes where the service is well and this one only may: as a
    /// check that saves a file passes once.
    pub fn made_sure_by(&self, other: &Outcome) -> bool {
        let passes = Statuses {
            zero: true,
            ..Statuses::default()
        };
        self.played.iter().zip(&other.played).all(|(one, other)| {
            let well = one.world == World::Healthy;
            let surer = well && one.statuses.zero && other.statuses == passes;
            !one.statuses.unknown
                && !other.statuses.unknown
                && (surer || one.statuses == other.statuses)
        })
    }

    /// When the program at this word runs.
    pub fn reach(&self, program: Span) -> Reach {
        let runs = |played: &Played| played.ran.contains(&program);
        if self.played.iter().all(runs) {
            Reach::Always
        } else if runs(self.in_world(World::Healthy)) {
            Reach::WhileHealthy
        } else {
            Reach::Perhaps
        }
    }

    /// It says "healthy" when nothing listens, and so does not check: `cannot-fail`. A kill where the service hangs
    /// does not excuse it.
    pub fn cannot_fail(&self) -> bool {
        self.surely_zero_in(World::Refused)
            && [World::Healthy, World::Error, World::Denied]
                .into_iter()
                .all(|world| self.surely_zero_in(world))
    }

    /// It says "healthy" when nothing listens, though some answers of the service would make it fail.
    pub fn passes_only_the_dead(&self) -> bool {
        self.surely_zero_in(World::Refused) && !self.cannot_fail()
    }

    /// It says "healthy" to HTTP 500 and would notice a dead service.
    pub fn ignores_http_errors(&self) -> bool {
        self.asks.iter().any(|asks| asks == "http")
            && self.surely_zero_in(World::Error)
            && !self.in_world(World::Refused).statuses.zero
    }

    /// It says "healthy" to a refusal and would notice a dead service.
    pub fn ignores_reply(&self) -> bool {
        let replies = |asks: &String| !matches!(asks.as_str(), "http" | "tcp" | "process");
        self.asks.iter().any(replies)
            && self.surely_zero_in(World::Denied)
            && !self.in_world(World::Refused).statuses.zero
    }
}

impl Played {
    /// The status as a table shows it: `0`, `22`, `0 or 1`, `killed`, `unknown`.
    pub fn shown(&self) -> String {
        if self.statuses.unknown {
            return "unknown".to_owned();
        }
        let mut words: Vec<String> = self
            .codes
            .iter()
            .map(|code| match code {
                Code::Exact(code) => code.to_string(),
                Code::Failure => "not 0".to_owned(),
                Code::Killed => "killed".to_owned(),
                Code::Any => "any".to_owned(),
            })
            .collect();
        words.dedup();
        words.join(" or ")
    }

    /// What Docker says of it; None where it may say either.
    pub fn verdict(&self) -> Option<&'static str> {
        match self.statuses {
            statuses if statuses.surely_zero() => Some("healthy"),
            statuses if statuses.never_zero() => Some("unhealthy"),
            _ => None,
        }
    }
}

/// What all the ways of a run come to.
pub(super) fn sum(world: World, paths: &[Path]) -> Played {
    let mut statuses = Statuses::default();
    let mut codes = Vec::new();
    let mut lost = None;
    let mut failed = None;
    let mut unknown = None;
    for path in paths {
        let code = if path.flow == Flow::Hung {
            Code::Killed
        } else {
            path.code
        };
        codes.push(code);
        match code {
            Code::Exact(0) => statuses.zero = true,
            Code::Exact(_) | Code::Failure => statuses.nonzero = true,
            Code::Killed => statuses.killed = true,
            Code::Any => {
                statuses.zero = true;
                statuses.nonzero = true;
                statuses.killed |= world == World::Hung;
                statuses.unknown = true;
            }
        }
        if code == Code::Exact(0) {
            lost = lost.or_else(|| path.lost.clone());
        } else {
            failed = failed.or_else(|| path.failed.clone());
        }
        unknown = unknown.or_else(|| {
            let doubt = path.doubt.as_ref().filter(|_| code == Code::Any);
            path.guessed.as_ref().or(doubt).cloned()
        });
    }
    let mut ran = paths
        .first()
        .map(|path| path.ran.clone())
        .unwrap_or_default();
    ran.retain(|span| paths.iter().all(|path| path.ran.contains(span)));
    let several = [statuses.zero, statuses.nonzero, statuses.killed]
        .into_iter()
        .filter(|may| *may)
        .count()
        > 1;
    statuses.unknown |= several && unknown.is_some();
    codes.sort();
    codes.dedup();
    Played {
        world,
        statuses,
        codes,
        lost,
        failed,
        ran,
        unknown: unknown.filter(|_| statuses.unknown),
    }
}
