//! Cases from real files, in our own words: `quiet` stays silent, every other says exactly its `expected.txt`.
//!
//! Under each finding stand the fixes that it offers, each with how far it may be trusted. A `healthlint.toml` names
//! the target. `BLESS=1 cargo test cases` writes what is expected anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use healthlint::check::{Checked, Unit, check};
use healthlint::report::concise;

use crate::held::Held;
use crate::pages::options;

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

/// Every file below a folder, by its path from there, with what the file system says about who may run it.
fn held(top: &Path) -> Held {
    let mut held = Held::default();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(top).unwrap().to_string_lossy();
            let name = name.replace('\\', "/");
            if name == "expected.txt" {
                continue;
            }
            if let Some(runs) = runs(&path) {
                held.runs.insert(name.clone(), runs);
            }
            held.texts
                .insert(name, fs::read_to_string(&path).unwrap().into());
        }
    }
    held
}

/// Whether anybody may run a file; None where the file system does not say it.
#[cfg(unix)]
fn runs(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    Some(mode & 0o111 != 0)
}

/// Whether anybody may run a file; None where the file system does not say it.
#[cfg(not(unix))]
fn runs(_path: &Path) -> Option<bool> {
    None
}

/// The files of one folder, judged.
fn judged(folder: &Path) -> Checked {
    let files = held(folder);
    let mut units = Vec::new();
    for name in files.texts.keys() {
        if name == "compose.yaml" {
            units.push(Unit::Compose(vec![name.clone()]));
        } else if name.starts_with("Dockerfile") {
            units.push(Unit::Dockerfile(name.clone()));
        }
    }
    units.sort();
    assert!(!units.is_empty(), "{} holds no case", folder.display());
    check(&units, &files, &options(&files))
}

/// What healthlint says and offers about the files of one folder.
fn said(folder: &Path) -> String {
    let checked = judged(folder);
    let mut out = String::new();
    for finding in &checked.findings {
        let line = concise::finding_line(&checked.sources, finding);
        let _ = writeln!(out, "{line}");
        for fix in &finding.fixes {
            let _ = writeln!(out, "    {}: {}", fix.applicability.word(), fix.title);
        }
    }
    for fault in &checked.faults {
        let _ = writeln!(out, "{}", concise::fault_line(&checked.sources, fault));
    }
    out
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

/// Each way in which a tool can be missing has its own words, and what the image can run instead is offered.
#[test]
fn a_missing_tool_has_a_reason_and_a_replacement() {
    let top = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases/missing-tool");
    let mut cases = 0;
    for (case, reason, offers) in [
        (
            "never-there",
            "`curl` is not in postgres:17, built on debian:13-slim (as of 2026-08)",
            &["ask with `bash`", "use the check that postgres:17 can run"][..],
        ),
        (
            "behind-a-default-tag",
            "`curl` is not in postgres:17, built on debian:13-slim",
            &["ask with `bash`", "use the check that postgres:17 can run"],
        ),
        (
            "gone-since-a-version",
            "mongo 5.x still had `mongo`, mongo 6 does not (as of 2026-08)",
            &["use the check that mongo:6.0.7 can run"],
        ),
        (
            "under-a-moving-tag",
            "grafana/loki 3.5.x still had `wget`, grafana/loki 3.6 does not (as of 2026-08)",
            &[],
        ),
        (
            "only-in-another-stage",
            "`curl` is installed in stage `build`, which the final stage does not come from",
            &["ask with `bash`", "install `curl` in the final stage"],
        ),
        (
            "purged-again",
            "`curl` is removed here (package `curl`)",
            &["ask with `bash`", "install `curl` in the final stage"],
        ),
        (
            "left-with-its-virtual-package",
            "`curl` is removed here (package `curl`)",
            &["ask with `wget`", "install `curl` in the final stage"],
        ),
        (
            "its-file-was-deleted",
            "`curl` is removed here",
            &["ask with `wget`", "install `curl` in the final stage"],
        ),
        (
            "wherever-a-command-runs",
            "`curl` is not in postgres:17",
            &["ask with `bash`", "use the check that postgres:17 can run"],
        ),
        (
            "what-slim-images-leave-out",
            "`pgrep` is not in python:3.12-slim",
            &[],
        ),
        (
            "gone-with-an-update",
            "mariadb 10.x still had `mysqladmin`",
            &["use the check that mariadb:11.4 can run"],
        ),
        ("an-image-from-scratch", "scratch is empty", &[]),
        (
            "an-image-without-a-shell",
            "`curl` is not in gcr.io/distroless/static:nonroot",
            &[],
        ),
    ] {
        cases += 1;
        let checked = judged(&top.join(case));
        let finding = checked.findings.iter().find(|it| it.rule == "missing-tool");
        let finding = finding.unwrap_or_else(|| panic!("{case}: silent"));
        let mut reasons = finding.labels.iter().map(|label| label.message.as_str());
        assert!(
            finding.why.contains(reason) || reasons.any(|label| label.contains(reason)),
            "{case}: {finding:#?}"
        );
        assert_eq!(finding.fixes.len(), offers.len(), "{case}: {finding:#?}");
        for (fix, offer) in finding.fixes.iter().zip(offers) {
            assert!(fix.title.starts_with(offer), "{case}: {}", fix.title);
        }
    }
    assert_eq!(cases, folders(&top).len(), "each case has its row");
}
