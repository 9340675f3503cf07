//! `unwatched-dependency`: waiting for the health of a service that has no health check.

use crate::facts::OwnCheck;
use crate::finding::{Finding, Severity};
use crate::model::project::{Condition, Dependency, Service};
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "unwatched-dependency",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/unwatched-dependency.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &context.project.services {
        for (dependency, target) in service.waits(&context.project.services) {
            // What is not required only warns, and the dependent starts all the same.
            if dependency.condition.value == Condition::Healthy && dependency.required {
                findings.extend(judge(context, service, dependency, target));
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
) -> Option<Finding> {
    let name = &target.name.value;
    let finding = |why: String| {
        let (severity, why) = match service.profiles.first() {
            None => (Severity::Error, why),
            Some(profile) => (
                Severity::Warning,
                format!("{why} once profile `{profile}` is on"),
            ),
        };
        let mut finding = Finding::new(
            RULE.name,
            severity,
            dependency.condition.span,
            format!("`{name}` can never become healthy"),
            why,
        );
        finding.service = Some(service.name.value.clone());
        finding
    };
    let outcome = "so Compose stops with `container has no healthcheck configured`";
    if let Some(disabled) = target.probe.as_ref().and_then(|probe| probe.disabled) {
        return Some(
            finding(format!("its health check is switched off, {outcome}"))
                .label(disabled, "switched off here")
                .help("give the service a check, or wait for `service_started`"),
        );
    }
    let has_test = target
        .probe
        .as_ref()
        .is_some_and(|probe| probe.test.is_some());
    if has_test || !target.complete {
        return None;
    }
    let inventory = context.inventory(target)?;
    if inventory.check != OwnCheck::None {
        return None;
    }
    let title = format!("add a health check that {} can run", inventory.shown);
    let offer = target.probe.is_none().then(|| context.recipe(target));
    let fix = offer.flatten().map(|offer| offer.fix(&title));
    Some(
        finding(format!(
            "neither the service nor its image {} has a health check, {outcome}",
            inventory.shown
        ))
        .label(target.name.span, "this service has none")
        .help("give the service a check, or wait for `service_started`")
        .fix(fix),
    )
}
