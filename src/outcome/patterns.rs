//! The patterns that a call hands to grep, sed or awk, and who reads them there.

use std::ops::Range;

use crate::facts::tools;
use crate::facts::{Flavour, Inventory};
use crate::model::command::Call;
use crate::model::regex::{Dialect, Reader, Syntax, Tool};
use crate::outcome::request::options;
use crate::text::Traced;

/// A pattern and everybody who may read it: several where nobody knows which make the program is.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The pattern as it reaches the program.
    pub text: Traced,
    /// Who reads it.
    pub readers: Vec<Reader>,
}

/// The patterns of a call, in order.
pub fn patterns(call: &Call, inventory: &Inventory) -> Vec<Pattern> {
    let Some(name) = call.name() else {
        return Vec::new();
    };
    match name {
        "grep" | "egrep" | "fgrep" => grep(call, name, inventory),
        "sed" => script(call, Tool::Sed, inventory, "sed"),
        "awk" | "gawk" | "mawk" => script(call, Tool::Awk, inventory, name),
        _ => Vec::new(),
    }
}

fn grep(call: &Call, name: &str, inventory: &Inventory) -> Vec<Pattern> {
    let Some(tool) = tools::tool("grep", Flavour::Gnu) else {
        return Vec::new();
    };
    let read = options(call, tool);
    let has = |names: &[&str]| read.has(names);
    if name == "fgrep" || has(&["-F", "--fixed-strings", "-f", "--file"]) {
        return Vec::new();
    }
    let syntax = if has(&["-P", "--perl-regexp"]) {
        Syntax::Perl
    } else if name == "egrep" || has(&["-E", "--extended-regexp"]) {
        Syntax::Extended
    } else {
        Syntax::Basic
    };
    let mut texts: Vec<Traced> = read
        .given
        .iter()
        .filter(|given| matches!(given.name.as_str(), "-e" | "--regexp"))
        .filter_map(|given| given.value.clone())
        .collect();
    if texts.is_empty()
        && let Some(word) = read.operands.first().and_then(|at| call.words.get(*at))
    {
        texts.push(word.text.clone());
    }
    let dialects = dialects(call, "grep", inventory);
    texts
        .into_iter()
        .map(|text| Pattern {
            text,
            readers: readers(Tool::Grep, syntax, &dialects),
        })
        .collect()
}

/// The pattern that a sed or awk script starts with; what stands deeper in a script is not looked for.
fn script(call: &Call, tool: Tool, inventory: &Inventory, name: &str) -> Vec<Pattern> {
    let extended = call.words.iter().skip(1).any(|word| {
        matches!(
            word.text.as_str(),
            "-E" | "-r" | "-nE" | "-nr" | "-En" | "-rn" | "--regexp-extended"
        )
    });
    let operand = call.words.iter().skip(1).find(|word| {
        let text = word.text.as_str();
        !text.starts_with('-')
            && (text.starts_with('/') || (tool == Tool::Sed && is_substitute(text)))
    });
    let Some(word) = operand else {
        return Vec::new();
    };
    let Some(range) = delimited(word.text.as_str()) else {
        return Vec::new();
    };
    let syntax = if tool == Tool::Awk || extended {
        Syntax::Extended
    } else {
        Syntax::Basic
    };
    vec![Pattern {
        text: word.text.slice(range),
        readers: readers(tool, syntax, &dialects(call, name, inventory)),
    }]
}

fn is_substitute(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next() == Some('s') && letters.next().is_some_and(|c| c.is_ascii_punctuation())
}

/// The text between the first delimiter and the next one that no backslash protects.
fn delimited(text: &str) -> Option<Range<usize>> {
    let open = text.find(|c: char| c.is_ascii_punctuation())?;
    let delimiter = text[open..].chars().next()?;
    let start = open + delimiter.len_utf8();
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == delimiter => return Some(start..start + at),
            _ => {}
        }
    }
    None
}

/// Whose regular expressions they are. BusyBox takes those of the C library it is linked with.
fn dialects(call: &Call, name: &str, inventory: &Inventory) -> Vec<Dialect> {
    let flavour = if call.through("busybox") {
        Some(Flavour::Busybox)
    } else {
        inventory.flavour(name)
    };
    match (flavour, inventory.distro.as_deref()) {
        (Some(Flavour::Busybox), Some("alpine")) => vec![Dialect::Musl],
        (Some(Flavour::Gnu | Flavour::Gawk | Flavour::Mawk), _) => vec![Dialect::Gnu],
        _ => vec![Dialect::Gnu, Dialect::Musl],
    }
}

fn readers(tool: Tool, syntax: Syntax, dialects: &[Dialect]) -> Vec<Reader> {
    dialects
        .iter()
        .map(|dialect| Reader {
            tool,
            dialect: *dialect,
            syntax,
        })
        .collect()
}
