//! `ipv6-localhost`: BusyBox asks one address of `localhost`, and it may be the one where nobody listens.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::target::targets;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "ipv6-localhost",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/ipv6-localhost.md"),
    last_resort: true,
    check,
};

/// From this release on Alpine's BusyBox takes the first address, which is `::1`.
const FROM: (u32, u32) = (3, 18);

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        // Names and addresses are another container's there.
        if watched
            .service
            .is_some_and(|service| service.network_mode.is_some())
        {
            continue;
        }
        for call in watched
            .calls
            .iter()
            .filter(|call| takes_the_first(watched, call))
        {
            findings.extend(judge(watched, call));
        }
    }
    findings
}

/// Whether it is BusyBox of an Alpine that puts `::1` first.
fn takes_the_first(watched: &Watched<'_>, call: &Call) -> bool {
    let busybox = |tool: &str| {
        call.through("busybox") || watched.inventory.flavour(tool) == Some(Flavour::Busybox)
    };
    let is_new = watched.inventory.release.as_deref().is_none_or(|release| {
        let mut numbers = release.split('.').map_while(|number| number.parse().ok());
        (
            numbers.next().unwrap_or(0),
            numbers.next().unwrap_or(u32::MAX),
        ) >= FROM
    });
    watched.inventory.distro.as_deref() == Some("alpine")
        && is_new
        && call
            .name()
            .is_some_and(|name| ["wget", "nc"].contains(&name) && busybox(name))
}

fn judge(watched: &Watched<'_>, call: &Call) -> Option<Finding> {
    let program = call.name()?;
    let target = targets(call, &watched.inventory)
        .into_iter()
        .find(|target| target.host.as_str() == "localhost")?;
    let served = watched.inventory.server.map(|served| served.server);
    let known = served.and_then(|server| server.ipv4_only.as_deref());
    let first = format!(
        "BusyBox `{program}` tries only the first address of `localhost`, which is `::1` on Alpine"
    );
    let (severity, why) = match known {
        Some(known) => (Severity::Warning, format!("{first}, and {known}")),
        None => (
            Severity::Note,
            format!("{first}: a server that listens on IPv4 alone is not found"),
        ),
    };
    let edit = target.host.replace(0..target.host.len(), "127.0.0.1");
    Some(
        watched
            .finding(
                &RULE,
                severity,
                target.host.span(),
                format!("`{program}` may ask for `localhost` where nobody listens"),
                why,
            )
            .help("write `127.0.0.1`, unless the server listens on `::1` alone")
            .fix(edit.map(|edit| Fix::risky("ask at `127.0.0.1`", vec![edit]))),
    )
}
