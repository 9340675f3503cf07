//! Globs and regular expressions on text that may have holes; what cannot be told is None.

use crate::text::HOLE;

use super::path::NONZERO;
use super::words::is_known;

/// Whether the whole text matches the glob.
pub(super) fn glob(pattern: &str, text: &str) -> Option<bool> {
    if pattern == "*" {
        return Some(true);
    }
    if !is_known(text) || !is_known(pattern) {
        return None;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    if pattern.contains(&'\\') {
        return None;
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
                continue;
            }
            Some('?') => {
                at += 1;
                from += 1;
                continue;
            }
            Some('[') => {
                let (set, len) = bracket(pattern.get(at..)?)?;
                if set.holds(text[from]) {
                    at += len;
                    from += 1;
                    continue;
                }
            }
            Some(char) if *char == text[from] => {
                at += 1;
                from += 1;
                continue;
            }
            _ => {}
        }
        let Some((back, start)) = star else {
            return Some(false);
        };
        at = back + 1;
        from = start + 1;
        star = Some((back, from));
    }
    Some(pattern.get(at..)?.iter().all(|char| *char == '*'))
}

/// Whether two texts are equal, where holes may be anything: Some(false) if they cannot be.
pub(super) fn could_equal(one: &str, other: &str) -> Option<bool> {
    if is_known(one) && is_known(other) {
        return Some(one == other);
    }
    let (known, holes) = if is_known(one) {
        (one, other)
    } else if is_known(other) {
        (other, one)
    } else {
        return None;
    };
    if holes.contains(NONZERO) {
        return if known == "0" || (!known.is_empty() && known.parse::<u64>().is_err()) {
            Some(false)
        } else {
            None
        };
    }
    let mut rest = known;
    let mut segments = holes.split(HOLE);
    let Some(left) = rest.strip_prefix(segments.next().unwrap_or_default()) else {
        return Some(false);
    };
    rest = left;
    let mut segments: Vec<&str> = segments.collect();
    let last = segments.pop().unwrap_or_default();
    let Some(left) = rest.strip_suffix(last) else {
        return Some(false);
    };
    rest = left;
    for segment in segments {
        let Some((_, behind)) = rest.split_once(segment) else {
            return Some(false);
        };
        rest = behind;
    }
    None
}

/// How a pattern of grep is read.
#[allow(clippy::struct_excessive_bools)] // They are the options of grep.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// `-E`
    pub extended: bool,
    /// `-F`
    pub fixed: bool,
    /// `-i`
    pub ignore_case: bool,
    /// `-x`
    pub whole_line: bool,
}

/// A compiled pattern.
pub(super) struct Regex {
    branches: Vec<Vec<Node>>,
    reading: Reading,
    /// Whether it has an anchor, so that text cut at a hole proves nothing.
    anchored: bool,
}

#[derive(Debug)]
enum Node {
    Set(Set, usize, usize),
    Start,
    End,
    Group(Vec<Vec<Node>>, usize, usize),
}

#[derive(Clone, Debug)]
struct Set {
    not: bool,
    ranges: Vec<(char, char)>,
}

impl Set {
    fn one(char: char) -> Self {
        Self {
            not: false,
            ranges: vec![(char, char)],
        }
    }

    fn holds(&self, char: char) -> bool {
        self.ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&char))
            != self.not
    }

    fn holds_in(&self, char: char, ignore_case: bool) -> bool {
        self.holds(char)
            || (ignore_case
                && (self.holds(char.to_ascii_lowercase()) || self.holds(char.to_ascii_uppercase())))
    }
}

/// `[…]` at the start, and how many characters it takes.
fn bracket(text: &[char]) -> Option<(Set, usize)> {
    let mut at = 1;
    let not = matches!(text.get(at), Some('^' | '!'));
    at += usize::from(not);
    let mut ranges = Vec::new();
    let first = at;
    loop {
        match text.get(at)? {
            ']' if at > first => return Some((Set { not, ranges }, at + 1)),
            '[' if text.get(at + 1) == Some(&':') => {
                let rest: String = text.get(at + 2..)?.iter().collect();
                let (name, _) = rest.split_once(":]")?;
                ranges.extend_from_slice(class(name)?);
                at += name.chars().count() + 4;
            }
            '[' if matches!(text.get(at + 1), Some('.' | '=')) => return None,
            '\\' => return None,
            from => {
                if text.get(at + 1) == Some(&'-') && text.get(at + 2).is_some_and(|to| *to != ']') {
                    ranges.push((*from, *text.get(at + 2)?));
                    at += 3;
                } else {
                    ranges.push((*from, *from));
                    at += 1;
                }
            }
        }
    }
}

fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "digit" => &[('0', '9')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "lower" => &[('a', 'z')],
        "upper" => &[('A', 'Z')],
        _ => return None,
    })
}

impl Regex {
    /// Reads a pattern; None where it holds what this reader does not know.
    pub fn new(pattern: &str, reading: Reading) -> Option<Self> {
        if !is_known(pattern) || pattern.contains('\n') {
            return None;
        }
        let chars: Vec<char> = pattern.chars().collect();
        if reading.fixed {
            let nodes = chars
                .into_iter()
                .map(|char| Node::Set(Set::one(char), 1, 1))
                .collect();
            return Some(Self {
                branches: vec![nodes],
                reading,
                anchored: false,
            });
        }
        let mut at = 0;
        let branches = branches(&chars, &mut at, reading.extended, 0)?;
        (at == chars.len()).then_some(Self {
            anchored: anchored(&branches),
            branches,
            reading,
        })
    }

    /// Whether the line matches; None where that depends on what is unknown, or takes too long to say.
    pub fn matches(&self, line: &str) -> Option<bool> {
        if is_known(line) {
            return self.search(line);
        }
        if !self.anchored && !self.reading.whole_line {
            for piece in line.split([HOLE, NONZERO]) {
                if self.search(piece)? && !piece.is_empty() {
                    return Some(true);
                }
            }
        }
        None
    }

    fn search(&self, line: &str) -> Option<bool> {
        let text: Vec<char> = line.chars().collect();
        let mut steps = 20_000usize;
        for start in 0..=text.len() {
            for branch in &self.branches {
                let whole = self.reading.whole_line;
                let found = run(
                    branch,
                    &text,
                    start,
                    self.reading.ignore_case,
                    &mut steps,
                    &mut |end| !whole || end == text.len(),
                );
                if steps == 0 {
                    return None;
                }
                if found {
                    return Some(true);
                }
            }
            if self.reading.whole_line {
                break;
            }
        }
        Some(false)
    }
}

fn anchored(branches: &[Vec<Node>]) -> bool {
    branches.iter().flatten().any(|node| match node {
        Node::Start | Node::End => true,
        Node::Set(..) => false,
        Node::Group(inner, ..) => anchored(inner),
    })
}

fn branches(text: &[char], at: &mut usize, extended: bool, depth: usize) -> Option<Vec<Vec<Node>>> {
    if depth > 20 {
        return None;
    }
    let mut all = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    loop {
        let first = nodes.is_empty();
        let Some(char) = text.get(*at) else {
            all.push(nodes);
            return Some(all);
        };
        let escaped = (*char == '\\').then(|| text.get(*at + 1)).flatten();
        let is = |symbol: char| {
            if extended {
                *char == symbol
            } else {
                escaped == Some(&symbol)
            }
        };
        let width = if extended { 1 } else { 2 };
        if is('|') {
            *at += width;
            all.push(std::mem::take(&mut nodes));
            continue;
        }
        if is(')') {
            if depth == 0 {
                return None;
            }
            all.push(nodes);
            return Some(all);
        }
        if is('(') {
            *at += width;
            let inner = branches(text, at, extended, depth + 1)?;
            *at += width;
            if *at > text.len() {
                return None;
            }
            nodes.push(Node::Group(inner, 1, 1));
            continue;
        }
        let repeat = match char {
            '*' if !first => Some((0, usize::MAX)),
            '+' if extended => Some((1, usize::MAX)),
            '?' if extended => Some((0, 1)),
            '{' if extended => return None,
            '\\' if !extended => match escaped? {
                '+' => Some((1, usize::MAX)),
                '?' => Some((0, 1)),
                '{' => return None,
                _ => None,
            },
            _ => None,
        };
        if let Some((least, most)) = repeat {
            *at += if *char == '\\' { 2 } else { 1 };
            match nodes.last_mut()? {
                Node::Set(_, from, to) | Node::Group(_, from, to) => (*from, *to) = (least, most),
                Node::Start | Node::End => return None,
            }
            continue;
        }
        match char {
            '*' if extended => return None,
            '^' if extended || first => {
                nodes.push(Node::Start);
                *at += 1;
            }
            '$' if extended || *at + 1 == text.len() => {
                nodes.push(Node::End);
                *at += 1;
            }
            '.' => {
                nodes.push(Node::Set(
                    Set {
                        not: true,
                        ranges: vec![('\n', '\n')],
                    },
                    1,
                    1,
                ));
                *at += 1;
            }
            '[' => {
                let (set, len) = bracket(text.get(*at..)?)?;
                nodes.push(Node::Set(set, 1, 1));
                *at += len;
            }
            '\\' => {
                let char = escaped?;
                if char.is_alphanumeric() || matches!(char, '<' | '>' | '`' | '\'') {
                    return None;
                }
                nodes.push(Node::Set(Set::one(*char), 1, 1));
                *at += 2;
            }
            char => {
                nodes.push(Node::Set(Set::one(*char), 1, 1));
                *at += 1;
            }
        }
    }
}

fn run(
    nodes: &[Node],
    text: &[char],
    at: usize,
    ignore_case: bool,
    steps: &mut usize,
    done: &mut dyn FnMut(usize) -> bool,
) -> bool {
    *steps = steps.saturating_sub(1);
    if *steps == 0 {
        return false;
    }
    let Some((node, rest)) = nodes.split_first() else {
        return done(at);
    };
    match node {
        Node::Start => at == 0 && run(rest, text, at, ignore_case, steps, done),
        Node::End => at == text.len() && run(rest, text, at, ignore_case, steps, done),
        Node::Set(set, least, most) => {
            let most = (*most).min(text.len() - at);
            let mut count = 0;
            while count < most && set.holds_in(text[at + count], ignore_case) {
                count += 1;
            }
            if count < *least {
                return false;
            }
            (*least..=count)
                .rev()
                .any(|count| run(rest, text, at + count, ignore_case, steps, done))
        }
        Node::Group(inner, least, most) => {
            let (least, most) = (*least, *most);
            if least == 0 && run(rest, text, at, ignore_case, steps, done) {
                return true;
            }
            if most > 1 {
                // A repeated group is beyond this reader; the step budget says so.
                *steps = 0;
                return false;
            }
            for branch in inner {
                let mut ends = Vec::new();
                run(branch, text, at, ignore_case, steps, &mut |end| {
                    ends.push(end);
                    false
                });
                for end in ends {
                    if run(rest, text, end, ignore_case, steps, done) {
                        return true;
                    }
                }
            }
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_and_holes() {
        assert_eq!(glob("2*", "200"), Some(true));
        assert_eq!(glob("[23]??", "404"), Some(false));
        assert_eq!(glob("*b*d", "abcd"), Some(true));
        assert_eq!(glob("200", "\u{fffc}"), None);
        assert_eq!(could_equal("\u{fffc}b", "xyz"), Some(false));
        assert_eq!(could_equal("\u{fffc}b", "xb"), None);
        assert_eq!(could_equal("\u{fffb}", "0"), Some(false));
    }

    #[test]
    fn patterns_as_grep_reads_them() {
        let extended = Reading {
            extended: true,
            ..Reading::default()
        };
        for (pattern, reading, line, expected) in [
            ("^(200|401)$", extended, "401", Some(true)),
            ("^(200|401)$", extended, "500", Some(false)),
            ("2[0-9]*0", Reading::default(), "x2440", Some(true)),
            ("a|b", Reading::default(), "b", Some(false)),
            ("a\\|b", Reading::default(), "b", Some(true)),
            ("PONG", Reading::default(), "NOAUTH", Some(false)),
            ("\\s", Reading::default(), " ", None),
            ("ok", Reading::default(), "\u{fffc} ok", Some(true)),
            ("ok", Reading::default(), "\u{fffc}", None),
            ("ok$", Reading::default(), "ok\u{fffc}", None),
        ] {
            let found = Regex::new(pattern, reading).and_then(|regex| regex.matches(line));
            assert_eq!(found, expected, "{pattern} on {line}");
        }
    }
}
