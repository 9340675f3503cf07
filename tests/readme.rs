//! The front page tells the truth: its example is run, and its table lists the rules that there are.
//!
//! `BLESS=1 cargo test readme` writes the example's output and the table anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use healthlint::rules::RULES;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn hold(before: &str, after: &str) {
    if before == after {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        return fs::write(path(), after).unwrap();
    }
    let differs = |(one, other): &(&str, &str)| one != other;
    let first = before.lines().zip(after.lines()).find(differs);
    panic!("README.md is behind ({first:?}); BLESS=1 writes it");
}

/// The place between two marks.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let start = text.find(open).expect(open) + open.len();
    let end = text[start..].find(close).expect(close) + start;
    &text[start..end]
}

/// What the example makes healthlint print.
fn run(readme: &str, name: &str, words: &[&str], status: i32) -> String {
    let input = between(readme, "```yaml\n", "```");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("compose.yaml"), input).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args(words)
        .args(["--color", "never"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(status));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_example_is_explained_as_the_readme_shows() {
    let readme = fs::read_to_string(path()).unwrap();
    let words = ["explain", "compose.yaml:search"];
    let printed = run(&readme, "readme-explain", &words, 0);
    let (open, close) = ("<!-- explain -->", "<!-- /explain -->");
    let shown = between(&readme, open, close);
    let block = format!("\n```text\n{}\n```\n", printed.trim_end());
    let blessed = readme.replacen(
        &format!("{open}{shown}{close}"),
        &format!("{open}{block}{close}"),
        1,
    );
    hold(&readme, &blessed);
}

#[test]
fn the_example_prints_what_the_readme_shows() {
    let readme = fs::read_to_string(path()).unwrap();
    let printed = run(&readme, "readme", &["check"], 1);
    let shown = between(&readme, "```text\n", "```");
    let blessed = readme.replacen(
        &format!("```text\n{shown}```"),
        &format!("```text\n{}\n```", printed.trim_end()),
        1,
    );
    hold(&readme, &blessed);
}

#[test]
fn the_table_lists_every_rule() {
    let readme = fs::read_to_string(path()).unwrap();
    let mut table = String::from("\n| rule | level | what it finds |\n| --- | --- | --- |\n");
    for rule in RULES {
        let level = rule.severity.map_or("off", |severity| severity.word());
        let summary = rule.summary().replace('|', "\\|");
        let _ = writeln!(
            table,
            "| [`{name}`](rules/{name}.md) | {level} | {summary} |",
            name = rule.name
        );
    }
    let shown = between(&readme, "<!-- rules -->", "<!-- /rules -->");
    let blessed = readme.replacen(
        &format!("<!-- rules -->{shown}<!-- /rules -->"),
        &format!("<!-- rules -->{table}<!-- /rules -->"),
        1,
    );
    hold(&readme, &blessed);
}
