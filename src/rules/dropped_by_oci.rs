//! `dropped-by-oci`: Podman builds images in a format that has no place for a HEALTHCHECK.

use crate::finding::{Finding, Severity};
use crate::model::probe::{Platform, Probe};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "dropped-by-oci",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/dropped-by-oci.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.targets.podman {
        return Vec::new();
    }
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let probe = inherited(watched)?;
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                probe.span,
                "Podman leaves this health check out of the image",
                "your target is Podman, which builds images in the OCI format, and that has no place for it",
            )
            .help("build with `podman build --format docker`, or repeat the check where the container is run"),
    )
}

/// The Dockerfile's check, where the container would run it.
fn inherited<'a>(watched: &Watched<'a>) -> Option<&'a Probe> {
    if watched.probe.platform == Platform::Dockerfile {
        return watched.probe.disabled.is_none().then_some(watched.probe);
    }
    if watched.probe.disabled.is_some() || watched.probe.test.is_some() {
        return None;
    }
    let (build, stage) = watched.build?;
    build
        .probe_of(stage)
        .filter(|probe| probe.disabled.is_none())
}
