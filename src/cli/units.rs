//! Files become units that are judged together, and what was not named is read but not spoken of.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Checked, Unit};
use crate::walk::{Disk, Kind};

/// The names that Docker Compose looks for by itself, the first that is there wins.
const DEFAULTS: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// The files that it then merges on top, the first that is there wins.
const OVERRIDES: &[&str] = &[
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The units that the files belong to, and the Compose files beside Dockerfiles that the user named by themselves,
/// which take part because they may build them.
pub fn units(
    disk: &Disk,
    files: &[(String, Kind)],
    by_name: &BTreeSet<String>,
) -> (Vec<Unit>, BTreeSet<String>) {
    let mut compose: BTreeSet<String> = BTreeSet::new();
    let mut beside: BTreeSet<String> = BTreeSet::new();
    let mut units: BTreeSet<Unit> = BTreeSet::new();
    for (path, kind) in files {
        match kind {
            Kind::Compose => {
                compose.insert(path.clone());
            }
            Kind::Dockerfile => {
                units.insert(Unit::Dockerfile(path.clone()));
                if by_name.contains(path) {
                    for folder in folders_above(path) {
                        beside.extend(disk.compose_files_in(folder));
                    }
                }
            }
        }
    }
    beside.retain(|path| !compose.contains(path));
    compose.extend(beside.iter().cloned());
    let mut by_folder: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in &compose {
        let (folder, name) = split(path);
        by_folder.entry(folder).or_default().push(name);
    }
    for (folder, names) in by_folder {
        // Either of the two may be on disk without having been named.
        let there = |name: &&&str| names.contains(*name) || disk.is_file(&join(folder, name));
        let main = DEFAULTS.iter().find(there);
        let over = OVERRIDES.iter().find(there);
        let mut pair: Vec<&str> = Vec::new();
        if let (Some(main), Some(over)) = (main, over)
            && (names.contains(main) || names.contains(over))
        {
            pair = vec![main, over];
            units.insert(Unit::Compose(
                pair.iter().map(|name| join(folder, name)).collect(),
            ));
        }
        for name in names.iter().filter(|name| !pair.contains(name)) {
            units.insert(Unit::Compose(vec![join(folder, name)]));
        }
    }
    (units.into_iter().collect(), beside)
}

/// Keeps the findings that have a label in a file of `named`, and the faults but for those of files `beside`.
pub fn keep_named(checked: &mut Checked, named: &BTreeSet<String>, beside: &BTreeSet<String>) {
    let sources = &checked.sources;
    let is_named = |path: &str| named.contains(path);
    checked.findings.retain(|finding| {
        std::iter::once(finding.span)
            .chain(finding.labels.iter().map(|label| label.span))
            .any(|span| is_named(&sources.get(span.source).path))
    });
    checked.faults.retain(|fault| !beside.contains(&fault.path));
    checked.absent.retain(|absent| is_named(&absent.path));
}

/// The folder of a path and those above it, as far as they are below the working directory.
fn folders_above(path: &str) -> Vec<&str> {
    let (folder, _) = split(path);
    let mut folders = vec![folder];
    if folder.starts_with("..") || folder.starts_with('/') || folder.contains(':') {
        return folders;
    }
    let mut rest = folder;
    while !rest.is_empty() {
        rest = split(rest).0;
        folders.push(rest);
    }
    folders
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() && !name.starts_with('/') {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_up_to_the_working_directory() {
        assert_eq!(folders_above("a/b/Dockerfile"), ["a/b", "a", ""]);
        assert_eq!(folders_above("Dockerfile"), [""]);
        assert_eq!(folders_above("../x/Dockerfile"), ["../x"]);
        assert_eq!(folders_above("/srv/x/Dockerfile"), ["/srv/x"]);
    }
}
