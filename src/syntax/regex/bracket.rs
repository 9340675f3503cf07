//! What stands between `[` and `]`.

use super::construct::Construct;
use super::parse::Parser;
use super::tree::CLASSES;
use super::{Dialect, Fault, FaultKind, Kind, Set, SetItem, Syntax, Tool};
use crate::text::HOLE;

/// Reads the bracket expression at `start`; what it means, and where it ends.
pub(super) fn read(parser: &mut Parser<'_>, start: usize) -> Result<(Kind, usize), Fault> {
    let unclosed = || Fault {
        kind: FaultKind::UnclosedBracket,
        range: start..start + 1,
    };
    let text = parser.text;
    let mut at = start + 1;
    let mut set = Set {
        negated: false,
        items: Vec::new(),
    };
    if text[at..].starts_with('^') {
        set.negated = true;
        at += 1;
    }
    let first = at;
    // A backslash is a character like any other in POSIX brackets; awk and Perl escape with it.
    let escapes = parser.reader.tool == Tool::Awk || parser.reader.syntax == Syntax::Perl;
    loop {
        let rest = &text[at..];
        let character = rest.chars().next().ok_or_else(unclosed)?;
        if character == ']' && at > first {
            at += 1;
            break;
        }
        if let Some(name) = rest.strip_prefix("[:") {
            let len = name.find(":]").ok_or_else(unclosed)?;
            let name = &name[..len];
            let end = at + len + 4;
            let class = CLASSES.iter().find(|class| **class == name);
            if class.is_none() && !name.contains(HOLE) {
                return Err(Fault {
                    kind: FaultKind::UnknownClass,
                    range: at..end,
                });
            }
            set.items
                .push(class.map_or(SetItem::Unknown, |class| SetItem::Class(class)));
            at = end;
            continue;
        }
        let (low, next) = element(parser, at, escapes).ok_or_else(unclosed)?;
        let dash = text[next..].starts_with('-') && !text[next + 1..].starts_with(']');
        if !dash {
            set.items
                .push(low.map_or(SetItem::Unknown, |low| SetItem::Range(low, low)));
            at = next;
            continue;
        }
        let (high, end) = element(parser, next + 1, escapes).ok_or_else(unclosed)?;
        match (low, high) {
            (Some(low), Some(high)) if low > high => {
                return Err(Fault {
                    kind: FaultKind::RangeOrder,
                    range: at..end,
                });
            }
            (Some(low), Some(high)) => set.items.push(SetItem::Range(low, high)),
            _ => set.items.push(SetItem::Unknown),
        }
        at = end;
    }
    let inner = &text[first..at - 1];
    if parser.reader.dialect == Dialect::Gnu
        && parser.reader.tool == Tool::Grep
        && parser.reader.syntax != Syntax::Perl
        && !set.negated
        && inner.len() > 2
        && inner.starts_with(':')
        && inner.ends_with(':')
    {
        return Err(Fault {
            kind: FaultKind::BareClass,
            range: start..at,
        });
    }
    Ok((Kind::Set(set), at))
}

/// One character, `[.x.]` or `[=x=]`; `None` within the pair where nobody knows which.
fn element(parser: &mut Parser<'_>, at: usize, escapes: bool) -> Option<(Option<char>, usize)> {
    let text = parser.text;
    let rest = &text[at..];
    for (open, close) in [("[.", ".]"), ("[=", "=]")] {
        if let Some(name) = rest.strip_prefix(open) {
            return Some((None, at + name.find(close)? + 4));
        }
    }
    let character = rest.chars().next()?;
    let end = at + character.len_utf8();
    if character == '\\' {
        if let Some(letter) = text[end..].chars().next()
            && letter != ']'
            && letter != '\\'
        {
            let range = at..end + letter.len_utf8();
            parser.note(range.clone(), Construct::EscapeInBracket(letter));
            if escapes {
                return Some((None, range.end));
            }
        } else if escapes {
            let letter = text[end..].chars().next()?;
            return Some((Some(letter), end + letter.len_utf8()));
        } else if text[end..].starts_with('\\') {
            // Both are the same backslash.
            return Some((Some('\\'), end + 1));
        }
        // sed takes `\n` for the newline even here.
        if parser.reader.tool == Tool::Sed && text[end..].starts_with(['n', 't']) {
            return Some((None, end + 1));
        }
    }
    Some(((character != HOLE).then_some(character), end))
}
