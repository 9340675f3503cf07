//! The tree of a pattern; every node knows its bytes.

use std::ops::Range;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the pattern.
    pub range: Range<usize>,
}

/// What a part of a pattern is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, which matches everywhere.
    Empty,
    /// One character that stands for itself.
    Literal(char),
    /// Any one character.
    Any,
    /// One character of a set.
    Set(Set),
    /// The start of the line.
    LineStart,
    /// The end of the line.
    LineEnd,
    /// `\b`: the edge of a word.
    WordEdge,
    /// `\B`: no edge of a word.
    NoWordEdge,
    /// `\<`: the start of a word.
    WordStart,
    /// `\>`: the end of a word.
    WordEnd,
    /// What stands between parentheses.
    Group(Box<Node>),
    /// One of these.
    Alternatives(Vec<Node>),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The same again.
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// How often at least.
        least: u32,
        /// How often at most; no limit where there is none.
        most: Option<u32>,
    },
    /// What an earlier group matched.
    BackReference(u32),
    /// Nobody knows what it matches.
    Unknown,
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Whether it is all characters but these.
    pub negated: bool,
    /// The characters.
    pub items: Vec<SetItem>,
}

/// A part of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetItem {
    /// From this character to that, both included; the order of a range is that of the code points.
    Range(char, char),
    /// A named class: `space`, `digit`, `alnum`.
    Class(&'static str),
    /// Nobody knows which.
    Unknown,
}

/// POSIX's names of classes.
pub(super) const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit",
];

impl Set {
    /// Whether a character belongs to it; `None` where locale or a hole decides.
    pub fn contains(&self, character: char) -> Option<bool> {
        let mut unknown = false;
        for item in &self.items {
            match item.contains(character) {
                Some(true) => return Some(!self.negated),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(self.negated)
    }
}

impl SetItem {
    fn contains(&self, character: char) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Range(low, high) => Some((*low..=*high).contains(&character)),
            Self::Class(_) if !character.is_ascii() => None,
            Self::Class(name) => Some(match *name {
                "alnum" => character.is_ascii_alphanumeric(),
                "alpha" => character.is_ascii_alphabetic(),
                "blank" => matches!(character, ' ' | '\t'),
                "cntrl" => character.is_ascii_control(),
                "digit" => character.is_ascii_digit(),
                "graph" => character.is_ascii_graphic(),
                "lower" => character.is_ascii_lowercase(),
                "print" => character == ' ' || character.is_ascii_graphic(),
                "punct" => character.is_ascii_punctuation(),
                "space" => matches!(character, ' ' | '\t'..='\r'),
                "upper" => character.is_ascii_uppercase(),
                "xdigit" => character.is_ascii_hexdigit(),
                _ => return None,
            }),
        }
    }
}
