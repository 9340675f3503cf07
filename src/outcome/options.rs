//! The options of a call as one make of a tool reads them.

use crate::facts::tools::{Takes, Tool};
use crate::text::HOLE;

use super::words::Arg;

/// What the words of a call come to.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    /// Options with their values, in order.
    pub given: Vec<(String, Option<String>)>,
    /// Words that are no options.
    pub operands: Vec<&'a Arg>,
    /// The first option that this make rejects.
    pub rejected: Option<&'a Arg>,
    /// The first word of which nobody knows what it is.
    pub unknown: Option<&'a Arg>,
}

impl Options<'_> {
    /// Whether any of these was given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.given
            .iter()
            .any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The last value that any of these was given.
    pub fn value(&self, names: &[&str]) -> Option<&str> {
        self.given
            .iter()
            .rev()
            .find(|(name, _)| names.contains(&name.as_str()))
            .and_then(|(_, value)| value.as_deref())
    }
}

/// Reads the words behind the program.
pub(super) fn read<'a>(tool: &Tool, args: &'a [Arg]) -> Options<'a> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let text = arg.text.as_str();
        if arg.splice {
            options.unknown.get_or_insert(arg);
            continue;
        }
        if text == "--" {
            options.operands.extend(rest.by_ref());
            break;
        }
        if !text.starts_with('-') || text == "-" {
            options.operands.push(arg);
            continue;
        }
        let long = |name: &str| name.starts_with("--") || tool.dashes == Some(1);
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if long(name) => (name, Some(value.to_owned())),
            _ => (text, None),
        };
        // Go's flags take two dashes for one.
        let name = match name.strip_prefix('-') {
            Some(one) if tool.dashes == Some(1) && one.starts_with('-') => one,
            _ => name,
        };
        if name.contains(HOLE) && long(name) {
            options.unknown.get_or_insert(arg);
            continue;
        }
        let whole = tool
            .flags
            .iter()
            .chain(&tool.ignored)
            .chain(&tool.values)
            .any(|known| known == name);
        if long(name) || (whole && name.len() > 2) {
            let name = unabbreviated(tool, name);
            match tool.takes(&name) {
                Takes::Alone => options.given.push((name, None)),
                Takes::Value => {
                    let value = value.or_else(|| rest.next().map(|next| next.text.clone()));
                    options.given.push((name, value));
                }
                Takes::Rejected => {
                    options.rejected.get_or_insert(arg);
                }
                Takes::Unknown => {
                    options.unknown.get_or_insert(arg);
                }
            }
            continue;
        }
        for (at, char) in text.char_indices().skip(1) {
            let name = format!("-{char}");
            match tool.takes(&name) {
                Takes::Alone => options.given.push((name, None)),
                Takes::Value => {
                    let behind = text.get(at + char.len_utf8()..).unwrap_or_default();
                    let value = if behind.is_empty() {
                        rest.next().map(|next| next.text.clone())
                    } else {
                        Some(behind.to_owned())
                    };
                    options.given.push((name, value));
                    break;
                }
                Takes::Rejected => {
                    options.rejected.get_or_insert(arg);
                    break;
                }
                Takes::Unknown => {
                    options.unknown.get_or_insert(arg);
                    break;
                }
            }
        }
    }
    options
}

/// A unique beginning of a long option stands for it, where the make reads it so.
fn unabbreviated(tool: &Tool, name: &str) -> String {
    let known = || tool.flags.iter().chain(&tool.values).chain(&tool.ignored);
    if !tool.abbreviates || known().any(|known| known == name) {
        return name.to_owned();
    }
    let mut found = known().filter(|known| known.starts_with(name));
    match (found.next(), found.next()) {
        (Some(one), None) => one.clone(),
        _ => name.to_owned(),
    }
}
