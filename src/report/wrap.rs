//! Text in columns: how wide a character is on a terminal, and where a long line is cut.

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The text with blanks behind it up to this many columns.
pub fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// The lines of a text: the first at most `first` columns wide, the others at most `rest`; cut behind a blank where
/// there is one, which is left out, else behind a mark that parts words for most programs.
pub fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = text;
    loop {
        let room = if lines.is_empty() { first } else { rest }.max(2);
        let Some(end) = end_of_line(left, room) else {
            lines.push(left.to_owned());
            return lines;
        };
        // A blank near the front would leave too much of the line empty.
        let head = &left[..end];
        let (line, next) = match head.rfind(' ').filter(|at| *at * 4 > end) {
            Some(at) => (&left[..at], at + 1),
            None if left[end..].starts_with(' ') => (head, end + 1),
            None => {
                let cut = head.rfind(MARKS).filter(|at| *at * 2 > end);
                let end = cut.map_or(end, |at| at + 1);
                (&left[..end], end)
            }
        };
        lines.push(line.trim_end().to_owned());
        left = left[next..].trim_start_matches(' ');
    }
}

/// Where a word that is too long for a line may be cut.
const MARKS: [char; 7] = ['/', ',', ';', ')', '}', '&', '?'];

/// Where the text leaves the room; None where it fits.
fn end_of_line(text: &str, room: usize) -> Option<usize> {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += width(character);
        if used > room {
            return Some(at);
        }
    }
    None
}

/// How many columns a character takes: the blocks of Unicode's East Asian Width W and F, and the common marks of none.
fn width(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{23e9}'..='\u{23f3}'
        | '\u{2614}'..='\u{2615}'
        | '\u{2705}'
        | '\u{270a}'..='\u{270b}'
        | '\u{2728}'
        | '\u{274c}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_behind_blanks_and_never_too_wide() {
        assert_eq!(wrapped("one two three", 8, 6), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4, 3), ["abcd", "efg", "hij"]);
        assert_eq!(wrapped("", 4, 4), [""]);
        assert_eq!(wrapped("ab 検査検査 x", 6, 4), ["ab", "検査", "検査", "x"]);
        for text in [
            "a b  c d e f",
            "検査 a検査é👩\u{200d}🚀 bbbbbbbbbb",
            "      x",
        ] {
            for room in 1..12 {
                for line in wrapped(text, room, room) {
                    assert!(columns(&line) <= room.max(2), "{text} {room}");
                }
            }
        }
    }
}
