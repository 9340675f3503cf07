//! A Dockerfile as BuildKit reads it: text in, a tree with traced words out, and it never gives up.

mod expand;
mod instruction;
mod json;
mod lines;
mod problem;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;

pub use expand::{Value, expand};
pub use json::NotJson;
pub use problem::{Problem, ProblemKind};

use crate::text::{Around, SourceId, Span, Spell, Traced};
use lines::{Joiner, Line};

/// Every instruction that BuildKit knows, in its order.
pub const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The tree of one Dockerfile.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Every instruction in order, the broken ones too.
    pub instructions: Vec<Instruction>,
    /// Every comment line, also those inside a continued instruction; never the body of a heredoc.
    pub comments: Vec<Comment>,
    /// What is wrong with the file as such; each instruction has its own.
    pub problems: Vec<Problem>,
    /// The escape character: a backslash, or a backtick after `# escape=`.
    pub escape: char,
    /// The frontend that `# syntax=` asks for.
    pub syntax: Option<Traced>,
}

/// One comment line.
#[derive(Clone, Debug)]
pub struct Comment {
    /// From the `#` to the last character that is not blank.
    pub span: Span,
    /// These characters.
    pub text: Traced,
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// From the keyword to the last character, heredocs not included.
    pub span: Span,
    /// The keyword as written.
    pub keyword: Traced,
    /// The flags in front of the arguments.
    pub flags: Vec<Flag>,
    /// The arguments: everything behind the flags, without white space at its ends.
    pub arguments: Traced,
    /// What it says.
    pub body: Body,
    /// The heredocs that it opens.
    pub heredocs: Vec<Heredoc>,
    /// What the shell of a RUN with heredocs gets: the body of the one that is the whole script (`RUN <<EOF`), else the
    /// command and its heredocs as they stand. None without heredocs, and where continued lines keep that from being
    /// one text.
    pub script: Option<Traced>,
    /// What BuildKit rejects in it, in its order.
    pub problems: Vec<Problem>,
}

/// `--name=value` in front of an instruction's arguments.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The whole word as written.
    pub whole: Traced,
    /// The name without dashes, quotes and escapes.
    pub name: Traced,
    /// What stands behind `=`, without quotes and escapes; None without `=`.
    pub value: Option<Traced>,
}

/// A heredoc and its body.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The word that opens it, `<<-'EOF'`.
    pub opener: Traced,
    /// The delimiter without quotes.
    pub name: String,
    /// Whether BuildKit expands variables in the body of a COPY or ADD: the delimiter is not quoted.
    pub expand: bool,
    /// The lines up to the delimiter, each with its line ending; leading tabs removed after `<<-`.
    pub body: Traced,
}

/// What an instruction says.
#[derive(Clone, Debug)]
pub enum Body {
    /// `FROM image [AS name]`
    From {
        /// The image or stage, variables unexpanded.
        image: Traced,
        /// The name of the new stage.
        name: Option<Traced>,
    },
    /// `RUN command`
    Run(Command),
    /// `CMD command`
    Cmd(Command),
    /// `ENTRYPOINT command`
    Entrypoint(Command),
    /// `HEALTHCHECK …`
    Healthcheck(Healthcheck),
    /// `COPY` or `ADD`: sources and destination.
    Copy {
        /// Whether it is ADD.
        add: bool,
        /// What is copied; heredoc openers stand among them.
        sources: Vec<Traced>,
        /// Where to.
        destination: Traced,
    },
    /// `ENV name=value …` or `ENV name value`
    Env(Vec<Pair>),
    /// `LABEL name=value …` or `LABEL name value`
    Label(Vec<Pair>),
    /// `ARG name[=default] …`
    Arg(Vec<(Traced, Option<Traced>)>),
    /// `USER user[:group]`
    User(Traced),
    /// `WORKDIR path`
    Workdir(Traced),
    /// `EXPOSE port …`
    Expose(Vec<Traced>),
    /// `SHELL ["…"]`
    Shell(Vec<Traced>),
    /// `VOLUME path …`
    Volume(Vec<Traced>),
    /// `STOPSIGNAL signal`
    StopSignal(Traced),
    /// `MAINTAINER name`
    Maintainer(Traced),
    /// `ONBUILD instruction`
    Onbuild(Box<Instruction>),
    /// No instruction, or one too broken to say anything; `problems` says why.
    Broken,
}

/// `name=value`; quotes, escapes and variables are still in both.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The name.
    pub name: Traced,
    /// The value.
    pub value: Traced,
    /// Whether it stands as `name=value`; otherwise the value is the rest of the line.
    pub equals: bool,
}

/// A command in one of its forms.
#[derive(Clone, Debug)]
pub enum Command {
    /// Nothing at all.
    Empty,
    /// Text for a shell, byte for byte.
    Shell {
        /// The text.
        text: Traced,
        /// Why text that begins with `[` is no JSON, and what is to blame.
        not_json: Option<(NotJson, Span)>,
    },
    /// The words of a JSON array.
    Exec {
        /// The words, JSON escapes decoded.
        words: Vec<Traced>,
        /// The array with its brackets.
        array: Traced,
    },
}

/// What HEALTHCHECK says; its flags stand in [`Instruction::flags`].
#[derive(Clone, Debug)]
pub enum Healthcheck {
    /// `NONE`: no check, and an inherited one is switched off. BuildKit does not look at the flags.
    None {
        /// The word.
        word: Traced,
    },
    /// `CMD command`
    Cmd {
        /// The word.
        word: Traced,
        /// The command.
        command: Command,
    },
    /// Neither; `problems` says why.
    Broken,
}

impl Instruction {
    /// The keyword in capitals.
    pub fn name(&self) -> String {
        self.keyword.as_str().to_uppercase()
    }

    /// The instruction that ONBUILD holds, else this one.
    pub fn inner(&self) -> &Instruction {
        match &self.body {
            Body::Onbuild(inner) => inner,
            _ => self,
        }
    }
}

/// Reads a Dockerfile. It never fails: what BuildKit rejects is recorded, and the reading goes on behind it.
pub fn parse(source: SourceId, text: &str) -> Dockerfile {
    parse_traced(&Traced::source(Span::new(source, 0, text.len()), text))
}

/// Reads a Dockerfile that stands inside another text, such as Compose's `dockerfile_inline`.
pub fn parse_traced(whole: &Traced) -> Dockerfile {
    let text = whole.as_str();
    let lines = lines::physical(text);
    let mut joiner = Joiner {
        file: whole,
        text,
        lines: &lines,
        escape: '\\',
    };
    let mut file = Dockerfile {
        instructions: Vec::new(),
        comments: Vec::new(),
        problems: Vec::new(),
        escape: '\\',
        syntax: None,
    };
    let mut index = directives(&mut joiner, &mut file);
    let mut terminators = Terminators::default();
    let mut staged = false;
    while let Some(line) = lines.get(index) {
        let physical = joiner.line(index);
        if physical.trim().is_empty() || lines::is_comment(physical) {
            joiner.measure(line, &mut file.problems);
            if !physical.trim().is_empty() {
                file.comments.push(joiner.comment(line));
            }
            index += 1;
            continue;
        }
        let mut problems = Vec::new();
        let logical = joiner.join(index, &mut file.comments, &mut problems);
        index = logical.next;
        let mut instruction = instruction::read(&logical.text, joiner.escape);
        heredocs(
            &joiner,
            &logical,
            &mut instruction,
            &mut index,
            &mut terminators,
        );
        instruction.problems.append(&mut problems);
        if matches!(instruction.body, Body::From { .. }) {
            staged = true;
        } else if !staged && !matches!(instruction.body, Body::Arg(_)) {
            // BuildKit stops here; once is enough.
            staged = true;
            if instruction.problems.is_empty() {
                instruction.problems.push(Problem {
                    kind: ProblemKind::NoStage,
                    span: instruction.keyword.span(),
                });
            }
        }
        file.instructions.push(instruction);
    }
    if file.instructions.is_empty() {
        file.problems.push(Problem {
            kind: ProblemKind::NoInstructions,
            span: joiner.span(0..0),
        });
    }
    file.escape = joiner.escape;
    file
}

/// Reads the parser directives on the first lines; returns the first line that is none.
fn directives(joiner: &mut Joiner<'_>, file: &mut Dockerfile) -> usize {
    let mut seen: Vec<String> = Vec::new();
    let mut index = 0;
    while let Some((name, value)) = directive(joiner.line(index).trim_start()) {
        let Some(line) = joiner.lines.get(index) else {
            break;
        };
        let lower = name.to_ascii_lowercase();
        if !["syntax", "escape", "check"].contains(&lower.as_str()) {
            break;
        }
        let text = joiner.line(index);
        let place = |at: usize, len: usize| line.start + at..line.start + at + len;
        let name_span = joiner.span(place(text.find(name).unwrap_or_default(), name.len()));
        let value_range = place(text.trim_end().len() - value.len(), value.len());
        let value_span = joiner.span(value_range.clone());
        if seen.contains(&lower) {
            file.problems.push(Problem {
                kind: ProblemKind::RepeatedDirective(lower),
                span: name_span,
            });
        } else if lower == "escape" {
            match value {
                "\\" => joiner.escape = '\\',
                "`" => joiner.escape = '`',
                _ => file.problems.push(Problem {
                    kind: ProblemKind::EscapeToken(value.to_owned()),
                    span: value_span,
                }),
            }
            seen.push(lower);
        } else {
            if lower == "syntax" {
                file.syntax = Some(joiner.file.slice(value_range));
            }
            seen.push(lower);
        }
        let comment = joiner.comment(line);
        file.comments.push(comment);
        index += 1;
    }
    index
}

/// The name and value of `# name = value`.
fn directive(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    let name = name.trim_end();
    let value = value.trim();
    let valid = name.starts_with(|ch: char| ch.is_ascii_alphabetic())
        && name.chars().all(|ch| ch.is_ascii_alphanumeric())
        && !value.is_empty();
    valid.then_some((name, value))
}

/// On which line each possible delimiter stands for the last time: an unterminated heredoc must not cost a scan.
#[derive(Default)]
struct Terminators<'a> {
    exact: HashMap<&'a str, usize>,
    /// By their text behind leading tabs, for `<<-`.
    indented: HashMap<&'a str, usize>,
    built: bool,
}

impl<'a> Terminators<'a> {
    fn last(&mut self, joiner: &Joiner<'a>, opener: &words::Opener) -> Option<usize> {
        if !std::mem::replace(&mut self.built, true) {
            for (index, line) in joiner.lines.iter().enumerate() {
                let text = joiner.text.get(line.start..line.end).unwrap_or_default();
                self.exact.insert(text, index);
                self.indented.insert(text.trim_start_matches('\t'), index);
            }
        }
        let map = if opener.chomp {
            &self.indented
        } else {
            &self.exact
        };
        map.get(opener.name.as_str()).copied()
    }
}

/// Takes the bodies of the heredocs that the instruction opens off the lines behind it.
fn heredocs<'a>(
    joiner: &Joiner<'a>,
    logical: &lines::Logical,
    instruction: &mut Instruction,
    index: &mut usize,
    terminators: &mut Terminators<'a>,
) {
    let shell = match &instruction.inner().body {
        Body::Run(Command::Shell { .. }) => true,
        Body::Copy { destination, .. } => !destination.is_empty(),
        _ => false,
    };
    if !shell {
        return;
    }
    let line = &logical.text;
    let mut last_end = None;
    for opener in words::openers(line.as_str()) {
        let first = *index;
        let word = line.slice(opener.range.clone());
        let last = terminators.last(joiner, &opener);
        let is_end = |line: &Line| {
            let text = joiner.text.get(line.start..line.end).unwrap_or_default();
            let text = if opener.chomp {
                text.trim_start_matches('\t')
            } else {
                text
            };
            text == opener.name
        };
        let end = last
            .filter(|last| *last >= first)
            .and_then(|last| (first..=last).find(|at| joiner.lines.get(*at).is_some_and(is_end)));
        let Some(end) = end else {
            instruction.problems.push(Problem {
                kind: ProblemKind::UnterminatedHeredoc(opener.name),
                span: word.span(),
            });
            return;
        };
        let start = joiner.lines.get(first).map_or(0, |line| line.start);
        let stop = joiner.lines.get(end).map_or(start, |line| line.end);
        let lines = joiner.file.slice(start..stop.max(start));
        last_end = Some(stop.max(start));
        let body = heredoc_body(&lines, opener.chomp);
        instruction.heredocs.push(Heredoc {
            opener: word,
            name: opener.name,
            expand: opener.expand,
            body,
        });
        *index = end + 1;
    }
    let Some(end) = last_end else { return };
    let arguments = instruction.inner().arguments.len();
    let script = match (&instruction.inner().body, instruction.heredocs.first()) {
        (Body::Run(Command::Shell { text, .. }), Some(first))
            if first.opener.as_str() == text.as_str() =>
        {
            Some(first.body.clone())
        }
        (Body::Run(_), _) if logical.plain => {
            let start = logical.start + line.as_str().trim_end().len() - arguments;
            Some(joiner.file.slice(start..end.max(start)))
        }
        _ => None,
    };
    if let Body::Onbuild(inner) = &mut instruction.body {
        inner.script.clone_from(&script);
    }
    instruction.script = script;
}

/// The lines of a heredoc without the last, which is the delimiter; with `<<-` also without the tabs they start with.
fn heredoc_body(lines: &Traced, chomp: bool) -> Traced {
    let spell: Spell = if chomp { in_chomped } else { in_body };
    let mut decoder = lines.decoder(words::never);
    let mut at = 0;
    for line in lines.as_str().split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']).len();
        if !line.ends_with('\n') {
            break;
        }
        let tabs = if chomp {
            line.len() - line.trim_start_matches('\t').len()
        } else {
            0
        };
        decoder.copy(at + tabs.min(content)..at + content, spell);
        decoder.copy(at + content..at + line.len(), words::never);
        at += line.len();
    }
    decoder.finish()
}

/// Text within one line of a heredoc, as long as that line does not become the delimiter.
fn in_body(new: &str, around: Around<'_>) -> Option<String> {
    let head = around.before.rsplit('\n').next()?;
    let tail = around.after.split('\n').next()?.trim_end_matches('\r');
    let delimiter = around.after.rsplit('\n').next()?.trim_start_matches('\t');
    let line = format!("{head}{new}{tail}");
    let ends = line.trim_start_matches('\t') == delimiter;
    if new.contains(['\n', '\r']) || ends {
        return None;
    }
    Some(new.to_owned())
}

/// The same where tabs at the start of a line do not count.
fn in_chomped(new: &str, around: Around<'_>) -> Option<String> {
    let head = around.before.rsplit('\n').next()?;
    let starts = head.chars().all(|ch| ch == '\t');
    let mut next = new.chars().chain(around.after.chars());
    if starts && next.next() == Some('\t') {
        return None;
    }
    in_body(new, around)
}
