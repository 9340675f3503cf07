//! What the facts promise: canonical form, a witness on every row, and nothing that the evidence contradicts.

// A skipped test says why.
#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use healthlint::check::{Options, Unit, check, inspect};
use healthlint::facts::images::{self, tool_and_flavour};
use healthlint::facts::tag::SUITES;
use healthlint::facts::{
    Holds, Shell, canonical, filled, inventory_of_image, mirrors, packages, recipes,
};
use healthlint::fix::Texts;
use healthlint::report::{Report, concise};
use healthlint::text::apply;

fn sorted<T: Ord>(values: &[T]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

/// The rows of a table and of the tables in it: those that say by whom and when it was seen speak for what they hold.
fn rows<'a>(name: &str, table: &'a toml::Table, found: &mut Vec<(String, &'a toml::Table)>) {
    for (key, value) in table {
        let entries = value.as_array().into_iter().flatten();
        for (index, entry) in entries.filter_map(toml::Value::as_table).enumerate() {
            let own = entry.get("name").and_then(toml::Value::as_str);
            let own = own.map_or_else(|| index.to_string(), str::to_owned);
            found.push((format!("{name}: {key} {own}"), entry));
        }
    }
}

/// The texts of a list.
fn texts(row: &toml::Table, key: &str) -> Vec<String> {
    let list = row.get(key).and_then(toml::Value::as_array);
    let text = |value: &toml::Value| value.as_str().map(str::to_owned);
    list.into_iter().flatten().filter_map(text).collect()
}

#[test]
fn every_row_of_every_file_says_who_saw_it_and_when() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/facts");
    let mut silent = Vec::new();
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let file: toml::Table = text.parse().unwrap();
        let mut all = Vec::new();
        rows(&name, &file, &mut all);
        if all.is_empty() {
            // A file without rows is one row.
            all.push((name.clone(), &file));
        }
        let names: BTreeSet<&str> = (all.iter())
            .filter_map(|(_, row)| row.get("name")?.as_str())
            .map(|name| name.rsplit('/').next().unwrap_or(name))
            .collect();
        for (place, row) in &all {
            seen += 1;
            let date = row.get("date").and_then(toml::Value::as_str);
            if !date.is_some_and(is_month) {
                silent.push(format!("{place}: no date"));
            }
            let mut families = Vec::new();
            rows(place, row, &mut families);
            families.retain(|(place, _)| place.contains(": family "));
            let mut witnesses: Vec<(&String, Vec<String>)> = families
                .iter()
                .map(|(place, family)| (place, texts(family, "witness")))
                .collect();
            // For what published health checks run, the head of the file says who saw it.
            if families.is_empty() && texts(row, "attested").is_empty() {
                witnesses.push((place, texts(row, "witness")));
            }
            for (place, witness) in witnesses {
                if witness.is_empty() || witness.iter().any(|text| text.trim().len() < 5) {
                    silent.push(format!("{place}: no witness"));
                }
                let other = |text: &String| {
                    let other = text.strip_prefix("as ")?.to_owned();
                    (!other.contains([' ', '/']) && !names.contains(&*other)).then_some(other)
                };
                if let Some(other) = witness.iter().find_map(other) {
                    silent.push(format!(
                        "{place}: as `{other}`, of which nobody says anything"
                    ));
                }
            }
        }
    }
    assert!(seen > 1_900, "{seen} rows were read");
    assert!(silent.is_empty(), "{silent:#?}");
}

/// A year and a month, and none that is still to come when this is written.
fn is_month(text: &str) -> bool {
    let parts = text.split_once('-');
    let parts = parts.and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    text.len() == 7
        && parts.is_some_and(|(year, month): (u32, u32)| year >= 2025 && (1..=12).contains(&month))
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

/// What is known of a tag that says which distribution it is was read in an image of that one and no other.
#[test]
fn a_tag_that_names_its_distribution_stands_on_it() {
    let wanted = |word: &str| {
        let suite = SUITES.iter().find(|(suite, _)| *suite == word);
        let distro = ["alpine", "debian", "ubuntu", "almalinux"];
        let named = distro.iter().find_map(|distro| {
            let release = word.strip_prefix(distro)?;
            let number = |one: char| one.is_ascii_digit() || one == '.';
            release
                .chars()
                .all(number)
                .then(|| format!("{distro}:{release}"))
        });
        suite.map(|(_, base)| (*base).to_owned()).or(named)
    };
    let mut wrong = Vec::new();
    for image in images::images().unwrap() {
        for family in &image.family {
            // Some are assembled from packages of a distribution and hold none of the rest of it.
            let base = family.base.as_deref().unwrap_or("scratch");
            if ["scratch", "distroless", "busybox"]
                .iter()
                .any(|bare| base.starts_with(bare))
            {
                continue;
            }
            let stands = |wanted: &String| !base.starts_with(wanted.as_str());
            if let Some(wanted) = family.words().filter_map(wanted).find(stands) {
                wrong.push(format!(
                    "{} {}: {base}, not {wanted}",
                    image.name,
                    family.named()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_mirror_is_in_order_and_leads_to_one_name() {
    let mirrors = mirrors::mirrors().unwrap();
    assert!(mirrors.len() > 20, "{} mirrors", mirrors.len());
    let names: Vec<&String> = mirrors.iter().map(|mirror| &mirror.name).collect();
    assert!(sorted(&names));
    for mirror in mirrors {
        let name = &mirror.name;
        assert!(
            !mirror.witness.is_empty() && !mirror.date.is_empty(),
            "{name}"
        );
        let below = |other: &&&String| other.starts_with(&format!("{name}/"));
        assert_eq!(names.iter().find(below), None, "{name} hides another");
        for rest in ["/library/postgres", "/team/app", "/app", ""] {
            let full = canonical(&format!("{name}{rest}"));
            assert_eq!(canonical(&full), full, "{name}{rest}");
        }
    }
    for image in images::images().unwrap() {
        assert_eq!(canonical(&image.name), image.name, "nobody finds it");
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

/// Tags of an image: the newest, and the first and the last that each of its families was seen at.
fn tags_of(name: &str) -> BTreeSet<String> {
    let mut tags = BTreeSet::from(["latest".to_owned()]);
    for family in images::image(name)
        .into_iter()
        .flat_map(|image| &image.family)
    {
        let ends = [family.from.as_deref(), family.to.as_deref()];
        for end in ends.into_iter().flatten() {
            let words = std::iter::once(end.trim_end_matches(".x")).chain(family.words());
            tags.insert(words.collect::<Vec<_>>().join("-"));
        }
    }
    tags
}

/// A recommended probe must not need a tool that the image is known to lack, whichever of its tags it is.
#[test]
fn no_recipe_needs_what_its_image_lacks() {
    let mut wrong = BTreeSet::new();
    let mut seen = 0;
    let names: BTreeSet<&String> = recipes::recipes()
        .flat_map(|recipe| &recipe.images)
        .collect();
    for name in names {
        for tag in tags_of(name) {
            let inventory = inventory_of_image(name, Some(&tag), None);
            let Some(recipe) = inventory.recipe else {
                continue;
            };
            seen += 1;
            if filled(&inventory, None, None).is_none() {
                continue;
            }
            let way = recipe.way(|_| false);
            if let Some(program) = way
                .program()
                .filter(|program| inventory.has(program).is_no())
            {
                wrong.insert(format!("{}: {name}:{tag} has no `{program}`", recipe.name));
            }
            if way.test.first().is_some_and(|first| first == "CMD-SHELL")
                && inventory.shell() == Shell::None
            {
                wrong.insert(format!("{}: {name}:{tag} has no shell", recipe.name));
            }
        }
    }
    assert!(seen > 400, "{seen} tags were looked at");
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

/// What a service has to say so that the way `needs` and `when` are met.
fn service_that_says(image: &str, when: Option<&str>, needs: &[String]) -> String {
    let mut text = format!("services:\n  it:\n    image: {image}\n");
    let mut environment = BTreeSet::new();
    for said in needs
        .iter()
        .map(|need| need.split('|').next().unwrap())
        .chain(when)
    {
        match (said.strip_prefix("command:"), said.split_once('=')) {
            (Some(word), _) => {
                let _ = writeln!(text, "    command: server --{word} secret");
            }
            (None, Some((name, value))) => {
                environment.insert(format!("      {name}: '{value}'\n"));
            }
            (None, None) => {
                environment.insert(format!("      {said}: something\n"));
            }
        }
    }
    if !environment.is_empty() {
        text.push_str("    environment:\n");
        text.extend(environment);
    }
    text
}

/// Whoever takes our advice must not be scolded for it by our own rules.
#[test]
fn every_recipe_passes_our_own_rules_on_its_own_image() {
    let mut said = String::new();
    let mut seen = 0;
    for recipe in recipes::recipes().filter(|recipe| !recipe.test.is_empty()) {
        let ways = std::iter::once((None, &recipe.needs)).chain(
            recipe
                .instead
                .iter()
                .map(|other| (Some(other.when.as_str()), &other.needs)),
        );
        for (when, needs) in ways {
            for image in &recipe.images {
                let own = |tag: &String| {
                    let inventory = inventory_of_image(image, Some(tag), None);
                    let is_own = inventory.recipe.is_some_and(|own| own.name == recipe.name);
                    is_own && filled(&inventory, None, None).is_some()
                };
                for tag in tags_of(image).into_iter().filter(own) {
                    seen += 1;
                    let text = service_that_says(&format!("{image}:{tag}"), when, needs);
                    let (now, checked) = with_recipe(&text);
                    if !checked.is_empty() {
                        let _ = writeln!(said, "{}\n{now}{checked}", recipe.name);
                    }
                }
            }
        }
    }
    println!("{seen} images were given their recipe");
    assert!(said.is_empty(), "{said}");
    assert!(seen > 400, "{seen} images are too few");
}

/// The file with the recipe for its service `it`, and what healthlint says about it.
fn with_recipe(text: &str) -> (String, String) {
    let unit = Unit::Compose(vec!["compose.yaml".to_owned()]);
    let files: Texts = [("compose.yaml".to_owned(), text.into())].into();
    let options = Options::default();
    let edits = inspect(&unit, &files, &options, |context, _| {
        let service = &context.project.services[0];
        context.recipe(service).map(|offer| {
            assert!(offer.needs.is_empty(), "{text}\n{:?}", offer.needs);
            vec![offer.edit]
        })
    });
    let Some(edits) = edits.made else {
        return (text.to_owned(), "no recipe".to_owned());
    };
    let now = apply(text, &edits);
    let files: Texts = [("compose.yaml".to_owned(), now.as_str().into())].into();
    let checked = check(&[unit], &files, &options);
    assert_eq!(checked.probes, 1, "{now}");
    let lines = concise::render(&Report {
        sources: &checked.sources,
        findings: &checked.findings,
        faults: &checked.faults,
        rules: &[],
        files: 1,
        probes: 1,
    });
    (now, lines)
}

/// What stands behind `test: ` once the recipe is added.
fn offered(text: &str) -> String {
    let (now, _) = with_recipe(text);
    let line = now
        .lines()
        .find_map(|line| line.trim().strip_prefix("test: "));
    line.unwrap_or_default().to_owned()
}

#[test]
fn a_recipe_is_filled_in_from_the_environment_of_its_service() {
    let service =
        |image: &str, rest: &str| offered(&format!("services:\n  it:\n    image: {image}\n{rest}"));
    assert_eq!(
        service("postgres:17", ""),
        r#"["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres"]"#
    );
    assert_eq!(
        service(
            "postgres:17",
            "    environment: {POSTGRES_USER: app, POSTGRES_DB: '${DB}'}\n"
        ),
        r#"["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "app", "-d", "${DB}"]"#
    );
    assert_eq!(
        service("n8nio/n8n", ""),
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5678/healthz"]"#
    );
    // The value stands in the file, as its author wrote it.
    assert_eq!(
        service("n8nio/n8n", "    environment: ['N8N_PORT=${PORT:-80}']\n"),
        r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:${PORT:-80}/healthz"]"#
    );
    // Nobody here knows what an env file says: the shell asks for it there.
    assert_eq!(
        service("n8nio/n8n", "    env_file: n8n.env\n"),
        r#"["CMD-SHELL", "wget -q -O /dev/null \"http://127.0.0.1:$${N8N_PORT:-5678}/healthz\""]"#
    );
    assert_eq!(
        service(
            "redis:7",
            "    command: redis-server --requirepass x\n    environment: {REDISCLI_AUTH: x}\n"
        ),
        r#"["CMD-SHELL", "redis-cli ping | grep -q PONG"]"#
    );
    // The client gives up before the engine does, whatever limit stands there.
    let missing = |timeout: &str| {
        let text = format!(
            "services:\n  it:\n    image: influxdb:1.8\n    healthcheck:\n      test: [CMD, nc, -z, localhost, '8086']\n      timeout: {timeout}\n"
        );
        let files: Texts = [("compose.yaml".to_owned(), text.as_str().into())].into();
        let unit = Unit::Compose(vec!["compose.yaml".to_owned()]);
        let edit = inspect(&unit, &files, &Options::default(), |context, _| {
            context.watched[0].recipe().unwrap().edit
        });
        apply(&text, &[edit.made])
            .lines()
            .nth(4)
            .unwrap()
            .to_owned()
    };
    assert!(
        missing("3s").contains(r#""-m", "2", "http"#),
        "{}",
        missing("3s")
    );
    assert!(
        missing("1s").contains(r#""-fsS", "http"#),
        "{}",
        missing("1s")
    );
    assert!(
        service(
            "mysql:8.4",
            "    environment: {MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root}\n"
        )
        .contains("$$MYSQL_ROOT_PASSWORD_FILE")
    );
}
