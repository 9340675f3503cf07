//! Families of tags: what one record says, neighbours that hold the same as one, and what they all share.

use std::collections::{BTreeMap, BTreeSet};

use healthlint::facts::canonical;
use healthlint::facts::images::{Base, Family, Setup, tool_and_flavour};
use healthlint::facts::tag::Version;

use super::bases::{base_name, shell_of};
use super::record::{Record, entry};

/// One version at which a variant was seen, and what it held.
pub struct Point {
    pub version: Version,
    /// The most telling record wins a version that several speak of.
    pub rank: usize,
    pub family: Family,
}

pub fn family_of(
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

pub fn setup_of(record: &Record) -> Setup {
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
pub fn merged(mut points: Vec<Point>) -> Vec<Family> {
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

pub fn with_shared(family: &Family, shared: &Setup) -> Family {
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
pub fn share(families: &mut [Family]) -> Setup {
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
