//! `saves-response`: wget saves what it gets, and the second run meets the file of the first.

use crate::facts::{Flavour, Shell, container};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, Command, base};
use crate::model::url;
use crate::outcome::request::{self, Client, Request};
use crate::outcome::{Reach, World};
use crate::rule::{Context, Rule, Watched};

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
    for (watched, call) in context.calls() {
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
        // What cannot run saves nothing.
        let shell = watched.command.as_ref().is_some_and(Command::needs_shell);
        if shell && watched.inventory.shell() == Shell::None
            || watched.inventory.has("wget").is_no()
        {
            continue;
        }
        // Where nothing can be written, nothing is saved, and that has a name of its own.
        let file = saved_name(call, &request).unwrap_or("index.html");
        if container::refusal(watched.service, &watched.inventory, file).is_some() {
            continue;
        }
        let continues = request.options.has(&["-c", "--continue"]);
        let (severity, why) = match request.flavour {
            Flavour::Busybox if continues => (
                match watched.reach(call) {
                    Reach::Perhaps => Severity::Warning,
                    Reach::Always | Reach::WhileHealthy => Severity::Error,
                },
                "BusyBox takes the file of the first run for the answer: from then on the check passes whatever happens",
            ),
            Flavour::Busybox if fails_later(watched, call) => (
                Severity::Error,
                "BusyBox refuses to overwrite it: the first check passes, and every later one fails with `File exists`",
            ),
            Flavour::Busybox => (
                Severity::Warning,
                "BusyBox refuses to overwrite it: where the file is still there, `wget` fails with `File exists`",
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
        let file = saved_name(call, &request);
        let used = |other: &Call| {
            let is_file = |text: &str| !text.contains("://") && Some(base(text)) == file;
            other.words[1..]
                .iter()
                .any(|word| word.literal().is_some_and(is_file))
        };
        let mut users = watched.calls.iter().filter(|other| used(other));
        if users.clone().any(|other| other.name() == Some("rm")) {
            continue;
        }
        let finding = watched.finding(
            &RULE,
            severity,
            call.words[0].span,
            "`wget` saves the answer to a file",
            why,
        );
        findings.push(if users.next().is_some() {
            finding.help("let `wget` print the answer (`-q -O -`), and read it from there")
        } else {
            finding
                .help("throw the answer away: `-q -O /dev/null`")
                .fix(thrown_away(watched, call, &request))
        });
    }
    findings
}

fn thrown_away(watched: &Watched<'_>, call: &Call, request: &Request) -> Option<Fix> {
    let quiet = request
        .options
        .has(&["-q", "--quiet", "-nv", "--no-verbose"]);
    let new: &[&str] = if quiet {
        &["-O", "/dev/null"]
    } else {
        &["-q", "-O", "/dev/null"]
    };
    let edit = watched.insert_words(call, 0, new)?;
    Some(Fix::safe("throw the answer away", vec![edit]))
}

/// The name under which the answer is saved: the last part of the address.
fn saved_name<'a>(call: &'a Call, request: &Request) -> Option<&'a str> {
    let text = request.url(call)?.literal()?;
    let path = text.get(url::parse(text).path)?;
    let name = path.rsplit('/').next().unwrap_or_default();
    Some(if name.is_empty() { "index.html" } else { name })
}

/// Whether a check that the first run passed meets the file of that run, and fails on it.
fn fails_later(watched: &Watched<'_>, call: &Call) -> bool {
    let fails = watched.outcome.as_ref().is_some_and(|outcome| {
        let statuses = outcome.in_world(World::Healthy).statuses;
        statuses.nonzero && !statuses.unknown
    });
    // What takes files away may take this one.
    let tidies = |other: &Call| matches!(other.name(), Some("rm" | "mv"));
    fails && watched.reach(call) != Reach::Perhaps && !watched.calls.iter().any(tidies)
}
