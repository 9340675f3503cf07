//! Archives as `docker save` and `podman save` write them, read once from front to back, so that a pipe will do.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use serde_json::Value;

use super::budget::{Budget, Metered, digest};
use super::compression::{Decoder, peek};
use super::layer::{self, Layer};
use super::manifest::{self, Blobs, Descriptor, Manifest, choose, descriptors, json, words};
use super::tar::{Kind, Tar};
use super::{Failure, Seen, Wanted};

/// All images of an archive, in its order.
///
/// # Errors
/// What is no such archive, one that is cut off or was tampered with, one that goes over the limits, and everything
/// else that keeps one of its images from being read whole.
pub fn read(input: impl Read, wanted: &Wanted) -> Result<Vec<Seen>, Failure> {
    let budget = Budget::new(&wanted.limits);
    let (decoder, never) = (Decoder::new(input)?, Cell::new(u64::MAX));
    let mut parts = if matches!(decoder, Decoder::Plain(_)) {
        Parts::gather(Tar::new(decoder), &budget)?
    } else {
        // What is compressed as a whole is counted as a whole; how well is told layer by layer.
        Parts::gather(Tar::new(Metered::new(decoder, &budget, &never)), &budget)?
    };
    if let Some(index) = parts.documents.get("index.json") {
        let rows = descriptors(&json(index, "index.json")?);
        let tags = parts.tags()?;
        return images(&mut parts, rows, &tags, wanted);
    }
    let Some(list) = parts.documents.get("manifest.json") else {
        return Err(Failure(
            "it is no archive of images, as `docker save` and `podman save` write them: it has neither `index.json` \
             nor `manifest.json`"
                .to_owned(),
        ));
    };
    let list = json(list, "manifest.json")?;
    let mut seen = Vec::new();
    for row in list.as_array().map(Vec::as_slice).unwrap_or_default() {
        let config = manifest::string(row, "Config").map(|path| key_of(path.as_bytes()));
        let layers = words(&row["Layers"]);
        let (Some(config), Some(layers)) = (config, layers) else {
            return Err(Failure(
                "manifest.json is not as Docker writes it".to_owned(),
            ));
        };
        check_name(&config, &parts.document(&config)?)?;
        let layers = layers.iter().map(|path| key_of(path.as_bytes())).collect();
        let mut image = manifest::whole(&mut parts, &Manifest { config, layers }, Vec::new())?;
        image.names = words(&row["RepoTags"]).unwrap_or_default();
        seen.push(image);
    }
    Ok(seen)
}

/// The images of an index: rows of one name are one image for several platforms, and rows that lead to the same
/// image are its names.
///
/// # Errors
/// Those of the images.
pub fn images(
    blobs: &mut dyn Blobs,
    rows: Vec<Descriptor>,
    tags: &BTreeMap<String, Vec<String>>,
    wanted: &Wanted,
) -> Result<Vec<Seen>, Failure> {
    let mut by_name: BTreeMap<Option<String>, Vec<Descriptor>> = BTreeMap::new();
    for row in rows {
        by_name.entry(row.name.clone()).or_default().push(row);
    }
    let mut by_digest: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, rows) in by_name {
        let chosen = choose(&rows, &wanted.platform, |key| blobs.has(key))?;
        let names = by_digest.entry(chosen.digest.clone()).or_default();
        names.extend(name);
    }
    if by_digest.is_empty() {
        return Err(Failure("its index names no image".to_owned()));
    }
    let mut seen = Vec::new();
    for (digest, names) in by_digest {
        let mut image = manifest::image(blobs, &digest, wanted)?;
        let tagged = image
            .image
            .digests
            .iter()
            .filter_map(|digest| tags.get(digest));
        let names: BTreeSet<String> = names.into_iter().chain(tagged.flatten().cloned()).collect();
        image.names = names.into_iter().collect();
        seen.push(image);
    }
    Ok(seen)
}

/// Everything of an archive that could be part of an image, by [`key_of`] its path.
struct Parts {
    documents: BTreeMap<String, Vec<u8>>,
    /// What is no layer has its reason, which is told only if a manifest takes it for one.
    layers: BTreeMap<String, Result<Arc<Layer>, Failure>>,
    /// Links within the archive.
    links: BTreeMap<String, String>,
    most_files: u64,
}

impl Parts {
    fn gather(mut tar: Tar<impl Read>, budget: &Budget) -> Result<Self, Failure> {
        let mut parts = Self {
            documents: BTreeMap::new(),
            layers: BTreeMap::new(),
            links: BTreeMap::new(),
            most_files: budget.limits.entries,
        };
        while let Some(entry) = tar.next_entry()? {
            budget.entry(entry.path.len())?;
            let key = key_of(&entry.path);
            match entry.kind {
                Kind::File if entry.size > 0 => {}
                Kind::SymbolicLink(target) => {
                    let target = key_of(&beside(&entry.path, &target));
                    parts.links.insert(key, target);
                    continue;
                }
                Kind::HardLink(target) => {
                    parts.links.insert(key, key_of(&target));
                    continue;
                }
                _ => continue,
            }
            let expected = key.starts_with("sha256:").then_some(key.as_str());
            let (head, input) = peek(&mut tar, 1)?;
            if matches!(head.as_slice(), [b'{' | b'[']) {
                let bytes = budget.document(input)?;
                check_name(&key, &bytes)?;
                parts.documents.insert(key, bytes);
            } else {
                let layer = layer::read(input, expected, budget).map(Arc::new);
                parts.layers.insert(key, layer);
            }
        }
        Ok(parts)
    }

    /// The names that Docker's own list gives to configurations, by their digest.
    fn tags(&self) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let list = match self.documents.get("manifest.json") {
            Some(list) => json(list, "manifest.json")?,
            None => Value::Null,
        };
        let rows = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let named = rows.iter().filter_map(|row| {
            let config = key_of(manifest::string(row, "Config")?.as_bytes());
            Some((config, words(&row["RepoTags"])?))
        });
        Ok(named.collect())
    }

    /// The key that a key leads to through links.
    fn real<'a>(&'a self, key: &'a str) -> &'a str {
        let mut real = key;
        for _ in 0..8 {
            match self.links.get(real) {
                Some(target) => real = target,
                None => break,
            }
        }
        real
    }
}

impl Blobs for Parts {
    fn has(&self, key: &str) -> bool {
        self.documents.contains_key(self.real(key))
    }

    fn document(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        let document = self.documents.get(self.real(key)).cloned();
        document.ok_or_else(|| Failure(format!("the archive lacks the document {key}")))
    }

    fn layer(&mut self, key: &str) -> Result<Arc<Layer>, Failure> {
        match self.layers.get(self.real(key)) {
            Some(Ok(layer)) => Ok(Arc::clone(layer)),
            Some(Err(failure)) => Err(failure.clone().at(&format!("layer {key}"))),
            None => Err(Failure(format!("the archive lacks the layer {key}"))),
        }
    }

    fn most_files(&self) -> u64 {
        self.most_files
    }
}

/// `sha256:…` for a blob of the OCI layout, else the path.
fn key_of(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let path = path.trim_start_matches("./").trim_start_matches('/');
    match path.strip_prefix("blobs/sha256/") {
        Some(digest) => format!("sha256:{digest}"),
        None => path.to_owned(),
    }
}

/// A document that is named by its digest, with or without `.json` behind it, must have that digest.
fn check_name(key: &str, bytes: &[u8]) -> Result<(), Failure> {
    let stem = key.strip_suffix(".json").unwrap_or(key);
    let stem = stem.strip_prefix("sha256:").unwrap_or(stem);
    let named = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sum = digest(bytes);
    if named && sum.strip_prefix("sha256:") != Some(stem) {
        return Err(Failure(format!(
            "the document {key} is not what it says: its bytes have the digest {sum}"
        )));
    }
    Ok(())
}

/// The path of a link's target, from the path of the link.
fn beside(path: &[u8], target: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    parts.pop();
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_keys() {
        assert_eq!(key_of(b"./blobs/sha256/ab"), "sha256:ab");
        assert_eq!(key_of(b"abc/layer.tar"), "abc/layer.tar");
        assert_eq!(
            beside(b"abc/layer.tar", b"../def/layer.tar"),
            b"def/layer.tar"
        );
        assert_eq!(beside(b"a", b"../../b"), b"b");
        assert!(check_name("manifest.json", b"[]").is_ok());
        assert!(check_name(&format!("{}.json", "0".repeat(64)), b"{}").is_err());
    }
}
