//! What comes with Debian's packages, asked of this machine's own apt: the facts may not know it, but must not deny it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use healthlint::check::{Options, Unit, inspect};
use healthlint::facts::images::{tool_and_flavour, tracked};
use healthlint::facts::{Holds, packages};
use healthlint::fix::Texts;

/// What one package pulls in: for each of its needs the packages that can meet it, the first before the others.
#[derive(Default)]
struct Needs {
    depends: Vec<Vec<String>>,
    recommends: Vec<Vec<String>>,
}

/// Every package that apt can install here, and who else goes by a name.
#[derive(Default)]
struct Available {
    packages: BTreeMap<String, Needs>,
    provided: BTreeMap<String, BTreeSet<String>>,
}

impl Available {
    fn read() -> Self {
        let mut found = Self::default();
        let output = Command::new("apt-cache").arg("dumpavail").output();
        let text = output.map_or_else(
            |_| String::new(),
            |output| String::from_utf8_lossy(&output.stdout).into_owned(),
        );
        for paragraph in text.split("\n\n") {
            let field = |name: &str| {
                let line = |line: &'_ str| {
                    line.strip_prefix(name)?
                        .strip_prefix(": ")
                        .map(str::to_owned)
                };
                paragraph.lines().find_map(line).unwrap_or_default()
            };
            let name = field("Package");
            for other in list(&field("Provides")).into_iter().flatten() {
                found
                    .provided
                    .entry(other)
                    .or_default()
                    .insert(name.clone());
            }
            let mut depends = list(&field("Depends"));
            depends.extend(list(&field("Pre-Depends")));
            let recommends = list(&field("Recommends"));
            let needs = Needs {
                depends,
                recommends,
            };
            found.packages.entry(name).or_insert(needs);
        }
        found
    }

    /// The package and everything that apt installs with it.
    fn with(&self, name: &str, recommends: bool) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            let Some(needs) = self.packages.get(&name) else {
                continue;
            };
            if !all.insert(name) {
                continue;
            }
            let more = needs.recommends.iter().filter(|_| recommends);
            for one in needs.depends.iter().chain(more) {
                let real = |name: &String| {
                    let provider = || self.provided.get(name)?.first();
                    let own = self.packages.contains_key(name).then_some(name);
                    own.or_else(provider).cloned()
                };
                open.extend(one.iter().find_map(real));
            }
        }
        all
    }
}

/// `a (>= 1) | b:any, c` without versions and architectures.
fn list(text: &str) -> Vec<Vec<String>> {
    let name = |text: &str| {
        let name = text.trim().split([' ', ':', '(']).next();
        name.unwrap_or_default().to_owned()
    };
    let one = |text: &str| text.split('|').map(name).collect();
    text.split(',')
        .filter(|text| !text.trim().is_empty())
        .map(one)
        .collect()
}

#[test]
fn what_comes_with_debians_packages_is_not_denied() {
    let release = crate::machine::system("VERSION_ID");
    if !crate::machine::is_debian() {
        return;
    }
    let available = Available::read();
    if available.packages.len() < 10_000 {
        println!("skipped: apt knows of no packages here, `apt-get update` was not run");
        return;
    }
    let packages = packages::packages().unwrap();
    let brings = |name: &str| -> Vec<&str> {
        let name = format!("apt/{name}");
        let row = packages.iter().find(|row| row.name == name);
        let brings = row.into_iter().flat_map(|row| &row.brings);
        brings.map(|entry| tool_and_flavour(entry).0).collect()
    };
    let mut seen = 0;
    let mut denied = BTreeSet::new();
    for row in &packages {
        let Some(name) = row
            .name
            .strip_prefix("apt/")
            .filter(|name| available.packages.contains_key(*name))
        else {
            continue;
        };
        seen += 1;
        for (option, recommends) in [("--no-install-recommends ", false), ("", true)] {
            let mut tools = BTreeSet::new();
            for other in available.with(name, recommends) {
                let tracked = |tool: &&str| tracked().iter().any(|name| name == tool);
                tools.extend(brings(&other).into_iter().filter(tracked));
            }
            let text = format!(
                "FROM debian:{release}-slim\nRUN apt-get install -y {option}{name}\nHEALTHCHECK CMD true\n"
            );
            for tool in absent(&text, &tools) {
                denied.insert(format!("apt-get install {option}{name}: `{tool}`"));
            }
        }
    }
    println!("{seen} packages of the facts can be installed here");
    assert!(seen > 100, "{seen} packages are too few to prove anything");
    assert!(denied.is_empty(), "{denied:#?}");
}

/// Which of these tools the image that the Dockerfile makes is said to lack.
fn absent<'a>(dockerfile: &str, tools: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let unit = Unit::Dockerfile("Dockerfile".to_owned());
    let files: Texts = [("Dockerfile".to_owned(), dockerfile.into())].into();
    inspect(&unit, &files, &Options::default(), |context, _| {
        let inventory = &context.watched[0].inventory;
        let lacks = |tool: &&&str| matches!(inventory.has(tool).holds, Holds::No(_));
        tools.iter().filter(lacks).copied().collect()
    })
    .made
}
