//! What one program reads otherwise than another, how to say it so that all agree, and backslashes too many.

use std::ops::Range;

use super::{Dialect, Kind, Node, Reader, Regex, Syntax, Tool};
use crate::text::HOLE;

/// Something in a pattern whose meaning depends on the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Construct {
    /// `\s \S \w \W \d \D`.
    ClassEscape(char),
    /// `\b \B \< \>`, and GNU's `` \` `` and `\'`.
    Edge(char),
    /// `\t \n \r \f \v \a \e`.
    ControlEscape(char),
    /// A backslash before a letter in brackets, where POSIX takes both for themselves.
    EscapeInBracket(char),
    /// A backslash before any other letter or digit.
    StrayEscape(char),
    /// `\|` in a basic expression.
    BasicAlternation,
    /// `\+` or `\?` in a basic expression.
    BasicRepeat(char),
    /// `*`, `+`, `?` or `{` with nothing in front.
    LeadingRepeat(char),
    /// `{` in an extended expression that starts no interval: `{"x"`, `a{1`.
    Brace,
    /// `{,2}`.
    OpenInterval,
    /// `(?i)`, `(?:`: Perl's groups in an extended expression.
    PerlGroup,
}

/// What a program makes of a [`Construct`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// What Perl and most people mean by it: `\d` a digit, `\b` a word's edge, `\t` a tab.
    Usual,
    /// The character without its backslash: `\d` is a `d`, `{` a brace.
    Letter,
    /// The backslash and the letter, each for itself.
    Both,
    /// Nothing: the repetition repeats nothing and is passed over.
    Ignored,
    /// The program refuses the pattern.
    Refused,
    /// Nobody can say.
    Unknown,
}

/// A backslash too many: the pattern asks for a real backslash in front of a letter that was meant to be escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverEscape {
    /// Both backslashes and the letter.
    pub range: Range<usize>,
    /// The letter behind the backslashes: `s`, `d`, `"`.
    pub letter: char,
    /// What was meant, spelled for every program: `[[:space:]]`, `[0-9]`, `"`.
    pub meant: String,
    /// Whether every line that matches must hold this backslash; otherwise another branch can do without it.
    pub required: bool,
}

impl Construct {
    /// What `reader` makes of it. Where [`Regex::fault`] stands, that is the answer.
    #[allow(clippy::match_same_arms)] // A table reads best with one row per construct.
    pub fn meaning(self, reader: Reader) -> Meaning {
        let Reader {
            tool,
            dialect,
            syntax,
        } = reader;
        let gnu = dialect == Dialect::Gnu;
        if syntax == Syntax::Perl {
            return match self {
                Self::LeadingRepeat(_) => Meaning::Refused,
                Self::ClassEscape(_) | Self::ControlEscape(_) | Self::PerlGroup => Meaning::Usual,
                _ => Meaning::Unknown,
            };
        }
        if tool == Tool::Awk && gnu {
            return Meaning::Unknown;
        }
        match self {
            Self::ClassEscape('d' | 'D') if gnu && tool == Tool::Sed => Meaning::Unknown,
            Self::ClassEscape('d' | 'D') if gnu => Meaning::Letter,
            Self::Edge('`' | '\'') if !gnu => Meaning::Letter,
            Self::Edge(_) if tool == Tool::Awk => Meaning::Unknown,
            Self::ClassEscape(_) | Self::Edge(_) | Self::BasicAlternation => Meaning::Usual,
            Self::ControlEscape('v' | 'a') if tool == Tool::Grep => Meaning::Letter,
            Self::ControlEscape(_) if tool == Tool::Grep && gnu => Meaning::Letter,
            Self::ControlEscape(_) => Meaning::Usual,
            Self::EscapeInBracket(_) => match tool {
                Tool::Grep => Meaning::Both,
                Tool::Sed | Tool::Awk => Meaning::Unknown,
            },
            Self::StrayEscape('x') if !gnu => Meaning::Usual,
            Self::StrayEscape(_) if tool == Tool::Grep => Meaning::Letter,
            Self::StrayEscape(_) => Meaning::Unknown,
            // As a real repetition both know it; in front of everything it is a `LeadingRepeat` too.
            Self::BasicRepeat(_) => Meaning::Usual,
            Self::LeadingRepeat(character) => match (gnu, syntax) {
                (true, Syntax::Extended) if tool == Tool::Grep => Meaning::Ignored,
                (false, Syntax::Basic) if character == '*' => Meaning::Letter,
                (true, Syntax::Basic) => Meaning::Letter,
                _ => Meaning::Refused,
            },
            Self::Brace if gnu && tool == Tool::Grep => Meaning::Letter,
            Self::Brace => Meaning::Refused,
            Self::OpenInterval if gnu => Meaning::Usual,
            Self::OpenInterval => Meaning::Refused,
            Self::PerlGroup if gnu && tool == Tool::Grep => Meaning::Ignored,
            Self::PerlGroup => Meaning::Refused,
        }
    }

    /// The spelling that every program reads as what was meant. `written` is the construct's own text. `None` where
    /// there is none: an edge of a word, a control character, alternation in a basic expression (`-E` has it).
    pub fn portable(self, written: &str) -> Option<String> {
        Some(match self {
            Self::ClassEscape(letter) => class(letter)?.to_owned(),
            Self::Brace => "\\{".to_owned(),
            Self::OpenInterval => written.replacen("{,", "{0,", 1),
            Self::BasicRepeat('+') => "\\{1,\\}".to_owned(),
            Self::BasicRepeat('?') => "\\{0,1\\}".to_owned(),
            Self::EscapeInBracket('s') => "[:space:]".to_owned(),
            Self::EscapeInBracket('d') => "0-9".to_owned(),
            Self::EscapeInBracket('w') => "[:alnum:]_".to_owned(),
            Self::StrayEscape(letter) => letter.to_string(),
            _ => return None,
        })
    }
}

/// A bracket expression for a class escape.
fn class(letter: char) -> Option<&'static str> {
    Some(match letter {
        's' => "[[:space:]]",
        'S' => "[^[:space:]]",
        'w' => "[[:alnum:]_]",
        'W' => "[^[:alnum:]_]",
        'd' => "[0-9]",
        'D' => "[^0-9]",
        _ => return None,
    })
}

impl Regex {
    /// Whether every line that matches must hold a backslash. False where a hole leaves it open.
    pub fn requires_backslash(&self) -> bool {
        !self.text.contains(HOLE) && self.fault.is_none() && requires(&self.root)
    }

    /// Every place where the pattern asks for a real backslash in front of a letter that people escape.
    pub fn over_escapes(&self) -> Vec<OverEscape> {
        let mut found = Vec::new();
        let known = !self.text.contains(HOLE) && self.fault.is_none();
        self.search(&self.root, None, known, &mut found);
        found
    }

    /// `next` is the character behind the node, where a literal one follows.
    fn search(
        &self,
        node: &Node,
        next: Option<&Node>,
        required: bool,
        found: &mut Vec<OverEscape>,
    ) {
        match &node.kind {
            Kind::Literal('\\') if node.range.len() == 2 => {
                let Some((letter, end)) = next.and_then(|next| self.escaped(next)) else {
                    return;
                };
                found.push(OverEscape {
                    range: node.range.start..end,
                    letter,
                    meant: match letter {
                        '.' | '*' | '[' | ']' | '^' | '$' | 'b' | 'B' | '<' | '>' => {
                            format!("\\{letter}")
                        }
                        _ => class(letter).map_or_else(|| letter.to_string(), str::to_owned),
                    },
                    required,
                });
            }
            Kind::Sequence(nodes) => {
                for (index, inner) in nodes.iter().enumerate() {
                    self.search(inner, nodes.get(index + 1), required, found);
                }
            }
            Kind::Alternatives(nodes) => {
                for inner in nodes {
                    self.search(inner, None, required && nodes.iter().all(requires), found);
                }
            }
            Kind::Group(inner) => self.search(inner, None, required, found),
            Kind::Repeat { node, least, .. } => {
                self.search(node, None, required && *least > 0, found);
            }
            _ => {}
        }
    }

    /// The letter that a second backslash was meant to escape, and where it ends.
    fn escaped(&self, next: &Node) -> Option<(char, usize)> {
        let mut node = next;
        while let Kind::Repeat { node: inner, .. } = &node.kind {
            node = inner;
        }
        let start = node.range.start;
        let letter = self.text.get(start..)?.chars().next()?;
        let meant = matches!(
            letter,
            's' | 'S'
                | 'd'
                | 'D'
                | 'w'
                | 'W'
                | 'b'
                | 'B'
                | '"'
                | '\''
                | '/'
                | '.'
                | '*'
                | '['
                | ']'
                | '^'
                | '$'
                | '<'
                | '>'
                | ':'
                | '-'
                | ','
                | '_'
                | '='
        );
        meant.then(|| (letter, start + letter.len_utf8()))
    }
}

fn requires(node: &Node) -> bool {
    match &node.kind {
        Kind::Literal(character) => *character == '\\',
        Kind::Sequence(nodes) => nodes.iter().any(requires),
        Kind::Alternatives(nodes) => nodes.iter().all(requires),
        Kind::Group(inner) => requires(inner),
        Kind::Repeat { node, least, .. } => *least > 0 && requires(node),
        _ => false,
    }
}
