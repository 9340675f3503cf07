//! The ways in which a logical line falls into words: flags, blanks, shell-like words and heredoc openers.

use std::ops::Range;

use super::{Flag, json};
use crate::text::{Around, Spell, Traced};

/// The blanks between words, `[\t\v\f\r ]` in BuildKit.
pub(super) fn is_blank(ch: char) -> bool {
    matches!(ch, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The words of `range` between blanks.
pub(super) fn split(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, ch) in text.get(range.clone()).unwrap_or_default().char_indices() {
        let at = range.start + at;
        if !is_blank(ch) {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            words.push(start..at);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}

/// `range` without white space at its ends.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// The words of ENV, LABEL and ARG: quotes and escapes hold blanks, and stay in the word (`parseWords`).
pub(super) fn quoted(text: &str, range: Range<usize>, escape: char) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = text
        .get(range.clone())
        .unwrap_or_default()
        .char_indices()
        .map(|(at, ch)| (range.start + at, ch));
    while let Some((at, ch)) = chars.next() {
        if quote.is_none() && ch.is_whitespace() {
            if let Some(start) = start.take() {
                words.push(start..at);
            }
            continue;
        }
        start.get_or_insert(at);
        if ch == escape && quote != Some('\'') {
            chars.next();
        } else if quote == Some(ch) {
            quote = None;
        } else if quote.is_none() && matches!(ch, '\'' | '"') {
            quote = Some(ch);
        }
    }
    words.extend(start.map(|start| start..range.end));
    words
}

/// The flags at the start of `range`, and where the rest begins (`extractBuilderFlags`).
pub(super) fn flags(line: &Traced, range: Range<usize>) -> (Vec<Flag>, usize) {
    let text = line.as_str();
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        at = skip_space(text, at, range.end);
        if !text
            .get(at..range.end)
            .unwrap_or_default()
            .starts_with("--")
        {
            return (flags, at);
        }
        let end = flag_end(text, at..range.end);
        let whole = line.slice(at..end);
        let word = unquote(&whole);
        at = end;
        if word.as_str() == "--" {
            return (flags, skip_space(text, at, range.end));
        }
        let (name, value) = match word.as_str().find('=') {
            Some(equals) => (
                word.slice(2..equals.max(2)),
                Some(word.slice(equals + 1..word.len())),
            ),
            None => (word.slice(2.min(word.len())..word.len()), None),
        };
        flags.push(Flag { whole, name, value });
    }
}

fn skip_space(text: &str, at: usize, end: usize) -> usize {
    let rest = text.get(at..end).unwrap_or_default();
    at + rest.len() - rest.trim_start().len()
}

fn flag_end(text: &str, range: Range<usize>) -> usize {
    let mut quote = None;
    let mut chars = text.get(range.clone()).unwrap_or_default().char_indices();
    while let Some((at, ch)) = chars.next() {
        match ch {
            '\\' => {
                chars.next();
            }
            _ if quote == Some(ch) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(ch),
            _ if quote.is_none() && ch.is_whitespace() => return range.start + at,
            _ => {}
        }
    }
    range.end
}

/// A flag without its quotes and escapes. (BuildKit reads flags byte by byte, which garbles what is not ASCII; whoever
/// reads a value must know that.)
fn unquote(whole: &Traced) -> Traced {
    let text = whole.as_str();
    let mut decoder = whole.decoder(in_bare);
    let mut quote = None;
    let mut escaped = None;
    for (at, ch) in text.char_indices() {
        let end = at + ch.len_utf8();
        let start = escaped.take();
        if start.is_none() {
            match ch {
                '\\' => {
                    escaped = Some(at);
                    continue;
                }
                _ if quote == Some(ch) => {
                    quote = None;
                    continue;
                }
                '\'' | '"' if quote.is_none() => {
                    quote = Some(ch);
                    continue;
                }
                _ => {}
            }
        }
        if let Some(start) = start {
            decoder.atom(
                start..end,
                text.get(at..end).unwrap_or_default(),
                part_of_flag(quote),
            );
        } else {
            decoder.copy(at..end, part_of_flag(quote));
        }
    }
    decoder.finish()
}

/// How text is spelled in a part of a flag. Parts differ, so that no edit crosses a quote.
fn part_of_flag(quote: Option<char>) -> Spell {
    match quote {
        Some('\'') => in_single,
        Some(_) => in_double,
        None => in_bare,
    }
}

fn in_bare(new: &str, around: Around<'_>) -> Option<String> {
    in_flag(new, around, &[' ', '\t', '\u{b}', '\u{c}', '\'', '"', '\\'])
}

fn in_single(new: &str, around: Around<'_>) -> Option<String> {
    in_flag(new, around, &['\'', '\\'])
}

fn in_double(new: &str, around: Around<'_>) -> Option<String> {
    in_flag(new, around, &['"', '\\'])
}

fn in_flag(new: &str, around: Around<'_>, special: &[char]) -> Option<String> {
    let named = around.before.contains('=');
    // A bare `--` would end the flags, and a second `=` in the name would move the value.
    if !named
        && (new.contains('=')
            || (around.before == "--" && new.is_empty() && around.after.is_empty()))
    {
        return None;
    }
    let mut out = String::with_capacity(new.len());
    for ch in new.chars() {
        if !ch.is_ascii() || matches!(ch, '\n' | '\r') {
            return None;
        }
        if special.contains(&ch) {
            out.push('\\');
        }
        out.push(ch);
    }
    Some(out)
}

/// The text of a command in shell form: the bytes as they are, as long as they stay that command's text.
pub(super) fn command_text(line: &Traced, range: Range<usize>) -> Traced {
    // Only RUN opens heredocs here; an edit could open another or close this one.
    let text = line.as_str().get(range.clone()).unwrap_or_default();
    let spell: Spell = if !openers(text).is_empty() {
        never
    } else if text.starts_with('[') {
        in_brackets
    } else {
        in_command
    };
    layer(line, range, spell)
}

/// Text of a command that begins with a bracket and is no JSON, as long as it does not become JSON.
fn in_brackets(new: &str, around: Around<'_>) -> Option<String> {
    let open = around
        .before
        .find(" [")
        .or_else(|| around.before.find("\t["));
    if let Some(open) = open {
        let head = around.before.get(open + 1..)?;
        let text = format!("{head}{new}{}", around.after);
        if !matches!(json::array(text.trim_end()), json::Array::Not(..)) {
            return None;
        }
    }
    in_command(new, around)
}

/// One word of a list. Its quotes and escapes stay where they are; a `fixed` one takes no edit at all.
pub(super) fn word(line: &Traced, range: Range<usize>, fixed: bool) -> Traced {
    let text = line.as_str().get(range.clone()).unwrap_or_default();
    if fixed {
        return layer(line, range, never);
    }
    let mut decoder = line.decoder(in_word);
    let mut chars = text.char_indices();
    while let Some((at, ch)) = chars.next() {
        let start = range.start + at;
        let end = start + ch.len_utf8();
        match ch {
            '\\' | '`' => {
                let escaped = chars.next().map_or(0, |(_, ch)| ch.len_utf8());
                decoder.copy(start..end + escaped, never);
            }
            '\'' | '"' => decoder.copy(start..end, never),
            _ => decoder.copy(start..end, in_word),
        }
    }
    decoder.finish()
}

fn layer(line: &Traced, range: Range<usize>, spell: Spell) -> Traced {
    let part = line.slice(range.clone());
    if range.is_empty() {
        return part;
    }
    let mut decoder = line.decoder(spell);
    decoder.copy(range, spell);
    decoder.finish()
}

/// Text that no edit may touch.
pub(super) fn never(_: &str, _: Around<'_>) -> Option<String> {
    None
}

/// Text within a word that stays one word, and the same kind of word.
fn in_word(new: &str, around: Around<'_>) -> Option<String> {
    if new.contains(|ch: char| ch.is_whitespace() || matches!(ch, '\'' | '"' | '\\' | '`' | '<')) {
        return None;
    }
    // A first `=` would part a name from its value.
    let so_far = around.before.rsplit(char::is_whitespace).next();
    if new.contains('=') && !so_far.is_some_and(|word| word.contains('=')) {
        return None;
    }
    if around.before.ends_with(char::is_whitespace) {
        let mut next = new.chars().chain(around.after.chars());
        let ch = next.next()?;
        if ch.is_whitespace() || matches!(ch, '[' | '=') || (ch == '-' && next.next() == Some('-'))
        {
            return None;
        }
    }
    Some(new.to_owned())
}

/// Text of a command in shell form. At its very start it must not turn into a blank, a flag or a bracket.
fn in_command(new: &str, around: Around<'_>) -> Option<String> {
    let mut before = around.before.split_whitespace().enumerate();
    let starts = before.all(|(index, word)| {
        index == 0
            || word.starts_with("--")
            || is_keyword(word)
            || word.eq_ignore_ascii_case("none")
    });
    if starts {
        let mut next = new.chars().chain(around.after.chars());
        let ch = next.next()?;
        if ch.is_whitespace() || ch == '[' || (ch == '-' && next.next() == Some('-')) {
            return None;
        }
    }
    Some(new.to_owned())
}

fn is_keyword(word: &str) -> bool {
    super::INSTRUCTIONS
        .iter()
        .any(|name| name.eq_ignore_ascii_case(word))
}

/// What a heredoc opener says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opener {
    pub name: String,
    pub chomp: bool,
    pub expand: bool,
    pub range: Range<usize>,
}

/// The heredocs that a logical line opens, in order (`heredocsFromLine`). A line that BuildKit's word
/// splitter cannot read opens none.
pub(super) fn openers(text: &str) -> Vec<Opener> {
    if !text.contains("<<") {
        return Vec::new();
    }
    let words = raw_words(text).unwrap_or_default();
    words
        .into_iter()
        .filter_map(|range| opener(text, range))
        .collect()
}

/// The heredoc that a single word opens: `<<EOF`, `<<-EOF`, `3<<'EOF'`.
fn opener(text: &str, range: Range<usize>) -> Option<Opener> {
    let word = text.get(range.clone())?;
    let word = word.trim_start_matches(|ch: char| ch.is_ascii_digit());
    let word = word.strip_prefix("<<")?;
    let (chomp, word) = match word.strip_prefix('-') {
        Some(word) => (true, word),
        None => (false, word),
    };
    if word.is_empty() || word.contains('<') {
        return None;
    }
    let mut name = String::new();
    let mut quote = None;
    let mut chars = word.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' if quote == Some('"') => match chars.peek() {
                Some('"' | '$' | '\\') => name.extend(chars.next()),
                _ => name.push(ch),
            },
            '\\' if quote.is_none() => name.extend(chars.next()),
            _ if quote == Some(ch) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(ch),
            _ => name.push(ch),
        }
    }
    (!name.is_empty()).then(|| Opener {
        expand: name == word,
        name,
        chomp,
        range,
    })
}

/// The words of a line as BuildKit's `shell.Lex` splits them with quotes and escapes left in.
fn raw_words(text: &str) -> Option<Vec<Range<usize>>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut at = 0;
    while let Some(ch) = text.get(at..)?.chars().next() {
        let next = match ch {
            '\'' => at + 2 + text.get(at + 1..)?.find('\'')?,
            '"' => super::expand::double_quote_end(text, at, '\\')?,
            '$' => super::expand::dollar_end(text, at, '\\', 0)?,
            '\\' => {
                let escaped = text.get(at + 1..)?.chars().next();
                at + 1 + escaped.map_or(0, char::len_utf8)
            }
            _ => at + ch.len_utf8(),
        };
        if ch.is_whitespace() {
            if let Some(start) = start.take() {
                words.push(start..at);
            }
        } else {
            start.get_or_insert(at);
        }
        at = next;
    }
    words.extend(start.map(|start| start..text.len()));
    Some(words)
}
