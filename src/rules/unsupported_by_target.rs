//! `unsupported-by-target`: a setting that the declared engine ignores or rejects.

use crate::finding::{Finding, Fix, Severity};
use crate::model::Written;
use crate::model::draft;
use crate::model::probe::{Platform, Setting};
use crate::model::project::Service;
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "unsupported-by-target",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/unsupported-by-target.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        findings.extend(start_interval(context, watched));
        findings.extend(retries(context, watched));
        findings.extend(days(context, watched));
    }
    if context.targets.stack {
        findings.extend(context.project.services.iter().filter_map(long_form));
    }
    findings
}

/// `start_interval` came late to Compose, and Podman has never heard of it.
fn start_interval(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let targets = context.targets;
    let setting = watched.probe.timing.start_interval.as_ref()?;
    if watched.probe.platform != Platform::Compose {
        return None;
    }
    let (major, minor, patch) = targets.compose;
    let why = if targets.podman {
        "your target is Podman, which drops it and checks at the steady pace from the start"
            .to_owned()
    } else if targets.compose < (2, 24, 0) {
        format!("your target is Compose {major}.{minor}.{patch}, and Compose knows it since 2.24.0")
    } else {
        return None;
    };
    let text = &context.sources.get(setting.span.source).text;
    let edit = draft::removal(text, setting.entry()).filter(|_| setting.through.is_none());
    let fix = edit.map(|edit| Fix::risky("remove `start_interval`", vec![edit]));
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                setting.entry(),
                "`start_interval` is not for your target",
                why,
            )
            .help("shorten the interval instead")
            .fix(fix),
    )
}

/// Podman builds with another reader of Dockerfiles than Docker.
fn retries(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    let setting = watched.probe.timing.retries.as_ref()?;
    if !context.targets.podman
        || watched.probe.platform != Platform::Dockerfile
        || setting.value.value != Some(0)
    {
        return None;
    }
    let text = &setting.value.text;
    let fix = text.replace(0..text.len(), "3");
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                setting.entry(),
                "`--retries=0` is not for your target",
                "your target is Podman, whose build stops with `--retries must be at least 1 (not 0)`",
            )
            .help("write 3, which is what 0 means to Docker")
            .fix(fix.map(|edit| Fix::safe("write 3", vec![edit]))),
    )
}

/// `docker stack` reads durations as Go does: no days and no weeks.
fn days(context: &Context<'_>, watched: &Watched<'_>) -> Vec<Finding> {
    let timing = &watched.probe.timing;
    if !context.targets.stack || watched.probe.platform != Platform::Compose {
        return Vec::new();
    }
    let settings = [
        &timing.interval,
        &timing.timeout,
        &timing.start_period,
        &timing.start_interval,
    ];
    let long = |setting: &&Written<Setting>| {
        setting.value.value.is_some() && setting.value.text.as_str().contains(['d', 'w'])
    };
    let settings = settings.into_iter().flatten().filter(long);
    settings
        .map(|setting| {
            let text = &setting.value.text;
            let hours = setting.value.value.map(draft::duration);
            let edit: Option<Edit> = hours.and_then(|hours| text.replace(0..text.len(), &hours));
            watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    setting.span,
                    format!("`{}` is not for your target", text.shown()),
                    "your target is `docker stack`, which knows neither days nor weeks and refuses the file",
                )
                .help("write it in hours")
                .fix(edit.map(|edit| Fix::safe("write it in hours", vec![edit])))
        })
        .collect()
}

/// `docker stack` starts everything at once.
fn long_form(service: &Service) -> Option<Finding> {
    let mut waits = service.depends_on.iter();
    let wait = waits.find(|wait| wait.explicit && wait.condition.span != wait.service.span)?;
    let mut finding = Finding::new(
        RULE.name,
        Severity::Warning,
        wait.condition.span,
        "a condition under `depends_on` is not for your target",
        "your target is `docker stack`, which stops with `depends_on must be a list`, and waits for nobody",
    )
    .help("write a list, and let the service itself try again until the other one answers");
    finding.service = Some(service.name.value.clone());
    Some(finding)
}
