//! `WWW-Authenticate` as registries send it (RFC 9110, and the token specification of Docker Registry).

use std::fmt::Write as _;

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// User and password.
    Basic,
    /// A token, which this server gives.
    Bearer {
        /// Its URL.
        realm: String,
        /// For whom the token is.
        service: Option<String>,
        /// What it shall allow.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads one header; None where it wants something else.
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        Some(Self::Bearer {
            realm: parameter(rest, "realm")?,
            service: parameter(rest, "service"),
            scope: parameter(rest, "scope"),
        })
    }
}

/// The value of `name="value"`; values may hold commas.
fn parameter(mut rest: &str, name: &str) -> Option<String> {
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key
            .trim_matches([' ', ',', '\t'])
            .eq_ignore_ascii_case(name)
        {
            return Some(value.to_owned());
        }
        rest = next;
    }
    None
}

/// Where the token is asked for.
pub fn token_url(realm: &str, service: Option<&str>, scope: &str) -> String {
    let mut url = realm.to_owned();
    let service = service.map(|service| ("service", service));
    for (key, value) in service.into_iter().chain([("scope", scope)]) {
        url.push(if url.contains('?') { '&' } else { '?' });
        let _ = write!(url, "{key}={}", encoded(value));
    }
    url
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let header = "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:a/b:pull,push\"";
        let Some(Challenge::Bearer {
            realm,
            service,
            scope,
        }) = Challenge::parse(header)
        else {
            panic!("it is a bearer challenge")
        };
        assert_eq!(
            token_url(&realm, service.as_deref(), &scope.unwrap()),
            "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull%2Cpush"
        );
        assert_eq!(
            Challenge::parse("Basic realm=\"x\""),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::parse("Negotiate"), None);
        assert_eq!(Challenge::parse("Bearer realm=\"cut off"), None);
        assert_eq!(Challenge::parse(""), None);
    }
}
