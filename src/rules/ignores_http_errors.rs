//! `ignores-http-errors`: a check that is content with HTTP 500.

use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::World;
use crate::outcome::request::{self, Client};
use crate::rule::{Context, Rule, Watched};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "ignores-http-errors",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/ignores-http-errors.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(outcome) = &watched.outcome else {
            continue;
        };
        if !outcome.ignores_http_errors() {
            continue;
        }
        let curls: Vec<_> = watched
            .calls
            .iter()
            .filter_map(|call| Some((call, request::request(call, &watched.inventory)?)))
            .filter(|(_, request)| request.client == Client::Curl)
            .collect();
        let asking = curls
            .iter()
            .find(|(_, request)| !request.options.has(&["-f", "--fail", "--fail-with-body"]));
        // Whoever writes `curl -f … || [ $? -eq 22 ]` knows what passes.
        if asking.is_none() && !curls.is_empty() {
            continue;
        }
        if asking.is_some_and(|(call, _)| expects_refusal(watched, call)) {
            continue;
        }
        let asking = asking.map(|(call, _)| *call);
        let whole = watched.test.map_or(watched.probe.span, |test| test.span);
        let lost = outcome.in_world(World::Error).lost.as_ref();
        let (span, help) = match (asking, lost) {
            (Some(call), _) => (call.words[0].span, FAIL),
            (None, Some(cause)) => (cause.span, remedy(&cause.word)),
            (None, None) => (whole, LOOK),
        };
        let why = match lost {
            Some(cause) => cause.why.clone(),
            None => "`curl` calls every answer a success, HTTP 500 too, unless it is told `--fail`"
                .to_owned(),
        };
        let edit = asking.and_then(|call| watched.insert_words(call, 0, &["-f"]));
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    span,
                    "this check passes when the service answers with an error",
                    why,
                )
                .help(help)
                .fix(edit.map(|edit| Fix::risky("let curl fail on HTTP errors", vec![edit]))),
        );
    }
    findings
}

const FAIL: &str = "add `-f`, so that curl fails on HTTP 400 and above";
const LOOK: &str = "let the check fail on HTTP 400 and above";

/// How to look at the status of an answer, for whoever got it by this word.
fn remedy(word: &str) -> &'static str {
    match word {
        "fetch" => "look at the answer: `.then(r => process.exit(r.ok ? 0 : 1))`",
        "http.get" => "look at the answer: `r => process.exit(r.statusCode < 400 ? 0 : 1)`",
        "getresponse" => "look at the answer: `assert c.getresponse().status < 400`",
        "curl_exec" => "set `CURLOPT_FAILONERROR`, and `exit(1)` where `curl_exec` gives false",
        "file_get_contents" => "without `ignore_errors` it gives false for HTTP 400 and above",
        _ if word.starts_with("requests.") || word.starts_with("httpx.") => {
            "let the answer raise: add `.raise_for_status()` to it"
        }
        _ if word.starts_with("Net::HTTP") => {
            "look at the answer: `exit(r.is_a?(Net::HTTPSuccess))`"
        }
        _ => LOOK,
    }
}

/// Elasticsearch and OpenSearch answer 401 to whoever has no password, unless their security is off: with `-f` the
/// check of a sound service would fail.
fn expects_refusal(watched: &Watched<'_>, call: &Call) -> bool {
    let image = watched.service.and_then(|service| service.image.as_ref());
    let Some(image) = image.map(|image| image.value.as_str()) else {
        return false;
    };
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    if !matches!(name, "elasticsearch" | "opensearch" | "wazuh-indexer") {
        return false;
    }
    let logs_in = call.words.iter().any(|word| {
        let text = word.text.as_str();
        text.starts_with("-u") || text.starts_with("--user") || text.contains('@')
    });
    let open = watched.service.is_some_and(|service| {
        service.environment.iter().any(|entry| {
            let value = entry.value.as_ref().map(Traced::as_str);
            matches!(
                (entry.name.as_str(), value),
                ("xpack.security.enabled", Some("false"))
                    | (
                        "plugins.security.disabled" | "DISABLE_SECURITY_PLUGIN",
                        Some("true")
                    )
            )
        })
    });
    !logs_in && !open
}
