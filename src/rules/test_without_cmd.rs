//! `test-without-cmd`: a test list must say how it is run before it says what.

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::{Draft, NewTest, is_operator};
use crate::model::probe::Form;
use crate::rule::{Context, Rule};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "test-without-cmd",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/test-without-cmd.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Unheaded(words) = &test.value.form else {
            continue;
        };
        let Some(first) = words.first() else { continue };
        // A word that somebody else fills in may well be `CMD`.
        let Some(text) = first.known() else { continue };
        let meant = ["CMD", "CMD-SHELL", "NONE"]
            .into_iter()
            .find(|keyword| keyword.eq_ignore_ascii_case(&text.replace('_', "-")));
        let (message, help, edit) = if let Some(keyword) = meant {
            (
                format!("`{text}` is not the word that Compose knows"),
                format!("write `{keyword}`"),
                first.replace(0..first.len(), keyword),
            )
        } else {
            let (keyword, new) = rewritten(words);
            (
                format!(
                    "the test list starts with `{}`, not with `CMD`",
                    first.shown()
                ),
                format!("put `{keyword}` in front"),
                new.and_then(|new| test.value.notation.rewrite(&new)),
            )
        };
        // compose-go's `checkConsistency` looks only at the services that are switched on.
        let (severity, why) = match watched.service.and_then(|service| service.profiles.first()) {
            None => (
                Severity::Error,
                "Compose takes the first item for the way to run the rest, and refuses the file"
                    .to_owned(),
            ),
            Some(profile) => (
                Severity::Warning,
                format!(
                    "Compose takes the first item for the way to run the rest, and refuses the file once profile `{profile}` is on"
                ),
            ),
        };
        // An empty word has no bytes to point at.
        let span = if first.is_empty() {
            test.span
        } else {
            first.span()
        };
        findings.push(
            watched
                .finding(&RULE, severity, span, message, why)
                .help(help.clone())
                .fix(edit.map(|edit| Fix::safe(help, vec![edit]))),
        );
    }
    findings
}

/// One string with blanks, or words with operators, were meant for a shell; other words were not.
fn rewritten(words: &[Traced]) -> (&'static str, Option<NewTest>) {
    if let [only] = words
        && only.as_str().contains(char::is_whitespace)
    {
        return ("CMD-SHELL", Some(NewTest::Shell(Draft::kept(only))));
    }
    if words.iter().any(|word| is_operator(word.as_str())) {
        return ("CMD-SHELL", Draft::command_line(words).map(NewTest::Shell));
    }
    let words = words.iter().map(Draft::kept).collect();
    ("CMD", Some(NewTest::Exec(words)))
}
