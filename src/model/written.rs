//! A value and both its places: where it was written and where it is used.

use crate::text::Span;

/// A value of the user's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What the engine gets.
    pub value: T,
    /// The bytes that say it, which may stand in an anchor, a base file or an extended service.
    pub span: Span,
    /// The key or flag that it belongs to, where there is one.
    pub key: Option<Span>,
    /// The alias, merge key or `extends` that brings it here, where it is written elsewhere.
    pub through: Option<Span>,
}

impl<T> Written<T> {
    /// A value that is used where it is written.
    pub fn here(value: T, span: Span) -> Self {
        Self {
            value,
            span,
            key: None,
            through: None,
        }
    }

    /// Names the key or flag.
    #[must_use]
    pub fn with_key(mut self, key: Span) -> Self {
        self.key = Some(key);
        self
    }

    /// The key if there is one, joined with the value: the whole entry.
    pub fn entry(&self) -> Span {
        self.key.map_or(self.span, |key| key.join(self.span))
    }

    /// The same places with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Written<U> {
        Written {
            value: change(self.value),
            span: self.span,
            key: self.key,
            through: self.through,
        }
    }
}
