//! One check told whole: what is run, layer by layer, where it comes from, when it runs, and how it ends in each world.

mod layers;
mod parsed;
mod schedule;
mod time_line;
mod worlds;

use std::cmp::Reverse;
use std::sync::Arc;

use crate::check::{Context, Watched, by_own_probe, own_probe};
use crate::facts::{Inventory, OwnCheck, Shell};
use crate::finding::Finding;
use crate::model::Written;
use crate::model::probe::{Form, Probe, Timing};
use crate::model::project::Service;
use crate::text::{Sources, Span};

pub use crate::model::draft::duration as shown;
pub use layers::{Layer, Program};
pub use parsed::{Line, Parsed};
pub use schedule::{Delays, Moment, Origin, Streak, Times};
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
    /// The command as its readers take it apart: the shell, and whoever reads a script inside it.
    pub parsed: Vec<Parsed>,
    /// Every program that is called, word by word, in the order of the text.
    pub programs: Vec<Program>,
    /// When it runs.
    pub moments: Vec<Moment>,
    /// What follows from that.
    pub times: Times,
    /// How it ends in each state of the service.
    pub rows: Vec<Row>,
    /// Why nobody can say that, where something is run.
    pub unplayed: Option<&'static str>,
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

/// Explains every check of a project, those that images bring included, or what there is to one service; empty where
/// there is no such service.
pub fn explain(
    context: &Context<'_>,
    findings: &[Finding],
    service: Option<&str>,
) -> Vec<Explanation> {
    let asked = |name: &str| service.is_none_or(|asked| asked == name);
    let mut all: Vec<Explanation> = context
        .watched
        .iter()
        .filter(|watched| match watched.service {
            Some(service) => asked(&service.name.value),
            None => service.is_none(),
        })
        .map(|watched| of_watched(context, watched, findings))
        .collect();
    for (each, inventory) in context.project.services.iter().zip(&context.inventories) {
        let has = |watched: &Watched<'_>| watched.service.is_some_and(|it| std::ptr::eq(it, each));
        if !asked(&each.name.value) || context.watched.iter().any(has) {
            continue;
        }
        if let Some(own) = own_probe(inventory) {
            all.push(of_image(context, (each, inventory), None, &own, findings));
        } else if service.is_some() {
            all.push(of_unwatched(context, each, inventory, findings));
        }
    }
    all
}

fn of_watched(context: &Context<'_>, watched: &Watched<'_>, findings: &[Finding]) -> Explanation {
    if let Some(service) = watched.service
        && watched.test.is_none()
        && watched.probe.disabled.is_none()
        && let Some(own) = own_probe(&watched.inventory)
    {
        let service = (service, &watched.inventory);
        return of_image(context, service, Some(watched), &own, findings);
    }
    let name = watched.service.map(|service| service.name.value.clone());
    let nothing = nothing(watched);
    let off = watched.probe.disabled.is_some() || watched.test.is_some() && nothing.is_some();
    let effective = schedule::effective(context.sources, watched);
    let shell = shell(watched);
    Explanation {
        image: watched.inventory.shown.clone(),
        place: watched.probe.span,
        nothing,
        parts: parts(context.sources, watched),
        layers: layers::layers(context.sources, watched),
        parsed: parsed::parsed(watched, shell.as_deref()),
        shell,
        programs: layers::programs(watched),
        moments: if off {
            Vec::new()
        } else {
            effective.moments(context.targets)
        },
        times: if off {
            Times::default()
        } else {
            effective.times(context.targets)
        },
        rows: worlds::rows(watched, effective.delays().as_ref()),
        unplayed: unplayed(watched),
        findings: about(context, findings, name.as_deref(), Some(watched)),
        service: name,
    }
}

/// A service whose test is the one that its published image brings, with its own settings where it has some.
fn of_image(
    context: &Context<'_>,
    (service, inventory): (&Service, &Arc<Inventory>),
    watched: Option<&Watched<'_>>,
    own: &Probe,
    findings: &[Finding],
) -> Explanation {
    let runs = by_own_probe(
        service,
        watched.map(|watched| watched.probe),
        own,
        inventory,
    );
    // What the image says of its settings stands in no file.
    let unset = Watched {
        timing: Timing::default(),
        ..by_own_probe(service, None, own, inventory)
    };
    let effective = schedule::effective(context.sources, watched.unwrap_or(&unset));
    let shell = shell(&runs);
    let said = match watched {
        Some(_) => "there is no test here, so the image's own check is run",
        None => "the service says nothing about a check, so the image's own is run",
    };
    let mut rows = worlds::rows(&runs, effective.delays().as_ref());
    for row in &mut rows {
        row.at = None;
    }
    Explanation {
        service: Some(service.name.value.clone()),
        image: inventory.shown.clone(),
        place: watched.map_or(service.name.span, |watched| watched.probe.span),
        nothing: Some(said.to_owned()),
        parts: match watched {
            Some(watched) => parts(context.sources, watched),
            None => image_part(context.sources, service).into_iter().collect(),
        },
        layers: layers::of_image(&inventory.check, &runs),
        parsed: parsed::parsed(&runs, shell.as_deref()),
        shell,
        programs: layers::programs(&runs),
        moments: effective.moments(context.targets),
        times: effective.times(context.targets),
        rows,
        unplayed: unplayed(&runs),
        findings: about(context, findings, Some(&service.name.value), watched),
    }
}

/// A service that no check in sight watches.
fn of_unwatched(
    context: &Context<'_>,
    service: &Service,
    inventory: &Inventory,
    findings: &[Finding],
) -> Explanation {
    let why = match &inventory.check {
        OwnCheck::Command(check) => {
            format!("the service says nothing about a check; its image brings `{check}`")
        }
        OwnCheck::None => "neither the service nor its image has a check".to_owned(),
        OwnCheck::Unknown => {
            "the service has no check, and nobody knows whether its image brings one".to_owned()
        }
    };
    Explanation {
        service: Some(service.name.value.clone()),
        image: inventory.shown.clone(),
        place: service.name.span,
        nothing: Some(why),
        parts: image_part(context.sources, service).into_iter().collect(),
        layers: Vec::new(),
        shell: None,
        parsed: Vec::new(),
        programs: Vec::new(),
        moments: Vec::new(),
        times: Times::default(),
        rows: Vec::new(),
        unplayed: None,
        findings: about(context, findings, Some(&service.name.value), None),
    }
}

/// Why nothing is run, where these files say so.
fn nothing(watched: &Watched<'_>) -> Option<String> {
    if let Some(test) = watched.test {
        let unheaded = matches!(test.value.form, Form::Unheaded(_));
        return unheaded.then(|| {
            "nothing is run: the list starts with neither `CMD` nor `CMD-SHELL`".to_owned()
        });
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

/// Why a test is not played through the states of its service.
fn unplayed(watched: &Watched<'_>) -> Option<&'static str> {
    let form = &watched.test?.value.form;
    match form {
        _ if watched.outcome.is_some() => None,
        Form::Unheaded(_) => None,
        _ if form.is_too_long() => Some("not told: the command is too long to be followed"),
        _ => Some("not told: what runs on Windows is not followed"),
    }
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

/// A way on which a value comes, as it is written: its first line. What is no alias is the service that `extends` names.
fn way(sources: &Sources, span: Span) -> (String, Span) {
    let text = sources.slice(span);
    let line = text.lines().next().unwrap_or_default().trim();
    let way = match line.strip_prefix('*') {
        Some(_) => line.to_owned(),
        None => format!("extends: {line}"),
    };
    (way, span)
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
    let mut about: Vec<Finding> = findings
        .iter()
        .filter(|finding| match &finding.service {
            Some(name) => service == Some(name.as_str()),
            None => alone || inside(finding),
        })
        .cloned()
        .collect();
    about.sort_by_key(|finding| (Reverse(finding.severity), finding.span));
    about
}
