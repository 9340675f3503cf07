//! `proxied-loopback`: a proxy from the environment is asked for what lies next door.

use crate::facts::Flavour;
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::Call;
use crate::model::project::EnvironmentVariable;
use crate::model::url;
use crate::outcome::request::{self, Client, Request};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "proxied-loopback",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/proxied-loopback.md"),
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
    let program = call.name()?;
    let request = request::request(call, &watched.inventory)?;
    let word = request.url(call)?;
    let asked = url::parse(word.text.as_str());
    if asked.is_loopback() != Some(true) || request.options.doubtful || goes_direct(&request) {
        return None;
    }
    let host = asked.known_host()?;
    let proxy = proxy(watched, &request, asked.effective_scheme()?.as_str())?;
    if is_excepted(watched, &request, host) {
        return None;
    }
    let name = &proxy.name;
    let why = match request.flavour {
        Flavour::Busybox => format!(
            "`{name}` is set, and BusyBox `wget` knows no `no_proxy`: even `{host}` is asked through the proxy, which looks for it on its own machine"
        ),
        _ => format!(
            "`{name}` is set and no `no_proxy` names `{host}`: it is asked through the proxy, which looks for it on its own machine"
        ),
    };
    let bypass: &[&str] = match request.client {
        Client::Curl if word.place.is_some() => &["--noproxy", "'*'"],
        Client::Curl => &["--noproxy", "*"],
        Client::Wget if request.flavour == Flavour::Gnu => &["--no-proxy"],
        Client::Wget => &["-Y", "off"],
    };
    let edit = watched.insert_words(call, 0, bypass);
    let shown = bypass.join(" ");
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                word.span,
                format!("`{program}` asks a proxy for its own container"),
                why,
            )
            .label(proxy.span, "this is the proxy")
            .help(format!("tell the client to go straight there: `{shown}`"))
            .fix(edit.map(|edit| Fix::safe("go past the proxy", vec![edit]))),
    )
}

/// Whether the call goes past every proxy, or names one of its own.
fn goes_direct(request: &Request) -> bool {
    request.options.has(&[
        "--noproxy",
        "--no-proxy",
        "-Y",
        "--proxy",
        "-x",
        "-q0",
        "--preproxy",
        "--socks5",
        "--socks5-hostname",
        "--unix-socket",
        "--abstract-unix-socket",
        "--config",
        "-K",
        "-e",
        "--execute",
    ])
}

/// The variable of the service's environment that makes this client ask a proxy. In capitals it counts for https and
/// for curl's `ALL_PROXY` alone: a server may be given `HTTP_PROXY` by a header of whoever asks it.
fn proxy<'a>(
    watched: &Watched<'a>,
    request: &Request,
    scheme: &str,
) -> Option<&'a EnvironmentVariable> {
    let names: &[&str] = match (request.client, scheme) {
        (Client::Curl, "http") => &["http_proxy", "all_proxy", "ALL_PROXY"],
        (Client::Curl, "https") => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        (Client::Wget, "http") => &["http_proxy"],
        (Client::Wget, "https") => &["https_proxy"],
        _ => return None,
    };
    watched.service?.environment.iter().find(|entry| {
        // An empty one is none, and what somebody fills in may be empty.
        let value = entry.value.as_ref().and_then(|value| value.known());
        names.contains(&entry.name.as_str()) && value.is_some_and(|value| !value.is_empty())
    })
}

/// Whether the environment excepts this host in a way that this client honours, or may.
fn is_excepted(watched: &Watched<'_>, request: &Request, host: &str) -> bool {
    let names: &[&str] = match (request.client, request.flavour) {
        (Client::Curl, _) => &["no_proxy", "NO_PROXY"],
        (Client::Wget, Flavour::Busybox) => &[],
        (Client::Wget, _) => &["no_proxy"],
    };
    let Some(service) = watched.service else {
        return false;
    };
    let unsaid = service.has_env_file && !names.is_empty();
    let entries = service.environment.iter();
    unsaid
        || entries
            .filter(|entry| names.contains(&entry.name.as_str()))
            .any(|entry| {
                let value = entry.value.as_ref().and_then(|value| value.known());
                value.is_none_or(|value| value.split([',', ' ']).any(|one| excepts(one, host)))
            })
}

/// Whether one entry of `no_proxy` may speak of the host; ranges of addresses are left to the client.
fn excepts(entry: &str, host: &str) -> bool {
    let entry = entry.trim();
    let name = entry.trim_start_matches(['*', '.']);
    entry == "*" || (!name.is_empty() && host.ends_with(name)) || entry.contains('/')
}
