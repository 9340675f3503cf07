//! Sources in, findings out: each project is read once, meets every rule once, and every fix is put to the proof.

mod exec_form;
mod prove;
mod scripts;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::facts::learned::Learned;
use crate::finding::{Fault, Finding, Severity};
use crate::model::allow::Allow;
use crate::model::project::Project;
use crate::model::target::Targets;
use crate::read::{self, Files, Reading, Surroundings};
use crate::rule::Rule;
pub use crate::rule::{Context, Watched};
use crate::rules::RULES;
use crate::text::{SourceId, Sources, Span};
use prove::Proof;
pub use watch::{by_own_probe, own_probe};

/// What is judged together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Compose files that are merged in this order.
    Compose(Vec<String>),
    /// One Dockerfile.
    Dockerfile(String),
}

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The engines that the files are meant for.
    pub targets: Targets,
    /// Levels that replace a rule's own; None switches it off.
    pub levels: BTreeMap<String, Option<Severity>>,
    /// Only these rules, where any are named.
    pub select: BTreeSet<String>,
    /// Not these rules.
    pub ignore: BTreeSet<String>,
    /// Fixes turn the shell form of a HEALTHCHECK into the exec form.
    pub prefer_exec_form: bool,
    /// What variables are filled in with.
    pub surroundings: Surroundings,
    /// What the project learned from its images; it wins over the facts of the house.
    pub learned: Arc<Learned>,
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The texts that findings point into.
    pub sources: Sources,
    /// The findings, by place.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// Files that are spoken of and are not there, which is no fault.
    pub absent: Vec<Fault>,
    /// How many containers were found to be watched.
    pub probes: usize,
}

/// Judges every unit.
pub fn check(units: &[Unit], files: &dyn Files, options: &Options) -> Checked {
    let (compose, dockerfiles): (Vec<_>, Vec<_>) = units
        .iter()
        .partition(|unit| matches!(unit, Unit::Compose(_)));
    let mut judged: Vec<Judged> = compose
        .par_iter()
        .map(|unit| judge(unit, files, options, &BTreeSet::new()))
        .collect();
    // A Dockerfile's check that a service runs has been judged with all that the service says.
    let seen: BTreeSet<_> = judged
        .iter()
        .flat_map(|judged| judged.inherited.iter().cloned())
        .collect();
    judged.par_extend(
        dockerfiles
            .par_iter()
            .map(|unit| judge(unit, files, options, &seen)),
    );
    gather(judged)
}

/// One unit's share of the result, in sources of its own.
struct Judged {
    reading_sources: Sources,
    findings: Vec<Finding>,
    faults: Vec<Fault>,
    absent: Vec<Fault>,
    probes: usize,
    /// Dockerfile checks that a service runs: path and offset.
    inherited: BTreeSet<(String, u32)>,
}

fn judge(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    seen: &BTreeSet<(String, u32)>,
) -> Judged {
    judge_read(unit, files, options, seen, read(unit, files, options))
}

/// One unit as rules see it, with what they said of it.
#[derive(Debug)]
pub struct Inspected<T> {
    /// What was made of it.
    pub made: T,
    /// The texts that its places point into.
    pub sources: Sources,
    /// What could not be read.
    pub faults: Vec<Fault>,
}

/// Reads and judges one unit, and hands what rules see and what they said to `look`, with places in the same texts.
pub fn inspect<T>(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    look: impl FnOnce(&Context<'_>, &[Finding]) -> T,
) -> Inspected<T> {
    let reading = read(unit, files, options);
    let judged = judge_read(unit, files, options, &BTreeSet::new(), reading.clone());
    let made = look(&watch::context(&reading, files, options), &judged.findings);
    Inspected {
        made,
        sources: reading.sources,
        faults: reading.faults,
    }
}

fn judge_read(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    seen: &BTreeSet<(String, u32)>,
    reading: Reading,
) -> Judged {
    let mut context = watch::context(&reading, files, options);
    let mut inherited = BTreeSet::new();
    context.watched.retain(|watched| {
        let path = &reading.sources.get(watched.probe.span.source).path;
        let place = (path.clone(), watched.probe.span.start);
        if watched.service.is_some() {
            inherited.insert(place);
            return true;
        }
        !seen.contains(&place)
    });
    let mut findings = Vec::new();
    let mut last_resorts = Vec::new();
    for rule in RULES {
        if !is_on(rule, options) && !is_silenced(rule, options) {
            continue;
        }
        for finding in (rule.check)(&context) {
            if rule.last_resort {
                last_resorts.push(finding);
            } else {
                findings.push(finding);
            }
        }
    }
    // One cause, one finding: a check whose fault has a name needs no word about what follows from it.
    last_resorts.retain(|finding| !has_named_error(&context, &findings, finding));
    findings.extend(last_resorts);
    findings.retain(|finding| {
        let mut rules = RULES.iter();
        rules.any(|rule| rule.name == finding.rule && is_on(rule, options))
    });
    // The user's level comes after that: who calls a fault a note has heard its name.
    for finding in &mut findings {
        if let Some(Some(level)) = options.levels.get(finding.rule) {
            finding.severity = *level;
        }
    }
    watch::cap_by_environment(&context, &mut findings);
    watch::hide_environment(&context, &mut findings);
    let probes = context.watched.len();
    findings.retain(|finding| !is_allowed(&reading, finding));
    exec_form::prefer(unit, files, options, &reading, &mut findings);
    let proof = Proof {
        unit,
        files,
        options,
        before: &reading,
        old: &context,
    };
    prove::prove(&proof, &mut findings);
    drop(context);
    Judged {
        reading_sources: reading.sources,
        findings,
        faults: reading.faults,
        absent: reading.absent,
        probes,
        inherited,
    }
}

fn read(unit: &Unit, files: &dyn Files, options: &Options) -> Reading {
    match unit {
        Unit::Compose(paths) => read::compose::read(paths, files, &options.surroundings),
        Unit::Dockerfile(path) => read::dockerfile::read(path, files),
    }
}

/// Whether the rule may speak.
fn is_on(rule: &Rule, options: &Options) -> bool {
    let selected = options.select.contains(rule.name);
    if options.ignore.contains(rule.name) || (!options.select.is_empty() && !selected) {
        return false;
    }
    selected
        || match options.levels.get(rule.name) {
            Some(level) => level.is_some(),
            None => rule.severity.is_some(),
        }
}

/// Whether the rule would speak, had the user not silenced it: it is looked at all the same, since what follows from a
/// cause that nobody wants to hear of is not to be told under another name.
fn is_silenced(rule: &Rule, options: &Options) -> bool {
    options.select.is_empty() && rule.severity.is_some() && !is_on(rule, options)
}

/// Whether another rule reports an error inside the same test.
fn has_named_error(context: &Context<'_>, findings: &[Finding], finding: &Finding) -> bool {
    let tests = context.watched.iter().filter_map(|watched| watched.test);
    tests
        .filter(|test| test.span.contains(finding.span))
        .any(|test| {
            findings
                .iter()
                .any(|other| other.severity == Severity::Error && test.span.contains(other.span))
        })
}

fn is_allowed(reading: &Reading, finding: &Finding) -> bool {
    allows(&reading.project).any(|allow| {
        allow.rules.iter().any(|(name, _)| name == finding.rule)
            && allow.scope.source == finding.span.source
            && allow.scope.start <= finding.span.start
            && finding.span.start < allow.scope.end.max(allow.scope.start + 1)
    })
}

/// The comments of the project's files and of every Dockerfile that took part.
fn allows(project: &Project) -> impl Iterator<Item = &Allow> {
    let built = project
        .services
        .iter()
        .filter_map(|service| service.build.as_ref()?.build.as_ref());
    project
        .build
        .iter()
        .chain(built)
        .flat_map(|build| &build.allows)
        .chain(&project.allows)
}

/// Joins the shares: one set of sources, the same finding only once, all in the order of their places.
fn gather(judged: Vec<Judged>) -> Checked {
    let mut checked = Checked::default();
    let mut known: BTreeMap<String, SourceId> = BTreeMap::new();
    for share in judged {
        let new_ids: Vec<SourceId> = share
            .reading_sources
            .iter()
            .map(|(_, source)| {
                *known
                    .entry(source.path.clone())
                    .or_insert_with(|| checked.sources.adopt(source))
            })
            .collect();
        let moved = |span: Span| Span {
            source: new_ids[span.source.0 as usize],
            ..span
        };
        checked.probes += share.probes;
        checked.findings.extend(
            share
                .findings
                .into_iter()
                .map(|finding| finding.moved(moved)),
        );
        checked
            .absent
            .extend(share.absent.into_iter().map(|absent| Fault {
                span: absent.span.map(moved),
                ..absent
            }));
        checked
            .faults
            .extend(share.faults.into_iter().map(|fault| Fault {
                span: fault.span.map(moved),
                ..fault
            }));
    }
    let place = |span: Span| {
        let path = &checked.sources.get(span.source).path;
        (path.clone(), span.start, span.end)
    };
    checked
        .findings
        .sort_by_cached_key(|finding| (place(finding.span), finding.rule, finding.message.clone()));
    let mut met = FxHashSet::default();
    checked
        .findings
        .retain(|finding| met.insert((finding.rule, finding.span, finding.message.clone())));
    checked
        .faults
        .sort_by(|one, other| (&one.path, one.span).cmp(&(&other.path, other.span)));
    checked.faults.dedup();
    checked
}
