//! How new text is spelled at each kind of place, so that the shell reads back exactly that text.

use crate::text::Around;

/// Words that mean something else where a command starts.
pub(super) const RESERVED: [&str; 21] = [
    "if", "then", "elif", "else", "fi", "do", "done", "case", "esac", "while", "until", "for",
    "in", "function", "select", "time", "{", "}", "!", "[[", "]]",
];

/// One word that says `text`, in the fewest quotes.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text.chars().all(is_safe)
        && !RESERVED.contains(&text)
        && !is_assignment(text)
        && !text.starts_with(['#', '~']);
    if plain { text.to_owned() } else { quote(text) }
}

/// Where nothing quotes.
pub(super) fn bare(new: &str, around: Around<'_>) -> Option<String> {
    let Around { before, after } = around;
    if ends_in_backslash(before) || ends_in_dollar(before) {
        return None;
    }
    let left = trailing(before);
    let right = leading(after);
    let joined = || format!("{left}{new}{right}");
    let alone = left.is_empty()
        && right.is_empty()
        && before.chars().next_back().is_none_or(is_break)
        && after.chars().next().is_none_or(is_break);
    let first_behind = new.chars().chain(right.chars()).next();
    let plain = new.chars().all(is_safe)
        && !(alone && new.is_empty())
        && !(ends_in_name(before) && first_behind.is_some_and(is_name))
        && !(left.contains('{') && right.contains('}'))
        && !(left.is_empty() && first_behind == Some('#'))
        && !(first_behind == Some('~') && (left.is_empty() || left.ends_with(['=', ':'])))
        && (left.contains('=') || !is_assignment(&joined()))
        && !(after[right.len()..].starts_with(['<', '>'])
            && joined().bytes().all(|byte| byte.is_ascii_digit()))
        && !RESERVED.contains(&joined().as_str());
    Some(if plain { new.to_owned() } else { quote(new) })
}

/// Between `'` and `'`.
#[allow(clippy::unnecessary_wraps)] // It has the shape of a `Spell`.
pub(super) fn single(new: &str, _: Around<'_>) -> Option<String> {
    Some(new.replace('\'', r"'\''"))
}

/// Between `"` and `"`.
pub(super) fn double(new: &str, around: Around<'_>) -> Option<String> {
    let Around { before, after } = around;
    if ends_in_dollar(before) {
        return None;
    }
    let first_behind = new.chars().chain(after.chars()).next();
    if ends_in_backslash(before) && first_behind.is_none_or(is_special_in_double) {
        return None;
    }
    let mut out = String::with_capacity(new.len() + 2);
    if ends_in_name(before) && first_behind.is_some_and(is_name) {
        out.push_str("\"\"");
    }
    let mut rest = new.chars();
    while let Some(char) = rest.next() {
        let escape = match char {
            '"' | '$' | '`' => true,
            '\\' => rest
                .clone()
                .chain(after.chars())
                .next()
                .is_none_or(is_special_in_double),
            _ => false,
        };
        if escape {
            out.push('\\');
        }
        out.push(char);
    }
    Some(out)
}

/// Between `$'` and `'`.
pub(super) fn ansi(new: &str, around: Around<'_>) -> Option<String> {
    // A numeric escape could take the new text for its own digits.
    if around
        .before
        .chars()
        .rev()
        .take(10)
        .any(|char| char == '\\')
    {
        return None;
    }
    let mut out = String::with_capacity(new.len());
    for char in new.chars() {
        match char {
            '\\' | '\'' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            _ => out.push(char),
        }
    }
    Some(out)
}

/// Between backticks: one more layer of backslashes.
#[allow(clippy::unnecessary_wraps)] // It has the shape of a `Spell`.
pub(super) fn backtick(new: &str, _: Around<'_>) -> Option<String> {
    Some(new.replace('\\', r"\\").replace('`', r"\`"))
}

/// Where new text would have to mind a delimiter, a pattern or an expression.
pub(super) fn refused(_: &str, _: Around<'_>) -> Option<String> {
    None
}

fn quote(text: &str) -> String {
    if !text.contains('\'') {
        format!("'{text}'")
    } else if text.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        format!("\"{text}\"")
    }
}

/// Whether `name=` or `name+=` starts the text.
pub(super) fn is_assignment(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|char: char| is_name(char) && !char.is_ascii_digit())
        && name.chars().all(is_name)
}

fn is_name(char: char) -> bool {
    char == '_' || char.is_ascii_alphanumeric()
}

fn is_safe(char: char) -> bool {
    is_name(char)
        || "%+,-./:=@^".contains(char)
        || (!char.is_ascii() && !char.is_control() && !char.is_whitespace())
}

fn is_special_in_double(char: char) -> bool {
    matches!(char, '"' | '$' | '`' | '\\' | '\n')
}

fn is_break(char: char) -> bool {
    matches!(
        char,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '=' | '`' | '{' | '}'
    )
}

fn is_run(char: char) -> bool {
    !matches!(
        char,
        ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '\'' | '"' | '`' | '\\'
    )
}

fn trailing(text: &str) -> &str {
    text.rsplit(|char| !is_run(char)).next().unwrap_or_default()
}

fn leading(text: &str) -> &str {
    text.split(|char| !is_run(char)).next().unwrap_or_default()
}

fn ends_in_backslash(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn ends_in_dollar(text: &str) -> bool {
    text.strip_suffix('$')
        .is_some_and(|before| !ends_in_backslash(before))
}

/// Whether `$name` without braces ends the text, so that a name character behind it would join the name.
fn ends_in_name(text: &str) -> bool {
    let name = text.trim_end_matches(is_name);
    name.len() < text.len() && ends_in_dollar(name)
}
