//! Every fix, applied by itself: the result is read, loses its finding and gains none, and the rest stays byte for byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use healthlint::check::{Options, Unit, check};
use healthlint::finding::{Applicability, Finding, Severity};
use healthlint::text::{apply, in_order};

use super::{Wild, wild};

/// What is said of a file, as far as it does not move with the lines.
fn said<'a>(
    findings: impl Iterator<Item = &'a Finding>,
) -> BTreeMap<(String, Severity, String), usize> {
    let mut said = BTreeMap::new();
    for finding in findings {
        let service = finding.service.clone().unwrap_or_default();
        *said
            .entry((finding.rule.to_owned(), finding.severity, service))
            .or_default() += 1;
    }
    said
}

/// What is wrong with a fix; None where it holds.
fn objection(wild: &Wild, path: &str, finding: &Finding, nth: usize) -> Option<String> {
    let fix = &finding.fixes[nth];
    let sources = &wild.checked.sources;
    let mut files = wild.files.clone();
    let mut units = vec![Unit::Compose(vec![path.to_owned()])];
    for (id, source) in sources.iter() {
        let edits: Vec<_> = fix
            .edits
            .iter()
            .filter(|edit| edit.span.source == id)
            .cloned()
            .collect();
        if edits.is_empty() {
            continue;
        }
        let Ok(edits) = in_order(&edits) else {
            return Some("has edits that touch each other".to_owned());
        };
        let new = apply(&source.text, &edits);
        if let Some(lost) = lost_comment(&source.text, &new) {
            return Some(format!("loses the comment {lost}"));
        }
        files.insert(source.path.clone(), Arc::from(new));
        let unit = Unit::Compose(vec![source.path.clone()]);
        if wild.units.contains(&unit) && !units.contains(&unit) {
            units.push(unit);
        }
    }
    let before = check(&units, &wild.files, &Options::default());
    let after = check(&units, &files, &Options::default());
    if after.faults.len() > before.faults.len() {
        return Some(format!("cannot be read: {}", after.faults[0].message));
    }
    let (old, new) = (said(before.findings.iter()), said(after.findings.iter()));
    let total = |said: &BTreeMap<(String, Severity, String), usize>| -> usize {
        said.iter()
            .filter(|((rule, _, _), _)| rule == finding.rule)
            .map(|(_, count)| count)
            .sum()
    };
    if total(&new) >= total(&old) {
        return Some("keeps its finding".to_owned());
    }
    // A fix may uncover what the fault hid, such as a note on the tool that takes the place of a missing one; never
    // an error.
    let gained: Vec<String> = new
        .iter()
        .filter(|(key, count)| {
            key.1 == Severity::Error && **count > old.get(*key).copied().unwrap_or(0)
        })
        .map(|((rule, level, service), _)| format!("{}[{rule}] of {service}", level.word()))
        .collect();
    (!gained.is_empty()).then(|| format!("gains {}", gained.join(", ")))
}

/// A comment line of the old text that the new one has not.
fn lost_comment<'a>(old: &'a str, new: &str) -> Option<&'a str> {
    let comments = |text: &'a str| {
        text.lines()
            .filter(|line| line.trim_start().starts_with('#'))
    };
    comments(old).find(|line| !new.contains(line))
}

#[test]
fn every_fix_of_public_files_holds() {
    let Some(wild) = wild() else { return };
    let mut objections = Vec::new();
    let mut tried = 0;
    for finding in &wild.checked.findings {
        let path = &wild.checked.sources.get(finding.span.source).path;
        for (nth, fix) in finding.fixes.iter().enumerate() {
            if fix.applicability == Applicability::Display {
                continue;
            }
            tried += 1;
            objections.extend(
                objection(wild, path, finding, nth).map(|objection| {
                    format!("{path} {} «{}»: {objection}", finding.rule, fix.title)
                }),
            );
        }
    }
    println!("{tried} fixes applied to public files");
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}
