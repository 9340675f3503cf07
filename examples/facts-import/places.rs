//! Of which variants and versions a record speaks.

use std::collections::BTreeSet;

use healthlint::facts::tag::{Tag, Version};

use super::record::Record;

/// The variants and versions that a record speaks of: a pattern speaks of the newest, a prefix of its first and
/// last version.
pub fn places(record: &Record) -> Vec<(String, Version, usize)> {
    let mut places = Vec::new();
    let mut add = |tag: &str, rank: usize| {
        let read = Tag::parse(Some(tag));
        if read.channel.is_none() || read.version.is_some() {
            let version = read
                .version
                .map_or_else(Version::latest, |version| version.newest());
            places.push((variant(&read.variant), version, rank));
        }
    };
    let exact = |tag: &str| !tag.contains(['*', '?', '[', '|', '>', '\\']) && !tag.contains("..");
    let rank = if record.kind == "exact-tag" { 3 } else { 2 };
    if record.tags_regex.is_none() {
        for tag in record.tags.iter().filter(|tag| exact(tag)) {
            add(tag, rank);
        }
        // A sample stands for what is published today, under every pattern that leads to it.
        let sample = record.sample_tag.as_deref().unwrap_or_default();
        if record.kind == "official" && !sample.contains(' ') {
            add(sample, 1);
        }
    }
    let patterns: Vec<String> = match &record.tags_regex {
        Some(regex) => alternatives(regex),
        None => record
            .tags
            .iter()
            .filter(|tag| !exact(tag))
            .cloned()
            .collect(),
    };
    for pattern in patterns {
        places.extend(pattern_places(&pattern));
    }
    places
}

/// The parts of a regular expression around its outer bars, with what matches anything written as `*`.
fn alternatives(regex: &str) -> Vec<String> {
    let plain = regex
        .replace("(\\..*)?", "*")
        .replace("(-\\w+)?", "*")
        .replace("(-oss)?", "*")
        .replace(".*", "*")
        .replace("\\.*", ".*")
        .replace("\\.", ".");
    plain.split('|').map(str::to_owned).collect()
}

fn pattern_places(pattern: &str) -> Vec<(String, Version, usize)> {
    if let Some(from) = pattern.strip_prefix(">=").and_then(Version::parse) {
        return vec![
            (String::new(), from, 1),
            (String::new(), Version::latest(), 1),
        ];
    }
    if let Some((from, to)) = pattern.split_once("..")
        && let (Some(from), Some(to)) = (Version::parse(from), Version::parse(to))
    {
        return vec![(String::new(), from, 1), (String::new(), to.newest(), 1)];
    }
    let text = pattern.strip_prefix("RELEASE.").unwrap_or(pattern);
    let head = text
        .split('*')
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', '-']);
    let words = |rest: &str| {
        let rest = rest.replace('*', "-");
        let read = Tag::parse(Some(&format!("0-{}", rest.trim_matches('-'))));
        variant(&read.variant)
    };
    if head.is_empty() {
        let rest = text.trim_matches('*').trim_matches('-');
        // `*7.3-slim` speaks of a second version inside the tag: its sample says more.
        if rest.starts_with(|first: char| first.is_ascii_digit()) {
            return Vec::new();
        }
        return vec![(words(rest), Version::latest(), 0)];
    }
    if !head.starts_with(|first: char| first.is_ascii_digit() || first == '[' || first == 'v') {
        return vec![(words(text), Version::latest(), 0)];
    }
    let rest = text.get(head.len()..).unwrap_or_default();
    let (low, high) = (bound(head, false), bound(head, true));
    let ends = (
        Version::parse(&low.replace('-', ".")),
        Version::parse(&high.replace('-', ".")),
    );
    let (Some(low), Some(high)) = ends else {
        return Vec::new();
    };
    let variant = words(rest.trim_start_matches(['.', '*']));
    vec![(variant.clone(), low, 1), (variant, high.newest(), 1)]
}

/// A prefix with each character class replaced by its first or last character.
fn bound(prefix: &str, last: bool) -> String {
    let mut out = String::new();
    let mut rest = prefix;
    while let Some((before, behind)) = rest.split_once('[') {
        out.push_str(before);
        let (class, behind) = behind.split_once(']').unwrap_or((behind, ""));
        let pick = if last {
            class.chars().next_back()
        } else {
            class.chars().next()
        };
        out.extend(pick);
        rest = behind;
    }
    out + rest
}

fn variant(words: &[String]) -> String {
    let sorted: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    sorted.into_iter().collect::<Vec<_>>().join(" ")
}
