//! `cannot-fail`: a check that says "healthy" when nothing listens.

use crate::facts::Answer;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call, Command, Item, quoted};
use crate::outcome::{Outcome, World};
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span, Traced};

/// See the page.
pub const RULE: Rule = Rule {
    name: "cannot-fail",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/cannot-fail.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| {
            let outcome = watched.outcome.as_ref()?;
            if outcome.cannot_fail() {
                let empty = watched.command.as_ref().is_some_and(Command::runs_nothing);
                let named =
                    empty || cut_in_two(context, outcome) || misread(watched) || lacks(watched);
                (!named).then(|| never_fails(watched, outcome))
            } else if outcome.passes_only_the_dead() {
                Some(passes_the_dead(watched, outcome))
            } else {
                None
            }
        })
        .collect()
}

/// Whether the failure is lost at an `&` that was meant as a part of a word: the fault is the missing quotes.
fn cut_in_two(context: &Context<'_>, outcome: &Outcome) -> bool {
    let Some(cause) = &outcome.in_world(World::Refused).lost else {
        return false;
    };
    let text = &context.sources.get(cause.span.source).text;
    let behind = text.get(cause.span.end as usize..).unwrap_or_default();
    cause.word == "&" && behind.starts_with(|c: char| c.is_alphanumeric())
}

/// Whether only the shell makes it so: read by bash, it could fail. The fault is what this shell does not know.
fn misread(watched: &Watched<'_>) -> bool {
    watched
        .outcome_under_bash()
        .is_some_and(|meant| !meant.cannot_fail())
}

/// Whether only a missing program makes it so: with the program, it could fail. The fault is that it is not there.
fn lacks(watched: &Watched<'_>) -> bool {
    let mut inventory = (*watched.inventory).clone();
    let mut lacking = false;
    for program in watched.calls.iter().filter_map(Call::program) {
        if inventory.has(program).is_no() {
            inventory.change(program, Answer::unknown());
            lacking = true;
        }
    }
    lacking
        && watched
            .outcome_in(&inventory)
            .is_some_and(|there| !there.cannot_fail())
}

fn never_fails(watched: &Watched<'_>, outcome: &Outcome) -> Finding {
    let whole = watched.test.map_or(watched.probe.span, |test| test.span);
    match &outcome.in_world(World::Refused).lost {
        Some(cause) => watched
            .finding(
                &RULE,
                Severity::Error,
                cause.span,
                "this check can never fail",
                cause.why.clone(),
            )
            .help(remedy(watched, cause.span))
            .fix(without_tail(watched, cause.span)),
        None => watched
            .finding(
                &RULE,
                Severity::Error,
                whole,
                "this check can never fail",
                asks_nobody(watched, outcome),
            )
            .help("ask the service something that only a working one can answer"),
    }
}

/// Why a check in which no failure is lost never fails.
fn asks_nobody(watched: &Watched<'_>, outcome: &Outcome) -> String {
    match watched.calls.as_slice() {
        [call] if outcome.asks.is_empty() => {
            let name = call.shown_name();
            format!("`{name}` asks the service nothing, so it passes whatever happens")
        }
        _ => "nothing in it asks the service, so it passes whatever happens".to_owned(),
    }
}

/// What to do about the word that loses the failure.
fn remedy(watched: &Watched<'_>, losing: Span) -> String {
    let inside = watched.calls.iter().find_map(|call| {
        let script = call.words[1..]
            .iter()
            .any(|word| word.span.contains(losing));
        Some(
            call.name()?
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'),
        )
        .filter(|_| script)
    });
    let exit = match inside {
        Some("python") => "sys.exit(1)",
        Some("node" | "nodejs") => "process.exit(1)",
        Some("php") => "exit(1)",
        Some("ruby" | "perl") => "exit 1",
        _ => {
            return "let the status of the program that asks the service be the last one"
                .to_owned();
        }
    };
    format!("end with another status than 0 where it fails: `{exit}`")
}

fn passes_the_dead(watched: &Watched<'_>, outcome: &Outcome) -> Finding {
    let whole = watched.test.map_or(watched.probe.span, |test| test.span);
    let (span, why) = match &outcome.in_world(World::Refused).lost {
        Some(cause) => (cause.span, cause.why.clone()),
        None => (
            whole,
            "without an answer there is nothing that it could fail on".to_owned(),
        ),
    };
    watched
        .finding(
            &RULE,
            Severity::Warning,
            span,
            "this check passes when the service is dead",
            why,
        )
        .help("make sure that no answer is a failure")
        .fix(fetching(watched, span))
}

/// `jq` that asks for its input itself, and so fails where there is none. `-e` alone is no help: on nothing it ends
/// with 0 in jq 1.6.
fn fetching(watched: &Watched<'_>, masking: Span) -> Option<Fix> {
    let call = watched
        .calls
        .iter()
        .find(|call| call.name() == Some("jq") && call.words[0].span == masking)?;
    let is_option = |word: &&Argument| word.text.as_str().starts_with('-');
    let options = call.words[1..].iter().take_while(is_option).count();
    let (before, filter) = match &call.words[options..] {
        [before] => (before, None),
        [before, filter] => (before, Some(filter)),
        _ => return None,
    };
    let plain = |word: &Argument| {
        let option = word.text.as_str();
        ["--raw-output", "--compact-output"].contains(&option)
            || option[1..]
                .bytes()
                .all(|letter| b"rcMCSja".contains(&letter))
    };
    if !call.words[1..=options].iter().all(plain) {
        return None;
    }
    let (script, place) = before.place.as_ref()?;
    let option = |text: &str| script.replace(place.end..place.end, text);
    let edits = match filter {
        None => vec![option(" -ne input")?],
        Some(filter) => vec![option(" -ne")?, with_input(script, filter)?],
    };
    Some(Fix::risky("let `jq` fail where there is no answer", edits))
}

/// `input` in front of a filter, inside the quotes where it has some.
fn with_input(script: &Traced, filter: &Argument) -> Option<Edit> {
    let text = filter.literal()?;
    let (_, range) = filter.place.as_ref()?;
    // A filter that fetches by itself, or that must begin with its libraries, is left to its author.
    let own = ["input", "import", "include"];
    if own.iter().any(|word| text.contains(word)) {
        return None;
    }
    if text.trim() == "." {
        return script.replace(range.clone(), "input");
    }
    let written = script.as_str().get(range.clone())?;
    if written.starts_with(['\'', '"']) && written.len() == text.len() + 2 {
        let start = range.start + 1;
        return script.replace(start..start, "input | ");
    }
    script.replace(range.clone(), &quoted(&format!("input | {text}")))
}

/// Drops what comes after the last command that could fail: `| awk …`, `|| true`, `; true`.
fn without_tail(watched: &Watched<'_>, masking: Span) -> Option<Fix> {
    let Some(Command::Script { script, .. }) = &watched.command else {
        return None;
    };
    let items = &script.body.items;
    let (last, before) = items.split_last()?;
    if let Some(sign) = &last.background
        && script.text.span_of(sign.clone()) == masking
    {
        let blank = script.text.as_str()[..sign.start].trim_end().len();
        let edit = script.text.replace(blank..sign.end, "")?;
        return Some(Fix::risky("wait for it: drop the `&`", vec![edit]));
    }
    // Only what ends the script is a tail.
    let cut =
        tail_of(last, |range| script.text.span_of(range).contains(masking)).or_else(|| {
            let previous = before.last()?;
            let starts = last.first.range.start;
            let whole = script.text.span_of(starts..end_of(last));
            whole
                .contains(masking)
                .then(|| end_of(previous)..end_of(last))
        })?;
    let shown = script.text.slice(cut.clone()).shown();
    let edit = script.text.replace(cut, "")?;
    Some(Fix::risky(format!("drop `{}`", shown.trim()), vec![edit]))
}

/// From the end of the last command before the masking one to the end of the item.
fn tail_of(
    item: &Item,
    masks: impl Fn(std::ops::Range<usize>) -> bool,
) -> Option<std::ops::Range<usize>> {
    let mut end_of_previous = None;
    let all = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline));
    for pipeline in all {
        for command in &pipeline.commands {
            // The masking words are the command, or the operator with it: `|| true`.
            if let Some(previous) = end_of_previous
                && masks(previous..command.range.end)
            {
                return Some(previous..end_of(item));
            }
            end_of_previous = Some(command.range.end);
        }
    }
    None
}

fn end_of(item: &Item) -> usize {
    item.rest
        .last()
        .map_or(item.first.range.end, |(_, pipeline)| pipeline.range.end)
}
