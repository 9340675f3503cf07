//! What is to be built, told by whoever starts the build and read by the Dockerfile reader.

use crate::text::{Span, Traced};

/// What a service asks to be built, as far as the file says it.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The folder that COPY reads; None where it is a URL or unknown.
    pub context: Option<String>,
    /// The Dockerfile.
    pub dockerfile: Text,
    /// `target:`.
    pub target: Option<String>,
    /// `args:`; a value of None comes from the host.
    pub args: Vec<(String, Option<Traced>)>,
    /// The key or value that names the build.
    pub span: Span,
}

/// Where the Dockerfile's text is.
#[derive(Clone, Debug)]
pub enum Text {
    /// A file of this path.
    File(String),
    /// `dockerfile_inline`.
    Inline(Traced),
    /// It cannot be told.
    Unknown,
}
