//! Words as a run sees them: what is known is text, what is not is a hole.

use std::iter::repeat_n;

use crate::model::command::{Dialect, Kind, Parameter, Part, PartKind, Quote, Script, Word};
use crate::text::{HOLE, Span, Traced};

use super::path::{ANY, Flow, NONZERO, Path};
use super::player::Player;
use super::{Cause, Code, arithmetic};

/// A word that a program receives.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub text: String,
    pub span: Span,
    /// The word as it is written, where no expansion had a say in it.
    pub written: Option<Traced>,
    /// It may be any number of words.
    pub splice: bool,
    /// It is a variable of the environment and nothing else: one word, or none where it is empty. What holds
    /// blanks and stands without quotes is not what anybody meant, and no state of the service.
    pub variable: bool,
}

impl Arg {
    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        (!self.splice && is_known(&self.text)).then_some(self.text.as_str())
    }
}

/// Whether nothing in the text is unknown.
pub(super) fn is_known(text: &str) -> bool {
    !text.contains([HOLE, NONZERO])
}

/// A piece of a word.
#[derive(Clone)]
struct Piece {
    text: String,
    /// Blanks in it end a field.
    splits: bool,
    /// It is what the environment holds.
    variable: bool,
}

/// Values of more bytes than this are not followed: `A=$A$A` doubles with every step.
const LONGEST: usize = 4096;

impl Player<'_> {
    /// The words as a command receives them, in every way that their expansions may go.
    pub(super) fn expand(&self, words: &[Word], path: Path) -> Vec<(Vec<Arg>, Path)> {
        let mut ways = vec![(Vec::new(), path)];
        for word in words {
            let mut next = Vec::new();
            for (args, path) in ways {
                let found = self.pieces(word, path);
                for (mut args, (pieces, path)) in repeat_n(args, found.len()).zip(found) {
                    args.extend(fields(word, &pieces));
                    next.push((args, path));
                }
            }
            next.truncate(64);
            ways = next;
        }
        ways
    }

    /// The word as an assignment, a pattern or a here-document takes it: one text.
    pub(super) fn text_of(&self, word: &Word, path: Path) -> Vec<(String, Path)> {
        self.pieces(word, path)
            .into_iter()
            .map(|(pieces, path)| {
                let length: usize = pieces.iter().map(|piece| piece.text.len()).sum();
                let text = if length > LONGEST {
                    ANY.to_owned()
                } else {
                    pieces.into_iter().map(|piece| piece.text).collect()
                };
                (text, path)
            })
            .collect()
    }

    fn pieces(&self, word: &Word, path: Path) -> Vec<(Vec<Piece>, Path)> {
        let mut ways: Vec<(Vec<Piece>, Path)> = vec![(Vec::new(), path)];
        for part in &word.parts {
            let mut next = Vec::new();
            for (pieces, path) in ways {
                let variable = from_environment(part, &path);
                let found = self.part(word, part, path);
                // The last one takes the pieces themselves: a word may have thousands.
                for (mut pieces, (value, path)) in repeat_n(pieces, found.len()).zip(found) {
                    let text = matches!(part.kind, PartKind::Text);
                    if let Some(value) = value {
                        let fits = text || value.len() <= LONGEST;
                        pieces.push(Piece {
                            text: if fits { value } else { ANY.to_owned() },
                            splits: part.quote == Quote::Bare && !text,
                            variable,
                        });
                    }
                    next.push((pieces, path));
                }
            }
            next.truncate(64);
            ways = next;
        }
        ways
    }

    /// What a part comes to; None for `"$@"` without arguments, which is no word at all.
    fn part(&self, word: &Word, part: &Part, path: Path) -> Vec<(Option<String>, Path)> {
        match &part.kind {
            PartKind::Text => {
                let text = word.text.as_str().get(part.at.clone());
                vec![(Some(text.unwrap_or_default().to_owned()), path)]
            }
            PartKind::Parameter(parameter) => self.parameter(parameter, path),
            PartKind::Command(script) => self
                .substitution(script, path)
                .into_iter()
                .map(|(text, path)| (Some(text), path))
                .collect(),
            PartKind::Arithmetic(expression) => self
                .text_of(expression, path)
                .into_iter()
                .map(|(text, path)| {
                    let number = arithmetic::value(&text, &path.variables);
                    (
                        Some(number.map_or_else(|| ANY.to_owned(), |it| it.to_string())),
                        path,
                    )
                })
                .collect(),
            PartKind::Process(..) => vec![(Some(ANY.to_owned()), path)],
        }
    }

    /// `$( … )`: what it prints, without the line ends behind it.
    fn substitution(&self, script: &Script, path: Path) -> Vec<(String, Path)> {
        let mut inner = path.clone();
        inner.output.clear();
        inner.flow = Flow::On;
        let reads_file = script.body.pipelines().any(|pipeline| {
            pipeline.commands.iter().any(|command| {
                let bare = matches!(&command.kind, Kind::Simple(simple)
                    if simple.words.is_empty() && simple.assignments.is_empty());
                bare && !command.redirects.is_empty()
            })
        });
        if reads_file {
            // `$(<file)`
            return vec![(ANY.to_owned(), path.with(Code::Any))];
        }
        self.list(&script.body, vec![inner])
            .into_iter()
            .map(|ended| {
                let mut outer = path.clone();
                let text = ended.output.trim_end_matches('\n').to_owned();
                outer.code = ended.code;
                outer.take_grounds(&ended);
                if ended.flow == Flow::Hung {
                    outer.flow = Flow::Hung;
                }
                (text, outer)
            })
            .collect()
    }

    fn parameter(&self, parameter: &Parameter, path: Path) -> Vec<(Option<String>, Path)> {
        let name = parameter.name.as_str();
        if parameter.indirect || parameter.indexed {
            return vec![(Some(ANY.to_owned()), path)];
        }
        let in_function = path.variables.contains_key("@");
        // None is a variable that is surely not set.
        let value: Option<String> = match name {
            "?" => Some(path.code.text()),
            "#" if !in_function => Some("0".to_owned()),
            "@" | "*" if !in_function => None,
            _ => match path.variables.get(name) {
                Some(value) => Some(value.clone()),
                None if name.starts_with(|char: char| char.is_ascii_digit())
                    && name != "0"
                    && !in_function =>
                {
                    None
                }
                None => Some(ANY.to_owned()),
            },
        };
        if parameter.length {
            let length = match value {
                Some(value) if is_known(&value) => value.chars().count().to_string(),
                None => "0".to_owned(),
                Some(_) => ANY.to_owned(),
            };
            return vec![(Some(length), path)];
        }
        let Some(operand) = &parameter.operand else {
            if matches!(name, "@" | "*") && value.is_none() {
                return vec![(None, path)];
            }
            let set = path.variables.contains_key(name) || matches!(name, "?" | "#" | "0" | "$");
            if path.nounset && !set {
                return Self::unless_unset(value.unwrap_or_default(), path);
            }
            return vec![(Some(value.unwrap_or_default()), path)];
        };
        let operator = parameter.operator;
        let posix = operator.trim_start_matches(':');
        let strict = operator.starts_with(':');
        if matches!(posix, "-" | "=" | "+" | "?") {
            let set = match &value {
                None => Some(false),
                Some(text) if text.is_empty() => Some(!strict),
                Some(text) if text.chars().all(|char| char == HOLE) => None,
                Some(_) => Some(true),
            };
            if posix == "?" && set.is_none() {
                return Self::unless_unset(ANY.to_owned(), path);
            }
            if posix == "+" && set.is_none() {
                return self.if_set(name, operand, path);
            }
            return self
                .text_of(operand, path)
                .into_iter()
                .map(|(other, mut path)| {
                    let own = value.clone().unwrap_or_default();
                    let text = match (posix, set) {
                        (_, None) => ANY.to_owned(),
                        ("+", Some(true)) | ("-" | "=", Some(false)) => other,
                        ("+", Some(false)) => String::new(),
                        (_, Some(true)) => own,
                        (_, Some(false)) => {
                            // `${x:?}` ends the shell.
                            path.code = Code::Failure;
                            path.flow = Flow::Exit;
                            String::new()
                        }
                    };
                    if posix == "=" && set == Some(false) {
                        path.variables.insert(name.to_owned(), text.clone());
                    }
                    (Some(text), path)
                })
                .collect();
        }
        let known_here = match self.dialect {
            Dialect::Dash => operator.starts_with(['%', '#']),
            Dialect::Ash => operator.starts_with(['%', '#', '/', ':']),
            Dialect::Bash => true,
        };
        let mut path = path;
        if !known_here {
            // "Bad substitution" ends the shell.
            path.code = Code::Exact(2);
            path.flow = Flow::Exit;
        }
        vec![(Some(ANY.to_owned()), path)]
    }
}

impl Player<'_> {
    /// `${x:+word}` where nobody knows whether `x` is set: the word, or nothing.
    fn if_set(&self, name: &str, word: &Word, path: Path) -> Vec<(Option<String>, Path)> {
        let why = format!("nobody knows whether `{name}` is set");
        let mut path = path;
        let cause = || Cause::new(word.span(), name, why);
        path.guessed.get_or_insert_with(cause);
        let mut ways = vec![(Some(String::new()), path.clone())];
        let set = self.text_of(word, path).into_iter();
        ways.extend(set.map(|(text, path)| (Some(text), path)));
        ways
    }

    /// A variable of which nobody knows whether it is set, where the shell ends if it is not.
    fn unless_unset(value: String, path: Path) -> Vec<(Option<String>, Path)> {
        let mut ends = path.clone().with(Code::Any);
        ends.flow = Flow::Exit;
        vec![(Some(value), path), (Some(String::new()), ends)]
    }
}

/// Whether a part is a variable that no line before has set.
fn from_environment(part: &Part, path: &Path) -> bool {
    let PartKind::Parameter(parameter) = &part.kind else {
        return false;
    };
    let name = parameter.name.as_str();
    name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && !parameter.indexed
        && !path.variables.contains_key(name)
}

/// The fields that a word comes to.
fn fields(word: &Word, pieces: &[Piece]) -> Vec<Arg> {
    let arg = |text: String, splice: bool| Arg {
        text,
        span: word.span(),
        written: word.literal().map(|_| word.text.clone()),
        splice,
        variable: false,
    };
    let plain = word
        .parts
        .iter()
        .all(|part| matches!(part.kind, PartKind::Text));
    let braces = plain
        && word.literal().is_none()
        && !word.text.as_str().contains(HOLE)
        && !word.text.as_str().starts_with('~');
    if braces {
        return vec![arg(ANY.to_owned(), true)];
    }
    if let [only] = pieces
        && only.splits
        && only.text.contains(HOLE)
    {
        if !only.variable {
            return vec![arg(only.text.clone(), true)];
        }
        // `${x:+-a "$x"}` is several words, of which some are known.
        let words = only.text.split_ascii_whitespace();
        let field = |text: &str| Arg {
            variable: text == ANY,
            ..arg(text.to_owned(), text == ANY)
        };
        return words.map(field).collect();
    }
    let mut found = Vec::new();
    let quoted = word.parts.iter().any(|part| part.quote != Quote::Bare) || word.parts.is_empty();
    let mut field: Option<String> = None;
    for piece in pieces {
        if !piece.splits {
            field.get_or_insert_default().push_str(&piece.text);
            continue;
        }
        for (index, run) in piece.text.split([' ', '\t', '\n']).enumerate() {
            if index > 0
                && let Some(field) = field.take()
            {
                found.push(arg(field, false));
            }
            if !run.is_empty() {
                field.get_or_insert_default().push_str(run);
            }
        }
    }
    if let Some(field) = field {
        found.push(arg(field, false));
    } else if found.is_empty() && quoted && (!pieces.is_empty() || word.parts.is_empty()) {
        found.push(arg(String::new(), false));
    }
    found
}
