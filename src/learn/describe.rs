//! A tree of names and a configuration become facts: which programs PATH finds, and whose make they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::learned::{Folder, Image};
use crate::facts::{Flavour, USUAL};

use super::manifest::Config;
use super::tree::{Found, Node, Place, Tree};

/// PATH where ENV does not set it (moby `oci/caps` and `system.DefaultPathEnv`).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Folders of PATH that are looked into; nobody has a tenth of that.
const MOST_FOLDERS: usize = 200;

/// Programs that are GNU's where a distribution brings them as a file of their own under /bin or /usr/bin.
const GNU: [&str; 6] = ["find", "grep", "sed", "timeout", "wget", "xargs"];

/// Distributions, by `ID` of their os-release, of which that is known.
const DISTRIBUTIONS: [&str; 13] = [
    "almalinux",
    "alpine",
    "amzn",
    "arch",
    "centos",
    "debian",
    "fedora",
    "ol",
    "opensuse-leap",
    "rhel",
    "rocky",
    "sles",
    "ubuntu",
];

/// What the image holds.
pub fn describe(tree: &Tree, config: &Config) -> Image {
    let release = release(tree);
    let path = folders_of(config.path.as_deref().unwrap_or(DEFAULT_PATH));
    let mut image = Image {
        platform: config.platform.to_string(),
        created: config.created.clone(),
        system: release
            .as_ref()
            .map(|(id, version)| format!("{id} {version}").trim().to_owned()),
        user: config.user.clone(),
        entrypoint: config.entrypoint.clone(),
        command: config.command.clone(),
        ports: config.ports.clone(),
        check: config
            .check
            .clone()
            .unwrap_or_else(|| vec!["NONE".to_owned()]),
        ..Image::default()
    };
    let mut real: BTreeMap<String, Place> = BTreeMap::new();
    for folder in path.iter().map(String::as_str).chain(USUAL) {
        let Found::At(place, parts) = tree.find(folder.as_bytes()) else {
            continue;
        };
        let (Node::Folder(_), Some(leads_to)) = (tree.node(place), joined(&parts)) else {
            continue;
        };
        if leads_to != folder {
            let link = Folder::Link(leads_to.clone());
            image.folders.insert(folder.to_owned(), link);
        }
        real.insert(leads_to, place);
    }
    image.path = path;
    let makers = Makers::of(tree, real.values());
    let known = release.is_some_and(|(id, _)| DISTRIBUTIONS.contains(&id.as_str()));
    for (folder, place) in real {
        let mut programs = Vec::new();
        if let Node::Folder(names) = tree.node(place) {
            for name in names.keys().filter_map(|name| speakable(name)) {
                let whole = format!("{folder}/{name}");
                match tree.find(whole.as_bytes()) {
                    Found::At(place, parts) => match tree.node(place) {
                        Node::File(mode, _) if mode & 0o001 != 0 => {
                            let maker = makers.of_program(place, &parts);
                            let own = known && ["/bin", "/usr/bin"].contains(&folder.as_str());
                            programs.push(match flavour(name, &maker, own).word() {
                                Some(word) => format!("{name}: {word}"),
                                None => name.to_owned(),
                            });
                        }
                        Node::File(mode, _) if mode & 0o110 != 0 => image.uncertain.push(whole),
                        _ => {}
                    },
                    Found::Unknown => image.uncertain.push(whole),
                    Found::Nothing => {}
                }
            }
        }
        programs.sort();
        image.folders.insert(folder, Folder::Programs(programs));
    }
    image.uncertain.sort();
    image
}

/// Which files are which multi-call programs under another name.
struct Makers {
    /// Files that are BusyBox under some name: its applets are often hard links.
    busybox: BTreeSet<Place>,
    /// The same for shells.
    shells: BTreeMap<Place, &'static str>,
}

impl Makers {
    fn of<'a>(tree: &Tree, folders: impl Iterator<Item = &'a Place>) -> Self {
        let mut makers = Self {
            busybox: BTreeSet::new(),
            shells: BTreeMap::new(),
        };
        for folder in folders {
            let Node::Folder(names) = tree.node(*folder) else {
                continue;
            };
            for (name, shell) in [
                ("bash", "bash"),
                ("dash", "dash"),
                ("mawk", "mawk"),
                ("gawk", "gawk"),
            ] {
                if let Some(place) = names.get(name.as_bytes()) {
                    makers.shells.insert(*place, shell);
                }
            }
            makers.busybox.extend(names.get(&b"busybox"[..]));
        }
        makers
    }

    /// The name of the program that a file really is.
    fn of_program(&self, place: Place, parts: &[Box<[u8]>]) -> String {
        let own = parts.last().map(|name| String::from_utf8_lossy(name));
        if self.busybox.contains(&place)
            || own.as_deref().is_some_and(|own| own.starts_with("busybox"))
        {
            return "busybox".to_owned();
        }
        match self.shells.get(&place) {
            Some(shell) => (*shell).to_owned(),
            None => own.unwrap_or_default().into_owned(),
        }
    }
}

/// Whose make a program is; `own` says that a known distribution brings it.
fn flavour(name: &str, maker: &str, own: bool) -> Flavour {
    match (name, maker) {
        ("busybox", _) => Flavour::Plain,
        ("sh" | "ash", "busybox") => Flavour::Ash,
        (_, "busybox") => Flavour::Busybox,
        ("sh", "dash" | "bash") | ("awk", "mawk" | "gawk") => Flavour::of(maker),
        ("nc" | "netcat", "nc.openbsd") => Flavour::Openbsd,
        ("nc" | "netcat", "nc.traditional") => Flavour::Traditional,
        ("nc" | "netcat", "ncat") => Flavour::Nmap,
        _ if !own || name != maker => Flavour::Plain,
        ("ps", _) => Flavour::Procps,
        (name, _) if GNU.contains(&name) => Flavour::Gnu,
        _ => Flavour::Plain,
    }
}

/// `ID` and `VERSION_ID` of the os-release.
fn release(tree: &Tree) -> Option<(String, String)> {
    let text = [&b"etc/os-release"[..], b"usr/lib/os-release"]
        .into_iter()
        .find_map(|path| match tree.find(path) {
            Found::At(place, _) => match tree.node(place) {
                Node::File(_, Some(text)) => Some(String::from_utf8_lossy(text)),
                _ => None,
            },
            _ => None,
        })?;
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim().trim_matches(['"', '\'']))
            .find(|value| value.len() <= 64 && speakable(value.as_bytes()).is_some())
            .map(str::to_owned)
    };
    Some((value("ID")?, value("VERSION_ID").unwrap_or_default()))
}

/// The absolute folders of a PATH, each once. A relative one depends on the working directory, so it is left out.
fn folders_of(path: &str) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    let absolute = path.split(':').filter(|folder| folder.starts_with('/'));
    for folder in absolute.take(MOST_FOLDERS) {
        let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        let folder = format!("/{}", parts.join("/"));
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn joined(parts: &[Box<[u8]>]) -> Option<String> {
    let parts: Option<Vec<&str>> = parts.iter().map(|part| speakable(part)).collect();
    Some(format!("/{}", parts?.join("/")))
}

/// A name that can stand in a file of facts and in a health check.
fn speakable(name: &[u8]) -> Option<&str> {
    std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty() && !name.contains(char::is_control) && !name.contains(": "))
}
