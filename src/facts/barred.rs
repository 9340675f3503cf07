//! What keeps the kernel from starting a file that lies where it is looked for: who may run it, and how it begins.

use crate::model::command::base;
use crate::model::file::{START, Seen};

use super::answer::{Firmness, Holds, Shell};
use super::inventory::Inventory;

/// Why a file cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barred {
    /// Nobody may run it.
    Permission,
    /// A carriage return ends its `#!` line, and is a part of what is looked for.
    CarriageReturn {
        /// The line without it.
        line: String,
    },
    /// It does not begin with `#!`, and no shell is there that would take it for a script.
    NoFirstLine,
    /// The image does not have what its `#!` line names.
    NoInterpreter {
        /// The line.
        line: String,
        /// The program that is not there.
        program: String,
    },
}

impl Barred {
    /// Why, for one line of a table.
    pub fn words(&self, path: &str) -> String {
        match self {
            Self::Permission => format!("nobody may execute `{path}`"),
            Self::CarriageReturn { .. } => {
                format!("the first line of `{path}` ends with a carriage return")
            }
            Self::NoFirstLine => format!("`{path}` does not begin with `#!`"),
            Self::NoInterpreter { program, .. } => {
                format!("`{path}` is written for `{program}`, which is not there")
            }
        }
    }
}

/// Why the kernel cannot start what lies there, whatever it is called; `shell` where a shell calls it. None where it
/// can, or nobody knows.
pub fn barred(
    runs: Option<bool>,
    seen: &Seen,
    shell: bool,
    inventory: &Inventory,
) -> Option<Barred> {
    if runs == Some(false) {
        return Some(Barred::Permission);
    }
    let start = start_of(seen)?;
    let Some(line) = start.strip_prefix(b"#!") else {
        return (!shell && is_text(start)).then_some(Barred::NoFirstLine);
    };
    let line = whole_line(line)?;
    let bare = line.trim_end_matches('\r');
    if bare.len() < line.len() {
        return ends_in_what_is_looked_for(bare).then(|| Barred::CarriageReturn {
            line: format!("#!{bare}"),
        });
    }
    let program = interpreter(bare)?;
    let absent = match program {
        "/bin/sh" => inventory.shell() == Shell::None,
        program => inventory.has(program).holds == Holds::No(Firmness::Firm),
    };
    absent.then(|| Barred::NoInterpreter {
        line: format!("#!{bare}"),
        program: program.to_owned(),
    })
}

/// The first bytes of a file, where they can be read.
fn start_of(seen: &Seen) -> Option<&[u8]> {
    match seen {
        Seen::File { start, .. } => start.as_deref(),
        _ => None,
    }
}

/// The text up to the end of the line; None where that was not read.
fn whole_line(text: &[u8]) -> Option<&str> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    std::str::from_utf8(text.get(..end)?).ok()
}

/// The words that run a script with what its `#!` line names: the program and its options.
pub fn by_interpreter(seen: &Seen, path: &str) -> Option<Vec<String>> {
    let start = start_of(seen)?;
    let Some(line) = start.strip_prefix(b"#!") else {
        let is_shell = path.rsplit_once('.').is_some_and(|(_, end)| end == "sh");
        return (is_shell && is_text(start)).then(|| vec!["sh".to_owned()]);
    };
    let line = whole_line(line).filter(|line| !line.ends_with('\r'))?;
    let program = interpreter(line)?;
    let mut words = vec![base(program).to_owned()];
    if base(line.split_whitespace().next()?) != "env" {
        words.extend(line.split_whitespace().nth(1).map(str::to_owned));
    }
    Some(words)
}

/// What a `#!` line runs: a path, or the name that `env` looks for. None where `env` is told more than that.
fn interpreter(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let first = words.next()?;
    if base(first) != "env" {
        return Some(first);
    }
    words
        .next()
        .filter(|name| !name.starts_with('-') && !name.contains('='))
}

/// Whether what ends a `#!` line is a part of the program that is looked for, or of an option that it rejects.
fn ends_in_what_is_looked_for(line: &str) -> bool {
    if line.ends_with([' ', '\t']) {
        return false;
    }
    let words: Vec<&str> = line
        .split([' ', '\t'])
        .filter(|word| !word.is_empty())
        .collect();
    match words[..] {
        [_] => true,
        // `env -S` takes a carriage return for a blank.
        [program, name] if base(program) == "env" => !name.starts_with('-'),
        [program, option] => {
            matches!(base(program), "sh" | "bash" | "dash" | "ash") && option.starts_with('-')
        }
        _ => false,
    }
}

/// Whether these first bytes are those of a text.
fn is_text(start: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(start) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => start.len() == START && error.error_len().is_none(),
    };
    !start.is_empty() && is_utf8 && !start.iter().any(|byte| *byte == 0 || *byte == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(start: &str) -> Seen {
        Seen::File {
            runs: Some(true),
            start: Some(start.as_bytes().to_vec()),
        }
    }

    fn said(start: &str, shell: bool) -> Option<&'static str> {
        let nothing = Inventory::scratch();
        barred(Some(true), &seen(start), shell, &nothing).map(|barred| match barred {
            Barred::Permission => "permission",
            Barred::CarriageReturn { .. } => "carriage return",
            Barred::NoFirstLine => "no first line",
            Barred::NoInterpreter { .. } => "no interpreter",
        })
    }

    #[test]
    fn the_first_line_says_who_reads_the_rest() {
        for (start, expected) in [
            ("#!/bin/sh\r\nexit 0\r\n", Some("carriage return")),
            ("#!/usr/bin/env bash\r\n", Some("carriage return")),
            ("#!/bin/sh -e\r\n", Some("carriage return")),
            ("#! /bin/sh \r\n", None),
            ("#!/usr/bin/env -S node\r\n", None),
            ("#!/usr/bin/perl -w\r\n", None),
            ("#!/bin/sh\n", Some("no interpreter")),
            ("#!/usr/bin/env python3\n", Some("no interpreter")),
            ("#!/usr/bin/env -S python3 -u\n", None),
            ("#!/bin/sh", None),
            ("echo ok\n", Some("no first line")),
            ("\u{feff}#!/bin/sh\n", Some("no first line")),
            ("\u{7f}ELF\u{2}", None),
            ("MZ\0\0", None),
            ("", None),
        ] {
            assert_eq!(said(start, false), expected, "{start:?}");
        }
        assert_eq!(
            said("echo ok\n", true),
            None,
            "a shell takes it for a script"
        );
    }

    #[test]
    fn a_script_can_be_handed_to_its_interpreter() {
        for (start, expected) in [
            ("#!/bin/sh -e\n", Some(vec!["sh", "-e"])),
            ("#!/usr/bin/env python3\n", Some(vec!["python3"])),
            ("#!/usr/bin/env -S node --x\n", None),
            ("echo ok\n", Some(vec!["sh"])),
            ("\u{7f}ELF", None),
        ] {
            let words = by_interpreter(&seen(start), "/check.sh");
            let words = words
                .as_ref()
                .map(|words| words.iter().map(String::as_str).collect());
            assert_eq!(words, expected, "{start:?}");
        }
    }
}
