//! YAML text in, a tree with exact places out; no word of what the keys mean.
//!
//! The events come from `granit-parser`, which only this room imports. Scalars hold their value; the text that
//! can be edited is decoded from the source when it is asked for ([`Scalar::text`]).

mod build;
mod double_quoted;
mod kind;
mod scalar;
mod tree;
mod words;

#[cfg(test)]
mod tests;

pub use build::parse;
pub use kind::Kind;
pub use tree::{Anchor, Entry, Found, Mapping, Node, Scalar, Sequence, Style, Tag, Value, follow};

use std::sync::Arc;

use crate::text::Span;

/// All that one source says.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The documents that could be read to their end, in order.
    pub documents: Vec<Arc<Node>>,
    /// Every comment from its `#` to the end of its line, in order.
    pub comments: Vec<Span>,
    /// What is wrong with the text, in order of discovery; empty for sound YAML.
    pub problems: Vec<Problem>,
    /// Escapes in double quotes that YAML does not know. The engine rejects the file; the tree was read around them.
    pub escapes: Vec<Escape>,
}

/// An escape in double quotes that YAML does not know, such as `\s` or `\$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// The backslash and the letter.
    pub span: Span,
    /// What stands there; the decoded text holds just this.
    pub written: String,
}

/// What is wrong with the YAML of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of fault it is.
    pub kind: ProblemKind,
    /// The place that is wrong.
    pub span: Span,
    /// What, why and what to do.
    pub message: String,
    /// The other place that has a part in it: the first of two keys.
    pub other: Option<Span>,
}

/// The kinds of [`Problem`]. Compose's YAML library stops at each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not YAML: the reading stopped here, and only the documents before are known.
    Syntax,
    /// A key stands twice in one mapping; the tree keeps both entries and look-ups take the first.
    DuplicateKey,
    /// `<<` stands twice in one mapping.
    DuplicateMerge,
    /// `<<` is given something other than a mapping or a list of mappings.
    MergeValue,
    /// An alias names an anchor that is not defined before it.
    UnknownAlias,
    /// An alias stands inside the very value that its anchor names.
    CyclicAlias,
    /// The aliases together stand for more than this reader follows.
    TooManyAliases,
    /// The source holds more values than this reader keeps: the reading stopped here.
    TooLarge,
}

impl ProblemKind {
    /// Whether the tree lacks something because of it.
    pub fn stops_reading(self) -> bool {
        !matches!(
            self,
            Self::DuplicateKey | Self::DuplicateMerge | Self::MergeValue
        )
    }
}
