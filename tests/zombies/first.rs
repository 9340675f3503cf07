//! Every program of `rules/facts/programs.toml` as PID 1 of a namespace, with orphans that die: the list of those that
//! wait for orphans is measured, not believed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use healthlint::facts::programs;
use serde::Deserialize;

use super::namespace::{Namespace, until};
use super::{namespaces, owned};
use crate::local::{Folder, installed, port};

/// How a program is started as PID 1.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    program: String,
    words: Vec<String>,
    user: Option<String>,
    before: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

/// What was seen of a program as PID 1.
enum Seen {
    Reaps,
    Leaves,
    /// It is not installed, or does not start here.
    Not(String),
}

/// Runs orphans under the program until it has waited for one, or has left them all alone for long enough.
fn seen(ways: &'static [&'static str], number: usize, start: &Start) -> Seen {
    let Some(program) = installed(&start.words[0]) else {
        return Seen::Not(format!("{} is not installed", start.words[0]));
    };
    if start.user.is_some() && !ways.is_empty() {
        return Seen::Not(format!("{} needs another user", start.program));
    }
    let folder = Folder::new(&format!("first-{number}"));
    let port = port().to_string();
    let filled = |text: &str| {
        text.replace("{folder}", &folder.0.display().to_string())
            .replace("{port}", &port)
    };
    for (name, text) in &start.files {
        fs::write(folder.0.join(name), filled(text)).unwrap();
    }
    // The orphans have a name of their own.
    symlink(installed("sleep").unwrap(), folder.0.join("orphan")).unwrap();
    let mut words = vec![program.display().to_string()];
    words.extend(start.words[1..].iter().map(|word| filled(word)));
    let mut as_user = Vec::new();
    if let Some(user) = &start.user {
        as_user = folder.give_to(user);
    }
    if let Some(before) = &start.before {
        let mut line = as_user.clone();
        line.extend(owned(&["sh", "-c", &filled(before)]));
        let beside = program.parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let done = Command::new(&line[0])
            .args(&line[1..])
            .env("PATH", format!("{beside}:/usr/sbin:{path}"))
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        assert!(
            done.status.success(),
            "{before}: {}",
            String::from_utf8_lossy(&said)
        );
    }
    as_user.extend(words);
    let mut namespace = Namespace::start(ways, &as_user, &folder.0);
    let begin = Instant::now();
    let orphan = folder.0.join("orphan").display().to_string();
    let mut known = BTreeSet::new();
    // One that dies while the program still sets itself up may be missed by those that wait as well.
    for round in 0..6 {
        thread::sleep(Duration::from_secs(2));
        assert!(
            namespace.lives(),
            "{} does not stay: {}",
            start.program,
            namespace.said()
        );
        let orphans = || {
            let mut all = namespace.children();
            all.retain(|process| process.name == "orphan");
            all
        };
        let there: BTreeSet<u32> = orphans().iter().map(|process| process.pid).collect();
        if known.iter().any(|pid| !there.contains(pid)) {
            return Seen::Reaps;
        }
        let _ = namespace
            .command(&["sh", "-c", &format!("{orphan} 0.3 &")])
            .status();
        let alive = || {
            orphans()
                .into_iter()
                .find(|process| !known.contains(&process.pid))
        };
        if let Some(new) = until(Duration::from_secs(5), alive) {
            known.insert(new.pid);
        } else {
            // It came and went while nobody looked.
            assert!(round < 5 || begin.elapsed() < Duration::from_secs(60));
        }
    }
    thread::sleep(Duration::from_secs(4));
    let zombies = namespace.zombies();
    let left = zombies.iter().filter(|name| *name == "orphan").count();
    if left == known.len() && left > 2 {
        Seen::Leaves
    } else {
        Seen::Reaps
    }
}

#[test]
fn who_waits_for_orphans_is_measured() {
    #[derive(Deserialize)]
    struct File {
        start: Vec<Start>,
    }
    let Some(ways) = namespaces() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/zombies/first.toml");
    let file: File = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let results: Vec<(&Start, Seen)> = thread::scope(|scope| {
        let runs: Vec<_> = file
            .start
            .iter()
            .enumerate()
            .map(|(number, start)| (start, scope.spawn(move || seen(ways, number, start))))
            .collect();
        runs.into_iter()
            .map(|(start, run)| (start, run.join().unwrap()))
            .collect()
    });
    let mut wrong = Vec::new();
    for (start, seen) in &results {
        let fact = programs::program(&start.program);
        let (told, reaps) = match seen {
            Seen::Not(why) => {
                println!("skipped: {why}");
                continue;
            }
            Seen::Reaps => ("waits for orphans", true),
            Seen::Leaves => ("leaves orphans as zombies", false),
        };
        println!("{} {told}", start.program);
        if fact.is_some_and(|fact| fact.reaps != reaps) {
            wrong.push(format!("{} {told}", start.program));
        }
    }
    assert!(wrong.is_empty(), "the facts say otherwise: {wrong:?}");
    // The others are measured by another name.
    let started: BTreeSet<&str> = file
        .start
        .iter()
        .map(|start| start.program.as_str())
        .collect();
    for program in programs::programs() {
        let same = |witness: &String| {
            let name = witness
                .strip_prefix("as ")
                .or(witness.strip_prefix("execs "));
            name.is_some_and(|name| started.contains(name))
        };
        assert!(
            started.contains(program.name.as_str()) || program.witness.iter().any(same),
            "{} is never started; its witness may be `as` or `execs` one that is",
            program.name
        );
    }
}
