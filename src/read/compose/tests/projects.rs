//! What several files, documents and services come to together.

use super::*;

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
            "leads back to its own file",
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

        fn look(&self, _path: &str) -> crate::model::file::Seen {
            crate::model::file::Seen::Unknown
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
        RejectedKind::UndefinedDependency {
            name: "zz".into(),
            nearest: None
        }
    );
    assert_eq!(undefined("services: {a: {depends_on: [zz]}}"), []);
    let circle = undefined(
        "services: {a: {image: x, depends_on: [b]}, b: {image: x, links: [c]}, c: {image: x, depends_on: [b]}}",
    );
    assert_eq!(circle[0].reason, "dependency cycle detected: b -> c -> b");
    let ring = ["b", "c", "b"].map(str::to_owned).to_vec();
    assert_eq!(circle[0].kind, RejectedKind::DependencyCycle { ring });
    assert_eq!(circle.len(), 1);
    let text = "services: {a: {image: x, depends_on: [zz]}}";
    sound(&project(&[("docker-compose.tools.yml", text)]));
}

#[test]
fn the_rest_of_a_service_is_read() {
    let reading = one(
        "version: '2'\nservices:\n  a:\n    build: {context: ./app, dockerfile: D}\n    environment: [A=1, B, 'C=$$x']\n    \
         ports: ['127.0.0.1:8080:80/tcp', 53, {target: 9, published: '10'}]\n    \
         volumes: ['./x:/data:ro', '/anon', {type: bind, target: /t}]\n    tmpfs: /run:size=1m\n    command: [a, b]\n    \
         entrypoint: run me\n    init: true\n    profiles: [p]\n    user: '1000'\n    restart: 'no'\n    env_file: .env\n    deploy: {replicas: 0}\n",
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
    assert!(a.without_container);
    assert!(a.complete && a.has_env_file && a.init.as_ref().unwrap().value);
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

#[test]
fn values_of_the_environment_stand_in_no_message() {
    let text = "include: [$X.yaml]\nservices:\n  a: {extends: $X, image: x}\n  b: {extends: {file: $X.yaml, service: $X}}\n  \
                c: {image: x, depends_on: [$X], profiles: [$X], healthcheck: {interval: $X, retries: $X, disable: $X, test: $X}}\n";
    let reading = project(&[("compose.yaml", text), (".env", "X=hidden\n")]);
    let told = format!("{:?} {:?}", reading.faults, reading.project.rejected);
    assert!(!reading.faults.is_empty());
    assert!(!told.contains("hidden"), "{told}");
}

#[test]
fn a_build_starts_from_its_projects_folder() {
    let files: BTreeMap<String, Arc<str>> = [
        (
            "a/compose.yaml",
            "services: {x: {build: .}, y: {extends: {file: ../c/c.yaml, service: z}}}",
        ),
        ("b/more.yaml", "services: {x: {build: {dockerfile: D}}}"),
        ("c/c.yaml", "services: {z: {build: {}}}"),
        ("a/D", "FROM one\n"),
        ("c/Dockerfile", "FROM two\n"),
    ]
    .map(|(path, text)| (path.to_owned(), Arc::from(text)))
    .into();
    let paths = ["a/compose.yaml".to_owned(), "b/more.yaml".to_owned()];
    let reading = read(&paths, &files, &Surroundings::default());
    sound(&reading);
    let context = |name: &str| {
        let build = service(&reading, name).build.as_ref().unwrap();
        build.build.as_ref().unwrap().context.clone()
    };
    assert_eq!(context("x").as_deref(), Some("a"));
    assert_eq!(context("y").as_deref(), Some("c"));
}
