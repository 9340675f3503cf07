//! The evaluator against the truth: every command of `fixtures/truth`, run for real in every world and under every
//! shell that is installed. It may say that it does not know; it may never be wrong.

mod databases;
mod real;
mod run;
mod scenes;
mod servers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use healthlint::model::command::{Argument, Command, parse};
use healthlint::outcome::{self, Code, Outcome, Played, World};
use healthlint::text::{SourceId, Span, Traced};
use serde::Deserialize;

use crate::local;
use run::{Told, Truth, run};
use scenes::Scene;

/// How long the engine of this test waits. Limits inside the commands are 1 s, or far more.
const TIMEOUT: Duration = Duration::from_millis(1500);

/// Without `HEALTHLINT_TRUTH=all` one case of so many is run; a prime, so that every world and shell has its turn.
const SAMPLE: usize = 13;

/// A file of `fixtures/truth`: commands, and never what to expect of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    /// Which service they ask: `http` (also for TCP), `redis`, `postgres`, `mysql`, `process`; none where they ask
    /// nobody.
    asks: Option<String>,
    /// They follow redirects, so a page that moved to one that is well is well.
    #[serde(default)]
    follows: bool,
    /// Only these scenes; a comment beside it says why.
    scenes: Option<Vec<String>>,
    /// Scripts, or words without a shell. `{url}`, `{host}` and `{port}` are the service, `{process}` is its name and
    /// `{rest}` that name without the first letter.
    commands: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Script(String),
    Words(Vec<String>),
}

/// A service in one state.
struct State {
    name: &'static str,
    /// Which of the evaluator's worlds it is; None is all of them, for commands that ask nobody.
    world: Option<World>,
    port: u16,
    /// What its process is called.
    process: String,
    /// A real server. The others are of this test and only say what one would.
    real: bool,
}

/// One run and what was said of it.
struct Case<'a> {
    scene: &'a Scene,
    state: &'a State,
    told: Told,
    claim: Outcome,
}

impl Case<'_> {
    /// What is wrong with the claim, if the run ended so.
    fn objection(&self, truth: Truth) -> Option<String> {
        let wrong = |played: &&Played| !allows(played, truth);
        let wrong = match self.state.world {
            Some(world) => Some(self.claim.in_world(world)).filter(wrong),
            None => self.claim.played.iter().find(wrong),
        }?;
        Some(format!(
            "{} in {}, {}\n    said: {}\n    true: {truth:?}",
            self.told.shown(),
            self.scene.name,
            self.state.name,
            wrong.shown(),
        ))
    }
}

/// Whether a run may end so after what was said.
fn allows(played: &Played, truth: Truth) -> bool {
    let statuses = played.statuses;
    if statuses.unknown {
        // Nothing was claimed, but for what no guess could change.
        return match truth {
            Truth::Ended(0) => statuses.zero,
            _ => statuses.nonzero || statuses.killed,
        };
    }
    played.codes.iter().any(|code| match (code, truth) {
        (Code::Exact(code), Truth::Ended(status)) => i32::from(*code) == status,
        (Code::Failure, Truth::Ended(status)) => status != 0,
        (Code::Any, _) | (Code::Killed, Truth::Killed) => true,
        _ => false,
    })
}

fn fixtures() -> Vec<(String, Fixture)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/truth");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let fixture = toml::from_str(&fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|fault| panic!("{name}: {fault}"));
            (name, fixture)
        })
        .collect()
}

/// The states of each service, by what asks for it.
fn services(
    real: &[(&'static str, real::Server)],
    process: &str,
) -> BTreeMap<&'static str, Vec<State>> {
    use World::{Denied, Error, Healthy, Hung, Refused};
    let refused = servers::refused();
    let hung = servers::listen(servers::silence);
    let state = |name, world, port| State {
        name,
        world: Some(world),
        port,
        process: String::new(),
        real: false,
    };
    let dead = || {
        [
            state("refused", Refused, refused),
            state("hung", Hung, hung),
        ]
    };
    let mut services = BTreeMap::new();
    let mut http = vec![
        state("healthy", Healthy, servers::listen(servers::well)),
        state(
            "healthy, a word",
            Healthy,
            servers::listen(servers::well_in_a_word),
        ),
        state(
            "healthy, no body",
            Healthy,
            servers::listen(servers::well_without_a_word),
        ),
        state("error", Error, servers::listen(servers::failing)),
        state("denied", Denied, servers::listen(servers::denying)),
    ];
    http.extend(dead());
    services.insert("http", http);
    let mut moved = vec![state("moved", Healthy, servers::listen(servers::moved))];
    moved.extend([state("refused", Refused, refused)]);
    services.insert("moved", moved);
    for (name, well, failing, denying) in [
        (
            "redis",
            servers::listen(servers::redis_well),
            servers::listen(servers::redis_loading),
            servers::listen(servers::redis_denying),
        ),
        (
            "postgres",
            servers::listen(databases::postgres_well),
            servers::listen(databases::postgres_failing),
            servers::listen(databases::postgres_denying),
        ),
        (
            "mysql",
            servers::listen(databases::mysql_well),
            servers::listen(databases::mysql_failing),
            servers::listen(databases::mysql_denying),
        ),
    ] {
        let mut states = vec![
            state("healthy", Healthy, well),
            state("error", Error, failing),
            state("denied", Denied, denying),
        ];
        states.extend(dead());
        let real = real.iter().filter(|(asks, _)| *asks == name);
        states.extend(real.map(|(_, server)| State {
            real: true,
            ..state(server.name, server.world, server.port)
        }));
        services.insert(name, states);
    }
    let alone = State {
        name: "alone",
        world: None,
        port: refused,
        process: String::new(),
        real: false,
    };
    let runs = |name, world, process: &str| State {
        process: process.to_owned(),
        ..state(name, world, refused)
    };
    services.insert(
        "process",
        vec![
            runs("healthy", Healthy, process),
            runs("error", Error, process),
            runs("denied", Denied, process),
            runs("deaf", Refused, process),
            runs("gone", Refused, &process.replace("live", "dead")),
            runs("hung", Hung, process),
        ],
    );
    services.insert("", vec![alone]);
    services
}

/// A process that does nothing and is called by a name that nobody else has.
struct Living {
    child: std::process::Child,
    name: String,
}

impl Living {
    fn start(top: &Path) -> Self {
        let name = format!("live{}", std::process::id());
        let program = top.join(&name);
        fs::copy(local::installed("sleep").unwrap(), &program).unwrap();
        let child = std::process::Command::new(&program)
            .arg0(&name)
            .arg("100000")
            .env_clear()
            .current_dir("/")
            .spawn();
        Self {
            child: child.unwrap(),
            name,
        }
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the evaluator says.
fn claim(scene: &Scene, told: &Told) -> Outcome {
    let source = |text: &str| Traced::source(Span::new(SourceId(0), 0, text.len()), text);
    let command = match told {
        Told::Script(text) => Command::Script {
            script: Box::new(parse(&source(text), scene.dialect)),
            dialect: scene.dialect,
        },
        Told::Words(words) => Command::Words(
            words
                .iter()
                .map(|word| Argument::of_text(&source(word)))
                .collect(),
        ),
    };
    let scene = outcome::Scene {
        inventory: &scene.inventory,
        timeout: TIMEOUT,
    };
    outcome::play(&command, &scene)
}

#[test]
#[allow(clippy::print_stdout)] // The shares are for people, and what is skipped is said.
fn the_evaluator_is_never_wrong() {
    // Two runs at a time shall not take each other's folder away.
    let top = format!("truth-{}", std::process::id());
    let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(top);
    fs::create_dir_all(&top).unwrap();
    let (scenes, without) = scenes::scenes(&top);
    let (real, without_server) = real::servers();
    let living = Living::start(&top);
    let services = services(&real, &living.name);
    let mut cases = Vec::new();
    let mut skipped: BTreeMap<String, usize> = BTreeMap::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    let mut claims = 0;
    let mut commands = BTreeSet::new();
    // `all`, or how the names of the fixtures start that are run in full.
    let told = std::env::var("HEALTHLINT_TRUTH").unwrap_or_default();
    let only = Some(told.as_str()).filter(|told| !matches!(*told, "" | "all"));
    for (name, fixture) in fixtures() {
        if only.is_some_and(|only| !name.starts_with(only)) {
            continue;
        }
        let asks = fixture.asks.as_deref().unwrap_or_default();
        let moved = services["moved"].iter().take(usize::from(fixture.follows));
        let states: Vec<&State> = services[asks].iter().chain(moved).collect();
        for line in &fixture.commands {
            let told = match line {
                Line::Script(text) => Told::Script(text.clone()),
                Line::Words(words) => Told::Words(words.clone()),
            };
            assert!(
                commands.insert((name.clone(), format!("{told:?}"))),
                "{name} holds this twice: {}",
                told.shown()
            );
            for scene in &scenes {
                if fixture
                    .scenes
                    .as_ref()
                    .is_some_and(|only| !only.iter().any(|only| only == scene.name))
                {
                    continue;
                }
                for state in &states {
                    // Other bodies of the same status, and the same told by a real server, are tried in one scene: the
                    // shell does not matter to them.
                    let other = state.real || state.name.starts_with("healthy,");
                    if other && scene.name != "dash" {
                        continue;
                    }
                    let told = told.map(|text| {
                        text.replace("{url}", &format!("http://127.0.0.1:{}", state.port))
                            .replace("{host}", "127.0.0.1")
                            .replace("{port}", &state.port.to_string())
                            .replace("{process}", &state.process)
                            .replace("{rest}", state.process.get(1..).unwrap_or_default())
                    });
                    let claim = claim(scene, &told);
                    // What is known is counted by what is always here.
                    claims += usize::from(!state.real);
                    let played = claim.in_world(state.world.unwrap_or(World::Healthy));
                    if played.statuses.unknown && !state.real {
                        let why = played.unknown.as_ref();
                        let why = why.map_or("", |cause| cause.why.as_str());
                        let word = why_word(played);
                        *unknown.entry(format!("{word}: {why}")).or_default() += 1;
                    }
                    if let Some(what) = scene.lacks(&told.shown()) {
                        *skipped.entry(what).or_default() += 1;
                        continue;
                    }
                    cases.push(Case {
                        scene,
                        state,
                        told,
                        claim,
                    });
                }
            }
        }
    }
    let of_real = cases.iter().filter(|case| case.state.real).count();
    println!("{} real servers, {of_real} runs against them", real.len());
    for program in without_server {
        println!("skipped: real servers for want of {program}");
    }
    // All of them take minutes: everyday runs take a sample that is the same every time.
    if told.is_empty() {
        let mut nth = 0;
        cases.retain(|_| {
            nth += 1;
            nth % SAMPLE == 0
        });
    }
    let start = Instant::now();
    let wrong = disagreements(&cases, &top);
    println!("took {} s", start.elapsed().as_secs());
    run::sweep(&[], &top);
    let _ = fs::remove_dir_all(&top);

    println!(
        "{} commands, {} runs; {claims} claims",
        commands.len(),
        cases.len()
    );
    for (what, count) in &skipped {
        println!("skipped: {count} runs for want of {what}");
    }
    for shell in &without {
        println!("skipped: all of {shell}, which is not installed");
    }
    let mut reasons: Vec<_> = unknown.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let count: usize = unknown.values().sum();
    println!("unknown: {count} of {claims}");
    for (why, count) in reasons.iter().take(10) {
        println!("  {count} × {why}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {} runs ended in a way that was ruled out:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    if only.is_some() {
        return;
    }
    assert!(commands.len() >= 200, "{} commands", commands.len());
    if without.is_empty() {
        may_not_grow(count, claims);
    }
}

fn why_word(played: &Played) -> &str {
    let cause = played.unknown.as_ref();
    cause.map_or("", |cause| cause.word.as_str())
}

/// The share of unknown is written down, and a change that makes it larger is refused.
fn may_not_grow(count: usize, claims: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/truth/unknown.txt");
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<usize> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [allowed, of] = numbers[..] else {
        panic!("unknown.txt reads: unknown may be at most N of M");
    };
    assert!(
        count * of <= allowed * claims,
        "unknown: {count} of {claims}, and unknown.txt allows {allowed} of {of}"
    );
}

/// Runs everything, the worlds that hang many at a time for they only wait. A run that disagrees is run again alone,
/// and once more with more time, before it counts: a machine under load is slow, not wrong.
fn disagreements(cases: &[Case<'_>], top: &Path) -> Vec<String> {
    let waits = |case: &&Case<'_>| case.state.world == Some(World::Hung);
    let (slow, fast): (Vec<&Case<'_>>, Vec<&Case<'_>>) = cases.iter().partition(waits);
    let doubtful = Mutex::new(Vec::new());
    let number = AtomicUsize::new(0);
    let folder = || top.join(format!("run{}", number.fetch_add(1, Ordering::Relaxed)));
    thread::scope(|scope| {
        for (queue, workers) in [(slow, 40), (fast, 6)] {
            let queue = Arc::new(Mutex::new(queue.into_iter()));
            for _ in 0..workers {
                let queue = queue.clone();
                let (doubtful, folder) = (&doubtful, &folder);
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().unwrap().next();
                        let Some(case) = next else { break };
                        let truth = run(case.scene, &case.told, &folder(), TIMEOUT);
                        if case.objection(truth).is_some() {
                            doubtful.lock().unwrap().push(case);
                        }
                    }
                });
            }
        }
    });
    let doubtful = doubtful.into_inner().unwrap();
    println!("{} runs are tried again, each alone", doubtful.len());
    let again = |case: &Case<'_>, limit| {
        let truth = run(case.scene, &case.told, &folder(), limit);
        case.objection(truth)
    };
    doubtful
        .into_iter()
        .filter_map(|case| {
            again(case, TIMEOUT)?;
            again(case, 5 * TIMEOUT)
        })
        .collect()
}
