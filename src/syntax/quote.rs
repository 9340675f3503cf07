//! How a text is spelled as a YAML scalar, a JSON string or a shell word.

use std::fmt::Write as _;

/// A JSON string, quotes included.
pub fn json(text: &str) -> String {
    escaped(text)
}

/// A YAML double-quoted scalar, quotes included. What JSON escapes, YAML reads the same way.
pub fn yaml_double(text: &str) -> String {
    escaped(text)
}

/// A YAML single-quoted scalar, quotes included; the text must hold no line break.
pub fn yaml_single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a text is read back unchanged, as a string, when it is written without quotes.
///
/// It errs on the side of quotes.
pub fn yaml_plain_is_safe(text: &str, in_flow: bool) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let start = first.is_ascii_alphabetic() || "/._".contains(first);
    let word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | ".inf" | ".nan"
    );
    let flow = !in_flow || !text.contains(['[', ']', '{', '}', ',']);
    start
        && word
        && flow
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !text.contains(" #")
        && !text.chars().any(char::is_control)
        && !(first == '.' && text.parse::<f64>().is_ok())
}

/// A word that a POSIX shell reads as exactly this text, without quotes where none are needed.
pub fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c));
    if plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_quoted_when_in_doubt() {
        assert!(yaml_plain_is_safe("curl -f http://127.0.0.1:80/", false));
        for text in ["", "no", "- x", "a: b", "a #b", "{x}", "1", "a,b"] {
            assert!(!yaml_plain_is_safe(text, true), "{text}");
        }
    }

    #[test]
    fn shell_words_keep_their_text() {
        assert_eq!(shell_word("http://x/y"), "http://x/y");
        assert_eq!(shell_word("it's $5"), r"'it'\''s $5'");
        assert_eq!(shell_word(""), "''");
    }
}
