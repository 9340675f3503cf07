//! Secrets on command lines: which options of which programs take them, and which variable keeps them off.

use serde::Deserialize;

use super::sections::Sections;

static SECRETS: Sections<Secrets> = Sections::new(
    include_str!("../../rules/facts/secrets.toml"),
    "program",
    "names",
);

/// How some programs take a secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// The names of their binaries.
    pub names: Vec<String>,
    /// Options whose value is a secret: the next word, or what stands behind `=` of a long option.
    #[serde(default)]
    pub values: Vec<String>,
    /// Options whose secret stands in the same word, right behind them.
    #[serde(default)]
    pub joined: Vec<String>,
    /// Options whose value is `user:secret`.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// Options whose value is an HTTP header.
    #[serde(default)]
    pub headers: Vec<String>,
    /// The variable of the environment that they read instead.
    pub variable: Option<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// Every row.
///
/// # Errors
/// What does not parse, and why.
pub fn secrets() -> Result<Vec<&'static Secrets>, String> {
    SECRETS.all()
}

/// How the program of this name takes a secret.
pub fn secrets_of(name: &str) -> Option<&'static Secrets> {
    SECRETS.get(name)
}

/// Whether a variable of this name holds a secret, as people name them: `DB_PASSWORD`, `API_KEY`, `rootPass`.
///
/// A name that speaks of a file or of anything else about the secret ends otherwise.
pub fn names_a_secret(name: &str) -> bool {
    const ENDS: [&str; 12] = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "_PASS",
        "_PWD",
        "_PW",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "SECRET_KEY",
    ];
    let name = name.to_ascii_uppercase();
    // Supabase's is made for browsers, and everybody may see it.
    if name.ends_with("ANON_KEY") || name.contains("PUBLIC") {
        return false;
    }
    ENDS.iter().any(|end| name.ends_with(end)) || name == "PASS" || name.ends_with("ROOTPASS")
}

/// Whether a header of this name carries a secret.
pub fn is_secret_header(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-auth-token",
        "x-access-token",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_something_and_has_its_witness() {
        let rows = secrets().unwrap();
        assert!(rows.len() > 10, "{} rows", rows.len());
        for row in rows {
            let options = [&row.values, &row.joined, &row.pairs, &row.headers];
            assert!(options.iter().any(|list| !list.is_empty()), "{row:?}");
            assert!(!row.witness.is_empty() && !row.date.is_empty(), "{row:?}");
            let first = secrets_of(&row.names[0]).unwrap();
            assert_eq!(first.names, row.names, "a program stands in two rows");
        }
    }

    #[test]
    fn names_say_what_is_secret() {
        for name in [
            "DB_PASSWORD",
            "PASS",
            "root_pass",
            "GITHUB_TOKEN",
            "X_API_KEY",
            "elastic_password",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in [
            "PWD",
            "DB_PASSWORD_FILE",
            "BYPASS",
            "COMPASS",
            "ANON_KEY",
            "API_KEY_PORT",
            "PORT",
        ] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
