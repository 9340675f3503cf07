//! Names under which a registry serves what another one publishes.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::sections::Sections;

static MIRRORS: Sections<Mirror> = Sections::new(
    include_str!("../../rules/facts/mirrors.toml"),
    "mirror",
    "name",
);

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
///
/// # Errors
/// What does not parse, and why.
pub fn mirrors() -> Result<Vec<&'static Mirror>, String> {
    MIRRORS.all()
}

/// The name under which a repository is published, where this one is a copy of it.
pub fn published_as(repository: &str) -> Option<String> {
    // A mirror's name begins with its host, and a host holds a dot.
    if !repository.split('/').next()?.contains('.') || repository.starts_with("docker.io/") {
        return None;
    }
    let above = repository.match_indices('/').map(|(at, _)| at);
    let names = above.chain([repository.len()]);
    names
        .filter_map(|end| repository.get(..end))
        .find_map(|name| {
            let mirror = MIRRORS.get(name)?;
            let rest = below(repository, name)?;
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
