//! Turns evidence about images (JSON lines) into the canonical facts of `rules/facts/`, and prints what changed.
//!
//! ```text
//! cargo run --example facts-import -- FILE…
//! ```
//!
//! A line is one record of one family of tags: `repository`, `tags` (or `tags_regex`), `sample_tag`, `kind`,
//! `distro`, `release`, `libc`, `bin_sh`, `package_manager`, `user`, `exposed`, `entrypoint`, `cmd`, `init`,
//! `healthcheck`, `has` {tool: flavour or true}, `lacks`, `from_chain`, `evidence`, `confidence`, `absence`,
//! `date`; or `repository` and `attested` alone; or `repository`, `present` {tool: flavour or true} and `evidence`: what
//! every version is known to hold, beside what is known of it already. Repositories that the evidence does not name keep
//! their facts.

// A command speaks on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::{env, fs, process};

use healthlint::facts::images::{self, Base, Family, Image, Setup, tool_and_flavour};
use healthlint::facts::published::published;
use healthlint::facts::tag::{Tag, Version};
use healthlint::facts::{Flavour, Holds, canonical};
use serde::Deserialize;
use serde_json::Value;

/// The month of evidence that does not say when it was gathered.
const DATE: &str = "2026-08";

#[derive(Clone, Debug, Deserialize)]
struct Record {
    repository: String,
    #[serde(default)]
    tags: Vec<String>,
    tags_regex: Option<String>,
    sample_tag: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    distro: String,
    release: Option<String>,
    libc: Option<String>,
    bin_sh: Option<bool>,
    package_manager: Option<String>,
    user: Option<String>,
    exposed: Option<Vec<String>>,
    entrypoint: Option<String>,
    cmd: Option<String>,
    init: Option<String>,
    healthcheck: Option<String>,
    #[serde(default)]
    confidence: String,
    #[serde(default)]
    absence: String,
    #[serde(default)]
    from_chain: Vec<String>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    has: BTreeMap<String, Value>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    attested: Vec<String>,
    #[serde(default)]
    present: BTreeMap<String, Value>,
    date: Option<String>,
}

/// One version at which a variant was seen, and what it held.
struct Point {
    version: Version,
    /// The most telling record wins a version that several speak of.
    rank: usize,
    family: Family,
}

fn main() {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: cargo run --example facts-import -- FILE…");
        process::exit(2);
    }
    if let Err(error) = import(&files) {
        eprintln!("error: {error}");
        process::exit(1);
    }
}

fn import(files: &[String]) -> Result<(), String> {
    let mut records = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        for (index, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let record: Record = serde_json::from_str(line)
                .map_err(|error| format!("{path}:{}: {error}", index + 1))?;
            records.push(record);
        }
    }
    let before = images::images()?;
    let tracked = tracked_tools(&records);
    let bases = merged_bases(&records, &tracked)?;
    let mut after = folded(&before);
    let mut by_repository: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in &records {
        by_repository
            .entry(canonical(&record.repository))
            .or_default()
            .push(record);
    }
    for (name, records) in by_repository {
        let old = after.remove(&name);
        let mut image = image_of(&name, &records, old.as_ref(), &bases, &tracked);
        for record in records {
            hold(&mut image, record);
        }
        after.insert(name, image);
    }
    after.retain(|_, image| !image.family.is_empty() || !image.attested.is_empty());
    let after: Vec<Image> = after.into_values().collect();
    report(&before, &after, &tracked);
    write("rules/facts/bases.toml", &bases_text(&bases, &tracked))?;
    write("rules/facts/images.toml", &images_text(&after))
}

/// The images by name; one whose name is another's by now, since a mirror became known, is taken into it.
fn folded(images: &[Image]) -> BTreeMap<String, Image> {
    let mut all: BTreeMap<String, Image> = BTreeMap::new();
    for image in images {
        let name = canonical(&image.name);
        let Some(known) = all.get_mut(&name) else {
            all.insert(
                name.clone(),
                Image {
                    name,
                    ..image.clone()
                },
            );
            continue;
        };
        known.attested.extend(image.attested.iter().cloned());
        known.attested.sort();
        known.attested.dedup();
        let more: Vec<Family> = (image.family.iter())
            .flat_map(|family| left_of(&with_shared(family, &image.shared), &known.family))
            .collect();
        let own = known.family.drain(..).collect::<Vec<_>>();
        let own = own.iter().map(|family| with_shared(family, &known.shared));
        let mut families: Vec<Family> = own.chain(more).collect();
        families.sort_by_key(|family| (family.variant.clone(), family.first()));
        known.shared = share(&mut families);
        known.family = families;
    }
    all
}

/// Puts what every version is known to hold into every family that does not say the contrary.
fn hold(image: &mut Image, record: &Record) {
    if record.present.is_empty() {
        return;
    }
    if image.family.is_empty() {
        image.family.push(Family {
            from: Some("latest".to_owned()),
            soft: Some("scripts of the build were not read".to_owned()),
            confidence: Some("partial".to_owned()),
            ..Family::default()
        });
    }
    for family in &mut image.family {
        let mut told = false;
        for (tool, make) in &record.present {
            if family.drops.contains(tool) {
                println!("kept: {} {} lacks `{tool}`", image.name, family.named());
            } else if !matches!(family.holds(tool), Holds::Yes(_)) {
                family.unknown.retain(|unknown| unknown != tool);
                family.adds.push(entry(tool, make));
                told = true;
            }
        }
        if told {
            family.adds.sort();
            family.witness.extend(record.evidence.iter().cloned());
            family.witness.sort();
            family.witness.dedup();
        }
    }
}

/// Every tool that the evidence looks for as a habit, with those of the facts; what few records name is named there.
fn tracked_tools(records: &[Record]) -> BTreeSet<String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for record in records {
        for tool in record.has.keys().chain(&record.lacks) {
            *counts.entry(tool).or_default() += 1;
        }
    }
    let most = counts.values().copied().max().unwrap_or_default();
    let habit = counts
        .into_iter()
        .filter(|(_, count)| count * 2 > most)
        .map(|(tool, _)| tool.clone());
    images::tracked().iter().cloned().chain(habit).collect()
}

// Bases.

/// The name of the base that a record is built on; None where it is not known.
fn base_name(record: &Record) -> Option<String> {
    let release = record.release.as_deref().unwrap_or_default();
    let chain = record.from_chain.last().map_or("", String::as_str);
    let own = format!(
        "{} {chain}",
        record.sample_tag.as_deref().unwrap_or_default()
    );
    Some(match record.distro.as_str() {
        "debian" => {
            let number = match release.split_whitespace().next()? {
                "bullseye" => "11",
                "bookworm" => "12",
                "trixie" => "13",
                other => other,
            };
            if release.contains("minideb") {
                return None;
            }
            let slim = own.contains("-slim");
            format!("debian:{number}{}", if slim { "-slim" } else { "" })
        }
        "ubuntu" => {
            let number = match release {
                "" | "latest" => return None,
                "bionic" => "18.04",
                "focal" => "20.04",
                "jammy" => "22.04",
                "noble" => "24.04",
                "resolute" => "26.04",
                other => other,
            };
            format!("ubuntu:{number}")
        }
        "alpine" => {
            let number = release.split_whitespace().next()?;
            number.contains('.').then(|| format!("alpine:{number}"))?
        }
        "busybox" => format!("busybox:{}", record.libc.as_deref().unwrap_or("glibc")),
        "distroless" => {
            let debug = record.has.contains_key("busybox");
            format!("distroless:{release}{}", if debug { "-debug" } else { "" })
        }
        "rpm" => match (release.split_once(' '), chain) {
            // Red Hat's tenth minimal image has its own packages; the evidence calls it by its elder's name.
            (_, chain) if chain.contains("ubi10-minimal") => "ubi10-minimal".to_owned(),
            (Some((distro, number)), _) => format!("{distro}:{number}"),
            (None, _) => release.to_owned(),
        },
        "scratch" => "scratch".to_owned(),
        _ => return None,
    })
}

fn merged_bases(
    records: &[Record],
    tracked: &BTreeSet<String>,
) -> Result<BTreeMap<String, Base>, String> {
    let mut groups: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records
        .iter()
        .filter(|record| record.confidence.starts_with("derived"))
    {
        if let Some(name) = base_name(record) {
            groups.entry(name).or_default().push(record);
        }
    }
    let mut bases: BTreeMap<String, Base> = images::bases()?
        .into_iter()
        .map(|base| (base.name.clone(), base))
        .collect();
    let own = |group: &[&Record]| group.iter().any(|record| record.from_chain.is_empty());
    // A release that few images stand on says little: what its nearest neighbour of the distribution holds, it holds.
    let told: BTreeMap<String, Vec<&Record>> = groups
        .iter()
        .filter(|(_, group)| own(group) || group.len() >= 5)
        .map(|(name, group)| (name.clone(), group.clone()))
        .collect();
    for (name, group) in groups {
        let (group, neighbour) = match told.get(&name) {
            Some(_) => (group, None),
            None => match nearest(&name, &told) {
                Some((near, records)) => (records, Some(near)),
                None => (group, None),
            },
        };
        // The base's own image says what it holds; without one, it holds what all that stand on it hold.
        let own: Vec<&Record> = group
            .iter()
            .filter(|record| record.from_chain.is_empty())
            .copied()
            .collect();
        if own.is_empty() && bases.contains_key(&name) {
            continue;
        }
        let speakers = if own.is_empty() { &group } else { &own };
        let Some(first) = speakers.first() else {
            continue;
        };
        let mut has = held_by_most(speakers);
        if own.is_empty() {
            // Every image on a base may be a Java image: that makes java no part of the base.
            has.retain(|tool, _| is_essential(&first.distro, tool));
        }
        let extra = beyond_tracked(first);
        let mut entries: BTreeSet<String> =
            has.iter().map(|(tool, make)| entry(tool, make)).collect();
        entries.extend(
            extra
                .iter()
                .filter(|tool| !tracked.contains(**tool))
                .map(|tool| (*tool).to_owned()),
        );
        let mut witness: BTreeSet<String> = first.evidence.first().cloned().into_iter().collect();
        if let Some(near) = neighbour {
            witness = BTreeSet::from([format!(
                "the essential packages of {near}, its nearest release"
            )]);
        } else if own.is_empty() {
            witness.insert(format!("what nearly all {} images on it hold", group.len()));
        }
        if !extra.is_empty() {
            witness.insert(beyond_witness(first).to_owned());
        }
        bases.insert(
            name.clone(),
            Base {
                distro: first.distro.clone(),
                release: release_of(&name),
                libc: first.libc.clone(),
                shell: Some(shell_of(first)),
                manager: first.package_manager.clone(),
                busybox: busybox_of(&name).map(str::to_owned),
                has: entries.into_iter().collect(),
                lacks: Vec::new(),
                witness: witness.into_iter().collect(),
                date: first.date.clone().unwrap_or_else(|| DATE.to_owned()),
                name,
            },
        );
    }
    Ok(bases)
}

/// The base of the same distribution that stands next to this one, and the records that tell of it.
fn nearest<'a>(
    name: &str,
    told: &BTreeMap<String, Vec<&'a Record>>,
) -> Option<(String, Vec<&'a Record>)> {
    let (distro, release) = name.split_once(':')?;
    let place = |release: &str| Version::parse(release);
    let wanted = place(release)?;
    let slim = release.ends_with("-slim");
    let of_kin = told.iter().filter(|(kin, _)| {
        kin.split_once(':').is_some_and(|(kin, release)| {
            kin == distro && release.ends_with("-slim") == slim && place(release).is_some()
        })
    });
    let release = |kin: &str| kin.split_once(':').and_then(|(_, release)| place(release));
    let mut sorted: Vec<_> = of_kin.collect();
    sorted.sort_by_key(|(kin, _)| release(kin));
    let above = sorted
        .iter()
        .find(|(kin, _)| release(kin).as_ref() > Some(&wanted));
    above
        .or(sorted.last())
        .map(|(kin, records)| ((*kin).clone(), (*records).clone()))
}

/// Whether a distribution itself brings the tool, and not the images on it.
fn is_essential(distro: &str, tool: &str) -> bool {
    const ALL: &str = "awk bash cat find getent grep sed sh test timeout xargs";
    const APPLETS: &str =
        "apk ash busybox httpd ip nc netstat nslookup pgrep pidof ping ps telnet wget";
    let more = match distro {
        "alpine" | "busybox" | "distroless" => APPLETS,
        "rpm" => "curl dnf microdnf",
        _ => "apt-get perl pidof",
    };
    ALL.split(' ')
        .chain(more.split(' '))
        .any(|name| name == tool)
}

/// What nearly all of these images hold, in the make that most of them have: a few replace an applet or purge a tool.
fn held_by_most(records: &[&Record]) -> BTreeMap<String, Value> {
    let mut makes: BTreeMap<&String, BTreeMap<String, (usize, &Value)>> = BTreeMap::new();
    for record in records {
        for (tool, make) in &record.has {
            makes
                .entry(tool)
                .or_default()
                .entry(make.to_string())
                .or_insert((0, make))
                .0 += 1;
        }
    }
    let most = |counts: &BTreeMap<String, (usize, &Value)>| {
        counts.values().map(|(count, _)| count).sum::<usize>() * 5 >= records.len() * 4
    };
    makes
        .into_iter()
        .filter(|(_, counts)| most(counts))
        .filter_map(|(tool, counts)| {
            let (_, make) = counts.into_values().max_by_key(|(count, _)| *count)?;
            Some((tool.clone(), make.clone()))
        })
        .collect()
}

fn release_of(name: &str) -> Option<String> {
    let (_, release) = name.split_once(':')?;
    Some(
        release
            .trim_end_matches("-slim")
            .trim_end_matches("-debug")
            .to_owned(),
    )
}

fn shell_of(record: &Record) -> String {
    let word = match (record.bin_sh, record.has.get("sh").and_then(Value::as_str)) {
        (Some(false), _) => "none",
        (Some(true), Some("busybox")) => "ash",
        (Some(true), Some(make)) => make,
        _ => "unknown",
    };
    word.to_owned()
}

/// BusyBox builds that were run (1.35 and later differ in nothing that the tools' facts tell apart).
fn busybox_of(base: &str) -> Option<&'static str> {
    Some(match base {
        "alpine:3.12" => "1.31.1",
        "alpine:3.14" => "1.33.1",
        "alpine:3.16" => "1.35.0",
        "alpine:3.18" | "alpine:3.20" => "1.36.1",
        "busybox:glibc" | "busybox:musl" | "busybox:uclibc" => "1.38.0",
        _ => return None,
    })
}

/// Commands beyond the tracked ones that a distribution's essential packages bring, or BusyBox links.
fn beyond_tracked(record: &Record) -> Vec<&'static str> {
    const COREUTILS: &str = "[ base64 chmod chown chroot cp cut date dd df dirname echo env expr false head id ln ls md5sum mkdir \
        mktemp mv nohup od printenv printf pwd rm rmdir seq sha256sum sleep sort stat sync tail tee touch tr true uname uniq wc whoami";
    const APPLETS: &str = "[ base64 basename chmod chown cp cut date dd df diff dirname du echo egrep env expr false fgrep free \
        head hostname id kill killall less ln ls md5sum mkdir mktemp mv nohup od pkill printenv printf pwd rm rmdir seq sha256sum \
        sleep sort ssl_client stat sync tail tar tee top touch tr true uname uniq uptime vi wc which whoami yes";
    let list = match record.distro.as_str() {
        "debian" | "ubuntu" => COREUTILS,
        "alpine" | "busybox" => APPLETS,
        _ => "",
    };
    list.split_whitespace().collect()
}

fn beyond_witness(record: &Record) -> &'static str {
    match record.distro.as_str() {
        "debian" | "ubuntu" => "coreutils is an essential package",
        _ => "busybox --list-full of Alpine 3.12 to 3.20 and of docker busybox 1.38",
    }
}

fn entry(tool: &str, make: &Value) -> String {
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

// Images.

fn image_of(
    name: &str,
    records: &[&Record],
    old: Option<&Image>,
    bases: &BTreeMap<String, Base>,
    tracked: &BTreeSet<String>,
) -> Image {
    let mut lines: BTreeMap<String, Vec<Point>> = BTreeMap::new();
    for record in records.iter().filter(|record| says_something(record)) {
        for (variant, version, rank) in places(record) {
            let family = family_of(record, bases, tracked);
            lines.entry(variant).or_default().push(Point {
                version,
                rank,
                family,
            });
        }
    }
    let mut families = Vec::new();
    for (variant, points) in lines {
        let seen = merged(points);
        families.extend(seen.into_iter().map(|family| Family {
            variant: (!variant.is_empty()).then(|| variant.clone()),
            ..family
        }));
    }
    let mut attested: BTreeSet<String> = records
        .iter()
        .flat_map(|record| record.attested.iter().cloned())
        .collect();
    let mut date = records
        .iter()
        .filter_map(|record| record.date.clone())
        .max()
        .unwrap_or_else(|| DATE.to_owned());
    if let Some(old) = old {
        attested.extend(old.attested.iter().cloned());
        date = date.max(old.date.clone());
        let kept: Vec<Family> = (old.family.iter())
            .flat_map(|family| left_of(&with_shared(family, &old.shared), &families))
            .collect();
        families.extend(kept);
    }
    families.sort_by_key(|family| (family.variant.clone(), family.first()));
    let shared = share(&mut families);
    Image {
        name: name.to_owned(),
        date,
        shared,
        attested: attested.into_iter().collect(),
        family: families,
    }
}

fn says_something(record: &Record) -> bool {
    !record.has.is_empty() || !record.lacks.is_empty() || setup_of(record) != Setup::default()
}

/// What is left of an old family where new ones speak of some of its versions: its ends were seen, and they stay.
fn left_of(old: &Family, new: &[Family]) -> Vec<Family> {
    let over: Vec<&Family> = (new.iter())
        .filter(|new| {
            old.variant == new.variant && old.first() <= new.last() && new.first() <= old.last()
        })
        .collect();
    if over.is_empty() {
        return vec![old.clone()];
    }
    let mut left = Vec::new();
    if over.iter().all(|new| old.first().newest() < new.first()) {
        let to = old
            .from
            .clone()
            .map(|from| from.trim_end_matches(".x").to_owned());
        left.push(Family { to, ..old.clone() });
    }
    if over.iter().all(|new| new.last() < old.last()) {
        let from = Some(old.last().to_string());
        left.push(Family {
            from,
            ..old.clone()
        });
    }
    left
}

/// The variants and versions that a record speaks of: a pattern speaks of the newest, a prefix of its first and
/// last version.
fn places(record: &Record) -> Vec<(String, Version, usize)> {
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

fn family_of(
    record: &Record,
    bases: &BTreeMap<String, Base>,
    tracked: &BTreeSet<String>,
) -> Family {
    let base = base_name(record).and_then(|name| bases.get(&name));
    let has: BTreeSet<String> = record
        .has
        .iter()
        .map(|(tool, make)| entry(tool, make))
        .collect();
    let in_base: BTreeSet<String> = base
        .map(|base| base.has.iter().cloned().collect())
        .unwrap_or_default();
    let base_holds = |tool: &str| {
        in_base
            .iter()
            .any(|entry| tool_and_flavour(entry).0 == tool)
    };
    let adds: Vec<String> = has.difference(&in_base).cloned().collect();
    let silent: BTreeSet<String> = tracked
        .iter()
        .filter(|tool| !record.has.contains_key(*tool) && !record.lacks.contains(tool))
        .cloned()
        .collect();
    let mut drops: Vec<String> = record
        .lacks
        .iter()
        .filter(|tool| base.is_none() || base_holds(tool) || !tracked.contains(*tool))
        .cloned()
        .collect();
    drops.sort();
    // Few gaps are named; where most is open, everything that is not named is.
    let unknown: Vec<String> = if base.is_none() {
        Vec::new()
    } else if silent.len() > 20 {
        drops.clone_from(&record.lacks);
        drops.sort();
        let open = silent.iter().filter(|tool| base_holds(tool)).cloned();
        ["*".to_owned()].into_iter().chain(open).collect()
    } else {
        silent.into_iter().collect()
    };
    let soft = match record.absence.as_str() {
        "firm" => None,
        text if text.starts_with("soft: RPM") => {
            Some("dependencies of RPM packages are not resolved".to_owned())
        }
        text if text.starts_with("soft: ") => {
            Some("dependencies of third-party packages are not resolved".to_owned())
        }
        text if text.starts_with("as stated") => None,
        _ => Some("scripts of the build were not read".to_owned()),
    };
    let shell = shell_of(record);
    let base_shell = base.and_then(|base| base.shell.clone());
    let base_witness = base.map(|base| base.witness.clone()).unwrap_or_default();
    let witness: Vec<String> = (record.evidence.iter())
        .filter(|text| record.evidence.len() == 1 || !base_witness.contains(text))
        .cloned()
        .collect();
    Family {
        base: base.map(|base| base.name.clone()),
        shell: (base_shell.as_deref() != Some(&shell) && shell != "unknown").then_some(shell),
        adds,
        drops,
        unknown,
        soft,
        setup: setup_of(record),
        confidence: match record.confidence.as_str() {
            "derived" => None,
            "derived-approx" => Some("nearest Dockerfile".to_owned()),
            other => Some(other.to_owned()),
        },
        witness,
        ..Family::default()
    }
}

fn setup_of(record: &Record) -> Setup {
    Setup {
        user: record.user.clone(),
        ports: record.exposed.clone(),
        entrypoint: record.entrypoint.as_deref().map(words_of),
        command: record.cmd.as_deref().map(words_of),
        init: record.init.as_deref().map(|init| {
            let init = if init.starts_with("gosu") {
                "command"
            } else {
                init
            };
            if init == "s6-overlay" {
                "s6-svscan"
            } else {
                init
            }
            .to_owned()
        }),
        check: record
            .healthcheck
            .clone()
            .or_else(|| has_no_check(record).then(|| "none".to_owned())),
    }
}

/// Bare distributions among the official images; none of them has a check.
const BARE: [&str; 11] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "archlinux",
    "busybox",
    "centos",
    "debian",
    "fedora",
    "oraclelinux",
    "rockylinux",
    "ubuntu",
];

/// Whether silence about a check means that there is none: the Dockerfiles of an official image, whose bases are
/// official too, were read from the first line to the last.
fn has_no_check(record: &Record) -> bool {
    let repository = canonical(&record.repository);
    let Some(name) = repository.strip_prefix("docker.io/library/") else {
        return false;
    };
    let read = matches!(record.confidence.as_str(), "derived" | "derived-approx")
        && record
            .evidence
            .iter()
            .any(|read| read.ends_with("Dockerfile"));
    read || BARE.contains(&name)
}

/// A JSON form as its words; a shell form as what the engine makes of it.
fn words_of(text: &str) -> Vec<String> {
    serde_json::from_str(text)
        .unwrap_or_else(|_| ["/bin/sh", "-c", text].map(str::to_owned).to_vec())
}

/// Points in version order, neighbours that hold the same as one family.
fn merged(mut points: Vec<Point>) -> Vec<Family> {
    points.sort_by(|one, other| (&one.version, other.rank).cmp(&(&other.version, one.rank)));
    points.dedup_by(|next, first| next.version == first.version);
    let mut families: Vec<Family> = Vec::new();
    for point in points {
        let version = point.version.to_string();
        match families.last_mut() {
            Some(last) if alike(last, &point.family) => {
                last.to = Some(version);
                last.confidence = last.confidence.take().or(point.family.confidence);
                last.witness.extend(point.family.witness);
            }
            _ => families.push(Family {
                from: Some(version.clone()),
                to: Some(version),
                ..point.family
            }),
        }
    }
    for family in &mut families {
        family.to = family.to.take().filter(|to| to != "latest");
        // `to` means the newest of its version anyway, and below a third number nothing moves.
        family.to = family
            .to
            .take()
            .map(|to| to.trim_end_matches(".x").to_owned());
        let fixed = |from: &str| from.matches('.').count() > 2;
        family.from = (family.from.take()).map(|from| {
            if fixed(&from) {
                from.trim_end_matches(".x").to_owned()
            } else {
                from
            }
        });
        let all: BTreeSet<String> = family.witness.drain(..).collect();
        // The newest witness is the one to look at; the sorted last is the newest version's in most cases.
        let skip = all.len().saturating_sub(2);
        family.witness = all.into_iter().skip(skip).collect();
    }
    families
}

fn alike(one: &Family, other: &Family) -> bool {
    let held = |family: &Family| {
        let Family {
            base,
            shell,
            adds,
            drops,
            unknown,
            soft,
            ..
        } = family.clone();
        (base, shell, adds, drops, unknown, soft)
    };
    held(one) == held(other) && one.setup == other.setup
}

fn with_shared(family: &Family, shared: &Setup) -> Family {
    let own = &family.setup;
    let setup = Setup {
        user: own.user.clone().or_else(|| shared.user.clone()),
        ports: own.ports.clone().or_else(|| shared.ports.clone()),
        entrypoint: own.entrypoint.clone().or_else(|| shared.entrypoint.clone()),
        command: own.command.clone().or_else(|| shared.command.clone()),
        init: own.init.clone().or_else(|| shared.init.clone()),
        check: own.check.clone().or_else(|| shared.check.clone()),
    };
    Family {
        setup,
        ..family.clone()
    }
}

/// Takes what all families that speak of a setting agree on up to the image.
fn share(families: &mut [Family]) -> Setup {
    fn common<T: Clone + PartialEq>(
        families: &mut [Family],
        of: fn(&mut Setup) -> &mut Option<T>,
    ) -> Option<T> {
        let first = families
            .first_mut()
            .and_then(|family| of(&mut family.setup).clone())?;
        let all = families
            .iter_mut()
            .all(|family| of(&mut family.setup).as_ref() == Some(&first));
        if !all {
            return None;
        }
        for family in families {
            *of(&mut family.setup) = None;
        }
        Some(first)
    }
    Setup {
        user: common(families, |setup| &mut setup.user),
        ports: common(families, |setup| &mut setup.ports),
        entrypoint: common(families, |setup| &mut setup.entrypoint),
        command: common(families, |setup| &mut setup.command),
        init: common(families, |setup| &mut setup.init),
        check: common(families, |setup| &mut setup.check),
    }
}

// What changed.

fn report(before: &[Image], after: &[Image], tracked: &BTreeSet<String>) {
    let old: BTreeMap<&str, &Image> = before
        .iter()
        .map(|image| (image.name.as_str(), image))
        .collect();
    let mut new_images = 0;
    for image in after {
        let Some(was) = old.get(image.name.as_str()) else {
            new_images += 1;
            continue;
        };
        for family in &image.family {
            let tag = tag_of(family);
            let look =
                |image: &Image| published(Arc::new(image.clone()), tag.clone(), Some(&tag), None);
            let (then, now) = (look(was), look(image));
            for tool in tracked {
                match (then.holds(tool).holds, now.holds(tool).holds) {
                    (Holds::Yes(_), Holds::No(_)) => {
                        println!("gone: {}:{tag} had `{tool}`", image.name);
                    }
                    (Holds::No(_), Holds::Yes(_)) => {
                        println!("new:  {}:{tag} has `{tool}` now", image.name);
                    }
                    _ => {}
                }
            }
        }
    }
    let families: usize = after.iter().map(|image| image.family.len()).sum();
    println!(
        "{} images ({new_images} new), {families} families",
        after.len()
    );
}

/// A tag that leads to the family: its newest version with its variant.
fn tag_of(family: &Family) -> String {
    let version = family.last().to_string();
    let version = version.strip_suffix(".x").unwrap_or(&version);
    family
        .words()
        .fold(version.to_owned(), |tag, word| format!("{tag}-{word}"))
}

// Canonical text.

fn bases_text(bases: &BTreeMap<String, Base>, tracked: &BTreeSet<String>) -> String {
    let mut out = String::from(
        "# Bare distributions: the layer below the images.\n\
         # Of the tracked tools a base has those that `has` names and no other; of every other tool nobody knows.\n",
    );
    line(&mut out, "tracked", &list(tracked));
    for base in bases.values() {
        out.push_str("\n[[base]]\n");
        line(&mut out, "name", &quoted(&base.name));
        line(&mut out, "distro", &quoted(&base.distro));
        optional(&mut out, "release", base.release.as_ref());
        optional(&mut out, "libc", base.libc.as_ref());
        optional(&mut out, "shell", base.shell.as_ref());
        optional(&mut out, "manager", base.manager.as_ref());
        optional(&mut out, "busybox", base.busybox.as_ref());
        array(&mut out, "has", &base.has);
        array(&mut out, "lacks", &base.lacks);
        array(&mut out, "witness", &base.witness);
        line(&mut out, "date", &quoted(&base.date));
    }
    out
}

fn images_text(images: &[Image]) -> String {
    let mut out = String::from(
        "# What published images hold, as families of tags and their differences to a base of bases.toml.\n\
         # Written by `cargo run --example facts-import`; the order is by name, variant and version.\n",
    );
    for image in images {
        out.push_str("\n[[image]]\n");
        line(&mut out, "name", &quoted(&image.name));
        line(&mut out, "date", &quoted(&image.date));
        setup_text(&mut out, &image.shared);
        array(&mut out, "attested", &image.attested);
        for family in &image.family {
            out.push_str("\n[[image.family]]\n");
            optional(&mut out, "variant", family.variant.as_ref());
            optional(&mut out, "from", family.from.as_ref());
            optional(&mut out, "to", family.to.as_ref());
            optional(&mut out, "base", family.base.as_ref());
            optional(&mut out, "shell", family.shell.as_ref());
            array(&mut out, "adds", &family.adds);
            array(&mut out, "drops", &family.drops);
            array(&mut out, "unknown", &family.unknown);
            optional(&mut out, "soft", family.soft.as_ref());
            setup_text(&mut out, &family.setup);
            optional(&mut out, "confidence", family.confidence.as_ref());
            array(&mut out, "witness", &family.witness);
        }
    }
    out
}

fn setup_text(out: &mut String, setup: &Setup) {
    optional(out, "user", setup.user.as_ref());
    for (key, value) in [
        ("ports", &setup.ports),
        ("entrypoint", &setup.entrypoint),
        ("command", &setup.command),
    ] {
        if let Some(value) = value {
            line(out, key, &list(value));
        }
    }
    optional(out, "init", setup.init.as_ref());
    optional(out, "check", setup.check.as_ref());
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn optional(out: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        line(out, key, &quoted(value));
    }
}

fn array(out: &mut String, key: &str, values: &[String]) {
    if !values.is_empty() {
        line(out, key, &list(values));
    }
}

fn list<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = values.into_iter().map(|value| quoted(value)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A TOML basic string; JSON spells it the same.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{path}: {error}"))
}
