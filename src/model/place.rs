//! Where something new goes: a setting, a key or a variable, in the style of what stands there.

use crate::text::{Edit, Span};

/// Where a new setting or key goes, and how it is written there.
#[derive(Clone, Debug)]
pub enum Place {
    /// A block mapping: a new line behind `after` (the end of an entry's last line), with these blanks before the key.
    Block {
        /// The place behind the last byte of an entry.
        after: Span,
        /// What stands before each key.
        indent: String,
        /// `\n` or `\r\n`.
        newline: &'static str,
    },
    /// A flow mapping: behind its last entry.
    Flow {
        /// The place behind the last entry.
        after: Span,
        /// Whether the mapping has no entry yet.
        empty: bool,
    },
    /// A block list of `name=value` entries: a new line behind `after`, with these blanks before the dash.
    Items {
        /// The place behind the last byte of an entry.
        after: Span,
        /// What stands before each dash.
        indent: String,
        /// `\n` or `\r\n`.
        newline: &'static str,
    },
    /// Flags of a HEALTHCHECK: behind the keyword or the last flag.
    Flags {
        /// The place behind it.
        after: Span,
    },
    /// Nowhere: the settings come through an alias or from another file.
    Nowhere,
}

impl Place {
    /// Adds a setting. `name` is spelled as Compose spells it (`start_period`); flags turn it into theirs.
    pub fn add(&self, name: &str, value: &str) -> Option<Edit> {
        match self {
            Self::Block {
                after,
                indent,
                newline,
            } => Some(Edit::insert_after(
                *after,
                format!("{newline}{indent}{name}: {value}"),
            )),
            Self::Flow { after, empty } => {
                let comma = if *empty { "" } else { ", " };
                Some(Edit::insert_after(
                    *after,
                    format!("{comma}{name}: {value}"),
                ))
            }
            Self::Items {
                after,
                indent,
                newline,
            } => Some(Edit::insert_after(
                *after,
                format!("{newline}{indent}- {name}={value}"),
            )),
            Self::Flags { after } => Some(Edit::insert_after(
                *after,
                format!(" --{}={value}", name.replace('_', "-")),
            )),
            Self::Nowhere => None,
        }
    }

    /// Adds a key with settings of its own below it. A flag line has no such thing.
    pub fn add_mapping(&self, name: &str, settings: &[(&str, &str)]) -> Option<Edit> {
        match self {
            Self::Block {
                indent, newline, ..
            } => {
                let mut edit = self.add(name, "")?;
                edit.text.truncate(edit.text.trim_end().len());
                for (name, value) in settings {
                    // One step deeper: two blanks, as nearly everybody writes Compose files.
                    let line = [*newline, indent.as_str(), "  ", *name, ": ", *value];
                    edit.text.extend(line);
                }
                Some(edit)
            }
            Self::Flow { .. } => {
                let entries: Vec<_> = settings
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                self.add(name, &format!("{{{}}}", entries.join(", ")))
            }
            Self::Items { .. } | Self::Flags { .. } | Self::Nowhere => None,
        }
    }
}
