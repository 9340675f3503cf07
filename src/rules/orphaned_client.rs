//! `orphaned-client`: the engine kills the shell after its timeout, and the client that the shell started runs on.

use std::time::Duration;

use crate::facts::container::{self, Reaping};
use crate::facts::{Flavour, Shell};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, Command, Dialect, Within, parse};
use crate::model::draft;
use crate::outcome::World;
use crate::outcome::request::{self, Client, Request};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "orphaned-client",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/orphaned-client.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    (context.watched.iter())
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let outcome = watched.outcome.as_ref()?;
    let hung = outcome.in_world(World::Hung).statuses;
    if !hung.killed || hung.unknown {
        return None;
    }
    let (call, request) = watched.calls.iter().find_map(|call| {
        let request = request::request(call, &watched.inventory)?;
        (is_child(watched, call) && has_no_limit(&request)).then_some((call, request))
    })?;
    let program = call.name()?;
    let what = format!("`{program}` runs on after the check has timed out");
    let how = format!("the engine kills only the shell, and `{program}` waits on for the answer");
    let reaping = container::reaping(watched.service, &watched.inventory);
    let (severity, why) = match &reaping {
        Reaping::Leaves { program: first } => (
            Severity::Warning,
            format!("{how}; PID 1, `{first}`, leaves it as a zombie"),
        ),
        Reaping::Reaps {
            program: first,
            reacts: Some(reacts),
        } => (
            Severity::Warning,
            format!("{how}; PID 1, `{first}`, inherits it: {reacts}"),
        ),
        Reaping::Unknown => (Severity::Note, how),
        // What is left is cleared away, and costs a connection until then.
        Reaping::Reaps { .. } | Reaping::Init(_) => return None,
    };
    // What is to be written anew gets advice then; harm is told whatever else is wrong.
    let anew = outcome.surely_zero_in(World::Refused)
        || outcome.never_zero()
        || (context.rejected()).any(|rejected| {
            let test = watched.test.map_or(watched.probe.span, |test| test.span);
            test.contains(rejected.span)
        });
    if severity == Severity::Note && anew {
        return None;
    }
    let outer = watched.timing.effective_timeout()?;
    let finding = watched.finding(&RULE, severity, call.words[0].span, what, why);
    let below = outer
        .checked_sub(Duration::from_secs(1))
        .filter(|below| below.as_secs() > 0 && below.subsec_nanos() == 0);
    let option = match request.client {
        Client::Curl => "-m",
        Client::Wget => "-T",
    };
    let Some(below) = below else {
        return Some(
            finding
                .help(format!("let `{program}` give up first, with `{option}`"))
                .fix(watched.with_init(&reaping)),
        );
    };
    let seconds = below.as_secs().to_string();
    // GNU wget tries again after a timeout, twenty times; BusyBox never does.
    let once = request.client == Client::Wget
        && request.flavour != Flavour::Busybox
        && !request.options.has(&["-t", "--tries"]);
    let mut words = vec![option, seconds.as_str()];
    if once {
        words.extend(["-t", "1"]);
    }
    let shown = words.join(" ");
    let edit = watched.insert_words(call, 0, &words);
    Some(
        finding
            .help(format!(
                "let `{program}` give up first: with `{shown}`, one second below the timeout of {}",
                draft::duration(outer)
            ))
            .fix(edit.map(|edit| {
                Fix::risky(
                    format!("let `{program}` give up after {seconds}s"),
                    vec![edit],
                )
            }))
            .fix(watched.with_init(&reaping)),
    )
}

/// Whether the client is a child of a shell, not the process that the engine kills.
fn is_child(watched: &Watched<'_>, call: &Call) -> bool {
    let inner = call
        .within
        .iter()
        .rposition(|within| matches!(within, Within::Nested(_)));
    let by_shell = inner.is_some() || matches!(watched.command, Some(Command::Script { .. }));
    // What runs it may limit it, replace the shell by it, or kill it in time.
    let plain = call.within.iter().all(|within| {
        matches!(
            within,
            Within::Pipeline { .. } | Within::Condition | Within::Substitution | Within::Nested(_)
        )
    });
    let (Some(dialect), Some((text, range))) = (
        call.dialect,
        call.words.first().and_then(|word| word.place.as_ref()),
    ) else {
        return false;
    };
    let within = call.within.get(inner.map_or(0, |at| at + 1)..);
    let script = parse(text, dialect);
    let lone = script.body.items.last().is_some_and(|last| {
        let ends = range.start >= last.first.range.start;
        let alone = last.rest.is_empty() && last.first.commands.len() == 1;
        ends && alone && within.is_none_or(<[Within]>::is_empty)
    });
    // ash and bash become a lone last command; dash starts it (semantics of `sh -c`, run).
    let stays = watched.inventory.shell() == Shell::Dash && dialect == Dialect::Dash;
    by_shell && plain && (!lone || stays)
}

/// Whether nothing in its own words bounds how long it waits.
fn has_no_limit(request: &Request) -> bool {
    request.limit.is_none()
        && !request.options.doubtful
        && !request.options.has(&[
            "--connect-timeout",
            "--read-timeout",
            "--speed-time",
            "-y",
            "--speed-limit",
            "-Y",
            "-K",
            "--config",
        ])
}
