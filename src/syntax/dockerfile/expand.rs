//! Variables in the words of a Dockerfile, as BuildKit's `shell.Lex` finds them.

/// How deep `${a:-${b:-…}}` is followed.
const DEEPEST: usize = 64;

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
