//! What can be seen of a file that goes into a build: its kind, who may run it, and how it begins.

/// So many of its first bytes are seen: a `#!` line is shorter (Linux reads 256).
pub const START: usize = 256;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Missing,
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Whether anybody may run it; None where the file system does not say, as on Windows.
        runs: Option<bool>,
        /// Its first bytes; None where they are not known.
        start: Option<Vec<u8>>,
    },
    /// Nobody may look there, or it is a link.
    Unknown,
}
