//! Variables in the words of a Dockerfile, as BuildKit's `shell.Lex` finds them and fills them in.

use std::ops::Range;

use crate::text::{Around, Filling, Traced, Variable};

/// What is known of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// This text, from the file itself or from the environment.
    Known(String, Filling),
    /// Set by somebody, to something nobody here knows.
    Unknown,
    /// Not set here, but whoever builds may set it: a default counts, the bare name is unknown.
    Open,
    /// Certainly not set.
    Unset,
}

/// What the expansion makes of a stretch of the word.
enum Event<'a> {
    Copy(Range<usize>),
    Atom(Range<usize>, &'a str),
    Variable(Range<usize>, Found),
}

/// One variable and what it came to; None where nobody knows.
struct Found {
    name: String,
    value: Option<String>,
    filling: Filling,
}

/// A word without quotes and escapes, its variables filled in (`Lex.ProcessWord`).
///
/// None where BuildKit rejects the word: an open quote, a broken `${…}`, or `${X:?…}` without a value.
pub fn expand(word: &Traced, escape: char, lookup: &dyn Fn(&str) -> Value) -> Option<Traced> {
    let text = word.as_str();
    let mut decoder = word.decoder(plain);
    walk(text, escape, lookup, 0, &mut |event| match event {
        Event::Copy(range) => decoder.copy(range, plain),
        Event::Atom(range, text) => decoder.atom(range, text, plain),
        Event::Variable(range, mut found) => {
            if decoder.so_far().len() > LARGEST {
                found.value = None;
                found.filling = Filling::Unknown;
            }
            let variable = Variable {
                shown: text.get(range.clone()).unwrap_or_default().to_owned(),
                name: Some(found.name),
                filling: found.filling,
            };
            decoder.variable(range, variable, found.value.as_deref(), plain);
        }
    })?;
    Some(decoder.finish())
}

/// Text that means itself, quoted or not.
fn plain(new: &str, _: Around<'_>) -> Option<String> {
    (!new.contains(['$', '\'', '"', '\\', '`'])).then(|| new.to_owned())
}

fn walk(
    text: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Value,
    depth: usize,
    sink: &mut dyn FnMut(Event<'_>),
) -> Option<()> {
    let mut at = 0;
    let mut quoted = false;
    while let Some(ch) = text.get(at..)?.chars().next() {
        let next = at + ch.len_utf8();
        at = match ch {
            '\'' if !quoted => {
                let end = next + text.get(next..)?.find('\'')?;
                sink(Event::Copy(next..end));
                end + 1
            }
            '"' => {
                quoted = !quoted;
                next
            }
            '$' => dollar(text, at, escape, lookup, depth, sink)?,
            _ if ch == escape => {
                let escaped = text.get(next..)?.chars().next();
                let kept =
                    quoted && !escaped.is_some_and(|it| it == '"' || it == '$' || it == escape);
                match escaped {
                    _ if kept => {
                        sink(Event::Copy(at..next));
                        next
                    }
                    Some(it) => {
                        let end = next + it.len_utf8();
                        sink(Event::Atom(at..end, text.get(next..end)?));
                        end
                    }
                    None => next,
                }
            }
            _ => {
                sink(Event::Copy(at..next));
                next
            }
        };
    }
    (!quoted).then_some(())
}

/// The `$…` at `at`; returns where it ends.
fn dollar(
    text: &str,
    at: usize,
    escape: char,
    lookup: &dyn Fn(&str) -> Value,
    depth: usize,
    sink: &mut dyn FnMut(Event<'_>),
) -> Option<usize> {
    let end = dollar_end(text, at, escape, depth)?;
    let rest = text.get(at + 1..end)?;
    let inner = rest
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let body = inner.unwrap_or(rest);
    let (name, modifier) = body.split_at(name_len(body).min(body.len()));
    if name.is_empty() && inner.is_none() {
        sink(Event::Copy(at..end));
        return Some(end);
    }
    let (colon, modifier) = match modifier.strip_prefix(':') {
        Some(modifier) => (true, modifier),
        None => (false, modifier),
    };
    let given = lookup(name);
    let missing = match &given {
        Value::Known(text, _) => Some(colon && text.is_empty()),
        Value::Unset => Some(true),
        Value::Open | Value::Unknown => None,
    };
    let mut chars = modifier.chars();
    let kind = chars.next();
    let word = || resolve(chars.as_str(), escape, lookup, depth + 1);
    let nothing = (Some(String::new()), Filling::Default);
    let plain = match &given {
        Value::Known(text, filling) => (Some(text.clone()), *filling),
        Value::Unset => nothing.clone(),
        Value::Open | Value::Unknown => (None, Filling::Unknown),
    };
    let (value, filling) = match (kind, missing) {
        (None, _) | (Some('-' | '?'), Some(false)) => plain,
        (Some('-'), Some(true)) | (Some('+'), Some(false)) => word()?,
        (Some('-'), None) if given == Value::Open => word()?,
        (Some('+'), Some(true)) => nothing,
        (Some('?'), Some(true)) => return None,
        // Patterns (`#`, `%`, `/`) are not played through.
        _ => (None, Filling::Unknown),
    };
    let found = Found {
        name: name.to_owned(),
        value,
        filling,
    };
    sink(Event::Variable(at..end, found));
    Some(end)
}

/// The text of the word inside `${X:-word}`.
fn resolve(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Value,
    depth: usize,
) -> Option<(Option<String>, Filling)> {
    let mut out = Some(String::new());
    let mut filling = Filling::Default;
    walk(word, escape, lookup, depth, &mut |event| {
        let part = match event {
            Event::Copy(range) => word.get(range).map(str::to_owned),
            Event::Atom(_, text) => Some(text.to_owned()),
            Event::Variable(_, found) => {
                if found.filling == Filling::Environment {
                    filling = Filling::Environment;
                }
                found.value
            }
        };
        out = out.take().zip(part).map(|(out, part)| out + &part);
        out = out.take().filter(|out| out.len() <= LARGEST);
    })?;
    if out.is_none() {
        filling = Filling::Unknown;
    }
    Some((out, filling))
}

/// How deep `${a:-${b:-…}}` is followed.
const DEEPEST: usize = 64;

/// How many bytes an expansion fills in before the rest counts as unknown: `ENV A=$A$A` doubles with each line.
const LARGEST: usize = 65_536;

/// Where the double-quoted part that opens at `at` ends; None where the splitter gives up.
pub(super) fn double_quote_end(text: &str, at: usize, escape: char) -> Option<usize> {
    quote_end(text, at, escape, 0)
}

fn quote_end(text: &str, at: usize, escape: char, depth: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        let ch = text.get(at..)?.chars().next()?;
        at = match ch {
            '"' => return Some(at + 1),
            '$' => dollar_end(text, at, escape, depth)?,
            _ if ch == escape => {
                let escaped = text.get(at + 1..)?.chars().next();
                let skipped = escaped.filter(|ch| matches!(ch, '"' | '$') || *ch == escape);
                at + 1 + skipped.map_or(0, char::len_utf8)
            }
            _ => at + ch.len_utf8(),
        };
    }
}

/// Where the `$…` at `at` ends; None where it is broken or has a modifier that BuildKit does not know.
pub(super) fn dollar_end(text: &str, at: usize, escape: char, depth: usize) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let Some(inner) = rest.strip_prefix('{') else {
        return Some(at + 1 + name_len(rest));
    };
    if inner.starts_with(['{', '}', ':']) || depth >= DEEPEST {
        return None;
    }
    let mut at = at + 2 + name_len(inner);
    let modifier = text.get(at..)?;
    if modifier.starts_with('}') {
        return Some(at + 1);
    }
    if modifier.starts_with('/') {
        at += if modifier.starts_with("//") { 2 } else { 1 };
        at = stop(text, at, '/', escape, depth + 1)?;
        return stop(text, at, '}', escape, depth + 1);
    }
    let colon = usize::from(modifier.starts_with(':'));
    if !modifier
        .get(colon..)?
        .starts_with(['+', '-', '?', '#', '%'])
    {
        return None;
    }
    stop(text, at + colon + 1, '}', escape, depth + 1)
}

/// Behind the next `closing` that is neither quoted nor escaped nor part of a variable.
fn stop(text: &str, at: usize, closing: char, escape: char, depth: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let ch = text.get(at..)?.chars().next()?;
        at = match ch {
            _ if ch == closing => return Some(at + ch.len_utf8()),
            '\'' => at + 2 + text.get(at + 1..)?.find('\'')?,
            '"' => quote_end(text, at, escape, depth)?,
            '$' => dollar_end(text, at, escape, depth)?,
            _ if ch == escape => at + 1 + text.get(at + 1..)?.chars().next()?.len_utf8(),
            _ => at + ch.len_utf8(),
        };
    }
}

/// The length of the name at the start: letters, digits and `_`; or digits; or one special parameter.
pub(super) fn name_len(text: &str) -> usize {
    let digits = text.len() - text.trim_start_matches(char::is_numeric).len();
    if digits > 0 {
        return digits;
    }
    if text.starts_with(['@', '*', '#', '?', '-', '$', '!']) {
        return 1;
    }
    text.find(|ch: char| !ch.is_alphanumeric() && ch != '_')
        .unwrap_or(text.len())
}
