//! The world table: what the service does, how the check ends, what Docker makes of it, and the word that lost a failure.

use super::schedule::{Delays, Streak};
use crate::check::Watched;
use crate::model::command::Argument;
use crate::model::draft;
use crate::outcome::{Cause, Outcome, Played, World};
use crate::text::{Filling, Span};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The worlds that it speaks of: several where this check cannot tell them apart.
    pub worlds: Vec<World>,
    /// What the service does there: "refuses the connection".
    pub state: &'static str,
    /// With which status the check ends.
    pub exit: String,
    /// What Docker says of that.
    pub says: Says,
    /// Docker says the opposite of what is true.
    pub wrong: bool,
    /// Why: the word that lost the failure, or what nobody knows.
    pub why: Option<String>,
    /// Where that word stands.
    pub at: Option<Span>,
}

/// What Docker makes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Status 0.
    Healthy,
    /// Any other, or a kill.
    Unhealthy,
    /// The service allows both.
    Either,
    /// Nobody knows.
    Unknown,
}

impl Says {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Either => "either",
            Self::Unknown => "unknown",
        }
    }
}

impl Row {
    /// The worlds by name: `healthy`, `error`, `denied`, `refused`, `hung`.
    pub fn world_names(&self) -> impl Iterator<Item = &'static str> {
        self.worlds.iter().map(|world| match world {
            World::Healthy => "healthy",
            World::Error => "error",
            World::Denied => "denied",
            World::Refused => "refused",
            World::Hung => "hung",
        })
    }
}

/// How the check of this container ends in each state of its service; empty where nothing is known to be run.
/// `delays` says how soon Docker notices.
pub fn rows(watched: &Watched<'_>, delays: Option<&Delays>) -> Vec<Row> {
    let Some(outcome) = &watched.outcome else {
        return Vec::new();
    };
    let secrets = secrets(watched);
    let mut rows: Vec<Row> = Vec::new();
    for (worlds, state) in states(outcome) {
        let Some(first) = worlds.first().copied() else {
            continue;
        };
        let played = outcome.in_world(first);
        let mut row = row(outcome, worlds, state, played);
        if let Some(why) = &row.why
            && secrets.iter().any(|secret| why.contains(secret.as_str()))
        {
            row.why = None;
        }
        // Where the check is wrong for good, the moment does not matter.
        if row.why.is_none() && row.says == Says::Unhealthy && !row.wrong {
            let late = played.statuses.killed || first == World::Hung || dawdles(watched);
            row.why = delays.map(|delays| {
                let shown =
                    |streak: &Streak| format!("{}: {}", draft::duration(streak.lasts), streak.sum);
                if late {
                    format!("within {}", shown(&delays.at_worst))
                } else {
                    format!("after about {}", shown(&delays.at_once))
                }
            });
        }
        rows.push(row);
    }
    rows
}

/// Whether the check takes its time to fail: it sleeps or tries again.
fn dawdles(watched: &Watched<'_>) -> bool {
    watched.calls.iter().any(|call| {
        let retries = |word: &Argument| word.text.as_str().starts_with("--retry");
        call.name() == Some("sleep") || call.words.iter().any(retries)
    })
}

/// The states that this check can tell apart, by what it asks.
fn states(outcome: &Outcome) -> Vec<(Vec<World>, &'static str)> {
    use World::{Denied, Error, Healthy, Hung, Refused};
    let alike = |worlds: &[World]| {
        let shown = |world: &World| {
            let played = outcome.in_world(*world);
            (played.shown(), played.statuses)
        };
        worlds
            .windows(2)
            .all(|pair| shown(&pair[0]) == shown(&pair[1]))
    };
    let asks: Vec<&str> = outcome.asks.iter().map(String::as_str).collect();
    let all = World::ALL;
    let unknown = |played: &Played| played.statuses.unknown;
    if asks.is_empty() && (alike(&all[..]) || outcome.played.iter().all(unknown)) {
        return vec![(all.to_vec(), "does anything at all")];
    }
    if asks.is_empty() && alike(&all[..4]) {
        return vec![
            (all[..4].to_vec(), "answers or does not"),
            (vec![Hung], "accepts and hangs"),
        ];
    }
    if asks == ["tcp"] && alike(&all[..3]) {
        return vec![
            (vec![Healthy, Error, Denied], "listens"),
            (vec![Refused], "refuses the connection"),
            (vec![Hung], "accepts and hangs"),
        ];
    }
    if asks == ["process"] && alike(&[Healthy, Error, Denied, Hung]) {
        return vec![
            (
                vec![Healthy, Error, Denied, Hung],
                "runs, whatever it answers",
            ),
            (vec![Refused], "does not listen, or is gone"),
        ];
    }
    let [well, error, denied] = if asks.contains(&"http") {
        ["answers 200", "answers 500", "answers 401"]
    } else {
        ["answers well", "answers with an error", "denies access"]
    };
    vec![
        (vec![Healthy], well),
        (vec![Error], error),
        (vec![Denied], denied),
        (vec![Refused], "refuses the connection"),
        (vec![Hung], "accepts and hangs"),
    ]
}

fn row(outcome: &Outcome, worlds: Vec<World>, state: &'static str, played: &Played) -> Row {
    let statuses = played.statuses;
    let says = match played.verdict() {
        _ if statuses.unknown => Says::Unknown,
        Some("healthy") => Says::Healthy,
        Some(_) => Says::Unhealthy,
        None => Says::Either,
    };
    let every = worlds.len() == World::ALL.len();
    let good = worlds.contains(&World::Healthy);
    let wrong = match says {
        Says::Healthy if every => true,
        Says::Healthy if good => false,
        Says::Healthy if played.world == World::Denied => denied_is_wrong(outcome),
        Says::Healthy => true,
        Says::Unhealthy => good,
        Says::Either | Says::Unknown => false,
    };
    let cause: Option<&Cause> = match says {
        Says::Healthy if wrong => played.lost.as_ref(),
        Says::Unhealthy if wrong => played.failed.as_ref(),
        Says::Unknown => played.unknown.as_ref(),
        Says::Either => played.failed.as_ref(),
        _ => None,
    };
    let why = match (says, cause) {
        (Says::Either, Some(cause)) => Some(format!("perhaps {}", cause.why)),
        (_, Some(cause)) => Some(cause.why.clone()),
        (Says::Healthy, None) if every => Some("nothing in it asks the service".to_owned()),
        (Says::Healthy, None) if wrong && outcome.asks == ["tcp"] => {
            Some("it connects and asks nothing".to_owned())
        }
        _ => None,
    };
    Row {
        worlds,
        state,
        exit: played.shown(),
        says,
        wrong,
        why,
        at: cause.map(|cause| cause.span),
    }
}

/// Over HTTP a 401 is often what is meant to pass; it is wrong where the same word lets an error pass too. Other
/// clients came to log in, unless no word of theirs says so.
fn denied_is_wrong(outcome: &Outcome) -> bool {
    let lost = |world: World| {
        let played = outcome.in_world(world);
        let cause = played.lost.as_ref()?;
        played
            .statuses
            .surely_zero()
            .then_some((cause.span, cause.why.as_str()))
    };
    let denied = lost(World::Denied);
    let http = outcome.asks.iter().any(|asks| asks == "http");
    denied.is_some() && (!http || lost(World::Error) == denied)
}

/// The values from the environment that have a say in the check: nobody may see them.
fn secrets(watched: &Watched<'_>) -> Vec<String> {
    let test = watched.test.map(|test| test.value.form.texts());
    let texts = test.unwrap_or_default();
    texts
        .iter()
        .flat_map(|text| {
            text.variables()
                .into_iter()
                .filter(|(_, variable)| variable.filling == Filling::Environment)
                .filter_map(|(range, _)| text.as_str().get(range))
                // A cause names words, so a part of the value may stand in it too.
                .flat_map(|value| value.split_whitespace().map(str::to_owned))
                .collect::<Vec<_>>()
        })
        .collect()
}
