//! The walk: from the paths on the command line to the files that are judged, always in the same order.

use std::fs;
use std::path::Path;

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::kind::{has_services, kind_by_name, kind_by_text, yaml_stem};
use super::{Disk, Kind};
use crate::read::{Files as _, Unread};

/// What the paths on the command line stand for; every list is sorted, and no path comes twice.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The files to judge.
    pub files: Vec<(String, Kind)>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
    /// What the user named and cannot be read at all.
    pub unread: Vec<(String, Unread)>,
}

/// A path that was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The path as shown.
    pub path: String,
    /// Why, as the end of a sentence that starts with the path.
    pub reason: String,
}

/// What became of one path.
enum Fate {
    File(Kind),
    Skipped(&'static str),
    Unread(Unread),
}

impl Disk {
    /// Walks the folders among `paths`, and takes the files among them for what they hold.
    pub fn find(&self, paths: &[String]) -> Found {
        let mut walked: Vec<String> = Vec::new();
        let mut named: Vec<String> = Vec::new();
        let mut found = Found::default();
        for path in paths {
            let absolute = self.absolute(path);
            if absolute.is_dir() {
                self.walk(&absolute, &mut walked, &mut found);
            } else {
                named.push(self.shown(Path::new(path)));
            }
        }
        named.sort();
        named.dedup();
        walked.sort();
        walked.dedup();
        walked.retain(|path| named.binary_search(path).is_err());
        let fates: Vec<(String, Fate)> = named
            .into_par_iter()
            .map(|path| {
                let fate = self.named_file(&path);
                (path, fate)
            })
            .chain(walked.into_par_iter().filter_map(|path| {
                let fate = self.walked_file(&path)?;
                Some((path, fate))
            }))
            .collect();
        for (path, fate) in fates {
            match fate {
                Fate::File(kind) => found.files.push((path, kind)),
                Fate::Unread(unread) => found.unread.push((path, unread)),
                Fate::Skipped(reason) => found.skipped.push(Skipped {
                    path,
                    reason: reason.to_owned(),
                }),
            }
        }
        found.files.sort();
        found.skipped.sort();
        found
    }

    /// The Compose files in one folder, by name, sorted.
    pub fn compose_files_in(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.absolute(folder)) else {
            return Vec::new();
        };
        let mut files: Vec<String> = entries
            .flatten()
            .filter(|entry| {
                entry.file_name().to_str().and_then(kind_by_name) == Some(Kind::Compose)
                    && entry.path().is_file()
            })
            .map(|entry| self.shown(&entry.path()))
            .collect();
        files.sort();
        files
    }

    fn walk(&self, folder: &Path, walked: &mut Vec<String>, found: &mut Found) {
        let walk = WalkBuilder::new(folder)
            // `.devcontainer` and `.github` hold real projects; `.git` holds git's own files.
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    found.skipped.push(Skipped {
                        path: self.shown(folder),
                        reason: format!("could not be walked: {error}"),
                    });
                    continue;
                }
            };
            let Some(name) = entry.file_name().to_str() else {
                found.skipped.push(Skipped {
                    path: self.shown(entry.path()),
                    reason: "has a name that is not UTF-8".to_owned(),
                });
                continue;
            };
            let kind = kind_by_name(name);
            if kind.is_none() && yaml_stem(name).is_none() {
                continue;
            }
            if entry.path().is_dir() {
                // Only a folder that stands where the engine looks for a file is worth a word.
                if kind == Some(Kind::Compose) {
                    found.skipped.push(Skipped {
                        path: self.shown(entry.path()),
                        reason: "is a folder, not a Compose file".to_owned(),
                    });
                }
                continue;
            }
            walked.push(self.shown(entry.path()));
        }
    }

    /// A file that the user named is taken for what it holds, and only where that says nothing for what it is called.
    fn named_file(&self, path: &str) -> Fate {
        let name = path.rsplit('/').next().unwrap_or(path);
        let text = match self.read(path) {
            Ok(text) => text,
            // A commit names every YAML file that it changes: one that is none of ours is no loss.
            Err(Unread::TooLarge) if is_foreign_yaml(name) => {
                return Fate::Skipped("is too large for a Compose file");
            }
            Err(Unread::NotText(_)) if is_foreign_yaml(name) && !self.may_hold_services(path) => {
                return Fate::Skipped("is not UTF-8, and no Compose file");
            }
            Err(unread) => return Fate::Unread(unread),
        };
        if is_empty(&text) {
            return Fate::Skipped("is empty");
        }
        match kind_by_text(&text).or_else(|| kind_by_name(name)) {
            Some(kind) => Fate::File(kind),
            None => Fate::Skipped("is neither a Compose file nor a Dockerfile"),
        }
    }

    /// Whether a file that is not UTF-8 looks like a Compose file all the same.
    fn may_hold_services(&self, path: &str) -> bool {
        self.lossy(path).is_none_or(|text| has_services(&text))
    }

    /// A file that the walk met: by its name, or for other YAML by a quick look at its lines.
    fn walked_file(&self, path: &str) -> Option<Fate> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(kind) = kind_by_name(name) {
            return Some(match self.read(path) {
                Ok(text) if is_empty(&text) => Fate::Skipped("is empty"),
                Ok(_) => Fate::File(kind),
                Err(Unread::Outside) => Fate::Skipped("is a link that leads outside"),
                Err(unread) => Fate::Unread(unread),
            });
        }
        // Most YAML is none of ours: it is looked at and not kept, and what cannot be read is no loss.
        let text = self.fetch(path).ok()?;
        if !has_services(&text) {
            return None;
        }
        self.keep(path, Ok(text));
        Some(Fate::File(Kind::Compose))
    }
}

/// Whether the name is that of some YAML file, and not of a Compose file.
fn is_foreign_yaml(name: &str) -> bool {
    yaml_stem(name).is_some() && kind_by_name(name).is_none()
}

/// Whether there is nothing to judge.
fn is_empty(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::LARGEST;
    use crate::walk::tests::Scratch;
    use std::collections::BTreeMap;

    fn too_large() -> Vec<u8> {
        vec![b' '; usize::try_from(LARGEST).unwrap() + 1]
    }

    #[test]
    fn a_folder_is_walked_as_git_sees_it() {
        let scratch = Scratch::new("walk");
        scratch
            .put("compose.yaml", "services:\n")
            .put(".devcontainer/docker-compose.yml", "x:")
            .put("deploy/stack.yaml", "services:\n  a:\n    image: x\n")
            .put("haskell/stack.yaml", "resolver: lts\n")
            .put("web/Dockerfile", "FROM x")
            .put("web/readme.md", "FROM x")
            .put(".git/Dockerfile", "")
            .put("ignored/Dockerfile", "")
            .put(".gitignore", "ignored\n")
            .put("odd/compose.yaml/inside", "")
            .put("latin/compose.yml", b"\xff");
        let disk = Disk::new(&scratch.0, false);
        let found = disk.find(&[".".to_owned(), "web/readme.md".to_owned(), "web".to_owned()]);
        let files: Vec<(&str, Kind)> = found
            .files
            .iter()
            .map(|(path, kind)| (path.as_str(), *kind))
            .collect();
        assert_eq!(
            files,
            [
                (".devcontainer/docker-compose.yml", Kind::Compose),
                ("compose.yaml", Kind::Compose),
                ("deploy/stack.yaml", Kind::Compose),
                ("web/Dockerfile", Kind::Dockerfile),
                ("web/readme.md", Kind::Dockerfile),
            ]
        );
        assert_eq!(found.skipped.len(), 1);
        assert_eq!(found.skipped[0].path, "odd/compose.yaml");
        assert_eq!(
            found.unread,
            [("latin/compose.yml".to_owned(), Unread::NotText(0))]
        );
    }

    #[test]
    fn a_named_file_is_taken_for_what_it_holds() {
        let scratch = Scratch::new("named");
        scratch
            .put("Dockerfile", "services:\n  a:\n    image: x\n")
            .put("anything", "FROM x\n")
            .put("compose.yaml", "name: x")
            .put("empty/compose.yaml", "\u{feff}\r\n")
            .put("k8s.yaml", "kind: Pod\n")
            .put("openapi.yaml", too_large())
            .put("docker-compose.yml", too_large())
            .put("words.yaml", b"de: Gr\xfc\xdfe\n")
            .put("stack.yaml", b"services:\n  a:\n    image: \xfc\n");
        let disk = Disk::new(&scratch.0, false);
        let names = [
            "Dockerfile",
            "anything",
            "compose.yaml",
            "empty",
            "k8s.yaml",
            "openapi.yaml",
            "docker-compose.yml",
            "words.yaml",
            "stack.yaml",
            "gone",
        ];
        let found = disk.find(&names.map(str::to_owned));
        assert_eq!(
            found.files,
            [
                ("Dockerfile".to_owned(), Kind::Compose),
                ("anything".to_owned(), Kind::Dockerfile),
                ("compose.yaml".to_owned(), Kind::Compose),
            ]
        );
        assert_eq!(found.skipped[0].path, "empty/compose.yaml");
        assert_eq!(found.skipped[1].path, "k8s.yaml");
        assert_eq!(found.skipped[2].path, "openapi.yaml");
        assert_eq!(found.skipped[3].path, "words.yaml");
        assert_eq!(
            found.unread.into_iter().collect::<BTreeMap<_, _>>(),
            BTreeMap::from([
                ("docker-compose.yml".to_owned(), Unread::TooLarge),
                ("gone".to_owned(), Unread::Missing),
                ("stack.yaml".to_owned(), Unread::NotText(26)),
            ])
        );
    }
}
