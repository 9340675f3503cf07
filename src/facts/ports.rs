//! What a port number says by convention about the protocol behind it.

use std::sync::OnceLock;

use serde::Deserialize;

const PORTS: &str = include_str!("../../rules/facts/ports.toml");

/// Ports by what is spoken on them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Nearly always plain HTTP.
    pub http: Vec<u16>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// The facts.
pub fn ports() -> &'static Ports {
    static ALL: OnceLock<Ports> = OnceLock::new();
    ALL.get_or_init(|| toml::from_str(PORTS).unwrap_or_default())
}

/// Whether a server on this port is nearly always one that speaks plain HTTP.
pub fn speaks_http(port: u16) -> bool {
    ports().http.contains(&port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_every_claim_has_a_witness() {
        let facts: Ports = toml::from_str(PORTS).unwrap();
        assert!(facts.http.is_sorted());
        assert!(!facts.witness.is_empty() && facts.date.len() == "2026-11".len());
        assert!(speaks_http(8080) && !speaks_http(5432));
    }
}
