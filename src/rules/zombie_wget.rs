//! `zombie-wget`: BusyBox wget starts a helper for https that nobody waits for.

use crate::facts::Flavour;
use crate::facts::container::{self, Reaping};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::url;
use crate::outcome::request::{self, Client};
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "zombie-wget",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/zombie-wget.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let orphans: Vec<_> = watched
            .calls
            .iter()
            .filter_map(|call| orphan(watched, call))
            .collect();
        let Some(orphan) = orphans.into_iter().next() else {
            continue;
        };
        let reaping = container::reaping(watched.service, &watched.inventory);
        findings.extend(judge(watched, &orphan, &reaping));
    }
    findings
}

/// A process that is left behind by every run.
struct Orphan {
    span: Span,
    what: String,
    how: String,
}

fn orphan(watched: &Watched<'_>, call: &Call) -> Option<Orphan> {
    if call.name()? == "timeout" && watched.inventory.flavour("timeout") == Some(Flavour::Busybox) {
        return Some(Orphan {
            span: call.words[0].span,
            what: "every check leaves a dead `timeout` process behind".to_owned(),
            how: "BusyBox `timeout` forks its watchdog twice and waits for neither".to_owned(),
        });
    }
    let request = request::request(call, &watched.inventory)?;
    if request.client != Client::Wget || request.flavour != Flavour::Busybox {
        return None;
    }
    let url = request.urls.iter().find_map(|at| {
        let word = call.words.get(*at)?;
        // A URL without a host never gets as far as starting the helper.
        let parsed = url::parse(word.text.as_str());
        let https = parsed.effective_scheme().as_deref() == Some("https");
        (https && parsed.problems.is_empty()).then_some(word)
    })?;
    Some(Orphan {
        span: url.span,
        what: "every check leaves a dead `ssl_client` process behind".to_owned(),
        how: "for https BusyBox `wget` starts `ssl_client` and never waits for it".to_owned(),
    })
}

fn judge(watched: &Watched<'_>, orphan: &Orphan, reaping: &Reaping) -> Option<Finding> {
    let (severity, why) = match reaping {
        Reaping::Init(_) | Reaping::Reaps { reacts: None, .. } => return None,
        Reaping::Reaps {
            program,
            reacts: Some(reacts),
        } => (
            Severity::Warning,
            format!(
                "{}; PID 1, `{program}`, clears it away, but {reacts}",
                orphan.how
            ),
        ),
        Reaping::Leaves { program } => (
            Severity::Error,
            format!("{}, and PID 1, `{program}`, does not either", orphan.how),
        ),
        Reaping::Unknown => (
            Severity::Warning,
            format!(
                "{}; unless PID 1 does, the process table fills up",
                orphan.how
            ),
        ),
    };
    let finding = watched
        .finding(&RULE, severity, orphan.span, orphan.what.clone(), why)
        .help("let an init clear away dead processes (`init: true`), or ask over plain http on loopback");
    Some(finding.fix(init(watched, reaping)))
}

/// `init: true`, where the service can have one.
fn init(watched: &Watched<'_>, reaping: &Reaping) -> Option<Fix> {
    let service = watched.service?;
    if service.pid.is_some() {
        return None;
    }
    let edit = match &service.init {
        Some(init) if init.through.is_none() => Edit::replace(init.span, "true"),
        Some(_) => return None,
        None => service.place.add("init", "true")?,
    };
    let title = "let an init be PID 1";
    // An unknown PID 1 may be an init of its own that insists on being the first.
    Some(if matches!(reaping, Reaping::Leaves { .. }) {
        Fix::safe(title, vec![edit])
    } else {
        Fix::risky(title, vec![edit])
    })
}
