//! From the raw text of a scalar to what it says, byte by byte, and back: one decoder and one spelling per style.
//!
//! The decoders agree with granit-parser for every text that it accepts (tested). A spelling refuses whatever
//! could change more than its own place: YAML folds lines, trims blanks and guesses types.

use super::double_quoted::{Meaning, escape};
use super::kind::Kind;
use super::tree::{Scalar, Style};
use crate::text::{Around, Decoder, Spell, Traced};

/// The text of a scalar, which always says what its value says.
pub(super) fn decode(scalar: &Scalar) -> Traced {
    let decoded = decode_anew(scalar);
    if decoded.as_str() == &*scalar.value {
        return decoded;
    }
    // The value is what the parser says; text that we cannot trace byte by byte is one piece that nobody edits.
    let raw = scalar.source.get(scalar.raw.range()).unwrap_or_default();
    let mut decoder = Traced::source(scalar.raw, raw).decoder(never);
    decoder.atom(0..raw.len(), &scalar.value, never);
    decoder.finish()
}

/// The text of a scalar by its raw bytes alone.
pub(super) fn decode_anew(scalar: &Scalar) -> Traced {
    let range = scalar.raw.range();
    let raw = scalar.source.get(range).unwrap_or_default();
    let outer = Traced::source(scalar.raw, raw);
    match scalar.style {
        Style::Plain => {
            let spell = match (scalar.in_flow, scalar.kind == Kind::String) {
                (false, true) => plain::<false, true>,
                (false, false) => plain::<false, false>,
                (true, true) => plain::<true, true>,
                (true, false) => plain::<true, false>,
            };
            lines(&outer, 0..raw.len(), spell, Style::Plain)
        }
        Style::Single => lines(&outer, inside(raw), single, Style::Single),
        Style::Double => lines(&outer, inside(raw), double, Style::Double),
        Style::Literal | Style::Folded => block(&outer, scalar),
    }
}

/// What stands between the quotes.
fn inside(raw: &str) -> std::ops::Range<usize> {
    1.min(raw.len())..raw.len().saturating_sub(1).max(1.min(raw.len()))
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// How many bytes the line break at `at` has; 0 where there is none.
fn break_len(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\n' | b'\r') => 1,
        _ => 0,
    }
}

/// Plain, single-quoted and double-quoted text: one line break is a space, more are one fewer, blanks around them go.
fn lines(outer: &Traced, range: std::ops::Range<usize>, spell: Spell, style: Style) -> Traced {
    let text = outer.as_str();
    let bytes = &text.as_bytes()[..range.end];
    let mut decoder = outer.decoder(if range.is_empty() { never } else { spell });
    if range.is_empty() && style != Style::Plain {
        // An empty text lies between its quotes, not around them.
        decoder.atom(range.clone(), "", spell);
    }
    let mut at = range.start;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        if is_blank(byte) || is_break(byte) {
            while bytes.get(at).is_some_and(|byte| is_blank(*byte)) {
                at += 1;
            }
            if break_len(bytes, at) == 0 {
                decoder.copy(start..at, spell);
                continue;
            }
            let breaks = skip_breaks(bytes, &mut at);
            let folded = if breaks == 1 {
                " ".to_owned()
            } else {
                "\n".repeat(breaks - 1)
            };
            decoder.atom(start..at, &folded, spell);
        } else if byte == b'\'' && style == Style::Single {
            at = (at + 2).min(bytes.len());
            decoder.atom(start..at, "'", spell);
        } else if byte == b'\\' && style == Style::Double {
            match escape(&text[at..range.end]) {
                Meaning::Char(len, found) => {
                    at += len;
                    decoder.atom(start..at, found.encode_utf8(&mut [0; 4]), spell);
                }
                Meaning::Break => {
                    at += 1;
                    let breaks = skip_breaks(bytes, &mut at);
                    decoder.atom(start..at, &"\n".repeat(breaks.saturating_sub(1)), spell);
                }
                Meaning::Unknown(len) => {
                    at += len.max(1);
                    decoder.atom(start..at, &text[start..at], spell);
                }
            }
        } else {
            while bytes.get(at).is_some_and(|&byte| {
                let special = match style {
                    Style::Single => byte == b'\'',
                    Style::Double => byte == b'\\',
                    _ => false,
                };
                !is_blank(byte) && !is_break(byte) && !special
            }) {
                at += 1;
            }
            decoder.copy(start..at, spell);
        }
    }
    decoder.finish()
}

/// Skips line breaks and the blanks between and behind them; says how many breaks there were.
fn skip_breaks(bytes: &[u8], at: &mut usize) -> usize {
    let mut breaks = 0;
    loop {
        let len = break_len(bytes, *at);
        if len > 0 {
            breaks += 1;
            *at += len;
        } else if bytes.get(*at).is_some_and(|byte| is_blank(*byte)) {
            *at += 1;
        } else {
            return breaks;
        }
    }
}

/// How a block scalar ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

fn block(outer: &Traced, scalar: &Scalar) -> Traced {
    let text = outer.as_str();
    let bytes = text.as_bytes();
    let mut decoder = outer.decoder(never);
    let Some((start, indent)) = scalar.block else {
        // Without a line of text there is nothing to edit.
        decoder.atom(0..bytes.len(), &scalar.value, never);
        return decoder.finish();
    };
    let (start, indent) = (start as usize, indent as usize);
    let folded = scalar.style == Style::Folded;
    let chomp = chomp(text);
    leading_breaks(&mut decoder, bytes, start);
    let mut at = start;
    loop {
        let line = at;
        while bytes.get(at).is_some_and(|byte| !is_break(*byte)) {
            at += 1;
        }
        let spell = match (folded, is_deep(bytes, line)) {
            (false, _) => literal,
            (true, false) => fold,
            (true, true) => fold_deep,
        };
        decoder.copy(line..at, spell);
        let content_end = at;
        let breaks = block_breaks(bytes, &mut at, indent);
        if breaks.is_empty() && chomp != Chomp::Strip {
            // The source ends without a line break; the text has one all the same.
            decoder.atom(at..at, "\n", never);
        }
        if breaks.is_empty() || at >= bytes.len() {
            let kept = match chomp {
                Chomp::Strip => 0,
                Chomp::Clip => 1,
                Chomp::Keep => breaks.len(),
            };
            for range in breaks.into_iter().take(kept) {
                decoder.atom(range, "\n", never);
            }
            return decoder.finish();
        }
        if !folded {
            for range in breaks {
                decoder.atom(range, "\n", literal);
            }
        } else if is_deep(bytes, line) || is_deep(bytes, at) {
            decoder.atom(content_end..at, &"\n".repeat(breaks.len()), never);
        } else if breaks.len() == 1 {
            decoder.atom(content_end..at, " ", fold);
        } else {
            decoder.atom(content_end..at, &"\n".repeat(breaks.len() - 1), fold);
        }
    }
}

fn chomp(block: &str) -> Chomp {
    let header = block.chars().skip(1).take(2);
    for sign in header.take_while(|sign| sign.is_ascii_digit() || "+-".contains(*sign)) {
        match sign {
            '-' => return Chomp::Strip,
            '+' => return Chomp::Keep,
            _ => {}
        }
    }
    Chomp::Clip
}

/// Whether a line of a folded block starts with a blank behind its indentation, so that its breaks are kept.
fn is_deep(bytes: &[u8], line: usize) -> bool {
    bytes.get(line).is_some_and(|byte| is_blank(*byte))
}

/// The empty lines between the header and the first line of text, which are line breaks of the text.
fn leading_breaks(decoder: &mut Decoder, bytes: &[u8], start: usize) {
    let mut at = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    at += break_len(bytes, at);
    while at < start {
        let line = at;
        while at < start && bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        let len = break_len(bytes, at);
        if len == 0 || at >= start {
            return;
        }
        at += len;
        decoder.atom(line..at, "\n", never);
    }
}

/// The line breaks at `at`, each with the indentation behind it; `at` moves behind them.
fn block_breaks(bytes: &[u8], at: &mut usize, indent: usize) -> Vec<std::ops::Range<usize>> {
    let mut breaks = Vec::new();
    loop {
        let start = *at;
        let len = break_len(bytes, start);
        if len == 0 {
            return breaks;
        }
        *at += len;
        let limit = (*at + indent).min(bytes.len());
        while *at < limit && bytes[*at] == b' ' {
            *at += 1;
        }
        breaks.push(start..*at);
    }
}

/// Cannot be said here.
fn never(_: &str, _: Around<'_>) -> Option<String> {
    None
}

/// Whether a character may stand in YAML as it is; line breaks and the mark of byte order may not.
fn is_printable(found: char) -> bool {
    matches!(found,
        '\t' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

/// Which line breaks of the source touch a place, blanks aside.
#[allow(clippy::struct_excessive_bools)] // They are independent facts about one place.
struct Edges {
    line_start: bool,
    line_end: bool,
    blank_before: bool,
    blank_after: bool,
    at_margin: bool,
}

impl Edges {
    fn of(around: Around<'_>) -> Self {
        let before = around.before.trim_end_matches([' ', '\t']);
        let after = around.after.trim_start_matches([' ', '\t']);
        let line = around
            .before
            .rsplit(['\n', '\r'])
            .next()
            .unwrap_or_default();
        Self {
            line_start: before.ends_with(['\n', '\r']),
            line_end: after.starts_with(['\n', '\r']),
            blank_before: before.len() < around.before.len(),
            blank_after: after.len() < around.after.len(),
            // `---` at the margin would end the document.
            at_margin: line.len() < around.before.len() && !line.starts_with([' ', '\t']),
        }
    }

    /// Whether nothing may be put here: the blanks left behind would be trimmed, or the breaks would fold otherwise.
    fn forbid_empty(&self) -> bool {
        self.line_start && (self.line_end || self.blank_after) || self.line_end && self.blank_before
    }
}

fn plain<const FLOW: bool, const STRING: bool>(text: &str, around: Around<'_>) -> Option<String> {
    let edges = Edges::of(around);
    let is_blank = |found: Option<char>| found.is_none_or(char::is_whitespace);
    let is_flow = |found: char| ",[]{}".contains(found);
    if edges.at_margin
        || !text.chars().all(is_printable)
        || text.is_empty() && edges.forbid_empty()
        || edges.line_start && text.starts_with([' ', '\t'])
        || edges.line_end && text.ends_with([' ', '\t'])
        || FLOW && text.contains(is_flow)
    {
        return None;
    }
    let whole = format!("{}{text}{}", around.before, around.after);
    let mut letters = whole.chars();
    let first = letters.next()?;
    let second = letters.next();
    if first.is_whitespace()
        || whole.ends_with(char::is_whitespace)
        || "#&*!|>'\"%@`,[]{}\u{feff}".contains(first)
        || "-?:".contains(first) && (is_blank(second) || second.is_some_and(is_flow))
        || whole.starts_with("---")
        || whole.starts_with("...")
    {
        return None;
    }
    // `: ` would make a key and ` #` a comment; only the seams and the new text can.
    let from = around.before.len() - around.before.chars().next_back().map_or(0, char::len_utf8);
    let until =
        around.before.len() + text.len() + around.after.chars().next().map_or(0, char::len_utf8);
    let seam = whole.get(from..until)?;
    let mut previous = None;
    let mut letters = seam.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        let ends = next.is_none() && until == whole.len();
        let makes_key = letter == ':'
            && (ends || next.is_some_and(|next| next.is_whitespace() || FLOW && is_flow(next)));
        let makes_comment = letter == '#' && previous.is_some_and(char::is_whitespace);
        if makes_key || makes_comment {
            return None;
        }
        previous = Some(letter);
    }
    // A string that suddenly is a number would no longer be what the engine asks for.
    if STRING && (Kind::of(&whole, true, None) != Kind::String || whole == "<<") {
        return None;
    }
    Some(text.to_owned())
}

fn single(text: &str, around: Around<'_>) -> Option<String> {
    let edges = Edges::of(around);
    if edges.at_margin
        || !text.chars().all(is_printable)
        || text.is_empty() && edges.forbid_empty()
        || edges.line_start && text.starts_with([' ', '\t'])
        || edges.line_end && text.ends_with([' ', '\t'])
    {
        return None;
    }
    Some(text.replace('\'', "''"))
}

fn double(text: &str, around: Around<'_>) -> Option<String> {
    let edges = Edges::of(around);
    if edges.at_margin || text.is_empty() && edges.forbid_empty() || open_number(around.before) {
        return None;
    }
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (index, letter) in text.chars().enumerate() {
        let guarded = index == 0 && edges.line_start || index == last && edges.line_end;
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' ' if guarded => out.push_str("\\x20"),
            letter if is_printable(letter) => out.push(letter),
            letter => {
                let code = u32::from(letter);
                let spelled = match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                out.push_str(&spelled);
            }
        }
    }
    Some(out)
}

/// Whether an unknown `\x`, `\u` or `\U` ends so shortly before that new text could complete it.
fn open_number(before: &str) -> bool {
    let Some(at) = before.rfind('\\') else {
        return false;
    };
    let tail = &before.as_bytes()[at + 1..];
    matches!(tail.first(), Some(b'x' | b'u' | b'U'))
        && tail.len() < 9
        && matches!(escape(&before[at..]), Meaning::Unknown(_))
}

/// What a block scalar says about the line that is edited.
struct BlockLine {
    /// The indentation that a line of text needs; None where only the header knows.
    indent: Option<usize>,
    /// Whether only spaces stand before the place.
    at_start: bool,
    /// How many spaces they are.
    spaces: usize,
    /// Whether it is the first line of text, from which YAML guesses the indentation.
    first: bool,
    ending: &'static str,
}

impl BlockLine {
    fn of(around: Around<'_>) -> Option<Self> {
        let (header, body) = around.before.split_once('\n')?;
        let line = body.rsplit('\n').next().unwrap_or_default();
        // Lines at the margin may end the document, and old line endings are nobody's hand.
        let at_margin = !line.is_empty() && !line.starts_with(' ');
        let is_lone = |text: &str| text.replace("\r\n", "").contains('\r');
        if at_margin || is_lone(around.before) || is_lone(around.after) {
            return None;
        }
        let filled = |line: &&str| !line.trim().is_empty();
        let at_start = line.bytes().all(|byte| byte == b' ');
        let earlier = &body[..body.len() - line.len()];
        let first_line = earlier.split('\n').find(filled);
        let guess = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let explicit = header
            .bytes()
            .skip(1)
            .take(2)
            .any(|byte| byte.is_ascii_digit());
        Some(Self {
            indent: (!explicit).then(|| guess(first_line.unwrap_or(line))),
            at_start,
            spaces: guess(line),
            first: first_line.is_none(),
            ending: if header.ends_with('\r') { "\r\n" } else { "\n" },
        })
    }
}

fn literal(text: &str, around: Around<'_>) -> Option<String> {
    let line = BlockLine::of(around)?;
    if !text
        .chars()
        .all(|letter| letter == '\n' || is_printable(letter))
    {
        return None;
    }
    let rest = around.after.split(['\n', '\r']).next().unwrap_or_default();
    let parts: Vec<&str> = text.split('\n').collect();
    let (head, tail) = (parts.first()?, parts.last()?);
    // An empty line could be trimmed at the end or mislead the guess at the beginning.
    if format!("{tail}{rest}").trim().is_empty() && (parts.len() > 1 || line.at_start) {
        return None;
    }
    let mut out = String::new();
    if line.at_start {
        let first = if parts.len() == 1 {
            format!("{head}{rest}")
        } else {
            (*head).to_owned()
        };
        if first.trim().is_empty() || line.first && first.starts_with([' ', '\t']) {
            return None;
        }
        let indent = line.indent.or((line.spaces > 0).then_some(line.spaces))?;
        if indent == 0 {
            return None;
        }
        out.push_str(&" ".repeat(indent.saturating_sub(line.spaces)));
    }
    out.push_str(head);
    for part in parts.iter().skip(1) {
        let indent = line.indent.filter(|indent| *indent > 0)?;
        out.push_str(line.ending);
        if part.chars().all(char::is_whitespace) && !part.is_empty() {
            return None;
        }
        if !part.is_empty() || std::ptr::eq(*part, *tail) {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(part);
    }
    Some(out)
}

fn fold(text: &str, around: Around<'_>) -> Option<String> {
    let line = BlockLine::of(around)?;
    if !text.chars().all(is_printable) {
        return None;
    }
    if line.at_start {
        let starts_with_text =
            |text: &str| text.starts_with(|letter: char| !letter.is_whitespace());
        if line.spaces == 0 || !starts_with_text(if text.is_empty() { around.after } else { text })
        {
            return None;
        }
    }
    Some(text.to_owned())
}

fn fold_deep(text: &str, around: Around<'_>) -> Option<String> {
    let line = BlockLine::of(around)?;
    (!line.at_start && text.chars().all(is_printable)).then(|| text.to_owned())
}
