//! Names under which a registry serves what another one publishes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::sections;

const MIRRORS: &str = include_str!("../../rules/facts/mirrors.toml");

/// One name, and whose images stand under it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// A repository or what stands above it: `mirror.gcr.io`, `quay.io/minio`.
    pub name: String,
    /// What its images are called where they are published: `docker.io`, `docker.io/minio`.
    pub of: String,
    /// Whether `library/` may be left out in front of an official image.
    #[serde(default)]
    pub bare: bool,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Every mirror, by name.
pub fn mirrors() -> &'static [Mirror] {
    static ALL: OnceLock<Vec<Mirror>> = OnceLock::new();
    ALL.get_or_init(|| {
        let sections = sections::all(MIRRORS, "mirror").into_iter();
        sections
            .filter_map(|section| sections::read(section, "mirror").ok())
            .collect()
    })
}

/// The name under which a repository is published, where this one is a copy of it.
pub fn published_as(repository: &str) -> Option<String> {
    // A mirror's name begins with its host, and a host holds a dot.
    if !repository.split('/').next()?.contains('.') || repository.starts_with("docker.io/") {
        return None;
    }
    mirrors().iter().find_map(|mirror| {
        let rest = below(repository, &mirror.name)?;
        let whole = mirror.bare || mirror.of != "docker.io" || rest.contains('/');
        whole.then(|| joined(&mirror.of, rest))
    })
}

/// The same for the mirrors of a project, by name: what each of them serves. The longest name that fits decides.
pub fn published_by(mirrors: &BTreeMap<String, String>, repository: &str) -> Option<String> {
    let fits = |(name, of): (&String, &String)| {
        let rest = below(repository, name)?;
        Some((name.len(), joined(of, rest)))
    };
    mirrors.iter().filter_map(fits).max().map(|(_, name)| name)
}

/// What stands below a name in another; empty where they are the same.
fn below<'a>(repository: &'a str, name: &str) -> Option<&'a str> {
    let rest = repository.strip_prefix(name)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix('/')
    }
}

/// A name with what stands below it.
fn joined(name: &str, rest: &str) -> String {
    if rest.is_empty() {
        name.to_owned()
    } else {
        format!("{name}/{rest}")
    }
}
