//! One check told whole: what is run, layer by layer, where it comes from, when it runs, and how it ends in each world.

mod layers;
mod schedule;
mod time_line;
mod worlds;

use crate::check::{Context, Watched};
use crate::facts::{OwnCheck, Shell};
use crate::finding::Finding;
use crate::model::Written;
use crate::model::project::Service;
use crate::text::{Sources, Span};

pub use crate::model::draft::duration as shown;
pub use layers::{Layer, Program};
pub use schedule::{Moment, Origin, Times};
pub use time_line::{Bar, TimeLine, Wait, Window, time_line};
pub use worlds::{Row, Says};

/// Everything there is to say about the check of one container.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The service; None for a Dockerfile by itself.
    pub service: Option<String>,
    /// The image that the container runs, as messages show it.
    pub image: String,
    /// The check's keyword, or the service that has none.
    pub place: Span,
    /// Why nothing is run by what these files say; None where something is.
    pub nothing: Option<String>,
    /// Where its parts come from: the part, its place, and the way on which it came.
    pub parts: Vec<Part>,
    /// The command in each form that differs from the one before, as it is written first.
    pub layers: Vec<Layer>,
    /// The shell that reads it, or why there is none.
    pub shell: Option<String>,
    /// Every program that is called, word by word, in the order of the text.
    pub programs: Vec<Program>,
    /// When it runs.
    pub moments: Vec<Moment>,
    /// What follows from that.
    pub times: Times,
    /// How it ends in each state of the service.
    pub rows: Vec<Row>,
    /// What the rules say about it.
    pub findings: Vec<Finding>,
}

/// A part of the check and where it comes from.
#[derive(Clone, Debug)]
pub struct Part {
    /// `check`, `test`, `image`, `stage` …
    pub what: &'static str,
    /// Its place.
    pub span: Span,
    /// The alias, merge key or `extends` that brings it, as it is written, and its place.
    pub through: Option<(String, Span)>,
}

/// Explains every check of a project, or those of one service; empty where there is no such service.
pub fn explain(
    context: &Context<'_>,
    findings: &[Finding],
    service: Option<&str>,
) -> Vec<Explanation> {
    let mut all: Vec<Explanation> = context
        .watched
        .iter()
        .filter(|watched| {
            let name = watched.service.map(|service| service.name.value.as_str());
            service.is_none() || name == service
        })
        .map(|watched| of_watched(context, watched, findings))
        .collect();
    if let Some(name) = service
        && all.is_empty()
    {
        let named = |service: &&Service| service.name.value == name;
        let found = context.project.services.iter().find(named);
        all.extend(found.map(|service| of_unwatched(context, service, findings)));
    }
    all
}

fn of_watched(context: &Context<'_>, watched: &Watched<'_>, findings: &[Finding]) -> Explanation {
    let name = watched.service.map(|service| service.name.value.clone());
    let effective = schedule::effective(context.sources, watched);
    let runs = watched.test.is_some();
    Explanation {
        image: watched.inventory.shown.clone(),
        place: watched.probe.span,
        nothing: nothing(watched),
        parts: parts(context.sources, watched),
        layers: layers::layers(context.sources, watched),
        shell: shell(watched),
        programs: layers::programs(watched),
        moments: if watched.probe.disabled.is_some() {
            Vec::new()
        } else {
            effective.moments(context.targets)
        },
        times: if watched.probe.disabled.is_some() {
            Times::default()
        } else {
            effective.times(context.targets)
        },
        rows: if runs {
            worlds::rows(watched, effective.delays().as_ref())
        } else {
            Vec::new()
        },
        findings: about(context, findings, name.as_deref(), Some(watched)),
        service: name,
    }
}

/// A service that no check in sight watches.
fn of_unwatched(context: &Context<'_>, service: &Service, findings: &[Finding]) -> Explanation {
    let inventory = context.inventory(service);
    let why = match inventory.map(|inventory| &inventory.check) {
        Some(OwnCheck::Command(check)) => {
            format!("the service says nothing about a check; its image brings `{check}`")
        }
        Some(OwnCheck::None) => "neither the service nor its image has a check".to_owned(),
        Some(OwnCheck::Unknown) | None => {
            "the service has no check, and nobody knows whether its image brings one".to_owned()
        }
    };
    Explanation {
        service: Some(service.name.value.clone()),
        image: inventory.map_or_else(String::new, |inventory| inventory.shown.clone()),
        place: service.name.span,
        nothing: Some(why),
        parts: image_part(context.sources, service).into_iter().collect(),
        layers: Vec::new(),
        shell: None,
        programs: Vec::new(),
        moments: Vec::new(),
        times: Times::default(),
        rows: Vec::new(),
        findings: about(context, findings, Some(&service.name.value), None),
    }
}

/// Why nothing is run, where these files say so.
fn nothing(watched: &Watched<'_>) -> Option<String> {
    if watched.test.is_some() {
        return None;
    }
    if watched.probe.disabled.is_some() {
        return Some("the check is switched off".to_owned());
    }
    Some(match &watched.inventory.check {
        OwnCheck::Command(check) => {
            format!("there is no test here, so the image's own is run: `{check}`")
        }
        OwnCheck::None => {
            "there is no test here, and the image has none: nothing is run".to_owned()
        }
        OwnCheck::Unknown => {
            "there is no test here; nobody knows whether the image has one".to_owned()
        }
    })
}

fn shell(watched: &Watched<'_>) -> Option<String> {
    use crate::model::command::Command;
    Some(match watched.command.as_ref()? {
        Command::Words(_) => "no shell".to_owned(),
        Command::Script { .. } => match watched.inventory.shell() {
            Shell::None => "no /bin/sh".to_owned(),
            Shell::Unknown => "/bin/sh".to_owned(),
            shell => format!("/bin/sh ({shell})"),
        },
    })
}

fn parts(sources: &Sources, watched: &Watched<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let bare = |what, span| Part {
        what,
        span,
        through: None,
    };
    parts.push(bare("check", watched.probe.span));
    if let Some(test) = watched.test {
        parts.push(part(sources, "test", test));
    }
    if let Some(off) = watched.probe.disabled {
        parts.push(bare("switched off", off));
    }
    if let Some(service) = watched.service {
        parts.extend(image_part(sources, service));
    }
    if let Some((build, stage)) = watched.build {
        parts.extend(
            build
                .stages
                .get(stage)
                .map(|stage| bare("stage", stage.span)),
        );
    }
    parts
}

fn image_part(sources: &Sources, service: &Service) -> Option<Part> {
    match (&service.build, &service.image) {
        (Some(build), _) => Some(Part {
            what: "build",
            span: build.span,
            through: None,
        }),
        (None, Some(image)) => Some(part(sources, "image", image)),
        (None, None) => None,
    }
}

fn part<T>(sources: &Sources, what: &'static str, written: &Written<T>) -> Part {
    Part {
        what,
        span: written.span,
        through: written.through.map(|span| way(sources, span)),
    }
}

/// A way on which a value comes, as it is written: its first line.
fn way(sources: &Sources, span: Span) -> (String, Span) {
    let text = sources.slice(span);
    let line = text.lines().next().unwrap_or_default().trim();
    (line.to_owned(), span)
}

/// The findings about this container, by its service or by where they point.
fn about(
    context: &Context<'_>,
    findings: &[Finding],
    service: Option<&str>,
    watched: Option<&Watched<'_>>,
) -> Vec<Finding> {
    let inside = |finding: &Finding| {
        let Some(watched) = watched else { return false };
        watched.probe.whole.contains(finding.span)
            || watched
                .test
                .is_some_and(|test| test.span.contains(finding.span))
            || watched
                .service
                .is_some_and(|service| service.name.span.contains(finding.span))
    };
    let alone = context.watched.len() <= 1 && context.project.build.is_some();
    findings
        .iter()
        .filter(|finding| match &finding.service {
            Some(name) => service == Some(name.as_str()),
            None => alone || inside(finding),
        })
        .cloned()
        .collect()
}
