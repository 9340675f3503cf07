//! The name of an image, taken apart as Docker reads it.

use crate::facts::Inventory;
use std::collections::BTreeMap;

use crate::facts::lookup::{canonical, inventory_of_image};
use crate::facts::mirrors::published_by;
use crate::model::image_name;

/// The parts of an image's reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The host to ask, as it was written: `docker.io` where none was.
    pub registry: String,
    /// The name on that host: `library/postgres`.
    pub repository: String,
    /// The one name of all its spellings: `docker.io/library/postgres`.
    pub family: String,
    /// The tag: `latest` where there is neither tag nor digest.
    pub tag: Option<String>,
    /// The digest, where one is written.
    pub digest: Option<String>,
}

impl Reference {
    /// Reads a reference without variables; None where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let name = image_name::parse(text)?;
        let part = |range: &Option<std::ops::Range<usize>>| match range {
            None => Some(None),
            Some(range) => name.known(range).map(|text| Some(text.to_owned())),
        };
        let digest = part(&name.digest)?;
        let tag = part(&name.tag)?;
        let registry = part(&name.registry)?.unwrap_or_else(|| "docker.io".to_owned());
        let written = name.known(&name.repository)?;
        let hub = ["docker.io", "index.docker.io", "registry-1.docker.io"];
        let repository = if hub.contains(&registry.as_str()) && !written.contains('/') {
            format!("library/{written}")
        } else {
            written.to_owned()
        };
        Some(Self {
            family: canonical(&name.path()?),
            registry,
            repository,
            tag: match (tag, &digest) {
                (None, None) => Some("latest".to_owned()),
                (tag, _) => tag,
            },
            digest,
        })
    }

    /// The same image under the name by which it is published, where one of these mirrors serves it.
    pub fn through(&self, mirrors: &BTreeMap<String, String>) -> Option<Self> {
        let written = format!("{}/{}", self.registry, self.repository);
        let family = canonical(&published_by(mirrors, &written)?);
        Some(Self {
            family,
            ..self.clone()
        })
    }

    /// What the facts of the house say of it.
    pub fn bundled(&self) -> Inventory {
        inventory_of_image(&self.family, self.tag.as_deref(), self.digest.as_deref())
    }

    /// The name that its facts stand under: `docker.io/library/postgres:17`.
    pub fn key(&self) -> String {
        let mut key = self.family.clone();
        for (mark, part) in [(':', &self.tag), ('@', &self.digest)] {
            if let Some(part) = part {
                key.push(mark);
                key.push_str(part);
            }
        }
        key
    }
}
