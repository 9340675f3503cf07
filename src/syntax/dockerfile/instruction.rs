//! One logical line becomes one typed instruction, broken or not, by the rules of BuildKit's `instructions.Parse`.

use std::ops::Range;

use super::json::{self, Array};
use super::problem::nearest;
use super::{
    Body, Command, Flag, Healthcheck, INSTRUCTIONS, Instruction, Pair, Problem, ProblemKind, words,
};
use crate::text::Traced;

/// The flags of HEALTHCHECK.
const HEALTH_FLAGS: [&str; 5] = [
    "interval",
    "timeout",
    "start-period",
    "start-interval",
    "retries",
];

/// Longer words have no near instruction, and measuring the distance would cost.
const LONGEST_NAME: usize = 32;

/// Reads the logical line.
pub(super) fn read(line: &Traced, escape: char) -> Instruction {
    part(
        line,
        words::trim(line.as_str(), 0..line.len()),
        escape,
        false,
    )
}

/// What an instruction is read from.
struct Reader<'a> {
    line: &'a Traced,
    escape: char,
    name: String,
    keyword: Range<usize>,
    /// Whether a heredoc may be opened in the line, which no edit should touch.
    opens: bool,
    problems: Vec<Problem>,
}

/// Reads the instruction in `range`, which has no white space at its ends.
fn part(line: &Traced, range: Range<usize>, escape: char, inner: bool) -> Instruction {
    let text = line.as_str();
    let rest = text.get(range.clone()).unwrap_or_default();
    let keyword_end = rest
        .find(words::is_blank)
        .map_or(range.end, |at| range.start + at);
    let keyword = line.slice(range.start..keyword_end);
    let (mut flags, start) = words::flags(line, keyword_end..range.end);
    let mut arguments = words::trim(text, start..range.end);
    let mut reader = Reader {
        line,
        opens: text.contains("<<"),
        escape,
        name: keyword.as_str().to_uppercase(),
        keyword: range.start..keyword_end,
        problems: Vec::new(),
    };
    let body = match reader.name.as_str() {
        "HEALTHCHECK" => reader.healthcheck(&mut flags, &mut arguments),
        "ONBUILD" => reader.onbuild(arguments.clone(), inner),
        _ => reader.body(arguments.clone()),
    };
    Instruction {
        span: line.span_of(range),
        keyword,
        flags,
        arguments: line.slice(arguments),
        body,
        heredocs: Vec::new(),
        script: None,
        problems: reader.problems,
    }
}

impl Reader<'_> {
    fn word(&self, range: Range<usize>) -> Traced {
        words::word(self.line, range, self.opens)
    }

    fn slices(&self, ranges: Vec<Range<usize>>) -> Vec<Traced> {
        ranges.into_iter().map(|range| self.word(range)).collect()
    }

    fn problem(&mut self, kind: ProblemKind, range: Range<usize>) {
        self.problems.push(Problem {
            kind,
            span: self.line.span_of(range),
        });
    }

    /// A problem with the instruction as such, shown at its keyword.
    fn broken(&mut self, kind: impl FnOnce(String) -> ProblemKind) -> Body {
        let kind = kind(self.name.clone());
        self.problem(kind, self.keyword.clone());
        Body::Broken
    }

    fn body(&mut self, range: Range<usize>) -> Body {
        let text = self.line.as_str();
        let one = self.word(range.clone());
        match self.name.as_str() {
            "FROM" => self.from(&words::split(text, range)),
            "RUN" => Body::Run(self.command(range)),
            "CMD" => Body::Cmd(self.command(range)),
            "ENTRYPOINT" => Body::Entrypoint(self.command(range)),
            "COPY" | "ADD" => self.copy(range),
            "ENV" => self.pairs(range, Body::Env),
            "LABEL" => self.pairs(range, Body::Label),
            "ARG" => self.arg(range),
            "USER" | "WORKDIR" | "STOPSIGNAL" | "MAINTAINER" if range.is_empty() => {
                self.broken(ProblemKind::NotOneArgument)
            }
            "USER" => Body::User(one),
            "WORKDIR" => Body::Workdir(one),
            "STOPSIGNAL" => Body::StopSignal(one),
            "MAINTAINER" => Body::Maintainer(one),
            "EXPOSE" | "VOLUME" if range.is_empty() => self.broken(ProblemKind::NoArgument),
            "EXPOSE" => Body::Expose(self.slices(words::split(text, range))),
            "VOLUME" => Body::Volume(self.list(range)),
            "SHELL" => match self.command(range) {
                Command::Exec { words, .. } if !words.is_empty() => Body::Shell(words),
                Command::Exec { .. } => self.broken(ProblemKind::NoArgument),
                _ => self.broken(|_| ProblemKind::ShellNotJson),
            },
            _ => self.unknown(),
        }
    }

    fn unknown(&mut self) -> Body {
        let word = self.line.slice(self.keyword.clone()).as_str().to_owned();
        let near = if word.len() <= LONGEST_NAME {
            nearest(&self.name, &INSTRUCTIONS)
        } else {
            None
        };
        let lower = word.chars().all(|ch| !ch.is_uppercase());
        let nearest = near.map(|name| {
            if lower {
                name.to_lowercase()
            } else {
                name.to_owned()
            }
        });
        self.broken(|_| ProblemKind::UnknownInstruction { word, nearest })
    }

    fn from(&mut self, words: &[Range<usize>]) -> Body {
        let Some(image) = words.first().map(|word| self.word(word.clone())) else {
            return self.broken(|_| ProblemKind::FromArguments);
        };
        let text = self.line.as_str();
        let name = match words {
            [_, word, name] if text[word.clone()].eq_ignore_ascii_case("as") => {
                let lower = text[name.clone()].to_lowercase();
                let valid = lower.starts_with(|ch: char| ch.is_ascii_lowercase())
                    && lower
                        .chars()
                        .all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '.'));
                if !valid {
                    let written = text[name.clone()].to_owned();
                    self.problem(ProblemKind::StageName(written), name.clone());
                }
                Some(self.word(name.clone()))
            }
            [_, extra, ..] => {
                let extra = extra.start..words.last().map_or(extra.end, |last| last.end);
                self.problem(ProblemKind::FromArguments, extra);
                None
            }
            _ => None,
        };
        Body::From { image, name }
    }

    /// A command: JSON if it is, else text for a shell, as BuildKit decides it.
    fn command(&mut self, range: Range<usize>) -> Command {
        let text = self.line.as_str();
        if range.is_empty() {
            return Command::Empty;
        }
        let not_json = match self.json(range.clone()) {
            None => None,
            Some(Ok(words)) => {
                return Command::Exec {
                    words,
                    array: self.line.slice(range),
                };
            }
            Some(Err(not)) => Some(not),
        };
        debug_assert!(range.end <= text.len(), "a range of this line");
        Command::Shell {
            text: words::command_text(self.line, range),
            not_json: not_json.map(|(reason, place)| (reason, self.line.span_of(place))),
        }
    }

    /// The strings of a JSON array, or why it is none; None where the text does not begin with a bracket.
    #[allow(clippy::type_complexity)] // Two callers, and a name would hide the three answers.
    fn json(
        &mut self,
        range: Range<usize>,
    ) -> Option<Result<Vec<Traced>, (json::NotJson, Range<usize>)>> {
        let text = self.line.as_str().get(range.clone())?;
        if !text.starts_with('[') {
            return None;
        }
        let shift = |part: Range<usize>| range.start + part.start..range.start + part.end;
        Some(match json::array(text) {
            Array::Strings(insides) => Ok(insides
                .into_iter()
                .map(|inside| json::decode(&self.line.slice(shift(inside))))
                .collect()),
            Array::NonString(item) => {
                self.problem(ProblemKind::NonStringItem, shift(item));
                Ok(Vec::new())
            }
            Array::Not(reason, place) => Err((reason, shift(place))),
        })
    }

    /// A list of words, JSON or not.
    fn list(&mut self, range: Range<usize>) -> Vec<Traced> {
        match self.json(range.clone()) {
            Some(Ok(words)) => words,
            _ => self.slices(words::split(self.line.as_str(), range)),
        }
    }

    fn copy(&mut self, range: Range<usize>) -> Body {
        let mut sources = self.list(range);
        match sources.pop() {
            Some(destination) if !sources.is_empty() => Body::Copy {
                add: self.name == "ADD",
                sources,
                destination,
            },
            _ if !self.problems.is_empty() => Body::Broken,
            _ => self.broken(ProblemKind::NoDestination),
        }
    }

    /// ENV and LABEL (`parseNameVal`): a first word without `=` means the old form.
    fn pairs(&mut self, range: Range<usize>, body: fn(Vec<Pair>) -> Body) -> Body {
        let text = self.line.as_str();
        let words = words::quoted(text, range.clone(), self.escape);
        let Some(first) = words.first() else {
            return self.broken(ProblemKind::NoArgument);
        };
        if !text[first.clone()].contains('=') {
            let rest = &text[range.clone()];
            let Some(blank) = rest.find(words::is_blank) else {
                return self.broken(ProblemKind::NoValue);
            };
            let name = range.start..range.start + blank;
            let value = rest[blank..].trim_start_matches(words::is_blank).len();
            return body(vec![Pair {
                name: self.word(name),
                value: self.word(range.end - value..range.end),
                equals: false,
            }]);
        }
        let mut pairs = Vec::new();
        for word in words {
            match text[word.clone()].find('=') {
                Some(0) => {
                    let kind = ProblemKind::BlankName(self.name.clone());
                    self.problem(kind, word);
                }
                Some(at) => pairs.push(Pair {
                    name: self.word(word.start..word.start + at),
                    value: self.word(word.start + at + 1..word.end),
                    equals: true,
                }),
                None => {
                    let written = text[word.clone()].to_owned();
                    self.problem(ProblemKind::NoEquals(written), word);
                }
            }
        }
        body(pairs)
    }

    fn arg(&mut self, range: Range<usize>) -> Body {
        let text = self.line.as_str();
        let words = words::quoted(text, range, self.escape);
        if words.is_empty() {
            return self.broken(ProblemKind::NoArgument);
        }
        let mut arguments = Vec::new();
        for word in words {
            match text[word.clone()].find('=') {
                Some(0) => self.problem(ProblemKind::BlankName("ARG".into()), word),
                Some(at) => arguments.push((
                    self.word(word.start..word.start + at),
                    Some(self.word(word.start + at + 1..word.end)),
                )),
                None => arguments.push((self.word(word), None)),
            }
        }
        Body::Arg(arguments)
    }

    fn onbuild(&mut self, range: Range<usize>, inner: bool) -> Body {
        if range.is_empty() {
            return self.broken(ProblemKind::NoArgument);
        }
        if inner {
            return self.broken(|_| ProblemKind::OnbuildChain);
        }
        let instruction = part(self.line, range, self.escape, true);
        let name = instruction.name();
        if matches!(name.as_str(), "FROM" | "MAINTAINER") {
            self.problems.push(Problem {
                kind: ProblemKind::OnbuildTrigger(name),
                span: instruction.keyword.span(),
            });
        }
        Body::Onbuild(Box::new(instruction))
    }

    /// HEALTHCHECK (`parseHealthcheck`). `--interval 30s` is recorded as a missing value, and the reading goes on
    /// behind the word that was meant as one.
    fn healthcheck(&mut self, flags: &mut Vec<Flag>, range: &mut Range<usize>) -> Body {
        let text = self.line.as_str();
        let mut strays: Vec<(usize, Range<usize>)> = Vec::new();
        let (mut word, mut rest) = first(text, range.clone());
        while let Some(flag) = flags.last()
            && flag.value.is_none()
            && HEALTH_FLAGS.contains(&flag.name.as_str())
            && !word.is_empty()
            && !is_type(&text[word.clone()])
        {
            strays.push((flags.len() - 1, word.clone()));
            let (mut more, start) = words::flags(self.line, rest.clone());
            let next = words::trim(text, start..range.end);
            if more.is_empty() && !is_type(&text[first(text, next.clone()).0]) {
                // No known word follows: the recovery would only guess.
                break;
            }
            flags.append(&mut more);
            *range = next;
            (word, rest) = first(text, range.clone());
        }
        if word.is_empty() {
            self.check_flags(flags, &strays);
            if self.problems.is_empty() {
                self.broken(ProblemKind::NoArgument);
            }
            return Body::Healthcheck(Healthcheck::Broken);
        }
        let kind = &text[word.clone()];
        if kind.eq_ignore_ascii_case("none") {
            // BuildKit ignores the flags, unless the word was reached only by reading around a broken one.
            if !strays.is_empty() {
                self.check_flags(flags, &strays);
            }
            if !rest.is_empty() {
                self.problem(ProblemKind::NoneTakesNoArguments, rest);
            }
            return Body::Healthcheck(Healthcheck::None {
                word: self.line.slice(word),
            });
        }
        self.check_flags(flags, &strays);
        if !kind.eq_ignore_ascii_case("cmd") {
            if self.problems.is_empty() {
                let written = kind.to_owned();
                self.problem(ProblemKind::UnknownType(written), word);
            }
            return Body::Healthcheck(Healthcheck::Broken);
        }
        let known = self.problems.len();
        let command = self.command(rest);
        let empty = match &command {
            Command::Empty => true,
            Command::Exec { words, .. } => words.is_empty(),
            Command::Shell { .. } => false,
        };
        if empty && self.problems.len() == known {
            self.problem(ProblemKind::MissingCommand, word.clone());
        }
        Body::Healthcheck(Healthcheck::Cmd {
            word: self.line.slice(word),
            command,
        })
    }

    fn check_flags(&mut self, flags: &[Flag], strays: &[(usize, Range<usize>)]) {
        let mut seen: Vec<&str> = Vec::new();
        for (index, flag) in flags.iter().enumerate() {
            let name = flag.name.as_str();
            let kind = if !HEALTH_FLAGS.contains(&name) {
                let nearest = if name.len() <= LONGEST_NAME {
                    nearest(name, &HEALTH_FLAGS)
                } else {
                    None
                };
                ProblemKind::UnknownFlag {
                    name: name.to_owned(),
                    nearest,
                }
            } else if seen.contains(&name) {
                ProblemKind::DuplicateFlag(name.to_owned())
            } else {
                seen.push(name);
                if flag.value.is_some() {
                    continue;
                }
                let meant = strays.iter().find(|(at, _)| *at == index);
                ProblemKind::MissingFlagValue {
                    name: name.to_owned(),
                    meant: meant.map(|(_, word)| {
                        let written = self.line.as_str()[word.clone()].to_owned();
                        (written, self.line.span_of(word.clone()))
                    }),
                }
            };
            self.problems.push(Problem {
                kind,
                span: flag.whole.span(),
            });
        }
    }
}

fn is_type(word: &str) -> bool {
    word.eq_ignore_ascii_case("cmd") || word.eq_ignore_ascii_case("none")
}

/// The first word of `range` and what is left behind it.
fn first(text: &str, range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let part = text.get(range.clone()).unwrap_or_default();
    let end = part
        .find(char::is_whitespace)
        .map_or(range.end, |at| range.start + at);
    (range.start..end, words::trim(text, end..range.end))
}
