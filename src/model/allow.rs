//! `healthlint: allow(rule) reason` comments: what the author has looked at and wants left alone.

use crate::text::Span;

/// One comment that allows rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The comment.
    pub span: Span,
    /// The names in the parentheses, each with its place; a misspelt one is worth a word.
    pub rules: Vec<(String, Span)>,
    /// What it covers: findings that start inside are left alone.
    pub scope: Span,
}

impl Allow {
    /// Reads a comment's text (with or without its `#`), where it is one of ours.
    ///
    /// `span` is the comment's place, `scope` what it covers by its place.
    pub fn read(text: &str, span: Span, scope: Span) -> Option<Self> {
        let head = text.find("healthlint:")?;
        if !text[..head].chars().all(|c| c == '#' || c.is_whitespace()) {
            return None;
        }
        let after = head + "healthlint:".len();
        let rest = text[after..].trim_start();
        let rest = rest.strip_prefix("allow")?.trim_start();
        let rest = rest.strip_prefix('(')?;
        let inner = &rest[..rest.find(')')?];
        let start = text.len() - rest.len();
        let mut rules = Vec::new();
        let mut at = start;
        for part in inner.split(',') {
            let lead = part.len() - part.trim_start().len();
            let name = part.trim();
            if !name.is_empty() {
                let from = span.start as usize + at + lead;
                let place = Span::new(span.source, from, from + name.len());
                rules.push((name.to_owned(), place));
            }
            at += part.len() + 1;
        }
        Some(Self { span, rules, scope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceId;

    #[test]
    fn names_and_their_places_are_read() {
        let text = "# healthlint: allow(missing-tool, cannot-fail) curl comes by volume";
        let span = Span::new(SourceId(0), 10, 10 + text.len());
        let allow = Allow::read(text, span, span).unwrap();
        let names: Vec<_> = allow.rules.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["missing-tool", "cannot-fail"]);
        assert_eq!(
            &text[allow.rules[1].1.start as usize - 10..][..11],
            "cannot-fail"
        );
        assert!(Allow::read("# see healthlint: allow(x)", span, span).is_none());
    }
}
