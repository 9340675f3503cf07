//! Says for how many real health checks the facts know whether their tool is in the image.
//!
//! ```text
//! cargo run --example coverage -- [--gaps] FOLDER
//! ```
//!
//! The folder holds Compose files; `--gaps` lists what is not known and what only published checks attest.

// A command speaks on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod measure;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, process};

fn main() {
    let mut words: Vec<String> = env::args().skip(1).collect();
    let before = words.len();
    words.retain(|word| word != "--gaps");
    let gaps = words.len() < before;
    let [folder] = words.as_slice() else {
        eprintln!("usage: cargo run --example coverage -- [--gaps] FOLDER");
        process::exit(2);
    };
    match measure::measure(Path::new(folder)) {
        Ok(figures) => {
            print!("{figures}");
            if gaps {
                list("unknown", &figures.unknown);
                list("attested", &figures.attested);
            }
        }
        Err(error) => {
            eprintln!("error: {folder}: {error}");
            process::exit(1);
        }
    }
}

fn list(title: &str, counts: &BTreeMap<(String, String), usize>) {
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    println!("\n{title}");
    for ((image, tool), count) in rows {
        println!("{count:>5} {image} {tool}");
    }
}
