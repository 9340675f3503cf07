//! Dockerfiles become builds: stages, steps and probes as they are written, with what BuildKit rejects beside them.

mod arguments;
mod probe;
mod stages;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::finding::Fault;
use crate::model::allow::Allow;
use crate::model::build::{Build, Stage};
use crate::model::project::Project;
use crate::model::rejected::{Rejected, RejectedKind};
use crate::read::recipe::{Recipe, Text};
use crate::read::{Files, Reading, Unread, path};
use crate::syntax::dockerfile::{self, Body, Dockerfile, Problem, ProblemKind};
use crate::text::{Span, Traced};

/// A build and what could not be read of its file.
#[derive(Clone, Debug)]
pub struct Built {
    /// The build.
    pub build: Build,
    /// What stops BuildKit and has nothing to do with a health check.
    pub faults: Vec<Fault>,
}

/// Reads a Dockerfile that is judged by itself.
pub fn read(path: &str, files: &dyn Files) -> Reading {
    let mut reading = Reading::default();
    let text = match files.read(path) {
        Ok(text) => text,
        Err(unread) => {
            reading.faults.push(unreadable(path, &unread));
            return reading;
        }
    };
    let id = reading.sources.add(path, Arc::clone(&text));
    let whole = Traced::source(Span::new(id, 0, text.len()), &text);
    let recipe = Recipe {
        context: Some(path::folder(path).to_owned()),
        dockerfile: Text::File(path.to_owned()),
        target: None,
        args: Vec::new(),
        span: whole.span().at_start(),
    };
    let built = build(&whole, path, &recipe);
    reading.faults = built.faults;
    reading.project = Project {
        files: vec![id],
        build: Some(built.build),
        ..Project::default()
    };
    reading.with_long_tests_told()
}

/// Reads the text of a Dockerfile as it is built by `recipe`. `path` is its file's name, for faults.
pub fn build(text: &Traced, path: &str, recipe: &Recipe) -> Built {
    let file = dockerfile::parse_traced(text);
    let mut build = Build {
        source: text.span().source,
        context: recipe.context.clone(),
        stages: Vec::new(),
        target: None,
        rejected: Vec::new(),
        allows: allows(&file),
    };
    if has_foreign_frontend(&file) {
        let faults = Vec::new();
        return Built { build, faults };
    }
    let about_health = about_health(&file);
    build.stages = stages::read(&file, &about_health, recipe, &mut build.rejected);
    build.target = target(&build.stages, recipe);
    // A trigger's problems come up in each child that it fires in.
    build.rejected.sort_by_key(|rejected| rejected.span);
    build.rejected.dedup();
    let faults = faults(path, &file, &about_health);
    Built { build, faults }
}

/// Whether `# syntax=` hands the file to something that need not read it as BuildKit does.
fn has_foreign_frontend(file: &Dockerfile) -> bool {
    file.syntax.as_ref().is_some_and(|syntax| {
        let name = syntax.as_str();
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let known = ["docker/dockerfile", "docker/dockerfile-upstream"];
        !known.contains(&name.split([':', '@']).next().unwrap_or(name))
    })
}

/// The stage that becomes the image: the last one, or the one that is asked for by name or number.
fn target(stages: &[Stage], recipe: &Recipe) -> Option<usize> {
    let Some(wanted) = recipe.target.as_deref().filter(|target| !target.is_empty()) else {
        return stages.len().checked_sub(1);
    };
    let named = stages.iter().rposition(|stage| {
        let name = stage.name.as_ref();
        name.is_some_and(|name| name.value.eq_ignore_ascii_case(wanted))
    });
    named.or_else(|| wanted.parse().ok().filter(|index| *index < stages.len()))
}

/// The first thing that stops BuildKit and is no health check's fault, if there is one.
fn faults(path: &str, file: &Dockerfile, about_health: &[bool]) -> Vec<Fault> {
    let instructions = file.instructions.iter().zip(about_health);
    let own = instructions.flat_map(|(instruction, about_health)| {
        let problems = instruction.problems.iter();
        problems.filter(move |problem| !about_health || problem.kind == ProblemKind::NoStage)
    });
    file.problems
        .iter()
        .chain(own)
        .find(|problem| problem.kind.fails())
        .map(|problem| Fault {
            span: Some(problem.span),
            path: path.to_owned(),
            message: advice(problem),
        })
        .into_iter()
        .collect()
}

/// For each instruction whether its problems are those of a health check: it is one, was meant as one, or is the
/// torn-off rest of one.
fn about_health(file: &Dockerfile) -> Vec<bool> {
    let mut before = false;
    let mut torn = false;
    let mut all = Vec::with_capacity(file.instructions.len());
    for instruction in &file.instructions {
        let unknown = instruction.problems.iter().find_map(|it| match &it.kind {
            ProblemKind::UnknownInstruction { nearest, .. } => Some(nearest.as_deref()),
            _ => None,
        });
        before = match unknown {
            // Behind a torn-off line the next one may look like an instruction by chance, as a heredoc's `EOF` does.
            Some(Some(nearest)) => torn || nearest.eq_ignore_ascii_case("HEALTHCHECK"),
            Some(None) => before,
            None => matches!(instruction.body, Body::Healthcheck(_)),
        };
        torn = before && (unknown == Some(None) || torn && unknown.is_some());
        all.push(before);
    }
    all
}

/// What is wrong, and what to do.
fn advice(problem: &Problem) -> String {
    let todo = match &problem.kind {
        ProblemKind::NoInstructions => "there is nothing to read here; remove the file or fill it",
        ProblemKind::NoStage => "a Dockerfile starts with FROM (only ARG may stand before it)",
        ProblemKind::LineTooLong => "continue it on further lines with a backslash",
        ProblemKind::UnterminatedHeredoc(_) => "put its delimiter alone on a line behind it",
        ProblemKind::UnknownInstruction { nearest: None, .. } => {
            "if it belongs to the line before, end that line with a backslash"
        }
        _ => "BuildKit stops here; correct it first",
    };
    format!("{}: {todo}", problem.kind.words())
}

fn unreadable(path: &str, unread: &Unread) -> Fault {
    let message = match unread {
        Unread::Missing => "there is no such file; check the name".to_owned(),
        Unread::Folder => "this is a folder, not a Dockerfile; name the file in it".to_owned(),
        Unread::Outside => "it lies outside the folders that may be read".to_owned(),
        Unread::NotText(at) => {
            format!("byte {at} is not UTF-8, so this is no Dockerfile; save it as UTF-8")
        }
        Unread::TooLarge => "it is larger than any Dockerfile; it was not read".to_owned(),
        Unread::Other(words) => words.clone(),
    };
    Fault {
        span: None,
        path: path.to_owned(),
        message,
    }
}

/// The comments that allow something. Each covers the instruction that it stands in or above.
fn allows(file: &Dockerfile) -> Vec<Allow> {
    file.comments
        .iter()
        .filter_map(|comment| {
            let next = file
                .instructions
                .partition_point(|it| it.span.end <= comment.span.start);
            let covered = file.instructions.get(next);
            let scope = covered.map_or(comment.span, |it| it.span.join(comment.span));
            Allow::read(comment.text.as_str(), comment.span, scope)
        })
        .collect()
}

/// Something that BuildKit rejects about a health check.
fn reject(span: Span, kind: RejectedKind, reason: String) -> Rejected {
    Rejected {
        span,
        kind,
        reason,
        service: None,
    }
}
