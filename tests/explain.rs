//! `healthlint explain`: told in at most 80 columns, without colours in a pipe, and never a value from `.env`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use healthlint::check::{Options, Unit, check, inspect};
use healthlint::explain::explain;
use healthlint::report::explained;
use serde_json::{Value, json};

use crate::laws;
use crate::pages::EVALUATED;

type Texts = BTreeMap<String, Arc<str>>;

fn texts(files: &[(&str, &str)]) -> Texts {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), Arc::from(*text)))
        .collect()
}

fn unit(files: &Texts) -> Unit {
    if files.contains_key("compose.yaml") {
        Unit::Compose(vec!["compose.yaml".to_owned()])
    } else {
        Unit::Dockerfile("Dockerfile".to_owned())
    }
}

fn told(files: &Texts, unit: &Unit, color: bool) -> String {
    let options = Options::default();
    let inspected = inspect(unit, files, &options, |context, findings| {
        explain(context, findings, None)
    });
    explained::render(&inspected.sources, &inspected.made, color)
}

fn json_of(files: &Texts) -> Value {
    let options = Options::default();
    let inspected = inspect(&unit(files), files, &options, |context, findings| {
        explain(context, findings, None)
    });
    let text = explained::render_json(&inspected.sources, &inspected.made);
    serde_json::from_str(&text).unwrap()
}

const LAYERED: &str = r#"x-check: &check
  interval: 10s
  retries: 5
services:
  web:
    image: nginx:1.27
    healthcheck:
      <<: *check
      test: ["CMD-SHELL", "curl -s \"http://127.0.0.1:${PORT:-80}/$$NAME\" | awk '{print}'"]
      timeout: 5s
      start_period: 1m
"#;

#[test]
fn a_check_is_told_layer_by_layer() {
    let files = texts(&[("compose.yaml", LAYERED)]);
    let expected = "\
web  compose.yaml:7  nginx:1.27

  what is run
    as written      [\"CMD-SHELL\", \"curl -s
                        \\\"http://127.0.0.1:${PORT:-80}/$$NAME\\\" | awk
                        '{print}'\"]
    after Compose   [\"CMD-SHELL\", \"curl -s \\\"http://127.0.0.1:80/$NAME\\\" | awk
                        '{print}'\"]
    /bin/sh (dash)  curl -s \"http://127.0.0.1:80/$NAME\"
                    | awk '{print}'

  where it comes from
    check           line 7
    test            line 9
    image           line 6

  when
    interval        10s        line 2, through `*check` (line 8)
    timeout         5s         line 10
    retries         5          line 3, through `*check` (line 8)
    start_period    1m         line 11
    start_interval  5s         the engine's default
    healthy         at the earliest 5s after the start
    unhealthy       at the latest 1m15s after the service fails: 5 × (10s + 5s)
                    at the latest 2m15s after a start that never succeeds

  what it says
    the service …           exit    Docker says
    answers 200             0       healthy
    answers 500             0       healthy      wrong: `curl` without `-f`
                                                   ends with 0 whatever the
                                                   HTTP status is
    answers 401             0       healthy      wrong
    refuses the connection  0       healthy      wrong: `awk` ends the
                                                   pipeline, and only the last
                                                   status counts
    accepts and hangs       killed  unhealthy    within 1m15s: 5 × (10s + 5s)

  findings
    error[cannot-fail] line 9: this check can never fail
";
    let told = told(&files, &unit(&files), false);
    assert_eq!(told, expected, "{told}");
}

/// What is told of a project with this one service, from this heading to the next.
fn section(service: &str, heading: &str) -> String {
    let files = texts(&[("compose.yaml", &format!("services:\n{service}"))]);
    let told = told(&files, &unit(&files), false);
    let start = told.find(heading).unwrap_or_else(|| panic!("{told}"));
    let section = &told[start..];
    section[..section.find("\n\n").unwrap_or(section.len())].to_owned()
}

#[test]
fn a_script_is_told_command_by_command() {
    let service = r#"  web:
    image: alpine:3.20
    healthcheck:
      test:
      - CMD-SHELL
      - |
        X=1 bash -c 'curl -f "http://$$HOST/" || exit 1' &
        if [ "$$(wget -qO- http://a.b/)" = ok ] && ! false; then
          echo "y" >/dev/null
        else for i in 1 2; do sleep $$i; done
        fi
"#;
    let expected = "\
what is run
    as written      - CMD-SHELL
                    - |
                      X=1 bash -c 'curl -f \"http://$$HOST/\" || exit 1' &
                      if [ \"$$(wget -qO- http://a.b/)\" = ok ] && ! false; then
                        echo \"y\" >/dev/null
                      else for i in 1 2; do sleep $$i; done
                      fi
    after YAML      [\"CMD-SHELL\", \"X=1 bash -c 'curl -f \\\"http://$$HOST/\\\" ||
                        exit 1' &\\nif [ \\\"$$(wget -qO- http://a.b/)\\\" = ok ] &&
                        ! false; then\\n  echo \\\"y\\\" >/dev/null\\nelse for i in 1
                        2; do sleep $$i; done\\nfi\\n\"]
    after Compose   [\"CMD-SHELL\", \"X=1 bash -c 'curl -f \\\"http://$HOST/\\\" ||
                        exit 1' &\\nif [ \\\"$(wget -qO- http://a.b/)\\\" = ok ] &&
                        ! false; then\\n  echo \\\"y\\\" >/dev/null\\nelse for i in 1
                        2; do sleep $i; done\\nfi\\n\"]
    /bin/sh (ash)   X=1 bash -c … &  (not in the image: `bash`)
                    if [ \"$(wget -qO- http://a.b/)\" = ok ]
                      && ! false
                    then echo y >/dev/null
                    else
                      for i in 1 2
                      do sleep $i
                      done
                    fi
    bash            curl -f \"http://$HOST/\"  (not in the image: `curl`)
                    || exit 1";
    let told = section(service, "what is run");
    assert_eq!(told, expected, "{told}");
}

#[test]
fn the_check_that_an_image_brings_is_told_like_one_s_own() {
    let image = "    image: axllent/mailpit:v1.20\n";
    let bare = section(&format!("  mail:\n{image}"), "what is run");
    assert!(
        bare.contains("engine stores   [\"CMD\", \"/mailpit\", \"readyz\"]"),
        "{bare}"
    );
    let settings = format!("  mail:\n{image}    healthcheck:\n      interval: 1m\n");
    assert_eq!(section(&settings, "what is run"), bare);
    let when = section(&settings, "when");
    assert!(when.contains("interval        1m         line 5"), "{when}");
    assert!(
        when.contains("start_period    10s        the image's own check"),
        "{when}"
    );
}

#[test]
fn what_hangs_on_a_hidden_setting_is_not_told() {
    let service = "  web:
    image: nginx:1.27
    healthcheck:
      test: curl -f http://127.0.0.1/
      interval: ${EVERY}
      retries: ${TIMES}
";
    let when = section(service, "when");
    let expected = "\
    healthy         not told, for `interval` and `retries` are not known here
    unhealthy       not told either";
    assert!(when.ends_with(expected), "{when}");
}

#[test]
fn what_is_not_followed_is_said() {
    let windows = "  web:
    image: mcr.microsoft.com/windows/servercore:ltsc2022
    healthcheck:
      test: [CMD, powershell, -Command, exit 0]
";
    let said = section(windows, "what it says");
    assert!(
        said.contains("what runs on Windows is not followed"),
        "{said}"
    );
    let unheaded = "  web:
    image: nginx:1.27
    healthcheck:
      test: [curl, -f, http://127.0.0.1]
";
    let said = section(unheaded, "nothing is run");
    assert_eq!(
        said,
        "nothing is run: the list starts with neither `CMD` nor `CMD-SHELL`"
    );
}

#[test]
fn each_setting_says_who_made_it() {
    let files = texts(&[
        (
            "Dockerfile",
            "FROM alpine:3.20\nHEALTHCHECK --interval=7s --timeout=2s CMD true\n",
        ),
        (
            "compose.yaml",
            "services:
  base:
    image: nginx:1.27
    healthcheck:
      test: [CMD, \"true\"]
      retries: 9
  web:
    extends: base
    healthcheck:
      interval: 3s
  built:
    build: .
    healthcheck:
      timeout: 4s
",
        ),
    ]);
    let told = told(&files, &unit(&files), false);
    for expected in [
        "    interval        3s         line 10\n",
        "    retries         9          line 6, through `extends: base` (line 8)\n",
        "    interval        7s         inherited from Dockerfile:2\n",
        "    timeout         4s         line 14\n",
        "    retries         3          the engine's default\n",
    ] {
        assert!(told.contains(expected), "{expected}{told}");
    }
}

#[test]
fn a_dockerfile_s_own_check_is_told() {
    let file = "FROM alpine:3.20\nRUN apk add --no-cache curl\nHEALTHCHECK --interval=5s \\\n  CMD [\"curl\", \"-f\", \"http://127.0.0.1\"]\n";
    let files = texts(&[("Dockerfile", file)]);
    let value = json_of(&files);
    let check = &value["checks"][0];
    assert_eq!(check["service"], Value::Null);
    assert_eq!(check["place"]["line"], 3);
    assert_eq!(
        check["layers"],
        json!([
            {"name": "as written", "text": "[\"curl\", \"-f\", \"http://127.0.0.1\"]"},
            {"name": "engine stores", "text": "[\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1\"]"},
        ])
    );
    assert_eq!(check["times"]["unhealthy"], 105.0);
}

#[test]
fn the_contract_of_the_json() {
    let value = json_of(&texts(&[("compose.yaml", LAYERED)]));
    assert_eq!(value["schema"], "healthlint/explain/1");
    let check = &value["checks"][0];
    let keys: Vec<&str> = check
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = [
        "service", "image", "place", "nothing", "parts", "layers", "shell", "readers", "programs",
        "timing", "times", "worlds", "unplayed", "findings",
    ];
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(
        check["readers"],
        json!([{"reader": "/bin/sh (dash)", "lines": [
            {"depth": 0, "text": "curl -s \"http://127.0.0.1:80/$NAME\"", "missing": []},
            {"depth": 0, "text": "| awk '{print}'", "missing": []},
        ]}])
    );
    assert_eq!(
        check["programs"],
        json!([
            {"depth": 0, "piped": false, "words": ["curl", "-s", "http://127.0.0.1:80/$NAME"], "missing": false},
            {"depth": 0, "piped": true, "words": ["awk", "'{print}'"], "missing": false},
        ])
    );
    assert_eq!(
        check["timing"][0],
        json!({
            "name": "interval", "shown": "10s", "value": 10.0, "origin": "file",
            "place": {"path": "compose.yaml", "line": 2, "column": 13, "offset": 28},
            "through": {"path": "compose.yaml", "line": 8, "column": 11, "offset": 111},
        })
    );
    assert_eq!(
        check["times"],
        json!({"first_healthy": 5.0, "unhealthy": 75.0, "never_healthy": 135.0})
    );
    let refused = &check["worlds"][3];
    assert_eq!(refused["worlds"], json!(["refused"]));
    assert_eq!(refused["docker"], "healthy");
    assert_eq!(refused["wrong"], true);
    assert_eq!(refused["place"]["line"], 9);
    let rules: Vec<&Value> = check["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["rule"])
        .collect();
    assert!(rules.contains(&&json!("cannot-fail")), "{rules:?}");
}

/// The keys that the front page promises for `healthlint explain --format json` are those that are printed.
#[test]
fn the_front_page_names_every_key() {
    fn keys(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    found.push(key.clone());
                    keys(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
            _ => {}
        }
    }
    let readme = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.unwrap();
    let at = readme.find("`healthlint explain --format json`").unwrap();
    let mut found = Vec::new();
    keys(&json_of(&texts(&[("compose.yaml", LAYERED)])), &mut found);
    for key in found {
        assert!(readme[at..].contains(&format!("\"{key}\"")), "{key}");
    }
}

#[test]
fn values_of_the_environment_stay_hidden() {
    let file = "services:
  cache:
    image: redis:7
    healthcheck:
      test: redis-cli -a ${SECRET} ping; nobody-knows-${SECRET} ${SECRET}
      interval: ${EVERY}
  web:
    image: nginx:1.27
    healthcheck:
      test: [\"CMD\", \"${SECRET}\", \"$SECRET\"]
";
    let files = texts(&[
        ("compose.yaml", file),
        (".env", "SECRET=hunter2\nEVERY=7531s\n"),
    ]);
    let mut all = told(&files, &unit(&files), false);
    all += &json_of(&files).to_string();
    assert!(all.contains("${SECRET}"), "{all}");
    for hidden in ["hunter2", "7531", "2h5m"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }
}

#[test]
fn nothing_is_wider_than_80_columns_or_steers_the_terminal() {
    let long = "services:
  a-service-with-a-name-that-is-much-longer-than-any-that-a-tired-person-would-type-at-night:
    image: registry.example.com/a/very/long/path/to/an/image/that/nobody/knows/of/at/all:1.2.3-long
    healthcheck:
      test: [\"CMD-SHELL\", \"curl -fsS http://127.0.0.1/検査検査検査検査検査検査検査検査検査検査検査検査検査検査/\\e[31m\\a🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺🩺\"]
";
    let files = texts(&[("compose.yaml", long)]);
    let mut all = vec![told(&files, &unit(&files), false)];
    assert!(all[0].contains('␛'), "{}", all[0]);
    for folder in laws::own().into_iter().chain(laws::corpus()) {
        for unit in &folder.units {
            all.push(told(&folder.files, unit, false));
        }
    }
    let mut lines = 0;
    for line in all.iter().flat_map(|told| told.lines()) {
        // A wide character takes two columns, so this line has fewer characters.
        assert!(line.chars().count() <= explained::WIDTH, "{line}");
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        lines += 1;
    }
    assert!(lines > 1000, "{lines} lines are too few to prove anything");
}

/// A verdict that playing the check decides points at the word that decides it, and says its name.
#[test]
fn the_word_that_decides_is_pointed_at_and_named() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for folder in laws::own().into_iter().chain(laws::corpus()) {
        let checked = check(&folder.units, &folder.files, &Options::default());
        for finding in checked
            .findings
            .iter()
            .filter(|it| EVALUATED.contains(&it.rule))
        {
            let pointed = checked.sources.slice(finding.span);
            let said = format!("{} {}", finding.message, finding.why);
            let mut named = said
                .split('`')
                .skip(1)
                .step_by(2)
                .flat_map(str::split_whitespace);
            // Where no word asks anything there is none that loses an answer.
            let nobody = finding.why.starts_with("nothing in it asks the service");
            seen += 1;
            if !nobody && !named.any(|word| pointed.contains(word)) {
                wrong.push(format!(
                    "{} {}: `{pointed}`\n    {said}",
                    folder.name, finding.rule
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 50, "{seen} verdicts are too few to prove anything");
}

#[test]
fn colours_are_all_that_colour_adds() {
    let files = texts(&[("compose.yaml", LAYERED)]);
    let colored = told(&files, &unit(&files), true);
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain += before;
        rest = after.split_once('m').unwrap().1;
    }
    plain += rest;
    let trimmed = |text: &str| {
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(colored.len() > plain.len());
    assert_eq!(
        trimmed(&plain),
        trimmed(&told(&files, &unit(&files), false))
    );
}
