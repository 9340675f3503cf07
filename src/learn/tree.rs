//! Layers laid over each other become one tree of names, as an engine would unpack them, and links are followed in it.

use std::collections::BTreeMap;

use super::Failure;
use super::layer::{Entry, Layer, What};

/// Links that one path may lead through (Linux `MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// A file system of names.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    most: usize,
}

/// A place in the tree; two names with the same place are hard links to one file.
pub type Place = usize;

/// What is at a place.
#[derive(Debug)]
pub enum Node {
    /// A folder and its names.
    Folder(BTreeMap<Box<[u8]>, Place>),
    /// A regular file: its permission bits, and its text where that was read.
    File(u16, Option<Box<[u8]>>),
    /// A symbolic link.
    Link(Box<[u8]>),
    /// Something else.
    Other,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// To this place, whose own path this is.
    At(Place, Vec<Box<[u8]>>),
    /// To nothing.
    Nothing,
    /// Into what only a running container has, or around in a circle.
    Unknown,
}

const ROOT: Place = 0;

impl Tree {
    /// The tree that the layers make, the lowest first, of no more than `most` files and folders.
    ///
    /// # Errors
    /// What no engine could unpack: a hard link to nothing, too many folders.
    pub fn of<'a>(layers: impl IntoIterator<Item = &'a Layer>, most: u64) -> Result<Self, Failure> {
        let mut tree = Self {
            nodes: vec![Node::Folder(BTreeMap::new())],
            most: usize::try_from(most).unwrap_or(usize::MAX),
        };
        for layer in layers {
            // A whiteout hides what lies below its layer and nothing in it, so all of them come first.
            for entry in &layer.entries {
                match entry.what {
                    What::Gone => tree.remove(&entry.path),
                    What::Emptied => tree.empty(&entry.path),
                    _ => {}
                }
            }
            for entry in &layer.entries {
                tree.add(entry)?;
            }
        }
        Ok(tree)
    }

    /// What is at the place.
    pub fn node(&self, place: Place) -> &Node {
        self.nodes.get(place).unwrap_or(&Node::Other)
    }

    /// Follows an absolute path and all links on its way.
    pub fn find(&self, path: &[u8]) -> Found {
        let mut left: Vec<Box<[u8]>> = reversed(path);
        let mut at: Vec<(Place, Box<[u8]>)> = Vec::new();
        let mut links = 0;
        while let Some(name) = left.pop() {
            if &*name == b".." {
                at.pop();
                continue;
            }
            if at.is_empty() && [&b"proc"[..], b"sys", b"dev"].contains(&&*name) {
                return Found::Unknown;
            }
            let here = at.last().map_or(ROOT, |(place, _)| *place);
            let Node::Folder(names) = self.node(here) else {
                return Found::Nothing;
            };
            let Some(place) = names.get(&name).copied() else {
                return Found::Nothing;
            };
            if let Node::Link(target) = self.node(place) {
                links += 1;
                // A chain of links that each hold a long path may not grow without bound either.
                if links > MOST_LINKS || left.len() > 4096 {
                    return Found::Unknown;
                }
                if target.starts_with(b"/") {
                    at.clear();
                }
                left.append(&mut reversed(target));
            } else {
                at.push((place, name));
            }
        }
        let place = at.last().map_or(ROOT, |(place, _)| *place);
        Found::At(place, at.into_iter().map(|(_, name)| name).collect())
    }

    fn add(&mut self, entry: &Entry) -> Result<(), Failure> {
        let (folder, name) = split(&entry.path);
        let node = match &entry.what {
            What::Gone | What::Emptied => return Ok(()),
            What::Folder => {
                let parent = self.folder(folder)?;
                let there = self.child(parent, name);
                if there.is_some_and(|place| matches!(self.node(place), Node::Folder(_))) {
                    return Ok(());
                }
                Node::Folder(BTreeMap::new())
            }
            What::Same(target) => {
                let (target_folder, target_name) = split(target);
                let place = match self.find(target_folder) {
                    Found::At(place, _) => self.child(place, target_name),
                    _ => None,
                };
                let Some(place) =
                    place.filter(|place| !matches!(self.node(*place), Node::Folder(_)))
                else {
                    return Err(Failure(format!(
                        "`{}` is a hard link to `{}`, which is no file of the image",
                        String::from_utf8_lossy(&entry.path).escape_debug(),
                        String::from_utf8_lossy(target).escape_debug()
                    )));
                };
                let parent = self.folder(folder)?;
                self.name(parent, name, place);
                return Ok(());
            }
            What::File(mode, text) => Node::File(*mode, text.clone()),
            What::Link(target) => Node::Link(target.clone()),
            What::Other => Node::Other,
        };
        let parent = self.folder(folder)?;
        let place = self.put(node)?;
        self.name(parent, name, place);
        Ok(())
    }

    fn remove(&mut self, path: &[u8]) {
        let (folder, name) = split(path);
        if let Found::At(parent, _) = self.find(folder)
            && let Some(Node::Folder(names)) = self.nodes.get_mut(parent)
        {
            names.remove(name);
        }
    }

    fn empty(&mut self, path: &[u8]) {
        if let Found::At(place, _) = self.find(path)
            && let Some(Node::Folder(names)) = self.nodes.get_mut(place)
        {
            names.clear();
        }
    }

    /// The folder at the path, made where it is missing; links on the way are followed within the image, as
    /// containerd does it (`fs.RootPath`).
    fn folder(&mut self, path: &[u8]) -> Result<Place, Failure> {
        if let Found::At(place, _) = self.find(path)
            && matches!(self.node(place), Node::Folder(_))
        {
            return Ok(place);
        }
        let mut place = ROOT;
        let mut so_far: Vec<u8> = Vec::new();
        for name in path
            .split(|byte| *byte == b'/')
            .filter(|name| !name.is_empty())
        {
            so_far.push(b'/');
            so_far.extend_from_slice(name);
            let there = self.child(place, name);
            let there = match there.map(|there| (there, self.node(there))) {
                Some((there, Node::Folder(_))) => Some(there),
                Some((_, Node::Link(_))) => match self.find(&so_far) {
                    Found::At(there, _) if matches!(self.node(there), Node::Folder(_)) => {
                        Some(there)
                    }
                    _ => None,
                },
                _ => None,
            };
            place = if let Some(there) = there {
                there
            } else {
                let new = self.put(Node::Folder(BTreeMap::new()))?;
                self.name(place, name, new);
                new
            };
        }
        Ok(place)
    }

    fn child(&self, folder: Place, name: &[u8]) -> Option<Place> {
        match self.node(folder) {
            Node::Folder(names) => names.get(name).copied(),
            _ => None,
        }
    }

    fn name(&mut self, folder: Place, name: &[u8], place: Place) {
        if let Some(Node::Folder(names)) = self.nodes.get_mut(folder) {
            names.insert(name.into(), place);
        }
    }

    fn put(&mut self, node: Node) -> Result<Place, Failure> {
        if self.nodes.len() > self.most.saturating_mul(2) {
            return Err(Failure(format!(
                "the image has more than {} files and folders, so it is not read further",
                self.most.saturating_mul(2)
            )));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }
}

/// The parts of a path, the last first.
fn reversed(path: &[u8]) -> Vec<Box<[u8]>> {
    path.split(|byte| *byte == b'/')
        .rev()
        .filter(|part| !part.is_empty() && *part != b".")
        .map(Into::into)
        .collect()
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}
