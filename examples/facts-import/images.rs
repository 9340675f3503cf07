//! The images, from what was known of them and what the records say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use healthlint::facts::images::{Base, Family, Image, Setup};
use healthlint::facts::{Holds, canonical};

use super::families::{Point, family_of, merged, setup_of, share, with_shared};
use super::places::places;
use super::record::{DATE, Record, entry};

/// The images by name; one whose name is another's by now, since a mirror became known, is taken into it.
pub fn folded(images: &[Image]) -> (BTreeMap<String, Image>, String) {
    let mut changes = String::new();
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
        let _ = writeln!(changes, "same: {} is {name}", image.name);
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
    (all, changes)
}

/// Puts what every version is known to hold into every family that does not say the contrary.
pub fn hold(image: &mut Image, record: &Record, changes: &mut String) {
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
                let _ = writeln!(
                    changes,
                    "kept: {} {} lacks `{tool}`",
                    image.name,
                    family.named()
                );
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

pub fn image_of(
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
