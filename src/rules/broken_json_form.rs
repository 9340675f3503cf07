//! `broken-json-form`: text that starts like JSON but is none becomes a shell command.

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "broken-json-form",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/broken-json-form.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Shell {
            script,
            not_json: Some((culprit, reason)),
            ..
        } = &test.value.form
        else {
            continue;
        };
        if is_test_command(script.as_str()) {
            continue;
        }
        let repaired = repaired(script.as_str());
        let edit = repaired.as_ref().and_then(|new| {
            let new = match new {
                Repaired::Exec(words) => NewTest::Exec(words.iter().map(Draft::text).collect()),
                Repaired::Shell(text) => NewTest::Shell(Draft::text(text)),
            };
            test.value.notation.rewrite(&new)
        });
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Error,
                    *culprit,
                    "this looks like a JSON list but is not one",
                    format!("{reason}, so the whole text goes to `/bin/sh -c`, which looks for a command called `[…`"),
                )
                .help("write a JSON list with double quotes and nothing behind the bracket, or a plain command line")
                .fix(edit.map(|edit| {
                    let title = match repaired {
                        Some(Repaired::Shell(_)) => "write it as a plain command line",
                        _ => "write valid JSON",
                    };
                    Fix::safe(title, vec![edit])
                })),
        );
    }
    findings
}

/// `[ … ]` as the shell's own test command: its first word is exactly `[`, and a matching `]` follows.
fn is_test_command(script: &str) -> bool {
    let mut words = script.split_whitespace();
    words.next() == Some("[") && words.any(|word| matches!(word.trim_end_matches([';', ')']), "]"))
}

/// What was meant.
enum Repaired {
    Exec(Vec<String>),
    Shell(String),
}

/// Reads the list generously: any kind of quotes, missing or doubled commas, a missing bracket.
fn repaired(script: &str) -> Option<Repaired> {
    let body = script.strip_prefix('[')?;
    let mut words = Vec::new();
    let mut rest = body.trim_start();
    let behind = loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            break "";
        }
        if let Some(after) = rest.strip_prefix(']') {
            break after;
        }
        let open = rest.chars().next()?;
        let close = match open {
            '"' => Some('"'),
            '\'' => Some('\''),
            '“' | '”' => Some('”'),
            '‘' | '’' => Some('’'),
            _ => None,
        };
        let (word, after) = if let Some(close) = close {
            let inner = &rest[open.len_utf8()..];
            let end = inner.find(close)?;
            (&inner[..end], &inner[end + close.len_utf8()..])
        } else {
            let end = rest.find([',', ']'])?;
            (rest[..end].trim_end(), &rest[end..])
        };
        // An escape inside means that nobody can tell what was meant.
        if word.contains('\\') {
            return None;
        }
        words.push(word.to_owned());
        rest = after;
    };
    let behind = behind.trim();
    if words.is_empty() || words[0].is_empty() {
        return None;
    }
    if behind.is_empty() || behind.starts_with('#') || behind == "," {
        return Some(Repaired::Exec(words));
    }
    // `[…] || exit 1`: the list was meant as the command in front of the operator.
    let operator = behind.starts_with("||") || behind.starts_with("&&") || behind.starts_with(';');
    if operator
        && words
            .iter()
            .all(|word| !word.contains(['\'', ' ', '$', '"']))
    {
        return Some(Repaired::Shell(format!("{} {behind}", words.join(" "))));
    }
    None
}
