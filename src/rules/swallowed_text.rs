//! `swallowed-text`: YAML took a part of the command for itself, or left line ends where blanks were meant.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Command, Script, parse};
use crate::model::draft::{Draft, NewTest, Notation, YamlQuote, YamlShape};
use crate::model::probe::{Form, Platform, Test};
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span, Traced, verbatim};

/// See the page.
pub const RULE: Rule = Rule {
    name: "swallowed-text",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/swallowed-text.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let judge = |watched| judge(context, watched);
    context.watched.iter().filter_map(judge).collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let test = watched.test?;
    if watched.probe.platform != Platform::Compose {
        return None;
    }
    let Form::Shell { script, .. } = &test.value.form else {
        return None;
    };
    let Some(Command::Script { script: read, .. }) = &watched.command else {
        return None;
    };
    let text = &context.sources.get(test.span.source).text;
    tag(watched, text, test.span)
        .or_else(|| comment(watched, text, test.span, read))
        .or_else(|| lines(watched, text, &test.value, script, read))
}

/// `test: ! pgrep x`.
fn tag(watched: &Watched<'_>, text: &str, test: Span) -> Option<Finding> {
    let before = text.get(..test.start as usize)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let (_, between) = line.split_once("test:")?;
    let tag = between.trim();
    let known = ["!reset", "!override", "!!str"];
    if !tag.starts_with('!') || tag.contains(char::is_whitespace) || known.contains(&tag) {
        return None;
    }
    let start = before.rfind(tag)?;
    let span = Span::new(test.source, start, start + tag.len());
    let whole = Span::new(test.source, start, test.end as usize);
    let written = text.get(whole.range())?;
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                span,
                format!("`{tag}` never reaches the shell"),
                "at the start of a value YAML reads it as a tag, and drops it: without it the check says the opposite",
            )
            .help("put the command into quotes")
            .fix(quoted(written).map(|new| {
                Fix::safe("put the command into quotes", vec![Edit::replace(whole, new)])
            })),
    )
}

/// `test: grep -q "a #b" file`.
fn comment(watched: &Watched<'_>, text: &str, test: Span, read: &Script) -> Option<Finding> {
    // A comment behind a whole command is one.
    if read.problems.is_empty() || !is_plain_string(watched) {
        return None;
    }
    let behind = text.get(test.end as usize..)?;
    let line = behind.lines().next()?.trim_end();
    if !line.trim_start().starts_with('#') || !line.starts_with([' ', '\t']) {
        return None;
    }
    let hash = test.end as usize + line.len() - line.trim_start().len();
    let end = test.end as usize + line.len();
    let whole = Span::new(test.source, test.start as usize, end);
    let written = text.get(whole.range())?;
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                test,
                "the command stops in the middle",
                "a `#` behind a blank ends a value without quotes",
            )
            .label(
                Span::new(test.source, hash, end),
                "YAML takes this for a comment",
            )
            .help("put the whole command into quotes")
            .fix(quoted(written).map(|new| {
                Fix::safe(
                    "put the whole command into quotes",
                    vec![Edit::replace(whole, new)],
                )
            })),
    )
}

fn is_plain_string(watched: &Watched<'_>) -> bool {
    matches!(
        watched.test.map(|test| &test.value.notation),
        Some(Notation::Yaml {
            shape: YamlShape::String,
            quote: YamlQuote::Plain,
            in_flow: false,
            ..
        })
    )
}

/// In single quotes, where it stands on one line.
fn quoted(text: &str) -> Option<String> {
    (!text.contains('\n')).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A block whose line ends cut the command in pieces.
fn lines(
    watched: &Watched<'_>,
    text: &str,
    test: &Test,
    script: &Traced,
    read: &Script,
) -> Option<Finding> {
    let parts = parts(script);
    let Some(Command::Script { dialect, .. }) = &watched.command else {
        return None;
    };
    let (first, rest) = parts.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let broken = |read: &Script| !read.problems.is_empty();
    let joined = joined(script, &parts);
    let joined = parse(&joined, *dialect);
    let fragment = rest.iter().find(|line| {
        let line = line.as_str();
        ["|| ", "&& ", "| "]
            .iter()
            .any(|start| line.starts_with(start))
            || line.starts_with('-')
            || line.starts_with("http://")
            || line.starts_with("https://")
    })?;
    // A line that the one before carries on by a backslash, or that stands in quotes, is no line to the shell.
    let starts_command = watched.calls.iter().any(|call| {
        call.words
            .first()
            .is_some_and(|word| word.span.start == fragment.span().start)
    });
    if broken(&joined) || !(broken(read) || starts_command) {
        return None;
    }
    let mut draft = Draft::kept(first);
    for line in rest {
        draft = draft.then(" ").then_kept(line);
    }
    let span = test.notation.span();
    let edit = span
        .and_then(|span| folded(text, span, script))
        .or_else(|| test.notation.rewrite(&NewTest::Shell(draft)));
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                fragment.span(),
                "this line is not a part of the command before it",
                "the line end reaches the shell, and there it ends the command",
            )
            .help("join the lines: in a block that starts with `>` YAML does it, unless a line is indented further")
            .fix(edit.map(|edit| Fix::safe("join the lines", vec![edit]))),
    )
}

/// The lines that hold something, without the blanks around them.
fn parts(script: &Traced) -> Vec<Traced> {
    let text = script.as_str();
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        let end = start + line.trim().len();
        if start < end {
            found.push(script.slice(start..end));
        }
        at += line.len();
    }
    found
}

/// The script with blanks for its line ends.
fn joined(script: &Traced, parts: &[Traced]) -> Traced {
    let text = script.as_str();
    let mut decoder = script.decoder(verbatim);
    let mut at = 0;
    for (index, part) in parts.iter().enumerate() {
        let line = part.as_str();
        let Some(start) = text[at..].find(line).map(|found| at + found) else {
            continue;
        };
        if index > 0 {
            decoder.atom(at..start, " ", verbatim);
        }
        at = start + line.len();
        decoder.copy(start..at, verbatim);
    }
    decoder.finish()
}

/// `>` for `|`, where no line is indented further than the first.
fn folded(text: &str, span: Span, script: &Traced) -> Option<Edit> {
    let even = script
        .as_str()
        .lines()
        .all(|line| !line.starts_with([' ', '\t']) && !line.trim().is_empty());
    let start = span.start as usize;
    (even && text.get(start..)?.starts_with('|'))
        .then(|| Edit::replace(Span::new(span.source, start, start + 1), ">"))
}
