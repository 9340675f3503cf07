//! Whom a call asks: the host, and where it stands.

use crate::facts::Inventory;
use crate::facts::tools;
use crate::model::command::Call;
use crate::model::url;
use crate::outcome::login::login;
use crate::outcome::request;
use crate::text::Traced;

/// One host that a call asks.
#[derive(Clone, Debug)]
pub struct Target {
    /// The host as it is written.
    pub host: Traced,
    /// Its port, where it is known.
    pub port: Option<u16>,
}

/// The hosts that a call to a client asks; a host that is left out is not among them.
pub fn targets(call: &Call, inventory: &Inventory) -> Vec<Target> {
    if let Some(request) = request::request(call, inventory) {
        let words = request.urls.iter().filter_map(|at| call.words.get(*at));
        return words
            .filter_map(|word| {
                let url = url::parse(word.text.as_str());
                (url.problems.is_empty() && !url.host.is_empty()).then(|| Target {
                    host: word.text.slice(url.host.clone()),
                    port: url.effective_port(),
                })
            })
            .collect();
    }
    if let Some(login) = login(call) {
        let host = login.host().filter(|host| !host.as_str().starts_with('/'));
        let target = |host: &Traced| Target {
            host: host.clone(),
            port: None,
        };
        return host.map(target).into_iter().collect();
    }
    match call.name() {
        Some("nc" | "ncat" | "netcat") => connected(call, inventory).into_iter().collect(),
        Some("ping" | "ping6") => call
            .words
            .iter()
            .skip(1)
            .last()
            .filter(|word| !word.text.as_str().starts_with('-'))
            .map(|word| Target {
                host: word.text.clone(),
                port: None,
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// `nc -z host port`.
fn connected(call: &Call, inventory: &Inventory) -> Option<Target> {
    let flavour = inventory.flavour("nc")?;
    let options = request::options(call, tools::tool("nc", flavour)?);
    let [host, port, ..] = options.operands[..] else {
        return None;
    };
    if options.doubtful {
        return None;
    }
    Some(Target {
        host: call.words.get(host)?.text.clone(),
        port: call.words.get(port)?.literal()?.parse().ok(),
    })
}

impl Target {
    /// Whether it is this very machine; None where a variable has a say in it.
    pub fn is_loopback(&self) -> Option<bool> {
        self.host.known()?;
        let host = self.host.as_str();
        // An address of the sixth version stands in brackets in a URL and alone elsewhere.
        let url = if host.contains(':') {
            format!("http://[{host}]/")
        } else {
            format!("http://{host}/")
        };
        url::parse(&url).is_loopback()
    }
}
