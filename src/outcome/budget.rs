//! When each service of a project starts and becomes healthy, along the chain of services that wait for each other.

use std::time::Duration;

use crate::model::project::{Condition, Service};

use super::schedule::Times;

/// From the earliest to the latest moment at which something can happen, counted from the start of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before this.
    pub earliest: Duration,
    /// Not after this; None where nobody knows.
    pub latest: Option<Duration>,
}

/// What is known of the check that watches a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// It has one, which runs so.
    Timed(Times),
    /// It has none.
    Nothing,
    /// It has one that nobody can time, or its image may have one.
    Unknown,
}

/// One service on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// When it starts; None where it never does: it waits in a ring, or for a health that nobody checks.
    pub starts: Option<Window>,
    /// When it is healthy, or called unhealthy at the latest; None where nothing checks it.
    pub healthy: Option<Window>,
    /// The services that it waits for, by their place in the project, and for what.
    pub waits: Vec<(usize, Condition)>,
    /// The wait that decides when it starts at the latest.
    pub decided_by: Option<usize>,
}

/// The time line of a project: a lane for each service, in the order of the services.
///
/// The latest moments are those of a service that uses up every chance its check gives it: Compose stops when one is
/// called unhealthy, so nothing that waits starts later. `watches` says how each service is checked.
pub fn time_line(services: &[Service], watches: &[Watch]) -> Vec<Lane> {
    let waits: Vec<Vec<(usize, Condition)>> = services
        .iter()
        .map(|service| {
            let waits = service.waits(services).filter_map(|(dependency, target)| {
                let place = services
                    .iter()
                    .position(|other| std::ptr::eq(other, target))?;
                Some((place, dependency.condition.value))
            });
            waits.collect()
        })
        .collect();
    let mut lanes: Vec<Option<Lane>> = vec![None; services.len()];
    // Each round settles those whose waits are settled; who is left waits in a ring.
    loop {
        let ready: Vec<usize> = (0..services.len())
            .filter(|at| lanes[*at].is_none())
            .filter(|at| waits[*at].iter().all(|(on, _)| lanes[*on].is_some()))
            .collect();
        if ready.is_empty() {
            break;
        }
        for at in ready {
            lanes[at] = Some(lane(&waits[at], &lanes, watches[at]));
        }
    }
    lanes
        .into_iter()
        .zip(waits)
        .map(|(lane, waits)| {
            lane.unwrap_or(Lane {
                starts: None,
                healthy: None,
                waits,
                decided_by: None,
            })
        })
        .collect()
}

fn lane(waits: &[(usize, Condition)], lanes: &[Option<Lane>], watch: Watch) -> Lane {
    let mut starts = Some(Window {
        earliest: Duration::ZERO,
        latest: Some(Duration::ZERO),
    });
    let mut decided_by = None;
    for (on, condition) in waits {
        let until = lanes[*on].as_ref().and_then(|lane| until(lane, *condition));
        let (Some(window), Some(until)) = (starts, until) else {
            starts = None;
            continue;
        };
        let later = match (window.latest, until.latest) {
            (Some(now), Some(then)) => then > now,
            (known, then) => known.is_some() && then.is_none(),
        };
        if later {
            decided_by = Some(*on);
        }
        starts = Some(Window {
            earliest: window.earliest.max(until.earliest),
            latest: window
                .latest
                .zip(until.latest)
                .map(|(now, then)| now.max(then)),
        });
    }
    Lane {
        starts,
        healthy: starts.and_then(|starts| healthy(starts, watch)),
        waits: waits.to_vec(),
        decided_by,
    }
}

/// When the service has come to the state that is waited for; None where it never does.
fn until(lane: &Lane, condition: Condition) -> Option<Window> {
    let starts = lane.starts?;
    match condition {
        Condition::Started => Some(starts),
        Condition::Healthy => lane.healthy,
        // How long a job takes is its own affair.
        Condition::Completed => Some(Window {
            latest: None,
            ..starts
        }),
    }
}

fn healthy(starts: Window, watch: Watch) -> Option<Window> {
    match watch {
        Watch::Nothing => None,
        Watch::Unknown => Some(Window {
            latest: None,
            ..starts
        }),
        Watch::Timed(times) => Some(Window {
            earliest: starts.earliest.saturating_add(times.first_healthy),
            latest: starts
                .latest
                .map(|latest| latest.saturating_add(times.never_healthy)),
        }),
    }
}

/// The service that starts last at the latest, where that is known and is not the very beginning.
pub fn last(lanes: &[Lane]) -> Option<usize> {
    (0..lanes.len())
        .filter_map(|at| Some((lanes[at].starts?.latest?, at)))
        .filter(|(latest, _)| !latest.is_zero())
        // The first of several, in the order of the file.
        .max_by_key(|(latest, at)| (*latest, std::cmp::Reverse(*at)))
        .map(|(_, at)| at)
}

/// The services that decide when `at` starts at the latest, the nearest first.
pub fn chain(lanes: &[Lane], at: usize) -> Vec<usize> {
    std::iter::successors(lanes[at].decided_by, |on| lanes[*on].decided_by).collect()
}

/// The one of them that may take longest, and how long.
pub fn bottleneck(lanes: &[Lane], chain: &[usize]) -> Option<(usize, Duration)> {
    chain
        .iter()
        .filter_map(|at| {
            let starts = lanes[*at].starts?.latest?;
            let healthy = lanes[*at].healthy?.latest?;
            Some((healthy.saturating_sub(starts), *at))
        })
        .max_by_key(|(longest, at)| (*longest, std::cmp::Reverse(*at)))
        .map(|(longest, at)| (at, longest))
}
