//! Images that bring no files of an application: what lies in its folders was put there by whoever builds on them.

use serde::Deserialize;

use crate::model::image_name;
use crate::text::Traced;

use super::inventory::USUAL;
use super::lookup::canonical;
use super::sections::Sections;

static PLAIN: Sections<Plain> = Sections::new(
    include_str!("../../rules/facts/plain.toml"),
    "plain",
    "names",
);

/// Images of one kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// Their full names; `*` at the end stands for anything.
    pub names: Vec<String>,
    /// What they do bring outside the folders of the system; `*` at the end stands for anything.
    pub owns: Vec<String>,
    /// Their WORKDIR, where all of them have the same.
    pub workdir: Option<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Every row.
///
/// # Errors
/// What does not parse, and why.
pub fn plain() -> Result<Vec<&'static Plain>, String> {
    PLAIN.all()
}

/// The row of this image.
fn row_of(image: &Traced) -> Option<&'static Plain> {
    let name = image_name::parse(image.as_str())?;
    let tag = name.tag.as_ref();
    let tag = tag.and_then(|tag| image.as_str().get(tag.clone()));
    // `node:6-onbuild` copies the whole context into the image by itself.
    if tag.is_some_and(|tag| tag.contains("onbuild")) {
        return None;
    }
    let name = canonical(&name.path()?);
    let mut rows = PLAIN.iter();
    rows.find(|row| row.names.iter().any(|known| is(known, &name)))
}

/// The folder in which every version of this image starts.
pub(super) fn workdir(image: &Traced) -> Option<String> {
    row_of(image)?.workdir.clone()
}

/// Whether no version of this image has anything at this path.
pub(super) fn is_bare(image: &Traced, path: &str) -> bool {
    let row = row_of(image);
    let owned = |path: &str, row: &Plain| {
        let inside = |own: &String| is(own, path) || path.starts_with(&format!("{own}/"));
        row.owns.iter().any(inside)
    };
    is_of_an_application(path) && row.is_some_and(|row| !owned(path, row))
}

/// Whether no distribution puts a file at this path: programs with an extension in folders of PATH count, too.
fn is_of_an_application(path: &str) -> bool {
    const SYSTEM: [&str; 19] = [
        "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt",
        "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var",
    ];
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    if USUAL.contains(&folder) {
        return folder.starts_with("/usr/local/")
            && name.contains('.')
            && !name.starts_with("docker-");
    }
    let first = path.trim_start_matches('/').split('/').next();
    path.starts_with("/usr/src/app/") || first.is_some_and(|first| !SYSTEM.contains(&first))
}

fn is(known: &str, name: &str) -> bool {
    match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => known == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceId, Span};

    #[test]
    fn every_row_has_its_witness() {
        let rows = plain().unwrap();
        assert!(!rows.is_empty());
        for row in rows {
            assert!(!row.witness.is_empty() && !row.date.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn an_application_brings_its_own_folders() {
        for (image, path, bare) in [
            ("alpine:3.20", "/healthcheck.sh", true),
            ("node:22-alpine", "/usr/src/app/healthcheck.js", true),
            ("python", "/app/check.py", true),
            (
                "registry.access.redhat.com/ubi9/ubi:9.4",
                "/opt/app/check.sh",
                true,
            ),
            ("nginx", "/usr/local/bin/check.sh", true),
            ("nginx", "/docker-entrypoint.sh", false),
            ("node:6-onbuild", "/usr/src/app/healthcheck.js", false),
            ("eclipse-temurin:21", "/opt/java/openjdk/bin/jcmd", false),
            ("alpine", "/usr/bin/wget", false),
            ("php:8", "/usr/local/bin/docker-php-entrypoint", false),
            ("grafana/grafana", "/healthcheck.sh", false),
            ("me/alpine", "/healthcheck.sh", false),
        ] {
            let span = Span::new(SourceId(0), 0, image.len());
            let name = Traced::source(span, image);
            assert_eq!(is_bare(&name, path), bare, "{image} {path}");
        }
    }
}
