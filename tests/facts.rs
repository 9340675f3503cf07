//! What the facts promise: canonical form, a witness on every row, and nothing that the evidence contradicts.

// A skipped test says why.
#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use healthlint::facts::images::{self, tool_and_flavour};
use healthlint::facts::{Holds, Shell, inventory_of_image, packages, recipes};

fn sorted<T: Ord>(values: &[T]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

#[test]
fn every_base_is_in_order_and_has_its_witness() {
    let bases = images::bases().unwrap();
    assert!(bases.len() > 20, "{} bases", bases.len());
    assert!(sorted(
        &bases.iter().map(|base| &base.name).collect::<Vec<_>>()
    ));
    assert!(sorted(images::tracked()));
    for base in bases {
        assert!(
            !base.witness.is_empty() && !base.date.is_empty(),
            "{}",
            base.name
        );
        assert!(sorted(&base.has) && sorted(&base.lacks), "{}", base.name);
        let both = base
            .has
            .iter()
            .map(|entry| tool_and_flavour(entry).0)
            .find(|tool| base.lacks.iter().any(|lack| lack == tool));
        assert_eq!(both, None, "{}", base.name);
    }
}

#[test]
fn every_image_is_in_order_and_has_its_witness() {
    let images = images::images().unwrap();
    assert!(images.len() >= 350, "{} images", images.len());
    assert!(sorted(
        &images.iter().map(|image| &image.name).collect::<Vec<_>>()
    ));
    for image in images {
        let name = &image.name;
        assert!(!image.date.is_empty(), "{name}");
        assert!(sorted(&image.attested), "{name}");
        assert!(
            !image.family.is_empty() || !image.attested.is_empty(),
            "{name} says nothing"
        );
        let place = |family: &images::Family| (family.variant.clone(), family.first());
        assert!(
            sorted(&image.family.iter().map(place).collect::<Vec<_>>()),
            "{name}"
        );
        for pair in image.family.windows(2) {
            let apart = pair[0].variant != pair[1].variant || pair[0].last() < pair[1].first();
            assert!(
                apart,
                "{name}: {} and {} overlap",
                pair[0].named(),
                pair[1].named()
            );
        }
        for family in &image.family {
            let place = format!("{name} {}", family.named());
            assert!(family.first() <= family.last(), "{place}");
            assert!(!family.witness.is_empty(), "{place}");
            assert!(
                family
                    .base
                    .as_deref()
                    .is_none_or(|base| images::base(base).is_some()),
                "{place}"
            );
            assert!(
                sorted(&family.adds) && sorted(&family.drops) && sorted(&family.unknown),
                "{place}"
            );
            let added: BTreeSet<&str> = family
                .adds
                .iter()
                .map(|entry| tool_and_flavour(entry).0)
                .collect();
            assert_eq!(added.len(), family.adds.len(), "{place}");
            let both = family
                .drops
                .iter()
                .chain(&family.unknown)
                .find(|tool| added.contains(tool.as_str()));
            assert_eq!(both, None, "{place}");
            assert!(
                !family
                    .drops
                    .iter()
                    .any(|tool| family.unknown.contains(tool)),
                "{place}"
            );
        }
    }
}

/// Rows of images and tools whose truth was found out by other means than the facts.
#[test]
fn nothing_in_the_facts_is_known_to_be_wrong() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/images/truth.tsv");
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: no truth.tsv beside this checkout");
        return;
    };
    let (mut right, mut unknown, mut wrong) = (0, Vec::new(), Vec::new());
    for row in text.lines().skip(1) {
        let mut cells = row.split('\t');
        let (Some(image), Some(tool), Some(present)) = (cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let (name, tag) = match image.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (image, None),
        };
        let tool = tool.split(' ').next().unwrap_or(tool);
        let inventory = inventory_of_image(name, tag, None);
        match (inventory.has(tool).holds, present) {
            (Holds::Yes(_), "yes") | (Holds::No(_), "no") => right += 1,
            (Holds::Unknown, _) => unknown.push(format!("{image} {tool}")),
            _ => wrong.push(row.to_owned()),
        }
    }
    let all = right + unknown.len() + wrong.len();
    println!("{right} of {all} right; unknown: {unknown:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        right * 100 >= all * 95,
        "only {right} of {all} answered; unknown: {unknown:#?}"
    );
}

#[test]
fn the_breakages_that_users_hit_are_known() {
    let has =
        |image: &str, tag: &str, tool: &str| inventory_of_image(image, Some(tag), None).has(tool);
    assert!(has("grafana/loki", "3.1.0", "wget").is_yes());
    assert!(has("grafana/loki", "latest", "wget").is_no());
    assert!(has("mariadb", "10.6", "mysqladmin").is_yes());
    let gone = has("mariadb", "11.4", "mysqladmin");
    assert!(gone.is_no());
    assert!(
        gone.why
            .iter()
            .any(|reason| reason.text.contains("still had `mysqladmin`")),
        "{:?}",
        gone.why
    );
    assert!(has("mysql", "8.4", "curl").is_yes());
    assert!(has("nginx", "1-alpine-slim", "curl").is_no());
    assert_eq!(inventory_of_image("nats", None, None).shell(), Shell::None);
    assert_eq!(
        inventory_of_image("mysql", Some("8.4"), None).shell(),
        Shell::Bash
    );
    assert_eq!(
        inventory_of_image("gcr.io/distroless/static", Some("debug"), None).shell(),
        Shell::None
    );
}

#[test]
fn every_package_and_recipe_is_in_order_and_has_its_witness() {
    let packages = packages::packages().unwrap();
    assert!(packages.len() > 400, "{} packages", packages.len());
    assert!(sorted(
        &packages
            .iter()
            .map(|package| &package.name)
            .collect::<Vec<_>>()
    ));
    for package in packages {
        assert!(
            !package.witness.is_empty() && sorted(&package.brings),
            "{}",
            package.name
        );
    }
    let recipes: Vec<_> = recipes::recipes().collect();
    assert!(recipes.len() > 100, "{} recipes", recipes.len());
    assert!(sorted(
        &recipes
            .iter()
            .map(|recipe| &recipe.name)
            .collect::<Vec<_>>()
    ));
    for recipe in recipes {
        assert!(
            !recipe.witness.is_empty() && sorted(&recipe.images),
            "{}",
            recipe.name
        );
        let head = recipe.test.first().map(String::as_str);
        assert!(
            matches!(head, None | Some("CMD" | "CMD-SHELL")),
            "{}",
            recipe.name
        );
    }
}

/// A recommended probe must not need a tool that the image is known to lack.
#[test]
fn no_recipe_needs_what_its_image_lacks() {
    let mut wrong = Vec::new();
    for recipe in recipes::recipes() {
        for image in &recipe.images {
            let variant = recipe
                .variant
                .as_ref()
                .map(|variant| format!("-{variant}"))
                .unwrap_or_default();
            let tag = recipe
                .to
                .as_ref()
                .map_or_else(|| format!("latest{variant}"), |to| format!("{to}{variant}"));
            let inventory = inventory_of_image(image, Some(&tag), None);
            let program = match recipe.test.first().map(String::as_str) {
                Some("CMD") => recipe.test.get(1).cloned(),
                Some("CMD-SHELL") => {
                    if inventory.shell() == Shell::None {
                        wrong.push(format!("{image}:{tag} has no shell"));
                    }
                    let script = recipe.test.get(1).map(String::as_str).unwrap_or_default();
                    script
                        .split(' ')
                        .find(|word| !word.contains('='))
                        .map(str::to_owned)
                }
                _ => None,
            };
            if let Some(program) = program
                && inventory.has(&program).is_no()
            {
                wrong.push(format!("{image}:{tag} has no `{program}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_release_of_a_distribution_has_its_essentials() {
    for base in images::bases().unwrap() {
        let essential: &[&str] = match base.distro.as_str() {
            "alpine" | "busybox" => &[
                "sh", "wget", "nc", "grep", "awk", "sed", "find", "timeout", "ps", "pgrep",
                "pidof", "ping", "xargs",
            ],
            "debian" | "ubuntu" => &[
                "sh", "bash", "grep", "awk", "sed", "find", "timeout", "perl", "getent", "xargs",
            ],
            "rpm" => &["sh", "bash", "cat", "test", "timeout"],
            _ => &[],
        };
        for tool in essential {
            assert!(
                matches!(base.holds(tool), Holds::Yes(_)),
                "{} has no `{tool}`",
                base.name
            );
        }
        for tool in ["curl", "jq", "nginx", "node"] {
            assert!(
                base.distro == "rpm" || matches!(base.holds(tool), Holds::No(_)),
                "{} has `{tool}`",
                base.name
            );
        }
    }
}
