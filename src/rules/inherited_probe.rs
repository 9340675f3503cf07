//! `inherited-probe`: a worker that keeps the web check of the image which it shares with the web service.

use crate::facts::{OwnCheck, workers};
use crate::finding::{Finding, Fix, Severity};
use crate::model::project::{Invocation, Service};
use crate::rule::{Context, Rule};
use crate::text::Span;

/// See the page.
pub const RULE: Rule = Rule {
    name: "inherited-probe",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/inherited-probe.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let services = context.project.services.iter();
    services
        .filter_map(|service| judge(context, service))
        .collect()
}

fn judge(context: &Context<'_>, service: &Service) -> Option<Finding> {
    if service.probe.is_some() || !service.complete || service.without_container {
        return None;
    }
    let word = workers::works(service)?;
    let command = service.command.as_ref()?;
    let (port, place) = asked(context, service)?;
    let publishes = |other: &Service| {
        let mut ports = other.ports.iter();
        ports
            .find(|mapping| mapping.container == Some(port))
            .map(|mapping| mapping.span)
    };
    if publishes(service).is_some() || speaks_of(&command.value, port) {
        return None;
    }
    let mut others =
        context.project.services.iter().filter(|other| {
            other.name.value != service.name.value && is_same_image(service, other)
        });
    let published = others.find_map(publishes)?;
    let own = &service.name.value;
    let mut finding = Finding::new(
        RULE.name,
        Severity::Warning,
        command.span,
        format!("`{own}` keeps the web check of its image"),
        format!("the check asks port {port}, and `{word}` does not serve it: the container is never healthy"),
    )
    .label(published, "the service that is asked there")
    .help("switch the check off here, or write one that asks the worker");
    if let Some(place) = place {
        finding = finding.label(place, "the check that comes along");
    }
    finding.service = Some(own.clone());
    let edit = service
        .place
        .add_mapping("healthcheck", &[("disable", "true")]);
    let fix = edit.map(|edit| Fix::risky("switch the check off for this service", vec![edit]));
    Some(finding.fix(fix))
}

/// The port of the loopback that the image's own check asks, and where that stands.
fn asked(context: &Context<'_>, service: &Service) -> Option<(u16, Option<Span>)> {
    let mut watched = context.watched.iter();
    let own = watched.find(|watched| {
        watched
            .service
            .is_some_and(|other| std::ptr::eq(other, service))
    });
    if let Some(watched) = own {
        let words = watched.calls.iter().flat_map(|call| &call.words);
        let mut ports = words.filter_map(|word| port_of(word.literal()?));
        return Some((ports.next()?, Some(watched.probe.span)));
    }
    let OwnCheck::Command(text) = &context.inventory(service)?.check else {
        return None;
    };
    Some((port_of(text)?, None))
}

/// The port in an address of the loopback, which may stand in the middle of a program's text.
fn port_of(text: &str) -> Option<u16> {
    const HOSTS: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"];
    HOSTS.iter().find_map(|host| {
        let (before, behind) = text.split_once(host)?;
        match behind.strip_prefix(':') {
            Some(rest) => {
                let end = rest.find(|c: char| !c.is_ascii_digit());
                rest[..end.unwrap_or(rest.len())].parse().ok()
            }
            None if before.ends_with("http://") => Some(80),
            None if before.ends_with("https://") => Some(443),
            None => None,
        }
    })
}

fn speaks_of(command: &Invocation, port: u16) -> bool {
    command.contains(&port.to_string())
}

fn is_same_image(one: &Service, other: &Service) -> bool {
    let built = |service: &Service| {
        let build = service.build.as_ref()?.build.as_ref()?;
        Some((build.source, build.target))
    };
    match (built(one), built(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => match (&one.image, &other.image) {
            (Some(one), Some(other)) => one.value.shown() == other.value.shown(),
            _ => false,
        },
        _ => false,
    }
}
