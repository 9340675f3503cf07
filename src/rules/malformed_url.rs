//! `malformed-url`: a URL that no client can ask for.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call};
use crate::model::draft::is_operator;
use crate::model::url::{self, Fault};
use crate::outcome::request::{self, Client, Request};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "malformed-url",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/malformed-url.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (watched, call) in context.calls() {
        let Some(request) = request::request(call, &watched.inventory) else {
            continue;
        };
        if request.options.doubtful {
            continue;
        }
        let words = request.urls.iter().filter_map(|at| call.words.get(*at));
        // What stands behind an operator that no shell reads was never meant for a URL.
        for word in
            words.take_while(|word| word.place.is_some() || !is_operator(word.text.as_str()))
        {
            findings.extend(judge(watched, &request, word));
        }
        findings.extend(cut_by_ampersand(watched, call, &request));
    }
    findings
}

fn judge(watched: &Watched<'_>, request: &Request, word: &Argument) -> Option<Finding> {
    let parsed = url::parse(word.text.as_str());
    let problem = parsed.problems.first()?;
    let text = word.text.slice(problem.range.clone()).shown();
    // Whoever writes a dollar sign meant a variable; that nobody fills it in is another fault.
    if text.contains('$') {
        return None;
    }
    let busybox = request.flavour == Flavour::Busybox;
    let curl = request.client == Client::Curl;
    let (message, why, help) = match &problem.fault {
        Fault::NoHost => (
            "this URL has no host".to_owned(),
            "there is nobody to ask, so the check fails every time",
            "write the host that the service listens on, for example `http://127.0.0.1:8080/`",
        ),
        Fault::UnknownScheme { .. } => (
            format!("`{text}` is no scheme"),
            "the client knows no such protocol and gives up",
            "write `http` or `https`",
        ),
        // curl and GNU wget take the scheme's own port; BusyBox wget gives up.
        Fault::EmptyPort if busybox => (
            "the port of this URL is empty".to_owned(),
            "BusyBox `wget` gives up",
            "write the port, or leave out the colon",
        ),
        Fault::PortNotANumber | Fault::PortTooLarge => (
            format!("`{text}` is no port"),
            "a port is a number from 1 to 65535",
            "write the port that the service listens on",
        ),
        Fault::CurlGlob
            if curl && !request.options.has(&["-g", "--globoff"]) && !is_glob(&text) =>
        {
            (
                format!("`curl` takes `{text}` for a list of URLs"),
                "braces and brackets are patterns for curl",
                "add `--globoff`, or write `%7B`, `%7D`, `%5B` and `%5D`",
            )
        }
        Fault::Blank if curl => (
            "this URL holds a blank".to_owned(),
            "`curl` refuses it as malformed, so the check fails every time",
            "write `%20`",
        ),
        _ => return None,
    };
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                word.text.span_of(problem.range.clone()),
                message,
                why,
            )
            .help(help),
    )
}

/// A list or a range that curl reads as such, and asks for one after the other.
fn is_glob(text: &str) -> bool {
    match text.chars().next() {
        Some('{') => text.contains('}'),
        Some('[') => text.contains(']') && text.contains('-'),
        _ => false,
    }
}

/// `curl http://host/?a=1&b=2`: the shell ends the command at the `&` and sends it to the background.
fn cut_by_ampersand(watched: &Watched<'_>, call: &Call, request: &Request) -> Option<Finding> {
    let word = call.words.get(*request.urls.last()?)?;
    if !word.text.as_str().contains('?') {
        return None;
    }
    let (source, range) = word.place.as_ref()?;
    let rest = source.as_str().get(range.end..)?.strip_prefix('&')?;
    // `&&` and `&>` are operators of their own; a query goes on with a name.
    let length = rest
        .find(|c: char| c.is_whitespace() || "|&;<>()'\"".contains(c))
        .unwrap_or(rest.len());
    if !rest[..length].contains('=') {
        return None;
    }
    let end = range.end + 1 + length;
    let quoted = format!("'{}'", source.as_str().get(range.start..end)?);
    let edit = (!quoted[1..quoted.len() - 1].contains(['\'', '$', '\\', '`']))
        .then(|| source.replace(range.start..end, &quoted))
        .flatten();
    Some(
        watched
            .finding(
                &RULE,
                Severity::Error,
                source.span_of(range.end..range.end + 1),
                "the shell cuts this URL in two",
                "an unquoted `&` ends the command and sends it to the background, where its failure is lost",
            )
            .help("put the URL in quotes")
            .fix(edit.map(|edit| Fix::safe("put the URL in quotes", vec![edit]))),
    )
}
