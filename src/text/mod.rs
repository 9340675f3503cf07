//! Bytes and where they came from; this room knows no language.

mod edit;
mod source;
mod span;
mod traced;

pub use edit::{Conflict, Edit, apply, in_order};
pub use source::{Position, Source, SourceId, Sources};
pub use span::Span;
pub use traced::{Around, Decoder, Filling, HOLE, Spell, Traced, Variable, verbatim};
