//! Tags by version order and variant: what `17.2-alpine3.21` says, never by bare glob.

use std::fmt;

/// The suites of Debian and Ubuntu, and the bases that they are.
pub const SUITES: [(&str, &str); 9] = [
    ("buster", "debian:10"),
    ("bullseye", "debian:11"),
    ("bookworm", "debian:12"),
    ("trixie", "debian:13"),
    ("bionic", "ubuntu:18.04"),
    ("focal", "ubuntu:20.04"),
    ("jammy", "ubuntu:22.04"),
    ("noble", "ubuntu:24.04"),
    ("resolute", "ubuntu:26.04"),
];

/// A version as its numbers; the newest of a line ends in `Version::NEWEST`, so that `17.x` stands behind `17.9`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Vec<Number>);

/// A number, and how many digits it is written with: Ubuntu says 22.04.
type Number = (u64, usize);

impl Version {
    const NEWEST: Number = (u64::MAX, 0);

    /// The newest version that there is: what `latest` means.
    pub fn latest() -> Self {
        Self(vec![Self::NEWEST])
    }

    /// Before every other version.
    pub fn first() -> Self {
        Self(Vec::new())
    }

    /// Reads `17.2`, `v2.11.55`, `17.x` (the newest 17) and `latest`. What follows the numbers
    /// (`19beta3`, `3.15.0rc1`) is left out. None where there is no number in front.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::latest());
        }
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut numbers = Vec::new();
        for part in text.split('.') {
            if part == "x" && !numbers.is_empty() {
                numbers.push(Self::NEWEST);
                break;
            }
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let Ok(number) = part.get(..digits)?.parse() else {
                break;
            };
            numbers.push((number, digits));
            if digits < part.len() {
                break;
            }
        }
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// The first number; None for the newest version that there is.
    pub fn major(&self) -> Option<u64> {
        let first = self.0.first().filter(|first| **first != Self::NEWEST);
        first.map(|(number, _)| *number)
    }

    /// Whether `newest` is the newest of a minor version (`6.0.x`) and this is one of its patch releases.
    pub fn is_patch_of(&self, newest: &Self) -> bool {
        match newest.0.split_last() {
            Some((&Self::NEWEST, minor)) => minor.len() >= 2 && self.0.starts_with(minor),
            _ => false,
        }
    }

    /// Whether it lies between these two as the facts write them, both included; one that is left out bounds nothing.
    pub fn lies_within(&self, from: Option<&str>, to: Option<&str>) -> bool {
        let after = |from: &str| Self::parse(from).is_none_or(|from| from <= *self);
        let before = |to: &str| Self::parse(to).is_none_or(|to| *self <= to.newest());
        from.is_none_or(after) && to.is_none_or(before)
    }

    /// The newest version that begins with these numbers: what a moving tag means today.
    #[must_use]
    pub fn newest(&self) -> Self {
        let mut numbers = self.0.clone();
        if numbers.last() != Some(&Self::NEWEST) {
            numbers.push(Self::NEWEST);
        }
        Self(numbers)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == [Self::NEWEST] {
            return out.write_str("latest");
        }
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str(".")?;
            }
            if *number == Self::NEWEST {
                out.write_str("x")?;
            } else {
                let (value, digits) = number;
                write!(out, "{value:0digits$}")?;
            }
        }
        Ok(())
    }
}

/// What a tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The version in front; None for `latest`, a channel or a bare variant, which mean the newest.
    pub version: Option<Version>,
    /// A word that names a channel instead of a version: `lts`, `stable`, `edge` …
    pub channel: Option<String>,
    /// What follows: `alpine3.21`, `slim`, `bookworm`, in order.
    pub variant: Vec<String>,
}

const CHANNELS: [&str; 18] = [
    "lts", "stable", "edge", "main", "master", "nightly", "dev", "develop", "mainline", "release",
    "rc", "beta", "alpha", "current", "next", "testing", "unstable", "preview",
];

/// Words that do not change what an image holds; `nonroot` changes who runs it.
const IDLE: [&str; 9] = [
    "amd64",
    "arm64",
    "arm64v8",
    "arm32v7",
    "armhf",
    "x86_64",
    "linux",
    "multiarch",
    "nonroot",
];

impl Tag {
    /// The newest version that it may mean today.
    pub fn newest(&self) -> Version {
        let version = self.version.as_ref();
        version.map_or_else(Version::latest, Version::newest)
    }

    /// Reads a tag; no tag is `latest`.
    pub fn parse(tag: Option<&str>) -> Self {
        let mut read = Self {
            version: None,
            channel: None,
            variant: Vec::new(),
        };
        let tag = tag.unwrap_or("latest");
        // MinIO dates its releases: RELEASE.2023-11-01T18-37-25Z.
        if let Some(rest) = tag.strip_prefix("RELEASE.") {
            let day = rest.split('T').next().unwrap_or(rest);
            read.version = Version::parse(&day.replace('-', "."));
            return read;
        }
        let tag = tag.strip_prefix("version-").unwrap_or(tag);
        for (index, word) in tag.split(['-', '_', '+']).enumerate() {
            let versioned = word.strip_prefix('v').unwrap_or(word);
            if word.is_empty() || IDLE.contains(&word) || word == "latest" {
                continue;
            }
            if versioned.starts_with(|first: char| first.is_ascii_digit()) && !looks_like_hash(word)
            {
                // A number behind the version (a build date, PostGIS' own version) narrows nothing that we tell apart.
                if index == 0 || read.version.is_none() && read.variant.is_empty() {
                    read.version = Version::parse(versioned);
                } else if !read.variant.is_empty() && word.len() < 6 {
                    read.variant.push(word.to_owned());
                }
            } else if let (Some(version), Some(update)) =
                (&mut read.version, cumulative_update(word))
            {
                version.0.push(update);
            } else if CHANNELS.contains(&word) && read.version.is_none() {
                read.channel = Some(word.to_owned());
            } else if !is_prerelease(word) && !is_revision(word) {
                read.variant.push(word.to_owned());
            }
        }
        read
    }
}

fn looks_like_hash(word: &str) -> bool {
    word.len() >= 7
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// SQL Server counts its updates in words: `2022-CU14-ubuntu-22.04` is 2022.14.
fn cumulative_update(word: &str) -> Option<Number> {
    let digits = word.strip_prefix("CU")?;
    Some((digits.parse().ok()?, digits.len()))
}

fn is_prerelease(word: &str) -> bool {
    [
        "rc", "beta", "alpha", "ce", "preview", "snapshot", "SNAPSHOT",
    ]
    .iter()
    .any(|kind| {
        word.strip_prefix(kind).is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    })
}

fn is_revision(word: &str) -> bool {
    (word.len() > 1
        && word.starts_with(['r', 'p'])
        && word.bytes().skip(1).all(|byte| byte.is_ascii_digit()))
        || looks_like_hash(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_stand_in_the_order_of_release() {
        let order = [
            "9.6", "14.9", "14.20", "14.x", "15", "15.1", "15.x", "22.04", "2025.1.0", "latest",
        ];
        assert!(
            order
                .windows(2)
                .all(|pair| version(pair[0]) < version(pair[1]))
        );
        assert!(order.iter().all(|text| version(text).to_string() == *text));
        assert_eq!(version("15").newest(), version("15.x"));
        assert_eq!(version("v3.15.0rc1"), version("3.15.0"));
        assert_eq!(Version::parse("bookworm"), None);
        assert!(version("6.0.7").is_patch_of(&version("6.0.x")));
        assert!(!version("6.1.7").is_patch_of(&version("6.0.x")));
        assert!(!version("15.3").is_patch_of(&version("15.x")));
    }

    #[test]
    fn a_tag_is_a_version_and_a_variant() {
        let read = |tag| {
            let tag = Tag::parse(Some(tag));
            let version = tag.version.map(|version| version.to_string());
            (version.unwrap_or_default(), tag.variant.join(" "))
        };
        let is = |version: &str, variant: &str| (version.to_owned(), variant.to_owned());
        assert_eq!(read("17-alpine3.21"), is("17", "alpine3.21"));
        assert_eq!(read("3.12-slim-bookworm"), is("3.12", "slim bookworm"));
        assert_eq!(read("v3.6.13"), is("3.6.13", ""));
        assert_eq!(read("latest"), is("", ""));
        assert_eq!(read("latest-alpine"), is("", "alpine"));
        assert_eq!(read("bookworm-slim"), is("", "bookworm slim"));
        assert_eq!(read("RELEASE.2023-11-01T18-37-25Z"), is("2023.11.01", ""));
        assert_eq!(read("17-3.5-alpine"), is("17", "alpine"));
        assert_eq!(read("4.5.0-debian-12-r3"), is("4.5.0", "debian 12"));
        assert_eq!(
            read("2022-CU14-ubuntu-22.04"),
            is("2022.14", "ubuntu 22.04")
        );
        assert_eq!(Tag::parse(Some("lts")).channel.as_deref(), Some("lts"));
        assert_eq!(Tag::parse(None), Tag::parse(Some("latest")));
    }
}
