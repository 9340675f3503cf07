//! `invalid-healthcheck`: whatever else the engine rejects about a health check.

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::{Draft, NewTest, Notation};
use crate::model::probe::{Form, Platform};
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "invalid-healthcheck",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/invalid-healthcheck.md"),
    last_resort: false,
    check,
};

/// Longer texts, in bytes, are only pointed at.
const LONGEST: usize = 60;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = context.watched.iter().filter_map(word_as_program).collect();
    findings.extend(rejected(context));
    findings
}

/// `test: NONE`, `test: CMD curl …`, `HEALTHCHECK CMD ["CMD-SHELL", …]`: the word has its meaning only as the first of
/// a Compose list. Everywhere else it is the name of a program, and there is none.
fn word_as_program(watched: &Watched<'_>) -> Option<Finding> {
    let test = watched.test?;
    let (text, in_list) = match &test.value.form {
        Form::Exec(words) if watched.probe.platform == Platform::Dockerfile => {
            (words.first()?, true)
        }
        Form::Shell { script, .. } => (script, false),
        _ => return None,
    };
    let start = text.len() - text.as_str().trim_start().len();
    let word = text.as_str().split_whitespace().next()?;
    let end = start + word.len();
    let rest = text.as_str().get(end..)?;
    let alone = word == "NONE" && rest.trim().is_empty();
    let before = matches!(word, "CMD" | "CMD-SHELL");
    if !alone && !before {
        return None;
    }
    let notation = &test.value.notation;
    let (help, edit) = match (word, &test.value.form) {
        ("NONE", _) => {
            let span = match notation {
                Notation::Yaml { span, .. } => Some(*span),
                _ => None,
            };
            let edit = span.map(|span| Edit::replace(span, "[\"NONE\"]"));
            (
                "to switch the check off, write `[\"NONE\"]` in Compose and `HEALTHCHECK NONE` in a Dockerfile",
                edit,
            )
        }
        (_, Form::Exec(words)) => {
            let rest = words.get(1..)?;
            let new = match (word, rest) {
                ("CMD-SHELL", [script]) => Some(NewTest::Shell(Draft::kept(script))),
                ("CMD", [_, ..]) => Some(NewTest::Exec(rest.iter().map(Draft::kept).collect())),
                _ => None,
            };
            (
                "leave it out: the instruction has its own `CMD`",
                new.and_then(|new| notation.rewrite(&new)),
            )
        }
        _ => {
            let next = end + rest.len() - rest.trim_start().len();
            let edit = text.replace(start..next, "");
            ("leave it out: text is always run by the shell", edit)
        }
    };
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                text.span_of(start..end),
                format!("`{word}` is taken for the name of a program"),
                if in_list {
                    "in a Dockerfile every word of the list is a part of the command, and there is no such program"
                } else {
                    "text is handed to the shell as it is, and there is no such program"
                },
            )
            .help(help)
            .fix(edit.map(|edit| Fix::safe("write what was meant", vec![edit]))),
    )
}

/// What the readers met.
fn rejected(context: &Context<'_>) -> Vec<Finding> {
    context
        .rejected()
        .filter_map(|rejected| {
            let mut finding = match rejected.kind {
                RejectedKind::Other => {
                    let text = context.sources.slice(rejected.span);
                    let message = if text.is_empty() || text.len() > LONGEST || text.contains('\n')
                    {
                        "the engine rejects this health check".to_owned()
                    } else {
                        format!("the engine rejects `{text}`")
                    };
                    let finding = Finding::new(
                        RULE.name,
                        Severity::Error,
                        rejected.span,
                        message,
                        rejected.reason.clone(),
                    );
                    match remedy(&rejected.reason) {
                        Some(help) => finding.help(help),
                        None => finding,
                    }
                }
                RejectedKind::UntypedItem => {
                    let text = context.sources.slice(rejected.span);
                    Finding::new(
                        RULE.name,
                        Severity::Error,
                        rejected.span,
                        format!("`{text}` is not a string, and a test list takes only strings"),
                        rejected.reason.clone(),
                    )
                    .help("put it in quotes")
                    .fix(quoted(text).map(|new| {
                        Fix::safe("put it in quotes", vec![Edit::replace(rejected.span, new)])
                    }))
                }
                _ => return None,
            };
            finding.service.clone_from(&rejected.service);
            Some(finding)
        })
        .collect()
}

/// What to do, by words of the engine's reason.
const REMEDIES: &[(&str, &str)] = &[
    (
        "no command",
        "write the command behind it; to switch the check off, `[\"NONE\"]` is the word",
    ),
    (
        "Missing command",
        "write the command behind `CMD`; `HEALTHCHECK NONE` switches the check of the base image off",
    ),
    (
        "Unknown type \"CMD-SHELL\"",
        "write `CMD` in its place: a Dockerfile has no other word for it",
    ),
    ("Unknown type", "write `CMD` in front of the command"),
    (
        "takes no arguments",
        "write `NONE` alone, or `CMD` in its place",
    ),
    (
        "must be a mapping",
        "put `test:` and the other settings below it, or take it out",
    ),
    (
        "test must be a string",
        "write a string, or a list that starts with `CMD` or `CMD-SHELL`",
    ),
    ("retries", "write a whole number: 3 is the default"),
    ("parsing", "write a whole number: 3 is the default"),
    ("overflows", "write a whole number: 3 is the default"),
    ("boolean", "write `true` or `false`"),
    ("uplicate", "keep one of the two"),
    ("already defined", "keep one of the two"),
    (
        "requires at least",
        "write `CMD` and a command behind it, or `NONE`",
    ),
];

fn remedy(reason: &str) -> Option<&'static str> {
    let said = |(words, _): &&(&str, &str)| reason.contains(words);
    REMEDIES.iter().find(said).map(|(_, help)| *help)
}

/// A number or a word in quotes; a mapping or a list is nothing that quotes would mend.
fn quoted(text: &str) -> Option<String> {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
        .then(|| format!("\"{text}\""))
}
