//! OCI image layout: a folder with an index and blobs, which are opened by digest and read where they lie.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::images;
use super::budget::{Budget, digest};
use super::layer::{self, Layer};
use super::manifest::{Blobs, descriptors, json};
use super::{Failure, Seen, Wanted};

/// All images of a layout.
///
/// # Errors
/// What is no layout, and everything that keeps one of its images from being read whole.
pub fn read(folder: &Path, wanted: &Wanted) -> Result<Vec<Seen>, Failure> {
    let mut parts = Parts {
        folder: folder.to_owned(),
        budget: Budget::new(&wanted.limits),
    };
    let index = folder.join("index.json");
    if !index.is_file() {
        return Err(Failure(
            "the folder is no OCI image layout: it has no `index.json`".to_owned(),
        ));
    }
    let bytes = parts.budget.document(File::open(index)?)?;
    let rows = descriptors(&json(&bytes, "index.json")?);
    images(&mut parts, rows, &BTreeMap::new(), wanted)
}

struct Parts {
    folder: PathBuf,
    budget: Budget,
}

impl Parts {
    /// The file of a blob. A digest is letters and digits only, so no path leads out of the folder.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let sum = key.strip_prefix("sha256:")?;
        let valid = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = self.folder.join("blobs/sha256").join(sum);
        (valid && path.is_file()).then_some(path)
    }

    fn open(&self, key: &str) -> Result<File, Failure> {
        let path = self.path(key);
        let path = path.ok_or_else(|| Failure(format!("the layout lacks the blob {key}")))?;
        File::open(path).map_err(|error| Failure(error.to_string()).at(key))
    }
}

impl Blobs for Parts {
    fn has(&self, key: &str) -> bool {
        self.path(key).is_some()
    }

    fn document(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        let bytes = self.budget.document(self.open(key)?)?;
        let sum = digest(&bytes);
        if sum == key {
            return Ok(bytes);
        }
        Err(Failure(format!(
            "the blob {key} is not what it says: its bytes have the digest {sum}"
        )))
    }

    fn layer(&mut self, key: &str) -> Result<Arc<Layer>, Failure> {
        let layer = layer::read(self.open(key)?, Some(key), &self.budget);
        layer
            .map(Arc::new)
            .map_err(|failure| failure.at(&format!("layer {key}")))
    }

    fn most_files(&self) -> u64 {
        self.budget.limits.entries
    }
}
