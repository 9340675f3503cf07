//! Learned facts as the text of a `healthlint.images.toml`: sorted, the same facts always in the same bytes.

use std::fmt::Write as _;

use super::{Folder, Image, Learned};

/// The words above the facts.
const HEAD: &str = "\
# What `healthlint image learn` saw in real images. Commit this file: `healthlint check` reads it, and nothing is fetched.
";

impl Learned {
    /// The file's text: sorted, the same facts always in the same bytes.
    pub fn render(&self) -> String {
        let mut out = HEAD.to_owned();
        for image in self.images.values() {
            image.render(&mut out);
        }
        out
    }
}

impl Image {
    fn render(&self, out: &mut String) {
        let text = |out: &mut String, key: &str, value: &Option<String>| {
            if let Some(value) = value {
                let _ = writeln!(out, "{key} = {}", quoted(value));
            }
        };
        let list = |out: &mut String, key: &str, value: &[String]| {
            let words: Vec<String> = value.iter().map(|word| quoted(word)).collect();
            let _ = writeln!(out, "{key} = [{}]", words.join(", "));
        };
        out.push_str("\n[[image]]\n");
        text(out, "name", &Some(self.name.clone()));
        list(out, "digests", &self.digests);
        text(out, "platform", &Some(self.platform.clone()));
        text(out, "created", &self.created);
        text(out, "system", &self.system);
        text(out, "user", &self.user);
        list(out, "path", &self.path);
        for (key, words) in [("entrypoint", &self.entrypoint), ("command", &self.command)] {
            if let Some(words) = words {
                list(out, key, words);
            }
        }
        list(out, "ports", &self.ports);
        list(out, "check", &self.check);
        if !self.uncertain.is_empty() {
            list(out, "uncertain", &self.uncertain);
        }
        out.push_str("[image.folders]\n");
        for (path, folder) in &self.folders {
            match folder {
                Folder::Link(target) => {
                    let _ = writeln!(out, "{} = {}", quoted(path), quoted(target));
                }
                Folder::Programs(entries) => {
                    let _ = writeln!(out, "{} = [{}]", quoted(path), by_letter(entries));
                }
            }
        }
    }
}

/// The names, one line for each first letter: a program that comes or goes changes one short line.
fn by_letter(entries: &[String]) -> String {
    let mut out = String::new();
    let mut letter = None;
    for entry in entries {
        let first = entry.chars().next();
        out.push_str(if letter == Some(first) { " " } else { "\n  " });
        letter = Some(first);
        let _ = write!(out, "{},", quoted(entry));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// A string as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}
