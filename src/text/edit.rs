//! Put this text there; which edits go together, and what the text is after them.

use super::Span;

/// The bytes of `span` give way to `text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// Two edits that touch and are not the same edit: applying both could not mean what either meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict(pub Edit, pub Edit);

impl Edit {
    /// The bytes of `span` give way to `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// The bytes of `span` go.
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }

    /// `text` comes in before the first byte of `span`.
    pub fn insert_before(span: Span, text: impl Into<String>) -> Self {
        Self::replace(span.at_start(), text)
    }

    /// `text` comes in behind the last byte of `span`.
    pub fn insert_after(span: Span, text: impl Into<String>) -> Self {
        Self::replace(span.at_end(), text)
    }

    /// Whether the two overlap, or one starts where the other ends.
    pub fn touches(&self, other: &Edit) -> bool {
        self.span.source == other.span.source
            && self.span.start <= other.span.end
            && other.span.start <= self.span.end
    }
}

/// The edits sorted by place, the same edit only once.
///
/// # Errors
/// The first two different edits that touch each other.
pub fn in_order(edits: &[Edit]) -> Result<Vec<Edit>, Box<Conflict>> {
    let mut sorted = edits.to_vec();
    sorted.sort();
    sorted.dedup();
    for pair in sorted.windows(2) {
        if pair[0].touches(&pair[1]) {
            return Err(Box::new(Conflict(pair[0].clone(), pair[1].clone())));
        }
    }
    Ok(sorted)
}

/// `text` after `edits`, which must be [`in_order`] and all of this text's source.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        out.push_str(&text[done..range.start]);
        out.push_str(&edit.text);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceId;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::replace(Span::new(SourceId(0), start, end), text)
    }

    #[test]
    fn edits_apply_in_order_and_touching_ones_conflict() {
        let edits = in_order(&[edit(4, 5, "y"), edit(0, 1, "x"), edit(4, 5, "y")]).unwrap();
        assert_eq!(apply("a bcd", &edits), "x bcy");
        assert!(in_order(&[edit(0, 2, "x"), edit(2, 3, "y")]).is_err());
    }
}
