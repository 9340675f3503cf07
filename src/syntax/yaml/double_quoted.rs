//! The escapes of double quotes: which exist, what they say, and how to read around those that do not.

/// What `\` and the bytes behind it mean; `text` starts with the backslash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// So many bytes stand for this character.
    Char(usize, char),
    /// The line break behind the backslash is not part of the text.
    Break,
    /// YAML does not know it; so many bytes (the backslash and one character) are to be read as they stand.
    Unknown(usize),
}

pub(super) fn escape(text: &str) -> Meaning {
    let Some(letter) = text.get(1..).and_then(|rest| rest.chars().next()) else {
        return Meaning::Unknown(text.len().min(1));
    };
    let simple = match letter {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '/' | '\\' => letter,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '\n' | '\r' => return Meaning::Break,
        'x' => return numbered(text, 2),
        'u' => return numbered(text, 4),
        'U' => return numbered(text, 8),
        _ => return Meaning::Unknown(1 + letter.len_utf8()),
    };
    Meaning::Char(2, simple)
}

fn numbered(text: &str, digits: usize) -> Meaning {
    let unknown = Meaning::Unknown(2);
    let Some(value) = hex(text, 2, digits) else {
        return unknown;
    };
    let mut len = 2 + digits;
    let mut code = value;
    if digits == 4 && (0xd800..0xdc00).contains(&value) {
        let low = (text.get(6..8) == Some("\\u"))
            .then(|| hex(text, 8, 4))
            .flatten()
            .filter(|low| (0xdc00..0xe000).contains(low));
        let Some(low) = low else {
            return unknown;
        };
        code = 0x10000 + ((value - 0xd800) << 10 | (low - 0xdc00));
        len = 12;
    }
    char::from_u32(code).map_or(unknown, |found| Meaning::Char(len, found))
}

fn hex(text: &str, start: usize, digits: usize) -> Option<u32> {
    let text = text.get(start..start + digits)?;
    let fits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

/// The text with every escape that YAML does not know made harmless, byte for byte as long as before.
///
/// It looks at no quotes: outside of double quotes a backslash is a letter like the `_` that takes its place, so
/// the tree stays the same, and the values are read from the original.
pub(super) fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(found) = memchr::memchr(b'\\', &text.as_bytes()[done..]) {
        let at = done + found;
        out.push_str(&text[done..at]);
        let rest = &text[at..];
        let len = match escape(rest) {
            Meaning::Char(len, _) => {
                out.push_str(&rest[..len]);
                len
            }
            Meaning::Break => {
                out.push('\\');
                1
            }
            Meaning::Unknown(_) => {
                out.push('_');
                1
            }
        };
        done = at + len;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_only_what_yaml_does_not_know() {
        assert_eq!(
            mask(r#"a: "\\s \s \x4g \x41 \$""#),
            r#"a: "\\s _s _x4g \x41 _$""#
        );
        assert_eq!(mask("\\é\\"), "_é_");
    }

    #[test]
    fn reads_numbers_and_surrogate_pairs() {
        assert_eq!(escape("\\u00e9"), Meaning::Char(6, 'é'));
        assert_eq!(escape("\\ud83d\\ude00x"), Meaning::Char(12, '😀'));
        assert_eq!(escape("\\ud83d"), Meaning::Unknown(2));
        assert_eq!(escape("\\U0011ffff"), Meaning::Unknown(2));
        assert_eq!(escape("\\"), Meaning::Unknown(1));
    }
}
