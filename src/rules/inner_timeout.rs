//! `inner-timeout`: the client's own limit must end before the engine's does.

use std::time::Duration;

use crate::facts::{Flavour, tools};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::draft;
use crate::model::probe::defaults;
use crate::outcome::request;
use crate::rule::{Context, Rule, Watched};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "inner-timeout",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/inner-timeout.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(outer) = watched.timing.effective_timeout() else {
            continue;
        };
        for call in &watched.calls {
            let Some((limit, inner)) = limit(watched, call) else {
                continue;
            };
            // Zero means no limit at all: `orphaned-client` is about that.
            if inner.is_zero() || inner < outer {
                continue;
            }
            findings.push(finding(watched, call, &limit, inner, outer));
        }
    }
    findings
}

fn finding(
    watched: &Watched<'_>,
    call: &Call,
    limit: &Traced,
    inner: Duration,
    outer: Duration,
) -> Finding {
    let program = call.shown_name();
    let written = watched.timing.timeout.as_ref();
    let outer_text = written.map_or_else(
        || draft::duration(outer),
        |written| written.value.shown(outer),
    );
    let inner_text = if limit.from_environment() {
        format!("`{}`", limit.shown())
    } else {
        draft::duration(inner)
    };
    let finding = watched.finding(
        &RULE,
        Severity::Warning,
        limit.span(),
        format!(
            "`{program}` may take {inner_text}, but the engine ends the check after {outer_text}"
        ),
        if written.is_some() {
            "the engine kills first: no error message, and children of the shell run on".to_owned()
        } else {
            format!(
                "the engine kills first, after its default of {}: no error message, and children of the shell run on",
                draft::duration(defaults::TIMEOUT)
            )
        },
    );
    let finding = match written {
        Some(written) => finding.label(written.entry(), "the engine's limit"),
        None => finding,
    };
    let below = outer.checked_sub(Duration::from_secs(1)).filter(|below| {
        // A limit in whole seconds, since not every client reads fractions.
        below.as_secs() > 0 && below.subsec_nanos() == 0
    });
    // A number that follows from the environment is as secret as what it follows from.
    let secret = written.is_some_and(|written| written.value.text.from_environment());
    let Some(below) = below.filter(|_| !secret) else {
        return finding.help("raise the check's timeout above the client's limit");
    };
    // `10s` keeps its unit where it is that of the new limit.
    let unit = if limit.as_str().ends_with('s') {
        "s"
    } else {
        ""
    };
    let edit = limit.replace(0..limit.len(), &format!("{}{unit}", below.as_secs()));
    finding
        .help(format!(
            "let the client give up first: {} is one second below",
            draft::duration(below)
        ))
        .fix(edit.map(|edit| {
            Fix::risky(
                format!("let `{program}` give up after {}", draft::duration(below)),
                vec![edit],
            )
        }))
}

/// The limit that this call sets itself, as it is written and as a time.
fn limit(watched: &Watched<'_>, call: &Call) -> Option<(Traced, Duration)> {
    let name = call.name()?;
    let written = match name {
        "timeout" => timeout_operand(call)?,
        "curl" | "wget" => request::request(call, &watched.inventory)?.limit?,
        _ if is_python(name) => in_python(call)?,
        _ => of_client(watched, call, name)?,
    };
    let length = seconds(written.known()?)?;
    Some((written, length))
}

/// The limit of a client that takes one as an option, such as `pg_isready -t`.
fn of_client(watched: &Watched<'_>, call: &Call, name: &str) -> Option<Traced> {
    let flavour = watched.inventory.flavour(name).unwrap_or(Flavour::Plain);
    let tool = tools::tool(name, flavour)?;
    let names: Vec<&str> = tool.limit.iter().map(String::as_str).collect();
    let options = request::options(call, tool);
    options.value(&names).filter(|_| !options.doubtful).cloned()
}

fn is_python(name: &str) -> bool {
    name.strip_prefix("python")
        .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// The number behind the one `timeout=` of a script.
fn in_python(call: &Call) -> Option<Traced> {
    let at = call
        .words
        .iter()
        .position(|word| word.literal() == Some("-c"))?;
    let script = &call.words.get(at + 1)?.text;
    let (before, rest) = script.known()?.split_once("timeout=")?;
    let length = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    if length == 0 || rest.contains("timeout=") {
        return None;
    }
    let start = before.len() + "timeout=".len();
    Some(script.slice(start..start + length))
}

/// The duration of `timeout [option]… duration command`.
fn timeout_operand(call: &Call) -> Option<Traced> {
    let mut words = call.words.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let text = word.literal()?;
        if !text.starts_with('-') {
            return Some(word.text.clone());
        }
        if matches!(text, "-k" | "-s" | "--kill-after" | "--signal") {
            words.next();
        }
    }
    None
}

/// `5`, `2.5`, and `5s`, `1m`, `1h` as GNU's timeout writes them.
fn seconds(text: &str) -> Option<Duration> {
    let (number, factor) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1.0),
        b'm' => (&text[..text.len() - 1], 60.0),
        b'h' => (&text[..text.len() - 1], 3600.0),
        _ => (text, 1.0),
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * factor).ok()
}
