//! Says of how many public checks the evaluator knows how they end, and why it does not know the others.
//!
//! ```text
//! cargo run --example known -- FOLDER [--list]
//! ```
//!
//! With `--list` every check that is not fully known is printed too, by its first unknown word.

// A command speaks on standard output.
#![allow(clippy::print_stdout)]

mod measure;

use std::path::Path;

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words
        .next()
        .unwrap_or_else(|| "../shared/corpus".to_owned());
    let shares = measure::measure(Path::new(&folder));
    let list = words.any(|word| word == "--list");
    print!("{}", shares.told(list));
}
