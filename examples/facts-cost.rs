//! Measures what the facts cost in a cold run: a fresh process that looks up one image and all that a check of it asks.
//!
//! ```text
//! cargo build --release && cargo run --release --example facts-cost -- target/release/healthlint FILE
//! ```
//!
//! It prints the median of many processes, beside the median of as many cold runs of `healthlint check FILE`.

// A command speaks on standard output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, process};

use healthlint::facts::{Flavour, inventory_of_image, programs, tools};

/// Processes of each kind.
const RUNS: usize = 101;

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--load"] => println!("{}", load().as_nanos()),
        [program, file] => {
            if let Err(error) = compare(program, file) {
                eprintln!("error: {error}");
                process::exit(1);
            }
        }
        _ => {
            eprintln!("usage: cargo run --release --example facts-cost -- HEALTHLINT FILE");
            process::exit(2);
        }
    }
}

/// How long the first look into each of the facts takes in this process.
fn load() -> Duration {
    let start = Instant::now();
    let inventory = inventory_of_image("mirror.gcr.io/library/postgres", Some("17-alpine"), None);
    assert!(inventory.has("pg_isready").is_yes() && inventory.has("curl").is_no());
    assert!(inventory.recipe.is_some());
    assert!(tools::tool("wget", Flavour::Busybox).is_some());
    assert!(programs::program("postgres").is_some());
    start.elapsed()
}

fn compare(program: &str, file: &str) -> Result<(), String> {
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let mut loads = Vec::new();
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let told = Command::new(&this).arg("--load").output();
        let told = told.map_err(|error| error.to_string())?.stdout;
        let nanoseconds = String::from_utf8_lossy(&told).trim().parse();
        loads.push(Duration::from_nanos(
            nanoseconds.map_err(|_| "a run said no number")?,
        ));
        let start = Instant::now();
        Command::new(program)
            .args(["check", "--quiet", file])
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("{program}: {error}"))?;
        runs.push(start.elapsed());
    }
    let (load, run) = (median(loads), median(runs));
    println!("facts      {:>8.3} ms", load.as_secs_f64() * 1000.0);
    println!("cold run   {:>8.3} ms", run.as_secs_f64() * 1000.0);
    println!(
        "share      {:>8.1} %",
        100.0 * load.as_secs_f64() / run.as_secs_f64()
    );
    Ok(())
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
