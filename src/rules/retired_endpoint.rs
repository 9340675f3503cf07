//! `retired-endpoint`: the check asks for a path, or at a port, that this version of the server no longer answers.

use std::ops::Range;

use crate::facts::said::says;
use crate::facts::servers::Retired;
use crate::finding::{Finding, Fix, Severity};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Traced};

/// See the page.
pub const RULE: Rule = Rule {
    name: "retired-endpoint",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/retired-endpoint.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let served = watched.inventory.server?;
    let server = served.server;
    let holds = |said: &String| says(watched.service, said) != Some(false);
    if server.unless.iter().any(holds) {
        return None;
    }
    let texts: Vec<&Traced> = match &watched.test?.value.form {
        Form::Exec(words) => words.iter().collect(),
        Form::Shell { script, .. } => vec![script],
        Form::Unheaded(_) => return None,
    };
    let (text, gone, asked) = texts.iter().find_map(|text| {
        let mut retired = server.retired.iter();
        retired.find_map(|gone| Some((*text, gone, asked(text.as_str(), gone)?)))
    })?;
    // A tag that moves may still stand for an older image on somebody's machine.
    let severity = if served.pinned {
        Severity::Error
    } else {
        Severity::Warning
    };
    let image = &watched.inventory.shown;
    let path = &gone.path;
    let message = match gone.port {
        Some(port) => format!("{image} does not answer `{path}` on port {port}"),
        None => format!("{image} does not answer `{path}`"),
    };
    let now = match (&gone.now, gone.now_port) {
        (Some(path), None) => format!("`{path}`"),
        (None, Some(port)) => format!("`{path}` on port {port}"),
        (Some(path), Some(port)) => format!("`{path}` on port {port}"),
        (None, None) => return None,
    };
    let finding = watched
        .finding(
            &RULE,
            severity,
            text.span_of(asked.path.clone()),
            message,
            format!("{} (as of {})", gone.why, server.date),
        )
        .help(format!("ask for {now}"));
    let title = format!("ask for {now}");
    let fix = moved(text, gone, &asked).map(|edits| Fix::safe(title, edits));
    let recipe = || {
        let offer = watched.recipe()?;
        Some(offer.fix(&format!("use the check that {image} can run")))
    };
    Some(finding.fix(fix.or_else(recipe)))
}

/// Where a text asks for what is gone.
struct Asked {
    path: Range<usize>,
    /// The digits of the port, or the empty place where they would stand.
    port: Option<Range<usize>>,
}

/// Finds the path as a whole word of a URL or of a raw request, at the port that it is gone from.
fn asked(text: &str, gone: &Retired) -> Option<Asked> {
    text.match_indices(&gone.path).find_map(|(start, path)| {
        let end = start + path.len();
        let goes_on = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
        let before = &text[..start];
        let behind = text[end..].strip_prefix('/').unwrap_or(&text[end..]);
        if behind.starts_with(goes_on) || before.ends_with('/') {
            return None;
        }
        let path = start..end;
        let port = port(text, before);
        match gone.port {
            None => Some(Asked { path, port: None }),
            Some(wanted) => {
                let port = port?;
                let number = text.get(port.clone())?;
                let is_it = number.parse() == Ok(wanted) || (number.is_empty() && wanted == 80);
                is_it.then_some(Asked {
                    path,
                    port: Some(port),
                })
            }
        }
    })
}

/// The port that a path behind `before` is asked at: the one in front of it, none where only a host stands there, or
/// that of the connection that a raw request is written to.
fn port(text: &str, before: &str) -> Option<Range<usize>> {
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let start = before.len() - digits;
    if digits > 0 && before[..start].ends_with(':') {
        return Some(start..before.len());
    }
    if before.ends_with(' ') {
        let connection = "/dev/tcp/";
        let host = text.find(connection)? + connection.len();
        let start = host + text.get(host..)?.find('/')? + 1;
        let rest = text.get(start..)?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        return Some(start..start + end);
    }
    let host = before.rsplit("://").next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    (host.len() < before.len() && host.starts_with(plain) && host.chars().all(plain))
        .then_some(before.len()..before.len())
}

fn moved(text: &Traced, gone: &Retired, asked: &Asked) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    if let (Some(port), Some(place)) = (gone.now_port, &asked.port) {
        let new = if place.is_empty() {
            format!(":{port}")
        } else {
            port.to_string()
        };
        edits.push(text.replace(place.clone(), &new)?);
    }
    if let Some(path) = &gone.now {
        edits.push(text.replace(asked.path.clone(), path)?);
    }
    Some(edits)
}
