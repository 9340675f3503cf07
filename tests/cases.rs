//! Small cases from real files, in our own words: `quiet` stays silent, every other says exactly its `expected.txt`.
//!
//! `BLESS=1 cargo test cases` writes what is expected anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use healthlint::check::{Options, Unit, check};
use healthlint::fix::Texts;
use healthlint::report::{Report, concise};

/// The folders below this one, in order.
fn folders(at: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(at)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// What healthlint says about the files of one folder.
fn said(folder: &Path) -> String {
    let mut files = Texts::new();
    let mut units = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "compose.yaml" {
            units.push(Unit::Compose(vec![name.clone()]));
        } else if name == "Dockerfile" {
            units.push(Unit::Dockerfile(name.clone()));
        }
        if path.is_file() {
            files.insert(name, fs::read_to_string(&path).unwrap().into());
        }
    }
    units.sort();
    assert!(!units.is_empty(), "{} holds no case", folder.display());
    let checked = check(&units, &files, &Options::default());
    concise::render(&Report {
        sources: &checked.sources,
        findings: &checked.findings,
        faults: &checked.faults,
        rules: &[],
        files: units.len(),
        probes: checked.probes,
    })
}

#[test]
fn every_case_says_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases");
    let mut wrong = String::new();
    let mut cases = 0;
    for rule in folders(&top) {
        let name = rule.file_name().unwrap().to_string_lossy().into_owned();
        for folder in folders(&rule) {
            cases += 1;
            let now = said(&folder);
            let expected = folder.join("expected.txt");
            let mut hold = |holds: bool, what: &str| {
                if !holds {
                    let _ = writeln!(wrong, "{}: {what}\n{now}", folder.display());
                }
            };
            if name == "quiet" {
                hold(now.is_empty(), "is not quiet");
                continue;
            }
            hold(now.contains(&format!("[{name}]")), "the rule is silent");
            if bless {
                fs::write(&expected, &now).unwrap();
            }
            let written = fs::read_to_string(&expected).unwrap_or_default();
            hold(written == now, "says something else");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(cases > 5, "{cases} cases are too few to prove anything");
}
