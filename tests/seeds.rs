//! The five small projects that this tool started from: found, explained and mended as the files beside them say.
//!
//! `fixtures/expected/<seed>/output.txt` is what `healthlint check` prints, the other files there are the seed's files
//! after `--fix --unsafe-fixes`, and `left.txt` is what healthlint still says then. `BLESS=1 cargo test seeds` writes both anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SEEDS: [&str; 5] = ["aiproxy", "blinko", "dify", "mgeo", "torrserver"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn healthlint(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

/// The files below a folder, by their paths from it.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                let name = name.to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A copy for one test alone: tests run side by side.
fn copied(seed: &str, test: &str) -> PathBuf {
    let to = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("seeds")
        .join(test)
        .join(seed);
    let _ = fs::remove_dir_all(&to);
    for (name, text) in files(&root().join("fixtures/seeds").join(seed)) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    to
}

fn hold(path: &Path, now: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, now).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(expected, now, "{}", path.display());
}

#[test]
fn each_seed_is_found_and_explained() {
    for seed in SEEDS {
        let output = healthlint(&copied(seed, "found"), &["check"]);
        let expected = root()
            .join("fixtures/expected")
            .join(seed)
            .join("output.txt");
        hold(&expected, &String::from_utf8(output.stdout).unwrap());
        assert_eq!(output.status.code(), Some(1), "{seed}");
    }
}

#[test]
fn each_seed_is_mended() {
    for seed in SEEDS {
        let folder = copied(seed, "mended");
        healthlint(&folder, &["check", "--fix", "--unsafe-fixes"]);
        for (name, text) in files(&folder) {
            hold(
                &root().join("fixtures/expected").join(seed).join(&name),
                &text,
            );
        }
        // What no program can know, such as the host that was left out of a URL, is left for people.
        let left = healthlint(&folder, &["check", "--format", "concise"]);
        let expected = root().join("fixtures/expected").join(seed).join("left.txt");
        hold(&expected, &String::from_utf8(left.stdout).unwrap());
    }
}
