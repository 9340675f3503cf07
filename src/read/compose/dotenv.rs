//! `.env` files, as compose-go's `dotenv` package reads them: names and values, quotes, comments, variables.

use std::collections::BTreeMap;

use crate::syntax::interpolation::interpolate;
use crate::text::{Filling, HOLE, SourceId, Span, Traced};

/// Adds what `text` sets to `known`; a name that is already there keeps its value, and names of it may be used.
///
/// A line that cannot be read is left out: it is no business of a health check.
pub(super) fn add(text: &str, known: &mut BTreeMap<String, String>) {
    let mut own: BTreeMap<String, String> = BTreeMap::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = match head(rest) {
            Head::Skip(next) => {
                rest = next;
                continue;
            }
            Head::Name(name, after) => (name, after),
        };
        let (value, next) = value(after);
        let value = match value {
            Raw::Literal(value) => value,
            Raw::Expand(value) => {
                let looked_up = |name: &str| known.get(name).or_else(|| own.get(name)).cloned();
                expand(&value, &looked_up)
            }
        };
        own.insert(name.to_owned(), value);
        rest = next;
    }
    for (name, value) in own {
        known.entry(name).or_insert(value);
    }
}

enum Head<'a> {
    Skip(&'a str),
    Name(&'a str, &'a str),
}

enum Raw {
    Literal(String),
    Expand(String),
}

/// The name at the start of a line and what follows its `=`.
fn head(rest: &str) -> Head<'_> {
    let (line, next) = rest.split_once('\n').unwrap_or((rest, ""));
    let trimmed = line.trim_start();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Head::Skip(next);
    }
    let trimmed = trimmed
        .strip_prefix("export ")
        .map_or(trimmed, str::trim_start);
    let Some(at) = trimmed.find(['=', ':']) else {
        return Head::Skip(next);
    };
    let name = trimmed[..at].trim_end();
    let fits = |letter: char| {
        letter == '_' || letter == '.' || letter == '-' || letter.is_ascii_alphanumeric()
    };
    if name.is_empty() || !name.chars().all(fits) {
        return Head::Skip(next);
    }
    let offset = line.len() - trimmed.len() + at + 1;
    Head::Name(name, &rest[offset..])
}

/// The value behind a `=`, and the text behind its line.
fn value(rest: &str) -> (Raw, &str) {
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = &rest[blank..];
    for (quote, expands) in [('\'', false), ('"', true)] {
        let Some(inner) = rest.strip_prefix(quote) else {
            continue;
        };
        let Some(end) = closing(inner, quote) else {
            continue;
        };
        let text = &inner[..end];
        let after = &inner[end + 1..];
        let next = after.split_once('\n').map_or("", |(_, next)| next);
        let raw = if expands {
            Raw::Expand(unescape(text))
        } else {
            Raw::Literal(text.to_owned())
        };
        return (raw, next);
    }
    let (line, next) = rest.split_once('\n').unwrap_or((rest, ""));
    let comment = line
        .char_indices()
        .find(|(at, letter)| *letter == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
    let line = comment.map_or(line, |(at, _)| &line[..at]);
    (Raw::Expand(line.trim().to_owned()), next)
}

fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == quote && !escaped {
            return Some(at);
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(quoted @ ('"' | '\\')) => out.push(quoted),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// `$NAME` and `${NAME}` with their simple modifiers; what is unset is empty.
fn expand(text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let traced = Traced::source(Span::new(SourceId(0), 0, text.len()), text);
    let look_up = |name: &str| {
        let value = look_up(name).unwrap_or_default();
        Some((value, Filling::Environment)).filter(|(value, _)| !value.is_empty())
    };
    let found = interpolate(&traced, &look_up);
    found.text.as_str().replace(HOLE, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let mut known = BTreeMap::from([("OUTSIDE".to_owned(), "kept".to_owned())]);
        let text = "\u{feff}# comment\nA=1\nexport B = two words # no\nC='$A ${B}'\nD=\"x\\n$A\"\r\n\
                    E=${A}${NOPE}-${B:-d}\nOUTSIDE=lost\n=bad\nF=a#b\nG=\nH=\"two\nlines\"\nnonsense\nI: yaml\n";
        add(text, &mut known);
        let value = |name: &str| known.get(name).map(String::as_str);
        assert_eq!(value("A"), Some("1"));
        assert_eq!(value("B"), Some("two words"));
        assert_eq!(value("C"), Some("$A ${B}"));
        assert_eq!(value("D"), Some("x\n1"));
        assert_eq!(value("E"), Some("1-two words"));
        assert_eq!(value("OUTSIDE"), Some("kept"));
        assert_eq!(value("F"), Some("a#b"));
        assert_eq!(value("G"), Some(""));
        assert_eq!(value("H"), Some("two\nlines"));
        assert_eq!(value("I"), Some("yaml"));
    }
}
