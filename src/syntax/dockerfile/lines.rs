//! Physical lines become logical ones, as BuildKit's `parser.Parse` joins them, and edits find their way back.

use std::ops::Range;

use super::{Comment, Problem, ProblemKind};
use crate::text::{Around, Span, Spell, Traced};

/// The longest physical line that BuildKit's scanner takes, in bytes.
const LONGEST: usize = 65_535;

/// One physical line: `start..end` without its line ending, the next one begins at `next`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub start: usize,
    pub end: usize,
    pub next: usize,
}

/// Every physical line of the text, in order.
pub(super) fn physical(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        if end < start {
            continue;
        }
        lines.push(line(text, start, end, end + 1));
        start = end + 1;
    }
    if start < text.len() {
        lines.push(line(text, start, text.len(), text.len()));
    }
    lines
}

fn line(text: &str, start: usize, end: usize, next: usize) -> Line {
    let content = text.get(start..end).unwrap_or_default();
    Line {
        start,
        end: start + content.trim_end_matches('\r').len(),
        next,
    }
}

/// Whether a line is a comment wherever an instruction could go on.
pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Where a line ends in the escape character that continues it. A doubled one continues nothing.
fn continuation(line: &str, escape: char) -> Option<usize> {
    let rest = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!rest.ends_with(escape)).then_some(rest.len())
}

/// A logical line and the physical lines that it took.
pub(super) struct Logical {
    /// The text with continuations, comments and blank lines inside it taken out.
    pub text: Traced,
    /// Where it begins in the file.
    pub start: usize,
    /// Whether it is a single physical line.
    pub plain: bool,
    /// The index of the physical line behind it.
    pub next: usize,
}

/// What joins physical lines: the file, its escape character, and what it meets on the way.
pub(super) struct Joiner<'a> {
    pub file: &'a Traced,
    pub text: &'a str,
    pub lines: &'a [Line],
    pub escape: char,
}

impl Joiner<'_> {
    /// The bytes of a physical line.
    pub fn line(&self, index: usize) -> &str {
        self.lines
            .get(index)
            .and_then(|line| self.text.get(line.start..line.end))
            .unwrap_or_default()
    }

    /// A span of this file.
    pub fn span(&self, range: Range<usize>) -> Span {
        self.file.span_of(range.start..range.end.max(range.start))
    }

    /// The logical line that begins at physical line `first`, which is neither blank nor a comment.
    pub fn join(
        &self,
        first: usize,
        comments: &mut Vec<Comment>,
        problems: &mut Vec<Problem>,
    ) -> Logical {
        let mut parts: Vec<Range<usize>> = Vec::new();
        let mut index = first;
        while let Some(line) = self.lines.get(index) {
            let text = self.line(index);
            index += 1;
            self.measure(line, problems);
            let mut start = line.start;
            if index - 1 == first {
                start += text.len() - text.trim_start().len();
            } else if is_comment(text) {
                comments.push(self.comment(line));
                continue;
            } else if text.trim_start().is_empty() {
                problems.push(Problem {
                    kind: ProblemKind::EmptyContinuation,
                    span: self.span(line.start..line.end),
                });
                continue;
            }
            if let Some(at) = continuation(text, self.escape) {
                parts.push(start..(line.start + at).max(start));
            } else {
                parts.push(start..line.end);
                break;
            }
        }
        let start = parts.first().map_or(0, |part| part.start);
        let end = parts.last().map_or(0, |part| part.end);
        let outer = self.file.slice(start..end);
        let spell: Spell = if self.escape == '`' {
            backtick_line
        } else {
            backslash_line
        };
        let mut decoder = outer.decoder(spell);
        let plain = parts.len() == 1;
        for part in parts {
            decoder.copy(part.start - start..part.end - start, spell);
        }
        Logical {
            text: decoder.finish(),
            start,
            plain,
            next: index,
        }
    }

    /// A comment line as it stands.
    pub fn comment(&self, line: &Line) -> Comment {
        let text = self.text.get(line.start..line.end).unwrap_or_default();
        let start = line.start + text.len() - text.trim_start().len();
        let end = line.start + text.trim_end().len();
        Comment {
            span: self.span(start..end.max(start)),
            text: self.file.slice(start..end.max(start)),
        }
    }

    /// Records a line that BuildKit's scanner does not take.
    pub fn measure(&self, line: &Line, problems: &mut Vec<Problem>) {
        if line.next - line.start > LONGEST {
            problems.push(Problem {
                kind: ProblemKind::LineTooLong,
                span: self.span(line.start..line.end),
            });
        }
    }
}

fn backslash_line(new: &str, around: Around<'_>) -> Option<String> {
    in_line(new, around, '\\')
}

fn backtick_line(new: &str, around: Around<'_>) -> Option<String> {
    in_line(new, around, '`')
}

/// Text within one physical line, as long as that line still begins, continues and ends as it did.
fn in_line(new: &str, around: Around<'_>, escape: char) -> Option<String> {
    if new.contains(['\n', '\r']) {
        return None;
    }
    let head = around.before.rsplit('\n').next()?;
    let tail = around.after.split('\n').next()?.trim_end_matches('\r');
    let line = format!("{head}{new}{tail}");
    let first = head.len() == around.before.len();
    let last = !around.after.contains('\n');
    let opens = new.contains('<') && line.contains("<<");
    if line.trim().is_empty()
        || is_comment(&line)
        || opens
        || continuation(&line, escape).is_none() != last
        || (first && line.starts_with(char::is_whitespace))
    {
        return None;
    }
    if last && tail.trim().is_empty() {
        let ends = format!("{head}{new}");
        if ends.ends_with(char::is_whitespace) || new.ends_with(escape) {
            return None;
        }
    }
    Some(new.to_owned())
}
