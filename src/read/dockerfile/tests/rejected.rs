//! What BuildKit refuses, with its words and places.

use super::*;

#[test]
fn what_buildkit_rejects_is_recorded_with_its_words_and_place() {
    let duration = |setting: &str, meant: Option<&str>| RejectedKind::Duration {
        setting: setting.to_owned(),
        meant: meant.map(str::to_owned),
    };
    let unknown = |name: &str, nearest: Option<&str>| RejectedKind::UnknownSetting {
        name: name.to_owned(),
        nearest: nearest.map(str::to_owned),
    };
    let other = RejectedKind::Other;
    let table = [
        (
            "--interval=30 CMD x",
            "30",
            duration("--interval", Some("30s")),
            "time: missing unit in duration \"30\"",
        ),
        (
            "--interval=1d CMD x",
            "1d",
            duration("--interval", Some("24h")),
            "time: unknown unit \"d\" in duration \"1d\"",
        ),
        (
            "--interval=-5s CMD x",
            "-5s",
            duration("--interval", None),
            "Interval \"interval\" cannot be less than 1ms",
        ),
        (
            "--timeout=999us CMD x",
            "999us",
            duration("--timeout", None),
            "Interval \"timeout\" cannot be less than 1ms",
        ),
        (
            "--start-interval=1ns CMD x",
            "1ns",
            duration("--start-interval", None),
            "Interval \"start-interval\" cannot be less than 1ms",
        ),
        (
            "--interval=${I} CMD x",
            "${I}",
            duration("--interval", None),
            "time: invalid duration \"${I}\"",
        ),
        (
            "--retries=-1 CMD x",
            "-1",
            other.clone(),
            "--retries cannot be negative (-1)",
        ),
        (
            "--retries=x CMD x",
            "x",
            other.clone(),
            "strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (
            "--retries=3000000000 CMD x",
            "3000000000",
            other.clone(),
            "strconv.ParseInt: parsing \"3000000000\": value out of range",
        ),
        (
            "--start_period=3s CMD x",
            "--start_period",
            unknown("--start_period", Some("--start-period")),
            "unknown flag: --start_period (did you mean start-period?)",
        ),
        (
            "--disable CMD x",
            "--disable",
            unknown("--disable", None),
            "unknown flag: --disable",
        ),
        (
            "--interval 30s CMD x",
            "--interval 30s",
            unknown("--interval 30s", Some("--interval=30s")),
            "missing a value on flag: --interval",
        ),
        (
            "--interval CMD x",
            "--interval",
            other.clone(),
            "missing a value on flag: --interval",
        ),
        (
            "--retries=1 --retries=2 CMD x",
            "--retries=2",
            other.clone(),
            "duplicate flag specified: --retries",
        ),
        (
            "CMD [\"a\", 1]",
            "1",
            RejectedKind::UntypedItem,
            "when using JSON array syntax, arrays must be comprised of strings only",
        ),
        (
            "CMD",
            "CMD",
            other.clone(),
            "Missing command after HEALTHCHECK CMD",
        ),
        (
            "curl x",
            "curl",
            other.clone(),
            "Unknown type \"CURL\" in HEALTHCHECK (try CMD)",
        ),
        (
            "NONE x",
            "x",
            other.clone(),
            "HEALTHCHECK NONE takes no arguments",
        ),
        (
            "",
            "HEALTHCHECK",
            other.clone(),
            "HEALTHCHECK requires at least one argument",
        ),
    ];
    for (line, culprit, kind, reason) in table {
        let text = format!("FROM a\nHEALTHCHECK {line}\nRUN y");
        let reading = reading(&text);
        let build = reading.project.build.unwrap();
        assert_eq!(reading.faults, [], "{line}");
        let [rejected] = &build.rejected[..] else {
            panic!("{line}: {:?}", build.rejected);
        };
        assert_eq!(&text[rejected.span.range()], culprit, "{line}");
        assert_eq!(
            (&rejected.kind, &rejected.reason[..]),
            (&kind, reason),
            "{line}"
        );
        assert_eq!(build.stages[0].steps.len(), 2, "{line}");
    }
    for (lines, expected) in [
        (
            "HEALTHCHEK CMD x\nHEALTHCHECK CMD [\"curl\",\n \"-f\",\n \"x\"]",
            &["HEALTHCHEK", "\"-f\",", "\"x\"]"][..],
        ),
        ("HEALTHCHECK CMD <<EOF\ncurl x\nEOF", &["curl", "EOF"]),
    ] {
        let text = format!("FROM a\n{lines}\n");
        let reading = reading(&text);
        assert_eq!(reading.faults, []);
        let rejected = reading.project.build.unwrap().rejected;
        let culprits: Vec<_> = rejected.iter().map(|it| &text[it.span.range()]).collect();
        assert_eq!(culprits, expected);
    }
}

#[test]
fn what_stops_the_build_is_a_fault_once() {
    let fault = |text: &str| {
        let reading = reading(text);
        let faults: Vec<_> = reading
            .faults
            .iter()
            .map(|fault| {
                let range = fault.span.unwrap().range();
                (text[range].to_owned(), fault.message.clone())
            })
            .collect();
        assert!(faults.len() < 2, "{faults:?}");
        faults.into_iter().next()
    };
    let culprit = |text: &str| fault(text).map(|fault| fault.0);
    assert_eq!(culprit("FROM a\nRUNN x\nNOPE y\n").as_deref(), Some("RUNN"));
    assert_eq!(
        culprit("HEALTHCHECK CMD x\nRUN y").as_deref(),
        Some("HEALTHCHECK")
    );
    assert_eq!(culprit("# nothing").as_deref(), Some(""));
    assert_eq!(culprit("FROM a\nRUN <<E\nx").as_deref(), Some("<<E"));
    assert_eq!(culprit("# syntax=example.org/other\nWHAT x"), None);
    assert_eq!(
        culprit("# syntax=docker/dockerfile:1.7\nWHAT x").as_deref(),
        Some("WHAT")
    );
    assert_eq!(culprit("FROM a\nRUN x \\\n\n y\n"), None);
    let empty: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let missing = read("Dockerfile", &empty);
    assert_eq!(missing.faults.len(), 1);
    assert!(missing.project.build.is_none());
}
