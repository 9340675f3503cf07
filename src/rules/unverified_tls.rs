//! `unverified-tls`: a check that asks another host over TLS and takes whoever answers.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::model::url;
use crate::outcome::request::{self, Client, Request};
use crate::rule::{Context, Rule, Watched};
use crate::text::Traced;

/// See the page.
pub const RULE: Rule = Rule {
    name: "unverified-tls",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/unverified-tls.md"),
    last_resort: false,
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
    let names: &[&str] = match request.client {
        Client::Curl => &["-k", "--insecure"],
        Client::Wget => &["--no-check-certificate"],
    };
    let option = request.options.find(names)?;
    let host = request
        .urls
        .iter()
        .find_map(|at| asked(watched, call.words.get(*at)?.text.as_str()))?;
    let word = &call.words[option.word];
    let program = call.shown_name();
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                word.span,
                format!("`{program}` asks `{host}` and does not look who answers"),
                format!(
                    "`{}` takes any certificate, so anybody on the way can answer and read what the check sends",
                    option.name
                ),
            )
            .help("ask the service itself over the loopback, or name the authority that signed its certificate")
            .fix(trust(watched, &request, call, option.word)),
    )
}

/// The host, where the URL is https and its host neither this container nor unknown.
fn asked(watched: &Watched<'_>, text: &str) -> Option<String> {
    let url = url::parse(text);
    if url.effective_scheme()? != "https" || url.is_loopback()? {
        return None;
    }
    let host = url.known_host()?;
    // By its own name a service asks itself.
    let own = watched
        .service
        .is_some_and(|service| service.name.value == host);
    (!own).then(|| host.to_owned())
}

/// The option that trusts one authority in place of the one at `at`, with a blank for its file.
fn trust(watched: &Watched<'_>, request: &Request, call: &Call, at: usize) -> Option<Fix> {
    const FILE: &str = "/path/to/ca.pem";
    let mut given = request.options.given.iter();
    let alone = given.all(|given| given.word != at || given.name == call.words[at].text.as_str());
    // BusyBox wget has no such option.
    let option = match (request.client, request.flavour) {
        (Client::Curl, _) => "--cacert",
        (Client::Wget, Flavour::Gnu) => "--ca-certificate",
        (Client::Wget, _) => return None,
    };
    if !alone {
        return None;
    }
    let word = &call.words[at];
    let edit = match (&word.place, &watched.test?.value.form) {
        (Some((script, range)), _) => script.replace(range.clone(), &format!("{option} {FILE}"))?,
        (None, Form::Exec(words)) => {
            let draft = |other: &Traced| {
                if other.span() == word.span {
                    vec![Draft::text(option), Draft::text(FILE)]
                } else {
                    vec![Draft::kept(other)]
                }
            };
            let words = words.iter().flat_map(draft).collect();
            let notation = &watched.test?.value.notation;
            notation.rewrite(&NewTest::Exec(words))?
        }
        _ => return None,
    };
    let title = "trust the authority that signed the certificate";
    Some(Fix::display(title, vec![edit]))
}
