//! The command as each of its readers takes it apart: one command a line, and in front of it what joins it to the rest.

use crate::check::Watched;
use crate::model::command::{
    Argument, Arm, Assignment, Call, Command, Item, Kind, List, Node, Pipeline, Script, Simple,
    Value, Word, parse, quoted,
};
use crate::text::{Span, Traced};

/// A text and who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// `/bin/sh (dash)`, `bash` for a script inside the script, `no shell` for words that go to the kernel.
    pub reader: String,
    /// What is read, in order.
    pub lines: Vec<Line>,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// In how many others it stands.
    pub depth: usize,
    /// The operator or keyword, then the words: each quoted where it needs quotes, variables as they are written, and
    /// `…` for a script that is told below.
    pub text: String,
    /// The programs of this line that the image is known not to have.
    pub missing: Vec<String>,
}

/// What the first reader gets, and then each script that stands in another one.
pub fn parsed(watched: &Watched<'_>, first: Option<&str>) -> Vec<Parsed> {
    let Some(command) = &watched.command else {
        return Vec::new();
    };
    let scripts: Vec<(&Call, Span, Script)> = watched
        .calls
        .iter()
        .filter_map(|call| {
            let (word, dialect) = call.script()?;
            Some((call, word.span, parse(&word.text, dialect)))
        })
        .filter(|(_, _, script)| !script.body.items.is_empty())
        .collect();
    let absent = |call: &&Call| {
        let program = call.program().filter(|_| !call.builtin);
        program.is_some_and(|program| watched.inventory.has(program).is_no())
    };
    let absent = watched.calls.iter().filter(absent);
    let mut teller = Teller {
        watched,
        absent: absent
            .filter_map(|call| Some((call.words.first()?.span, call.shown_name())))
            .collect(),
        told_below: scripts.iter().map(|(_, word, _)| *word).collect(),
        text: None,
        lines: Vec::new(),
    };
    let mut all = vec![Parsed {
        reader: first.unwrap_or_default().to_owned(),
        lines: match command {
            Command::Words(words) => teller.words(words),
            Command::Script { script, .. } => teller.script(script),
        },
    }];
    all.extend(scripts.iter().map(|(call, _, script)| Parsed {
        reader: call.shown_name(),
        lines: teller.script(script),
    }));
    all.retain(|parsed| !parsed.lines.is_empty());
    all
}

struct Teller<'a> {
    watched: &'a Watched<'a>,
    /// The programs that are called and that the image does not have, each with the word that names it.
    absent: Vec<(Span, String)>,
    /// The words that are scripts of their own.
    told_below: Vec<Span>,
    /// What is read now.
    text: Option<Traced>,
    lines: Vec<Line>,
}

impl Teller<'_> {
    fn words(&mut self, words: &[Argument]) -> Vec<Line> {
        let shown = words.iter().map(|word| {
            let shown = word.text.shown();
            match word.literal() {
                _ if self.told_below.contains(&word.span) => "…".to_owned(),
                Some(text) if !word.text.from_environment() => quoted(text),
                _ if shown.contains(char::is_whitespace) && !shown.contains('"') => {
                    format!("\"{shown}\"")
                }
                _ => shown,
            }
        });
        vec![Line {
            depth: 0,
            text: shown.collect::<Vec<_>>().join(" "),
            missing: self.missing(&words.iter().map(|word| word.span).collect::<Vec<_>>()),
        }]
    }

    fn script(&mut self, script: &Script) -> Vec<Line> {
        self.text = Some(script.text.clone());
        self.list(&script.body, "", 0);
        std::mem::take(&mut self.lines)
    }

    fn list(&mut self, list: &List, lead: &str, depth: usize) {
        let mut lead = lead;
        let mut depth = depth;
        // What takes several lines has none with the keyword before it.
        if !lead.is_empty() && list.items.first().is_some_and(begins_with_a_block) {
            self.line(depth, lead.trim_end().to_owned(), Vec::new());
            depth += 1;
            lead = "";
        }
        for item in &list.items {
            self.pipeline(&item.first, lead, depth);
            // What follows a keyword stands below it.
            depth += usize::from(!lead.is_empty());
            lead = "";
            for (join, pipeline) in &item.rest {
                self.pipeline(pipeline, if join.or { "|| " } else { "&& " }, depth);
            }
            if item.background.is_some()
                && let Some(last) = self.lines.last_mut()
            {
                last.text += " &";
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, lead: &str, depth: usize) {
        let below = depth + usize::from(!lead.is_empty());
        let lead = format!("{lead}{}", "! ".repeat(pipeline.not.len()));
        for (place, command) in pipeline.commands.iter().enumerate() {
            match place
                .checked_sub(1)
                .and_then(|pipe| pipeline.pipes.get(pipe))
            {
                None => self.command(command, &lead, depth),
                Some((_, false)) => self.command(command, "| ", below),
                Some((_, true)) => self.command(command, "|& ", below),
            }
        }
    }

    fn command(&mut self, command: &Node, lead: &str, depth: usize) {
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, command, lead, depth),
            Kind::Subshell(list) => self.block(&["(", ")"], list, command, lead, depth),
            Kind::Group(list) => self.block(&["{", "}"], list, command, lead, depth),
            Kind::If(arms, otherwise) => {
                for (at, (condition, body)) in arms.iter().enumerate() {
                    let word = if at == 0 {
                        format!("{lead}if ")
                    } else {
                        "elif ".to_owned()
                    };
                    self.list(condition, &word, depth);
                    self.list(body, "then ", depth);
                }
                if let Some(body) = otherwise {
                    self.list(body, "else ", depth);
                }
                self.end("fi", command, depth);
            }
            Kind::Case(subject, arms) => {
                self.line(
                    depth,
                    format!("{lead}case {} in", self.word(subject)),
                    Vec::new(),
                );
                for Arm { patterns, body, .. } in arms {
                    let patterns: Vec<String> =
                        patterns.iter().map(|word| self.word(word)).collect();
                    self.line(depth + 1, format!("{})", patterns.join(" | ")), Vec::new());
                    self.list(body, "", depth + 2);
                }
                self.end("esac", command, depth);
            }
            Kind::For(name, words, body) => {
                let words = words
                    .as_deref()
                    .map(|words| format!(" in {}", self.all(words)));
                let head = format!("{lead}for {name}{}", words.unwrap_or_default());
                self.line(depth, head, Vec::new());
                self.list(body, "do ", depth);
                self.end("done", command, depth);
            }
            Kind::While(until, condition, body) => {
                let word = if *until { "until" } else { "while" };
                self.list(condition, &format!("{lead}{word} "), depth);
                self.list(body, "do ", depth);
                self.end("done", command, depth);
            }
            Kind::Function(name, body) => self.command(body, &format!("{lead}{name}() "), depth),
            Kind::Count(..) | Kind::Test(_) | Kind::Arithmetic(_) => {
                let text = format!("{lead}{}", self.slice(command.range.clone()));
                let missing = self.missing(&[self.span(command.range.clone())]);
                self.line(depth, text, missing);
            }
        }
    }

    fn simple(&mut self, simple: &Simple, command: &Node, lead: &str, depth: usize) {
        let assignments = simple
            .assignments
            .iter()
            .map(|assignment| self.assignment(assignment));
        let words = simple.words.iter().map(|word| self.word(word));
        let redirects = command
            .redirects
            .iter()
            .map(|redirect| self.slice(redirect.range.clone()));
        let parts: Vec<String> = assignments.chain(words).chain(redirects).collect();
        let mut spans: Vec<Span> = simple.words.iter().map(Word::span).collect();
        spans.extend(
            simple
                .assignments
                .iter()
                .map(|it| self.span(it.range.clone())),
        );
        let missing = self.missing(&spans);
        self.line(depth, format!("{lead}{}", parts.join(" ")), missing);
    }

    /// A list in brackets.
    fn block(&mut self, marks: &[&str; 2], list: &List, command: &Node, lead: &str, depth: usize) {
        self.line(depth, format!("{lead}{}", marks[0]), Vec::new());
        self.list(list, "", depth + 1);
        self.end(marks[1], command, depth);
    }

    /// The last word of a compound command, with what it is redirected to.
    fn end(&mut self, word: &str, command: &Node, depth: usize) {
        let redirects = command
            .redirects
            .iter()
            .map(|redirect| self.slice(redirect.range.clone()));
        let parts: Vec<String> = std::iter::once(word.to_owned()).chain(redirects).collect();
        self.line(depth, parts.join(" "), Vec::new());
    }

    fn line(&mut self, depth: usize, text: String, missing: Vec<String>) {
        self.lines.push(Line {
            depth,
            text,
            missing,
        });
    }

    fn all(&self, words: &[Word]) -> String {
        let words: Vec<String> = words.iter().map(|word| self.word(word)).collect();
        words.join(" ")
    }

    fn word(&self, word: &Word) -> String {
        if self.told_below.contains(&word.span()) {
            return "…".to_owned();
        }
        let written = word.source.slice(word.range.clone()).shown();
        match word.literal() {
            Some(text)
                if written.contains(['\'', '"', '\\', '$']) && !word.text.from_environment() =>
            {
                quoted(text)
            }
            _ => written,
        }
    }

    fn assignment(&self, assignment: &Assignment) -> String {
        match &assignment.value {
            Value::Word(word) if !assignment.append => {
                format!("{}={}", assignment.name, self.word(word))
            }
            _ => self.slice(assignment.range.clone()),
        }
    }

    fn slice(&self, range: std::ops::Range<usize>) -> String {
        self.text
            .as_ref()
            .map(|text| text.slice(range).shown())
            .unwrap_or_default()
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        self.text
            .as_ref()
            .map_or(self.watched.probe.span, |text| text.span_of(range))
    }

    /// The programs that these words call and the image does not have; those of a script below are told there.
    fn missing(&self, words: &[Span]) -> Vec<String> {
        let mut names = Vec::new();
        for (program, name) in &self.absent {
            let mut words = words.iter();
            let here = words.any(|word| word.contains(*program) && !self.told_below.contains(word));
            if here && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

fn begins_with_a_block(item: &Item) -> bool {
    item.first.commands.first().is_some_and(|command| {
        !matches!(
            command.kind,
            Kind::Simple(_) | Kind::Test(_) | Kind::Arithmetic(_) | Kind::Count(..)
        )
    })
}
