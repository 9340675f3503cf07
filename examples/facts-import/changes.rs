//! What the evidence changes, each tool that is gone as a line of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use healthlint::facts::Holds;
use healthlint::facts::images::{Family, Image};
use healthlint::facts::published::published;

pub fn report(before: &[Image], after: &[Image], tracked: &BTreeSet<String>, out: &mut String) {
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
        if *was == image {
            continue;
        }
        // Facts live as long as the process, and this one ends when it has told what changed.
        let keep = |image: &Image| -> &'static Image { Box::leak(Box::new(image.clone())) };
        let (was, is) = (keep(was), keep(image));
        for family in &image.family {
            let tag = tag_of(family);
            let look = |image| published(image, tag.clone(), Some(&tag), None);
            let (then, now) = (look(was), look(is));
            for tool in tracked {
                match (then.verdict(tool), now.verdict(tool)) {
                    (Holds::Yes(_), Holds::No(_)) => {
                        let _ = writeln!(out, "gone: {}:{tag} had `{tool}`", image.name);
                    }
                    (Holds::No(_), Holds::Yes(_)) => {
                        let _ = writeln!(out, "new:  {}:{tag} has `{tool}` now", image.name);
                    }
                    _ => {}
                }
            }
        }
    }
    let families: usize = after.iter().map(|image| image.family.len()).sum();
    let _ = writeln!(
        out,
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
