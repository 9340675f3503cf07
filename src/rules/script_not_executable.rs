//! `script-not-executable`: the script is in the image, and nothing can start it there.

use crate::facts::arrival::{Arrival, Copied};
use crate::facts::barred::{Barred, by_interpreter};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::Outcome;
use crate::rule::{Context, Rule, Script, Watched};
use crate::text::{Edit, Sources, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "script-not-executable",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/script-not-executable.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let never = watched.outcome.as_ref().is_some_and(Outcome::never_zero);
        let scripts = watched.scripts.iter().filter(|_| never);
        findings.extend(scripts.filter_map(|script| judge(context.sources, watched, script)));
    }
    findings
}

fn judge(sources: &Sources, watched: &Watched<'_>, script: &Script) -> Option<Finding> {
    let Arrival::Copied(copied) = &script.arrival else {
        return None;
    };
    let call = watched.calls.get(script.call)?;
    let word = call.words.first()?;
    let program = word.literal().filter(|_| script.word == 0)?;
    let barred = watched.inventory.barred(program)?;
    let (message, why) = words(watched, barred, program, copied);
    let finding = watched.finding(&RULE, Severity::Error, word.span, message, why);
    let finding = finding.label(copied.step, format!("this copies `{}`", copied.source));
    Some(match barred {
        Barred::Permission => finding
            .help(format!(
                "give it the permission where it is copied, or in git: `git update-index --chmod=+x {}`",
                copied.source
            ))
            .fix(permitted(sources, copied).or_else(|| handed_over(watched, call, script, copied))),
        Barred::CarriageReturn { .. } => finding.help(format!(
            "save `{}` with LF at the end of each line, and say `*.sh text eol=lf` in .gitattributes so that it stays so",
            copied.source
        )),
        Barred::NoFirstLine => finding
            .help("begin the file with `#!/bin/sh`, with nothing before it, or let a shell run it")
            .fix(handed_over(watched, call, script, copied)),
        Barred::NoInterpreter { program, .. } => finding.help(format!(
            "write the script for what the image has, or put `{program}` into the image"
        )),
    })
}

fn words(
    watched: &Watched<'_>,
    barred: &Barred,
    program: &str,
    copied: &Copied,
) -> (String, String) {
    match barred {
        Barred::Permission if copied.chmod.is_some() => (
            format!("nobody may execute `{program}`"),
            "the mode that it is copied with has no `x`, so every check ends with \"permission denied\"".to_owned(),
        ),
        Barred::Permission => (
            format!("nobody may execute `{program}`"),
            "the file has no execute permission and COPY keeps it so: every check ends with \"permission denied\""
                .to_owned(),
        ),
        Barred::CarriageReturn { line } => (
            format!("`{program}` begins with `{line}` and a carriage return"),
            "its lines end as on Windows, and the system looks for a program whose name ends with a carriage return: \
             every check ends with \"no such file or directory\""
                .to_owned(),
        ),
        Barred::NoFirstLine => (
            format!("`{program}` does not begin with `#!`"),
            "no shell starts it here, so the system does not know what should read it: every check ends with \"exec \
             format error\""
                .to_owned(),
        ),
        Barred::NoInterpreter { line, program: absent } => (
            format!(
                "`{program}` begins with `{line}`, and {} has no `{absent}`",
                watched.inventory.shown
            ),
            format!("`{absent}` should read the script and is not there, so every check fails"),
        ),
    }
}

/// The mode said where the file is copied, where nothing else comes with it.
fn permitted(sources: &Sources, copied: &Copied) -> Option<Fix> {
    if !copied.alone {
        return None;
    }
    let edit = if let Some(mode) = &copied.chmod {
        mode.replace(0..mode.len(), "755")?
    } else {
        let written = sources.slice(copied.step);
        let keyword = written.find(|c: char| !c.is_ascii_alphabetic())?;
        let is_copy = |name: &str| written[..keyword].eq_ignore_ascii_case(name);
        // What another stage's ONBUILD brings is written there.
        if !is_copy("COPY") && !is_copy("ADD") {
            return None;
        }
        let start = copied.step.start as usize;
        let keyword = Span::new(copied.step.source, start, start + keyword);
        Edit::insert_after(keyword, " --chmod=755")
    };
    Some(Fix::safe("let everybody execute it", vec![edit]))
}

/// The call with the script as a word for what can read it.
fn handed_over(
    watched: &Watched<'_>,
    call: &Call,
    script: &Script,
    copied: &Copied,
) -> Option<Fix> {
    // A shell finds no script by its name alone.
    let path = call.program().filter(|program| program.contains('/'));
    let path = path.unwrap_or(&script.path);
    let mut words = by_interpreter(&copied.seen, path)?;
    let reader = words.first()?.clone();
    let has = |program: &str| watched.inventory.has(program).is_yes();
    let there = has(&reader) || reader == "sh" && has("/bin/sh");
    if !there {
        return None;
    }
    words.push(path.to_owned());
    let edit = watched.replace_words(call, 0..1, &words)?;
    Some(Fix::safe(format!("let `{reader}` run it"), vec![edit]))
}
