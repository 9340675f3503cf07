//! `unspecified-address`: the check asks for itself by an address that is none, or by a name from outside.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::target::{Target, targets};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "unspecified-address",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/unspecified-address.md"),
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (watched, call) in context.calls() {
        let targets = targets(call, &watched.inventory);
        findings.extend(
            targets
                .iter()
                .find_map(|target| judge(watched, call, target)),
        );
    }
    findings
}

fn judge(watched: &Watched<'_>, call: &Call, target: &Target) -> Option<Finding> {
    let program = call.name()?;
    let host = target.host.known()?;
    let served = watched.inventory.server.map(|served| served.server);
    let (message, why) = if ["0.0.0.0", "::", "0"].contains(&host) {
        (
            format!("`{program}` asks at `{host}`, which is no address of anybody"),
            format!(
                "`{host}` means \"on every address\" to a server that listens; Linux takes a client that asks there to the loopback, others refuse"
            ),
        )
    } else if watched
        .service
        .is_some_and(|service| service.name.value == host && service.network_mode.is_none())
        // A certificate is made out to a name.
        && !call.words.iter().any(|word| word.text.as_str().starts_with("https:"))
        && served
            .and_then(|server| server.own_address.as_ref())
            .is_none()
    {
        (
            format!("`{program}` asks for its own service by its name, `{host}`"),
            "the name is resolved outside the container: it may lead to a second replica, and in a swarm it leads nowhere until the service is healthy".to_owned(),
        )
    } else {
        return None;
    };
    let edit = target.host.replace(0..target.host.len(), "127.0.0.1");
    Some(
        watched
            .finding(&RULE, Severity::Note, target.host.span(), message, why)
            .help("ask at `127.0.0.1`, unless the server listens on the container's own address alone")
            .fix(edit.map(|edit| Fix::risky("ask at `127.0.0.1`", vec![edit]))),
    )
}
