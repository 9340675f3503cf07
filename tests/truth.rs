//! Where the evaluator claims a status, real clients agree: commands against loopback servers in every world.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command as Process, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use healthlint::facts::{Answer, Holds, Inventory, inventory_of_image};
use healthlint::model::command::{Command, Dialect};
use healthlint::model::probe::Form;
use healthlint::outcome::{Code, Outcome, Scene, World, play};
use healthlint::text::{SourceId, Span, Traced};

/// `URL` is the service.
const COMMANDS: &[&str] = &[
    "curl URL",
    "curl -f URL",
    "curl -fsS URL || exit 1",
    "curl --fail --silent --show-error URL > /dev/null",
    "curl -s -o /dev/null -w '%{http_code}' URL",
    "[ \"$(curl -s -o /dev/null -w '%{http_code}' URL)\" = 200 ]",
    "test $(curl -s -o /dev/null -w '%{http_code}' URL) -lt 400",
    "test $(curl -s -o /dev/null -w '%{http_code}' URL) -eq 401",
    "curl -s -o /dev/null -w '%{http_code}' URL | grep -E '^(200|401)$'",
    "curl -so /dev/null -w '%{http_code}\\n' URL | grep -q 200",
    "curl -sf URL | grep -q zebra",
    "curl -s URL | grep -q zebra",
    "curl -sf URL | awk '{print $2}'",
    "curl -sf URL | head -1",
    "curl -sf URL | wc -l",
    "curl -sf URL | cat",
    "curl -sf URL | jq .status",
    "curl -sf URL || true",
    "curl -sf URL || echo failed",
    "curl -sf URL; true",
    "curl -sf URL && echo ok || echo no",
    "curl -sf URL && echo ok || exit 1",
    "curl -sf URL &",
    "curl -sf URL &>/dev/null",
    "! curl -sf URL",
    "if curl -sf URL; then exit 0; fi",
    "if curl -sf URL; then exit 0; else exit 1; fi",
    "curl -sf -m 1 URL",
    "curl -sf --max-time 1 URL || exit 1",
    "curl -s -m 1 -o /dev/null -w '%{http_code}' URL | grep 000",
    "timeout 1 curl -sf URL",
    "timeout 1 curl -s URL || exit 4",
    "curl -sI URL",
    "curl -sI URL | grep '200'",
    "curl -fsI URL",
    "curl -si URL | grep ' 500 '",
    "curl -s --retry 1 --retry-delay 1 -f URL",
    "curl -s URL URL",
    "curl",
    "curl http://",
    "curl -sf http://127.0.0.1:99999/",
    "curl --nosuchoption URL",
    "x=$(curl -sf URL); [ -n \"$x\" ]",
    "x=$(curl -sf URL) && true",
    "export x=$(curl -sf URL)",
    "echo $(curl -sf URL)",
    "curl -sf URL > /dev/null 2>&1; [ $? -eq 0 ]",
    "curl -sf URL; exit $?",
    "curl -sf URL; [ $? -le 8 ]",
    "curl -sf URL -o /dev/null && curl -sf URL -o /dev/null",
    "set -e; curl -sf URL; true",
    "sh -c 'curl -sf URL || exit 1'",
    "for i in 1 2; do curl -sf URL && exit 0; done; exit 1",
    "until curl -sf URL; do sleep 1; done",
    "wget -q -O - URL",
    "wget -qO- URL",
    "wget -q --spider URL",
    "wget --no-verbose --tries=1 --spider URL || exit 1",
    "wget -q -T 1 -t 1 -O /dev/null URL",
    "wget -q --timeout=1 --tries=1 -O - URL | grep zebra",
    "wget -q -O - URL | grep -o '\"success\":\\s*true' | awk -F: '{print $2}'",
    "wget -q -O /dev/null URL; exit 0",
    "wget --nosuchoption URL",
    "wget -q -O /dev/null http:///",
    "wget",
];

/// How long a check may run here.
const PATIENCE: Duration = Duration::from_secs(3);

fn source(text: &str) -> Traced {
    Traced::source(Span::new(SourceId(0), 0, text.len()), text)
}

fn played(text: &str, dialect: Dialect, inventory: &Inventory) -> Outcome {
    let form = Form::Shell {
        script: source(text),
        dropped: Vec::new(),
        not_json: None,
    };
    let command = Command::of(&form, dialect).unwrap();
    let scene = Scene {
        inventory,
        timeout: PATIENCE,
    };
    play(&command, &scene)
}

/// A server that answers as this world does; the port of one that nobody serves for [`World::Refused`].
fn serve(world: World) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let status = match world {
        World::Refused => return port,
        World::Hung => None,
        World::Healthy => Some("200 OK"),
        World::Error => Some("500 Internal Server Error"),
        World::Denied => Some("401 Unauthorized"),
    };
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            match status {
                None => kept.push(stream),
                Some(status) => {
                    thread::spawn(move || answer(stream, status));
                }
            }
        }
    });
    port
}

fn answer(mut stream: TcpStream, status: &str) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(len) if len > 0 => request.extend_from_slice(&buffer[..len]),
            _ => return,
        }
    }
    let body = if request.starts_with(b"HEAD") {
        ""
    } else {
        "{\"status\": \"ok\"}\n"
    };
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{body}");
    // A client that has heard enough may be gone.
    let _ = stream.write_all(head.as_bytes());
}

/// The status; None where the engine would have killed it.
fn run(shell: &str, text: &str) -> Option<i32> {
    let mut child = Process::new(shell)
        .args(["-c", text])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().ok()? {
            return status.code();
        }
        if started.elapsed() > PATIENCE {
            // It may have ended in this very moment.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[allow(clippy::print_stderr)] // A skipped test says so, and the share of unknown is worth seeing.
fn real_clients_agree() {
    let here = |tool: &str| {
        Process::new(tool)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !here("curl") || !here("wget") || !here("jq") {
        eprintln!("skipped: no curl, GNU wget or jq here");
        return;
    }
    let ports: Vec<(World, u16)> = World::ALL.map(|world| (world, serve(world))).to_vec();
    let mut jobs = Vec::new();
    for (shell, dialect, image, tag) in [
        ("dash", Dialect::Dash, "debian", "12"),
        ("bash", Dialect::Bash, "almalinux", "9"),
    ] {
        if run(shell, "true") != Some(0) {
            eprintln!("skipped: no {shell} here");
            continue;
        }
        let mut inventory = inventory_of_image(image, Some(tag), None);
        for tool in ["curl", "jq", "awk"] {
            inventory.change(tool, Answer::unknown());
        }
        inventory.change(
            "wget",
            Answer {
                holds: Holds::Yes(healthlint::facts::Flavour::Gnu),
                why: Vec::new(),
            },
        );
        for text in COMMANDS {
            for (world, port) in &ports {
                let url = format!("http://127.0.0.1:{port}/");
                let text = text.replace("URL", &url);
                let outcome = played(&text, dialect, &inventory);
                jobs.push((shell, *world, text, outcome));
            }
        }
    }
    let all = jobs.len();
    let queue = Mutex::new(jobs);
    let wrong = Mutex::new(Vec::new());
    let unknown = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                loop {
                    let job = queue.lock().unwrap().pop();
                    let Some((shell, world, text, outcome)) = job else {
                        return;
                    };
                    let played = outcome.in_world(world);
                    if played.statuses.unknown {
                        let why = played.unknown.as_ref().map(|cause| cause.why.clone());
                        unknown
                            .lock()
                            .unwrap()
                            .push(format!("{shell} {world:?}: {text}: {why:?}"));
                        continue;
                    }
                    let real = run(shell, &text);
                    let agrees = played.codes.iter().any(|claim| match (claim, real) {
                        (Code::Exact(claim), Some(real)) => i32::from(*claim) == real,
                        (Code::Failure, Some(real)) => real != 0,
                        (Code::Killed, None) => true,
                        _ => false,
                    });
                    if !agrees {
                        let claim = played.shown();
                        let line =
                            format!("{shell} {world:?}: {text}: claims {claim}, real {real:?}");
                        wrong.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unknown = unknown.into_inner().unwrap();
    eprintln!(
        "{} of {all} are unknown:\n{}",
        unknown.len(),
        unknown.join("\n")
    );
    assert!(
        unknown.len() * 5 < all,
        "{} unknown are too many",
        unknown.len()
    );
}
