//! Programs that are copied from one system into another that lacks the libraries they are linked with.

use serde::Deserialize;
use std::fmt;

use crate::text::Span;

use super::inventory::{Inventory, USUAL};
use super::sections::Sections;

static DYNAMIC: Sections<Dynamic> = Sections::new(
    include_str!("../../rules/facts/dynamic.toml"),
    "dynamic",
    "programs",
);

/// Programs that are linked with their system's C library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dynamic {
    /// glibc or musl.
    pub libc: String,
    /// Their names.
    pub programs: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// The C library of a system, by which programs are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// GNU's: Debian, Ubuntu, the Red Hat family.
    Glibc,
    /// Alpine's.
    Musl,
    /// There is none: scratch, distroless static.
    None,
}

impl Libc {
    /// The library that a word of the facts names.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "glibc" => Some(Self::Glibc),
            "musl" => Some(Self::Musl),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl fmt::Display for Libc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::None => "no C library",
        })
    }
}

/// A program that was copied without its libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The instruction.
    pub step: Span,
    /// How a message names what it is copied from.
    pub from: String,
    /// Where it is put.
    pub path: String,
    /// What it is linked with.
    pub needs: Libc,
    /// What there is in its place.
    pub here: Libc,
}

/// Every row.
///
/// # Errors
/// What does not parse, and why.
pub fn dynamic() -> Result<Vec<&'static Dynamic>, String> {
    DYNAMIC.all()
}

/// What a program of another image is linked with, where it came there with the image or with a package.
pub(super) fn linked_with(origin: &Inventory, path: &str) -> Option<Libc> {
    // BusyBox images hold programs that are linked with nothing.
    let system = matches!(
        origin.distro.as_deref()?,
        "alpine" | "debian" | "ubuntu" | "rpm"
    );
    let libc = origin.libc.filter(|_| system)?;
    let (folder, name) = path.rsplit_once('/')?;
    let mut rows = DYNAMIC.named(name);
    let known = rows.any(|row| Libc::of(&row.libc) == Some(libc));
    // What an instruction puts somewhere by itself may be linked statically.
    let of_system = known && USUAL.contains(&folder) && !origin.was_placed(path);
    (of_system && origin.has(name).is_yes()).then_some(libc)
}

/// Whether libraries may come with a copy of `path` to `to`: with them a program may find all that it needs.
pub(super) fn may_be_libraries(path: &str, to: &str) -> bool {
    let to = to.trim_end_matches('/');
    let whole = matches!(to, "" | "/usr" | "/usr/local") && !path.contains("/bin/");
    whole || path.contains(".so") || to.split('/').any(|part| part.starts_with("lib"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_witness() {
        let rows = dynamic().unwrap();
        assert_eq!(rows.len(), 2);
        for row in rows {
            assert!(Libc::of(&row.libc).is_some(), "{row:?}");
            assert!(!row.witness.is_empty() && !row.date.is_empty(), "{row:?}");
        }
    }
}
