//! The few lines around a finding, cut out and made safe to show, with every label moved to where its text went.
//!
//! A whole file never goes to the terminal's drawer: what it would have to search through (5,000 findings in a long
//! file, a command of a megabyte) is cut down here first.

use std::ops::Range;

use super::visible;
use crate::text::{Position, Source, SourceId, Sources, Span};

/// At most this many characters of a line are shown.
const WIDEST: usize = 160;
/// This many characters are kept before the place that a cut line is about.
const LEAD: usize = 60;
/// A label over more lines than this is shown by its first ones.
const TALLEST: u32 = 6;

/// Lines of one or more files, each ended by `\n`, with labels that point into them.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// What is shown.
    pub text: String,
    /// The lines of `text`, in order.
    pub lines: Vec<Line>,
    /// The labels, the finding's own first, in the order in which they were given.
    pub labels: Vec<Mark>,
}

/// One line of an [`Excerpt`].
#[derive(Debug)]
pub struct Line {
    /// Where it starts in the excerpt's text.
    pub start: usize,
    /// Its number in its file, from 1.
    pub number: usize,
    /// The file as it is shown.
    pub path: String,
}

/// One label of an [`Excerpt`].
#[derive(Debug)]
pub struct Mark {
    /// The bytes of the excerpt's text that it points at.
    pub range: Range<usize>,
    /// The place in the file.
    pub place: Position,
    /// The words, safe to show.
    pub message: String,
}

impl Excerpt {
    /// The lines around the spans, with one line before and behind each.
    pub fn new(sources: &Sources, labels: &[(Span, &str)]) -> Self {
        let mut excerpt = Self::default();
        let mut files: Vec<SourceId> = Vec::new();
        for (span, message) in labels {
            if !files.contains(&span.source) {
                files.push(span.source);
            }
            excerpt.labels.push(Mark {
                range: 0..0,
                place: sources.get(span.source).position(span.start as usize),
                message: visible::lines(message).into_owned(),
            });
        }
        for file in files {
            let own: Vec<(usize, Range<usize>)> = labels
                .iter()
                .enumerate()
                .filter(|(_, (span, _))| span.source == file)
                .map(|(index, (span, _))| (index, shortened(&sources.get(file).text, span.range())))
                .collect();
            excerpt.add(sources.get(file), &own);
        }
        excerpt
    }

    /// The lines first..=last around an excerpt's byte range, widened by `before` and `behind` lines of the same
    /// stretch; None where the range crosses a gap between two stretches.
    pub fn window(
        &self,
        range: Range<usize>,
        before: usize,
        behind: usize,
    ) -> Option<Range<usize>> {
        let line_at = |offset: usize| {
            self.lines
                .partition_point(|line| line.start <= offset)
                .checked_sub(1)
        };
        let mut first = line_at(range.start)?;
        let mut last = line_at(range.end.max(range.start))?;
        // A range that ends at a line's very start does not reach into that line.
        if last > first && self.lines[last].start == range.end {
            last -= 1;
        }
        let joined = |index: usize| {
            let (Some(one), Some(next)) = (self.lines.get(index), self.lines.get(index + 1)) else {
                return false;
            };
            one.path == next.path && one.number + 1 == next.number
        };
        if !(first..last).all(joined) {
            return None;
        }
        for _ in 0..before {
            if first > 0 && joined(first - 1) {
                first -= 1;
            }
        }
        for _ in 0..behind {
            if joined(last) {
                last += 1;
            }
        }
        Some(first..last + 1)
    }

    fn add(&mut self, source: &Source, labels: &[(usize, Range<usize>)]) {
        let text: &str = &source.text;
        let path = visible::line(&source.path).into_owned();
        let mut wanted: Vec<usize> = Vec::new();
        for (_, range) in labels {
            let mut start = line_start(text, range.start);
            if start > 0 {
                start = line_start(text, start - 1);
            }
            let last = line_start(text, range.end);
            loop {
                wanted.push(start);
                let next = line_end(text, start) + 1;
                if next > text.len() || start > last {
                    break;
                }
                start = next;
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        for start in wanted {
            let end = line_end(text, start);
            // The empty rest behind the last line ending is a line only if a label lies there.
            if start == text.len()
                && start > 0
                && !labels.iter().any(|(_, range)| range.end == start)
            {
                continue;
            }
            let here = |offset: usize| (start..=end).contains(&offset);
            let about = labels
                .iter()
                .flat_map(|(_, range)| [range.start, range.end])
                .filter(|offset| here(*offset))
                .min();
            let cut = Cut::new(text, start..end, about.unwrap_or(start));
            let base = self.text.len();
            for (index, range) in labels {
                let Some(mark) = self.labels.get_mut(*index) else {
                    continue;
                };
                if here(range.start) {
                    mark.range.start = base + cut.shown_offset(range.start);
                }
                if here(range.end) {
                    mark.range.end = base + cut.shown_offset(range.end);
                }
            }
            self.lines.push(Line {
                start: base,
                number: source.position(start).line,
                path: path.clone(),
            });
            self.text.push_str(&cut.shown());
            self.text.push('\n');
        }
    }
}

/// A part of one line, cut to a width that can be shown.
#[derive(Debug)]
pub struct Cut<'a> {
    text: &'a str,
    line: Range<usize>,
    kept: Range<usize>,
}

impl<'a> Cut<'a> {
    /// The bytes `line` of `text` (without a line ending), cut around the byte `about` if they are too many.
    pub fn new(text: &'a str, line: Range<usize>, about: usize) -> Self {
        let mut line = line;
        if text[line.clone()].ends_with('\r') {
            line.end -= 1;
        }
        if line.start == 0 && text.starts_with('\u{feff}') {
            line.start = '\u{feff}'.len_utf8().min(line.end);
        }
        let about = floor(text, about).clamp(line.start, line.end);
        let mut kept = line.clone();
        if text[line.clone()].chars().nth(WIDEST).is_some() {
            kept.start = text[line.start..about]
                .char_indices()
                .rev()
                .nth(LEAD)
                .map_or(line.start, |(index, _)| line.start + index);
            kept.end = text[kept.start..line.end]
                .char_indices()
                .nth(WIDEST)
                .map_or(line.end, |(index, _)| kept.start + index);
        }
        Self { text, line, kept }
    }

    /// The part as it is shown: `…` where something is cut, stand-ins for what steers a terminal.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        if self.kept.start > self.line.start {
            out.push('…');
        }
        out.extend(self.text[self.kept.clone()].chars().map(shown));
        if self.kept.end < self.line.end {
            out.push('…');
        }
        out
    }

    /// Where the byte `offset` of the whole text lies in what is shown; the nearer end where it is cut away.
    pub fn shown_offset(&self, offset: usize) -> usize {
        let cut = if self.kept.start > self.line.start {
            '…'.len_utf8()
        } else {
            0
        };
        let offset = offset.clamp(self.kept.start, self.kept.end);
        let before = self.text.get(self.kept.start..offset).unwrap_or_default();
        cut + before
            .chars()
            .map(|character| shown(character).len_utf8())
            .sum::<usize>()
    }
}

fn shown(character: char) -> char {
    visible::stand_in(character, true).unwrap_or(character)
}

/// The range without line endings at its end, and only the first lines of a tall one.
fn shortened(text: &str, range: Range<usize>) -> Range<usize> {
    let start = floor(text, range.start);
    let mut end = floor(text, range.end).max(start);
    while end > start && matches!(text.as_bytes()[end - 1], b'\n' | b'\r') {
        end -= 1;
    }
    let mut line = start;
    for _ in 0..TALLEST {
        line = line_end(text, line) + 1;
        if line > end {
            return start..end;
        }
    }
    start..(line - 1).max(start)
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Where the line that holds byte `offset` starts.
pub fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |before| before + 1)
}

/// Where the line that holds byte `offset` ends: at its `\n`, or at the end of the text.
pub fn line_end(text: &str, offset: usize) -> usize {
    text[offset..]
        .find('\n')
        .map_or(text.len(), |behind| offset + behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::iter::once;

    fn excerpt(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Excerpt {
        let mut sources = Sources::default();
        let id = sources.add("f", text);
        let labels: Vec<(Span, &str)> = ranges
            .into_iter()
            .map(|range| (Span::new(id, range.start, range.end), "label"))
            .collect();
        Excerpt::new(&sources, &labels)
    }

    #[test]
    fn one_line_on_each_side_and_no_more() {
        let shown = excerpt("a\nb\nc\nd\ne\n", once(4..5));
        assert_eq!(shown.text, "b\nc\nd\n");
        assert_eq!(shown.labels[0].range, 2..3);
        assert_eq!(shown.lines[0].number, 2);
    }

    #[test]
    fn what_is_replaced_still_lies_under_its_label() {
        let text = "\u{feff}k: \u{1b}\u{202e}żx\r\n";
        let at = text.find('x').unwrap();
        let shown = excerpt(text, once(at..at + 1));
        assert_eq!(shown.text, "k: ␛\u{fffd}żx\n");
        assert_eq!(&shown.text[shown.labels[0].range.clone()], "x");
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let text = format!("{}HERE{}\n", "é".repeat(500_000), "b".repeat(500_000));
        let shown = excerpt(&text, once(1_000_000..1_000_004));
        assert!(shown.text.chars().count() < 200);
        assert_eq!(&shown.text[shown.labels[0].range.clone()], "HERE");
    }

    #[test]
    fn a_tall_label_is_shown_by_its_first_lines() {
        let shown = excerpt(&"x\n".repeat(1000), once(0..2000));
        assert!(shown.lines.len() < 10);
        assert_eq!(shown.labels[0].range, 0..11);
    }

    #[test]
    fn every_range_of_a_small_text_can_be_shown() {
        for text in [
            "",
            "\n",
            "a",
            "a\r\n\r\n\u{feff}é\n",
            "\u{feff}",
            "🩺\n\n\n\n\n\n\n\n\nb",
        ] {
            for start in 0..=text.len() {
                for end in start..=text.len() {
                    let shown = excerpt(text, [start..end, 0..0]);
                    for mark in &shown.labels {
                        assert!(
                            shown.text.get(mark.range.clone()).is_some(),
                            "{text:?} {start}..{end}"
                        );
                        assert!(
                            shown.window(mark.range.clone(), 1, 1).is_some(),
                            "{text:?} {start}..{end}"
                        );
                    }
                }
            }
        }
    }
}
