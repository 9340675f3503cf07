//! Speakers: each turns the same findings and faults into one form, and decides nothing about them.

pub mod concise;
pub mod diff;
mod excerpt;
pub mod github;
pub mod human;
pub mod json;
pub mod sarif;
pub mod visible;

use crate::finding::{Fault, Finding, Severity};
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
}
