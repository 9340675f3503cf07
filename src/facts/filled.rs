//! A recipe for one service: user, database, port and path as the service's own environment says them.

use std::time::Duration;

use crate::model::command::quoted;
use crate::model::draft::{Draft, NewTest};
use crate::model::project::Service;

use super::recipes::{Recipe, Way};
use super::said::{Value, says, value};
use super::{Inventory, Shell};

/// A service whose image says nothing about its start is given this long: most are up by then, and a passing check
/// ends the start period anyway.
pub const START: Duration = Duration::from_secs(30);

/// The check that a service should have, ready to be written.
#[derive(Clone, Debug)]
pub struct Filled {
    /// What is run.
    pub test: NewTest,
    /// How long failures should not count.
    pub start_period: Duration,
    /// What the service has to say first, or the check can never pass: the names of variables, each with its value
    /// where only one will do.
    pub needs: Vec<String>,
}

/// The check that the recipe of this container's image has for this service; None where nothing in the image can
/// probe it, or where this very image lacks the program. `limit` is how long a run may take.
pub fn filled(
    inventory: &Inventory,
    service: Option<&Service>,
    limit: Option<Duration>,
) -> Option<Filled> {
    let recipe = inventory.recipe?;
    let way = recipe.way(|when| says(service, when) == Some(true));
    if way
        .program()
        .is_some_and(|program| inventory.lacks(program))
    {
        return None;
    }
    let (first, words) = way.test.split_first()?;
    let words: Vec<String> = words.iter().map(|word| word.replace("$$", "$")).collect();
    let words = within_limit(words, limit);
    let value = |name: &str| value(service, name);
    let test = match first.as_str() {
        "CMD-SHELL" => NewTest::Shell(in_shell(words.first()?, &value)),
        // A variable that only the container knows needs somebody who reads it there.
        "CMD"
            if inventory.shell() != Shell::None
                && words.iter().any(|word| holds_unknown(word, &value)) =>
        {
            let script: Vec<String> = words.iter().map(|word| for_shell(word)).collect();
            NewTest::Shell(in_shell(&script.join(" "), &value))
        }
        "CMD" => NewTest::Exec(words.iter().map(|word| in_list(word, &value)).collect()),
        _ => return None,
    };
    Some(Filled {
        test,
        start_period: start(recipe),
        needs: missing(way, service),
    })
}

fn start(recipe: &Recipe) -> Duration {
    recipe
        .start
        .map_or(START, |seconds| Duration::from_secs(seconds.into()))
        .max(START)
}

/// What the way needs and the service does not say.
fn missing(way: Way<'_>, service: Option<&Service>) -> Vec<String> {
    let said = |need: &String| need.split('|').any(|one| says(service, one) != Some(false));
    let missing = way.needs.iter().filter(|need| !said(need));
    missing.map(|need| need.replace('|', " or ")).collect()
}

/// The client gives up a second before the engine does; where no second is left, only the engine does.
fn within_limit(mut words: Vec<String>, limit: Option<Duration>) -> Vec<String> {
    let Some(limit) = limit.map(|limit| limit.as_secs()) else {
        return words;
    };
    let too_long = |seconds: &str| seconds.parse().is_ok_and(|seconds: u64| seconds >= limit);
    for option in ["-m", "-T"] {
        // An option and its value are two words of a list, or two words within a script.
        if let Some(at) = words.iter().position(|word| word == option)
            && words.get(at + 1).is_some_and(|word| too_long(word))
        {
            words.splice(at..at + 2, bound(option, limit));
        }
        for word in &mut words {
            let mut parts: Vec<String> = word.split(' ').map(str::to_owned).collect();
            if let Some(at) = parts.iter().position(|part| part == option)
                && parts.get(at + 1).is_some_and(|part| too_long(part))
            {
                parts.splice(at..at + 2, bound(option, limit));
                *word = parts.join(" ");
            }
        }
    }
    words
}

fn bound(option: &str, limit: u64) -> Vec<String> {
    match limit.saturating_sub(1) {
        0 => Vec::new(),
        seconds => vec![option.to_owned(), seconds.to_string()],
    }
}

/// A piece of a recipe's word.
enum Piece<'a> {
    Text(&'a str),
    /// `${NAME:-default}`
    Variable {
        whole: &'a str,
        name: &'a str,
        default: &'a str,
    },
}

/// Takes a word apart at its variables with a default; those without are the shell's alone.
fn pieces(word: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some(start) = rest.find("${") {
        let Some(end) = closing(&rest[start..]).map(|end| start + end) else {
            break;
        };
        let whole = &rest[start..=end];
        match whole[2..whole.len() - 1].split_once(":-") {
            Some((name, default)) => {
                pieces.push(Piece::Text(&rest[..start]));
                pieces.push(Piece::Variable {
                    whole,
                    name,
                    default,
                });
            }
            None => pieces.push(Piece::Text(&rest[..=end])),
        }
        rest = &rest[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Where the brace that opens a variable is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether the word rests on a variable that nobody here knows.
fn holds_unknown<'a>(word: &str, value: &dyn Fn(&str) -> Value<'a>) -> bool {
    pieces(word).iter().any(|piece| match piece {
        Piece::Text(_) => false,
        Piece::Variable { name, default, .. } => match value(name) {
            Value::Unknown => true,
            Value::Set(_) => false,
            Value::Unset => holds_unknown(default, value),
        },
    })
}

/// A word of a list: no shell reads it, so the value itself is written, as the author writes it.
fn in_list<'a>(word: &str, value: &dyn Fn(&str) -> Value<'a>) -> Draft {
    let mut draft = Draft::default();
    for piece in pieces(word) {
        draft = match piece {
            Piece::Text(text) => draft.then(text),
            Piece::Variable { name, default, .. } => match value(name) {
                Value::Set(text) => draft.then_kept(text),
                Value::Unset | Value::Unknown => draft.followed_by(in_list(default, value)),
            },
        };
    }
    draft
}

/// A script: the shell reads the container's own variables, and a default stands only where it may be needed.
fn in_shell<'a>(script: &str, value: &dyn Fn(&str) -> Value<'a>) -> Draft {
    let mut draft = Draft::default();
    for piece in pieces(script) {
        draft = match piece {
            Piece::Text(text) => draft.then(text),
            Piece::Variable {
                whole,
                name,
                default,
            } => match value(name) {
                Value::Set(text) if text.known().is_some() => draft.then(format!("${{{name}}}")),
                Value::Unset => draft.followed_by(in_shell(default, value)),
                Value::Set(_) | Value::Unknown => draft.then(whole),
            },
        };
    }
    draft
}

/// A word of a list as a shell reads it back, its variables alive.
fn for_shell(word: &str) -> String {
    if word.contains("${") && !word.contains(['"', '\\', '`']) {
        format!("\"{word}\"")
    } else {
        quoted(word)
    }
}
