//! Small projects and what is read from them.

mod checks;
mod projects;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::draft::{Notation, Place, YamlQuote, YamlShape};
use crate::model::probe::{Form, Probe};
use crate::model::project::Condition;
use crate::model::rejected::{Rejected, RejectedKind};

pub(super) fn project(files: &[(&str, &str)]) -> Reading {
    let map: BTreeMap<String, Arc<str>> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Arc::from(*text)))
        .collect();
    read(&[files[0].0.to_owned()], &map, &Surroundings::default())
}

pub(super) fn one(text: &str) -> Reading {
    project(&[("compose.yaml", text)])
}

/// A file with one service `a`, whose `healthcheck` holds these lines.
pub(super) fn check(lines: &str) -> Reading {
    let lines = lines.lines().map(|line| ["      ", line, "\n"].concat());
    let lines = lines.collect::<String>();
    one(&format!(
        "services:\n  a:\n    image: x\n    healthcheck:\n{lines}"
    ))
}

pub(super) fn probe<'a>(reading: &'a Reading, name: &str) -> &'a Probe {
    service(reading, name)
        .probe
        .as_ref()
        .expect("it has a check")
}

pub(super) fn service<'a>(reading: &'a Reading, name: &str) -> &'a Service {
    let mut services = reading.project.services.iter();
    services
        .find(|service| service.name.value == name)
        .expect("it is there")
}

/// The test as one line: how it is run, then its words.
pub(super) fn test(reading: &Reading, name: &str) -> String {
    let Some(test) = &probe(reading, name).test else {
        return "-".to_owned();
    };
    let words = |words: &[crate::text::Traced]| -> String {
        words
            .iter()
            .map(|word| ["|".to_owned(), word.shown()].concat())
            .collect()
    };
    match &test.value.form {
        Form::Exec(list) => format!("exec{}", words(list)),
        Form::Shell {
            script, dropped, ..
        } => format!("shell|{}{}", script.shown(), words(dropped)),
        Form::Unheaded(list) => format!("unheaded{}", words(list)),
    }
}

/// What was rejected, as `word: reason`.
pub(super) fn rejected(reading: &Reading) -> Vec<String> {
    let say = |rejected: &Rejected| {
        format!(
            "{}: {}",
            reading.sources.slice(rejected.span),
            rejected.reason
        )
    };
    reading.project.rejected.iter().map(say).collect()
}

pub(super) fn sound(reading: &Reading) {
    assert_eq!(reading.faults, []);
    assert_eq!(reading.project.rejected, []);
}
