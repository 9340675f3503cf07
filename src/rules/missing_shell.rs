//! `missing-shell`: a check for a shell in an image that has none.

use crate::facts::Shell;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Command, Kind, Script, Word};
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "missing-shell",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/missing-shell.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let test = watched.test?;
    if !matches!(test.value.form, Form::Shell { .. }) || watched.inventory.shell() != Shell::None {
        return None;
    }
    let image = &watched.inventory.shown;
    let mut finding = watched.finding(
        &RULE,
        Severity::Error,
        test.span,
        format!("{image} has no shell to run this check"),
        "a string is run by `/bin/sh -c`, and there is no `/bin/sh`: every check fails to start",
    );
    for reason in watched.inventory.has("/bin/sh").why {
        if let Some(span) = reason.span {
            finding = finding.label(span, reason.text);
        }
    }
    let words = match &watched.command {
        Some(Command::Script { script, .. }) => single(script),
        _ => None,
    };
    let there = words.as_ref().is_some_and(|words| {
        words
            .first()
            .and_then(|word| word.literal())
            .is_some_and(|program| !watched.inventory.has(program).is_no())
    });
    let edit = words.filter(|_| there).and_then(|words| {
        let drafts = words.iter().map(|word| Draft::kept(&word.text)).collect();
        test.value.notation.rewrite(&NewTest::Exec(drafts))
    });
    Some(
        finding
            .help("run a program of the image itself in list form (`CMD`), such as its own health command")
            .fix(edit.map(|edit| Fix::safe("run the program without a shell", vec![edit]))),
    )
}

/// The words of the one command that the script is, an idle `|| exit 1` left out, where no shell is needed for them.
fn single(script: &Script) -> Option<Vec<Word>> {
    let [item] = &script.body.items[..] else {
        return None;
    };
    let idle = match &item.rest[..] {
        [] => true,
        [(join, pipeline)] => {
            join.or && script.text.as_str().get(pipeline.range.clone()) == Some("exit 1")
        }
        _ => false,
    };
    let [command] = &item.first.commands[..] else {
        return None;
    };
    let Kind::Simple(simple) = &command.kind else {
        return None;
    };
    let plain = idle
        && item.background.is_none()
        && item.first.not.is_empty()
        && command.redirects.is_empty()
        && simple.assignments.is_empty()
        && simple
            .words
            .iter()
            .all(|word| word.literal().is_some() && !word.globs);
    plain.then(|| simple.words.clone())
}
