//! Indexes, manifests and configurations: from the digest that names an image to its layers and how it runs.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::budget::digest;
use super::describe::describe;
use super::layer::Layer;
use super::tree::Tree;
use super::{Failure, Seen, Wanted};

/// Where the parts of images lie: by digest (`sha256:…`), or by path in an archive of Docker's older form.
pub trait Blobs {
    /// Whether the part is there.
    fn has(&self, key: &str) -> bool;
    /// A manifest or an index, whose digest has been compared.
    ///
    /// # Errors
    /// As [`Blobs::document`].
    fn manifest(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        self.document(key)
    }
    /// A configuration, whose digest has been compared; a manifest too, where they lie together.
    ///
    /// # Errors
    /// Where it is missing, too large or not what its digest says.
    fn document(&mut self, key: &str) -> Result<Vec<u8>, Failure>;
    /// A layer, whose digest has been compared.
    ///
    /// # Errors
    /// Where it is missing, damaged or over the limits.
    fn layer(&mut self, key: &str) -> Result<Arc<Layer>, Failure>;
    /// What may be spent on one tree of files.
    fn most_files(&self) -> u64;
}

/// What an image was built for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v7`.
    pub variant: Option<String>,
}

impl Default for Platform {
    /// Linux on this machine's architecture, in Go's words.
    fn default() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" => "ppc64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self {
            os: "linux".to_owned(),
            architecture: architecture.to_owned(),
            variant: None,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(out, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl Platform {
    /// Reads `linux/arm64` and `linux/arm/v7`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(str::to_owned);
        let platform = Self {
            os: parts.next().filter(|os| !os.is_empty())?,
            architecture: parts.next().filter(|word| !word.is_empty())?,
            variant: parts.next(),
        };
        parts.next().is_none().then_some(platform)
    }

    fn of(value: &Value) -> Option<Self> {
        Some(Self {
            os: string(value, "os")?,
            architecture: string(value, "architecture")?,
            variant: string(value, "variant").filter(|variant| !variant.is_empty()),
        })
    }

    fn serves(&self, wanted: &Self) -> bool {
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (wanted.variant.is_none() || self.variant == wanted.variant)
    }
}

/// One row of an index.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// The digest of a manifest or another index.
    pub digest: String,
    /// Its platform, where the row says so.
    pub platform: Option<Platform>,
    /// The image's full name, where the row says so.
    pub name: Option<String>,
}

/// A manifest as far as it matters: the keys of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The configuration.
    pub config: String,
    /// The layers, the lowest first.
    pub layers: Vec<String>,
}

/// How an image runs, and what its layers must be.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What it was built for.
    pub platform: Platform,
    /// The day on which it was built.
    pub created: Option<String>,
    /// USER.
    pub user: Option<String>,
    /// PATH, where ENV sets it.
    pub path: Option<String>,
    /// ENTRYPOINT.
    pub entrypoint: Option<Vec<String>>,
    /// CMD.
    pub command: Option<Vec<String>>,
    /// EXPOSE.
    pub ports: Vec<String>,
    /// HEALTHCHECK's test.
    pub check: Option<Vec<String>>,
    /// The digests of the layers after decompression.
    pub diff_ids: Vec<String>,
}

/// Reads a JSON document.
///
/// # Errors
/// Where it is none.
pub fn json(bytes: &[u8], what: &str) -> Result<Value, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure(format!("{what} is not JSON: {error}")))
}

/// The images of an index, without what was only attached to one (attestations, signatures).
pub fn descriptors(index: &Value) -> Vec<Descriptor> {
    let rows = index["manifests"].as_array().map(Vec::as_slice);
    rows.unwrap_or_default()
        .iter()
        .filter(|row| {
            let platform = Platform::of(&row["platform"]);
            row["annotations"]["vnd.docker.reference.type"].is_null()
                && platform.is_none_or(|platform| platform.os != "unknown")
        })
        .filter_map(|row| {
            let annotation = |key: &str| string(&row["annotations"], key);
            let name = annotation("io.containerd.image.name").or_else(|| {
                // Some write the whole name here, others only the tag, which names no image.
                annotation("org.opencontainers.image.ref.name")
                    .filter(|name| name.contains([':', '/']))
            });
            Some(Descriptor {
                digest: string(row, "digest")?,
                platform: Platform::of(&row["platform"]),
                name,
            })
        })
        .collect()
}

/// The row for the wanted platform; one that says nothing of platforms, or the only one whose parts are there.
///
/// # Errors
/// The platforms that there are, where none is the wanted one.
pub fn choose<'a>(
    rows: &'a [Descriptor],
    wanted: &Platform,
    has: impl Fn(&str) -> bool,
) -> Result<&'a Descriptor, Failure> {
    let there: Vec<&Descriptor> = rows.iter().filter(|row| has(&row.digest)).collect();
    let serves = |row: &&&Descriptor| match &row.platform {
        Some(platform) => platform.serves(wanted),
        None => true,
    };
    match (there.iter().find(serves), there.as_slice()) {
        (Some(row), _) | (None, [row]) => Ok(row),
        (None, []) => Err(Failure(
            "it names images whose parts are not there".to_owned(),
        )),
        (None, _) => {
            let platforms = there.iter().filter_map(|row| row.platform.as_ref());
            let names: Vec<String> = platforms.map(ToString::to_string).collect();
            Err(Failure(format!(
                "it has no image for {wanted}; there are {}",
                names.join(", ")
            )))
        }
    }
}

/// Reads the image that a digest names: an index leads to the wanted platform's manifest, that to the layers.
///
/// # Errors
/// Everything that keeps the image from being read whole.
pub fn image(blobs: &mut dyn Blobs, name: &str, wanted: &Wanted) -> Result<Seen, Failure> {
    let mut digests = Vec::new();
    let mut key = name.to_owned();
    // An index may lead to an index; the specification knows no reason for more than one step.
    for _ in 0..4 {
        let bytes = blobs.manifest(&key)?;
        let value = json(&bytes, "the manifest")?;
        digests.push(digest(&bytes));
        if value["manifests"].is_array() {
            let rows = descriptors(&value);
            key = choose(&rows, &wanted.platform, |key| blobs.has(key))?
                .digest
                .clone();
            continue;
        }
        let manifest = Manifest::read(&value)?;
        return whole(blobs, &manifest, digests);
    }
    Err(Failure(
        "its index leads to another index again and again".to_owned(),
    ))
}

/// Reads the image of a manifest; `digests` are those that led to it.
///
/// # Errors
/// Everything that keeps the image from being read whole.
pub fn whole(
    blobs: &mut dyn Blobs,
    manifest: &Manifest,
    mut digests: Vec<String>,
) -> Result<Seen, Failure> {
    let bytes = blobs.document(&manifest.config)?;
    let config = Config::read(&json(&bytes, "the configuration")?);
    digests.push(digest(&bytes));
    if config.platform.os != "linux" {
        return Err(Failure(format!(
            "it is an image for {}; only Linux images can be learned",
            config.platform
        )));
    }
    if config.diff_ids.len() != manifest.layers.len() {
        return Err(Failure(format!(
            "the configuration speaks of {} layers and the manifest of {}",
            config.diff_ids.len(),
            manifest.layers.len()
        )));
    }
    let mut layers = Vec::new();
    for (key, diff_id) in manifest.layers.iter().zip(&config.diff_ids) {
        let layer = blobs.layer(key)?;
        if layer.diff_id != *diff_id {
            return Err(Failure(format!(
                "the layer {key} is not what the configuration says: after decompression its digest is {}, not {diff_id}",
                layer.diff_id
            )));
        }
        layers.push(layer);
    }
    let tree = Tree::of(layers.iter().map(AsRef::as_ref), blobs.most_files())?;
    let mut image = describe(&tree, &config);
    digests.dedup();
    image.digests = digests;
    Ok(Seen {
        names: Vec::new(),
        image,
    })
}

impl Manifest {
    /// Reads an image manifest of OCI or Docker (schema 2).
    ///
    /// # Errors
    /// Where it is none: an artifact, a signature, Docker's schema 1.
    pub fn read(value: &Value) -> Result<Self, Failure> {
        if value["schemaVersion"] == 1 {
            return Err(Failure(
                "its manifest is of Docker's schema 1, which has been out of use since 2017"
                    .to_owned(),
            ));
        }
        let config = string(&value["config"], "digest");
        let kind = string(&value["config"], "mediaType").unwrap_or_default();
        let image =
            kind.is_empty() || kind.contains("image.config") || kind.contains("container.image");
        let (Some(config), true, Some(layers)) = (config, image, value["layers"].as_array()) else {
            return Err(Failure(
                "this is not the manifest of a container image".to_owned(),
            ));
        };
        let layers = layers.iter().map(|layer| string(layer, "digest")).collect();
        let layers: Option<Vec<String>> = layers;
        Ok(Self {
            config,
            layers: layers.ok_or_else(|| Failure("a layer has no digest".to_owned()))?,
        })
    }
}

impl Config {
    /// Reads an image configuration (OCI image specification, "Image Configuration"; the health check is Docker's own).
    pub fn read(value: &Value) -> Self {
        let run = &value["config"];
        let variables = words(&run["Env"]).unwrap_or_default();
        let mut ports: Vec<String> = run["ExposedPorts"]
            .as_object()
            .map(|ports| ports.keys().cloned().collect())
            .unwrap_or_default();
        ports.sort_by_cached_key(|port| {
            let number = port.split('/').next().unwrap_or(port);
            (number.parse::<u16>().unwrap_or(u16::MAX), port.clone())
        });
        Self {
            platform: Platform::of(value).unwrap_or_default(),
            created: string(value, "created").and_then(|time| day(&time)),
            user: string(run, "User").filter(|user| !user.is_empty()),
            path: variables
                .iter()
                .rev()
                .find_map(|entry| entry.strip_prefix("PATH=").map(str::to_owned)),
            entrypoint: words(&run["Entrypoint"]),
            command: words(&run["Cmd"]),
            ports,
            check: words(&run["Healthcheck"]["Test"]).filter(|test| !test.is_empty()),
            diff_ids: words(&value["rootfs"]["diff_ids"]).unwrap_or_default(),
        }
    }
}

/// The day of a time such as `2026-08-12T06:00:00Z`; None where a reproducible build left it out.
fn day(time: &str) -> Option<String> {
    let day = time.get(..10)?;
    let shape = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (shape && day > "1980-01-01").then(|| day.to_owned())
}

/// The string under the key.
pub fn string(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

/// A list of strings; None where it is missing or holds anything else.
pub fn words(value: &Value) -> Option<Vec<String>> {
    let words = value.as_array()?;
    words
        .iter()
        .map(|word| word.as_str().map(str::to_owned))
        .collect()
}
