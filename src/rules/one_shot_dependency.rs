//! `one-shot-dependency`: a wait for the start or the health of a job that ends.

use crate::facts::OwnCheck;
use crate::facts::jobs::{self, Grounds};
use crate::finding::{Finding, Fix, Severity};
use crate::model::project::{Condition, Dependency, Service};
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "one-shot-dependency",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/one-shot-dependency.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // `docker stack deploy` waits for nobody.
    if context.targets.stack {
        return findings;
    }
    for service in &context.project.services {
        let waits = service.waits(&context.project.services);
        for (dependency, target) in waits.filter(|(wait, _)| wait.explicit) {
            if let Some(grounds) = jobs::grounds(target) {
                findings.extend(judge(context, service, dependency, target, &grounds));
            }
        }
    }
    findings
}

fn judge(
    context: &Context<'_>,
    service: &Service,
    dependency: &Dependency,
    target: &Service,
    grounds: &Grounds,
) -> Option<Finding> {
    let name = &target.name.value;
    let (what, why) = match dependency.condition.value {
        Condition::Completed => return None,
        Condition::Started => {
            let why = format!(
                "Compose starts this service as soon as `{name}` runs, and not when its work is done"
            );
            ("start", why)
        }
        Condition::Healthy => {
            // A job without any check can never be healthy: that is a fault of its own.
            let checked = target
                .probe
                .as_ref()
                .is_some_and(|probe| probe.test.is_some());
            let disabled = target
                .probe
                .as_ref()
                .is_some_and(|probe| probe.disabled.is_some());
            let own = context.inventory(target).map(|inventory| &inventory.check);
            if disabled || !checked && own == Some(&OwnCheck::None) {
                return None;
            }
            let why = format!(
                "when `{name}` ends before it is healthy, Compose stops with `container … exited (0)`"
            );
            ("health", why)
        }
    };
    let mut finding = Finding::new(
        RULE.name,
        Severity::Warning,
        dependency.condition.span,
        format!("`{name}` is a job that ends, and only its {what} is waited for"),
        why,
    )
    .label(grounds.span, grounds.words.clone())
    .help("wait for `service_completed_successfully`");
    finding.service = Some(service.name.value.clone());
    Some(
        finding.fix(
            edits(context, dependency)
                .map(|edits| Fix::risky(format!("wait until `{name}` has ended well"), edits)),
        ),
    )
}

fn edits(context: &Context<'_>, dependency: &Dependency) -> Option<Vec<Edit>> {
    // Whoever has no word in a list keeps what the list form says.
    dependency.with_conditions(|name| {
        let is_job = context.project.service(name).and_then(jobs::grounds);
        if is_job.is_some() {
            Condition::Completed
        } else {
            Condition::Started
        }
    })
}
