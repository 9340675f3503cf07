//! Zombies and orphans, seen and not believed: BusyBox `wget` and `timeout`, clients whose shell is killed, and programs
//! as PID 1. Where namespaces or a program are missing, that is said by name.

mod first;
mod namespace;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use healthlint::check::{Options, Unit, check};
use healthlint::fix::Texts;

use crate::local::{Folder, installed, port};
use namespace::{Namespace, Process, allowed, processes, until};

/// The ways to make a namespace, or a word why the test is skipped.
fn namespaces() -> Option<&'static [&'static str]> {
    let ways = allowed();
    if ways.is_none() {
        println!("skipped: no PID namespace may be made here");
    }
    ways
}

/// Whether all of these are installed; the first that is not is named.
fn all_here(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|it| installed(it).is_none());
    if let Some(missing) = missing {
        println!("skipped: {missing} is not installed");
    }
    missing.is_none()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A server that speaks TLS.
struct Secure {
    server: Child,
    port: u16,
}

impl Secure {
    fn start(folder: &Path) -> Self {
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-keyout",
                "key",
                "-out",
                "certificate",
            ])
            .current_dir(folder)
            .stderr(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let port = port();
        let server = Command::new("openssl")
            .args(["s_server", "-www", "-key", "key", "-cert", "certificate"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answers = || TcpStream::connect(("127.0.0.1", port)).ok();
        until(Duration::from_secs(20), answers).expect("the TLS server starts");
        Self { server, port }
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// How many zombies three runs of a command leave under a PID 1.
fn left_behind(ways: &'static [&'static str], first: &[&str], words: &[&str]) -> usize {
    let folder = Folder::new(&format!("{}-{}", first[0], words.join("").len()));
    let mut namespace = Namespace::start(ways, &owned(first), &folder.0);
    // An init has to set itself up before it is asked for anything.
    thread::sleep(Duration::from_millis(500));
    assert!(namespace.lives(), "{first:?}: {}", namespace.said());
    let before = namespace.zombies().len();
    for _ in 0..3 {
        let _ = namespace.command(words).status();
    }
    // What is left behind needs a moment to die, and an init one to notice.
    let quiet = || {
        namespace
            .members()
            .iter()
            .all(|it| it.parent != namespace.first || it.state == 'Z' || it.name == "sleep")
    };
    until(Duration::from_secs(20), || quiet().then_some(()));
    thread::sleep(Duration::from_millis(500));
    namespace.zombies().len() - before
}

#[test]
fn busybox_wget_leaves_a_zombie_for_each_https_run_unless_an_init_is_there() {
    let Some(ways) = namespaces() else { return };
    if !all_here(&["busybox", "openssl", "curl"]) {
        return;
    }
    let folder = Folder::new("tls");
    let secure = Secure::start(&folder.0);
    let https = format!("https://127.0.0.1:{}/", secure.port);
    let http = format!("http://127.0.0.1:{}/", secure.port);
    let wget = |url| {
        [
            "busybox",
            "wget",
            "-q",
            "-O",
            "/dev/null",
            "--no-check-certificate",
            url,
        ]
    };
    let alone = ["sleep", "1000"];
    // It is there, and so are the zombies: the check passes.
    let works = Command::new("busybox").args(&wget(&https)[1..]).status();
    assert!(
        works.is_ok_and(|status| status.success()),
        "the TLS server answers"
    );
    assert_eq!(left_behind(ways, &alone, &wget(&https)), 3);
    // A certificate that nobody trusts makes it fail, and leave one all the same.
    let strict = ["busybox", "wget", "-q", "-O", "/dev/null", &https];
    assert_eq!(left_behind(ways, &alone, &strict), 3);
    // A shell around it does not help: the orphan still goes to PID 1.
    let script = format!("busybox wget -q -O /dev/null {https} || exit 1");
    assert_eq!(left_behind(ways, &alone, &["sh", "-c", &script]), 3);
    assert_eq!(left_behind(ways, &alone, &wget(&http)), 0, "plain http");
    assert_eq!(
        left_behind(ways, &alone, &["curl", "-ks", &https]),
        0,
        "curl"
    );
    for init in [
        &["tini", "--", "sleep", "1000"][..],
        &["dumb-init", "sleep", "1000"],
    ] {
        if all_here(&init[..1]) {
            assert_eq!(left_behind(ways, init, &wget(&https)), 0, "{init:?}");
        }
    }
}

#[test]
fn busybox_timeout_leaves_a_zombie_for_each_run() {
    let Some(ways) = namespaces() else { return };
    if !all_here(&["busybox", "timeout"]) {
        return;
    }
    let alone = ["sleep", "1000"];
    let quick = ["busybox", "timeout", "1", "true"];
    assert_eq!(left_behind(ways, &alone, &quick), 3);
    assert_eq!(
        left_behind(ways, &alone, &["timeout", "1", "true"]),
        0,
        "GNU timeout"
    );
    if all_here(&["tini"]) {
        assert_eq!(
            left_behind(ways, &["tini", "--", "sleep", "1000"], &quick),
            0,
            "tini"
        );
    }
}

/// Scripts around a client that waits for ever.
const FORMS: &[&str] = &[
    "{client}",
    "{client} || exit 1",
    "{client} && true",
    "{client}; true",
    "true; {client}",
    "{client} | cat",
    "{client} > /dev/null",
    "true; {client} > /dev/null",
    "({client})",
    "{ {client}; }",
    "! {client}",
    "if {client}; then exit 0; else exit 1; fi",
    "test \"$({client})\" = ok",
    "X=1 {client}",
    "exec {client}",
];

/// Whether the client still runs after its shell was killed as the engine does it.
fn outlives(namespace: &Namespace, shell: &[&str], script: &str) -> bool {
    let words: Vec<&str> = shell.iter().copied().chain([script]).collect();
    let mut enter = namespace.command(&words).spawn().unwrap();
    let client = |it: &Process| it.name == "curl" && it.state != 'Z';
    let runs = || namespace.members().into_iter().find(client);
    until(Duration::from_secs(20), runs).unwrap_or_else(|| panic!("{script}: no client started"));
    let is_shell = |it: &Process| it.parent == enter.id();
    let shell = processes().into_iter().find(is_shell).unwrap();
    kill(shell.pid);
    let _ = enter.wait();
    thread::sleep(Duration::from_millis(300));
    let left = namespace.members().into_iter().find(client);
    if let Some(left) = &left {
        kill(left.pid);
        until(Duration::from_secs(20), || runs().is_none().then_some(()));
    }
    left.is_some()
}

fn kill(process: u32) {
    let killed = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

/// Whether the linter says that the client of this script outlives its shell.
fn said_to_outlive(image: &str, script: &str) -> bool {
    let dockerfile =
        format!("{image}\nCMD [\"sleep\", \"1000\"]\nHEALTHCHECK --timeout=5s CMD {script}\n");
    let files = Texts::from([("Dockerfile".to_owned(), dockerfile.into())]);
    let unit = Unit::Dockerfile("Dockerfile".to_owned());
    let findings = check(&[unit], &files, &Options::default()).findings;
    findings
        .iter()
        .any(|finding| finding.rule == "orphaned-client")
}

#[test]
fn a_client_outlives_its_shell_wherever_the_linter_says_so() {
    let Some(ways) = namespaces() else { return };
    if !all_here(&["curl", "dash", "bash", "busybox"]) {
        return;
    }
    let hung = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let client = format!(
        "curl -s http://127.0.0.1:{}/",
        hung.local_addr().unwrap().port()
    );
    let folder = Folder::new("orphans");
    let namespace = Namespace::start(ways, &owned(&["sleep", "1000"]), &folder.0);
    let mut said_so = 0;
    for (name, shell, image) in [
        (
            "dash",
            &["dash", "-c"][..],
            "FROM debian:12\nRUN apt-get update && apt-get install -y curl",
        ),
        (
            "bash",
            &["bash", "-c"],
            "FROM fedora:41\nRUN dnf install -y curl",
        ),
        (
            "ash",
            &["busybox", "ash", "-c"],
            "FROM alpine:3.20\nRUN apk add --no-cache curl",
        ),
    ] {
        for form in FORMS {
            let script = form.replace("{client}", &client);
            let said = said_to_outlive(image, &script);
            let true_ = outlives(&namespace, shell, &script);
            assert!(
                true_ || !said,
                "{name}: the client dies with its shell in {form}"
            );
            said_so += usize::from(said);
            if true_ && !said {
                println!("{name}: the client outlives its shell, and nobody says so: {form}");
            }
        }
    }
    println!(
        "{said_so} of {} forms are said to leave a client behind",
        3 * FORMS.len()
    );
    assert!(said_so >= 12, "{said_so} are too few to prove anything");
}
