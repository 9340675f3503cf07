//! `test`, `[` and `[[`.

use crate::model::command::{Dialect, Part, PartKind, Quote, Word};
use crate::text::HOLE;

use super::path::{NONZERO, Path};
use super::player::Player;
use super::words::{Arg, is_known};
use super::{Cause, Code, pattern};

impl Player<'_> {
    pub(super) fn test(&self, name: &str, args: &[Arg], path: Path) -> Vec<Path> {
        let Some(first) = args.first() else {
            return vec![path];
        };
        let mut rest = args.get(1..).unwrap_or_default();
        if name == "[" {
            match rest.split_last() {
                Some((last, before)) if last.text == "]" => rest = before,
                _ if rest.iter().any(|arg| arg.splice) => {}
                _ => return vec![path.with(Code::Exact(2))],
            }
        }
        if rest.iter().any(|arg| arg.splice) {
            // An unquoted expansion in the place of one operand is one word unless it is empty or holds blanks.
            return vec![self.unknown(path, first.span, name, "nobody knows what is compared")];
        }
        let words: Vec<&str> = rest.iter().map(|arg| arg.text.as_str()).collect();
        let code = match self.expression(&words) {
            Truth::Yes => Code::Exact(0),
            Truth::No => Code::Exact(1),
            Truth::Wrong => Code::Exact(2),
            Truth::Unknown => {
                return vec![self.unknown(path, first.span, name, "nobody knows what is compared")];
            }
        };
        let mut path = path;
        if code.is_failure() {
            let shown = match name {
                "[" => format!("[ {} ]", words.join(" ")),
                _ => words.join(" "),
            };
            path.failed = Some(Cause::new(
                first.span,
                name,
                format!("`{shown}` is not true"),
            ));
        }
        vec![path.with(code)]
    }

    fn expression(&self, words: &[&str]) -> Truth {
        match words {
            [] => Truth::No,
            [one] => match one.is_empty() {
                true => Truth::No,
                false if one.chars().all(|char| char == HOLE) => Truth::Unknown,
                false => Truth::Yes,
            },
            words if words.iter().any(|word| matches!(*word, "(" | ")")) => Truth::Unknown,
            [left, operator, right] if is_binary(operator) => self.binary(left, operator, right),
            ["!", rest @ ..] => self.expression(rest).not(),
            [operator, operand] => self.unary(operator, operand),
            _ => {
                for (joiner, all) in [("-o", false), ("-a", true)] {
                    if let Some(at) = words.iter().rposition(|word| *word == joiner) {
                        let left = self.expression(&words[..at]);
                        let right = self.expression(&words[at + 1..]);
                        return left.join(right, all);
                    }
                }
                if words.len() > 3 {
                    Truth::Wrong
                } else {
                    Truth::Unknown
                }
            }
        }
    }

    #[allow(clippy::unused_self)] // It stands beside `binary`, which asks for the dialect.
    fn unary(&self, operator: &str, operand: &str) -> Truth {
        match operator {
            "-n" | "-z" => {
                let truth = if operand.is_empty() {
                    Truth::No
                } else if operand.chars().all(|char| char == HOLE) {
                    Truth::Unknown
                } else {
                    Truth::Yes
                };
                if operator == "-n" { truth } else { truth.not() }
            }
            "-e" | "-d" if matches!(operand, "/" | "/dev" | "/proc" | "/proc/1") => Truth::Yes,
            "-e" | "-f" | "-r"
                if matches!(
                    operand,
                    "/proc/1/cmdline" | "/proc/1/stat" | "/proc/1/status"
                ) =>
            {
                Truth::Yes
            }
            _ if operator.starts_with('-') && operator.len() == 2 => Truth::Unknown,
            _ => Truth::Wrong,
        }
    }

    fn binary(&self, left: &str, operator: &str, right: &str) -> Truth {
        match operator {
            "==" if self.dialect == Dialect::Dash => Truth::Wrong,
            "=" | "==" => Truth::of(pattern::could_equal(left, right)),
            "!=" => Truth::of(pattern::could_equal(left, right)).not(),
            "-eq" | "-ne" | "-gt" | "-ge" | "-lt" | "-le" => numbers(left, operator, right),
            _ => Truth::Unknown,
        }
    }

    /// `[[ … ]]`, word by word.
    pub(super) fn double_bracket(&self, words: &[Word], path: Path) -> Vec<Path> {
        let unknown = |path: Path, words: &[Word]| match words.first() {
            Some(word) => {
                vec![self.unknown(path, word.span(), "[[", "nobody knows what is compared")]
            }
            None => vec![path.with(Code::Exact(2))],
        };
        let bare = |word: &Word| {
            let part =
                |part: &Part| part.quote == Quote::Bare && !matches!(part.kind, PartKind::Text);
            word.parts.iter().any(part)
        };
        if self.dialect == Dialect::Ash && words.iter().any(bare) {
            // ash splits it into words as `[` does.
            return unknown(path, words);
        }
        for (operator, or) in [("||", true), ("&&", false)] {
            if let Some(at) = words.iter().position(|word| word.raw() == operator) {
                if words.iter().any(|word| matches!(word.raw(), "(" | ")")) {
                    return unknown(path, words);
                }
                let mut done = Vec::new();
                let left = self.double_bracket(words.get(..at).unwrap_or_default(), path);
                for path in left.into_iter().flat_map(|path| path.split(false)) {
                    if !path.goes_on() || path.code.is_zero() == or {
                        done.push(path);
                    } else {
                        let right = words.get(at + 1..).unwrap_or_default();
                        done.extend(self.double_bracket(right, path));
                    }
                }
                return done;
            }
        }
        match words {
            [not, rest @ ..] if not.raw() == "!" => self
                .double_bracket(rest, path)
                .into_iter()
                .map(|path| {
                    let code = match path.code {
                        Code::Exact(0) => Code::Exact(1),
                        Code::Exact(1) => Code::Exact(0),
                        code => code,
                    };
                    path.with(code)
                })
                .collect(),
            [word] => self.of_texts(&[word], path, |texts| {
                self.expression(&["-n", texts[0].as_str()])
            }),
            [operator, operand] => self.of_texts(&[operand], path, |texts| {
                self.unary(operator.raw(), &texts[0])
            }),
            [left, operator, right] => match operator.raw() {
                "=" | "==" | "!=" => {
                    let equal = operator.raw() != "!=";
                    let mut done = Vec::new();
                    for (text, path) in self.text_of(left, path) {
                        for (matches, path) in self.glob(right, &text, path) {
                            done.push(if let Some(matches) = matches {
                                path.with(Code::Exact(u8::from(matches != equal)))
                            } else {
                                let why = "nobody knows what is compared";
                                self.unknown(path, left.span(), "[[", why)
                            });
                        }
                    }
                    done
                }
                operator if operator.starts_with('-') => {
                    self.of_texts(&[left, right], path, |texts| {
                        numbers(&texts[0], operator, &texts[1])
                    })
                }
                _ => unknown(path, words),
            },
            _ => unknown(path, words),
        }
    }

    fn of_texts(
        &self,
        words: &[&Word],
        path: Path,
        truth: impl Fn(&[String]) -> Truth,
    ) -> Vec<Path> {
        let mut ways = vec![(Vec::new(), path)];
        for word in words {
            let mut next = Vec::new();
            for (texts, path) in ways {
                for (text, path) in self.text_of(word, path) {
                    let mut texts: Vec<String> = texts.clone();
                    texts.push(text);
                    next.push((texts, path));
                }
            }
            ways = next;
        }
        ways.into_iter()
            .flat_map(|(texts, path)| match (truth(&texts), words.first()) {
                (Truth::Yes, _) => vec![path.with(Code::Exact(0))],
                (Truth::No, _) => vec![path.with(Code::Exact(1))],
                (Truth::Wrong, _) => vec![path.with(Code::Failure)],
                (Truth::Unknown, Some(word)) => {
                    let why = "nobody knows what is compared";
                    vec![self.unknown(path, word.span(), "[[", why)]
                }
                (Truth::Unknown, None) => vec![path.with(Code::Any)],
            })
            .collect()
    }
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    /// An error: status 2.
    Wrong,
    Unknown,
}

impl Truth {
    fn of(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            other => other,
        }
    }

    fn join(self, other: Truth, all: bool) -> Truth {
        let decides = if all { Self::No } else { Self::Yes };
        match (self, other) {
            (Self::Wrong, _) | (_, Self::Wrong) => Self::Wrong,
            (one, two) if one == decides || two == decides => decides,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => decides.not(),
        }
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "=="
            | "!="
            | "-eq"
            | "-ne"
            | "-gt"
            | "-ge"
            | "-lt"
            | "-le"
            | "-nt"
            | "-ot"
            | "-ef"
            | "<"
            | ">"
    )
}

fn numbers(left: &str, operator: &str, right: &str) -> Truth {
    let nonzero = NONZERO.to_string();
    if left == nonzero && right == "0" {
        return match operator {
            "-eq" | "-le" | "-lt" => Truth::No,
            "-ne" | "-gt" | "-ge" => Truth::Yes,
            _ => Truth::Wrong,
        };
    }
    if !is_known(left) || !is_known(right) {
        return Truth::Unknown;
    }
    let (Ok(left), Ok(right)) = (left.trim().parse::<i64>(), right.trim().parse::<i64>()) else {
        return Truth::Wrong;
    };
    Truth::of(Some(match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-gt" => left > right,
        "-ge" => left >= right,
        "-lt" => left < right,
        "-le" => left <= right,
        _ => return Truth::Wrong,
    }))
}
