//! Findings in, new texts out: fixes that go together are applied, and all is judged again, until nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::Checked;
use crate::finding::{Applicability, Finding, Fix, Severity};
use crate::text::{Edit, SourceId, apply, in_order};

/// So many times fixes are applied and judged again before it is called a circle.
pub const ROUNDS: usize = 10;

/// Texts that stand in place of those on disk, by path.
pub type Texts = BTreeMap<String, Arc<str>>;

/// What may be done.
pub struct Terms<'a> {
    /// Fixes below this are left alone; display fixes are never applied.
    pub lowest: Applicability,
    /// Whether a file may be changed at all.
    pub may_write: &'a dyn Fn(&str) -> bool,
    /// Judges everything again with these texts in place of those on disk.
    pub check: &'a dyn Fn(&Texts) -> Checked,
}

/// What was done.
#[derive(Debug)]
pub struct Mended {
    /// The files that changed, as they are now.
    pub texts: Texts,
    /// The fixes that were applied, in the order in which they were.
    pub fixed: Vec<Fixed>,
    /// What is left, judged on the new texts.
    pub left: Checked,
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The rule that it obeyed.
    pub rule: &'static str,
    /// The file of the finding.
    pub path: String,
    /// The line of the finding when the fix was applied, from 1.
    pub line: usize,
    /// What it did.
    pub title: String,
    /// The files that it changed.
    pub files: BTreeSet<String>,
}

/// Why nothing is to be written, and whose fixes were applied last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// What happened.
    pub reason: Reason,
    /// The files whose fixes do not go together; without them the others might.
    pub paths: BTreeSet<String>,
    /// The rules whose fixes led there.
    pub rules: BTreeSet<&'static str>,
}

/// What can go wrong although each fix by itself was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The texts came back to what they had been before.
    Circle,
    /// [`ROUNDS`] rounds were not enough.
    Restless,
    /// A file that could be read no longer can: its path and the reader's words.
    Fault(String, String),
    /// There is an error that was not there before: its path and its rule.
    Error(String, &'static str),
}

impl Stuck {
    /// What happened, as one sentence for the user.
    pub fn message(&self) -> String {
        let paths = listed(self.paths.iter().map(String::as_str));
        let rules = listed(self.rules.iter().copied());
        let reason = match &self.reason {
            Reason::Circle => format!("the fixes of {rules} undo each other"),
            Reason::Restless => format!("the fixes of {rules} come to no end in {ROUNDS} rounds"),
            Reason::Fault(path, message) => {
                format!("after the fixes of {rules}, `{path}` can no longer be read: {message}")
            }
            Reason::Error(path, rule) if self.paths.iter().eq([path]) => {
                format!("the fixes of {rules} bring up a new error: `{rule}`")
            }
            Reason::Error(path, rule) => {
                format!("the fixes of {rules} bring up a new error in `{path}`: `{rule}`")
            }
        };
        format!("not fixed: {paths}: {reason}")
    }
}

/// The words in backticks, with commas.
fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Applies what can be applied: where fixes do not go together, their files stay as they are, and the rest is mended.
pub fn mend_most(first: &Checked, terms: &Terms<'_>) -> (Mended, Vec<Stuck>) {
    let mut locked: BTreeSet<String> = BTreeSet::new();
    let mut all_stuck = Vec::new();
    loop {
        let may_write = |path: &str| !locked.contains(path) && (terms.may_write)(path);
        let fewer = Terms {
            may_write: &may_write,
            ..*terms
        };
        match mend(first.clone(), &fewer) {
            Ok(mended) => return (mended, all_stuck),
            // Each time at least one more file is locked, so this ends.
            Err(stuck) => {
                locked.extend(stuck.paths.iter().cloned());
                all_stuck.push(stuck);
            }
        }
    }
}

/// Applies what the terms allow to what `first` found, until quiet.
///
/// # Errors
/// Why the fixes do not go together; then nothing may be written.
pub fn mend(first: Checked, terms: &Terms<'_>) -> Result<Mended, Stuck> {
    let originals: Texts = first
        .sources
        .iter()
        .map(|(_, source)| (source.path.clone(), Arc::clone(&source.text)))
        .collect();
    let mut past: Vec<Texts> = Vec::new();
    let mut texts = Texts::new();
    let mut fixed = Vec::new();
    let mut now = first;
    loop {
        let round = choose(&now, terms);
        if round.fixed.is_empty() {
            return Ok(Mended {
                texts,
                fixed,
                left: now,
            });
        }
        if past.len() == ROUNDS {
            return Err(stuck(&round.fixed, Reason::Restless));
        }
        past.push(texts.clone());
        for (file, edits) in &round.edits {
            let source = now.sources.get(*file);
            let edits: Vec<Edit> = edits.values().cloned().collect();
            let new: Arc<str> = apply(&source.text, &edits).into();
            if originals.get(&source.path) == Some(&new) {
                texts.remove(&source.path);
            } else {
                texts.insert(source.path.clone(), new);
            }
        }
        if past.contains(&texts) {
            return Err(stuck(&round.fixed, Reason::Circle));
        }
        let after = (terms.check)(&texts);
        if let Some(reason) = worse(&now, &after) {
            return Err(stuck(&round.fixed, reason));
        }
        fixed.extend(round.fixed);
        now = after;
    }
}

/// The files of the last round that are concerned, and the rules that changed them.
fn stuck(fixed: &[Fixed], reason: Reason) -> Stuck {
    let named = match &reason {
        Reason::Fault(path, _) | Reason::Error(path, _) => Some(path),
        Reason::Circle | Reason::Restless => None,
    };
    let mut concerned: Vec<&Fixed> = fixed
        .iter()
        .filter(|fixed| named.is_none_or(|path| fixed.files.contains(path)))
        .collect();
    if concerned.is_empty() {
        // The trouble came up in a file that nobody touched: any of them may have caused it.
        concerned = fixed.iter().collect();
    }
    Stuck {
        reason,
        paths: concerned
            .iter()
            .flat_map(|fixed| fixed.files.iter().cloned())
            .collect(),
        rules: concerned.iter().map(|fixed| fixed.rule).collect(),
    }
}

/// The fixes of one round: edits by file and start, and whose they are.
#[derive(Default)]
struct Round {
    edits: BTreeMap<SourceId, BTreeMap<(u32, u32), Edit>>,
    fixed: Vec<Fixed>,
}

/// Takes the findings in order; a fix that touches one that was taken waits for the next round.
fn choose(checked: &Checked, terms: &Terms<'_>) -> Round {
    let faulty: BTreeSet<&str> = checked
        .faults
        .iter()
        .map(|fault| {
            fault.span.map_or(fault.path.as_str(), |span| {
                &checked.sources.get(span.source).path
            })
        })
        .collect();
    let writable = |edit: &Edit| {
        let path = checked.sources.get(edit.span.source).path.as_str();
        !faulty.contains(path) && (terms.may_write)(path)
    };
    let mut round = Round::default();
    for finding in &checked.findings {
        let Some(fix) = eligible(finding, terms.lowest) else {
            continue;
        };
        let Ok(edits) = in_order(&fix.edits) else {
            continue;
        };
        if edits
            .iter()
            .all(|edit| writable(edit) && round.has_room(edit))
        {
            let mut files = BTreeSet::new();
            for edit in edits {
                files.insert(checked.sources.get(edit.span.source).path.clone());
                let place = (edit.span.start, edit.span.end);
                round
                    .edits
                    .entry(edit.span.source)
                    .or_default()
                    .insert(place, edit);
            }
            let source = checked.sources.get(finding.span.source);
            round.fixed.push(Fixed {
                rule: finding.rule,
                path: source.path.clone(),
                line: source.position(finding.span.start as usize).line,
                title: fix.title.clone(),
                files,
            });
        }
    }
    round
}

/// The finding's best fix that may be applied.
fn eligible(finding: &Finding, lowest: Applicability) -> Option<&Fix> {
    let lowest = lowest.max(Applicability::Unsafe);
    finding
        .fixes
        .iter()
        .find(|fix| fix.applicability >= lowest && !fix.edits.is_empty())
}

impl Round {
    /// Whether the edit touches none that was taken, or is one of them.
    fn has_room(&self, edit: &Edit) -> bool {
        let Some(taken) = self.edits.get(&edit.span.source) else {
            return true;
        };
        // Taken edits do not touch each other, so only the last that starts before this one's end can be in the way.
        taken
            .range(..=(edit.span.end, u32::MAX))
            .next_back()
            .is_none_or(|(_, last)| last == edit || !last.touches(edit))
    }
}

/// What there is after a round that was not there before it.
fn worse(before: &Checked, after: &Checked) -> Option<Reason> {
    let known: BTreeSet<&str> = before
        .faults
        .iter()
        .map(|fault| fault.path.as_str())
        .collect();
    if let Some(fault) = after
        .faults
        .iter()
        .find(|fault| !known.contains(fault.path.as_str()))
    {
        return Some(Reason::Fault(fault.path.clone(), fault.message.clone()));
    }
    let (old, new) = (errors(before), errors(after));
    new.into_iter()
        .find(|(key, count)| old.get(key).is_none_or(|before| before < count))
        .map(|((path, rule), _)| Reason::Error(path.to_owned(), rule))
}

/// How many errors each rule has in each file.
fn errors(checked: &Checked) -> BTreeMap<(&str, &'static str), usize> {
    let mut counts = BTreeMap::new();
    for finding in &checked.findings {
        if finding.severity == Severity::Error {
            let path = checked.sources.get(finding.span.source).path.as_str();
            *counts.entry((path, finding.rule)).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fault;
    use crate::text::{Sources, Span};

    /// A checker for tests: each `(word, severity, fix)` is found wherever the word stands.
    type Habit = (&'static str, Severity, fn(Span) -> Fix);

    fn checker(
        files: &'static [(&'static str, &'static str)],
        habits: &'static [Habit],
    ) -> impl Fn(&Texts) -> Checked {
        move |texts| {
            let mut checked = Checked::default();
            for (path, text) in files {
                let text = texts
                    .get(*path)
                    .map_or_else(|| Arc::from(*text), Arc::clone);
                let file = checked.sources.add(*path, text.clone());
                for (word, severity, fix) in habits {
                    for (start, _) in text.match_indices(word) {
                        let span = Span::new(file, start, start + word.len());
                        checked
                            .findings
                            .push(Finding::new(word, *severity, span, "m", "w").fix(fix(span)));
                    }
                }
                if text.contains("unreadable") {
                    checked.faults.push(Fault {
                        span: None,
                        path: (*path).to_owned(),
                        message: "cannot be read".to_owned(),
                    });
                }
            }
            checked
        }
    }

    fn run(
        files: &'static [(&'static str, &'static str)],
        habits: &'static [Habit],
        lowest: Applicability,
    ) -> Result<Mended, Stuck> {
        let check = checker(files, habits);
        mend(
            check(&Texts::new()),
            &Terms {
                lowest,
                may_write: &|path| path != "locked",
                check: &check,
            },
        )
    }

    fn put(span: Span, text: &str) -> Vec<Edit> {
        vec![Edit::replace(span, text)]
    }

    #[test]
    fn fixes_are_applied_and_nothing_else_changes() {
        let done = run(
            &[("a", "\u{feff}bad\r\nkeep\tthis bad"), ("b", "fine")],
            &[("bad", Severity::Error, |span| {
                Fix::safe("t", put(span, "good"))
            })],
            Applicability::Safe,
        )
        .unwrap();
        assert_eq!(&*done.texts["a"], "\u{feff}good\r\nkeep\tthis good");
        assert_eq!(done.texts.len(), 1);
        assert_eq!(done.fixed.len(), 2);
        assert!(done.left.findings.is_empty());
    }

    #[test]
    fn risky_fixes_wait_for_consent_and_display_fixes_for_ever() {
        const HABITS: &[Habit] = &[
            ("risky", Severity::Warning, |span| {
                Fix::risky("t", put(span, "x"))
            }),
            ("shown", Severity::Warning, |span| {
                Fix::display("t", put(span, "y"))
            }),
        ];
        const FILES: &[(&str, &str)] = &[("a", "risky shown")];
        assert!(
            run(FILES, HABITS, Applicability::Safe)
                .unwrap()
                .texts
                .is_empty()
        );
        for lowest in [Applicability::Unsafe, Applicability::Display] {
            assert_eq!(&*run(FILES, HABITS, lowest).unwrap().texts["a"], "x shown");
        }
    }

    #[test]
    fn a_fix_that_touches_another_waits_for_the_next_round() {
        let done = run(
            &[("a", "onetwo")],
            &[
                ("one", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "1"))
                }),
                ("two", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "2"))
                }),
            ],
            Applicability::Safe,
        )
        .unwrap();
        assert_eq!(&*done.texts["a"], "12");
    }

    #[test]
    fn the_same_edit_of_two_findings_is_made_once() {
        let done = run(
            &[("a", "word")],
            &[
                ("word", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "w"))
                }),
                ("word", Severity::Error, |span| {
                    Fix::safe("t", put(span, "w"))
                }),
            ],
            Applicability::Safe,
        )
        .unwrap();
        assert_eq!((&*done.texts["a"], done.fixed.len()), ("w", 2));
    }

    #[test]
    fn a_fix_that_never_satisfies_its_rule_ends_after_some_rounds() {
        let stuck = run(
            &[("a", "more")],
            &[("more", Severity::Warning, |span| {
                Fix::safe("t", vec![Edit::insert_after(span, "!")])
            })],
            Applicability::Safe,
        )
        .unwrap_err();
        assert_eq!(stuck.reason, Reason::Restless);
    }

    #[test]
    fn a_fix_over_two_files_is_made_whole_or_not_at_all() {
        const HABITS: &[Habit] = &[("both", Severity::Warning, |span| {
            Fix::safe(
                "t",
                vec![
                    Edit::replace(span, "x"),
                    Edit::replace(Span::new(SourceId(1), 0, 1), "X"),
                ],
            )
        })];
        let done = run(&[("a", "both"), ("b", "x")], HABITS, Applicability::Safe).unwrap();
        assert_eq!((&*done.texts["a"], &*done.texts["b"]), ("x", "X"));
        for second in ["locked", "b"] {
            let files: &'static [(&str, &str)] = if second == "b" {
                &[("a", "both"), ("b", "x unreadable")]
            } else {
                &[("a", "both"), ("locked", "x")]
            };
            let done = run(files, HABITS, Applicability::Safe).unwrap();
            assert!(done.texts.is_empty());
            assert_eq!(done.left.findings.len(), 1);
        }
    }

    #[test]
    fn a_circle_is_named_and_nothing_is_written() {
        let stuck = run(
            &[("a", "ping")],
            &[
                ("ping", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "pong"))
                }),
                ("pong", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "ping"))
                }),
            ],
            Applicability::Safe,
        )
        .unwrap_err();
        assert_eq!(stuck.reason, Reason::Circle);
        assert_eq!(
            stuck.message(),
            "not fixed: `a`: the fixes of `pong` undo each other"
        );
    }

    #[test]
    fn a_new_fault_or_a_new_error_stops_everything() {
        let fault = run(
            &[("a", "bad")],
            &[("bad", Severity::Warning, |span| {
                Fix::safe("t", put(span, "unreadable"))
            })],
            Applicability::Safe,
        )
        .unwrap_err();
        assert_eq!(
            fault.reason,
            Reason::Fault("a".into(), "cannot be read".into())
        );
        let error = run(
            &[("a", "bad")],
            &[
                ("bad", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "worse"))
                }),
                ("worse", Severity::Error, |span| {
                    Fix::display("t", put(span, ""))
                }),
            ],
            Applicability::Safe,
        )
        .unwrap_err();
        assert_eq!(error.reason, Reason::Error("a".into(), "worse"));
        assert!(error.rules.contains("bad"));
    }

    #[test]
    fn where_fixes_do_not_go_together_the_other_files_are_mended_all_the_same() {
        let check = checker(
            &[
                ("a", "ping"),
                ("b", "bad"),
                ("c", "good"),
                ("d", "bad ping"),
            ],
            &[
                ("ping", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "ping!"))
                }),
                ("bad", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "worse"))
                }),
                ("worse", Severity::Error, |span| {
                    Fix::display("t", put(span, ""))
                }),
                ("good", Severity::Warning, |span| {
                    Fix::safe("t", put(span, "better"))
                }),
            ],
        );
        let (mended, stuck) = mend_most(
            &check(&Texts::new()),
            &Terms {
                lowest: Applicability::Safe,
                may_write: &|_| true,
                check: &check,
            },
        );
        assert_eq!(mended.texts.keys().collect::<Vec<_>>(), ["c"]);
        let paths: Vec<&String> = stuck.iter().flat_map(|stuck| &stuck.paths).collect();
        assert_eq!(paths, ["b", "d", "a"]);
    }

    #[test]
    fn a_thousand_fixes_take_one_round() {
        let mut checked = Checked {
            sources: Sources::default(),
            ..Checked::default()
        };
        let file = checked.sources.add("a", "x ".repeat(1_000));
        for index in 0..1_000 {
            let span = Span::new(file, index * 2, index * 2 + 1);
            checked.findings.push(
                Finding::new("r", Severity::Note, span, "m", "w")
                    .fix(Fix::safe("t", put(span, "y"))),
            );
        }
        let done = mend(
            checked,
            &Terms {
                lowest: Applicability::Safe,
                may_write: &|_| true,
                check: &|_| Checked::default(),
            },
        )
        .unwrap();
        assert_eq!(&*done.texts["a"], "y ".repeat(1_000));
    }
}
