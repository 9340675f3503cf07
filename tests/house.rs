//! Who may import whom: every arrow between the rooms of `src` is a line of this file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms it may import. What is not listed is a wall.
const ROOMS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("syntax", &["text"]),
    ("finding", &["text"]),
    ("model", &["syntax", "text"]),
    ("config", &["finding", "model", "text"]),
    ("read", &["finding", "model", "syntax", "text"]),
    ("facts", &["model", "text"]),
    ("outcome", &["facts", "model", "text"]),
    ("rule", &["facts", "finding", "model", "outcome", "text"]),
    (
        "rules",
        &["facts", "finding", "model", "outcome", "rule", "text"],
    ),
    (
        "check",
        &[
            "config", "facts", "finding", "model", "outcome", "read", "rule", "rules", "text",
        ],
    ),
    ("fix", &["check", "finding", "text"]),
    (
        "explain",
        &["check", "facts", "finding", "model", "outcome", "text"],
    ),
    ("learn", &["facts", "text"]),
    ("report", &["explain", "finding", "rule", "text"]),
    ("walk", &["model", "read", "text"]),
    (
        "cli",
        &[
            "check", "config", "explain", "facts", "finding", "fix", "learn", "lsp", "model",
            "read", "report", "rule", "rules", "text", "walk",
        ],
    ),
    (
        "lsp",
        &["check", "config", "explain", "fix", "rules", "text", "walk"],
    ),
    ("main", &["cli"]),
    ("lib", &["check", "fix", "finding", "text"]),
];

/// An external crate and the files or rooms that it may stand in.
const CRATES: &[(&str, &[&str])] = &[
    ("anstream", &["cli", "main"]),
    (
        "anstyle",
        &[
            "cli",
            "report/explained",
            "report/human.rs",
            "report/time_line",
        ],
    ),
    ("base64", &["learn/registry"]),
    ("clap", &["cli"]),
    ("flate2", &["learn/compression.rs"]),
    ("globset", &["walk", "read"]),
    ("granit_parser", &["syntax/yaml"]),
    ("ignore", &["walk"]),
    ("line_index", &["text/source.rs"]),
    ("memchr", &["facts/sections.rs", "syntax", "text", "walk"]),
    ("miette", &["report/human.rs"]),
    ("rayon", &["check", "walk", "cli"]),
    ("ruzstd", &["learn/compression.rs"]),
    (
        "rustc_hash",
        &["check", "facts", "read", "syntax", "text", "fix"],
    ),
    ("serde", &["config", "facts", "report"]),
    ("serde_json", &["learn", "report"]),
    ("sha2", &["learn/budget.rs"]),
    ("similar", &["report"]),
    ("toml", &["config", "facts"]),
    ("ureq", &["learn/registry"]),
];

/// Grammars, interpreters and tables may be longer than the 500 lines that bound a file.
const LONG: &[&str] = &["syntax/", "outcome/"];

/// A file of `src`, without its tests.
struct File {
    path: String,
    room: String,
    text: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let whole = fs::read_to_string(&path).unwrap();
            let text = whole
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default()
                .to_owned();
            let room = name.split(['/', '.']).next().unwrap_or_default().to_owned();
            found.push(File {
                path: name,
                room,
                text,
            });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 10, "the walk found too little to judge");
    found
}

/// Every first segment after `crate::` in code, `use crate::{a, b}` included.
fn imports(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' => word.clear(),
                    c if depth == 0 && (c.is_alphanumeric() || c == '_') => word.push(c),
                    ':' if depth == 0 && !word.is_empty() => {
                        rooms.insert(std::mem::take(&mut word));
                    }
                    _ => {}
                }
            }
        } else {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            rooms.insert(rest[..end].to_owned());
        }
    }
    rooms
}

#[test]
fn every_arrow_is_in_the_table() {
    for file in files() {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == file.room) else {
            panic!(
                "src/{}: the room `{}` is not in the table",
                file.path, file.room
            );
        };
        for room in imports(&file.text) {
            assert!(
                room == file.room || allowed.contains(&room.as_str()),
                "src/{}: `{}` may not import `{room}`",
                file.path,
                file.room
            );
        }
    }
}

#[test]
fn rules_do_not_know_each_other() {
    for file in files() {
        if file.room == "rules" && !file.path.ends_with("mod.rs") {
            assert!(
                !file.text.contains("super::") && !file.text.contains("crate::rules"),
                "src/{}: a rule reaches for another",
                file.path
            );
        }
    }
}

#[test]
fn external_crates_stand_where_they_belong() {
    for file in files() {
        for (name, places) in CRATES {
            let used = file.text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!("{name}::"))
                        || line.contains(&format!("use {name};")))
            });
            assert!(
                !used || places.iter().any(|place| file.path.starts_with(place)),
                "src/{}: `{name}` is not for this room",
                file.path
            );
        }
    }
}

#[test]
fn only_the_doors_touch_the_outside() {
    let outside = [
        "std::fs",
        "std::env",
        "std::process",
        "std::net",
        "println!",
        "print!(",
        "stdout()",
    ];
    for file in files() {
        if ["walk", "cli", "lsp", "main", "learn"].contains(&file.room.as_str()) {
            continue;
        }
        for word in outside {
            assert!(
                !file.text.contains(word),
                "src/{}: `{word}` outside a door",
                file.path
            );
        }
    }
}

#[test]
fn inner_types_are_not_wire_formats() {
    for file in files() {
        if !["report", "lsp", "config", "facts"].contains(&file.room.as_str()) {
            assert!(
                !file.text.contains("Serialize") && !file.text.contains("Deserialize"),
                "src/{}: an inner type became a wire format",
                file.path
            );
        }
    }
}

#[test]
fn every_file_opens_with_its_law_and_fits_a_head() {
    for file in files() {
        assert!(
            file.text.starts_with("//! "),
            "src/{}: the first line must say the room's law",
            file.path
        );
        let stem = file.path.rsplit('/').next().unwrap_or_default();
        for name in ["util", "helper", "common"] {
            assert!(!stem.contains(name), "src/{}: says nothing", file.path);
        }
        let lines = file.text.lines().count();
        let long = LONG.iter().any(|place| file.path.starts_with(place));
        let most = if long { 1200 } else { 500 };
        assert!(
            lines <= most,
            "src/{}: {lines} lines are more than a head can hold",
            file.path
        );
    }
}
