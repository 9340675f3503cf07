//! Images of a registry, over HTTPS (plain HTTP on loopback only): the one place that opens a socket.

mod account;
mod challenge;

use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::TlsConfig;
use ureq::{Agent, Body, http::Response};

use self::account::Account;
use self::challenge::Challenge;
use super::budget::{Budget, digest};
use super::layer::{self, Layer};
use super::manifest::{self, Blobs, json, string};
use super::{Failure, Seen, Wanted};
use crate::facts::learned::Reference;

/// The forms of manifests that are understood.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
application/vnd.docker.distribution.manifest.v2+json";

/// Redirects that one request may be sent through.
const MOST_REDIRECTS: usize = 5;

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads an image of a registry. `tell` gets the bytes of layers read so far, now and then.
///
/// # Errors
/// What the registry answers instead of the image, and everything that keeps it from being read whole.
pub fn pull(
    reference: &Reference,
    wanted: &Wanted,
    tell: &mut dyn FnMut(u64),
) -> Result<Seen, Failure> {
    let host = match reference.registry.as_str() {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        host => host,
    };
    let local = is_loopback(host);
    let mut registry = Registry {
        strict: agent(false),
        local: agent(true),
        host: host.to_owned(),
        base: format!("{}://{host}", if local { "http" } else { "https" }),
        repository: reference.repository.clone(),
        account: Account::of(&reference.registry),
        authorization: None,
        budget: Budget::new(&wanted.limits),
        received: 0,
        tell,
    };
    if local {
        registry.find_scheme();
    }
    let key = reference.digest.as_ref().or(reference.tag.as_ref());
    let key = key.map_or("latest", String::as_str);
    manifest::image(&mut registry, key, wanted)
}

/// A server on this machine may speak plain HTTP, and its certificate need not be anybody's.
fn agent(local: bool) -> Agent {
    let tls = TlsConfig::builder().disable_verification(local).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        // Redirects are followed here, so that no credentials go along and none leads away from TLS.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .user_agent(concat!("healthlint/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

struct Registry<'a> {
    /// For all the world, whose certificates must be right.
    strict: Agent,
    /// For this machine.
    local: Agent,
    host: String,
    base: String,
    repository: String,
    account: Option<Account>,
    authorization: Option<String>,
    budget: Budget,
    received: u64,
    tell: &'a mut dyn FnMut(u64),
}

impl Registry<'_> {
    /// A local server that is spoken to in plain HTTP and wants TLS says so, or hangs up.
    fn find_scheme(&mut self) {
        let answer = self.local.get(format!("{}/v2/", self.base)).call();
        if answer.is_err() || answer.is_ok_and(|answer| answer.status().as_u16() == 400) {
            let secure = format!("https://{}", self.host);
            if self.local.get(format!("{secure}/v2/")).call().is_ok() {
                self.base = secure;
            }
        }
    }

    /// Asks for a path of the repository, with a token where one is wanted.
    fn get(&mut self, path: &str) -> Result<Response<Body>, Failure> {
        let url = format!("{}/v2/{}/{path}", self.base, self.repository);
        let mut answer = self.follow(&url)?;
        if answer.status().as_u16() == 401 {
            self.authorization = Some(self.authorize(&answer)?);
            answer = self.follow(&url)?;
        }
        let host = &self.host;
        Err(Failure(match answer.status().as_u16() {
            200 => return Ok(answer),
            401 | 403 => format!(
                "{host} does not give it to {}; `docker login {host}` writes credentials that are read here",
                if self.account.is_some() {
                    "this account"
                } else {
                    "everybody"
                }
            ),
            404 => format!("{host} has no such image"),
            429 => format!(
                "{host} gives no more images for now (HTTP 429); try later or with an account"
            ),
            status => format!("{host} answers with HTTP {status}"),
        }))
    }

    fn follow(&self, url: &str) -> Result<Response<Body>, Failure> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let own = url
                .strip_prefix(&self.base)
                .is_some_and(|rest| rest.starts_with('/'));
            let mut request = self.agent(&url).get(&url).header("Accept", MANIFESTS);
            if let (true, Some(authorization)) = (own, &self.authorization) {
                request = request.header("Authorization", authorization);
            }
            let answer = request.call().map_err(|error| self.silent(&error))?;
            if !(300..400).contains(&answer.status().as_u16()) {
                return Ok(answer);
            }
            let target = answer
                .headers()
                .get("Location")
                .and_then(|target| target.to_str().ok());
            url = match target {
                Some(target) if target.starts_with('/') && !target.starts_with("//") => {
                    format!("{}{target}", origin_of(&url))
                }
                Some(target) => target.to_owned(),
                None => return Err(Failure(format!("{} sends us on to nowhere", self.host))),
            };
            self.trust(&url)?;
        }
        Err(Failure(format!(
            "{} sends us on again and again",
            self.host
        )))
    }

    fn agent(&self, url: &str) -> &Agent {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        if is_loopback(host_of(rest)) {
            &self.local
        } else {
            &self.strict
        }
    }

    /// A URL that the registry names must be HTTPS, unless both are on this machine.
    fn trust(&self, url: &str) -> Result<(), Failure> {
        let local = is_loopback(&self.host)
            && url
                .strip_prefix("http://")
                .is_some_and(|rest| is_loopback(host_of(rest)));
        if url.starts_with("https://") || local {
            return Ok(());
        }
        Err(Failure(format!(
            "{} sends us on to a place without TLS",
            self.host
        )))
    }

    /// The header that answers a challenge (Docker Registry token authentication).
    fn authorize(&self, answer: &Response<Body>) -> Result<String, Failure> {
        let headers = answer.headers().get_all("WWW-Authenticate");
        let challenges = headers
            .iter()
            .filter_map(|header| Challenge::parse(header.to_str().ok()?));
        let basic = self.account.as_ref().map(Account::header);
        let mut wants_account = false;
        for challenge in challenges {
            match challenge {
                Challenge::Basic => match &basic {
                    Some(header) => return Ok(header.clone()),
                    None => wants_account = true,
                },
                Challenge::Bearer {
                    realm,
                    service,
                    scope,
                } => {
                    self.trust(&realm)?;
                    let scope =
                        scope.unwrap_or_else(|| format!("repository:{}:pull", self.repository));
                    let url = challenge::token_url(&realm, service.as_deref(), &scope);
                    let mut request = self.agent(&url).get(&url);
                    if let Some(header) = &basic {
                        request = request.header("Authorization", header);
                    }
                    let answer = request.call().map_err(|error| self.silent(&error))?;
                    if answer.status().as_u16() == 200 {
                        let bytes = self.budget.document(answer.into_body().into_reader())?;
                        let token = json(&bytes, "the token")?;
                        let token =
                            string(&token, "token").or_else(|| string(&token, "access_token"));
                        let token = token
                            .ok_or_else(|| Failure("there is no token in the answer".to_owned()))?;
                        return Ok(format!("Bearer {token}"));
                    }
                    wants_account = true;
                }
            }
        }
        let host = &self.host;
        Err(Failure(if wants_account {
            format!(
                "{host} wants an account for it; `docker login {host}` writes credentials that are read here"
            )
        } else {
            format!("{host} wants credentials of a kind that is not known")
        }))
    }

    fn silent(&self, error: &ureq::Error) -> Failure {
        // The words of the system alone: `Connection refused`.
        let said = match error {
            ureq::Error::Io(error) => error.to_string(),
            other => other.to_string(),
        };
        Failure(format!("{} cannot be asked: {said}", self.host))
    }
}

impl Blobs for Registry<'_> {
    fn has(&self, _: &str) -> bool {
        true
    }

    fn manifest(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        let answer = self.get(&format!("manifests/{key}"))?;
        let bytes = self.budget.document(answer.into_body().into_reader())?;
        if key.starts_with("sha256:") {
            compare(key, &bytes)?;
        }
        Ok(bytes)
    }

    fn document(&mut self, key: &str) -> Result<Vec<u8>, Failure> {
        let answer = self.get(&format!("blobs/{key}"))?;
        let bytes = self.budget.document(answer.into_body().into_reader())?;
        compare(key, &bytes)?;
        Ok(bytes)
    }

    fn layer(&mut self, key: &str) -> Result<Arc<Layer>, Failure> {
        let answer = self.get(&format!("blobs/{key}"))?;
        let mut input = Told {
            input: answer.into_body().into_reader(),
            count: &mut self.received,
            tell: self.tell,
        };
        let layer = layer::read(&mut input, Some(key), &self.budget);
        layer
            .map(Arc::new)
            .map_err(|failure| failure.at(&format!("layer {key}")))
    }

    fn most_files(&self) -> u64 {
        self.budget.limits.entries
    }
}

fn compare(key: &str, bytes: &[u8]) -> Result<(), Failure> {
    let sum = digest(bytes);
    if sum == key {
        return Ok(());
    }
    Err(Failure(format!(
        "the registry's {key} is not what it says: its bytes have the digest {sum}"
    )))
}

/// `https://host:port` of a URL.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

/// The host and port in front of the first slash.
fn host_of(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Whether the host is this machine. A name in front of an `@` is no host, and is not taken for one.
fn is_loopback(host: &str) -> bool {
    if host.contains('@') {
        return false;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost"
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Counts what passes by.
struct Told<'a, R> {
    input: R,
    count: &'a mut u64,
    tell: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        *self.count += count as u64;
        (self.tell)(*self.count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:80",
            "127.9.9.9",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "docker.io",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "127.0.0.1@example.com",
            "127.0.0.1:80@example.com",
            "10.0.0.1:5000",
            "[::2]:5000",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
        assert_eq!(origin_of("https://a:1/b/c"), "https://a:1");
        assert_eq!(origin_of("https://a"), "https://a");
    }
}
