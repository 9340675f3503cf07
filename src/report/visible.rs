//! What may reach a terminal: text of a linted file or a path, with every character that could steer it replaced.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` for one line of a terminal: control characters become their pictures (␛), line endings included.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, |character| stand_in(character, false))
}

/// `text` of several lines for a terminal: as [`line()`], but `\n` and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |character| stand_in(character, true))
}

/// The JSON in `json` with every steering character spelled as an escape: the same value, safe to look at.
///
/// Outside its strings JSON holds none of them but line endings and tabs, which stay.
pub fn json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if stand_in(character, true).is_none() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// The character that is shown in place of one that steers a terminal or hides in it; None where it stands for itself.
///
/// `keep_layout` leaves line feeds and tabs alone.
pub fn stand_in(character: char, keep_layout: bool) -> Option<char> {
    match character {
        '\n' | '\t' if keep_layout => None,
        '\t' => Some(' '),
        // C0: the control pictures follow the same order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32),
        '\u{7f}' => Some('\u{2421}'),
        // C1; soft hyphen; Arabic letter mark; zero width and direction marks; line and paragraph separators;
        // embeddings, overrides and isolates; byte order mark; annotations; tags. The joiner U+200D stays:
        // it only makes one emoji of two.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some('\u{fffd}'),
        _ => None,
    }
}

fn replaced(text: &str, stand_in: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if text.chars().all(|character| stand_in(character).is_none()) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|character| stand_in(character).unwrap_or(character))
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_instead_of_sent() {
        assert_eq!(line("a\u{1b}[31mb\u{7}\r\nc"), "a␛[31mb␇␍␊c");
        assert_eq!(line("tab\there \u{202e}evil\0"), "tab here \u{fffd}evil␀");
        assert_eq!(lines("a\n\tb\r"), "a\n\tb␍");
        assert!(matches!(line("żółć 👩\u{200d}🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_keeps_its_value() {
        let value = "\u{9b}31m\u{202e}\u{7f}é\u{e0041}";
        let plain = serde_json::to_string(value).unwrap();
        let safe = json(&plain);
        assert_eq!(safe, r#""\u009b31m\u202e\u007fé\udb40\udc41""#);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
    }
}
