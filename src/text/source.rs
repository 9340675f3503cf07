//! The texts that were read, their names, and what line and column a byte has.

use std::sync::Arc;

use line_index::{LineIndex, TextSize, WideEncoding};

use super::Span;

/// Names one source within its [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// One text that was read, under the name that the user knows it by.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as it is shown: relative to the working directory where it lies below it, with `/`.
    pub path: String,
    /// The text, byte for byte as read (a byte order mark included).
    pub text: Arc<str>,
    lines: LineIndex,
}

/// A place in a source as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Lines count from 1.
    pub line: usize,
    /// Columns count Unicode characters from 1; a byte order mark has no column.
    pub column: usize,
    /// Bytes count from 0.
    pub offset: usize,
}

impl Source {
    /// A source named `path` that holds `text`.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines = LineIndex::new(&text);
        Self {
            path: path.into(),
            text,
            lines,
        }
    }

    /// The line and column of a byte offset; an offset past the end counts as the end.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let place = self.lines.line_col(TextSize::new(offset as u32));
        let wide = self
            .lines
            .to_wide(WideEncoding::Utf32, place)
            .map_or(place.col, |wide| wide.col);
        let mark = u32::from(place.line == 0 && offset > 0 && self.text.starts_with('\u{feff}'));
        Position {
            line: place.line as usize + 1,
            column: (wide - mark) as usize + 1,
            offset,
        }
    }

    /// The bytes of line `line` (counted from 1), without its line ending.
    pub fn line(&self, line: usize) -> Option<&str> {
        let range = self.lines.line(u32::try_from(line.checked_sub(1)?).ok()?)?;
        let text = self
            .text
            .get(usize::from(range.start())..usize::from(range.end()))?;
        Some(text.trim_end_matches(['\n', '\r']))
    }
}

/// Every text of one run, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    all: Vec<Arc<Source>>,
}

impl Sources {
    /// Takes a text in and names it. A path that is already held is not looked for: readers ask [`Sources::find`] first.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.all.push(Arc::new(Source::new(path, text)));
        SourceId((self.all.len() - 1) as u32)
    }

    /// Takes in a source of another set, under the path that it has there.
    pub fn adopt(&mut self, source: &Arc<Source>) -> SourceId {
        self.all.push(Arc::clone(source));
        SourceId((self.all.len() - 1) as u32)
    }

    /// The source of that name. Names come only from [`Sources::add`] of this very value.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.all[id.0 as usize]
    }

    /// The source that was added under this path.
    pub fn find(&self, path: &str) -> Option<SourceId> {
        self.iter()
            .find(|(_, source)| source.path == path)
            .map(|(id, _)| id)
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .text
            .get(span.range())
            .unwrap_or_default()
    }

    /// All sources with their names.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Arc<Source>)> {
        self.all
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(index as u32), source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_mark() {
        let source = Source::new("x", "\u{feff}é🩺b\r\nc");
        let at = |needle: char| {
            let place = source.position(source.text.find(needle).unwrap());
            (place.line, place.column)
        };
        assert_eq!(at('é'), (1, 1));
        assert_eq!(at('b'), (1, 3));
        assert_eq!(at('c'), (2, 1));
        assert_eq!(source.line(1), Some("\u{feff}é🩺b"));
    }
}
