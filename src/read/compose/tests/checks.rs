//! What one `healthcheck:` comes to, and what the schema rejects in it.

use super::*;

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
