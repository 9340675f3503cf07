//! `zombie-wget`: BusyBox wget starts a helper for https that nobody waits for.

use crate::facts::Flavour;
use crate::facts::container::{self, Reaping};
use crate::facts::recipes::Recipe;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::url::{self, Url};
use crate::outcome::Reach;
use crate::outcome::request::{self, Client};
use crate::outcome::substitute;
use crate::rule::{Context, Rule, Watched};
use crate::text::Span;

/// See the page.
pub const RULE: Rule = Rule {
    name: "zombie-wget",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/zombie-wget.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(of_container).collect()
}

/// What is worst about a container: one process is left behind as surely as two.
fn of_container(watched: &Watched<'_>) -> Option<Finding> {
    let reaping = container::reaping(watched.service, &watched.inventory);
    let orphans = watched.calls.iter().filter_map(|call| {
        let orphan = orphan(watched, call)?;
        let severity = severity(&orphan, &reaping)?;
        Some((severity, orphan))
    });
    // The first of the worst.
    let (severity, orphan) =
        orphans.reduce(|worst, next| if next.0 > worst.0 { next } else { worst })?;
    Some(finding(watched, &orphan, severity, &reaping))
}

/// A process that is left behind.
struct Orphan<'a> {
    call: &'a Call,
    span: Span,
    program: &'static str,
    how: String,
    /// The word that is an https URL.
    url: Option<usize>,
    /// Only if the server sends the client on to https.
    redirected: bool,
    reach: Reach,
}

fn orphan<'a>(watched: &Watched<'_>, call: &'a Call) -> Option<Orphan<'a>> {
    let reach = watched.reach(call);
    if call.name()? == "timeout" && watched.inventory.flavour("timeout") == Some(Flavour::Busybox) {
        return Some(Orphan {
            call,
            span: call.words[0].span,
            program: "timeout",
            how: "BusyBox `timeout` forks its watchdog twice and waits for neither".to_owned(),
            url: None,
            redirected: false,
            reach,
        });
    }
    let request = request::request(call, &watched.inventory)?;
    if request.client != Client::Wget || request.flavour != Flavour::Busybox {
        return None;
    }
    request.urls.iter().find_map(|at| {
        let word = call.words.get(*at)?;
        // A URL without a host never gets as far as starting the helper.
        let parsed = url::parse(word.text.as_str());
        if !parsed.problems.is_empty() {
            return None;
        }
        let https = parsed.effective_scheme().as_deref() == Some("https");
        let sent_on = sends_on(watched, &parsed);
        let helper = "BusyBox `wget` starts `ssl_client` and never waits for it";
        let how = match sent_on {
            _ if https => format!("for `https://` {helper}"),
            Some(recipe) => format!(
                "{} sends `http://` on to `https://` where it has a certificate, and for that {helper}",
                recipe.name
            ),
            None => return None,
        };
        Some(Orphan {
            call,
            span: word.span,
            program: "ssl_client",
            how,
            url: https.then_some(*at),
            redirected: !https,
            reach,
        })
    })
}

/// What is known about a server that sends this request on to https. That it speaks TLS at all, the service says by
/// publishing such a port.
fn sends_on(watched: &Watched<'_>, url: &Url) -> Option<&'static Recipe> {
    let recipe = watched.inventory.recipe.filter(|recipe| recipe.redirects)?;
    let published = watched.service?.ports.iter().any(|port| {
        port.container
            .is_some_and(|inside| recipe.tls.contains(&inside))
    });
    let asked = url.is_loopback() == Some(true) && url.effective_port() == Some(80);
    (published && asked).then_some(recipe)
}

/// How bad it is; None where somebody clears it away and nobody minds.
fn severity(orphan: &Orphan<'_>, reaping: &Reaping) -> Option<Severity> {
    let severity = match reaping {
        Reaping::Init(_) | Reaping::Reaps { reacts: None, .. } => return None,
        Reaping::Reaps { .. } | Reaping::Unknown => Severity::Warning,
        Reaping::Leaves { .. } => Severity::Error,
    };
    Some(match orphan.reach {
        _ if orphan.redirected => Severity::Note,
        Reach::Perhaps => severity.min(Severity::Warning),
        Reach::Always | Reach::WhileHealthy => severity,
    })
}

fn finding(
    watched: &Watched<'_>,
    orphan: &Orphan<'_>,
    severity: Severity,
    reaping: &Reaping,
) -> Finding {
    let Orphan { program, how, .. } = orphan;
    let what = match orphan.reach {
        Reach::Perhaps => format!("a check may leave a dead `{program}` process behind"),
        _ if orphan.redirected => format!("a check may leave a dead `{program}` process behind"),
        Reach::WhileHealthy => {
            format!("every check of a healthy service leaves a dead `{program}` process behind")
        }
        Reach::Always => format!("every check leaves a dead `{program}` process behind"),
    };
    let why = match reaping {
        Reaping::Reaps {
            program,
            reacts: Some(reacts),
        } => format!("{how}; PID 1, `{program}`, clears it away, but {reacts}"),
        Reaping::Leaves { program } => format!("{how}, and PID 1, `{program}`, does not either"),
        _ => format!("{how}; unless PID 1 does, the process table fills up"),
    };
    let help = if orphan.url.is_some() {
        "let an init clear away dead processes (`init: true`), or ask with another client or over plain http on loopback"
    } else if orphan.redirected {
        "let an init clear away dead processes (`init: true`), or ask at an address that is not sent on"
    } else {
        "let an init clear away dead processes (`init: true`), or do without `timeout`: clients have limits of their own"
    };
    watched
        .finding(&RULE, severity, orphan.span, what, why)
        .help(help)
        .fix(watched.with_init(reaping))
        .fix(other_client(watched, orphan))
        .fix(plain_http(orphan))
}

/// The same request with a client that needs no helper.
fn other_client(watched: &Watched<'_>, orphan: &Orphan<'_>) -> Option<Fix> {
    let at = orphan.url?;
    if orphan.call.through("busybox") {
        return None;
    }
    let mut other = substitute::substitutes(orphan.call, &watched.inventory)
        .into_iter()
        .find(|other| other.program == "curl" && other.kept == Some(at))?;
    let title = "ask with `curl`, which starts no helper";
    let url = url::parse(orphan.call.words.get(at)?.text.as_str());
    // BusyBox looks at no certificate, and nobody gives out one for the loopback.
    let loopback = url.is_loopback() == Some(true);
    if loopback {
        other.before.insert(1, "-k".to_owned());
    }
    let edits = watched.replace_call(orphan.call, &other.before, other.kept)?;
    Some(if loopback {
        Fix::safe(title, edits)
    } else {
        Fix::risky(title, edits)
    })
}

/// Plain http, where nobody listens in; whether the service offers it, its author knows.
fn plain_http(orphan: &Orphan<'_>) -> Option<Fix> {
    let word = &orphan.call.words.get(orphan.url?)?.text;
    if url::parse(word.as_str()).is_loopback() != Some(true) {
        return None;
    }
    let scheme = word.as_str().get(..5).filter(|scheme| *scheme == "https")?;
    let edit = word.replace(0..scheme.len(), "http")?;
    Some(Fix::display(
        "ask over plain http, at the port where the service offers it",
        vec![edit],
    ))
}
