//! `downgraded-dependency`: a list on top of a longer `depends_on` takes the condition away.

use crate::finding::{Finding, Fix, Severity};
use crate::model::Written;
use crate::model::project::{Condition, Dependency, Service};
use crate::rule::{Context, Rule};

/// See the page.
pub const RULE: Rule = Rule {
    name: "downgraded-dependency",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/downgraded-dependency.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // `docker stack deploy` waits for nobody, whatever the form.
    if context.targets.stack {
        return findings;
    }
    for service in &context.project.services {
        for (wait, _) in service.waits(&context.project.services) {
            if let Some(below) = &wait.downgraded {
                findings.push(finding(service, wait, below));
            }
        }
    }
    findings
}

fn finding(service: &Service, wait: &Dependency, below: &Written<Condition>) -> Finding {
    let (own, name) = (&service.name.value, &wait.service.value);
    let lost = below.value.word();
    let mut finding = Finding::new(
        RULE.name,
        Severity::Warning,
        wait.service.span,
        format!(
            "`{own}` no longer waits until `{name}` is {}",
            state(below.value)
        ),
        format!("a list says `service_started` for each name, and so takes `{lost}` away"),
    )
    .label(below.span, "the condition that is lost")
    .help("write the long form here too, with its condition");
    finding.service = Some(own.clone());
    let lost = |name: &str| {
        let mut waits = service.depends_on.iter();
        let wait = waits.find(|wait| wait.service.value == name);
        wait.and_then(|wait| wait.downgraded.as_ref())
            .map_or(Condition::Started, |below| below.value)
    };
    let edits = wait.with_conditions(lost);
    finding.fix(edits.map(|edits| Fix::safe("write the long form", edits)))
}

fn state(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "started",
        Condition::Healthy => "healthy",
        Condition::Completed => "done",
    }
}
