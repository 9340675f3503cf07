//! What only bash, or bash and ash, read: the constructs of a script that `/bin/sh` may not know.

use std::ops::Range;

use crate::model::command::{
    Dialect, Kind, List, Node, PartKind, Pipeline, Quote, RedirectKind, Script, Simple, Value, Word,
};
use crate::text::{Span, Traced};

/// One construct and where it stands.
#[derive(Clone, Debug)]
pub struct Bashism {
    /// Which one.
    pub construct: Construct,
    /// The text that it stands in.
    pub text: Traced,
    /// The words that give it away.
    pub range: Range<usize>,
    /// The same in POSIX shell, as replacements in `text`; None where there is no such thing.
    pub spelled: Option<Vec<(Range<usize>, String)>>,
}

/// The constructs, as they were run in dash 0.5.12, `BusyBox` ash 1.35 and bash 5.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Construct {
    /// `[[ … ]]`
    DoubleBracket,
    /// `==` inside `[ … ]`
    DoubleEquals,
    /// `/dev/tcp/host/port`, `/dev/udp/…`
    Socket {
        /// The host as it is written.
        host: String,
        /// The port as it is written.
        port: String,
        /// The whole command, where it does nothing but open the connection.
        alone: Option<Range<usize>>,
    },
    /// `set -o pipefail`
    Pipefail,
    /// `name=( … )` and `${name[…]}`
    Array,
    /// `<( … )`
    ProcessSubstitution,
    /// `<<<`
    HereString,
    /// `&>`
    BothOutputs,
    /// `&>>`
    AppendBothOutputs,
    /// `>&` with a file
    OutputToFile,
    /// `|&`
    PipeBoth,
    /// `source`
    Source,
    /// `function name`
    FunctionWord,
    /// `${x:0:1}` and `${x/a/b}`
    Substring,
    /// `${x^^}`, `${x,,}` and `${!x}`
    Transformed,
    /// `for (( … ))`
    CountingFor,
    /// `(( … ))`
    Arithmetic,
    /// `declare`, `shopt` and other builtins
    Builtin,
    /// `echo -e`, where somebody reads what it prints
    EchoEscapes,
    /// `$'…'`
    AnsiQuote,
}

impl Construct {
    /// Whether this shell reads it as bash does.
    pub fn works_in(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Bash => true,
            Dialect::Dash => false,
            Dialect::Ash => matches!(
                self,
                Self::DoubleBracket
                    | Self::DoubleEquals
                    | Self::Pipefail
                    | Self::ProcessSubstitution
                    | Self::BothOutputs
                    | Self::OutputToFile
                    | Self::Source
                    | Self::FunctionWord
                    | Self::Substring
                    | Self::EchoEscapes
                    | Self::AnsiQuote
            ),
        }
    }
}

impl Bashism {
    /// The bytes of the source.
    pub fn span(&self) -> Span {
        self.text.span_of(self.range.clone())
    }
}

/// Every construct of a script that was read as bash, in the order of the text.
pub fn bashisms(script: &Script) -> Vec<Bashism> {
    let mut walk = Walk {
        text: script.text.clone(),
        found: Vec::new(),
        read: false,
    };
    walk.list(&script.body);
    walk.found.sort_by_key(|found| found.span().start);
    walk.found
}

struct Walk {
    text: Traced,
    found: Vec<Bashism>,
    /// Somebody reads what the commands print.
    read: bool,
}

impl Walk {
    fn add(
        &mut self,
        construct: Construct,
        range: Range<usize>,
        spelled: Option<Vec<(Range<usize>, String)>>,
    ) {
        self.found.push(Bashism {
            construct,
            text: self.text.clone(),
            range,
            spelled,
        });
    }

    fn raw(&self, range: Range<usize>) -> &str {
        self.text.as_str().get(range).unwrap_or_default()
    }

    fn list(&mut self, list: &List) {
        for pipeline in list.pipelines() {
            self.pipeline(pipeline);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for (range, _) in pipeline.pipes.iter().filter(|(_, both)| *both) {
            let new = vec![(range.clone(), "2>&1 |".to_owned())];
            self.add(Construct::PipeBoth, range.clone(), Some(new));
        }
        let read = self.read;
        let last = pipeline.commands.len().saturating_sub(1);
        for (at, command) in pipeline.commands.iter().enumerate() {
            self.read = read || at < last;
            self.command(command);
        }
        self.read = read;
    }

    fn command(&mut self, command: &Node) {
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple),
            Kind::Subshell(list) | Kind::Group(list) => self.list(list),
            Kind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    self.list(condition);
                    self.list(body);
                }
                if let Some(list) = otherwise {
                    self.list(list);
                }
            }
            Kind::Case(word, arms) => {
                self.word(word);
                for arm in arms {
                    self.words(&arm.patterns);
                    self.list(&arm.body);
                }
            }
            Kind::For(_, words, body) => {
                self.words(words.as_deref().unwrap_or_default());
                self.list(body);
            }
            Kind::Count(header, body) => {
                let range = command.range.start..header.range.end;
                self.add(Construct::CountingFor, range, None);
                self.list(body);
            }
            Kind::While(_, condition, body) => {
                self.list(condition);
                self.list(body);
            }
            Kind::Function(name, body) => {
                if self.raw(command.range.clone()).starts_with("function") {
                    let head = command.range.start..body.range.start;
                    let new = vec![(head, format!("{name}() "))];
                    let word = command.range.start..command.range.start + "function".len();
                    self.add(Construct::FunctionWord, word, Some(new));
                }
                self.command(body);
            }
            Kind::Test(words) => {
                let start = command.range.start;
                let new = self.single_bracket(command, words);
                self.add(Construct::DoubleBracket, start..start + 2, new);
                self.words(words);
            }
            Kind::Arithmetic(word) => {
                self.add(Construct::Arithmetic, command.range.clone(), None);
                self.word(word);
            }
        }
        self.redirects(command);
    }

    fn redirects(&mut self, command: &Node) {
        for redirect in &command.redirects {
            let target = &redirect.target;
            let text = target.text.as_str();
            let operator = redirect.range.start..target.range.start;
            let blanks = self.raw(operator.clone());
            let blanks = blanks.len() - blanks.trim_end().len();
            let sign = operator.start..operator.end - blanks;
            let behind = redirect.range.end..redirect.range.end;
            let both = |new: &str| {
                vec![
                    (operator.clone(), new.to_owned()),
                    (behind.clone(), " 2>&1".to_owned()),
                ]
            };
            match redirect.kind {
                RedirectKind::OutputAndErrors => {
                    self.add(Construct::BothOutputs, sign, Some(both(">")));
                }
                RedirectKind::AppendOutputAndErrors => {
                    let new = Some(both(">>"));
                    self.add(Construct::AppendBothOutputs, sign, new);
                }
                RedirectKind::DuplicateOutput
                    if redirect.fd.is_none()
                        && text != "-"
                        && !text.bytes().all(|byte| byte.is_ascii_digit())
                        && target.literal().is_some() =>
                {
                    self.add(Construct::OutputToFile, sign, Some(both(">")));
                }
                RedirectKind::HereString => {
                    self.add(Construct::HereString, sign, None);
                }
                RedirectKind::HereDocument => {}
                _ => self.socket(command, target),
            }
            self.word(target);
            if let Some(body) = redirect.body.as_ref().and_then(|body| body.get()) {
                self.word(body);
            }
        }
    }

    fn socket(&mut self, command: &Node, target: &Word) {
        let raw = target.raw();
        let bare = raw.trim_matches(['"', '\'']);
        let mut parts = bare.strip_prefix("/dev/").unwrap_or_default().split('/');
        let (Some("tcp" | "udp"), Some(host), Some(port)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let opens = match &command.kind {
            Kind::Simple(simple) => {
                let words = simple.words.iter().map(Word::literal);
                let words: Option<Vec<&str>> = words.collect();
                simple.assignments.is_empty()
                    && words.is_some_and(|words| {
                        matches!(words[..], [] | [":" | "true" | "echo" | "cat"])
                            && (words != ["cat"] || command.redirects.len() == 2)
                    })
            }
            _ => false,
        };
        let idle = command.redirects.iter().all(|redirect| {
            redirect.fd.is_none()
                && matches!(
                    redirect.kind,
                    RedirectKind::Input | RedirectKind::Output | RedirectKind::Both
                )
                && matches!(redirect.target.text.as_str(), "/dev/null")
                || std::ptr::eq(&raw const redirect.target, target)
        });
        let plain = bare.starts_with("/dev/tcp/") && !bare.contains(['"', '\'', crate::text::HOLE]);
        let construct = Construct::Socket {
            host: host.to_owned(),
            port: port.to_owned(),
            alone: (opens && idle && plain).then(|| command.range.clone()),
        };
        self.add(construct, target.range.clone(), None);
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            match &assignment.value {
                Value::Word(word) => self.word(word),
                Value::Array(words) => {
                    self.add(Construct::Array, assignment.range.clone(), None);
                    self.words(words);
                }
            }
        }
        self.words(&simple.words);
        let literals: Vec<Option<&str>> = simple.words.iter().map(Word::literal).collect();
        let Some((Some(program), arguments)) = literals.split_first() else {
            return;
        };
        let first = simple.words[0].range.clone();
        match *program {
            "[" | "test" => {
                for word in simple.words.iter().skip(1) {
                    if word.raw() == "==" {
                        let new = vec![(word.range.clone(), "=".to_owned())];
                        self.add(Construct::DoubleEquals, word.range.clone(), Some(new));
                    }
                }
            }
            "set" if arguments.contains(&Some("pipefail")) => {
                let end = simple.words.last().map_or(first.end, |word| word.range.end);
                self.add(Construct::Pipefail, first.start..end, None);
            }
            "source" => {
                let new = arguments
                    .first()
                    .is_some_and(|file| file.is_some_and(|file| file.contains('/')))
                    .then(|| vec![(first.clone(), ".".to_owned())]);
                self.add(Construct::Source, first, new);
            }
            "declare" | "typeset" | "shopt" | "mapfile" | "readarray" | "pushd" | "popd" => {
                self.add(Construct::Builtin, first, None);
            }
            "echo" if self.read => {
                let format = match arguments.first() {
                    Some(Some("-e")) => "printf '%b\\n'",
                    Some(Some("-ne" | "-en")) => "printf %b",
                    _ => return,
                };
                let range = first.start..simple.words[1].range.end;
                let new = (arguments.len() == 2).then(|| vec![(range.clone(), format.to_owned())]);
                self.add(Construct::EchoEscapes, range, new);
            }
            _ => {}
        }
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.word(word);
        }
    }

    fn word(&mut self, word: &Word) {
        let mut ansi = None;
        for part in &word.parts {
            if part.quote == Quote::Ansi {
                ansi.get_or_insert_with(|| part.range.clone());
            }
            match &part.kind {
                PartKind::Text => {}
                PartKind::Parameter(parameter) => {
                    let construct = match parameter.operator {
                        _ if parameter.indexed => Some(Construct::Array),
                        _ if parameter.indirect => Some(Construct::Transformed),
                        operator if operator.starts_with(['^', ',', '@']) => {
                            Some(Construct::Transformed)
                        }
                        ":" => Some(Construct::Substring),
                        operator if operator.starts_with('/') => Some(Construct::Substring),
                        _ => None,
                    };
                    if let Some(construct) = construct {
                        self.add(construct, part.range.clone(), None);
                    }
                    if let Some(operand) = &parameter.operand {
                        self.word(operand);
                    }
                }
                PartKind::Command(script) => {
                    let read = std::mem::replace(&mut self.read, true);
                    self.inside(script);
                    self.read = read;
                }
                PartKind::Process(script, _) => {
                    self.add(Construct::ProcessSubstitution, part.range.clone(), None);
                    self.inside(script);
                }
                PartKind::Arithmetic(word) => self.word(word),
            }
        }
        if let Some(range) = ansi {
            self.add(Construct::AnsiQuote, range, None);
        }
    }

    /// A substitution is a script of its own, with a text of its own.
    fn inside(&mut self, script: &Script) {
        let outer = std::mem::replace(&mut self.text, script.text.clone());
        self.list(&script.body);
        self.text = outer;
    }

    /// `[[ a == b ]]` as `[ a = b ]`, where both read it alike: no pattern, no operator of its own, and nothing that
    /// `[` would split.
    fn single_bracket(
        &self,
        command: &Node,
        words: &[Word],
    ) -> Option<Vec<(Range<usize>, String)>> {
        let words = match words.split_first() {
            Some((first, rest)) if first.raw() == "!" => rest,
            _ => words,
        };
        let ([operator, _] | [_, operator, _]) = words else {
            return None;
        };
        let known = match (words.len(), operator.raw()) {
            (2, raw) => {
                raw.len() == 2 && raw.starts_with('-') && !matches!(raw, "-v" | "-o" | "-R")
            }
            (_, "=" | "==" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") => true,
            _ => false,
        };
        let whole = |word: &Word| {
            !word.globs
                && word
                    .parts
                    .iter()
                    .all(|part| matches!(part.kind, PartKind::Text) || part.quote != Quote::Bare)
        };
        let end = command.range.end;
        let close = end.checked_sub(2)?..end;
        if !known || !words.iter().all(whole) || self.raw(close.clone()) != "]]" {
            return None;
        }
        let start = command.range.start;
        let mut new = vec![(start..start + 2, "[".to_owned())];
        if operator.raw() == "==" {
            new.push((operator.range.clone(), "=".to_owned()));
        }
        new.push((close, "]".to_owned()));
        Some(new)
    }
}
