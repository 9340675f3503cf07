//! `head-refused`: the check asks with HEAD, which many servers do not answer.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::outcome::request::{self, Client, Given, Request};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "head-refused",
    severity: Some(Severity::Note),
    page: include_str!("../../rules/head-refused.md"),
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let calls = context.calls();
    calls
        .filter_map(|(watched, call)| judge(watched, call))
        .collect()
}

fn judge(watched: &Watched<'_>, call: &Call) -> Option<Finding> {
    let request = request::request(call, &watched.inventory)?;
    let served = watched.inventory.server.map(|served| served.server);
    let spider = request.options.find(&["--spider"]);
    let head = match request.client {
        // Whoever reads the headers wants nothing else.
        Client::Curl if call.is_read() => None,
        Client::Curl => request.options.find(&["-I", "--head"]),
        // BusyBox sends a GET and hangs up.
        Client::Wget if request.flavour == Flavour::Gnu => spider,
        Client::Wget => None,
    };
    let aborted = served.and_then(|server| server.aborted.as_deref());
    let get_only = served.and_then(|server| server.get_only.as_deref());
    let (given, severity, why) = match (head, get_only, spider.zip(aborted)) {
        (Some(given), Some(words), _) | (_, _, Some((given, words))) => (given, Severity::Warning, words.to_owned()),
        (Some(given), None, None) => (
            given,
            Severity::Note,
            match request.client {
                Client::Curl => "many frameworks answer GET alone and refuse HEAD with 405".to_owned(),
                Client::Wget => "many frameworks answer GET alone and refuse HEAD with 405, and GNU `wget` asks again with GET only after 500 or 501".to_owned(),
            },
        ),
        _ => return None,
    };
    let program = call.name()?;
    let shown = &given.name;
    let message = if head.is_some() {
        format!("`{program} {shown}` asks with HEAD")
    } else {
        format!("`{program} {shown}` hangs up before the answer is over")
    };
    let edits = with_get(watched, call, &request, given);
    Some(
        watched
            .finding(&RULE, severity, call.words.get(given.word)?.span, message, why)
            .help("fetch the answer and throw it away: `-O /dev/null` for `wget`, `-o /dev/null` for `curl`")
            .fix(edits.map(|edits| Fix::risky("ask with GET", edits))),
    )
}

/// The call with an output that nobody reads in place of the option; None where a word of it cannot be written anew.
fn with_get(
    watched: &Watched<'_>,
    call: &Call,
    request: &Request,
    given: &Given,
) -> Option<Vec<Edit>> {
    let [url] = request.urls[..] else {
        return None;
    };
    let mut words = Vec::new();
    for (at, word) in call.words.iter().enumerate() {
        if at == url {
            continue;
        }
        if at != given.word {
            words.push(word.literal()?.to_owned());
            continue;
        }
        // `-fsI` is more than one option.
        if word.literal() != Some(given.name.as_str()) {
            let rest = word.literal()?.replacen('I', "", 1);
            words.push(rest);
        }
        let has_output = request
            .options
            .has(&["-o", "--output", "-O", "--output-document"]);
        let quiet =
            request
                .options
                .has(&["-q", "--quiet", "-nv", "--no-verbose", "-s", "--silent"]);
        match request.client {
            Client::Wget if !quiet && !has_output => {
                words.extend(["-q", "-O", "/dev/null"].map(str::to_owned));
            }
            Client::Wget if !has_output => words.extend(["-O", "/dev/null"].map(str::to_owned)),
            Client::Curl if !has_output => words.extend(["-o", "/dev/null"].map(str::to_owned)),
            _ => {}
        }
    }
    watched.replace_call(call, &words, Some(url))
}
