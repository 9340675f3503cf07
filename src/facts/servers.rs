//! What is peculiar about the servers of published images: addresses, methods, first starts, paths that are gone.

use serde::Deserialize;

use super::sections::Sections;
use super::tag::{Tag, Version};

static SERVERS: Sections<Server> = Sections::new(
    include_str!("../../rules/facts/servers.toml"),
    "server",
    "images",
);

/// The server of some images, in some versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// A name for people, unique in the file.
    pub name: String,
    /// The repositories that hold it, by their full names.
    pub images: Vec<String>,
    /// The first version that it speaks of.
    pub from: Option<String>,
    /// The last version that it speaks of.
    pub to: Option<String>,
    /// On its first start the image runs a temporary server that only the unix socket reaches, and starts anew:
    /// `postgres` or `mysql`.
    pub first_start: Option<String>,
    /// It does not listen on `::1`, in words.
    pub ipv4_only: Option<String>,
    /// It refuses every method but GET, in words.
    pub get_only: Option<String>,
    /// It complains when a client does not fetch the whole answer, in words.
    pub aborted: Option<String>,
    /// It may listen on the container's own address alone, in words.
    pub own_address: Option<String>,
    /// Ports that speak TLS.
    #[serde(default)]
    pub tls: Vec<u16>,
    /// Settings that make these ports speak plainly: `NAME=value`.
    #[serde(default)]
    pub plain: Vec<String>,
    /// Settings that make sure of TLS.
    #[serde(default)]
    pub secured: Vec<String>,
    /// Settings after which nobody knows.
    #[serde(default)]
    pub doubt: Vec<String>,
    /// The name of the settings file that may change all that, where somebody mounts one.
    pub settings: Option<String>,
    /// What is asked at the wrong place since this version.
    #[serde(default)]
    pub retired: Vec<Retired>,
    /// What the service says where `retired` does not hold: `NAME`, `NAME=value`, `command:word`.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// A path that nobody answers, or not at this port.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The path.
    pub path: String,
    /// The port that it is gone from; None is any.
    pub port: Option<u16>,
    /// The path that takes its place.
    pub now: Option<String>,
    /// The port that takes its place.
    pub now_port: Option<u16>,
    /// What became of it, in words.
    pub why: String,
}

/// The server that a tag holds.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// What is known about it.
    pub server: &'static Server,
    /// Whether the tag names a version, and not just what is newest.
    pub pinned: bool,
}

/// Every server, by name.
///
/// # Errors
/// What does not parse, and why.
pub fn servers() -> Result<Vec<&'static Server>, String> {
    SERVERS.all()
}

/// The server of this tag of this repository, by its full name.
pub fn server(repository: &str, tag: Option<&str>) -> Option<Served> {
    let mut named = SERVERS.named(repository).peekable();
    named.peek()?;
    let read = Tag::parse(tag);
    let version = read.newest();
    let server =
        named.find(|server| version.lies_within(server.from.as_deref(), server.to.as_deref()))?;
    Some(Served {
        server,
        pinned: read
            .version
            .is_some_and(|version| version != Version::latest()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sorted_and_every_row_has_its_witness() {
        let servers = servers().unwrap();
        assert!(servers.len() > 10, "{} rows", servers.len());
        assert!(servers.windows(2).all(|pair| pair[0].name < pair[1].name));
        for server in servers {
            assert!(!server.witness.is_empty(), "{}", server.name);
            for gone in &server.retired {
                assert!(
                    gone.now.is_some() || gone.now_port.is_some(),
                    "{}",
                    server.name
                );
            }
        }
    }

    #[test]
    fn a_version_leads_to_what_it_serves() {
        let of = |image: &str, tag: &str| {
            server(image, Some(tag)).map(|served| (served.server.name.as_str(), served.pinned))
        };
        let chroma = "docker.io/chromadb/chroma";
        assert_eq!(of(chroma, "1.0.4"), Some(("chromadb/chroma from 1", true)));
        assert_eq!(
            of(chroma, "latest"),
            Some(("chromadb/chroma from 1", false))
        );
        assert_eq!(of(chroma, "0.5.20"), None);
        assert_eq!(
            of("docker.io/library/postgres", "16-alpine"),
            Some(("postgres", true))
        );
    }
}
