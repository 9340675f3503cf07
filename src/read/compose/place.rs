//! Where a new key of a mapping goes, in the author's style.

use super::load::Loader;
use super::tree::Tree;
use crate::model::draft::Place;
use crate::syntax::yaml::{Node, Style};
use crate::text::Span;

/// The place behind the last entry of a mapping that is written where it is used.
pub(super) fn of(loader: &Loader<'_>, tree: &Tree) -> Place {
    let span = tree.node.span;
    let Some(mapping) = tree.node.mapping().filter(|_| tree.through.is_none()) else {
        return Place::Nowhere;
    };
    let text = &loader.sources.get(span.source).text;
    if mapping.flow {
        let (at, empty) = match mapping.entries.last() {
            Some(entry) => (
                entry.key.span.join(entry.value.whole_span()).end as usize,
                false,
            ),
            None => (span.start as usize + 1, true),
        };
        let after = Span::new(span.source, at, at);
        return Place::Flow { after, empty };
    }
    // Blank lines at the end belong to a text that keeps them: nothing can be written behind it.
    let last = mapping
        .entries
        .iter()
        .rev()
        .find(|entry| !keeps_lines(&entry.value, text));
    let Some(entry) = last else {
        return Place::Nowhere;
    };
    let end = entry.key.span.join(entry.value.whole_span()).end as usize;
    let end = text
        .get(..end)
        .map_or(end, |before| before.trim_end().len());
    let rest = text.get(end..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let tail = line.trim_start();
    let at = if tail.is_empty() || tail.starts_with('#') || tail == ":" {
        end + line.trim_end().len()
    } else {
        end
    };
    let (indent, newline) = line_of(text, span.start as usize);
    Place::Block {
        after: Span::new(span.source, at, at),
        indent,
        newline,
    }
}

/// The same for a mapping that may also be written as a block list.
pub(super) fn of_entries(loader: &Loader<'_>, tree: &Tree) -> Place {
    let Some(list) = tree.node.sequence().filter(|_| tree.through.is_none()) else {
        return of(loader, tree);
    };
    let span = tree.node.span;
    let text = &loader.sources.get(span.source).text;
    let Some(last) = list.items.last().filter(|_| !list.flow) else {
        return Place::Nowhere;
    };
    let end = last.whole_span().end as usize;
    let (indent, newline) = line_of(text, span.start as usize);
    let rest = text.get(end..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let tail = line.trim_start();
    let alone = tail.is_empty() || tail.starts_with('#');
    if !alone || keeps_lines(last, text) {
        return Place::Nowhere;
    }
    let at = end + line.trim_end().len();
    Place::Items {
        after: Span::new(span.source, at, at),
        indent,
        newline,
    }
}

fn keeps_lines(node: &Node, text: &str) -> bool {
    node.scalar().is_some_and(|scalar| {
        matches!(scalar.style, Style::Literal | Style::Folded)
            && text
                .get(node.span.range())
                .is_some_and(|raw| raw.chars().take(3).any(|sign| sign == '+'))
    }) || node
        .mapping()
        .and_then(|mapping| mapping.entries.last())
        .is_some_and(|entry| keeps_lines(&entry.value, text))
        || node
            .sequence()
            .and_then(|sequence| sequence.items.last())
            .is_some_and(|item| keeps_lines(item, text))
}

/// The blanks that a further line beside the one at `at` starts with, and the file's line ending.
///
/// What stands in front of `at` on its line (`- `) counts as blanks.
pub(super) fn line_of(text: &str, at: usize) -> (String, &'static str) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit(['\n', '\u{feff}']).next().unwrap_or_default();
    let indent = line
        .chars()
        .map(|letter| if letter == '\t' { '\t' } else { ' ' })
        .collect();
    let newline = if text
        .split('\n')
        .next()
        .is_some_and(|line| line.ends_with('\r'))
    {
        "\r\n"
    } else {
        "\n"
    };
    (indent, newline)
}
