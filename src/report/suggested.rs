//! What `healthlint suggest` says beside its diff: what is offered for whom, and what is missing where nothing is.

use std::fmt::Write as _;

use super::{Report, concise, visible};
use crate::finding::{Applicability, Finding, Fix};

/// What is to be filled in where nothing is known.
const TEMPLATE: &str = "    # healthcheck:
    #   test: [\"CMD\", \"…\"]  # ends with 0 only while the service works
    #   interval: 30s
    #   timeout: 10s
    #   start_period: 30s
    #   start_interval: 5s
";

/// A line for each service; what can only be shown is shown as a comment, and a template stands at the end where
/// there is something left to fill in.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    let mut open = false;
    for finding in report.findings {
        let place = concise::place(report.sources, finding.span);
        let name = visible::line(finding.service.as_deref().unwrap_or_default()).into_owned();
        let words = visible::line(words(finding)).into_owned();
        match finding.fixes.first() {
            Some(fix) if fix.applicability == Applicability::Display => {
                let _ = writeln!(out, "{place}: `{name}`: only shown: {words}");
                out += &commented(fix);
            }
            Some(_) => {
                let _ = writeln!(out, "{place}: `{name}`: {words}");
            }
            None => {
                open = true;
                let _ = writeln!(out, "{place}: `{name}`: nothing to suggest: {words}");
            }
        }
    }
    for fault in report.faults {
        out += &concise::fault_line(report.sources, fault);
        out.push('\n');
    }
    if open {
        out += "where nothing is suggested, fill this in:\n";
        out += TEMPLATE;
    }
    if report.findings.is_empty() && report.faults.is_empty() {
        out += "every service that stays has a health check\n";
    }
    out
}

fn words(finding: &Finding) -> &str {
    match finding.fixes.first() {
        Some(fix) => &fix.title,
        None => finding.help.as_deref().unwrap_or(&finding.why),
    }
}

/// The first text that the fix brings, as comment lines.
fn commented(fix: &Fix) -> String {
    let text = fix.edits.first().map_or("", |edit| edit.text.as_str());
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let blanks = |line: &&str| line.len() - line.trim_start().len();
    let indent = lines.iter().map(blanks).min().unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        let line = visible::line(line.get(indent..).unwrap_or(line)).into_owned();
        let _ = writeln!(out, "    # {line}");
    }
    out
}
