//! `disabled-with-test`: a test that is switched off in the same breath.

use crate::finding::{Finding, Fix, Severity};
use crate::model::Written;
use crate::model::draft::{self, Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "disabled-with-test",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/disabled-with-test.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let judge = |watched| judge(context, watched);
    context.watched.iter().filter_map(judge).collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let off = watched.probe.disabled?;
    let test = watched.probe.test.as_ref()?;
    // A test that comes from an anchor or another file is switched off on purpose.
    let whole = watched.probe.whole;
    if test.through.is_some() || !whole.contains(test.span) || !whole.contains(off) {
        return None;
    }
    let written = context.sources.slice(off);
    let in_list = test.span.contains(off);
    let (message, fixes) = if in_list {
        let message = format!("what stands behind `{}` never runs", unquoted(written));
        (message, either_in_list(watched))
    } else {
        let message = "this test never runs".to_owned();
        (message, either_key(context, watched, off))
    };
    let finding = watched.finding(
        &RULE,
        Severity::Warning,
        if in_list { off } else { test.span },
        message,
        if in_list {
            "`NONE` switches the check off, and the engine ignores all that follows"
        } else {
            "the check is switched off in the same place"
        },
    );
    let finding = if in_list {
        finding
    } else {
        finding.label(off, "this wins, without a word from Compose")
    };
    let mut finding = finding.help("keep the one that you mean, and delete the other");
    finding.fixes = fixes;
    Some(finding)
}

/// One of the two keys goes.
fn either_key(context: &Context<'_>, watched: &Watched<'_>, off: Span) -> Vec<Fix> {
    let text = &context.sources.get(off.source).text;
    let remove = |entry: Span| draft::removal(text, entry);
    let key = text[..off.start as usize].rfind("disable");
    let off = key.map(|start| Span::new(off.source, start, off.end as usize));
    let test = watched.probe.test.as_ref().map(Written::entry);
    let on = off.and_then(remove);
    let away = test.and_then(remove);
    shown([("switch the check on", on), ("drop the test", away)])
}

/// The word `NONE` goes, or all that follows it.
fn either_in_list(watched: &Watched<'_>) -> Vec<Fix> {
    let Some(test) = &watched.probe.test else {
        return Vec::new();
    };
    let notation = &test.value.notation;
    let kept = match &test.value.form {
        Form::Exec(words) => Some(NewTest::Exec(words.iter().map(Draft::kept).collect())),
        Form::Shell { script, .. } => Some(NewTest::Shell(Draft::kept(script))),
        Form::Unheaded(_) => None,
    };
    let on = kept.and_then(|kept| notation.rewrite(&kept));
    let away = notation.span();
    let away = away.map(|span| Edit::replace(span, "[\"NONE\"]"));
    shown([("switch the check on", on), ("keep only `NONE`", away)])
}

fn shown(ways: [(&str, Option<Edit>); 2]) -> Vec<Fix> {
    ways.into_iter()
        .filter_map(|(title, edit)| Some(Fix::display(title, vec![edit?])))
        .collect()
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}
