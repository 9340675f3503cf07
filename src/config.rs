//! `healthlint.toml`: levels by rule and the engines that the files are meant for.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::finding::Severity;
use crate::model::image_name;
use crate::model::target::Targets;

/// The name of the file.
pub const NAME: &str = "healthlint.toml";

/// What the file says.
///
/// ```toml
/// [rules]
/// missing-tool = "warning"      # off, note, warning or error
///
/// [target]
/// engine = 26                   # the major version of Docker Engine
/// compose = "2.29.0"            # the version of Docker Compose
/// stack = false                 # deployed with `docker stack deploy`
/// podman = false                # run by Podman
///
/// [fix]
/// exec-form = "prefer"          # fixes leave no shell form of a HEALTHCHECK behind; or "keep"
///
/// [mirrors]                     # what your registries serve of what others publish
/// "registry.example.com/hub" = "docker.io"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Levels that replace a rule's own; None switches it off.
    pub levels: BTreeMap<String, Option<Severity>>,
    /// The engines that the files are meant for.
    pub targets: Targets,
    /// Fixes turn the shell form of a HEALTHCHECK into the exec form, which hadolint's DL3025 asks for.
    pub prefer_exec_form: bool,
    /// What the project's registries serve of what others publish: a repository or what stands above it, there and
    /// where it is published.
    pub mirrors: BTreeMap<String, String>,
}

/// What cannot be understood, and which bytes say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The bytes of the text.
    pub range: Range<usize>,
    /// What, and what to do.
    pub message: String,
}

/// Reads the text of a `healthlint.toml`; `rules` are the names that there are.
///
/// # Errors
/// Everything that cannot be understood, in the order of the text.
pub fn parse(text: &str, rules: &[&str]) -> Result<Config, Vec<Wrong>> {
    let table = DeTable::parse(text).map_err(|error| {
        vec![Wrong {
            range: error.span().unwrap_or_default(),
            message: format!("this is not TOML: {}", error.message()),
        }]
    })?;
    let mut config = Config::default();
    let mut wrong = Vec::new();
    for (key, value) in table.get_ref() {
        match &**key.get_ref() {
            "rules" => each(value, &mut wrong, |key, value| {
                let level = rule_level(key, value, rules)?;
                config.levels.insert(key.get_ref().to_string(), level);
                Ok(())
            }),
            "target" => each(value, &mut wrong, |key, value| {
                target(&mut config.targets, key, value)
            }),
            "fix" => each(value, &mut wrong, |key, value| {
                config.prefer_exec_form = exec_form(key, value)?;
                Ok(())
            }),
            "mirrors" => each(value, &mut wrong, |key, value| {
                let (name, of) = mirror(key, value)?;
                config.mirrors.insert(name, of);
                Ok(())
            }),
            other => wrong.push(Wrong {
                range: key.span(),
                message: unknown("section", other, &["rules", "target", "fix", "mirrors"]),
            }),
        }
    }
    wrong.sort_by_key(|wrong| wrong.range.start);
    if wrong.is_empty() {
        Ok(config)
    } else {
        Err(wrong)
    }
}

/// ``there is no … `word`; did you mean `name`?``, or the list of names where none is near and there are few.
pub fn unknown(what: &str, word: &str, names: &[&str]) -> String {
    let hint = match nearest(word, names) {
        Some(name) => format!("; did you mean `{name}`?"),
        None if names.len() <= 6 => format!("; there are {}", list(names)),
        None => String::new(),
    };
    format!("there is no {what} `{word}`{hint}")
}

/// The name that is at most a third of its letters away from the word.
pub fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    names
        .iter()
        .map(|name| (distance(word, name), *name))
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3))
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be put in, taken out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    // A word that is far too long is near to nothing, and its comparison would be long.
    if one.len() > 4 * other.len().max(8) {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, right) in row
            .iter_mut()
            .zip(std::iter::once(None).chain(other.chars().map(Some)))
        {
            let Some(right) = right else {
                *cell = line + 1;
                continue;
            };
            let changed = diagonal + usize::from(left != right);
            diagonal = *cell;
            *cell = changed.min(*cell + 1).min(before + 1);
            before = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// Takes every entry of a section.
fn each(
    section: &Value<'_>,
    wrong: &mut Vec<Wrong>,
    mut take: impl FnMut(&Key<'_>, &Value<'_>) -> Result<(), Wrong>,
) {
    let DeValue::Table(table) = section.get_ref() else {
        wrong.push(expected(section, "a section"));
        return;
    };
    for (key, value) in table {
        wrong.extend(take(key, value).err());
    }
}

fn rule_level(key: &Key<'_>, value: &Value<'_>, rules: &[&str]) -> Result<Option<Severity>, Wrong> {
    if !rules.contains(&&**key.get_ref()) {
        return Err(Wrong {
            range: key.span(),
            message: unknown("rule", key.get_ref(), rules),
        });
    }
    let DeValue::String(level) = value.get_ref() else {
        return Err(expected(value, "a level in quotes"));
    };
    match &**level {
        "off" => Ok(None),
        "note" => Ok(Some(Severity::Note)),
        "warning" => Ok(Some(Severity::Warning)),
        "error" => Ok(Some(Severity::Error)),
        other => Err(Wrong {
            range: value.span(),
            message: unknown("level", other, &["off", "note", "warning", "error"]),
        }),
    }
}

fn target(targets: &mut Targets, key: &Key<'_>, value: &Value<'_>) -> Result<(), Wrong> {
    match &**key.get_ref() {
        "engine" => {
            targets.engine =
                engine(value).ok_or_else(|| expected(value, "a major version such as 27"))?;
        }
        "compose" => {
            targets.compose =
                compose(value).ok_or_else(|| expected(value, "a version such as \"2.29.0\""))?;
        }
        "stack" => targets.stack = flag(value)?,
        "podman" => targets.podman = flag(value)?,
        other => {
            return Err(Wrong {
                range: key.span(),
                message: unknown("target", other, &["engine", "compose", "stack", "podman"]),
            });
        }
    }
    Ok(())
}

fn exec_form(key: &Key<'_>, value: &Value<'_>) -> Result<bool, Wrong> {
    if &**key.get_ref() != "exec-form" {
        return Err(Wrong {
            range: key.span(),
            message: unknown("setting", key.get_ref(), &["exec-form"]),
        });
    }
    match value.get_ref() {
        DeValue::String(word) if &**word == "prefer" => Ok(true),
        DeValue::String(word) if &**word == "keep" => Ok(false),
        _ => Err(expected(value, "\"prefer\" or \"keep\"")),
    }
}

/// What is served, and what it is called where it is published.
fn mirror(key: &Key<'_>, value: &Value<'_>) -> Result<(String, String), Wrong> {
    let name = key.get_ref();
    if !is_above_images(name) {
        return Err(Wrong {
            range: key.span(),
            message: format!("`{name}` is no registry and no path in one"),
        });
    }
    match value.get_ref() {
        DeValue::String(of) if is_above_images(of) => Ok((name.to_string(), of.to_string())),
        _ => Err(expected(value, "a registry such as \"docker.io\"")),
    }
}

/// Whether images can stand under this name: a registry, with or without a path, or the repository itself.
fn is_above_images(name: &str) -> bool {
    image_name::parse(&format!("{name}/x")).is_some()
}

/// `27`, `"27"` or `"27.3.1"`: the major version decides.
fn engine(value: &Value<'_>) -> Option<u32> {
    match value.get_ref() {
        DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
        DeValue::String(text) => Some(version(text)?.0),
        _ => None,
    }
}

fn compose(value: &Value<'_>) -> Option<(u32, u32, u32)> {
    match value.get_ref() {
        DeValue::String(text) => version(text),
        _ => None,
    }
}

/// `v2.29.0`, `2.29` or `2`; what is not said is 0.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let major = parts.next()?.parse().ok()?;
    let mut rest = || parts.next().map_or(Some(0), |part| part.parse().ok());
    let version = (major, rest()?, rest()?);
    parts.next().is_none().then_some(version)
}

fn flag(value: &Value<'_>) -> Result<bool, Wrong> {
    match value.get_ref() {
        DeValue::Boolean(flag) => Ok(*flag),
        _ => Err(expected(value, "true or false")),
    }
}

fn expected(value: &Value<'_>, what: &str) -> Wrong {
    Wrong {
        range: value.span(),
        message: format!("{what} is expected here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[&str] = &["missing-tool", "zombie-wget"];

    #[test]
    fn levels_and_targets() {
        let config = parse(
            "[rules]\nmissing-tool = 'off'\nzombie-wget = \"note\"\n[target]\nengine = 26\ncompose = 'v2.29'\nstack = true\n",
            RULES,
        )
        .unwrap();
        assert_eq!(config.levels["missing-tool"], None);
        assert_eq!(config.levels["zombie-wget"], Some(Severity::Note));
        assert_eq!(config.targets.engine, 26);
        assert_eq!(config.targets.compose, (2, 29, 0));
        assert!(config.targets.stack && !config.targets.podman);
        assert_eq!(parse("", RULES).unwrap(), Config::default());
    }

    #[test]
    fn mirrors_by_name() {
        let text = "[mirrors]\n\"hub.example.com:5000\" = \"docker.io\"\n\"a.example.com/b/redis\" = \"redis\"\n";
        let config = parse(text, RULES).unwrap();
        assert_eq!(config.mirrors["hub.example.com:5000"], "docker.io");
        assert_eq!(config.mirrors["a.example.com/b/redis"], "redis");
    }

    #[test]
    fn what_is_wrong_is_said_where_it_stands() {
        for (text, place, message) in [
            (
                "[rules]\nmising-tool = 'off'",
                "mising-tool",
                "there is no rule `mising-tool`; did you mean `missing-tool`?",
            ),
            (
                "[rules]\nzombie-wget = 'loud'",
                "'loud'",
                "there is no level `loud`; there are `off`, `note`, `warning` and `error`",
            ),
            (
                "[rules]\nzombie-wget = 1",
                "1",
                "a level in quotes is expected here",
            ),
            ("rules = 'all'", "'all'", "a section is expected here"),
            (
                "[target]\nengine = 'new'",
                "'new'",
                "a major version such as 27 is expected here",
            ),
            (
                "[target]\ncompose = '1.2.3.4'",
                "'1.2.3.4'",
                "a version such as \"2.29.0\" is expected here",
            ),
            (
                "[targets]\n",
                "targets",
                "there is no section `targets`; did you mean `target`?",
            ),
            (
                "[mirrors]\n\"hub.example.com/\" = \"docker.io\"",
                "\"hub.example.com/\"",
                "`hub.example.com/` is no registry and no path in one",
            ),
            (
                "[mirrors]\n\"hub.example.com\" = true",
                "true",
                "a registry such as \"docker.io\" is expected here",
            ),
        ] {
            let wrong = parse(text, RULES).unwrap_err();
            assert_eq!(
                (&text[wrong[0].range.clone()], wrong[0].message.as_str()),
                (place, message)
            );
        }
        assert!(
            parse("[rules\n", RULES).unwrap_err()[0]
                .message
                .starts_with("this is not TOML: ")
        );
    }

    #[test]
    fn names_are_near_when_few_letters_differ() {
        assert_eq!(nearest("zombie-wgte", RULES), Some("zombie-wget"));
        assert_eq!(nearest("missing_tool", RULES), Some("missing-tool"));
        assert_eq!(nearest("completely-different", RULES), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
