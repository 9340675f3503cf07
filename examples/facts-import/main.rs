//! Turns evidence about images (JSON lines) into the canonical facts of `rules/facts/`, and prints what changed.
//!
//! ```text
//! cargo run --example facts-import -- FILE…
//! ```
//!
//! A line is one record of one family of tags: `repository`, `tags` (or `tags_regex`), `sample_tag`, `kind`,
//! `distro`, `release`, `libc`, `bin_sh`, `package_manager`, `user`, `exposed`, `entrypoint`, `cmd`, `init`,
//! `healthcheck`, `has` {tool: flavour or true}, `lacks`, `from_chain` (none makes it a bare distribution), `evidence`,
//! `confidence`, `absence`, `date`; or `repository` and `attested` alone; or `repository`, `present` {tool: flavour or true} and `evidence`: what
//! every version is known to hold, beside what is known of it already. Repositories that the evidence does not name keep
//! their facts.

// A command speaks on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bases;
mod changes;
mod families;
mod images;
mod places;
mod record;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::{env, fs, process};

use healthlint::facts::canonical;
use healthlint::facts::images as facts;
use healthlint::facts::images::Image;
use record::Record;

/// What comes of evidence.
pub struct Imported {
    /// The new text of `bases.toml`.
    pub bases: String,
    /// The new text of `images.toml`.
    pub images: String,
    /// What changed, in lines.
    pub changes: String,
}

fn main() {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: cargo run --example facts-import -- FILE…");
        process::exit(2);
    }
    if let Err(error) = run(&files) {
        eprintln!("error: {error}");
        process::exit(1);
    }
}

fn run(files: &[String]) -> Result<(), String> {
    let mut records = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        records.extend(read(&text).map_err(|error| format!("{path}:{error}"))?);
    }
    let imported = import(&records)?;
    print!("{}", imported.changes);
    for (path, text) in [
        ("rules/facts/bases.toml", &imported.bases),
        ("rules/facts/images.toml", &imported.images),
    ] {
        fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// The records of a file, one a line.
///
/// # Errors
/// The line that is none, and why.
pub fn read(text: &str) -> Result<Vec<Record>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}: {error}", index + 1))
        })
        .collect()
}

/// Puts the records into the facts that there are.
///
/// # Errors
/// Facts that do not parse.
pub fn import(records: &[Record]) -> Result<Imported, String> {
    let before: Vec<Image> = facts::images()?.into_iter().cloned().collect();
    let tracked: BTreeSet<String> = facts::tracked().iter().cloned().collect();
    let bases = bases::merged_bases(records, &tracked)?;
    let (mut after, mut changes) = images::folded(&before);
    let mut by_repository: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    for record in records {
        if let Some(why) = bases::contradiction(record) {
            let tag = record.sample_tag.as_deref().unwrap_or_default();
            let _ = writeln!(changes, "left out: {}:{tag}: {why}", record.repository);
            continue;
        }
        by_repository
            .entry(canonical(&record.repository))
            .or_default()
            .push(record);
    }
    for (name, records) in by_repository {
        let old = after.remove(&name);
        let mut image = images::image_of(&name, &records, old.as_ref(), &bases, &tracked);
        for record in records {
            images::hold(&mut image, record, &mut changes);
        }
        after.insert(name, image);
    }
    after.retain(|_, image| !image.family.is_empty() || !image.attested.is_empty());
    let after: Vec<Image> = after.into_values().collect();
    changes::report(&before, &after, &tracked, &mut changes);
    Ok(Imported {
        bases: text::bases_text(bases.values(), &tracked),
        images: text::images_text(&after),
        changes,
    })
}
