//! What a call hands over to a program as a secret, by its options, its environment or an address.

use std::ops::Range;

use crate::facts::secrets::{self, Secrets};
use crate::model::command::{Argument, Call};

/// Something that a program takes for a secret.
#[derive(Clone, Debug)]
pub struct Secret<'a> {
    /// The call.
    pub call: &'a Call,
    /// The word that it stands in.
    pub word: &'a Argument,
    /// Which word of the call that is; None for an assignment in front.
    pub at: Option<usize>,
    /// The secret in the word's text.
    pub range: Range<usize>,
    /// How a message names what takes it: "`redis-cli -a`".
    pub taker: String,
    /// The words that go where the program gets it in another way, and the variable that brings it there.
    pub instead: Option<(Range<usize>, &'static str)>,
}

/// What the words of a call hand over as secrets.
pub fn secrets(call: &Call) -> Vec<Secret<'_>> {
    let mut all = Vec::new();
    let name = call.name().unwrap_or_default();
    if let Some(row) = secrets::secrets_of(name) {
        for at in 1..call.words.len() {
            all.extend(by_option(call, row, at));
        }
    }
    for (at, word) in call.words.iter().enumerate() {
        let text = word.text.as_str();
        let assigned = text.split_once('=').filter(|(name, _)| is_variable(name));
        if let Some(range) = in_url(text) {
            let taker = "the address".to_owned();
            all.push(given(call, at, range, taker));
        } else if let Some((name, _)) = assigned.filter(|(name, _)| secrets::names_a_secret(name))
            && (call.builtin || matches!(call.name(), Some("env")))
        {
            let taker = format!("`{name}`");
            all.push(given(call, at, name.len() + 1..text.len(), taker));
        }
    }
    for (name, word) in &call.assigned {
        if secrets::names_a_secret(name) || name == "MYSQL_PWD" || name == "REDISCLI_AUTH" {
            all.push(Secret {
                call,
                word,
                at: None,
                range: 0..word.text.len(),
                taker: format!("`{name}`"),
                instead: None,
            });
        }
    }
    all
}

fn given(call: &Call, at: usize, range: Range<usize>, taker: String) -> Secret<'_> {
    Secret {
        call,
        word: &call.words[at],
        at: Some(at),
        range,
        taker,
        instead: None,
    }
}

/// The secret that the option at `at` takes, in its own word or in the next.
fn by_option<'a>(call: &'a Call, row: &'static Secrets, at: usize) -> Option<Secret<'a>> {
    let text = call.words[at].text.as_str();
    let name = call.name().unwrap_or_default();
    let lists = |list: &[String], option: &str| list.iter().any(|known| known == option);
    // `-fsu user:secret`: the last letter of a cluster takes the next word.
    let short = text
        .chars()
        .last()
        .filter(|_| text.starts_with('-') && !text.starts_with("--") && text.len() > 2)
        .map(|letter| format!("-{letter}"));
    let option = short
        .filter(|_| name == "curl")
        .unwrap_or_else(|| text.to_owned());
    let (option, at, from, words) = if takes(row, &option) && at + 1 < call.words.len() {
        (option, at + 1, 0, at..at + 2)
    } else if let Some((option, _)) = text.split_once('=')
        && option.starts_with("--")
        && name != "curl"
        && takes(row, option)
    {
        (option.to_owned(), at, option.len() + 1, at..at + 1)
    } else {
        let clings = |option: &&String| text.len() > option.len() && text.starts_with(*option);
        let pair = |option: &&String| option.len() == 2 && clings(option);
        let joined = row.joined.iter().find(clings);
        let option = joined.or_else(|| row.pairs.iter().find(pair))?;
        (option.clone(), at, option.len(), at..at + 1)
    };
    let word = &call.words[at];
    let value = word.text.as_str().get(from..)?;
    let start = if lists(&row.pairs, &option) {
        from + value.find(':')? + 1
    } else if lists(&row.headers, &option) {
        let (header, rest) = value.split_once(':')?;
        if !secrets::is_secret_header(header.trim()) {
            return None;
        }
        from + header.len() + 1 + (rest.len() - rest.trim_start().len())
    } else {
        from
    };
    let taker = format!("`{name} {}`", option.trim_end_matches('='));
    let mut given = given(call, at, start..word.text.len(), taker);
    given.instead = row.variable.as_deref().map(|variable| (words, variable));
    Some(given)
}

/// Whether the next word, or what stands behind `=`, belongs to this option.
fn takes(row: &Secrets, option: &str) -> bool {
    let lists = [&row.values, &row.pairs, &row.headers];
    lists
        .iter()
        .any(|list| list.iter().any(|known| known == option))
}

/// Where the password stands in `scheme://user:password@host`.
fn in_url(text: &str) -> Option<Range<usize>> {
    let at = text.find("://")?;
    let scheme = &text[..at];
    if scheme.is_empty()
        || !scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '+')
    {
        return None;
    }
    let start = at + "://".len();
    let rest = &text[start..];
    let authority = &rest[..rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len())];
    let (userinfo, _) = authority.rsplit_once('@')?;
    let (user, password) = userinfo.split_once(':')?;
    let from = start + user.len() + 1;
    Some(from..from + password.len())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
