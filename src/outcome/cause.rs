//! The very word that decides, and why it does.

use crate::text::{HOLE, Span};

/// A word of the check and what it does to the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The word.
    pub span: Span,
    /// The word as the program receives it, for messages.
    pub word: String,
    /// What it does, as a sentence without its stop: "`awk` ends the pipeline, and only the last status counts".
    pub why: String,
}

impl Cause {
    /// This word does that.
    pub fn new(span: Span, word: impl Into<String>, why: impl Into<String>) -> Self {
        // What somebody else fills in has no letters of its own.
        let shown = |text: String| text.replace(HOLE, "…");
        Self {
            span,
            word: shown(word.into()),
            why: shown(why.into()),
        }
    }
}
