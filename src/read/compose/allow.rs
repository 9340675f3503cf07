//! What a `# healthlint: allow(…)` comment covers: its line, the entry that starts there, or the line below.

use std::sync::Arc;

use crate::model::allow::Allow;
use crate::syntax::yaml::{Node, Parsed, Value};
use crate::text::{SourceId, Span};

/// Every such comment of a file.
pub(super) fn read(source: SourceId, text: &str, parsed: &Parsed) -> Vec<Allow> {
    let mut allows = Vec::new();
    for span in &parsed.comments {
        let Some(comment) = text.get(span.range()) else {
            continue;
        };
        // Most comments are not ours: ask the cheap question first.
        if !comment.contains("healthlint:") {
            continue;
        }
        let line = covered_line(text, span.start as usize);
        let scope = Span::new(source, line.start, line.end);
        let scope = parsed
            .documents
            .iter()
            .find_map(|document| entry_in(document, scope))
            .map_or(scope, |entry| scope.join(entry));
        allows.extend(Allow::read(comment, *span, scope));
    }
    allows
}

/// The comment's own line, or where it stands alone the next line that holds something.
fn covered_line(text: &str, comment: usize) -> std::ops::Range<usize> {
    let start = text[..comment].rfind('\n').map_or(0, |at| at + 1);
    let end_of = |start: usize| text[start..].find('\n').map_or(text.len(), |at| start + at);
    if !text[start..comment].trim().is_empty() {
        return start..end_of(start);
    }
    let mut at = end_of(start);
    while at < text.len() {
        let line = at + 1;
        let end = end_of(line.min(text.len()));
        let content = text.get(line..end).unwrap_or_default().trim();
        if !content.is_empty() && !content.starts_with('#') {
            return line..end;
        }
        at = end;
    }
    start..end_of(start)
}

/// The outermost entry whose key stands in the line, or the item that starts there.
fn entry_in(node: &Arc<Node>, line: Span) -> Option<Span> {
    match &node.value {
        Value::Mapping(mapping) => mapping.entries.iter().find_map(|entry| {
            let whole = entry.key.span.join(entry.value.whole_span());
            if line.contains(entry.key.span.at_start()) {
                return Some(whole);
            }
            whole
                .contains(line.at_start())
                .then(|| entry_in(&entry.value, line))
                .flatten()
        }),
        Value::Sequence(sequence) => sequence.items.iter().find_map(|item| {
            let whole = item.whole_span();
            if line.contains(whole.at_start()) {
                return Some(whole);
            }
            whole
                .contains(line.at_start())
                .then(|| entry_in(item, line))
                .flatten()
        }),
        Value::Scalar(_) | Value::Alias(_) => None,
    }
}
