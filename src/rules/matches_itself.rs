//! `matches-itself`: a search among the processes that finds the search's own shell.

use crate::facts::{Flavour, Shell};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{
    Call, Command, Dialect, Item, Kind, List, PartKind, Pipeline, Script, Simple, Word,
};
use crate::model::regex::{self, Dialect as Library, Matching, Reader, Syntax, Tool};
use crate::outcome::patterns;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "matches-itself",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/matches-itself.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let Some(Command::Script { script, dialect }) = &watched.command else {
            continue;
        };
        // Without a shell that is known to stay there is nothing that could be found.
        if watched.inventory.shell() == Shell::None || !script.problems.is_empty() {
            continue;
        }
        let search = Search {
            watched,
            line: format!("/bin/sh -c {}", script.text.as_str()),
        };
        let lone = lone(script)
            .filter(|_| *dialect != Dialect::Dash || watched.inventory.shell() != Shell::Dash);
        search.list(&script.body, lone, &mut findings);
    }
    findings
}

/// The pipeline that ends a script and is one plain command: ash and bash become that command and leave no shell.
fn lone(script: &Script) -> Option<&Pipeline> {
    let last = script.body.items.last()?;
    let plain = last.rest.is_empty() && last.background.is_none() && last.first.commands.len() == 1;
    plain.then_some(&last.first)
}

struct Search<'a> {
    watched: &'a Watched<'a>,
    /// The shell's own command line.
    line: String,
}

impl Search<'_> {
    fn list(&self, list: &List, lone: Option<&Pipeline>, findings: &mut Vec<Finding>) {
        for item in &list.items {
            if item.background.is_some() {
                continue;
            }
            for pipeline in pipelines(item) {
                let becomes_the_shell = lone.is_some_and(|lone| std::ptr::eq(lone, pipeline));
                if pipeline.not.is_empty() {
                    findings.extend(self.pipeline(pipeline, becomes_the_shell));
                }
                for command in &pipeline.commands {
                    if let Kind::If(arms, _) = &command.kind {
                        for (condition, _) in arms {
                            self.list(condition, None, findings);
                        }
                    }
                }
            }
        }
    }

    fn pipeline(&self, pipeline: &Pipeline, becomes_the_shell: bool) -> Option<Finding> {
        let commands: Vec<&Simple> = pipeline
            .commands
            .iter()
            .map(|command| match &command.kind {
                Kind::Simple(simple) => Some(simple),
                _ => None,
            })
            .collect::<Option<_>>()?;
        match commands.as_slice() {
            [only] => {
                let first = only.words.first()?.literal()?;
                let there = !self.watched.inventory.has(first).is_no();
                if first == "pgrep" && there && !becomes_the_shell {
                    return self.pgrep(only);
                }
                let search = found_by(only)?;
                let there = !self.watched.inventory.has("pgrep").is_no();
                there.then(|| self.pgrep(search)).flatten()
            }
            [first, rest @ ..] if name(first) == Some("ps") => self.ps(first, rest),
            _ => None,
        }
    }

    /// `pgrep -f pattern`.
    fn pgrep(&self, simple: &Simple) -> Option<Finding> {
        let mut whole = false;
        let mut ignore_case = false;
        let mut pattern = None;
        for word in simple.words.iter().skip(1) {
            let text = word.literal()?;
            if let Some(letters) = text.strip_prefix('-').filter(|it| !it.starts_with('-')) {
                // `-x`, `-P`, `-n` and the like choose among the processes.
                if letters.is_empty() || !letters.chars().all(|letter| "faliqc".contains(letter)) {
                    return None;
                }
                whole |= letters.contains('f');
                ignore_case |= letters.contains('i');
            } else if text == "--full" {
                whole = true;
            } else if text.starts_with("--") || pattern.is_some() {
                return None;
            } else {
                pattern = Some(word);
            }
        }
        let pattern = pattern.filter(|_| whole)?;
        let readers = [Library::Gnu, Library::Musl].map(|dialect| Reader {
            tool: Tool::Grep,
            dialect,
            syntax: Syntax::Extended,
        });
        if !self.matches(pattern.literal()?, &readers, ignore_case) {
            return None;
        }
        let why = "`pgrep -f` reads whole command lines, and that of the check's own shell, `/bin/sh -c …`, holds the pattern too";
        Some(self.finding(pattern, why))
    }

    /// `ps … | grep pattern`, where no grep takes lines away.
    fn ps(&self, ps: &Simple, rest: &[&Simple]) -> Option<Finding> {
        if !self.shows_arguments(ps) || self.watched.inventory.has("ps").is_no() {
            return None;
        }
        let mut last = None;
        for simple in rest {
            if !matches!(name(simple), Some("grep" | "egrep")) {
                return None;
            }
            let plain = simple.words.iter().skip(1).all(|word| {
                let option = word.literal().and_then(|text| text.strip_prefix('-'));
                option.is_none_or(|letters| letters.chars().all(|letter| "qiEew".contains(letter)))
            });
            let call = self.call(simple)?;
            let patterns = patterns::patterns(call, &self.watched.inventory);
            let [pattern] = patterns.as_slice() else {
                return None;
            };
            let ignore_case = simple.words.iter().any(|word| {
                let text = word.literal().unwrap_or_default();
                text.starts_with('-') && text.contains('i')
            });
            let word_only = simple.words.iter().any(|word| {
                let text = word.literal().unwrap_or_default();
                text.starts_with('-') && text.contains('w')
            });
            let known = pattern.text.known()?;
            if !plain || word_only || !self.matches(known, &pattern.readers, ignore_case) {
                return None;
            }
            last = simple
                .words
                .iter()
                .find(|word| word.span().contains(pattern.text.span()))
                .or(last);
        }
        let why = "`ps` lists the check's own shell and `grep` too, and the pattern stands in their command lines";
        Some(self.finding(last?, why))
    }

    /// Whether the list shows whole command lines, and those of other terminals.
    fn shows_arguments(&self, ps: &Simple) -> bool {
        let words: Option<Vec<&str>> = ps.words.iter().skip(1).map(Word::literal).collect();
        let busybox = self.watched.inventory.flavour("ps") == Some(Flavour::Busybox);
        match words.as_deref() {
            Some([]) => busybox,
            Some([options]) => match options.strip_prefix('-') {
                // Among them `-ef` and `-aux`; `-e` alone shows names.
                Some(letters) => {
                    letters.chars().all(|letter| "eAaxufwl".contains(letter))
                        && letters.contains(['f', 'u'])
                        && letters.contains(['e', 'A', 'a', 'x'])
                }
                None => {
                    options.chars().all(|letter| "axuwfe".contains(letter)) && options.contains('x')
                }
            },
            _ => false,
        }
    }

    /// Whether everybody who may read the pattern finds it in the shell's command line.
    fn matches(&self, pattern: &str, readers: &[Reader], ignore_case: bool) -> bool {
        let options = Matching {
            ignore_case,
            whole_line: false,
        };
        // A script of several lines is one command line to pgrep and several to grep.
        !readers.is_empty()
            && readers.iter().all(|reader| {
                let pattern = regex::parse(pattern, *reader);
                self.line
                    .lines()
                    .any(|line| pattern.matches(line, options) == Some(true))
            })
    }

    fn call(&self, simple: &Simple) -> Option<&Call> {
        let span = simple.words.first()?.span();
        let first = |call: &&Call| call.words.first().is_some_and(|word| word.span == span);
        self.watched.calls.iter().find(first)
    }

    fn finding(&self, pattern: &Word, why: &str) -> Finding {
        // Where something else is asked too, the check may still fail.
        let others = self.watched.calls.iter().any(|call| {
            !call.builtin
                && !matches!(
                    call.name(),
                    Some("pgrep" | "ps" | "grep" | "egrep" | "kill" | "true" | "false")
                )
        });
        let severity = if others {
            Severity::Warning
        } else {
            Severity::Error
        };
        let finding = self.watched.finding(
            &RULE,
            severity,
            pattern.span(),
            format!(
                "this search for `{}` always finds itself",
                pattern.text.shown()
            ),
            why,
        );
        let text = pattern.literal().unwrap_or_default();
        let mut letters = text.chars();
        let first = letters.next().filter(char::is_ascii_alphanumeric);
        let Some(first) = first.filter(|_| !text.contains('\'')) else {
            return finding.help("write one letter of the pattern in brackets, so that it does not match its own text");
        };
        let new = format!("[{first}]{}", letters.as_str());
        let edit = pattern
            .source
            .replace(pattern.range.clone(), &format!("'{new}'"));
        finding
            .help(format!(
                "write `{new}`: it matches `{text}`, but not its own text"
            ))
            .fix(edit.map(|edit| Fix::risky(format!("search for `{new}`"), vec![edit])))
    }
}

/// The search in `kill -0 $(pgrep -f name)`, `test -n "$(pgrep -f name)"` and the like: whatever it finds will do.
fn found_by(simple: &Simple) -> Option<&Simple> {
    let found = match simple.words.as_slice() {
        [kill, zero, found] if kill.literal() == Some("kill") && zero.literal() == Some("-0") => {
            found
        }
        [test, any, found, ..]
            if matches!(test.literal(), Some("test" | "[")) && any.literal() == Some("-n") =>
        {
            found
        }
        _ => return None,
    };
    let [part] = found.parts.as_slice() else {
        return None;
    };
    let PartKind::Command(script) = &part.kind else {
        return None;
    };
    let [item] = script.body.items.as_slice() else {
        return None;
    };
    let [command] = item.first.commands.as_slice() else {
        return None;
    };
    match &command.kind {
        Kind::Simple(search) if item.rest.is_empty() && name(search) == Some("pgrep") => {
            Some(search)
        }
        _ => None,
    }
}

fn pipelines(item: &Item) -> impl Iterator<Item = &Pipeline> {
    std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
}

fn name(simple: &Simple) -> Option<&str> {
    simple.words.first()?.literal()
}
