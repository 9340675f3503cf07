//! Bare distributions, from the records of those that stand on them.

use std::collections::{BTreeMap, BTreeSet};

use healthlint::facts::images::{self, Base};
use healthlint::facts::tag::{SUITES, Version};
use serde_json::Value;

use super::record::{DATE, Record, entry};

/// The word of the record's own tag that names another distribution, or another release of it, than the record speaks of:
/// such a record was read in the Dockerfile of another image.
pub fn contradiction(record: &Record) -> Option<String> {
    let base = base_name(record)?;
    if ["scratch", "distroless", "busybox"]
        .iter()
        .any(|bare| base.starts_with(bare))
    {
        return None;
    }
    let stands_elsewhere = |word: &&str| {
        let suite = SUITES.iter().find(|(suite, _)| suite == word);
        let named = ["alpine", "debian", "ubuntu", "almalinux"]
            .iter()
            .find_map(|distro| {
                let release = word.strip_prefix(distro)?;
                let is_number = release
                    .chars()
                    .all(|one| one.is_ascii_digit() || one == '.');
                is_number.then(|| format!("{distro}:{release}"))
            });
        let wanted = suite.map(|(_, base)| (*base).to_owned()).or(named);
        wanted.is_some_and(|wanted| !base.starts_with(&wanted))
    };
    let mut words = record.sample_tag.as_deref()?.split('-');
    let word = words.find(stands_elsewhere)?;
    Some(format!("the tag says {word}, and it speaks of {base}"))
}

/// The name of the base that a record is built on; None where it is not known.
pub fn base_name(record: &Record) -> Option<String> {
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

pub fn merged_bases(
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
        .map(|base| (base.name.clone(), base.clone()))
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
        // The distribution itself speaks before those that only come near to it.
        let itself = |record: &&&Record| {
            record
                .repository
                .ends_with(&format!("library/{}", record.distro))
        };
        let Some(first) = speakers.iter().find(itself).or(speakers.first()) else {
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

pub fn shell_of(record: &Record) -> String {
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
