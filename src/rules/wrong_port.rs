//! `wrong-port`: the check asks at a port where nobody in the container listens.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call};
use crate::model::project::{EnvironmentVariable, Service};
use crate::model::url::{self, Url};
use crate::outcome::request;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "wrong-port",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/wrong-port.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(service) = watched.service else {
            continue;
        };
        // With the host's network, or another container's, ports mean something else.
        if service.network_mode.is_some() {
            continue;
        }
        for call in &watched.calls {
            findings.extend(judge(watched, service, call));
        }
    }
    findings
}

fn judge(watched: &Watched<'_>, service: &Service, call: &Call) -> Option<Finding> {
    let request = request::request(call, &watched.inventory)?;
    let word = request.url(call)?;
    let url = url::parse(word.text.as_str());
    if url.is_loopback() != Some(true) || !url.problems.is_empty() {
        return None;
    }
    let asked = url.effective_port()?;
    let known = |port: u16| {
        watched.inventory.ports.contains(&port)
            || service
                .ports
                .iter()
                .any(|mapping| mapping.container == Some(port))
    };
    if known(asked) {
        return None;
    }
    let (right, label, words) =
        host_side(service, asked).or_else(|| set_by_environment(watched, service, asked))?;
    let edit = with_port(word, &url, right);
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                word.span,
                format!("the check asks at port {asked}, but the service listens on {right}"),
                "the check runs inside the container, where only the container's own ports count",
            )
            .label(label, words)
            .help(format!("ask at port {right}"))
            .fix(edit.map(|edit| Fix::risky(format!("ask at port {right}"), vec![edit]))),
    )
}

/// The port is the outer side of one of the service's own mappings.
fn host_side(service: &Service, asked: u16) -> Option<(u16, Span, String)> {
    let mapping = service
        .ports
        .iter()
        .find(|mapping| mapping.host == Some(asked))?;
    let right = mapping.container?;
    Some((
        right,
        mapping.span,
        format!("{asked} is the port outside, {right} the one inside"),
    ))
}

/// The service's environment sets the port, and the image or a mapping agrees with it.
fn set_by_environment(
    watched: &Watched<'_>,
    service: &Service,
    asked: u16,
) -> Option<(u16, Span, String)> {
    // An image with several ports may well have one that nobody here speaks of.
    if watched.inventory.ports.len() > 1 || service.ports.len() > 1 {
        return None;
    }
    let agreed = |port: u16| {
        watched.inventory.ports.contains(&port)
            || service
                .ports
                .iter()
                .any(|mapping| mapping.container == Some(port))
    };
    let port_of = |entry: &EnvironmentVariable| {
        let value = entry.value.as_ref()?.known()?;
        names_the_web_port(&entry.name).then(|| value.parse().ok())?
    };
    let entry = service
        .environment
        .iter()
        .find(|entry| port_of(entry).is_some_and(agreed))?;
    let right = port_of(entry)?;
    let spoken_of = service.environment.iter().any(|entry| {
        entry.value.as_ref().is_some_and(|value| {
            value
                .as_str()
                .split(|c: char| !c.is_ascii_digit())
                .any(|number| number.parse() == Ok(asked))
        })
    });
    (!spoken_of).then(|| {
        (
            right,
            entry.span,
            format!("the service is told to listen on {right}"),
        )
    })
}

/// `PORT`, `HTTP_PORT`, `TS_PORT`: the one port of a small service. A longer name, or one that speaks of another
/// protocol, may well be a second port.
fn names_the_web_port(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "SSH", "SFTP", "SFTPD", "FTP", "SMTP", "IMAP", "DB", "DATABASE", "POSTGRES", "MYSQL",
        "REDIS", "MONGO", "GRPC", "RPC", "METRICS", "ADMIN", "UDP", "TCP", "DNS", "RTC", "RTMP",
        "RTP", "TURN", "STUN", "LDAP", "AMQP", "MQTT", "HTTPS", "TLS", "SSL", "P2P", "PEER",
        "DEBUG", "VPN", "MAIL", "SYSLOG", "HOST",
    ];
    match name.strip_suffix("PORT") {
        Some("") => true,
        Some(before) => before
            .strip_suffix('_')
            .is_some_and(|word| !word.is_empty() && !word.contains('_') && !OTHERS.contains(&word)),
        None => false,
    }
}

fn with_port(word: &Argument, url: &Url, port: u16) -> Option<Edit> {
    if let Some(range) = &url.port {
        return word.text.replace(range.clone(), &port.to_string());
    }
    let end = url.host.end;
    word.text.replace(end..end, &format!(":{port}"))
}
