//! `missing-script`: the check runs a file that nothing puts into the image.

use crate::facts::Holds;
use crate::facts::arrival::Arrival;
use crate::finding::{Finding, Fix, Severity};
use crate::rule::{Context, Rule, Script, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "missing-script",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/missing-script.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let scripts = watched.scripts.iter();
        findings.extend(scripts.filter_map(|script| judge(watched, script)));
    }
    findings
}

fn judge(watched: &Watched<'_>, script: &Script) -> Option<Finding> {
    let Arrival::Never { elsewhere } = &script.arrival else {
        return None;
    };
    let call = watched.calls.get(script.call)?;
    let word = call.words.get(script.word)?;
    let program = call.program()?;
    // What the facts know to be there is there, and what they know to be absent is a missing tool.
    let known = watched.inventory.has(&script.path).holds != Holds::Unknown;
    let decides = !watched.is_spoiled() && watched.is_spoiled_without(program);
    if known || watched.inventory.has(program).is_no() || !decides {
        return None;
    }
    let path = &script.path;
    let shown = &watched.inventory.shown;
    let why = if watched.build.is_some() {
        "no instruction puts a file there and nothing is mounted over it, so every check fails"
    } else {
        "the image brings no such file and nothing is mounted over it, so every check fails"
    };
    let message = format!("nothing puts `{path}` into {shown}");
    let mut finding = watched.finding(&RULE, Severity::Warning, word.span, message, why);
    for (path, step) in elsewhere {
        finding = finding.label(*step, format!("this puts it at `{path}`"));
    }
    let other = match &elsewhere[..] {
        [(only, _)] => Some(only),
        _ => None,
    };
    let edit = other.and_then(|other| {
        watched.replace_words(
            call,
            script.word..script.word + 1,
            std::slice::from_ref(other),
        )
    });
    let fix = edit.zip(other).map(|(edit, other)| {
        Fix::display(format!("run it where it is put: `{other}`"), vec![edit])
    });
    let help = match other {
        Some(_) => "run the file where it is put, or put it where it is looked for".to_owned(),
        None => format!("copy the file into the image (`COPY … {path}`), or mount it there"),
    };
    Some(finding.help(help).fix(fix))
}
