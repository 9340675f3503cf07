//! A fix is what it claims only when it was tried: applied to a copy, read again, judged again, compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{Options, Unit, read, watch};
use crate::finding::{Applicability, Finding, Fix};
use crate::model::file::Seen;
use crate::read::{Files, Reading, Unread};
use crate::rule::{Context, Watched};
use crate::rules::RULES;
use crate::text::{Edit, Sources, apply, in_order};

/// A unit is read again so many times at most to find out which of many fixes do not hold.
const MOST_TRIALS: usize = 64;

/// So many times it is read again at least, however large it is.
const FEWEST_TRIALS: usize = 6;

/// So many bytes may be read again beyond that, since nothing may keep the user waiting.
const MOST_TRIED: usize = 1024 * 1024;

/// What a fix is held against.
pub struct Proof<'a> {
    /// What was judged.
    pub unit: &'a Unit,
    /// Who hands out its files.
    pub files: &'a dyn Files,
    /// What the user chose.
    pub options: &'a Options,
    /// What was read.
    pub before: &'a Reading,
    /// What the rules saw of it.
    pub old: &'a Context<'a>,
}

/// Tries every fix; what does not hold is demoted, or only shown where it cannot be applied at all.
///
/// Fixes that go together are tried together, and only where that fails by halves: a file with a thousand faults is
/// read again a few times and not a thousand times.
pub fn prove(proof: &Proof<'_>, findings: &mut [Finding]) {
    let sources = proof.before.sources.iter();
    let size: usize = sources.map(|(_, source)| source.text.len()).sum();
    let mut trials = (FEWEST_TRIALS + MOST_TRIED / size.max(1)).min(MOST_TRIALS);
    for group in groups(findings) {
        settle(proof, findings, &group, &mut trials);
    }
}

/// Which fix: the finding's place in the list, and the fix's place in the finding.
type Name = (usize, usize);

/// Fixes with the same claim that do not touch each other.
fn groups(findings: &[Finding]) -> Vec<Vec<Name>> {
    let mut groups: Vec<(Applicability, usize, Vec<Name>, Vec<Edit>)> = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        for (nth, fix) in finding.fixes.iter().enumerate() {
            if fix.applicability == Applicability::Display {
                continue;
            }
            // The second fix of a finding is another way to the same end, never a companion of the first.
            let open = groups.iter_mut().find(|(claim, other, _, edits)| {
                *claim == fix.applicability
                    && *other == nth
                    && !fix.edits.iter().any(|edit| {
                        edits
                            .iter()
                            .any(|other| other != edit && other.touches(edit))
                    })
            });
            match open {
                Some((_, _, names, edits)) => {
                    names.push((at, nth));
                    edits.extend(fix.edits.iter().cloned());
                }
                None => groups.push((fix.applicability, nth, vec![(at, nth)], fix.edits.clone())),
            }
        }
    }
    groups.into_iter().map(|(_, _, names, _)| names).collect()
}

/// Finds out how far each fix of a group may be trusted.
fn settle(proof: &Proof<'_>, findings: &mut [Finding], group: &[Name], trials: &mut usize) {
    if *trials == 0 {
        // What was not proven is not safe.
        for (at, nth) in group {
            let fix = &mut findings[*at].fixes[*nth];
            fix.applicability = fix.applicability.min(Applicability::Unsafe);
        }
        return;
    }
    *trials -= 1;
    let proven = tried(proof, findings, group);
    let claimed = group
        .iter()
        .map(|(at, nth)| findings[*at].fixes[*nth].applicability)
        .min();
    if proven >= claimed || group.len() == 1 {
        for (at, nth) in group {
            let fix = &mut findings[*at].fixes[*nth];
            let mut proven = proven.unwrap_or(Applicability::Display);
            if shared(proof.old, fix) {
                proven = proven.min(Applicability::Unsafe);
            }
            fix.applicability = fix.applicability.min(proven);
        }
        return;
    }
    let (one, other) = group.split_at(group.len() / 2);
    settle(proof, findings, one, trials);
    settle(proof, findings, other, trials);
}

/// How far the fixes of a group may be trusted together; None where the result cannot be read or still has a fault.
fn tried(proof: &Proof<'_>, findings: &[Finding], group: &[Name]) -> Option<Applicability> {
    let mut edits = Vec::new();
    let mut mended: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, nth) in group {
        edits.extend(findings[*at].fixes[*nth].edits.iter().cloned());
        *mended.entry(findings[*at].rule).or_default() += 1;
    }
    let edited = Edited::new(&proof.before.sources, &edits, proof.files)?;
    let after = read(proof.unit, &edited, proof.options);
    if after.faults.len() > proof.before.faults.len() {
        return None;
    }
    let old = proof.old;
    let mut new = watch::context(&after, &edited, proof.options);
    // A check that is judged elsewhere was not judged here before, and is not now.
    if old.watched.is_empty() {
        new.watched.clear();
    }
    for (name, gone) in mended {
        let rule = RULES.iter().find(|rule| rule.name == name)?;
        if (rule.check)(&new).len() + gone > (rule.check)(old).len() {
            return None;
        }
    }
    let (old_rejected, new_rejected) = (old.rejected().count(), new.rejected().count());
    if new_rejected > old_rejected {
        return None;
    }
    let heard = old_rejected - new_rejected >= group.len();
    if heard || keeps_verdicts(&old.watched, &new.watched) {
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
pub struct Edited<'a> {
    texts: BTreeMap<String, Arc<str>>,
    rest: &'a dyn Files,
}

impl<'a> Edited<'a> {
    /// None where the edits conflict.
    pub fn new(sources: &Sources, edits: &[Edit], rest: &'a dyn Files) -> Option<Self> {
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

    fn look(&self, path: &str) -> Seen {
        self.rest.look(path)
    }
}
