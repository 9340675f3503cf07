//! The command on its way from the file to the programs: each text that differs from the one before.

use crate::check::Watched;
use crate::facts::{Inventory, OwnCheck};
use crate::model::command::{Call, Within, quoted};
use crate::model::draft::json_list;
use crate::model::probe::{Form, Platform};
use crate::text::{Sources, Span, Traced};

/// The command in one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Whose hands it has come out of: `as written`, `after YAML` …
    pub name: &'static str,
    /// What it reads like there; variables by name where nobody may see their values.
    pub text: String,
}

/// One program that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// How many programs or shells it stands in.
    pub depth: usize,
    /// It reads what the one before it prints.
    pub piped: bool,
    /// Each word as the program receives it, quoted where it needs quotes; variables as they are written.
    pub words: Vec<String>,
    /// The image is known not to have it.
    pub missing: bool,
}

/// Each form of the command, without those that change nothing.
pub fn layers(sources: &Sources, watched: &Watched<'_>) -> Vec<Layer> {
    let Some(test) = watched.test else {
        return Vec::new();
    };
    let written = dedented(&as_written(sources, test.span));
    let listed = written.starts_with('[') || written.starts_with("- ");
    let form = &test.value.form;
    let mut layers = vec![Layer {
        name: "as written",
        text: written,
    }];
    let mut then = |name: &'static str, text: String| {
        let before = layers.last().map_or("", |layer| layer.text.as_str());
        if before.trim() != text.trim() && !text.is_empty() {
            layers.push(Layer { name, text });
        }
    };
    if watched_platform(watched, test.span) == Platform::Dockerfile {
        if let Form::Shell { script, .. } = form {
            then("after joining", script.shown());
        }
    } else {
        let before = |text: &Traced| text.outer().map_or_else(|| text.shown(), Traced::shown);
        then("after YAML", told(form, listed, &before));
        then("after Compose", told(form, listed, &Traced::shown));
    }
    then("engine stores", stored(form));
    layers
}

/// The same for a check that a published image brings, which stands in no file here.
pub fn of_image(own: &OwnCheck, watched: &Watched<'_>) -> Vec<Layer> {
    let (OwnCheck::Command(check), Some(test)) = (own, watched.test) else {
        return Vec::new();
    };
    vec![
        Layer {
            name: "in the image",
            text: check.clone(),
        },
        Layer {
            name: "engine stores",
            text: stored(&test.value.form),
        },
    ]
}

/// Who wrote the test: the check's own file, or the Dockerfile that the check leaves it to.
fn watched_platform(watched: &Watched<'_>, test: Span) -> Platform {
    match watched.build {
        Some((build, _)) if build.source == test.source => Platform::Dockerfile,
        _ => watched.probe.platform,
    }
}

/// The test as a text or a list, each of its texts as `show` shows it.
fn told(form: &Form, listed: bool, show: &dyn Fn(&Traced) -> String) -> String {
    match form {
        Form::Shell { script, .. } if !listed => show(script),
        _ => headed(form, show),
    }
}

/// What `docker inspect` would show under `Healthcheck.Test`.
fn stored(form: &Form) -> String {
    headed(form, &Traced::shown)
}

fn headed(form: &Form, show: &dyn Fn(&Traced) -> String) -> String {
    let (head, texts): (&str, Vec<&Traced>) = match form {
        Form::Exec(words) => ("CMD", words.iter().collect()),
        Form::Shell {
            script, dropped, ..
        } => (
            "CMD-SHELL",
            std::iter::once(script).chain(dropped).collect(),
        ),
        Form::Unheaded(words) => ("", words.iter().collect()),
    };
    let mut words: Vec<String> = texts.into_iter().map(show).collect();
    if !head.is_empty() {
        words.insert(0, head.to_owned());
    }
    json_list(&words)
}

/// What the file says there. A list that stands as deep as its key begins, for YAML, behind its first dash.
fn as_written(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    let before = source.text.get(..span.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let dash = line.trim() == "-";
    let lead = if dash { line.trim_start() } else { "" };
    format!("{lead}{}", sources.slice(span))
}

/// Without the blanks that all lines but the first have in common.
fn dedented(text: &str) -> String {
    let text = text.trim_end();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let common = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min()
        .unwrap_or(0);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| {
        let cut = common.min(indent(line));
        all + "\n" + line.get(cut..).unwrap_or_default()
    })
}

/// Every program that is called, word by word.
pub fn programs(watched: &Watched<'_>) -> Vec<Program> {
    watched
        .calls
        .iter()
        .map(|call| program(call, &watched.inventory))
        .collect()
}

fn program(call: &Call, inventory: &Inventory) -> Program {
    let depth = call
        .within
        .iter()
        .filter(|within| !matches!(within, Within::Pipeline { .. } | Within::Background))
        .count();
    Program {
        depth,
        piped: matches!(call.within.last(), Some(Within::Pipeline { place, .. }) if *place > 0),
        words: call
            .words
            .iter()
            .map(|word| match word.literal() {
                Some(_) if word.text.from_environment() => word.text.shown(),
                Some(text) => quoted(text),
                None => word.text.shown(),
            })
            .collect(),
        missing: !call.builtin
            && call
                .program()
                .is_some_and(|program| inventory.has(program).is_no()),
    }
}
