//! Speakers: each turns the same findings and faults into one form, and decides nothing about them.

pub mod concise;
pub mod diff;
mod excerpt;
pub mod explained;
pub mod github;
pub mod human;
pub mod json;
pub mod sarif;
pub mod suggested;
pub mod time_line;
pub mod visible;
pub mod wrap;

use crate::finding::{Applicability, Fault, Finding, Severity};
use crate::rule::Rule;
use crate::text::Sources;

/// Everything that one run has to say.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The texts that the spans point into.
    pub sources: &'a Sources,
    /// The findings, in the order in which they are told.
    pub findings: &'a [Finding],
    /// The faults, in the order in which they are told.
    pub faults: &'a [Fault],
    /// Every rule that may speak.
    pub rules: &'a [&'a Rule],
    /// How many files were judged.
    pub files: usize,
    /// How many health checks were judged.
    pub probes: usize,
}

impl Report<'_> {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Where the page of the rule of this name can be read.
    pub fn url(&self, rule: &str) -> Option<String> {
        self.rules
            .iter()
            .find(|known| known.name == rule)
            .map(|known| known.url())
    }

    /// One line for the end: how much was found in how much, and how much of it a flag would mend.
    pub fn summary(&self) -> String {
        let mut parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
            .iter()
            .map(|severity| (self.count(*severity), severity.word()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| counted(count, word))
            .collect();
        if parts.is_empty() {
            parts.push("no findings".to_owned());
        }
        if !self.faults.is_empty() {
            parts.push(counted(self.faults.len(), "fault"));
        }
        let fixable = |applicability| {
            self.findings
                .iter()
                .filter(|finding| {
                    finding.fixes.iter().map(|fix| fix.applicability).max() == Some(applicability)
                })
                .count()
        };
        let (safe, risky) = (fixable(Applicability::Safe), fixable(Applicability::Unsafe));
        let cures = match (safe, risky) {
            (0, 0) => String::new(),
            (_, 0) => format!("; --fix mends {safe}"),
            (0, _) => format!("; --fix --unsafe-fixes mends {risky}"),
            _ => format!("; --fix mends {safe}, with --unsafe-fixes {}", safe + risky),
        };
        format!(
            "{} in {} ({}){cures}",
            parts.join(", "),
            counted(self.probes, "health check"),
            counted(self.files, "file")
        )
    }
}

/// `1 file`, `2 files`.
fn counted(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}
