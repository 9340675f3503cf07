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
use crate::text::Sources;

/// What a speaker needs to know of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCard {
    /// The rule's name, as in `--select`.
    pub name: &'static str,
    /// The severity its findings have unless the configuration says otherwise.
    pub severity: Severity,
    /// One sentence: the first paragraph of the page.
    pub summary: &'static str,
    /// The whole page, in Markdown.
    pub page: &'static str,
}

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
    pub rules: &'a [RuleCard],
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
}

/// Where a rule's page can be read.
pub fn url(rule: &str) -> String {
    format!("{}/blob/main/rules/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}
