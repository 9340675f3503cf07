//! Which services are jobs that do their work and end, as far as their image, their command or their name tells.

use std::sync::OnceLock;

use serde::Deserialize;

use super::lookup::canonical;
use crate::model::image_name;
use crate::model::project::Service;
use crate::text::{Span, Traced};

const JOBS: &str = include_str!("../../rules/facts/jobs.toml");

/// What tells a job from a service that stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Images whose container ends, by their full names.
    pub images: Vec<String>,
    /// Commands that do one thing and end.
    pub commands: Vec<String>,
    /// Words that a job's name starts or ends with.
    pub names: Vec<String>,
    /// What goes on for ever, wherever it stands in a command.
    pub stays: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Why a service is taken for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// The place that tells.
    pub span: Span,
    /// In words: "`alembic upgrade` ends when its work is done".
    pub words: String,
}

/// The facts.
pub fn jobs() -> &'static Jobs {
    static ALL: OnceLock<Jobs> = OnceLock::new();
    ALL.get_or_init(|| toml::from_str(JOBS).unwrap_or_default())
}

/// Why this service is a job that ends; None where nothing tells, or something speaks against it.
pub fn grounds(service: &Service) -> Option<Grounds> {
    // Whoever is started anew after every end, or is open to the outside, is meant to stay.
    if !ends_for_good(service) || !service.ports.is_empty() {
        return None;
    }
    let facts = jobs();
    let text = started_with(service);
    let words = words(&text);
    if facts.stays.iter().any(|phrase| holds(&words, phrase)) {
        return None;
    }
    by_image(service, facts)
        .or_else(|| by_command(service, facts, &text))
        .or_else(|| by_name(service, facts))
}

fn ends_for_good(service: &Service) -> bool {
    match &service.restart {
        None => true,
        Some(restart) => restart.value.known().is_some_and(|policy| {
            matches!(policy, "no" | "false") || policy.starts_with("on-failure")
        }),
    }
}

fn by_image(service: &Service, facts: &Jobs) -> Option<Grounds> {
    let image = service.image.as_ref().filter(|_| service.build.is_none())?;
    let name = canonical(&image_name::parse(image.value.as_str())?.path()?);
    facts.images.contains(&name).then(|| Grounds {
        span: image.span,
        words: "a container of this image ends when its work is done".to_owned(),
    })
}

/// The last command of the script decides when the container ends.
fn by_command(service: &Service, facts: &Jobs, text: &str) -> Option<Grounds> {
    let run = service.command.as_ref().or(service.entrypoint.as_ref())?;
    let commands = text
        .split(['\n', ';'])
        .flat_map(|line| line.split("&&"))
        .map(|command| without_shell(words(command)))
        .filter(|words| !words.is_empty());
    let (at_once, others): (Vec<_>, Vec<_>) = commands
        .partition(|words| matches!(words[..], ["echo" | "exit", ..] | ["true" | "false" | "fi"]));
    let words = match others.last() {
        None if at_once.is_empty() => return None,
        None => "the container ends as soon as it has started".to_owned(),
        Some(last) => {
            let phrase = facts.commands.iter().find(|phrase| holds(last, phrase))?;
            format!("`{phrase}` ends when its work is done")
        }
    };
    Some(Grounds {
        span: run.span,
        words,
    })
}

/// The words behind `sh -c`.
fn without_shell(words: Vec<&str>) -> Vec<&str> {
    let is_shell = words
        .first()
        .is_some_and(|first| matches!(*first, "sh" | "ash" | "bash" | "dash"));
    if !is_shell {
        return words;
    }
    let rest = words.into_iter().skip(1);
    rest.skip_while(|word| word.starts_with('-')).collect()
}

fn by_name(service: &Service, facts: &Jobs) -> Option<Grounds> {
    let name = service.name.value.to_ascii_lowercase();
    let words: Vec<&str> = name.split(['-', '_', '.']).collect();
    let tells =
        |word: Option<&&str>| word.is_some_and(|word| facts.names.iter().any(|name| name == word));
    let stays = words
        .iter()
        .any(|word| facts.stays.iter().any(|other| other == word));
    ((tells(words.first()) || tells(words.last())) && !stays).then(|| Grounds {
        span: service.name.span,
        words: "by its name it is a job that ends".to_owned(),
    })
}

/// What the service says of its entrypoint and its command, as one text.
fn started_with(service: &Service) -> String {
    let runs = [&service.entrypoint, &service.command];
    let runs = runs.into_iter().flatten();
    let texts: Vec<&str> = runs
        .flat_map(|run| run.value.texts().iter().map(Traced::as_str))
        .collect();
    texts.join(" ")
}

/// The words of a command line, without quotes and operators; a program by the last part of its path.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || ";&|()'\"`".contains(c))
        .filter(|word| !word.is_empty())
        .map(|word| match word.strip_prefix(['/', '.']) {
            Some(_) => word.rsplit('/').next().unwrap_or(word),
            None => word,
        })
        .collect()
}

/// Whether the words of the phrase stand there one behind the other.
fn holds(words: &[&str], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window == phrase)
}
