//! What surrounds a place in a file: which service, and whether its check.

use std::sync::Arc;

use crate::syntax::yaml::{Node, Value};
use crate::text::Span;

/// What surrounds a place in a file.
pub(super) struct Context {
    pub service: Option<String>,
    pub in_check: bool,
}

impl Context {
    /// The service and the check around `span`, if the document holds it.
    pub fn of(document: &Arc<Node>, span: Span) -> Option<Self> {
        let mut keys: Vec<String> = Vec::new();
        let mut node = document;
        if !document.span.contains(span) {
            return None;
        }
        'down: loop {
            match &node.value {
                Value::Mapping(mapping) => {
                    for entry in &mapping.entries {
                        let whole = entry.key.span.join(entry.value.whole_span());
                        if whole.contains(span) {
                            keys.push(entry.name().unwrap_or_default().to_owned());
                            node = &entry.value;
                            continue 'down;
                        }
                    }
                }
                Value::Sequence(sequence) => {
                    let within = sequence
                        .items
                        .iter()
                        .find(|item| item.whole_span().contains(span));
                    if let Some(within) = within {
                        node = within;
                        continue 'down;
                    }
                }
                Value::Scalar(_) | Value::Alias(_) => {}
            }
            break;
        }
        Some(Self {
            service: service_of(&keys).map(str::to_owned),
            in_check: keys.get(2).is_some_and(|key| key == "healthcheck"),
        })
    }
}

/// The service that a path of keys leads into.
pub(super) fn service_of(keys: &[String]) -> Option<&str> {
    match keys {
        [services, name, ..] if services == "services" => Some(name),
        _ => None,
    }
}
