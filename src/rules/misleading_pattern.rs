//! `misleading-pattern`: a search that finds what it should not, or is content to find nothing.

use crate::facts::{Answer, Firmness, Flavour, Holds, Reason, tools};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Call, Within};
use crate::model::regex::{self, Kind, Matching, Node};
use crate::outcome::Outcome;
use crate::outcome::patterns::{self, Pattern};
use crate::outcome::request::{self, Client, Options};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "misleading-pattern",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/misleading-pattern.md"),
    last_resort: false,
    check,
};

/// Good words, and the bad ones that they are a part of.
const PARTS: &[(&str, &str)] = &[
    ("healthy", "unhealthy"),
    ("available", "unavailable"),
    ("active", "inactive"),
    ("connected", "disconnected"),
    ("reachable", "unreachable"),
    ("up", "setup"),
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        // What cannot fail is told by its own rule.
        if watched.outcome.as_ref().is_some_and(Outcome::cannot_fail) {
            continue;
        }
        for (at, call) in watched.calls.iter().enumerate() {
            if !matches!(call.name(), Some("grep" | "egrep")) {
                continue;
            }
            let Some(options) =
                tools::tool("grep", Flavour::Gnu).map(|gnu| request::options(call, gnu))
            else {
                continue;
            };
            let search = Search {
                watched,
                call,
                from: source(&watched.calls[..at], call, 1),
                first: source(&watched.calls[..at], call, usize::MAX),
                options,
            };
            findings.extend(search.judge());
        }
    }
    findings
}

/// A call of grep and what it reads from.
struct Search<'a> {
    watched: &'a Watched<'a>,
    call: &'a Call,
    from: Option<&'a Call>,
    /// Where its pipeline starts.
    first: Option<&'a Call>,
    options: Options,
}

/// The call so many members before this one in its pipeline, or the first.
fn source<'a>(before: &'a [Call], call: &Call, steps: usize) -> Option<&'a Call> {
    let (Within::Pipeline { place, of }, around) = call.within.split_last()? else {
        return None;
    };
    let place = (*place > 0).then(|| place.saturating_sub(steps))?;
    before.iter().rev().find(|other| {
        other.within.len() > around.len()
            && other.within[..around.len()] == *around
            && other.within[around.len()] == Within::Pipeline { place, of: *of }
    })
}

impl Search<'_> {
    fn judge(&self) -> Option<Finding> {
        if self.options.has(&["-v", "--invert-match"]) {
            return self.inverted();
        }
        if self
            .options
            .has(&["-w", "-x", "--word-regexp", "--line-regexp"])
        {
            return None;
        }
        let patterns = patterns::patterns(self.call, &self.watched.inventory);
        let [pattern] = &patterns[..] else {
            return None;
        };
        self.part_of_a_word(pattern)
            .or_else(|| self.before_a_return(pattern))
            .or_else(|| self.content_with_nothing(pattern))
    }

    /// `grep healthy`.
    fn part_of_a_word(&self, pattern: &Pattern) -> Option<Finding> {
        let options = Matching {
            ignore_case: self.options.has(&["-i", "--ignore-case"]),
            whole_line: false,
        };
        let read = regex::parse(pattern.text.as_str(), *pattern.readers.first()?);
        let matches = |line: &str| read.matches(line, options) == Some(true);
        let says = |word: &str| pattern.text.as_str().to_lowercase().contains(word);
        let (good, bad) = PARTS
            .iter()
            .find(|(good, bad)| says(good) && !says(bad) && matches(good) && matches(bad))?;
        let bare = pattern.text.as_str().eq_ignore_ascii_case(good);
        let edit = bare
            .then(|| self.watched.insert_words(self.call, 0, &["-w"]))
            .flatten();
        Some(
            self.watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    pattern.text.span(),
                    format!("this pattern finds `{bad}` too"),
                    format!("`{good}` is a part of `{bad}`, and grep looks for parts"),
                )
                .help(if bare {
                    "let it find only whole words: `grep -w`"
                } else {
                    "name what stands in front of the word too, such as its quote"
                })
                .fix(edit.map(|edit| Fix::risky("find only the whole word", vec![edit]))),
        )
    }

    /// `grep 'OK$'` over headers, whose lines end in a carriage return.
    fn before_a_return(&self, pattern: &Pattern) -> Option<Finding> {
        let request = request::request(self.from?, &self.watched.inventory)?;
        let shows_headers = request.client == Client::Curl
            && request.options.has(&["-i", "-I", "--include", "--head"]);
        if !shows_headers {
            return None;
        }
        let text = pattern.text.as_str();
        let read = regex::parse(text, *pattern.readers.first()?);
        let finds = |line: &str| read.matches(line, Matching::default());
        let meant = ["HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/2 200"];
        let cut = meant
            .iter()
            .any(|line| finds(line) == Some(true) && finds(&format!("{line}\r")) == Some(false));
        let end = text.len().checked_sub(1)?;
        if !cut || !ends_with_the_line(&read.root) {
            return None;
        }
        let edit = pattern.text.replace(end..text.len(), "");
        Some(
            self.watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    pattern.text.span_of(end..text.len()),
                    "no line of a header ends here",
                    "header lines end in a carriage return, so `$` is never right behind the text",
                )
                .help("leave the `$` out")
                .fix(edit.map(|edit| Fix::risky("drop the `$`", vec![edit]))),
        )
    }

    /// `grep -v`, which is about every line.
    fn inverted(&self) -> Option<Finding> {
        let last = match self.call.within.last() {
            Some(Within::Pipeline { place, of }) => place + 1 == *of,
            Some(_) => false,
            None => true,
        };
        let from = self.from?;
        // A filter behind another search takes lines away that are there by chance: `ps | grep x | grep -v grep`.
        if !last || matches!(from.name(), Some("grep" | "egrep" | "fgrep" | "ps")) {
            return None;
        }
        // Nothing comes from a client that fails without a word, and one line is judged as it should be.
        if let Some(request) = request::request(from, &self.watched.inventory) {
            let silent = match request.client {
                Client::Curl => {
                    request.options.has(&["-f", "--fail"])
                        && !request.options.has(&["-i", "--include"])
                }
                Client::Wget => true,
            };
            let pretty = from
                .words
                .iter()
                .any(|word| word.text.as_str().contains("pretty"));
            if silent && !pretty {
                return None;
            }
        }
        let word = self.options.find(&["-v", "--invert-match"])?;
        Some(
            self.watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    self.call.words.get(word.word)?.span,
                    "this passes as soon as any line is without the pattern",
                    "`grep -v` looks for a line that does not match, and an error message is one",
                )
                .help("look for what a sound service says, without `-v`"),
        )
    }

    /// `… | grep -q 'not running' && exit 1 || exit 0`.
    fn content_with_nothing(&self, pattern: &Pattern) -> Option<Finding> {
        let from = self.first?;
        let program = from.program()?;
        if from.builtin || matches!(from.name(), Some("echo" | "printf" | "cat" | "ps")) {
            return None;
        }
        // A check that is known to pass for a dead service is told of as such.
        let outcome = self.watched.outcome.as_ref();
        if outcome.is_some_and(Outcome::passes_only_the_dead) {
            return None;
        }
        let mut inventory = (*self.watched.inventory).clone();
        let gone = Reason::fact(format!("`{program}` is not there"));
        inventory.change(program, Answer::because(Holds::No(Firmness::Firm), gone));
        let passes = self.watched.outcome_in(&inventory)?.cannot_fail();
        passes.then(|| {
            self.watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    pattern.text.span(),
                    format!("this check passes when `{}` says nothing at all", from.shown_name()),
                    "it fails only where this is found, and a program that breaks prints other words or none",
                )
                .help("look for what a sound service says")
        })
    }
}

/// Whether the pattern's last part is a `$` that stands for the end of the line.
fn ends_with_the_line(node: &Node) -> bool {
    match &node.kind {
        Kind::LineEnd => true,
        Kind::Sequence(parts) => parts.last().is_some_and(ends_with_the_line),
        _ => false,
    }
}
