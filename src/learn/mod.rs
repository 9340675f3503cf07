//! Facts from real images; the only room that may open a socket, and only when asked. Nothing is executed or unpacked.

mod archive;
mod budget;
mod compression;
mod describe;
mod engine;
mod layer;
mod layout;
mod manifest;
#[cfg(feature = "registry")]
mod registry;
mod tar;
mod tree;

use std::fmt;
use std::io;

use crate::facts::learned::Image;

pub use archive::read as archive;
pub use budget::Limits;
pub use engine::{Engine, save};
pub use layout::read as layout;
pub use manifest::Platform;
#[cfg(feature = "registry")]
pub use registry::pull;

/// Why an image could not be learned, as a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl Failure {
    /// The same, with words in front that say where.
    #[must_use]
    fn at(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

/// What the user asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Which of an image's platforms.
    pub platform: Platform,
    /// What may be spent.
    pub limits: Limits,
}

/// An image that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The references that the source itself gives it, as they are written there.
    pub names: Vec<String>,
    /// What it holds; its `name` is empty, since only the user knows which of the names is meant.
    pub image: Image,
}
