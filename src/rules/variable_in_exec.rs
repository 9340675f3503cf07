//! `variable-in-exec`: a variable that no shell is there to read.

use std::ops::Range;

use crate::facts::Shell;
use crate::finding::{Finding, Fix, Severity};
use crate::model::build::Action;
use crate::model::command;
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};
use crate::text::Span;

/// See the page.
pub const RULE: Rule = Rule {
    name: "variable-in-exec",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/variable-in-exec.md"),
    last_resort: false,
    check,
};

/// Programs that read their arguments as code or patterns, where a dollar sign has a meaning of its own.
const READERS: &[&str] = &[
    "sh",
    "bash",
    "ash",
    "dash",
    "zsh",
    "ksh",
    "busybox",
    "python",
    "python3",
    "node",
    "perl",
    "ruby",
    "php",
    "lua",
    "deno",
    "bun",
    "mongosh",
    "mongo",
    "jq",
    "yq",
    "awk",
    "gawk",
    "mawk",
    "sed",
    "grep",
    "egrep",
    "expr",
    "psql",
    "pwsh",
    "powershell",
    "cmd",
    "eval",
    "envsubst",
    "mosquitto_sub",
    "mosquitto_pub",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(test) = watched.test else { continue };
        let Form::Exec(words) = &test.value.form else {
            continue;
        };
        // A wrapper such as `timeout 5 sh -c` hands the text on to a reader.
        let read = words.iter().any(|word| {
            let name = command::base(word.as_str());
            READERS.contains(&name)
        });
        // A whole command line in the place of the program has another fault.
        let line = words
            .first()
            .is_some_and(|word| word.as_str().contains(' '));
        if read || line {
            continue;
        }
        let found = words.iter().find_map(|word| {
            let (range, name) = variable(word.as_str())?;
            let defined = definition(watched, name)?;
            Some((word.span_of(range), name, defined))
        });
        let Some((span, name, defined)) = found else {
            continue;
        };
        let shell = watched.inventory.shell();
        let edit = Draft::command_line(words)
            .filter(|_| shell != Shell::None)
            .and_then(|line| test.value.notation.rewrite(&NewTest::Shell(line)));
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Error,
                    span,
                    format!("`${name}` stays `${name}`: no shell fills it in"),
                    format!(
                        "`{}` is run without a shell and gets these very characters",
                        words[0].shown()
                    ),
                )
                .label(defined, format!("`{name}` gets its value here"))
                .help("run the command with a shell, or write the value itself")
                .fix(edit.map(|edit| {
                    let title = "run it with the shell";
                    if shell == Shell::Unknown {
                        Fix::risky(title, vec![edit])
                    } else {
                        Fix::safe(title, vec![edit])
                    }
                })),
        );
    }
    findings
}

/// The first `$NAME` or `${NAME}` in the text, with its place.
fn variable(text: &str) -> Option<(Range<usize>, &str)> {
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let (name_start, braced) = match rest.strip_prefix('{') {
            Some(_) => (at + 2, true),
            None => (at + 1, false),
        };
        let name: &str = {
            let tail = &text[name_start..];
            let end = tail
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(tail.len());
            &tail[..end]
        };
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let end = name_start + name.len();
        return Some((
            at..end + usize::from(braced && text[end..].starts_with('}')),
            name,
        ));
    }
    None
}

/// Where the service or the local image gives the name a value.
fn definition(watched: &Watched<'_>, name: &str) -> Option<Span> {
    let own = watched.service.and_then(|service| {
        let entry = service
            .environment
            .iter()
            .find(|entry| entry.name == name)?;
        Some(entry.span)
    });
    own.or_else(|| {
        let (build, stage) = watched.build?;
        build.chain(stage).into_iter().find_map(|index| {
            let steps = &build.stages.get(index)?.steps;
            steps.iter().find_map(|step| match &step.action {
                Action::Env(entries) => entries
                    .iter()
                    .any(|(entry, _)| entry == name)
                    .then_some(step.span),
                _ => None,
            })
        })
    })
}
