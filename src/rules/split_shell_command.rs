//! `split-shell-command`: `CMD-SHELL` takes one string; all that follows is lost.

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::{Draft, NewTest, is_operator};
use crate::model::probe::Form;
use crate::rule::{Context, Rule};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "split-shell-command",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/split-shell-command.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Shell {
            script, dropped, ..
        } = &test.value.form
        else {
            continue;
        };
        let (Some(first), Some(last)) = (dropped.first(), dropped.last()) else {
            continue;
        };
        let mut words: Vec<Traced> = vec![script.clone()];
        words.extend(dropped.iter().cloned());
        let needs_shell = words
            .iter()
            .any(|word| is_operator(word.as_str()) || word.as_str().contains(['$', '`']))
            || script.as_str().contains(char::is_whitespace);
        let new = if needs_shell {
            // The script itself may be more than one word; what follows are words.
            Draft::command_line(dropped)
                .map(|rest| NewTest::Shell(Draft::kept(script).then(" ").followed_by(rest)))
        } else {
            Some(NewTest::Exec(words.iter().map(Draft::kept).collect()))
        };
        let title = if needs_shell {
            "join the words into one string"
        } else {
            "run the words without a shell"
        };
        let edit = new.and_then(|new| test.value.notation.rewrite(&new));
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Error,
                    first.span().join(last.span()),
                    format!(
                        "the shell runs only `{}`; the rest of the list is lost",
                        script.shown()
                    ),
                    "`CMD-SHELL` runs its first string; the shell takes these as `$0`, `$1` and so on",
                )
                .help(if needs_shell {
                    "write the whole command as one string after `CMD-SHELL`"
                } else {
                    "write `CMD` in place of `CMD-SHELL`: this command needs no shell"
                })
                .fix(edit.map(|edit| Fix::safe(title, vec![edit]))),
        );
    }
    findings
}
