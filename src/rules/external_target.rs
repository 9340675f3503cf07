//! `external-target`: the check asks somebody on the internet, and so says how the internet is.

use core::net::IpAddr;

use crate::finding::{Finding, Severity};
use crate::model::command::Call;
use crate::outcome::target::targets;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "external-target",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/external-target.md"),
    last_resort: true,
    check,
};

/// Words in the name of an image whose work is the way to the internet.
const ROUTERS: [&str; 14] = [
    "vpn",
    "gluetun",
    "wireguard",
    "tailscale",
    "warp",
    "wg-",
    "tor",
    "proxy",
    "dns",
    "pihole",
    "unbound",
    "adguard",
    "blocky",
    "ddns",
];

/// Ends of names that stay within a house, a cluster or a machine.
const INSIDE: [&str; 9] = [
    ".internal",
    ".local",
    ".localdomain",
    ".lan",
    ".home",
    ".localhost",
    ".test",
    ".intranet",
    ".home.arpa",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        // Whoever goes through another container's network wants to know whether that one still leads anywhere.
        let borrowed = watched
            .service
            .is_some_and(|service| service.network_mode.is_some());
        let name = watched.inventory.shown.to_ascii_lowercase();
        if borrowed || ROUTERS.iter().any(|word| name.contains(word)) {
            continue;
        }
        for call in &watched.calls {
            findings.extend(judge(context, watched, call));
        }
    }
    findings
}

fn judge(context: &Context<'_>, watched: &Watched<'_>, call: &Call) -> Option<Finding> {
    let program = call.name()?;
    let target = targets(call, &watched.inventory)
        .into_iter()
        .find(|target| {
            let host = target.host.known();
            target.is_loopback() == Some(false)
                && host.is_some_and(|host| is_public(host) && !is_service(context, host))
        })?;
    let host = target.host.known()?;
    Some(
        watched
            .finding(
                &RULE,
                Severity::Note,
                target.host.span(),
                format!("`{program}` asks `{host}`, which is not this container"),
                "when that host or the way to it fails, this container is called unhealthy, and while it answers, a dead service here is called healthy",
            )
            .help("ask the service inside the container, at `127.0.0.1` and its own port"),
    )
}

fn is_service(context: &Context<'_>, host: &str) -> bool {
    let mut services = context.project.services.iter();
    services.any(|service| service.name.value == host)
}

/// Whether the name or address belongs to the internet.
fn is_public(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            !(address.is_private() || address.is_link_local() || address.is_unspecified())
        }
        Ok(IpAddr::V6(address)) => {
            let first = address.segments()[0];
            first & 0xfe00 != 0xfc00 && first & 0xffc0 != 0xfe80 && !address.is_unspecified()
        }
        // A name of one word is a container's.
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            name.contains('.') && !INSIDE.iter().any(|end| name.ends_with(end))
        }
    }
}
