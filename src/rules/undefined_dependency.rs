//! `undefined-dependency`: a wait for a service that does not exist, or that a profile keeps off.

use crate::finding::{Finding, Fix, Severity};
use crate::model::project::{Dependency, Service};
use crate::model::rejected::{Rejected, RejectedKind};
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "undefined-dependency",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/undefined-dependency.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // `docker stack deploy` ignores whom a service waits for.
    if context.targets.stack {
        return Vec::new();
    }
    let mut findings: Vec<Finding> = context
        .rejected()
        .filter_map(|rejected| match &rejected.kind {
            RejectedKind::UndefinedDependency { name, nearest } => {
                Some(missing(context, rejected, name, nearest.as_deref()))
            }
            _ => None,
        })
        .collect();
    for service in &context.project.services {
        for wait in service.depends_on.iter().filter(|wait| wait.required) {
            let target = context.project.service(&wait.service.value);
            let target = target.filter(|target| !context.project.is_on(target));
            findings.extend(target.and_then(|target| kept_off(service, wait, target)));
        }
    }
    findings
}

fn missing(
    context: &Context<'_>,
    rejected: &Rejected,
    name: &str,
    nearest: Option<&str>,
) -> Finding {
    let mut finding = Finding::new(
        RULE.name,
        Severity::Error,
        rejected.span,
        format!("there is no service `{name}` to wait for"),
        format!("Compose refuses the file: `{}`", rejected.reason),
    );
    finding.service.clone_from(&rejected.service);
    let Some(nearest) = nearest else {
        return finding.help("name a service of this project, or take the wait out");
    };
    let text = context.sources.slice(rejected.span);
    let edit = text
        .contains(name)
        .then(|| Edit::replace(rejected.span, text.replacen(name, nearest, 1)));
    let fix = edit
        .filter(|_| one_letter_apart(name, nearest))
        .map(|edit| Fix::risky(format!("wait for `{nearest}`"), vec![edit]));
    finding.help(format!("did you mean `{nearest}`?")).fix(fix)
}

/// Whether one letter was added, taken or changed.
fn one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = |pair: &(&char, &char)| pair.0 == pair.1;
    let before = one.iter().zip(&other).take_while(same).count();
    let rest = one.len().min(other.len()) - before;
    let behind = one.iter().rev().zip(other.iter().rev());
    let behind = behind.take(rest).take_while(same).count();
    one.len().max(other.len()) - before - behind <= 1
}

/// A service that a profile keeps off is none where the one that waits for it is on.
fn kept_off(service: &Service, wait: &Dependency, target: &Service) -> Option<Finding> {
    let profile = target.profiles.first()?;
    let on_together = !service.profiles.is_empty()
        && service
            .profiles
            .iter()
            .all(|own| target.profiles.contains(own));
    if on_together {
        return None;
    }
    let (own, name) = (&service.name.value, &wait.service.value);
    // Whoever turns on the one profile may well turn on the other.
    let severity = if service.profiles.is_empty() {
        Severity::Warning
    } else {
        Severity::Note
    };
    let mut finding = Finding::new(
        RULE.name,
        severity,
        wait.service.span,
        format!("`{name}` is off when `{own}` is on"),
        format!(
            "without profile `{profile}` Compose refuses the project: `service \"{own}\" depends on undefined service \"{name}\"`"
        ),
    )
    .label(target.name.span, format!("needs profile `{profile}`"))
    .help("give both services the same profiles, or add `required: false` to the wait");
    finding.service = Some(own.clone());
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_is_added_taken_or_changed() {
        for (one, other) in [
            ("db", "dbs"),
            ("reds", "redis"),
            ("radis", "redis"),
            ("db", "db"),
        ] {
            assert!(one_letter_apart(one, other), "{one} {other}");
        }
        for (one, other) in [("db", "web"), ("redis", "rdeis"), ("cache", "cachedb")] {
            assert!(!one_letter_apart(one, other), "{one} {other}");
        }
    }
}
