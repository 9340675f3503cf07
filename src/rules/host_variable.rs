//! `host-variable`: a variable of the container that Compose fills in on the host, before the container exists.

use std::ops::Range;

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, base};
use crate::model::probe::{Form, Platform};
use crate::model::project::{EnvironmentVariable, Service};
use crate::outcome::login::login;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Filling, Span, Traced, Variable};

/// See the page.
pub const RULE: Rule = Rule {
    name: "host-variable",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/host-variable.md"),
    last_resort: false,
    check,
};

/// What every container has by itself, and what is another thing on the host.
const OF_EVERY_CONTAINER: &[&str] = &["HOSTNAME", "HOME", "PATH"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(service) = watched.service else {
            continue;
        };
        if watched.probe.platform != Platform::Compose {
            continue;
        }
        let Some(test) = watched
            .probe
            .test
            .as_ref()
            .filter(|_| watched.test.is_some())
        else {
            continue;
        };
        let (texts, read_by_shell) = texts(&test.value.form);
        for text in texts {
            for (range, variable) in text.variables() {
                let read = read_by_shell.is_some_and(|script| std::ptr::eq(script, text));
                let found = Found {
                    text,
                    range,
                    variable: &variable,
                    read,
                };
                findings.extend(judge(context, watched, service, &found));
            }
        }
    }
    findings
}

/// A variable of a test.
struct Found<'a> {
    text: &'a Traced,
    range: Range<usize>,
    variable: &'a Variable,
    /// A shell reads the text.
    read: bool,
}

/// The texts of a test, and the one among them that a shell reads.
fn texts(form: &Form) -> (Vec<&Traced>, Option<&Traced>) {
    match form {
        Form::Shell { script, .. } => (vec![script], Some(script)),
        Form::Exec(words) | Form::Unheaded(words) => {
            let shell = match &words[..] {
                [program, option, script, ..]
                    if base(program.as_str()).ends_with("sh") && option.as_str() == "-c" =>
                {
                    Some(script)
                }
                _ => None,
            };
            (words.iter().collect(), shell)
        }
    }
}

fn judge(
    context: &Context<'_>,
    watched: &Watched<'_>,
    service: &Service,
    found: &Found<'_>,
) -> Option<Finding> {
    let name = found.variable.name.as_deref()?;
    // `${NAME:?…}`: whoever starts the project is made to set it, and knows it.
    if found.variable.shown.contains('?') {
        return None;
    }
    let span = found.text.span_of(found.range.clone());
    let entry = service
        .environment
        .iter()
        .rev()
        .find(|entry| entry.name == name);
    let why = match (entry, found.variable.filling) {
        (Some(entry), filling) => differs(entry, name, filling, found)?,
        (None, Filling::Unknown) if OF_EVERY_CONTAINER.contains(&name) => {
            "Compose fills it in on the host; the container has one of its own"
        }
        (None, Filling::Unknown) if is_nowhere(context, watched) => {
            "neither `.env` nor the service sets it, so Compose fills in nothing"
        }
        _ => return None,
    };
    // A shell would drop the empty word, and the option would take the next one.
    let severity = if !found.read && same_source(entry, name) && is_hardly_read(watched, span) {
        Severity::Note
    } else {
        Severity::Warning
    };
    let mut finding = watched.finding(
        &RULE,
        severity,
        span,
        if same_source(entry, name) {
            format!(
                "`{}` may not be the container's `{name}`",
                found.variable.shown
            )
        } else {
            format!("`{}` is not the container's `{name}`", found.variable.shown)
        },
        why,
    );
    if let Some(entry) = entry {
        finding = finding.label(entry.span, "the container gets this one");
    }
    let defined = entry.is_some() || OF_EVERY_CONTAINER.contains(&name);
    let written = context.sources.slice(span);
    let doubled = found.read
        && defined
        && written.starts_with('$')
        && !is_single_quoted(&found.text.as_str()[..found.range.start]);
    let finding = if doubled {
        finding
            .help("write `$$`: Compose makes it one `$`, and the shell in the container reads it")
    } else if found.read {
        finding.help("let the service set it and write `$$` in the test, outside of single quotes")
    } else {
        finding.help("let a shell in the container read it: `CMD-SHELL`, and `$$` for `$`")
    };
    let edit = doubled.then(|| Edit::insert_before(span, "$"));
    Some(
        finding.fix(
            edit.map(|edit| Fix::risky("let the shell in the container fill it in", vec![edit])),
        ),
    )
}

/// What is wrong where the service gives the name a value too; None where both may come from the same place.
fn differs(
    entry: &EnvironmentVariable,
    name: &str,
    filling: Filling,
    found: &Found<'_>,
) -> Option<&'static str> {
    let value = entry.value.as_ref()?;
    let same_source = same_source(Some(entry), name);
    let value = value.known()?;
    let filled = &found.text.as_str()[found.range.clone()];
    match filling {
        // Both come from the host, and differ only in what they are where nobody sets it.
        Filling::Unknown if same_source && !value.is_empty() => {
            Some("the service has a default for it, and where nobody sets it the test gets nothing")
        }
        Filling::Default if same_source && filled != value => {
            Some("where nobody sets it, the test and the service take different defaults")
        }
        _ if same_source => None,
        Filling::Unknown => Some("Compose fills it in on the host, where nothing in sight sets it"),
        Filling::Environment if filled != value => {
            Some("Compose fills it in on the host, and `.env` says something else there")
        }
        Filling::Default if filled != value => Some(
            "Compose fills it in on the host, and takes the default where nobody sets it there",
        ),
        Filling::Environment | Filling::Default => None,
    }
}

/// Whether the service's own value comes from the variable of that name on the host.
fn same_source(entry: Option<&EnvironmentVariable>, name: &str) -> bool {
    let value = entry.and_then(|entry| entry.value.as_ref());
    let variables = value.map(Traced::variables).unwrap_or_default();
    variables
        .iter()
        .any(|(_, variable)| variable.name.as_deref() == Some(name))
}

/// Whether the text is the name that `pg_isready` asks as or for: it never logs in, and passes with any.
fn is_hardly_read(watched: &Watched<'_>, span: Span) -> bool {
    let ready = |call: &&Call| call.name() == Some("pg_isready");
    watched.calls.iter().filter(ready).any(|call| {
        login(call).is_some_and(|login| {
            let names = ["-U", "--username", "-d", "--dbname"];
            let texts = names.iter().filter_map(|name| login.options.value(&[name]));
            texts.map(Traced::span).any(|text| text.contains(span))
        })
    })
}

/// Whether `.env` was read and does not set it, and nothing else could.
fn is_nowhere(context: &Context<'_>, watched: &Watched<'_>) -> bool {
    // An included file may have a `.env` of its own.
    let main = context.project.files.first();
    context.project.has_dotenv
        && main == Some(&watched.probe.span.source)
        && watched.service.is_some_and(|service| !service.has_env_file)
}

/// Whether a script so far ends inside single quotes.
fn is_single_quoted(before: &str) -> bool {
    let mut quote = None;
    let mut letters = before.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None | Some('"'), '\\') => {
                letters.next();
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if letter == open => quote = None,
            _ => {}
        }
    }
    quote == Some('\'')
}
