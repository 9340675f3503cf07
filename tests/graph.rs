//! `healthlint explain --graph` and `--svg`: when each service starts and is healthy, as text, as JSON and as a picture.
//!
//! `fixtures/graph` holds a project and its time line in each form. `BLESS=1 cargo test graph` writes them anew: look
//! at the picture before you commit it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use healthlint::check::{Options, Unit, inspect};
use healthlint::explain::{TimeLine, time_line};
use healthlint::report::time_line::{render, render_svg};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/graph")
}

fn healthlint(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_healthlint"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

fn hold(name: &str, now: &str) {
    let path = folder().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, now).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expected, now, "{name}");
}

/// The time line of one Compose file.
fn line(text: &str) -> TimeLine {
    let files: BTreeMap<String, Arc<str>> =
        BTreeMap::from([("compose.yaml".to_owned(), Arc::from(text))]);
    let unit = Unit::Compose(vec!["compose.yaml".to_owned()]);
    inspect(&unit, &files, &Options::default(), |context, _| {
        time_line(context, None)
    })
    .made
}

/// A project whose services are named by `names`, each waiting as `waits` says, each with a check of 10 s and 5 s.
fn project(waits: &[(&str, &[(&str, &str)])]) -> String {
    let mut text = "services:\n".to_owned();
    for (name, waits) in waits {
        let _ = write!(text, "  {name}:\n    image: busybox:1.37\n");
        text += "    healthcheck: {test: [CMD, 'true'], interval: 10s, timeout: 5s, retries: 2}\n";
        if !waits.is_empty() {
            text += "    depends_on:\n";
        }
        for (on, condition) in *waits {
            let _ = writeln!(text, "      {on}: {{condition: {condition}}}");
        }
    }
    text
}

#[test]
fn the_time_line_in_each_form() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("time-line.svg");
    let svg = target.to_str().unwrap();
    let told = healthlint(
        &folder(),
        &["explain", "compose.yaml", "--graph", "--svg", svg],
    );
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    hold("time-line.txt", &String::from_utf8(told.stdout).unwrap());
    hold("time-line.svg", &fs::read_to_string(&target).unwrap());
    let json = healthlint(
        &folder(),
        &["explain", "compose.yaml", "--graph", "--format", "json"],
    );
    hold("time-line.json", &String::from_utf8(json.stdout).unwrap());
}

#[test]
fn one_service_is_drawn_with_what_it_waits_for() {
    let told = healthlint(&folder(), &["explain", "compose.yaml:worker", "--graph"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains("worker") && told.contains("db") && told.contains("cache"),
        "{told}"
    );
    assert!(!told.contains("api"), "{told}");
}

#[test]
fn waits_add_up_along_the_chain() {
    let healthy = "service_healthy";
    let text = project(&[
        ("c", &[("b", healthy), ("a", "service_started")]),
        ("b", &[("a", healthy)]),
        ("a", &[]),
    ]);
    let line = line(&text);
    let seconds: Vec<_> = line
        .bars
        .iter()
        .map(|bar| {
            let starts = bar.starts.unwrap();
            (
                bar.name.as_str(),
                starts.earliest.as_secs(),
                starts.latest.unwrap().as_secs(),
            )
        })
        .collect();
    // 10 s to the first check; 2 × (10 s + 5 s) until a service that never answers is given up.
    assert_eq!(seconds, [("a", 0, 0), ("b", 10, 30), ("c", 20, 60)]);
    assert_eq!(line.last, Some(2));
    assert!(line.bars.iter().all(|bar| bar.decides));
}

#[test]
fn what_nobody_knows_has_no_latest_moment_and_a_ring_never_starts() {
    let text = project(&[
        ("job", &[]),
        ("web", &[("job", "service_completed_successfully")]),
        ("one", &[("other", "service_healthy")]),
        ("other", &[("one", "service_started")]),
    ]);
    let line = line(&text);
    let starts = |name: &str| {
        let bar = line.bars.iter().find(|bar| bar.name == name).unwrap();
        bar.starts.map(|starts| starts.latest)
    };
    assert_eq!(starts("web"), Some(None));
    assert_eq!(starts("one"), None);
    assert_eq!(starts("other"), None);
    let told = render(&line, false);
    assert!(told.contains("Never started: `one`, `other`."), "{told}");
    assert!(told.contains("Without a latest moment: `web`."), "{told}");
}

#[test]
fn nothing_is_wider_than_80_columns_or_steers_the_terminal() {
    let name = "a-name-that-goes-on-and-on-and-on-for-longer-than-anybody-should";
    let mut waits: Vec<(String, &str)> = Vec::new();
    let mut text = "services:\n".to_owned();
    for number in 0..30 {
        let _ = write!(text, "  \"{name}\\e[31m{number}\":\n    image: redis:7\n");
        text += "    healthcheck: {test: redis-cli ping, start_period: 9000h, interval: 1h}\n";
        if !waits.is_empty() {
            text += "    depends_on:\n";
        }
        for (on, condition) in &waits {
            let _ = writeln!(text, "      \"{on}\": {{condition: {condition}}}");
        }
        waits.push((format!("{name}\\e[31m{number}"), "service_healthy"));
    }
    let line = line(&text);
    assert_eq!(line.bars.len(), 30);
    let told = render(&line, false);
    assert!(!told.contains('\u{1b}'), "{told}");
    for line in told.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!render_svg(&line, "<&\u{1b}[31m>").contains('\u{1b}'));
}

#[test]
fn the_picture_is_read_by_a_renderer() {
    let picture = render_svg(
        &line(&project(&[
            ("a", &[]),
            ("b<&>", &[("a", "service_healthy")]),
        ])),
        "a & <b>",
    );
    let child = Command::new("rsvg-convert")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: rsvg-convert is not installed");
        return;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), picture.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"\x89PNG"));
}

#[test]
fn what_has_no_services_says_so() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graph-dockerfile");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("Dockerfile"),
        "FROM alpine:3.20\nHEALTHCHECK CMD true\n",
    )
    .unwrap();
    let told = healthlint(&folder, &["explain", "Dockerfile", "--graph"]);
    let said = String::from_utf8(told.stderr).unwrap();
    assert!(
        said.contains("Dockerfile is a Dockerfile: it has no services"),
        "{said}"
    );
    assert!(told.stdout.is_empty());
}
