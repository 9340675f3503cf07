//! `command-in-one-word`: without a shell, nobody takes a string apart.

use crate::facts::Shell;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command;
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "command-in-one-word",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/command-in-one-word.md"),
    last_resort: false,
    check,
};

/// Clients that refuse a long option which holds a blank.
const STRICT: &[&str] = &[
    "curl",
    "wget",
    "mysqladmin",
    "mariadb-admin",
    "mysql",
    "mariadb",
    "pg_isready",
    "psql",
    "grep",
    "redis-cli",
    "valkey-cli",
    "rabbitmq-diagnostics",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Exec(words) = &test.value.form else {
            continue;
        };
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        if is_command_line(program.as_str()) {
            findings.push(whole_command(watched, words));
            continue;
        }
        let name = command::base(program.as_str());
        if !STRICT.contains(&name) {
            continue;
        }
        if let Some(at) = arguments.iter().position(is_option_and_value) {
            findings.push(two_in_one(watched, words, at + 1));
        }
    }
    findings
}

/// `["CMD", "curl -f http://…"]`.
fn whole_command(watched: &Watched<'_>, words: &[Traced]) -> Finding {
    let program = &words[0];
    let text = program.as_str();
    let needs_shell = text.contains(['|', '&', ';', '>', '<', '$', '`', '"', '\'', '\\', '*'])
        || text.contains(['(', ')', '{', '}']);
    let split = || -> Option<Vec<Draft>> {
        let mut parts: Vec<Draft> = Vec::new();
        let mut at = 0;
        for part in text.split_whitespace() {
            let start = at + text[at..].find(part)?;
            at = start + part.len();
            parts.push(Draft::kept(&program.slice(start..at)));
        }
        parts.extend(words[1..].iter().map(Draft::kept));
        Some(parts)
    };
    let (title, new) = if needs_shell {
        let new = match words {
            [only] => Some(NewTest::Shell(Draft::kept(only))),
            _ => None,
        };
        ("run it with the shell", new)
    } else {
        ("split it into words", split().map(NewTest::Exec))
    };
    let edit = watched
        .test
        .zip(new)
        .filter(|_| !needs_shell || watched.inventory.shell() != Shell::None)
        .and_then(|(test, new)| test.value.notation.rewrite(&new));
    watched
        .finding(
            &RULE,
            Severity::Error,
            program.span(),
            format!("there is no program called `{}`", program.shown()),
            "`CMD` runs no shell that would split it: the whole string is taken for a file name",
        )
        .help(if needs_shell {
            "write `CMD-SHELL` in front of a command line"
        } else {
            "put each word into a string of its own"
        })
        .fix(edit.map(|edit| Fix::safe(title, vec![edit])))
}

/// `"--protocol tcp"`.
fn two_in_one(watched: &Watched<'_>, words: &[Traced], at: usize) -> Finding {
    let word = &words[at];
    let text = word.as_str();
    let blank = text.find(' ').unwrap_or(text.len());
    let value = text[blank..].trim_start();
    let parts = words.iter().enumerate().flat_map(|(index, each)| {
        if index == at {
            vec![
                Draft::kept(&each.slice(0..blank)),
                Draft::kept(&each.slice(text.len() - value.len()..text.len())),
            ]
        } else {
            vec![Draft::kept(each)]
        }
    });
    let edit = watched
        .test
        .and_then(|test| test.value.notation.rewrite(&NewTest::Exec(parts.collect())));
    watched
        .finding(
            &RULE,
            Severity::Error,
            word.span(),
            format!("`{}` is one argument, not two", word.shown()),
            format!(
                "`{}` knows no option of that name, blank and all, and gives up",
                words[0].shown()
            ),
        )
        .help("put the option and its value into strings of their own")
        .fix(edit.map(|edit| Fix::safe("split it into two words", vec![edit])))
}

/// A program with blanks that cannot be a path with blanks.
fn is_command_line(program: &str) -> bool {
    let mut parts = program.split_whitespace();
    let Some(first) = parts.next() else {
        return false;
    };
    let path = first.contains('/');
    let mut rest = parts.peekable();
    rest.peek().is_some()
        && (!path || rest.any(|part| part.starts_with('-') || part.contains("://") || part == "||"))
}

/// `--option value`, where only the option's own text comes before the blank.
fn is_option_and_value(word: &Traced) -> bool {
    let Some((option, value)) = word.as_str().split_once(' ') else {
        return false;
    };
    option.len() > 3
        && option.starts_with("--")
        && option[2..]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !value.trim().is_empty()
}
