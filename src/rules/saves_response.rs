//! `saves-response`: wget saves what it gets, and the second run meets the file of the first.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::outcome::request::{self, Client};
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "saves-response",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/saves-response.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        for call in &watched.calls {
            let Some(request) = request::request(call, &watched.inventory) else {
                continue;
            };
            if request.client != Client::Wget
                || !request.saves
                || request.options.doubtful
                || request.urls.is_empty()
            {
                continue;
            }
            let continues = request.has(&["-c", "--continue"]);
            let (severity, why) = match request.flavour {
                Flavour::Busybox if continues => (
                    Severity::Error,
                    "BusyBox takes the file of the first run for the answer: from then on the check passes whatever happens",
                ),
                Flavour::Busybox => (
                    Severity::Error,
                    "BusyBox refuses to overwrite it: the first check passes, and every later one fails with `File exists`",
                ),
                Flavour::Gnu => (
                    Severity::Warning,
                    "every check leaves one more file: `health`, `health.1`, `health.2` and so on",
                ),
                _ => (
                    Severity::Warning,
                    "GNU wget leaves one more file for every check, and BusyBox wget fails from the second check on",
                ),
            };
            // A check that tidies up, or asks otherwise first, may never meet the old file.
            let alone = watched.calls.iter().all(|other| {
                other.builtin || !matches!(other.name(), Some("rm" | "mktemp" | "curl" | "mv"))
            }) && !watched.calls.iter().any(|other| other.name() == Some("cd"));
            let severity = if alone {
                severity
            } else {
                severity.min(Severity::Warning)
            };
            let quiet = request.has(&["-q", "--quiet", "-nv", "--no-verbose"]);
            let new: &[&str] = if quiet {
                &["-O", "/dev/null"]
            } else {
                &["-q", "-O", "/dev/null"]
            };
            let edit = watched.insert_words(call, 0, new);
            findings.push(
                watched
                    .finding(
                        &RULE,
                        severity,
                        call.words[0].span,
                        "`wget` saves the answer to a file",
                        why,
                    )
                    .help("throw the answer away: `-q -O /dev/null`")
                    .fix(edit.map(|edit| Fix::safe("throw the answer away", vec![edit]))),
            );
        }
    }
    findings
}
