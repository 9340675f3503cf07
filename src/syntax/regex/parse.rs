//! Reads a pattern the way glibc (GNU grep and sed) or musl would.

use std::ops::Range;

use super::{
    Construct, Dialect, Fault, FaultKind, Kind, Node, Reader, Regex, Set, SetItem, Syntax, Tool,
    bracket,
};
use crate::text::HOLE;

/// Deeper nesting than this is not looked into; what it matches is unknown.
const DEPTH: usize = 50;
/// So many repetitions of one another, such as `a{2}{3}`, are looked into.
const STACKED: usize = 8;

/// Reads a pattern as it reaches the program, after all quoting. It never fails: the fault stands in the result.
pub fn parse(text: &str, reader: Reader) -> Regex {
    let unknown = |range| Node {
        kind: Kind::Unknown,
        range,
    };
    let mut regex = Regex {
        text: text.to_owned(),
        reader,
        root: unknown(0..text.len()),
        fault: None,
        constructs: Vec::new(),
    };
    if reader.syntax == Syntax::Perl {
        regex.fault = perl_fault(text, reader).filter(|_| !text.contains(HOLE));
        return regex;
    }
    // To grep, each line is a pattern of its own.
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split(|character| character == '\n' && reader.tool == Tool::Grep) {
        let end = start + line.len();
        let mut parser = Parser {
            text: &text[..end],
            reader,
            constructs: Vec::new(),
            closed: Vec::new(),
            last_reference: 0..0,
            highest_reference: 0,
        };
        lines.push(parser.read(start).unwrap_or_else(|fault| {
            regex.fault.get_or_insert(fault);
            unknown(start..end)
        }));
        regex.constructs.append(&mut parser.constructs);
        start = end + 1;
    }
    regex.root = alternatives(lines, 0..text.len());
    if text.contains(HOLE) {
        regex.fault = None;
    }
    regex
}

/// One pattern while it is read.
pub(super) struct Parser<'a> {
    /// The text up to the end of this pattern.
    pub(super) text: &'a str,
    pub(super) reader: Reader,
    constructs: Vec<(Range<usize>, Construct)>,
    /// For each group that was opened, whether it is closed.
    closed: Vec<bool>,
    highest_reference: usize,
    last_reference: Range<usize>,
}

/// What stands at one place, once backslashes are sorted out.
enum Token {
    Open,
    Close,
    Bar,
    /// `*`, `+` or `?`.
    Repeat(char),
    Brace,
    Escape(char),
    Plain(char),
}

/// A group (or the whole) while it is read.
struct Frame {
    open: Range<usize>,
    group: usize,
    alternatives: Vec<Node>,
    sequence: Vec<Node>,
    branch: usize,
    /// How many repetitions lie around the last node.
    stacked: usize,
    /// Whether nothing but the edges of lines and words stands in this branch so far.
    only_edges: bool,
}

/// What a repetition that stands here repeats.
enum Repeated {
    Last,
    Nothing,
    Itself,
    Unknown,
}

/// The numbers between braces.
enum Interval {
    Counts(Option<u32>, Option<u32>, usize),
    TooMany(usize),
    Broken,
}

impl Frame {
    fn new(open: Range<usize>, group: usize) -> Self {
        Self {
            branch: open.end,
            open,
            group,
            alternatives: Vec::new(),
            sequence: Vec::new(),
            stacked: 0,
            only_edges: true,
        }
    }

    fn push(&mut self, kind: Kind, range: Range<usize>) {
        self.stacked = 0;
        self.only_edges &= matches!(
            kind,
            Kind::LineStart | Kind::WordEdge | Kind::NoWordEdge | Kind::WordStart | Kind::WordEnd
        );
        self.sequence.push(Node { kind, range });
    }

    fn end_branch(&mut self, at: usize, next: usize) {
        let mut sequence = std::mem::take(&mut self.sequence);
        self.only_edges = true;
        let range = self.branch..at;
        self.alternatives.push(match sequence.len() {
            0 => Node {
                kind: Kind::Empty,
                range,
            },
            1 => sequence.remove(0),
            _ => Node {
                kind: Kind::Sequence(sequence),
                range,
            },
        });
        self.branch = next;
    }

    fn finish(mut self, at: usize) -> Node {
        self.end_branch(at, at);
        alternatives(self.alternatives, self.open.end..at)
    }
}

fn alternatives(mut nodes: Vec<Node>, range: Range<usize>) -> Node {
    if nodes.len() == 1 {
        return nodes.remove(0);
    }
    Node {
        kind: Kind::Alternatives(nodes),
        range,
    }
}

impl Parser<'_> {
    /// Remembers something that other programs read otherwise.
    pub(super) fn note(&mut self, range: Range<usize>, construct: Construct) {
        self.constructs.push((range, construct));
    }

    fn is(&self, dialect: Dialect, syntax: Syntax) -> bool {
        self.reader.dialect == dialect && self.reader.syntax == syntax
    }

    fn read(&mut self, start: usize) -> Result<Node, Fault> {
        let end = self.text.len();
        let fault = |kind, range| Err(Fault { kind, range });
        let given_up = Ok(Node {
            kind: Kind::Unknown,
            range: start..end,
        });
        let extended = self.reader.syntax == Syntax::Extended;
        let mut outer: Vec<Frame> = Vec::new();
        let mut frame = Frame::new(start..start, 0);
        let mut at = start;
        while let Some((token, range)) = self.token(at)? {
            at = range.end;
            match token {
                Token::Open => {
                    if outer.len() >= DEPTH {
                        return given_up;
                    }
                    if extended && self.text[at..].starts_with('?') {
                        let behind = self.text[at + 1..].chars().next();
                        let len = behind.map_or(0, char::len_utf8);
                        self.note(range.start..at + 1 + len, Construct::PerlGroup);
                    }
                    self.closed.push(false);
                    outer.push(std::mem::replace(
                        &mut frame,
                        Frame::new(range, self.closed.len()),
                    ));
                }
                Token::Close => {
                    let Some(parent) = outer.pop() else {
                        let literal = extended && self.reader.tool == Tool::Grep
                            || self.is(Dialect::Musl, Syntax::Extended);
                        if !literal {
                            return fault(FaultKind::UnopenedGroup, range);
                        }
                        frame.push(Kind::Literal(')'), range);
                        continue;
                    };
                    let inner = std::mem::replace(&mut frame, parent);
                    if let Some(closed) = self.closed.get_mut(inner.group.saturating_sub(1)) {
                        *closed = true;
                    }
                    let whole = inner.open.start..range.end;
                    let inner = inner.finish(range.start);
                    frame.push(Kind::Group(Box::new(inner)), whole);
                }
                Token::Bar => {
                    if !extended {
                        self.note(range.clone(), Construct::BasicAlternation);
                    }
                    frame.end_branch(range.start, range.end);
                }
                Token::Repeat(character) => {
                    if !extended && character != '*' {
                        self.note(range.clone(), Construct::BasicRepeat(character));
                    }
                    let (least, most) = match character {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    match self.repeated(&frame, character, &range)? {
                        Repeated::Unknown => return given_up,
                        Repeated::Itself => frame.push(Kind::Literal(character), range),
                        Repeated::Nothing => frame.push(Kind::Empty, range),
                        Repeated::Last if frame.stacked >= STACKED => return given_up,
                        Repeated::Last => repeat(&mut frame, least, most, range.end),
                    }
                }
                Token::Brace => {
                    let interval = self.interval(range.end);
                    let repeated = match (&interval, self.is(Dialect::Gnu, Syntax::Extended)) {
                        (_, true) if self.reader.tool == Tool::Awk => {
                            self.note(range, Construct::Brace);
                            return given_up;
                        }
                        // GNU grep takes braces that hold no numbers for themselves, but for `{}`.
                        (Interval::Broken, true) if self.text[range.end..].starts_with('}') => {
                            match self.repeated(&frame, '{', &range)? {
                                Repeated::Nothing => Repeated::Unknown,
                                _ if self.text[..range.start].ends_with('{') => Repeated::Unknown,
                                other => other,
                            }
                        }
                        (Interval::Broken, true) if self.reader.tool == Tool::Grep => {
                            Repeated::Itself
                        }
                        _ => self.repeated(&frame, '{', &range)?,
                    };
                    let counts = match (repeated, interval) {
                        (Repeated::Unknown, _) => return given_up,
                        (Repeated::Itself, _) => {
                            if extended {
                                self.note(range.clone(), Construct::Brace);
                            }
                            frame.push(Kind::Literal('{'), range);
                            continue;
                        }
                        (_, Interval::Broken) => {
                            let open = self.reader.dialect == Dialect::Gnu
                                && self.ends_in_braces(range.end);
                            let kind = if open {
                                FaultKind::UnclosedBrace
                            } else {
                                FaultKind::BadBrace
                            };
                            if extended {
                                self.note(range.clone(), Construct::Brace);
                            }
                            return fault(kind, range);
                        }
                        (_, Interval::TooMany(end)) => {
                            return fault(FaultKind::TooManyRepeats, range.start..end);
                        }
                        (repeated, Interval::Counts(least, most, end)) => {
                            (repeated, least, most, end)
                        }
                    };
                    let (repeated, least, most, interval_end) = counts;
                    let whole = range.start..interval_end;
                    at = interval_end;
                    if least.is_none() {
                        self.note(whole.clone(), Construct::OpenInterval);
                        if self.reader.dialect == Dialect::Musl {
                            return fault(FaultKind::BadBrace, whole);
                        }
                    }
                    let least = least.unwrap_or(0);
                    if most.is_some_and(|most| most < least) {
                        return fault(FaultKind::BadBrace, whole);
                    }
                    match repeated {
                        Repeated::Last if frame.stacked >= STACKED => return given_up,
                        Repeated::Last => repeat(&mut frame, least, most, interval_end),
                        _ => frame.push(Kind::Empty, whole),
                    }
                }
                Token::Escape(letter) => {
                    let kind = self.escape(letter, &range)?;
                    frame.push(kind, range);
                }
                Token::Plain('[') => {
                    let (kind, bracket_end) = bracket::read(self, range.start)?;
                    at = bracket_end;
                    frame.push(kind, range.start..bracket_end);
                }
                Token::Plain(character) => {
                    let rest = &self.text[at..];
                    let last =
                        rest.is_empty() || rest.starts_with("\\)") || rest.starts_with("\\|");
                    let kind = match character {
                        '.' => Kind::Any,
                        '^' if extended || frame.sequence.is_empty() => Kind::LineStart,
                        '$' if extended || last => Kind::LineEnd,
                        HOLE => Kind::Unknown,
                        _ => Kind::Literal(character),
                    };
                    frame.push(kind, range);
                }
            }
        }
        if !outer.is_empty() {
            return fault(FaultKind::UnclosedGroup, frame.open);
        }
        if self.highest_reference > self.closed.len() {
            return fault(FaultKind::BadBackReference, self.last_reference.clone());
        }
        Ok(frame.finish(end))
    }

    /// The token at `at` and its bytes.
    fn token(&self, at: usize) -> Result<Option<(Token, Range<usize>)>, Fault> {
        let Some(character) = self.text[at..].chars().next() else {
            return Ok(None);
        };
        let end = at + character.len_utf8();
        let extended = self.reader.syntax == Syntax::Extended;
        if character != '\\' {
            let token = match character {
                '(' if extended => Token::Open,
                ')' if extended => Token::Close,
                '|' if extended => Token::Bar,
                '{' if extended => Token::Brace,
                '+' | '?' if extended => Token::Repeat(character),
                '*' => Token::Repeat('*'),
                _ => Token::Plain(character),
            };
            return Ok(Some((token, at..end)));
        }
        let Some(letter) = self.text[end..].chars().next() else {
            return Err(Fault {
                kind: FaultKind::TrailingBackslash,
                range: at..end,
            });
        };
        let token = match letter {
            '(' if !extended => Token::Open,
            ')' if !extended => Token::Close,
            '|' if !extended => Token::Bar,
            '{' if !extended => Token::Brace,
            '+' | '?' if !extended => Token::Repeat(letter),
            _ => Token::Escape(letter),
        };
        Ok(Some((token, at..end + letter.len_utf8())))
    }

    /// What a repetition repeats; `character` is `*`, `+`, `?` or `{`.
    fn repeated(
        &mut self,
        frame: &Frame,
        character: char,
        range: &Range<usize>,
    ) -> Result<Repeated, Fault> {
        let Some(last) = frame.sequence.last() else {
            let perl = self.text[..range.start].ends_with('(') && character == '?';
            if !perl && (self.reader.syntax == Syntax::Extended || character != '*') {
                self.note(range.clone(), Construct::LeadingRepeat(character));
            }
            let refused = Err(Fault {
                kind: FaultKind::NothingToRepeat,
                range: range.clone(),
            });
            return match (self.reader.dialect, self.reader.syntax, self.reader.tool) {
                (Dialect::Gnu, Syntax::Extended, Tool::Grep) => {
                    // glibc and gnulib disagree about `(*)`.
                    let alone = self.text[range.end..].starts_with(')');
                    Ok(if alone {
                        Repeated::Unknown
                    } else {
                        Repeated::Nothing
                    })
                }
                (Dialect::Gnu, Syntax::Extended, Tool::Awk) => Ok(Repeated::Unknown),
                (Dialect::Gnu, Syntax::Extended, Tool::Sed)
                | (Dialect::Musl, Syntax::Extended, _) => refused,
                (Dialect::Musl, _, _) if character != '*' => refused,
                _ => Ok(Repeated::Itself),
            };
        };
        let edge = match self.reader.dialect {
            // Behind edges alone, GNU is still at the start.
            Dialect::Gnu => frame.only_edges,
            Dialect::Musl => last.kind == Kind::LineStart,
        };
        if !edge {
            return Ok(Repeated::Last);
        }
        match (self.reader.dialect, self.reader.syntax, self.reader.tool) {
            // glibc and gnulib disagree about `\<\{`.
            (Dialect::Gnu, Syntax::Basic, _)
                if character == '{' && last.kind != Kind::LineStart =>
            {
                Ok(Repeated::Unknown)
            }
            (Dialect::Gnu, Syntax::Basic, _) => Ok(Repeated::Itself),
            (Dialect::Gnu, _, Tool::Sed) => Err(Fault {
                kind: FaultKind::NothingToRepeat,
                range: range.clone(),
            }),
            (Dialect::Musl, Syntax::Basic, _) if character == '*' => Ok(Repeated::Itself),
            (Dialect::Gnu, _, Tool::Awk) => Ok(Repeated::Unknown),
            _ => Ok(Repeated::Last),
        }
    }

    /// The numbers behind an opening brace.
    fn interval(&self, start: usize) -> Interval {
        let rest = &self.text[start..];
        let number = |text: &str| {
            let len = text.bytes().take_while(u8::is_ascii_digit).count();
            let value = text[..len].parse::<u32>();
            (
                len,
                if len == 0 {
                    None
                } else {
                    Some(value.unwrap_or(u32::MAX))
                },
            )
        };
        let (mut len, least) = number(rest);
        let mut most = least;
        if rest[len..].starts_with(',') {
            let (digits, value) = number(&rest[len + 1..]);
            len += 1 + digits;
            most = value;
        } else if least.is_none() {
            return Interval::Broken;
        }
        let close = if self.reader.syntax == Syntax::Extended {
            "}"
        } else {
            "\\}"
        };
        if !rest[len..].starts_with(close) {
            return Interval::Broken;
        }
        let end = start + len + close.len();
        let limit = match self.reader.dialect {
            Dialect::Gnu => 32_767,
            Dialect::Musl => 255,
        };
        if least.max(most).is_some_and(|count| count > limit) {
            return Interval::TooMany(end);
        }
        Interval::Counts(least, most, end)
    }

    /// Whether glibc runs out of text within the braces, and does not stumble before.
    fn ends_in_braces(&self, start: usize) -> bool {
        let rest = &self.text[start..];
        let close = if self.reader.syntax == Syntax::Extended {
            "}"
        } else {
            "\\}"
        };
        let mut numbers = rest.split(',');
        let least = numbers.next().unwrap_or_default();
        let stumbles = numbers.next().is_some()
            && (numbers.next().is_some() || !least.bytes().all(|byte| byte.is_ascii_digit()));
        !rest.contains(close) && !stumbles
    }

    /// What a backslash and a letter mean outside brackets.
    fn escape(&mut self, letter: char, range: &Range<usize>) -> Result<Kind, Fault> {
        let Reader {
            tool,
            dialect,
            syntax,
        } = self.reader;
        let class = |name, negated| {
            Ok(Kind::Set(Set {
                negated,
                items: vec![SetItem::Class(name)],
            }))
        };
        let word = |negated| {
            Ok(Kind::Set(Set {
                negated,
                items: vec![SetItem::Class("alnum"), SetItem::Range('_', '_')],
            }))
        };
        match letter {
            '1'..='9' => {
                let group = letter as usize - '0' as usize;
                if tool == Tool::Awk || self.is(Dialect::Musl, Syntax::Extended) {
                    return Ok(Kind::Unknown);
                }
                if dialect == Dialect::Gnu && self.closed.get(group - 1) != Some(&true) {
                    return Err(Fault {
                        kind: FaultKind::BadBackReference,
                        range: range.clone(),
                    });
                }
                if group > self.highest_reference {
                    self.highest_reference = group;
                    self.last_reference = range.clone();
                }
                Ok(Kind::BackReference(group as u32))
            }
            's' | 'S' | 'w' | 'W' | 'd' | 'D' => {
                self.note(range.clone(), Construct::ClassEscape(letter));
                match (letter, dialect) {
                    _ if tool == Tool::Awk && dialect == Dialect::Gnu => Ok(Kind::Unknown),
                    // GNU sed's `\dNNN` is a character by its number.
                    ('d' | 'D', Dialect::Gnu) if tool == Tool::Sed => Ok(Kind::Unknown),
                    ('d' | 'D', Dialect::Gnu) => Ok(Kind::Literal(letter)),
                    ('d' | 'D', Dialect::Musl) => class("digit", letter == 'D'),
                    ('s' | 'S', _) => class("space", letter == 'S'),
                    _ => word(letter == 'W'),
                }
            }
            'b' | 'B' | '<' | '>' | '`' | '\'' => {
                self.note(range.clone(), Construct::Edge(letter));
                Ok(match (letter, dialect) {
                    _ if tool == Tool::Awk => Kind::Unknown,
                    ('b', _) => Kind::WordEdge,
                    ('B', _) => Kind::NoWordEdge,
                    ('<', _) => Kind::WordStart,
                    ('>', _) => Kind::WordEnd,
                    ('`', Dialect::Gnu) => Kind::LineStart,
                    (_, Dialect::Gnu) => Kind::LineEnd,
                    (_, Dialect::Musl) => Kind::Literal(letter),
                })
            }
            't' | 'n' | 'r' | 'f' | 'v' | 'a' | 'e' => {
                if tool == Tool::Grep || (tool == Tool::Sed && letter != 'n') {
                    self.note(range.clone(), Construct::ControlEscape(letter));
                }
                let character = match letter {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    'f' => '\x0c',
                    'v' => '\x0b',
                    'a' => '\x07',
                    _ => '\x1b',
                };
                Ok(match (tool, dialect) {
                    (Tool::Grep, Dialect::Gnu) => Kind::Literal(letter),
                    (Tool::Grep, Dialect::Musl) if matches!(letter, 'v' | 'a') => {
                        Kind::Literal(letter)
                    }
                    (Tool::Grep, Dialect::Musl) => Kind::Literal(character),
                    _ if letter == 'e' => Kind::Unknown,
                    _ => Kind::Literal(character),
                })
            }
            'x' | 'o' | 'c' | '0' if dialect == Dialect::Musl || tool != Tool::Grep => {
                self.note(range.clone(), Construct::StrayEscape(letter));
                Ok(Kind::Unknown)
            }
            HOLE => Ok(Kind::Unknown),
            _ => {
                if letter.is_ascii_alphanumeric() {
                    self.note(range.clone(), Construct::StrayEscape(letter));
                }
                debug_assert!(syntax != Syntax::Perl, "Perl is not read here");
                Ok(Kind::Literal(letter))
            }
        }
    }
}

/// Repeats the last node of the frame. Two simple repetitions in a row are one.
fn repeat(frame: &mut Frame, least: u32, most: Option<u32>, end: usize) {
    let Some(last) = frame.sequence.pop() else {
        return;
    };
    let range = last.range.start..end;
    let simple = |least: u32, most: Option<u32>| least <= 1 && most.is_none_or(|most| most == 1);
    let kind = match last.kind {
        Kind::Repeat {
            node,
            least: inner_least,
            most: inner_most,
        } if simple(least, most) && simple(inner_least, inner_most) => Kind::Repeat {
            node,
            least: least * inner_least,
            most: most.and(inner_most),
        },
        kind => {
            frame.stacked += 1;
            Kind::Repeat {
                node: Box::new(Node {
                    kind,
                    range: last.range,
                }),
                least,
                most,
            }
        }
    };
    frame.sequence.push(Node { kind, range });
}

/// The faults of a Perl pattern that no option or group syntax could explain away.
fn perl_fault(text: &str, reader: Reader) -> Option<Fault> {
    if ["\\Q", "(?#", "(?x", "(*", "(?("]
        .iter()
        .any(|word| text.contains(word))
    {
        return None;
    }
    let fault = |kind, range| Some(Fault { kind, range });
    let mut parser = Parser {
        text,
        reader,
        constructs: Vec::new(),
        closed: Vec::new(),
        last_reference: 0..0,
        highest_reference: 0,
    };
    let mut open: Vec<usize> = Vec::new();
    let mut fresh = true;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let end = at + character.len_utf8();
        let was_fresh = std::mem::replace(&mut fresh, matches!(character, '(' | '|'));
        match character {
            '\\' => {
                let Some(letter) = text[end..].chars().next() else {
                    return fault(FaultKind::TrailingBackslash, at..end);
                };
                at = end + letter.len_utf8();
                continue;
            }
            '[' => match bracket::read(&mut parser, at) {
                Ok((_, end)) => {
                    at = end;
                    continue;
                }
                // Perl's classes hold more than POSIX's (`[\d-x]`, `[[:^alpha:]]`): only the bracket itself is sure.
                Err(wrong) if wrong.kind == FaultKind::UnclosedBracket => return Some(wrong),
                Err(_) => return None,
            },
            '(' => open.push(at),
            ')' if open.pop().is_none() => return fault(FaultKind::UnopenedGroup, at..end),
            '*' | '+' if was_fresh => return fault(FaultKind::NothingToRepeat, at..end),
            '?' if was_fresh && !text[..at].ends_with('(') => {
                return fault(FaultKind::NothingToRepeat, at..end);
            }
            _ => {}
        }
        at = end;
    }
    let start = open.pop()?;
    fault(FaultKind::UnclosedGroup, start..start + 1)
}
