//! A fix is what it claims only when it was tried: applied to a copy, read again, judged again, compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{Options, Unit, read, watch};
use crate::finding::{Applicability, Finding, Fix};
use crate::read::{Files, Reading, Unread};
use crate::rule::{Context, Watched};
use crate::rules::RULES;
use crate::text::{Edit, Sources, apply, in_order};

/// Tries every fix; what does not hold is demoted, or dropped where it cannot be applied at all.
pub fn prove(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    reading: &Reading,
    findings: &mut [Finding],
) {
    for finding in findings {
        let mut fixes = std::mem::take(&mut finding.fixes);
        for fix in &mut fixes {
            if fix.applicability == Applicability::Display {
                continue;
            }
            let proven = tried(unit, files, options, reading, finding, fix)
                .unwrap_or(Applicability::Display);
            fix.applicability = fix.applicability.min(proven);
        }
        finding.fixes = fixes;
    }
}

/// How far the fix may be trusted; None where its result cannot be read or still has the fault.
fn tried(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    before: &Reading,
    finding: &Finding,
    fix: &Fix,
) -> Option<Applicability> {
    let edited = Edited::new(&before.sources, &fix.edits, files)?;
    let after = read(unit, &edited, options);
    if after.faults.len() > before.faults.len() {
        return None;
    }
    let rule = RULES.iter().find(|rule| rule.name == finding.rule)?;
    let old = watch::context(before, options);
    let new = watch::context(&after, options);
    let still = (rule.check)(&new).len();
    if still >= (rule.check)(&old).len() {
        return None;
    }
    let old_rejected = old.rejected().count();
    let new_rejected = new.rejected().count();
    if new_rejected > old_rejected {
        return None;
    }
    if shared(&old, fix) {
        return Some(Applicability::Unsafe);
    }
    if new_rejected < old_rejected || keeps_verdicts(&old.watched, &new.watched) {
        return Some(Applicability::Safe);
    }
    Some(Applicability::Unsafe)
}

/// Whether the edits reach into bytes that other services use too.
fn shared(context: &Context<'_>, fix: &Fix) -> bool {
    context.watched.iter().any(|watched| {
        watched.probe.shared_by.len() > 1
            && fix.edits.iter().any(|edit| {
                watched.probe.whole.contains(edit.span)
                    || watched
                        .test
                        .is_some_and(|test| test.span.contains(edit.span))
            })
    })
}

/// Whether every container gets the same verdict as before in every world, or could never pass before.
fn keeps_verdicts(old: &[Watched<'_>], new: &[Watched<'_>]) -> bool {
    old.iter().all(|old| {
        let name =
            |watched: &Watched<'_>| watched.service.map(|service| service.name.value.clone());
        new.iter()
            .find(|new| name(new) == name(old))
            .is_none_or(|new| old.verdict_kept_by(new))
    })
}

/// The files as they are after some edits.
struct Edited<'a> {
    texts: BTreeMap<String, Arc<str>>,
    rest: &'a dyn Files,
}

impl<'a> Edited<'a> {
    /// None where the edits conflict.
    fn new(sources: &Sources, edits: &[Edit], rest: &'a dyn Files) -> Option<Self> {
        let edits = in_order(edits).ok()?;
        let mut texts = BTreeMap::new();
        for group in edits.chunk_by(|one, other| one.span.source == other.span.source) {
            let source = sources.get(group[0].span.source);
            texts.insert(source.path.clone(), Arc::from(apply(&source.text, group)));
        }
        Some(Self { texts, rest })
    }
}

impl Files for Edited<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, Unread> {
        match self.texts.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.rest.read(path),
        }
    }
}
