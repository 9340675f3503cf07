//! Accounts on registries, as `docker login` and `podman login` leave them; they are never shown.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::learn::manifest::string;

/// Larger files are no file of credentials.
const LARGEST: u64 = 1024 * 1024;

/// An account as the file has it: base64 of `user:password`.
pub struct Account(String);

impl Account {
    /// The account for a registry, from the first file that has one.
    pub fn of(registry: &str) -> Option<Self> {
        files()
            .iter()
            .find_map(|file| Self::in_file(file, registry))
    }

    /// The value of the header that shows it to the registry.
    pub fn header(&self) -> String {
        format!("Basic {}", self.0)
    }

    fn in_file(file: &Path, registry: &str) -> Option<Self> {
        let about = fs::metadata(file).ok()?;
        if !about.is_file() || about.len() > LARGEST {
            return None;
        }
        let value: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        Self::in_value(&value, registry)
    }

    fn in_value(value: &Value, registry: &str) -> Option<Self> {
        let (_, entry) = value["auths"]
            .as_object()?
            .iter()
            .find(|(name, entry)| names(name) == names(registry) && !entry["auth"].is_null())?;
        let auth = string(entry, "auth")?;
        // What is not `user:password` is the mark of a helper program that keeps the account elsewhere.
        let plain = STANDARD.decode(&auth).ok()?;
        plain.contains(&b':').then_some(Self(auth))
    }
}

/// The host that an entry speaks of; Docker Hub has had several names.
fn names(entry: &str) -> &str {
    let host = entry
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    match host.split('/').next().unwrap_or(host) {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

/// Where accounts are kept, Docker's own file first.
fn files() -> Vec<PathBuf> {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    let at = |root: &Option<PathBuf>, path: &str| root.as_ref().map(|root| root.join(path));
    let docker = folder("DOCKER_CONFIG").or_else(|| at(&home, ".docker"));
    [
        at(&docker, "config.json"),
        folder("REGISTRY_AUTH_FILE"),
        at(&folder("XDG_RUNTIME_DIR"), "containers/auth.json"),
        at(&home, ".config/containers/auth.json"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_account_of_a_registry_is_found_under_all_its_names() {
        let file = json!({"auths": {
            "https://index.docker.io/v1/": {"auth": STANDARD.encode("me:secret")},
            "ghcr.io": {},
            "quay.io": {"auth": "!"},
        }});
        let header =
            |registry: &str| Account::in_value(&file, registry).map(|account| account.header());
        let expected = Some(format!("Basic {}", STANDARD.encode("me:secret")));
        assert_eq!(header("docker.io"), expected);
        assert_eq!(header("ghcr.io"), None);
        assert_eq!(header("quay.io"), None);
        assert_eq!(header("example.com"), None);
        assert!(Account::in_value(&json!([]), "docker.io").is_none());
    }
}
