//! A line of evidence: one record of one family of tags.

use std::collections::BTreeMap;

use healthlint::facts::Flavour;
use serde::Deserialize;
use serde_json::Value;

/// The month of evidence that does not say when it was gathered.
pub const DATE: &str = "2026-08";

#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    pub repository: String,
    #[serde(default)]
    pub tags: Vec<String>,
    pub tags_regex: Option<String>,
    pub sample_tag: Option<String>,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub distro: String,
    pub release: Option<String>,
    pub libc: Option<String>,
    pub bin_sh: Option<bool>,
    pub package_manager: Option<String>,
    pub user: Option<String>,
    pub exposed: Option<Vec<String>>,
    pub entrypoint: Option<String>,
    pub cmd: Option<String>,
    pub init: Option<String>,
    pub healthcheck: Option<String>,
    #[serde(default)]
    pub confidence: String,
    #[serde(default)]
    pub absence: String,
    #[serde(default)]
    pub from_chain: Vec<String>,
    #[serde(default)]
    pub evidence: Vec<String>,
    #[serde(default)]
    pub has: BTreeMap<String, Value>,
    #[serde(default)]
    pub lacks: Vec<String>,
    #[serde(default)]
    pub attested: Vec<String>,
    #[serde(default)]
    pub present: BTreeMap<String, Value>,
    pub date: Option<String>,
}

pub fn entry(tool: &str, make: &Value) -> String {
    let make = make.as_str().map_or(Flavour::Plain, Flavour::of);
    // BusyBox's shell has its own name.
    let make = if tool == "sh" && make == Flavour::Busybox {
        Flavour::Ash
    } else {
        make
    };
    make.word()
        .map_or_else(|| tool.to_owned(), |make| format!("{tool}: {make}"))
}
