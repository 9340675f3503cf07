//! What a project learned from real images: read from its `healthlint.images.toml`, and written in one canonical form.

mod reference;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;

use crate::text::Traced;

use super::answer::{Answer, Firmness, Flavour, Holds, Reason, Shell};
use super::container;
use super::images::tool_and_flavour;
use super::inventory::{Inventory, OwnCheck, USUAL, tcp_port};
use super::published::short;

pub use reference::Reference;
use write::quoted;

/// The name of the file, beside the project's files or above them.
pub const NAME: &str = "healthlint.images.toml";

/// The learned facts of a project, by [`Reference::key`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// The images, each under its own name.
    pub images: BTreeMap<String, Arc<Image>>,
    /// What the project's own registries serve of what others publish, by its name there. The configuration says it.
    pub mirrors: BTreeMap<String, String>,
}

/// One image as it was seen, whole: what PATH does not find here is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The reference that it was learned by, as [`Reference::key`] spells it.
    pub name: String,
    /// Every digest that names it: of the index, of the manifest, of the configuration (the image's ID).
    #[serde(default)]
    pub digests: Vec<String>,
    /// For example `linux/amd64`.
    pub platform: String,
    /// The day on which it was built, where it says so.
    pub created: Option<String>,
    /// `ID` and `VERSION_ID` of its os-release, for example `debian 12`.
    pub system: Option<String>,
    /// USER, where it is set.
    pub user: Option<String>,
    /// The folders of PATH.
    pub path: Vec<String>,
    /// ENTRYPOINT as words.
    pub entrypoint: Option<Vec<String>>,
    /// CMD as words.
    pub command: Option<Vec<String>>,
    /// EXPOSE, as `5432/tcp`.
    #[serde(default)]
    pub ports: Vec<String>,
    /// The test of its own HEALTHCHECK, as the configuration has it; `NONE` alone where it has no check.
    pub check: Vec<String>,
    /// Programs of which nobody knows whether the check can run them, by absolute path: not everybody may, or they
    /// are links into what only a running container has.
    #[serde(default)]
    pub uncertain: Vec<String>,
    /// The folders of PATH and the usual ones, by absolute path; one that is not there is left out.
    pub folders: BTreeMap<String, Folder>,
}

/// A folder of PATH.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Folder {
    /// It is a link to another folder of the list.
    Link(String),
    /// Its programs, as `name` or `name: flavour`, sorted.
    Programs(Vec<String>),
}

impl Learned {
    /// Reads the text of a `healthlint.images.toml`.
    ///
    /// # Errors
    /// What cannot be understood, and which bytes say it where that is known.
    pub fn parse(text: &str) -> Result<Self, (Option<std::ops::Range<usize>>, String)> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            image: Vec<Image>,
        }
        let file: File =
            toml::from_str(text).map_err(|error| (error.span(), error.message().to_owned()))?;
        let mut learned = Self::default();
        for image in file.image {
            if Reference::parse(&image.name).is_none_or(|name| name.key() != image.name) {
                let message = format!("`{}` is not the full name of an image", image.name);
                return Err((None, message));
            }
            let name = image.name.clone();
            if learned
                .images
                .insert(name.clone(), Arc::new(image))
                .is_some()
            {
                return Err((None, format!("`{name}` stands here twice")));
            }
        }
        Ok(learned)
    }

    /// What an image holds, by its name as it stands in a file: what was learned wins over the facts of the house.
    pub fn inventory(&self, name: &Traced) -> Inventory {
        let bundled = container::of_image_through(name, &self.mirrors);
        match name.known().and_then(Reference::parse) {
            Some(reference) => self.over(bundled, &reference),
            None => bundled,
        }
    }

    /// The same, by the parts of the name.
    pub fn inventory_of(&self, reference: &Reference) -> Inventory {
        self.over(self.bundled(reference), reference)
    }

    /// What the facts of the house say of an image, wherever it is served from.
    pub fn bundled(&self, reference: &Reference) -> Inventory {
        match reference.through(&self.mirrors) {
            Some(published) => published.bundled(),
            None => reference.bundled(),
        }
    }

    fn over(&self, bundled: Inventory, reference: &Reference) -> Inventory {
        let Some(image) = self.find(reference) else {
            return bundled;
        };
        let shown = bundled.shown.clone();
        image.inventory(bundled).named(shown)
    }

    /// What was learned about a reference, by the name that is written or else by the one that a mirror stands for.
    pub fn find(&self, reference: &Reference) -> Option<&Arc<Image>> {
        self.named(reference).or_else(|| {
            let published = reference.through(&self.mirrors)?;
            self.named(&published)
        })
    }

    /// By its digest where it has one, else by its name and tag.
    fn named(&self, reference: &Reference) -> Option<&Arc<Image>> {
        let Some(digest) = &reference.digest else {
            return self.images.get(&reference.key());
        };
        let first = self.images.range(reference.family.clone()..);
        first
            .take_while(|(name, _)| name.starts_with(&reference.family))
            .filter(|(_, image)| image.digests.contains(digest))
            .find(|(name, _)| {
                Reference::parse(name).is_some_and(|name| name.family == reference.family)
            })
            .map(|(_, image)| image)
    }
}

impl Image {
    /// The image as an inventory. What no image can say of itself stays as the facts of the house have it in
    /// `bundled`: the recommended probe, and what its own entrypoint does.
    pub fn inventory(self: &Arc<Self>, bundled: Inventory) -> Inventory {
        let (distro, release) = self.distribution();
        let manager = [
            "apt-get", "apk", "microdnf", "dnf", "yum", "zypper", "pacman",
        ]
        .into_iter()
        .find(|manager| matches!(self.find(manager), Holds::Yes(_)));
        let mut inventory = Inventory::of_learned(Arc::clone(self));
        if bundled.distro == distro && bundled.release == release {
            inventory.busybox = bundled.busybox;
        }
        if bundled.entrypoint == self.entrypoint {
            inventory.init = bundled.init;
        }
        inventory.distro = distro;
        inventory.release = release;
        inventory.manager = Some(manager.unwrap_or("none").to_owned());
        inventory.ports = self
            .ports
            .iter()
            .filter_map(|port| tcp_port(port))
            .collect();
        inventory.user.clone_from(&self.user);
        inventory.entrypoint.clone_from(&self.entrypoint);
        inventory.command.clone_from(&self.command);
        inventory.check = self.own_check();
        inventory.recipe = bundled.recipe;
        inventory.server = bundled.server;
        inventory
    }

    /// Its distribution and release, in the words that the facts on bases use.
    fn distribution(&self) -> (Option<String>, Option<String>) {
        let system = self.system.as_deref().unwrap_or_default();
        let (id, version) = system.split_once(' ').unwrap_or((system, ""));
        let numbers = |count: usize| {
            let numbers: Vec<&str> = version.split('.').take(count).collect();
            Some(numbers.join(".")).filter(|text| !text.is_empty())
        };
        match id {
            "" => (None, None),
            "debian" => (Some(id.to_owned()), numbers(1)),
            "alpine" | "ubuntu" => (Some(id.to_owned()), numbers(2)),
            "almalinux" | "amzn" | "centos" | "fedora" | "ol" | "rhel" | "rocky" => {
                (Some("rpm".to_owned()), numbers(1))
            }
            other => (Some(other.to_owned()), numbers(2)),
        }
    }

    /// Its own check, as a Dockerfile writes it.
    fn own_check(&self) -> OwnCheck {
        match self.check.split_first() {
            Some((kind, [])) if kind == "NONE" => OwnCheck::None,
            Some((kind, [text])) if kind == "CMD-SHELL" => OwnCheck::Command(format!("CMD {text}")),
            Some((kind, words)) if kind == "CMD" => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                OwnCheck::Command(format!("CMD [{}]", words.join(", ")))
            }
            _ => OwnCheck::Unknown,
        }
    }

    /// Whether the image holds a tool: a name that its PATH finds, or an absolute path into a folder that was read.
    pub fn holds(&self, tool: &str) -> Answer {
        let holds = self.find(tool);
        let shown = self.shown();
        let seen = self.seen();
        let text = match holds {
            Holds::Yes(_) => format!("`{tool}` is in {shown} ({seen})"),
            Holds::No(_) => format!("`{tool}` is not in {shown} ({seen})"),
            Holds::Unknown if self.is_uncertain(tool) => {
                format!("not everybody may run `{tool}` in {shown} ({seen})")
            }
            Holds::Unknown => format!("nobody looked for `{tool}` in {shown} ({seen})"),
        };
        Answer::because(holds, Reason::fact(text))
    }

    /// What `/bin/sh` is.
    pub fn bin_sh(&self) -> Shell {
        match self.at("/bin/sh") {
            Holds::No(_) => Shell::None,
            Holds::Yes(Flavour::Ash) => Shell::Ash,
            Holds::Yes(Flavour::Dash) => Shell::Dash,
            Holds::Yes(Flavour::Bash) => Shell::Bash,
            _ => Shell::Unknown,
        }
    }

    /// Every program that PATH finds, with its make, by name.
    pub fn programs(&self) -> BTreeMap<&str, Flavour> {
        let mut found = BTreeMap::new();
        for folder in &self.path {
            for entry in self.entries(folder).1 {
                let (name, flavour) = tool_and_flavour(entry);
                found.entry(name).or_insert(flavour);
            }
        }
        found
    }

    /// How a message names it.
    pub fn shown(&self) -> &str {
        short(&self.name)
    }

    /// Where the facts come from: `learned from sha256:0123456789ab, 2026-08-12`.
    pub fn seen(&self) -> String {
        let mut seen = "learned".to_owned();
        if let Some(digest) = self.digests.first() {
            let _ = write!(seen, " from {}", digest.get(..19).unwrap_or(digest));
        }
        if let Some(created) = &self.created {
            let _ = write!(seen, ", built {created}");
        }
        seen
    }

    /// What was there in `older` and is gone, and what came: programs that PATH finds, by name.
    pub fn difference<'a>(&'a self, older: &'a Self) -> (Vec<&'a str>, Vec<&'a str>) {
        let (old, new) = (older.programs(), self.programs());
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        let came = new.keys().filter(|name| !old.contains_key(*name));
        (gone.copied().collect(), came.copied().collect())
    }

    /// The folder that the path leads to, and its programs.
    fn entries<'a>(&'a self, folder: &'a str) -> (&'a str, &'a [String]) {
        let mut folder = folder;
        // A link leads to a folder of the list in one step; a file that somebody edited may lead in circles.
        for _ in 0..4 {
            match self.folders.get(folder) {
                Some(Folder::Programs(entries)) => return (folder, entries),
                Some(Folder::Link(target)) => folder = target,
                None => break,
            }
        }
        (folder, &[])
    }

    fn find(&self, tool: &str) -> Holds {
        if tool.starts_with('/') {
            return self.at(tool);
        }
        if tool.contains('/') || tool.is_empty() {
            return Holds::Unknown;
        }
        self.path
            .iter()
            .map(|folder| self.at(&format!("{folder}/{tool}")))
            .find(|holds| !matches!(holds, Holds::No(_)))
            .unwrap_or(Holds::No(Firmness::Firm))
    }

    fn at(&self, path: &str) -> Holds {
        let Some((folder, name)) = path.rsplit_once('/') else {
            return Holds::Unknown;
        };
        let read = self.folders.contains_key(folder)
            || self.path.iter().any(|read| read == folder)
            || USUAL.contains(&folder);
        let (folder, entries) = self.entries(folder);
        let found = entries
            .iter()
            .map(|entry| tool_and_flavour(entry))
            .find(|(entry, _)| *entry == name);
        match found {
            Some((_, flavour)) => Holds::Yes(flavour),
            None if !read || name.is_empty() => Holds::Unknown,
            None if self.uncertain.contains(&format!("{folder}/{name}")) => Holds::Unknown,
            None => Holds::No(Firmness::Firm),
        }
    }

    fn is_uncertain(&self, tool: &str) -> bool {
        let name = tool.rsplit('/').next();
        self.uncertain
            .iter()
            .any(|path| path.rsplit('/').next() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Image {
            name: "docker.io/library/app:1".to_owned(),
            digests: vec![format!("sha256:{}", "ab".repeat(32))],
            platform: "linux/amd64".to_owned(),
            created: Some("2026-08-12".to_owned()),
            path: words(&["/usr/bin", "/bin", "/opt/x/bin"]),
            check: words(&["CMD-SHELL", "curl \"x\"\n\u{1b}"]),
            uncertain: words(&["/usr/bin/secret"]),
            folders: [
                ("/bin".to_owned(), Folder::Link("/usr/bin".to_owned())),
                (
                    "/usr/bin".to_owned(),
                    Folder::Programs(words(&["awk: mawk", "bash", "busy", "sh: dash"])),
                ),
            ]
            .into(),
            ..Image::default()
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_written_the_same() {
        let learned = Learned {
            images: [(image().name, Arc::new(image()))].into(),
            ..Learned::default()
        };
        let text = learned.render();
        assert_eq!(Learned::parse(&text).unwrap(), learned, "{text}");
        assert!(text.contains("  \"bash\", \"busy\",\n"), "{text}");
        assert_eq!(Learned::parse("").unwrap(), Learned::default());
    }

    #[test]
    fn what_path_does_not_find_is_firmly_absent() {
        let image = image();
        let holds = |tool: &str| image.holds(tool).holds;
        assert_eq!(holds("awk"), Holds::Yes(Flavour::Mawk));
        assert_eq!(holds("/bin/sh"), Holds::Yes(Flavour::Dash));
        assert_eq!(holds("curl"), Holds::No(Firmness::Firm));
        assert_eq!(holds("/opt/x/bin/curl"), Holds::No(Firmness::Firm));
        assert_eq!(holds("/usr/local/bin/curl"), Holds::No(Firmness::Firm));
        assert_eq!(holds("/app/curl"), Holds::Unknown);
        assert_eq!(holds("./curl"), Holds::Unknown);
        assert_eq!(holds("secret"), Holds::Unknown);
        assert_eq!(image.bin_sh(), Shell::Dash);
    }

    #[test]
    fn a_digest_finds_the_very_build_and_a_tag_only_itself() {
        let learned = Learned {
            images: [(image().name, Arc::new(image()))].into(),
            ..Learned::default()
        };
        let digest = image().digests[0].clone();
        let found = |text: &str| learned.find(&Reference::parse(text).unwrap()).is_some();
        assert!(found("app:1"));
        assert!(found("mirror.gcr.io/library/app:1"));
        assert!(found(&format!("app@{digest}")));
        assert!(found(&format!("app:2@{digest}")));
        assert!(!found("app"));
        assert!(!found(&format!("app:1@sha256:{}", "0".repeat(64))));
        assert!(!found(&format!("other@{digest}")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            ("[[image]]\nname = 1", "expected a string"),
            ("[[picture]]", "unknown field `picture`"),
            (
                "[[image]]\nname = \"app\"\nplatform = \"\"\npath = []\ncheck = []\n[image.folders]",
                "`app` is not the full name of an image",
            ),
        ] {
            let (_, said) = Learned::parse(text).unwrap_err();
            assert!(said.contains(message), "{said}");
        }
    }
}
