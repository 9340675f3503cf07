//! Conditions and loops, each in every way it may go.

use crate::model::command::{List, Node, Part, Quote, Word};

use super::path::{Flow, Path, merged};
use super::player::{Player, first_word};
use super::words::is_known;
use super::{Cause, Code, pattern};

/// A loop that runs more often than this is not followed.
const TURNS: usize = 12;

impl Player<'_> {
    pub(super) fn conditional(
        &self,
        arms: &[(List, List)],
        otherwise: Option<&List>,
        command: &Node,
        path: Path,
    ) -> Vec<Path> {
        let guarded = path.checked;
        let mut done = Vec::new();
        let mut open = vec![path];
        for (condition, body) in arms {
            let mut left = Vec::new();
            for mut path in open {
                path.checked = true;
                let ends = self.list(condition, vec![path]);
                for mut path in ends
                    .into_iter()
                    .flat_map(|path| path.split(self.may_hang()))
                {
                    path.checked = guarded;
                    if !path.goes_on() {
                        done.push(path);
                    } else if path.code.is_zero() {
                        done.extend(self.list(body, vec![path]));
                    } else {
                        left.push(path);
                    }
                }
            }
            open = merged(left);
        }
        match otherwise {
            Some(list) => {
                for path in open {
                    let failed = path.code.is_failure();
                    for mut after in self.list(list, vec![path]) {
                        if failed && after.code.is_zero() && after.lost.is_none() {
                            after.lost = list.pipelines().last().and_then(first_word).map(|word| {
                                let shown = word.text.shown();
                                let why = format!("`else` ends with `{shown}`, which succeeds");
                                Cause::new(word.span(), shown, why)
                            });
                        }
                        done.push(after);
                    }
                }
            }
            None => {
                for mut path in open {
                    let word = arms.first().and_then(|(list, _)| list.pipelines().next());
                    if let Some(word) = word.and_then(first_word) {
                        let start = command.range.start;
                        let span = word
                            .source
                            .span_of(start..(start + 2).min(command.range.end));
                        path.lost = Some(Cause::new(
                            span,
                            "if",
                            "`if` without `else` ends with 0 when its condition fails",
                        ));
                    }
                    done.push(path.with(Code::Exact(0)));
                }
            }
        }
        merged(done)
    }

    pub(super) fn arm(&self, patterns: &[Word], text: &str, path: Path) -> (Vec<Path>, Vec<Path>) {
        let mut yes = Vec::new();
        let mut no = Vec::new();
        let mut open = vec![path];
        for pattern in patterns {
            let mut left = Vec::new();
            for path in open {
                for (matches, path) in self.glob(pattern, text, path) {
                    match matches {
                        Some(true) => yes.push(path),
                        Some(false) => left.push(path),
                        None => {
                            let mut path = path;
                            path.guessed = path.guessed.or_else(|| {
                                Some(Cause::new(
                                    pattern.span(),
                                    pattern.raw(),
                                    "nobody knows what is compared",
                                ))
                            });
                            yes.push(path.clone());
                            left.push(path);
                        }
                    }
                }
            }
            open = left;
        }
        no.extend(open);
        (yes, no)
    }

    /// Whether a text matches the pattern that a word is; None where nobody knows.
    pub fn glob(&self, pattern: &Word, text: &str, path: Path) -> Vec<(Option<bool>, Path)> {
        let quoted = pattern
            .parts
            .iter()
            .any(|part: &Part| part.quote != Quote::Bare);
        self.text_of(pattern, path)
            .into_iter()
            .map(|(glob, path)| {
                let matches = if pattern.globs && quoted && glob != "*" {
                    // Which of the characters are quoted is not kept.
                    None
                } else if pattern.globs {
                    pattern::glob(&glob, text)
                } else if is_known(&glob) && is_known(text) {
                    Some(glob == text)
                } else {
                    pattern::could_equal(&glob, text)
                };
                (matches, path)
            })
            .collect()
    }

    pub(super) fn each(
        &self,
        name: &str,
        words: Option<&[Word]>,
        body: &List,
        path: Path,
    ) -> Vec<Path> {
        let mut done = Vec::new();
        for (args, path) in self.expand(words.unwrap_or_default(), path) {
            let mut paths = vec![path.with(Code::Exact(0))];
            let unknown = args.iter().any(|arg| arg.splice) || args.len() > TURNS;
            for arg in args.iter().take(TURNS) {
                let mut next = Vec::new();
                for mut path in paths {
                    if !path.goes_on() {
                        next.push(path);
                        continue;
                    }
                    if arg.splice {
                        next.push(path.clone());
                    }
                    path.variables.insert(name.to_owned(), arg.text.clone());
                    next.extend(self.list(body, vec![path]).into_iter().map(|mut path| {
                        if path.flow == Flow::Continue {
                            path.flow = Flow::On;
                        }
                        path
                    }));
                }
                paths = merged(next);
            }
            for mut path in paths {
                if path.flow == Flow::Break {
                    path.flow = Flow::On;
                }
                if unknown && let Some(arg) = args.first() {
                    path.guessed.get_or_insert_with(|| {
                        Cause::new(arg.span, "for", "nobody knows how often it runs")
                    });
                }
                done.push(path);
            }
        }
        merged(done)
    }

    pub(super) fn repeat(
        &self,
        until: bool,
        condition: &List,
        body: &List,
        path: Path,
    ) -> Vec<Path> {
        let guarded = path.checked;
        let mut done = Vec::new();
        let mut open = vec![path.with(Code::Exact(0))];
        for _ in 0..TURNS {
            let mut next = Vec::new();
            for mut path in std::mem::take(&mut open) {
                let start = (path.variables.clone(), path.output.clone());
                let code = path.code;
                path.checked = true;
                let ends = self.list(condition, vec![path]);
                for mut path in ends
                    .into_iter()
                    .flat_map(|path| path.split(self.may_hang()))
                {
                    path.checked = guarded;
                    if !path.goes_on() {
                        done.push(path);
                        continue;
                    }
                    if path.code.is_zero() == until {
                        path.code = code;
                        done.push(path);
                        continue;
                    }
                    let guessed = path.guessed.is_some();
                    for mut path in self.list(body, vec![path]) {
                        match path.flow {
                            Flow::Break => {
                                path.flow = Flow::On;
                                done.push(path);
                                continue;
                            }
                            Flow::Continue => path.flow = Flow::On,
                            Flow::On => {}
                            _ => {
                                done.push(path);
                                continue;
                            }
                        }
                        let reads = !path.input.is_empty();
                        if !guessed
                            && !reads
                            && (&path.variables, &path.output) == (&start.0, &start.1)
                        {
                            // Nothing changed, so it goes on like this until the engine kills it.
                            path.flow = Flow::Hung;
                            done.push(path);
                        } else {
                            next.push(path);
                        }
                    }
                }
            }
            open = merged(next);
        }
        for path in open {
            let word = condition.pipelines().next().and_then(first_word);
            let span = word.map(Word::span);
            done.push(match span {
                Some(span) => self.unknown(path, span, "while", "nobody knows how often it runs"),
                None => path.with(Code::Any),
            });
        }
        merged(done)
    }
}
