//! The JSON form of a command as Go's `encoding/json` takes it, and why text in brackets is not that form.

use std::ops::Range;

use crate::text::{Around, Traced};

/// How deep Go's decoder follows nested values.
const DEEPEST: usize = 10_000;

/// Why text that begins with `[` is no JSON; BuildKit then takes it for a shell command without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJson {
    /// `['curl']`
    SingleQuotes,
    /// `[“curl”]`
    SmartQuotes,
    /// `[curl]`
    Unquoted,
    /// `["curl",]`
    TrailingComma,
    /// `["curl" "-f"]`
    MissingComma,
    /// `["curl",,"-f"]`
    EmptyItem,
    /// `["a\d"]`: JSON knows no such escape.
    BadEscape,
    /// A tab or another control character inside a string.
    ControlCharacter,
    /// A string without its closing quote.
    UnclosedString,
    /// `["curl"` without the bracket.
    MissingBracket,
    /// `["curl"] || exit 1` or `["curl"] # note`
    TextAfter,
    /// A number, a literal or an object that is itself broken or nested too deeply.
    BrokenValue,
}

/// What brackets hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Array {
    /// The insides of the strings, without their quotes.
    Strings(Vec<Range<usize>>),
    /// Valid JSON, but this item is no string.
    NonString(Range<usize>),
    /// No JSON, because of this.
    Not(NotJson, Range<usize>),
}

/// Reads `text`, which begins with `[`.
pub(super) fn array(text: &str) -> Array {
    let mut scan = Scan { text, at: 1 };
    let mut items = Vec::new();
    let mut other = None;
    scan.blanks();
    if scan.peek() == Some(b']') {
        scan.at += 1;
    } else {
        let mut comma = None;
        loop {
            scan.blanks();
            if let (Some(b']'), Some(comma)) = (scan.peek(), comma) {
                return Array::Not(NotJson::TrailingComma, comma..comma + 1);
            }
            let start = scan.at;
            let read = if scan.peek() == Some(b'"') {
                scan.string()
            } else {
                scan.value()
            };
            if let Err((reason, range)) = read {
                return Array::Not(reason, range);
            }
            if text[start..].starts_with('"') {
                items.push(start + 1..scan.at - 1);
            } else {
                other.get_or_insert(start..scan.at);
            }
            scan.blanks();
            match scan.peek() {
                Some(b',') => {
                    comma = Some(scan.at);
                    scan.at += 1;
                }
                Some(b']') => {
                    scan.at += 1;
                    break;
                }
                None => return Array::Not(NotJson::MissingBracket, 0..text.trim_end().len()),
                Some(_) => return Array::Not(NotJson::MissingComma, scan.word()),
            }
        }
    }
    scan.blanks();
    if scan.at < text.len() {
        return Array::Not(NotJson::TextAfter, scan.at..text.trim_end().len());
    }
    match other {
        Some(range) => Array::NonString(range),
        None => Array::Strings(items),
    }
}

type Broken = (NotJson, Range<usize>);

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// The word at this place, up to a blank, a comma or a bracket.
    fn word(&self) -> Range<usize> {
        let rest = self.rest();
        let len = rest
            .char_indices()
            .skip(1)
            .find(|(_, ch)| ch.is_whitespace() || matches!(ch, ',' | ']'))
            .map_or(rest.len(), |(at, _)| at);
        self.at..self.at + len
    }

    /// The text from the quote at this place to its closing quote, both included.
    fn quoted(&self, closing: &[char]) -> Range<usize> {
        let rest = self.rest();
        rest.char_indices()
            .skip(1)
            .find(|(_, ch)| closing.contains(ch))
            .map_or_else(
                || self.word(),
                |(at, ch)| self.at..self.at + at + ch.len_utf8(),
            )
    }

    /// A string from its opening quote to behind its closing one.
    fn string(&mut self) -> Result<(), Broken> {
        let open = self.at;
        self.at += 1;
        loop {
            let start = self.at;
            match self.peek() {
                None => return Err((NotJson::UnclosedString, open..self.text.len())),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.text.as_bytes().get(start + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                    Some(b'u') if hex(self.text, start + 2).is_some() => self.at += 6,
                    None => return Err((NotJson::UnclosedString, open..self.text.len())),
                    Some(_) => {
                        let len = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                        return Err((NotJson::BadEscape, start..start + 1 + len));
                    }
                },
                Some(byte) if byte < 0x20 => {
                    return Err((NotJson::ControlCharacter, start..start + 1));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Any value but a string, with whatever it nests.
    fn value(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Err((NotJson::MissingBracket, 0..self.text.trim_end().len())),
            Some(b',') => Err((NotJson::EmptyItem, self.at..self.at + 1)),
            Some(b'\'') => Err((NotJson::SingleQuotes, self.quoted(&['\'']))),
            Some(b'[' | b'{') => self.nested(),
            Some(_) => {
                let smart = ['“', '”', '„', '‟', '‘', '’', '‚', '«', '»', '″'];
                if self.rest().starts_with(smart) {
                    return Err((NotJson::SmartQuotes, self.quoted(&smart)));
                }
                self.plain().ok_or((NotJson::Unquoted, self.word()))
            }
        }
    }

    /// A number or a literal, if one stands here whole.
    fn plain(&mut self) -> Option<()> {
        let word = self.text.get(self.word()).unwrap_or_default();
        let word = word.trim_end_matches('}');
        let valid = matches!(word, "true" | "false" | "null") || is_number(word);
        valid.then(|| self.at += word.len())
    }

    /// An array or an object, without recursion: only its being well formed matters.
    fn nested(&mut self) -> Result<(), Broken> {
        let open = self.at;
        let mut stack: Vec<u8> = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(bracket @ (b'[' | b'{')) => {
                    if stack.len() >= DEEPEST {
                        return Err((NotJson::BrokenValue, open..open + 1));
                    }
                    stack.push(bracket);
                    self.at += 1;
                    self.blanks();
                    let closing = if bracket == b'[' { b']' } else { b'}' };
                    if self.peek() != Some(closing) {
                        if bracket == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                _ => self.value()?,
            }
            // A value is complete: close what closes, then go on behind a comma.
            loop {
                self.blanks();
                match (stack.last(), self.peek()) {
                    (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')) => {
                        self.at += 1;
                        stack.pop();
                        if stack.is_empty() {
                            return Ok(());
                        }
                    }
                    (Some(bracket), Some(b',')) => {
                        let object = *bracket == b'{';
                        self.at += 1;
                        if object {
                            self.blanks();
                            self.key()?;
                        }
                        break;
                    }
                    (_, None) => {
                        return Err((NotJson::MissingBracket, 0..self.text.trim_end().len()));
                    }
                    _ => return Err((NotJson::BrokenValue, self.word())),
                }
            }
        }
    }

    /// A key of an object and its colon.
    fn key(&mut self) -> Result<(), Broken> {
        if self.peek() != Some(b'"') {
            return Err((NotJson::BrokenValue, self.at..self.at));
        }
        self.string()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err((NotJson::BrokenValue, self.at..self.at));
        }
        self.at += 1;
        Ok(())
    }
}

/// Whether the word is a JSON number.
fn is_number(word: &str) -> bool {
    fn digits(text: &str) -> Option<&str> {
        let rest = text.trim_start_matches(|ch: char| ch.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest)
    }
    let number = || {
        let word = word.strip_prefix('-').unwrap_or(word);
        let mut rest = word.strip_prefix('0').or_else(|| digits(word))?;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = digits(fraction)?;
        }
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            rest = digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))?;
        }
        Some(rest.is_empty())
    };
    number().unwrap_or(false)
}

fn hex(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The inside of a valid JSON string, decoded.
pub(super) fn decode(inside: &Traced) -> Traced {
    let text = inside.as_str();
    let mut decoder = inside.decoder(spell);
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let plain = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        decoder.copy(at..at + plain, spell);
        at += plain;
        if at >= text.len() {
            break;
        }
        let (len, decoded) = escape(text, at);
        let end = (at + len).min(text.len());
        decoder.atom(at..end, decoded.encode_utf8(&mut [0; 4]), spell);
        at = end;
    }
    decoder.finish()
}

/// The length of the escape at `at` and its character. Half a surrogate pair becomes U+FFFD, as in Go.
fn escape(text: &str, at: usize) -> (usize, char) {
    let kind = text.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
    let decoded = match kind {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let high = hex(text, at + 2).unwrap_or(0xfffd);
            let low = text
                .get(at + 6..at + 8)
                .filter(|mark| *mark == "\\u")
                .and_then(|_| hex(text, at + 8));
            return match (high, low) {
                (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    let joined = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (12, char::from_u32(joined).unwrap_or('\u{fffd}'))
                }
                _ => (6, char::from_u32(high).unwrap_or('\u{fffd}')),
            };
        }
        other => char::from(other),
    };
    (2, decoded)
}

/// Spells text inside a JSON string.
#[allow(clippy::unnecessary_wraps)] // It has the shape of a `Spell`.
fn spell(new: &str, _: Around<'_>) -> Option<String> {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(new.len());
    for ch in new.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ch if u32::from(ch) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(ch)).ok()?;
            }
            ch => out.push(ch),
        }
    }
    Some(out)
}
