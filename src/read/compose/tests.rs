//! Small projects and what is read from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::draft::{Notation, Place, YamlQuote, YamlShape};
use crate::model::probe::{Form, Probe};
use crate::model::project::Condition;
use crate::model::rejected::Rejected;

fn project(files: &[(&str, &str)]) -> Reading {
    let map: BTreeMap<String, Arc<str>> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Arc::from(*text)))
        .collect();
    read(&[files[0].0.to_owned()], &map, &Surroundings::default())
}

fn one(text: &str) -> Reading {
    project(&[("compose.yaml", text)])
}

/// A file with one service `a`, whose `healthcheck` holds these lines.
fn check(lines: &str) -> Reading {
    let lines = lines.lines().map(|line| ["      ", line, "\n"].concat());
    let lines = lines.collect::<String>();
    one(&format!(
        "services:\n  a:\n    image: x\n    healthcheck:\n{lines}"
    ))
}

fn probe<'a>(reading: &'a Reading, name: &str) -> &'a Probe {
    service(reading, name)
        .probe
        .as_ref()
        .expect("it has a check")
}

fn service<'a>(reading: &'a Reading, name: &str) -> &'a Service {
    let mut services = reading.project.services.iter();
    services
        .find(|service| service.name.value == name)
        .expect("it is there")
}

/// The test as one line: how it is run, then its words.
fn test(reading: &Reading, name: &str) -> String {
    let Some(test) = &probe(reading, name).test else {
        return "-".to_owned();
    };
    let words = |words: &[crate::text::Traced]| -> String {
        words
            .iter()
            .map(|word| ["|".to_owned(), word.shown()].concat())
            .collect()
    };
    match &test.value.form {
        Form::Exec(list) => format!("exec{}", words(list)),
        Form::Shell {
            script, dropped, ..
        } => format!("shell|{}{}", script.shown(), words(dropped)),
        Form::Unheaded(list) => format!("unheaded{}", words(list)),
    }
}

/// What was rejected, as `word: reason`.
fn rejected(reading: &Reading) -> Vec<String> {
    let say = |rejected: &Rejected| {
        format!(
            "{}: {}",
            reading.sources.slice(rejected.span),
            rejected.reason
        )
    };
    reading.project.rejected.iter().map(say).collect()
}

fn sound(reading: &Reading) {
    assert_eq!(reading.faults, []);
    assert_eq!(reading.project.rejected, []);
}

#[test]
fn every_form_of_a_test_is_read() {
    for (lines, expected) in [
        ("test: curl -f x", "shell|curl -f x"),
        ("test: ['CMD', 'curl', x]", "exec|curl|x"),
        ("test: [CMD-SHELL, 'a || b']", "shell|a || b"),
        ("test: [CMD-SHELL, curl, -f, x]", "shell|curl|-f|x"),
        ("test:\n  - CMD\n  - yes", "exec|yes"),
        ("test: [curl, x]", "unheaded|curl|x"),
        ("test: [cmd, x]", "unheaded|cmd|x"),
        ("test: ['']", "unheaded|"),
        ("test: ''", "shell|"),
        ("test: NONE", "shell|NONE"),
        ("test: []", "-"),
        ("test: ! pgrep x", "shell|pgrep x"),
        ("test: >\n  curl\n  x", "shell|curl x\n"),
        ("interval: 5s", "-"),
        ("test: [CMD-SHELL, 'a $$b']", "shell|a $b"),
        ("test: 'curl ${HOST:-h}:$PORT'", "shell|curl h:$PORT"),
    ] {
        let reading = check(lines);
        sound(&reading);
        assert_eq!(test(&reading, "a"), expected, "{lines}");
    }
    for lines in ["test: [CMD]", "test: [CMD-SHELL]"] {
        let reading = check(lines);
        assert_eq!(test(&reading, "a"), "exec", "{lines}");
        assert!(rejected(&reading)[0].contains("has no command"), "{lines}");
    }
    let reading = check("test: [NONE, x]");
    sound(&reading);
    let disabled = probe(&reading, "a").disabled.unwrap();
    assert_eq!(reading.sources.slice(disabled), "NONE");
}

#[test]
fn what_the_schema_rejects_is_recorded_with_its_place_and_reason() {
    for (lines, expected) in [
        (
            "test:",
            "test: services.a.healthcheck.test must be a string",
        ),
        (
            "test: {a: b}",
            "{a: b}: services.a.healthcheck.test must be a string",
        ),
        (
            "test: [CMD, 1]",
            "1: services.a.healthcheck.test.1 must be a string",
        ),
        (
            "test: [CMD, true]",
            "true: services.a.healthcheck.test.1 must be a string",
        ),
        (
            "interval: 30",
            "30: services.a.healthcheck.interval must be a string",
        ),
        (
            "interval: null",
            "null: services.a.healthcheck.interval must be a string",
        ),
        (
            "interval: '30'",
            "'30': time: missing unit in duration \"30\"",
        ),
        (
            "interval: 1M",
            "1M: time: unknown unit \"M\" in duration \"1M\"",
        ),
        (
            "interval: -5s",
            "-5s: Interval in Healthcheck cannot be less than 1ms",
        ),
        (
            "retries: true",
            "true: services.a.healthcheck.retries must be a number or string",
        ),
        (
            "retries: -1",
            "-1: cannot parse value as 'uint64': -1 overflows uint",
        ),
        (
            "disable: maybe",
            "maybe: failed to cast to expected type: invalid boolean: maybe",
        ),
        (
            "disable: 1",
            "1: services.a.healthcheck.disable must be a boolean or string",
        ),
        (
            "start-period: 5s",
            "start-period: services.a.healthcheck additional properties 'start-period' not allowed",
        ),
        (
            "start_interval: 5s",
            "start_interval: healthcheck.start_interval requires healthcheck.start_period to be set",
        ),
        (
            "test: 'a ${b c}'",
            "${b c}: invalid interpolation format for services.a.healthcheck.test: Compose takes `${` for a variable",
        ),
        (
            "test: awk '{print $2}'",
            "$2: Compose before 2.11.2 takes this `$` for a variable",
        ),
        (
            "test: \"grep \\d x\"",
            "\\d: found unknown escape character",
        ),
    ] {
        let reading = check(lines);
        assert_eq!(reading.faults, [], "{lines}");
        assert_eq!(rejected(&reading), [expected], "{lines}");
        assert_eq!(
            reading.project.rejected[0].service.as_deref(),
            Some("a"),
            "{lines}"
        );
    }
    assert!(
        rejected(&check("test: x\ntest: y"))[0].starts_with("test: the key `test` stands twice")
    );
    for (text, expected) in [
        (
            "services: {a: {image: x, healthcheck: }}",
            "healthcheck: services.a.healthcheck must be a mapping",
        ),
        (
            "services: {a: {image: x, healthcheck: []}}",
            "[]: services.a.healthcheck must be a mapping",
        ),
        (
            "services: {a: {image: x, health_check: {}}}",
            "health_check: services.a additional properties 'health_check' not allowed",
        ),
    ] {
        assert_eq!(rejected(&one(text)), [expected]);
    }
}

#[test]
fn near_misses_of_keys_are_named() {
    let nearest = |lines: &str| match &check(lines).project.rejected[0].kind {
        RejectedKind::UnknownSetting { nearest, .. } => nearest.clone(),
        _ => None,
    };
    for (key, expected) in [
        ("start-period", Some("start_period")),
        ("startPeriod", Some("start_period")),
        ("Interval", Some("interval")),
        ("retry", Some("retries")),
        ("tests", Some("test")),
        ("command", None),
    ] {
        assert_eq!(nearest(&format!("{key}: 5s")).as_deref(), expected, "{key}");
    }
    assert_eq!(nearest("interval: 5s\nintervall: 5s"), None);
}

#[test]
fn times_and_counts_have_their_values() {
    let reading = check("test: x\ninterval: 1m30s\ntimeout: \"0\"\nstart_period: 1d\nretries: 010");
    sound(&reading);
    let timing = &probe(&reading, "a").timing;
    assert_eq!(
        timing.interval.as_ref().unwrap().value.value,
        Some(Duration::from_secs(90))
    );
    assert_eq!(
        timing.timeout.as_ref().unwrap().value.value,
        Some(Duration::ZERO)
    );
    assert_eq!(
        timing.start_period.as_ref().unwrap().value.value,
        Some(Duration::from_secs(86_400))
    );
    assert_eq!(timing.retries.as_ref().unwrap().value.value, Some(8));
    for (retries, expected) in [("\"010\"", 10), ("3.5", 3), ("1e2", 100)] {
        let reading = check(&format!("retries: {retries}"));
        let value = probe(&reading, "a")
            .timing
            .retries
            .as_ref()
            .unwrap()
            .value
            .value;
        assert_eq!(value, Some(expected), "{retries}");
    }
    let reading = check("interval: ${I}");
    sound(&reading);
    assert_eq!(
        probe(&reading, "a")
            .timing
            .interval
            .as_ref()
            .unwrap()
            .value
            .value,
        None
    );
}

#[test]
fn anchors_and_merges_say_where_they_were_written() {
    let reading = one(
        "x-h: &h {interval: 5s, retries: 4}\nservices:\n  a:\n    image: x\n    healthcheck: &own\n      <<: *h\n      \
         test: x\n      retries: 9\n  b:\n    image: x\n    healthcheck: *own\n",
    );
    sound(&reading);
    let at = |span| reading.sources.slice(span);
    let timing = &probe(&reading, "a").timing;
    let interval = timing.interval.as_ref().unwrap();
    assert_eq!(
        (at(interval.span), interval.through.map(at)),
        ("5s", Some("*h"))
    );
    let retries = timing.retries.as_ref().unwrap();
    assert_eq!((at(retries.span), retries.through.map(at)), ("9", None));
    let shared = probe(&reading, "b").test.as_ref().unwrap();
    assert_eq!(
        (at(shared.span), shared.through.map(at)),
        ("x", Some("*own"))
    );
    assert!(matches!(shared.value.notation, Notation::Fixed));
    assert!(matches!(probe(&reading, "b").place, Place::Nowhere));
    assert_eq!(probe(&reading, "a").shared_by, ["a", "b"]);
}

#[test]
fn overrides_merge_field_by_field() {
    let base = "services:\n  a:\n    image: x\n    healthcheck:\n      test: [CMD, base]\n      interval: 5s\n";
    for (over, expected) in [
        ("{test: [CMD-SHELL, over]}", "shell|over 5s"),
        ("{test: over}", "shell|over 5s"),
        ("{test: []}", "- 5s"),
        ("{}", "exec|base 5s"),
        ("", "exec|base 5s"),
        ("!override {test: [CMD, new]}", "exec|new -"),
        ("{test: !reset null}", "- 5s"),
        ("{interval: !reset 9s, test: [CMD, o]}", "exec|o -"),
    ] {
        let over = format!("services:\n  a:\n    healthcheck: {over}\n");
        let reading = project(&[("compose.yaml", base), ("compose.override.yaml", &over)]);
        sound(&reading);
        let interval = &probe(&reading, "a").timing.interval;
        let interval = interval
            .as_ref()
            .map_or("-", |interval| reading.sources.slice(interval.span));
        assert_eq!(
            format!("{} {interval}", test(&reading, "a")),
            expected,
            "{over}"
        );
        let documents = one(&format!("{base}---\n{over}"));
        assert_eq!(test(&documents, "a"), test(&reading, "a"));
    }
    let reading = project(&[
        ("compose.yaml", base),
        (
            "compose.override.yml",
            "services: {a: {healthcheck: !reset null}}",
        ),
    ]);
    assert!(service(&reading, "a").probe.is_none());
    let alone = one("services: {a: {healthcheck: {interval: 5s}, environment: !reset {A: b}}}");
    assert!(!service(&alone, "a").complete);
    let parts = one(
        "services: {a: {build: {target: dev}, healthcheck: {start_interval: 5s}}, b: {healthcheck: }}",
    );
    sound(&parts);
    assert!(!service(&parts, "a").complete);
    assert!(service(&alone, "a").environment.is_empty());
}

#[test]
fn services_extend_others_here_and_elsewhere() {
    let reading = project(&[
        (
            "app/compose.yaml",
            "services:\n  base: {image: x, healthcheck: {test: [CMD, b], interval: 3s}}\n  \
             a: {extends: base, healthcheck: {test: [CMD, o]}}\n  \
             c: {extends: {file: ../lib/c.yaml, service: far}}\n",
        ),
        (
            "lib/c.yaml",
            "services:\n  far: {extends: farther, image: y}\n  farther: {healthcheck: {test: far}, build: .}\n",
        ),
    ]);
    sound(&reading);
    assert_eq!(test(&reading, "a"), "exec|o");
    let interval = probe(&reading, "a").timing.interval.as_ref().unwrap();
    assert_eq!(reading.sources.slice(interval.span), "3s");
    assert_eq!(reading.sources.slice(interval.through.unwrap()), "base");
    assert_eq!(test(&reading, "c"), "shell|far");
    assert!(service(&reading, "c").complete && service(&reading, "a").complete);
    assert_eq!(reading.project.files.len(), 2);
}

#[test]
fn what_leads_nowhere_is_a_fault_with_its_place() {
    for (text, place, words) in [
        (
            "services: {a: {extends: nope}}",
            "nope",
            "there is no such service",
        ),
        (
            "services: {a: {extends: b}, b: {extends: a}}",
            "a",
            "runs in a circle",
        ),
        (
            "services: {a: {extends: {file: no.yaml, service: a}}}",
            "no.yaml",
            "there is no such file",
        ),
        (
            "include: [no.yaml]\nservices: {}",
            "no.yaml",
            "there is no such file",
        ),
        (
            "include: [compose.yaml]\nservices: {}",
            "compose.yaml",
            "includes itself",
        ),
        ("- a\n", "- a", "a mapping at its top"),
        ("a: [b\n", "[", "never closed"),
        (
            "services: {a: {image: x}, a: {image: y}}",
            "a",
            "stands twice",
        ),
    ] {
        let reading = one(text);
        assert!(!reading.faults.is_empty(), "{text}");
        let fault = &reading.faults[0];
        assert_eq!(reading.sources.slice(fault.span.unwrap()), place, "{text}");
        assert!(fault.message.contains(words), "{text}: {}", fault.message);
    }
    let reading = read(
        &["compose.yaml".into()],
        &BTreeMap::new(),
        &Surroundings::default(),
    );
    assert_eq!(reading.faults.len(), 1);
}

#[test]
fn files_outside_are_unknown_and_silent() {
    struct Fenced(Arc<str>);
    impl Files for Fenced {
        fn read(&self, path: &str) -> Result<Arc<str>, crate::read::Unread> {
            if path == "compose.yaml" {
                Ok(Arc::clone(&self.0))
            } else {
                Err(crate::read::Unread::Outside)
            }
        }
    }
    let text = "include: [../o.yaml]\nservices: {a: {image: x, depends_on: [o], extends: {file: ../b.yaml, service: b}}}";
    let reading = read(
        &["compose.yaml".into()],
        &Fenced(Arc::from(text)),
        &Surroundings::default(),
    );
    sound(&reading);
    assert!(!service(&reading, "a").complete);
}

#[test]
fn variables_come_from_the_env_file_and_the_callers_environment() {
    let files: BTreeMap<String, Arc<str>> = [
        ("p/compose.yaml", "include: [{path: i/i.yaml, env_file: i.env}, j/j.yaml]\nservices: {a: {image: \"$IMAGE:$TAG\", healthcheck: {test: 'x $P $Q'}}}"),
        ("p/.env", "P=env\nIMAGE=img\nTAG=1\n"),
        ("p/i/i.yaml", "services: {i: {image: \"$OWN-$P\"}}"),
        ("p/i.env", "OWN=own\nP=lost\n"),
        ("p/j/j.yaml", "services: {j: {image: \"$J\"}}"),
        ("p/j/.env", "J=jay\n"),
    ]
    .map(|(path, text)| (path.to_owned(), Arc::from(text)))
    .into();
    let environment = [("TAG".to_owned(), "2".to_owned())].into();
    let reading = read(
        &["p/compose.yaml".into()],
        &files,
        &Surroundings { environment },
    );
    sound(&reading);
    let image = |name: &str| {
        service(&reading, name)
            .image
            .as_ref()
            .unwrap()
            .value
            .as_str()
            .to_owned()
    };
    assert_eq!(image("a"), "img:2");
    assert_eq!(image("i"), "own-env");
    assert_eq!(image("j"), "jay");
    assert_eq!(test(&reading, "a"), "shell|x $P $Q");
}

#[test]
fn dependencies_in_all_their_forms() {
    let reading = one(
        "services:\n  a:\n    image: x\n    depends_on: {b: {condition: service_healthy, required: false}}\n    \
         links: ['c:alias']\n    network_mode: 'service:d'\n  b: {image: x, depends_on: [c]}\n  c: {image: x}\n  \
         d: {image: x}\n---\nservices: {b: {depends_on: {c: {condition: service_healthy}}}, a: {depends_on: [b]}}\n",
    );
    sound(&reading);
    let found = |name: &str| -> Vec<(String, Condition, bool)> {
        let all = service(&reading, name).depends_on.iter();
        all.map(|one| (one.service.value.clone(), one.condition.value, one.explicit))
            .collect()
    };
    assert_eq!(
        found("a"),
        [
            ("b".into(), Condition::Started, true),
            ("c".into(), Condition::Started, false),
            ("d".into(), Condition::Started, false),
        ]
    );
    assert_eq!(found("b"), [("c".into(), Condition::Healthy, true)]);
    let undefined = |text: &str| one(text).project.rejected;
    let known = undefined("services: {a: {image: x, depends_on: [zz]}}");
    assert_eq!(
        known[0].kind,
        RejectedKind::UndefinedDependency { name: "zz".into() }
    );
    assert_eq!(undefined("services: {a: {depends_on: [zz]}}"), []);
    let text = "services: {a: {image: x, depends_on: [zz]}}";
    sound(&project(&[("docker-compose.tools.yml", text)]));
}

#[test]
fn the_rest_of_a_service_is_read() {
    let reading = one(
        "version: '2'\nservices:\n  a:\n    build: {context: ./app, dockerfile: D}\n    environment: [A=1, B, 'C=$$x']\n    \
         ports: ['127.0.0.1:8080:80/tcp', 53, {target: 9, published: '10'}]\n    \
         volumes: ['./x:/data:ro', '/anon', {type: bind, target: /t}]\n    tmpfs: /run:size=1m\n    command: [a, b]\n    \
         entrypoint: run me\n    init: true\n    profiles: [p]\n    user: '1000'\n    restart: 'no'\n    env_file: .env\n",
    );
    sound(&reading);
    let a = service(&reading, "a");
    let environment: Vec<_> = a
        .environment
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.value.as_ref().map(crate::text::Traced::as_str),
            )
        })
        .collect();
    assert_eq!(
        environment,
        [("A", Some("1")), ("B", None), ("C", Some("$x"))]
    );
    let ports: Vec<_> = a
        .ports
        .iter()
        .map(|port| (port.host, port.container))
        .collect();
    assert_eq!(
        ports,
        [
            (Some(8080), Some(80)),
            (None, Some(53)),
            (Some(10), Some(9))
        ]
    );
    let mounts: Vec<_> = a.mounts.iter().map(|mount| mount.value.as_str()).collect();
    assert_eq!(mounts, ["/data", "/anon", "/t", "/run"]);
    assert_eq!(a.profiles, ["p"]);
    assert!(a.complete && a.has_env_file && a.init.as_ref().unwrap().value);
}

#[test]
fn tests_are_noted_as_they_are_written() {
    let shape = |lines: &str| match &probe(&check(lines), "a")
        .test
        .as_ref()
        .unwrap()
        .value
        .notation
    {
        Notation::Yaml { shape, quote, .. } => Some((shape.clone(), *quote)),
        _ => None,
    };
    assert_eq!(
        shape("test: x"),
        Some((YamlShape::String, YamlQuote::Plain))
    );
    assert_eq!(
        shape("test: \"x\""),
        Some((YamlShape::String, YamlQuote::Double))
    );
    assert_eq!(
        shape("test: |\n  x"),
        Some((YamlShape::String, YamlQuote::Block))
    );
    assert_eq!(
        shape("test: ['CMD', 'x']"),
        Some((YamlShape::FlowList, YamlQuote::Single))
    );
    let block = YamlShape::BlockList {
        indent: " ".repeat(8),
        newline: "\n",
    };
    assert_eq!(
        shape("test:\n  - CMD\n  - x"),
        Some((block, YamlQuote::Plain))
    );
    assert_eq!(shape("test:\n  - CMD # why\n  - x"), None);
}

#[test]
fn new_settings_find_their_place() {
    use crate::text::apply;
    for (text, expected) in [
        (
            "services:\n  a:\n    image: x\n    healthcheck:\n      test: x # why\n\n  b: {image: y}\n",
            "services:\n  a:\n    image: x\n    healthcheck:\n      test: x # why\n      interval: 5s\n\n  b: {image: y}\n",
        ),
        (
            "services: {a: {image: x, healthcheck: {test: x}}}",
            "services: {a: {image: x, healthcheck: {test: x, interval: 5s}}}",
        ),
        (
            "services:\r\n  a:\r\n    healthcheck:\r\n      test: |\r\n        x\r\n\r\n",
            "services:\r\n  a:\r\n    healthcheck:\r\n      test: |\r\n        x\r\n      interval: 5s\r\n\r\n",
        ),
    ] {
        let reading = one(text);
        let edit = probe(&reading, "a").place.add("interval", "5s").unwrap();
        assert_eq!(apply(text, &[edit]), expected);
    }
}

#[test]
fn allow_comments_cover_line_entry_or_service() {
    let text = "services:\n  # healthlint: allow(one) all of it\n  a:\n    image: x # healthlint: allow(two)\n    \
                healthcheck: # healthlint: allow(three)\n      test: x\n  b: {image: y}\n";
    let reading = one(text);
    let scopes: Vec<_> = reading
        .project
        .allows
        .iter()
        .map(|allow| reading.sources.slice(allow.scope).trim())
        .collect();
    assert!(scopes[0].starts_with("a:") && scopes[0].ends_with("test: x"));
    assert!(scopes[1].starts_with("image: x"), "{}", scopes[1]);
    assert!(scopes[2].starts_with("healthcheck:") && scopes[2].ends_with("test: x"));
}

#[test]
fn real_files_are_read_without_harm() {
    let mut folders = vec![
        std::path::PathBuf::from("../shared/corpus/compose"),
        std::path::PathBuf::from("../../shared/corpus/compose"),
    ];
    let mut files: BTreeMap<String, Arc<str>> = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.insert(
                    path.display().to_string().replace('\\', "/"),
                    Arc::from(text),
                );
            }
        }
    }
    if files.is_empty() {
        return;
    }
    let (mut services, mut probes) = (0, 0);
    for path in files.keys() {
        let reading = read(std::slice::from_ref(path), &files, &Surroundings::default());
        services += reading.project.services.len();
        probes += reading
            .project
            .services
            .iter()
            .filter(|service| service.probe.is_some())
            .count();
    }
    assert!(
        services > 1000 && probes > 300,
        "{services} services, {probes} checks"
    );
}

#[test]
fn hostile_projects_are_read_without_harm() {
    let chain: String = (1..5000)
        .map(|at| {
            [
                "  s",
                &at.to_string(),
                ": {extends: s",
                &(at + 1).to_string(),
                "}\n",
            ]
            .concat()
        })
        .collect();
    let reading = one(&format!("services:\n{chain}"));
    assert!(!reading.faults.is_empty());
    let twice: Vec<(String, String)> = (0..40)
        .map(|at| {
            let next = format!("i{}.yaml", at + 1);
            (
                format!("i{at}.yaml"),
                format!("include: [{next}, {next}]\nservices: {{s{at}: {{image: x}}}}\n"),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = twice
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    assert!(!project(&files).faults.is_empty());
    let nasty = "services:\n  a: &a\n    extends: {service: b}\n    healthcheck: &h\n      <<: [*a, *a]\n      test: [\"CMD\", \"\\s$x${y:-\"]\n  \
                 b:\n    depends_on: {a: {condition: x}}\n    build: {context: ., args: [A=1]}\n    ports: ['1:2:3:4']\n# healthlint: allow(x)\n";
    for at in (0..nasty.len()).filter(|at| nasty.is_char_boundary(*at)) {
        let rest = nasty[at..].chars().next().map_or(0, char::len_utf8);
        for text in [
            nasty[..at].to_owned(),
            format!("{}{}", &nasty[..at], &nasty[at + rest..]),
        ] {
            let reading = one(&text);
            for rejected in &reading.project.rejected {
                assert!(rejected.span.end as usize <= text.len());
            }
        }
    }
}
