//! `wrong-scheme`: plain HTTP to a port that speaks TLS, or the other way round.

use crate::facts::said::says;
use crate::facts::servers::Server;
use crate::finding::{Finding, Severity};
use crate::model::command::Call;
use crate::model::project::Service;
use crate::model::url;
use crate::outcome::request;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "wrong-scheme",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/wrong-scheme.md"),
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let calls = context.calls();
    calls
        .filter_map(|(watched, call)| judge(watched, call))
        .collect()
}

/// What a port speaks, and why we say so.
struct Speech {
    tls: bool,
    why: String,
}

fn judge(watched: &Watched<'_>, call: &Call) -> Option<Finding> {
    let program = call.name()?;
    let request = request::request(call, &watched.inventory)?;
    let word = request.url(call)?;
    let asked = url::parse(word.text.as_str());
    if asked.is_loopback() != Some(true) || !asked.problems.is_empty() {
        return None;
    }
    let scheme = asked.effective_scheme()?;
    let port = asked.effective_port()?;
    let speech = speech(watched, port)?;
    let (wrong, right) = match (scheme.as_str(), speech.tls) {
        ("http", true) => ("http", "https"),
        ("https", false) => ("https", "http"),
        _ => return None,
    };
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                word.span,
                format!("`{program}` speaks {wrong} to port {port}, which speaks {right}"),
                speech.why,
            )
            .help(match right {
                "https" => "ask with `https://`, and tell the client which certificate to trust",
                _ => "ask with `http://`",
            }),
    )
}

fn speech(watched: &Watched<'_>, port: u16) -> Option<Speech> {
    let server = watched.inventory.server.map(|served| served.server);
    if let Some(server) = server.filter(|server| server.tls.contains(&port)) {
        return told(server, watched.service?, &watched.inventory.shown);
    }
    // The two ports that the world agrees on.
    let (tls, why) = match port {
        443 => (true, "443 is the port of https"),
        80 => (false, "80 is the port of plain http"),
        _ => return None,
    };
    Some(Speech {
        tls,
        why: format!("{why}: the other side answers with an error or hangs up"),
    })
}

/// What the server's port speaks, by its settings or by nature.
fn told(server: &Server, service: &Service, image: &str) -> Option<Speech> {
    let said = |all: &[String]| {
        let mut answers = all
            .iter()
            .map(|what| (what.clone(), says(Some(service), what)));
        answers.find(|(_, answer)| *answer != Some(false))
    };
    // A settings file of the user's may say anything.
    if let Some(name) = &server.settings
        && service
            .mounts
            .iter()
            .any(|mount| mount.value.as_str().ends_with(name.as_str()))
    {
        return None;
    }
    let (tls, why) = match (
        said(&server.plain),
        said(&server.secured),
        said(&server.doubt),
    ) {
        (Some((what, Some(true))), _, _) => {
            (false, format!("`{what}` makes {image} speak plainly"))
        }
        (_, Some((what, Some(true))), _) => (true, format!("`{what}` makes {image} speak TLS")),
        (None, None, None) => (
            true,
            format!("{image} speaks TLS there unless somebody says otherwise"),
        ),
        _ => return None,
    };
    Some(Speech { tls, why })
}
