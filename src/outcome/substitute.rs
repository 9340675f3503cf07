//! The same request with another tool: what to write where the one that was chosen is not there.

use crate::facts::{Flavour, Inventory};
use crate::model::command::Call;
use crate::model::url::{self, Url};
use crate::outcome::request::{Client, Request, request};

/// Another way to ask the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitute {
    /// The program that asks.
    pub program: &'static str,
    /// The words before the URL.
    pub before: Vec<String>,
    /// The word of the call that is kept as it is written; None where the URL went into the other words.
    pub kept: Option<usize>,
    /// What must stand in the kept word in place of `localhost`, where the new tool needs it.
    pub loopback: bool,
}

/// Every other way that this container has, the nearest first.
pub fn substitutes(call: &Call, inventory: &Inventory) -> Vec<Substitute> {
    let Some(asked) = request(call, inventory) else {
        return Vec::new();
    };
    let (true, [at]) = (asked.is_plain(), &asked.urls[..]) else {
        return Vec::new();
    };
    let Some(word) = call.words.get(*at) else {
        return Vec::new();
    };
    let url = url::parse(word.text.as_str());
    if !url.problems.is_empty() {
        return Vec::new();
    }
    // Whoever pipes the answer on needs it; otherwise it is thrown away.
    let piped = call.is_read();
    let way = Way {
        asked: &asked,
        at: *at,
        url: &url,
        // What Compose fills in must stay a variable.
        literal: word.literal().filter(|_| word.text.variables().is_empty()),
        piped,
        limit: asked
            .limit
            .as_ref()
            .and_then(|limit| limit.known()?.parse::<u32>().ok()),
    };
    let mut found = Vec::new();
    if asked.client == Client::Curl {
        found.extend(wget(&way, inventory));
    } else if inventory.has("curl").is_yes() {
        found.push(curl(&way));
    }
    if !piped && let Some(literal) = way.literal {
        found.extend(one_liners(
            literal,
            way.url,
            way.limit.unwrap_or(5),
            inventory,
        ));
    }
    found
}

/// The words that ask this URL, give up after so many seconds, and fail unless the answer is good, with the first
/// program that the container is known to have.
pub fn ask(url: &str, limit: u32, inventory: &Inventory) -> Option<Vec<String>> {
    let seconds = limit.to_string();
    if inventory.has("curl").is_yes() {
        return Some(words(&[
            "curl",
            "-fsS",
            "-o",
            "/dev/null",
            "-m",
            &seconds,
            url,
        ]));
    }
    if inventory.has("wget").is_yes() {
        return Some(words(&[
            "wget",
            "-q",
            "-O",
            "/dev/null",
            "-T",
            &seconds,
            url,
        ]));
    }
    let ways = one_liners(url, &url::parse(url), limit, inventory);
    ways.into_iter().next().map(|way| way.before)
}

struct Way<'a> {
    asked: &'a Request,
    at: usize,
    url: &'a Url,
    literal: Option<&'a str>,
    piped: bool,
    limit: Option<u32>,
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn wget(way: &Way<'_>, inventory: &Inventory) -> Option<Substitute> {
    let flavour = inventory.flavour("wget")?;
    let https = way.url.effective_scheme().as_deref() == Some("https");
    // BusyBox leaves a zombie for every https request, and does not check certificates as curl does.
    if https && flavour != Flavour::Gnu {
        return None;
    }
    // A curl that accepts any certificate, follows redirects or asks with HEAD would need other options.
    if way.asked.options.has(&["-I", "--head", "-i", "--include"]) {
        return None;
    }
    let output = if way.piped { "-" } else { "/dev/null" };
    let mut before = words(&["wget", "-q", "-O", output]);
    if let Some(limit) = way.limit {
        before.extend(["-T".to_owned(), limit.to_string()]);
    }
    Some(Substitute {
        program: "wget",
        before,
        kept: Some(way.at),
        loopback: flavour != Flavour::Gnu,
    })
}

fn curl(way: &Way<'_>) -> Substitute {
    let mut before = words(&["curl", "-fsS"]);
    if !way.piped {
        before.extend(words(&["-o", "/dev/null"]));
    }
    if let Some(limit) = way.limit {
        before.extend(["-m".to_owned(), limit.to_string()]);
    }
    Substitute {
        program: "curl",
        before,
        kept: Some(way.at),
        loopback: false,
    }
}

/// Interpreters that the image has anyway.
fn one_liners(literal: &str, url: &Url, limit: u32, inventory: &Inventory) -> Vec<Substitute> {
    let Some(scheme) = url.effective_scheme() else {
        return Vec::new();
    };
    // The URL goes into quotes of another language.
    if literal.contains(['\'', '"', '\\', '$', '`', ' ']) || !literal.contains("://") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut offer = |program: &'static str, option: &str, code: String| {
        if inventory.has(program).is_yes() {
            found.push(Substitute {
                program,
                before: vec![program.to_owned(), option.to_owned(), code],
                kept: None,
                loopback: false,
            });
        }
    };
    for python in ["python3", "python"] {
        offer(
            python,
            "-c",
            format!("import urllib.request as r; r.urlopen('{literal}', timeout={limit})"),
        );
    }
    offer(
        "node",
        "-e",
        format!(
            "require('{scheme}').get('{literal}', r => process.exit(r.statusCode < 400 ? 0 : 1)).on('error', () => process.exit(1))"
        ),
    );
    offer(
        "php",
        "-r",
        format!("exit(@file_get_contents('{literal}') === false ? 1 : 0);"),
    );
    if scheme == "http" && inventory.has("grep").is_yes() {
        let host = literal.get(url.host.clone()).unwrap_or_default();
        let port = url.effective_port().unwrap_or(80);
        let path = literal
            .get(url.path.start..)
            .filter(|path| !path.is_empty())
            .unwrap_or("/");
        offer(
            "bash",
            "-c",
            format!(
                r"exec 3<>/dev/tcp/{host}/{port} && printf 'GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' [23][0-9][0-9]'"
            ),
        );
    }
    found
}
