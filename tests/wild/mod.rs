//! The corpus of public files, where it is at hand: what is said of it, held against verdicts made by hand.
//!
//! `fixtures/wild` keeps every finding, so that a change shows its effect on the real world in review, and the reason
//! for each true verdict that no rule finds. `BLESS=1 cargo test wild` writes the findings anew.

mod fixes;
mod labels;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use healthlint::check::{Checked, Options, Unit, check};
use healthlint::finding::{Finding, Severity};
use healthlint::fix::Texts;

/// The corpus, read and judged once.
struct Wild {
    files: Texts,
    units: Vec<Unit>,
    checked: Checked,
}

/// None where the corpus is not here, which is said.
fn wild() -> Option<&'static Wild> {
    static WILD: OnceLock<Option<Wild>> = OnceLock::new();
    let wild = WILD.get_or_init(|| {
        let files = files(&corpus()?.join("compose"));
        let units: Vec<Unit> = files
            .keys()
            .filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"))
            .map(|path| Unit::Compose(vec![path.clone()]))
            .collect();
        let checked = check(&units, &files, &Options::default());
        assert!(checked.probes > 500, "the corpus was not read");
        Some(Wild {
            files,
            units,
            checked,
        })
    });
    if wild.is_none() {
        println!("skipped: the corpus of public files is not here");
    }
    wild.as_ref()
}

fn corpus() -> Option<PathBuf> {
    let at = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    at.is_dir().then_some(at)
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/wild")
        .join(name)
}

/// Every file of the corpus that is at hand, by path.
fn files(top: &Path) -> Texts {
    let mut files = Texts::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(top).unwrap().to_string_lossy();
                files.insert(name.replace('\\', "/"), text.into());
            }
        }
    }
    files
}

/// The path and the line of a finding.
fn place<'a>(checked: &'a Checked, finding: &Finding) -> (&'a str, usize, usize) {
    let source = checked.sources.get(finding.span.source);
    let position = source.position(finding.span.start as usize);
    (&source.path, position.line, position.column)
}

/// How many findings there are at each level, and then all of them, a line each.
fn told(checked: &Checked) -> String {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut lines = String::new();
    for finding in &checked.findings {
        let level = finding.severity.word();
        *counts.entry((finding.rule, level)).or_default() += 1;
        let (path, line, column) = place(checked, finding);
        let _ = writeln!(
            lines,
            "{path}:{line}:{column}: {level}[{}] {}",
            finding.rule, finding.message
        );
    }
    let mut out = format!("{} health checks\n", checked.probes);
    for ((rule, level), count) in counts {
        let _ = writeln!(out, "{count:>5} {level}[{rule}]");
    }
    out + "\n" + &lines
}

#[test]
fn what_is_said_of_public_files_is_kept() {
    let Some(wild) = wild() else { return };
    let told = told(&wild.checked);
    let path = fixture("findings.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &told).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let new: Vec<&str> = told
        .lines()
        .filter(|line| !expected.contains(line))
        .collect();
    let gone: Vec<&str> = expected
        .lines()
        .filter(|line| !told.contains(line))
        .collect();
    assert!(
        expected == told,
        "BLESS=1 writes what is said now.\nnew:\n{}\ngone:\n{}",
        new.join("\n"),
        gone.join("\n")
    );
}

#[test]
fn verdicts_made_by_hand_agree() {
    let Some(wild) = wild() else { return };
    let text = fs::read_to_string(corpus().unwrap().join("labelled.jsonl")).unwrap();
    let mut table: BTreeMap<&str, labels::Row> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut wrong = Vec::new();
    let (mut warned, mut wrongly_warned) = (0, Vec::new());
    for label in labels::read(&text) {
        let Some(rule) = labels::rule_of(&label.class) else {
            continue;
        };
        let row = table.entry(rule).or_default();
        let shown = label.shown();
        if !wild.files.contains_key(&label.path) {
            row.absent += 1;
            continue;
        }
        let spoken: Vec<&Finding> = wild
            .checked
            .findings
            .iter()
            .filter(|finding| {
                let (path, line, _) = place(&wild.checked, finding);
                let answers =
                    finding.rule == rule || Some(finding.rule) == labels::other_rule_of(rule);
                answers && label.is_about(path, line, finding)
            })
            .collect();
        let level = spoken.iter().map(|finding| finding.severity).max();
        let warns = level == Some(Severity::Warning);
        warned += usize::from(warns);
        match (label.verdict.as_str(), level) {
            ("true", Some(_)) => row.found += 1,
            ("true", None) => {
                row.missed += 1;
                missed.push(shown);
            }
            ("false", Some(level)) => {
                row.wrong += 1;
                match level {
                    Severity::Error => wrong.push(format!("{shown}: {}", spoken[0].message)),
                    Severity::Warning => {
                        wrongly_warned.push(format!("{shown}: {}", spoken[0].message));
                    }
                    Severity::Note => {}
                }
            }
            _ => {}
        }
    }
    println!("{:<22} found missed false file-absent", "rule");
    for (rule, row) in &table {
        println!(
            "{rule:<22} {:>5} {:>6} {:>5} {:>11}",
            row.found, row.missed, row.wrong, row.absent
        );
    }
    assert!(
        wrong.is_empty(),
        "errors on sound checks:\n{}",
        wrong.join("\n")
    );
    assert!(
        wrongly_warned.len() * 50 <= warned,
        "{} of {warned} warnings are on sound checks:\n{}",
        wrongly_warned.len(),
        wrongly_warned.join("\n")
    );
    missed.sort();
    let explained = labels::explained(&fs::read_to_string(fixture("missed.toml")).unwrap());
    assert_eq!(
        missed, explained,
        "true verdicts that no rule finds, and those that missed.toml explains"
    );
}
