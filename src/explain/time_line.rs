//! A project on a time line: when each service starts and is healthy, who waits for whom, and who keeps all waiting.

use std::time::Duration;

use crate::check::Context;
use crate::model::project::Condition;
use crate::outcome::budget::{self, Lane};
use crate::text::Span;

pub use crate::outcome::budget::Window;

/// The services of a project in the order in which they start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeLine {
    /// A bar for each service.
    pub bars: Vec<Bar>,
    /// The one that starts last at the latest.
    pub last: Option<usize>,
    /// The one that may take longest of those that `last` waits for, and how long.
    pub bottleneck: Option<(usize, Duration)>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Span,
    /// When it starts; None where it never does.
    pub starts: Option<Window>,
    /// When it is healthy, or called unhealthy at the latest; None where nothing checks it.
    pub healthy: Option<Window>,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// It belongs to the chain that decides when the last service starts.
    pub decides: bool,
}

/// A wait for another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The other service, by its place among the bars.
    pub on: usize,
    /// What is waited for: `started`, `healthy` or `completed`.
    pub until: &'static str,
}

/// The time line of a project, or of one service and all that it waits for.
pub fn time_line(context: &Context<'_>, service: Option<&str>) -> TimeLine {
    let services = &context.project.services;
    let lanes = budget::time_line(services, &context.watches());
    let mut order: Vec<usize> = match service {
        None => (0..lanes.len()).collect(),
        Some(name) => {
            let named = services.iter().position(|each| each.name.value == name);
            named.map_or_else(Vec::new, |at| with_waits(&lanes, at))
        }
    };
    order.sort_by_key(|at| {
        let starts = lanes[*at].starts;
        let earliest = starts.map(|starts| starts.earliest);
        let latest = starts.and_then(|starts| starts.latest);
        // What never starts comes last, and who waits comes behind whom it waits for.
        (starts.is_none(), earliest, latest, depth(&lanes, *at), *at)
    });
    let place = |at: usize| order.iter().position(|other| *other == at);
    let shown: Vec<Lane> = order.iter().map(|at| lanes[*at].clone()).collect();
    let last = budget::last(&shown);
    let chain = last.map_or_else(Vec::new, |last| budget::chain(&lanes, order[last]));
    let bars = order
        .iter()
        .enumerate()
        .map(|(row, at)| Bar {
            name: services[*at].name.value.clone(),
            place: services[*at].name.span,
            starts: lanes[*at].starts,
            healthy: lanes[*at].healthy,
            waits: waits(&lanes[*at], &place),
            decides: Some(row) == last || chain.contains(at),
        })
        .collect();
    TimeLine {
        bars,
        last,
        bottleneck: budget::bottleneck(&lanes, &chain)
            .and_then(|(at, longest)| Some((place(at)?, longest))),
    }
}

fn waits(lane: &Lane, place: &dyn Fn(usize) -> Option<usize>) -> Vec<Wait> {
    lane.waits
        .iter()
        .filter_map(|(on, condition)| {
            Some(Wait {
                on: place(*on)?,
                until: match condition {
                    Condition::Started => "started",
                    Condition::Healthy => "healthy",
                    Condition::Completed => "completed",
                },
            })
        })
        .collect()
}

/// How many services stand between this one and one that waits for nobody, on the longest way; a ring has no length.
fn depth(lanes: &[Lane], at: usize) -> usize {
    let mut front = vec![at];
    for depth in 0..lanes.len() {
        front = front
            .iter()
            .flat_map(|at| lanes[*at].waits.iter().map(|(on, _)| *on))
            .collect();
        front.sort_unstable();
        front.dedup();
        if front.is_empty() {
            return depth;
        }
    }
    lanes.len()
}

/// A service and all that it waits for, directly or not.
fn with_waits(lanes: &[Lane], at: usize) -> Vec<usize> {
    let mut met = vec![at];
    let mut next = 0;
    while let Some(at) = met.get(next).copied() {
        for (on, _) in &lanes[at].waits {
            if !met.contains(on) {
                met.push(*on);
            }
        }
        next += 1;
    }
    met
}
