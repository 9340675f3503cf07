//! The page of a rule is its test: every example is run, and says exactly what the page prints.
//!
//! Input blocks (`yaml`, `dockerfile`, `toml`) that follow each other directly are files of one folder. A `text` block
//! behind them is what healthlint says, a `diff` block what it would change, unsafe fixes included, and a `table`
//! block how the check ends in each state of the service; inputs without a `text` block are sound. An `sh` block with a
//! name is a script of the folder: `sh check.sh 644` is one that nobody may run, `sh check.sh 755 crlf` one whose lines
//! end as on Windows. `BLESS=1 cargo test pages` writes the blocks anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use healthlint::check::{Checked, Options, Unit, check, inspect};
use healthlint::explain::explain;
use healthlint::finding::Applicability;
use healthlint::fix::{Terms, Texts, mend};
use healthlint::report::{self, Report};
use healthlint::rules::RULES;

use crate::held::Held;

/// One example of a page.
#[derive(Default)]
struct Example {
    /// The line of its first input, from 1.
    line: usize,
    files: Held,
    /// Where the body of its `text` block stands in the page.
    text: Option<Range<usize>>,
    /// Where the body of its `diff` block stands.
    diff: Option<Range<usize>>,
    /// Where the body of its `table` block stands.
    table: Option<Range<usize>>,
}

/// The rules that playing a check decides: their pages show how it ends in each state.
pub const EVALUATED: [&str; 8] = [
    "cannot-fail",
    "cannot-succeed",
    "ignores-http-errors",
    "ignores-reply",
    "matches-itself",
    "orphaned-client",
    "saves-response",
    "zombie-wget",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The examples of a page, in order.
fn examples(page: &str) -> Vec<Example> {
    let mut all: Vec<Example> = Vec::new();
    let mut open = false;
    let mut at = 0;
    let mut fence: Option<(String, usize, usize)> = None;
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let trimmed = line.trim_end();
        match &fence {
            None => {
                if let Some(info) = trimmed.strip_prefix("```") {
                    fence = Some((info.to_owned(), at, number + 1));
                } else if !trimmed.is_empty() {
                    open = false;
                }
            }
            Some((info, body, opened)) if trimmed == "```" => {
                let range = *body..start;
                let words: Vec<&str> = info.split(' ').collect();
                let name = match words[..] {
                    ["yaml"] => Some("compose.yaml"),
                    ["dockerfile"] => Some("Dockerfile"),
                    ["toml"] => Some("healthlint.toml"),
                    ["sh", name, ..] => Some(name),
                    _ => None,
                };
                if let Some(name) = name {
                    if !open {
                        all.push(Example {
                            line: *opened,
                            ..Example::default()
                        });
                        open = true;
                    }
                    if let Some(example) = all.last_mut() {
                        let mut text = page[range].to_owned();
                        if words.contains(&"crlf") {
                            text = text.replace('\n', "\r\n");
                        }
                        example.files.texts.insert(name.to_owned(), text.into());
                        if let Some(mode) = words.get(2) {
                            let runs = *mode == "755";
                            example.files.runs.insert(name.to_owned(), runs);
                        }
                    }
                } else if let Some(example) = all.last_mut() {
                    match info.as_str() {
                        "text" if example.text.is_none() => example.text = Some(range),
                        "table" if example.table.is_none() => example.table = Some(range),
                        "diff" if example.diff.is_none() => example.diff = Some(range),
                        _ => {}
                    }
                    open = false;
                }
                fence = None;
            }
            Some(_) => {}
        }
    }
    all
}

/// What the `healthlint.toml` among the files says, where there is one.
pub fn options(files: &Held) -> Options {
    let mut options = Options::default();
    if let Some(config) = files.texts.get("healthlint.toml") {
        let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        let config =
            healthlint::config::parse(config, &names).expect("the example's configuration");
        options.targets = config.targets;
        options.levels = config.levels;
    }
    options
}

fn units(files: &Held) -> Vec<Unit> {
    let mut units = Vec::new();
    if files.texts.contains_key("compose.yaml") {
        units.push(Unit::Compose(vec!["compose.yaml".to_owned()]));
    }
    if files.texts.contains_key("Dockerfile") {
        units.push(Unit::Dockerfile("Dockerfile".to_owned()));
    }
    units
}

/// What healthlint says about an example, without the fixes that the diff shows.
fn said(checked: &Checked) -> String {
    let mut findings = checked.findings.clone();
    for finding in &mut findings {
        finding
            .fixes
            .retain(|fix| fix.applicability == Applicability::Display);
    }
    let report = Report {
        sources: &checked.sources,
        findings: &findings,
        faults: &checked.faults,
        rules: &[],
        files: 1,
        probes: checked.probes,
    };
    report::human::render(&report, false)
}

/// How the checks of an example end in each state of their service.
fn tables(files: &Held, options: &Options) -> String {
    let mut all = Vec::new();
    for unit in units(files) {
        let explained = inspect(&unit, files, options, |context, findings| {
            explain(context, findings, None)
        });
        all.extend(explained.made);
    }
    let several = all.len() > 1;
    let mut out = String::new();
    for explanation in &all {
        if several {
            let name = explanation.service.as_deref().unwrap_or("HEALTHCHECK");
            let _ = writeln!(out, "{name}");
        }
        out += &report::explained::table(&explanation.rows);
    }
    out
}

/// What healthlint changes, unsafe fixes included.
fn changed(files: &Held, checked: Checked, options: &Options) -> String {
    let units = units(files);
    let terms = Terms {
        lowest: Applicability::Unsafe,
        may_write: &|_| true,
        check: &|texts: &Texts| {
            let mut now = files.clone();
            now.texts.extend(texts.clone());
            check(&units, &now, options)
        },
    };
    match mend(checked, &terms) {
        Ok(mended) => {
            report::diff::render(mended.texts.iter().map(|(path, new)| report::diff::Change {
                path,
                old: &files.texts[path],
                new,
            }))
        }
        Err(stuck) => format!("{}\n", stuck.message()),
    }
}

#[test]
fn every_example_says_what_its_page_prints() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for rule in RULES {
        let path = folder().join(format!("{}.md", rule.name));
        let page = fs::read_to_string(&path).unwrap();
        let mut blessed = page.clone();
        let mut fires = false;
        // From the last to the first, so that the places before stay where they are.
        for example in examples(&page).iter().rev() {
            let options = options(&example.files);
            let checked = check(&units(&example.files), &example.files, &options);
            let here = format!("rules/{}.md:{}", rule.name, example.line);
            fires |= checked
                .findings
                .iter()
                .any(|finding| finding.rule == rule.name);
            let text = said(&checked);
            let quiet = text.trim().is_empty();
            let diff = changed(&example.files, checked, &options);
            let mut hold = |range: &Range<usize>, now: &str| {
                let now = format!("{}\n", now.trim_end());
                if page[range.clone()] != now {
                    if bless {
                        blessed.replace_range(range.clone(), &now);
                    } else {
                        let _ = writeln!(
                            wrong,
                            "{here}: the page prints\n{}\nbut it is\n{now}",
                            &page[range.clone()]
                        );
                    }
                }
            };
            let mut blocks: Vec<(&Range<usize>, String)> = Vec::new();
            blocks.extend(example.diff.as_ref().map(|range| (range, diff)));
            blocks.extend(example.text.as_ref().map(|range| (range, text.clone())));
            if let Some(range) = &example.table {
                blocks.push((range, tables(&example.files, &options)));
            }
            // Blocks may follow in any order; the last is written first.
            blocks.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
            for (range, now) in blocks {
                hold(range, &now);
            }
            match &example.text {
                None if !quiet => {
                    let _ = writeln!(wrong, "{here}: a sound example, but\n{text}");
                }
                Some(_) | None => {}
            }
        }
        if bless && blessed != page {
            fs::write(&path, blessed).unwrap();
        }
        if EVALUATED.contains(&rule.name) && !page.contains("```table\n") {
            let _ = writeln!(wrong, "rules/{}.md: no world table", rule.name);
        }
        if !fires {
            let _ = writeln!(
                wrong,
                "rules/{}.md: no example makes the rule speak",
                rule.name
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_page_has_its_sections_and_a_summary() {
    let mut pages: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            pages.insert(name, fs::read_to_string(&path).unwrap().into());
        }
    }
    for rule in RULES {
        let page = pages
            .remove(rule.name)
            .unwrap_or_else(|| panic!("rules/{}.md is missing", rule.name));
        assert!(
            page.starts_with(&format!("# {}\n", rule.name)),
            "rules/{}.md: the title must be the rule's name",
            rule.name
        );
        for section in [
            "## What it finds",
            "## Why it matters",
            "## Examples",
            "## Fix safety",
            "## When to leave it alone",
            "## References",
        ] {
            assert!(
                page.contains(section),
                "rules/{}.md: `{section}` is missing",
                rule.name
            );
        }
        let summary = rule.summary();
        assert!(
            (40..=400).contains(&summary.len()),
            "rules/{}.md: the summary must stand alone: {summary:?}",
            rule.name
        );
    }
    let orphans: Vec<_> = pages.keys().collect();
    assert!(orphans.is_empty(), "pages without a rule: {orphans:?}");
}
