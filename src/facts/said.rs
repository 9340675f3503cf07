//! What a service says of itself: a variable of its environment, or a word of its command.

use crate::model::project::Service;
use crate::text::Traced;

/// What a service says about a variable of its container.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// It sets it to this, which may hold variables of the host.
    Set(&'a Traced),
    /// Nobody sets it.
    Unset,
    /// The host, an env file or a build may set it.
    Unknown,
}

/// What the service says about a variable; an empty one is as good as none.
pub fn value<'a>(service: Option<&'a Service>, name: &str) -> Value<'a> {
    let Some(service) = service else {
        return Value::Unknown;
    };
    match service.environment.iter().find(|entry| entry.name == name) {
        Some(entry) => match &entry.value {
            Some(text) if text.is_empty() => Value::Unset,
            Some(text) => Value::Set(text),
            None => Value::Unknown,
        },
        None if service.has_env_file || service.build.is_some() => Value::Unknown,
        None => Value::Unset,
    }
}

/// Whether the service says this: `NAME`, `NAME=value`, or `command:word` for a word of its command. None where
/// nobody knows.
pub fn says(service: Option<&Service>, what: &str) -> Option<bool> {
    if let Some(word) = what.strip_prefix("command:") {
        let run = service?.command.as_ref();
        return Some(run.is_some_and(|run| run.value.contains(word)));
    }
    let (name, wanted) = match what.split_once('=') {
        Some((name, wanted)) => (name, Some(wanted)),
        None => (what, None),
    };
    match (value(service, name), wanted) {
        (Value::Unset, _) => Some(false),
        (Value::Unknown, _) => None,
        (Value::Set(_), None) => Some(true),
        (Value::Set(text), Some(wanted)) => Some(text.known()?.eq_ignore_ascii_case(wanted)),
    }
}
