//! Which containers of a project are watched by a check, and by which.

use crate::finding::{Finding, Severity};
use crate::model::build::Build;
use crate::model::probe::Probe;
use crate::model::project::{Project, Service};
use crate::rule::{Context, Watched};

/// Every container of the project that has a check, its local image's included.
pub fn watched(project: &Project) -> Vec<Watched<'_>> {
    let mut all: Vec<_> = project
        .services
        .iter()
        .filter_map(|service| of_service(service))
        .collect();
    all.extend(project.build.iter().filter_map(of_build));
    all
}

fn of_service(service: &Service) -> Option<Watched<'_>> {
    let build = service
        .build
        .as_ref()
        .and_then(|build| build.build.as_ref())
        .and_then(|build| Some((build, build.target?)));
    let image = build.and_then(|(build, stage)| build.probe_of(stage));
    let probe = service.probe.as_ref().or(image)?;
    Some(joined(Some(service), build, probe, image))
}

fn of_build(build: &Build) -> Option<Watched<'_>> {
    let target = build.target?;
    let probe = build.probe_of(target)?;
    Some(joined(None, Some((build, target)), probe, None))
}

/// The engine fills every unset field of the container's check from the image's (moby `daemon/commit.go merge`).
fn joined<'a>(
    service: Option<&'a Service>,
    build: Option<(&'a Build, usize)>,
    probe: &'a Probe,
    image: Option<&'a Probe>,
) -> Watched<'a> {
    let image = image.filter(|image| !std::ptr::eq(*image, probe));
    let test = if probe.disabled.is_some() {
        None
    } else {
        probe.test.as_ref().or_else(|| {
            image
                .filter(|image| image.disabled.is_none())
                .and_then(|image| image.test.as_ref())
        })
    };
    let timing = image.map_or_else(
        || probe.timing.clone(),
        |image| probe.timing.over(&image.timing),
    );
    Watched {
        service,
        build,
        probe,
        test,
        timing,
    }
}

/// A value that only the environment knows proves nothing: what rests on it is at most a warning.
pub fn cap_by_environment(context: &Context<'_>, findings: &mut [Finding]) {
    for finding in findings {
        if finding.severity < Severity::Error {
            continue;
        }
        let Some(name) = &finding.service else {
            continue;
        };
        let rests = context.watched.iter().any(|watched| {
            watched
                .service
                .is_some_and(|service| service.name.value == *name)
                && watched.rests_on_environment()
        });
        if rests {
            finding.severity = Severity::Warning;
        }
    }
}
