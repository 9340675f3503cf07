//! `dependency-cycle`: services that wait for each other in a ring.

use crate::finding::{Finding, Severity};
use crate::model::project::Dependency;
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "dependency-cycle",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/dependency-cycle.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // `docker stack deploy` ignores whom a service waits for.
    if context.targets.stack {
        return Vec::new();
    }
    context
        .rejected()
        .filter_map(|rejected| {
            let RejectedKind::DependencyCycle { ring } = &rejected.kind else {
                return None;
            };
            let message = match &ring[..] {
                [own, _] => format!("`{own}` waits for itself"),
                [one, other, _] => format!("`{one}` and `{other}` wait for each other"),
                _ => format!("`{}` wait for each other in a ring", ring[1..].join("`, `")),
            };
            let why = format!("Compose refuses the file: `{}`", rejected.reason);
            let mut finding =
                Finding::new(RULE.name, Severity::Error, rejected.span, message, why);
            for pair in ring.windows(2) {
                let wait = wait(context, &pair[0], &pair[1]);
                if let Some(wait) = wait.filter(|wait| wait.service.span != rejected.span) {
                    let text = format!("`{}` waits for `{}`", pair[0], pair[1]);
                    finding = finding.label(wait.service.span, text);
                }
            }
            finding.service.clone_from(&rejected.service);
            Some(finding.help(
                "take out the wait that the service can do without: it may retry until the other is there",
            ))
        })
        .collect()
}

/// Where the one service says that it waits for the other.
fn wait<'a>(context: &'a Context<'_>, one: &str, other: &str) -> Option<&'a Dependency> {
    let mut services = context.project.services.iter();
    let service = services.find(|service| service.name.value == one)?;
    let mut waits = service.depends_on.iter();
    waits.find(|wait| wait.service.value == other)
}
