//! Checks and worlds: each row is a check and how it ends when the service is healthy, in error, denied, refused, hung.

use super::*;
use crate::facts::{Answer, Firmness, Flavour, Holds, Reason, inventory_of_image};
use crate::model::command::Argument;
use crate::model::probe::Form;
use crate::text::{SourceId, Span, Traced};

fn source(text: &str) -> Traced {
    Traced::source(Span::new(SourceId(0), 0, text.len()), text)
}

/// A container with every tool of these tests, of the make that its distribution has.
fn container(image: &str, tag: &str, flavour: Flavour) -> Inventory {
    let mut inventory = inventory_of_image(image, Some(tag), None);
    for tool in [
        "curl",
        "jq",
        "awk",
        "redis-cli",
        "pg_isready",
        "mysqladmin",
        "psql",
        "ss",
    ] {
        inventory.change(tool, Answer::unknown());
    }
    for tool in ["wget", "nc", "grep", "timeout", "pgrep", "ps"] {
        let flavour = match (tool, flavour) {
            ("nc", Flavour::Gnu) => Flavour::Openbsd,
            ("pgrep" | "ps", Flavour::Gnu) => Flavour::Procps,
            _ => flavour,
        };
        let reason = Reason::fact("installed for the test");
        inventory.change(tool, Answer::because(Holds::Yes(flavour), reason));
    }
    inventory
}

fn played(text: &str, inventory: &Inventory) -> Outcome {
    let form = Form::Shell {
        script: source(text),
        dropped: Vec::new(),
        not_json: None,
    };
    let command = Command::of(&form, Dialect::Dash).unwrap();
    let timeout = Duration::from_secs(30);
    play(&command, &Scene { inventory, timeout })
}

fn row(outcome: &Outcome) -> String {
    let shown: Vec<String> = outcome.played.iter().map(Played::shown).collect();
    shown.join(", ")
}

#[test]
fn checks_in_debian() {
    let debian = container("debian", "12", Flavour::Gnu);
    for (text, expected) in [
        ("curl -f http://x/ || exit 1", "0, 1, 1, 1, killed"),
        ("curl -f -m 5 http://x/", "0, 22, 22, 7, 28"),
        ("curl -f -m 40 http://x/", "0, 22, 22, 7, killed"),
        ("curl http://x/", "0, 0, 0, 7, killed"),
        ("wget -q --spider http://x/", "0, 8, 6, 4, killed"),
        ("wget -q -T 5 -t 1 --spider http://x/", "0, 4, 6, 4, 4"),
        ("curl -s http://x/ | awk '{print $2}'", "0, 0, 0, 0, killed"),
        (
            "curl -s http://x/ | awk '/ok/ {ok = 1} END {exit !ok}'",
            "0 or not 0, 0 or not 0, 0 or not 0, 1, killed",
        ),
        ("pgrep -x nginx || exit 1", "0, 0, 0, 0 or 1, 0"),
        ("pgrep -x a-name-of-many-letters", "1, 1, 1, 1, 1"),
        ("ps -ef | grep -v grep | grep nginx", "0, 0, 0, 0 or 1, 0"),
        (
            "pgrep nginx && curl -f http://x/",
            "unknown, 1 or 22, 1 or 22, 1 or 7, unknown",
        ),
        ("ss -ltn | grep -q ':80 '", "0, 0, 0, 0 or 1, 0"),
        ("expr 2 \\> 1", "0, 0, 0, 0, 0"),
        (
            "curl -s http://x/ | jq .status",
            "0 or not 0, 0 or not 0, 0 or not 0, 0, killed",
        ),
        ("curl -fs http://x/ | grep -q ok", "0 or 1, 1, 1, 1, killed"),
        ("redis-cli ping", "0, 0, 0, 1, killed"),
        ("redis-cli -a \"$P\" ping | grep PONG", "0, 1, 1, 1, killed"),
        ("redis-cli -e ping", "0, 1, 1, 1, killed"),
        ("pg_isready -U x", "0, 1, 0, 2, 2"),
        ("pg_isready -U x -t 0", "0, 1, 0, 2, killed"),
        ("psql -U x -c 'select 1'", "0, not 0, 2, 2, killed"),
        ("mysqladmin ping -h localhost", "0, 0 or 1, 0, 1, killed"),
        ("nc -z localhost 80", "0, 0, 0, 1, 0"),
        ("curl http://", "not 0, not 0, not 0, not 0, not 0"),
        ("exit 0", "0, 0, 0, 0, 0"),
        ("curl --version", "0, 0, 0, 0, 0"),
        (
            "/healthcheck.sh",
            "unknown, unknown, unknown, unknown, unknown",
        ),
        ("/healthcheck.sh || true", "0, 0, 0, 0, unknown"),
        (
            "curl -f $URL",
            "unknown, unknown, unknown, unknown, unknown",
        ),
        ("curl -f \"http://$HOST:80/\"", "0, 22, 22, 7, killed"),
        ("curl -f http://x/ &>/dev/null", "0, 0, 0, 0, 0"),
        ("set -o pipefail; curl -f http://x/ | cat", "2, 2, 2, 2, 2"),
        ("exec 3<>/dev/tcp/x/80", "2, 2, 2, 2, 2"),
        ("timeout 5 curl -f http://x/", "0, 22, 22, 7, 124"),
        (
            "curl -f http://x/ && redis-cli ping",
            "0, 22, 22, 7, killed",
        ),
        (
            "if curl -f http://x/; then exit 0; fi",
            "0, 0, 0, 0, killed",
        ),
        (
            "test $(curl -so /dev/null -w '%{http_code}' http://x/) -lt 400",
            "0, 1, 1, 0, killed",
        ),
        ("echo 'x", "2, 2, 2, 2, 2"),
    ] {
        assert_eq!(row(&played(text, &debian)), expected, "{text}");
    }
}

#[test]
fn checks_in_alpine() {
    let alpine = container("alpine", "3.20", Flavour::Busybox);
    for (text, expected) in [
        ("wget -q --spider http://x/", "0, 1, 1, 1, killed"),
        ("wget -q -T 5 --spider http://x/", "0, 1, 1, 1, 1"),
        ("wget --no-proxy --spider http://x/", "1, 1, 1, 1, 1"),
        ("wget -q http://x/", "0 or 1, 1, 1, 1, killed"),
        ("echo ok | grep --quiet ok", "2, 2, 2, 2, 2"),
        ("timeout 5 wget -qO- http://x/", "0, 1, 1, 1, 143"),
        ("curl -f http://x/ &>/dev/null", "0, 22, 22, 7, killed"),
        (
            "set -o pipefail; curl -f http://x/ | cat",
            "0, 22, 22, 7, killed",
        ),
    ] {
        assert_eq!(row(&played(text, &alpine)), expected, "{text}");
    }
}

#[test]
fn what_the_descriptors_of_bash_lead_to() {
    let mut debian = container("debian", "12", Flavour::Gnu);
    let reason = Reason::fact("installed for the test");
    debian.change("bash", Answer::because(Holds::Yes(Flavour::Bash), reason));
    for (text, expected) in [
        (
            "bash -c 'exec 3<>/dev/tcp/x/80 && echo GET / >&3 && cat <&3 | head -1 | grep -q 200'",
            "0 or 1, 0 or 1, 0 or 1, 1, killed",
        ),
        (
            "bash -c '{ echo GET / >&3; grep -q 200 <&3; } 3<>/dev/tcp/x/80'",
            "unknown, unknown, unknown, 1, killed",
        ),
        (
            "bash -c 'exec 3<>/dev/tcp/x/80; cat <&3; exec 3<&-'",
            "0, 0, 0, 0, killed",
        ),
        (
            "bash -c 'exec 3<>/dev/tcp/x/80; timeout 1 cat <&3'",
            "unknown, unknown, unknown, 1, 124",
        ),
        (
            "bash -c 'exec 3<>/dev/tcp/x/80; echo x >&3'",
            "0, 0, 0, 1, 0",
        ),
        (
            "bash -c 'exec 3<>/dev/tcp/x/80; exec 3>&-; echo x >&3'",
            "1, 1, 1, 1, 1",
        ),
        ("bash -c '</dev/tcp/x/80'", "0, 0, 0, 1, 0"),
        (
            "bash -c 'read line </dev/tcp/x/80'",
            "unknown, unknown, unknown, 1, killed",
        ),
        ("echo x >&3", "2, 2, 2, 2, 2"),
    ] {
        assert_eq!(row(&played(text, &debian)), expected, "{text}");
    }
}

#[test]
fn what_is_absent_answers_127_and_what_may_be_absent_is_a_guess() {
    let mut debian = container("debian", "12", Flavour::Gnu);
    let absent = |firmness| Answer::because(Holds::No(firmness), Reason::fact("not in debian:12"));
    debian.change("curl", absent(Firmness::Firm));
    let outcome = played("curl -f http://x/", &debian);
    assert_eq!(row(&outcome), "127, 127, 127, 127, 127");
    assert!(outcome.never_zero());
    let failed = outcome.in_world(World::Healthy).failed.clone().unwrap();
    assert_eq!(
        (failed.word.as_str(), failed.why.as_str()),
        ("curl", "not in debian:12")
    );
    assert!(played("curl -f http://x/ | cat", &debian).cannot_fail());
    let either = played("curl -f http://x/ || wget -q --spider http://x/", &debian);
    assert_eq!(row(&either), "0, 8, 6, 4, killed");
    debian.change("curl", absent(Firmness::Soft));
    let outcome = played("curl -f http://x/", &debian);
    assert!(!outcome.never_zero());
    assert!(outcome.in_world(World::Healthy).statuses.unknown);
}

#[test]
fn the_very_word_that_loses_the_failure_is_named() {
    let debian = container("debian", "12", Flavour::Gnu);
    for (text, word, span) in [
        ("curl -f http://x/ | awk '{print $2}'", "awk", "awk"),
        ("curl -f http://x/ || true", "|| true", "|| true"),
        ("curl -f http://x/; echo done", "echo", "echo"),
        ("curl -f http://x/ &", "&", "&"),
        ("! curl -f http://x/", "!", "!"),
        ("if curl -f http://x/; then exit 0; fi", "if", "if"),
        ("curl -f http://x/; exit 0", "exit", "exit"),
        ("echo $(curl -f http://x/)", "echo", "echo"),
        (
            "sh -c 'curl -f http://x/ || true'",
            "|| true",
            "'curl -f http://x/ || true'",
        ),
    ] {
        let outcome = played(text, &debian);
        let lost = outcome.in_world(World::Refused).lost.clone();
        let lost = lost.unwrap_or_else(|| panic!("{text} loses nothing"));
        assert_eq!(lost.word, word, "{text}: {}", lost.why);
        assert_eq!(&text[lost.span.range()], span, "{text}");
    }
}

#[test]
fn the_questions_of_the_rules() {
    let debian = container("debian", "12", Flavour::Gnu);
    let ask = |text: &str| played(text, &debian);
    assert!(ask("curl -f http://x/ | head -1").cannot_fail());
    assert!(!ask("curl -f http://x/").cannot_fail());
    assert!(ask("curl -s http://x/ | jq .status").passes_only_the_dead());
    assert!(ask("curl http://x/").ignores_http_errors());
    assert!(!ask("curl -f http://x/").ignores_http_errors());
    assert!(!ask("redis-cli ping").ignores_http_errors());
    assert!(ask("redis-cli ping").ignores_reply());
    assert!(!ask("redis-cli ping | grep PONG").ignores_reply());
    assert!(ask("exit 1").never_zero());
    assert!(ask("curl -f http://x/").same_as(&ask("curl --fail http://y/")));
    assert!(
        !ask("./a").same_as(&ask("./a")),
        "two unknowns are not equal"
    );
    assert_eq!(
        ask("curl -f http://x/ && redis-cli ping").asks,
        ["http", "redis"]
    );
}

#[test]
fn words_without_a_shell_are_run_as_they_are() {
    let debian = container("debian", "12", Flavour::Gnu);
    let scene = Scene {
        inventory: &debian,
        timeout: Duration::from_secs(30),
    };
    let exec = |words: &[&str]| {
        let words = words.iter().map(|word| Argument::of_text(&source(word)));
        row(&play(&Command::Words(words.collect()), &scene))
    };
    assert_eq!(exec(&["curl", "-f", "http://x/"]), "0, 22, 22, 7, killed");
    assert_eq!(
        exec(&["curl", "http://x/", "|", "grep", "x"]),
        "unknown, unknown, unknown, unknown, unknown",
        "without a shell `|`, `grep` and `x` are hosts that nobody knows"
    );
    assert_eq!(exec(&["sh", "-c", "exit 3"]), "3, 3, 3, 3, 3");
    assert_eq!(exec(&["bash", "-c", "false | true"]), "0, 0, 0, 0, 0");
}

#[test]
fn without_a_shell_in_the_image_no_script_runs() {
    let mut scratch = Inventory::scratch();
    scratch.change(
        "curl",
        Answer::because(Holds::Yes(Flavour::Plain), Reason::fact("copied")),
    );
    assert!(played("curl -f http://x/", &scratch).never_zero());
}

#[test]
fn when_a_program_runs() {
    let debian = container("debian", "12", Flavour::Gnu);
    for (text, expected) in [
        ("wget http://x/", Reach::Always),
        ("timeout 5 wget http://x/ || exit 1", Reach::Always),
        ("sh -c 'wget http://x/'", Reach::Always),
        ("echo \"$(wget http://x/)\"", Reach::Always),
        ("true && { echo | wget http://x/; }", Reach::Always),
        ("curl -f http://x/ && wget http://x/", Reach::WhileHealthy),
        ("curl -f http://x/ || wget http://x/", Reach::Perhaps),
        (
            "if curl -f http://x/; then wget http://x/; fi",
            Reach::WhileHealthy,
        ),
        ("nobody-knows-this && wget http://x/", Reach::Perhaps),
        ("wget http://x/ &", Reach::Perhaps),
        ("f() { wget http://x/; }; f", Reach::Always),
        ("f() { wget http://x/; }", Reach::Perhaps),
        ("eval \"wget http://$X/\"", Reach::Perhaps),
    ] {
        let outcome = played(text, &debian);
        let at = text.find("wget").unwrap();
        let word = Span::new(SourceId(0), at, at + "wget".len());
        assert_eq!(outcome.reach(word), expected, "{text}");
    }
}

/// However deep a script is, and however long it calls itself, the stack holds.
#[test]
fn nothing_is_said_of_a_script_without_a_bottom() {
    let mut image = container("debian", "12", Flavour::Gnu);
    for tool in ["python3", "node", "php", "ruby", "perl"] {
        image.change(tool, Answer::unknown());
    }
    for script in [
        "node -e 'function f(){f()} f()'",
        "node -e 'function f(){return f()+f()} process.exit(f())'",
        "php -r 'function f(){return f();} exit(f());'",
        "python3 -c 'f=lambda x: f(x)\nf(1)'",
    ] {
        assert!(!played(script, &image).never_zero(), "{script}");
    }
    for program in ["python3 -c", "node -e", "php -r", "ruby -e", "perl -e"] {
        for piece in [
            "!",
            "-",
            "@",
            "{",
            "(",
            "[",
            "a+",
            "a.",
            "()",
            "a?b:",
            "x=",
            "a=>",
            "not ",
            "if(a)",
            "if(a){",
            "else if(a)",
            "lambda:",
            "try{",
            "`${",
            "(int)",
            "if 1: ",
        ] {
            let deep = piece.repeat(12_000 / piece.len());
            for script in [format!("a{deep}"), deep] {
                let outcome = played(&format!("{program} '{script}'"), &image);
                assert!(!outcome.played.is_empty(), "{program} {piece}");
            }
        }
    }
}

#[test]
fn a_long_row_of_variables_that_may_be_empty_is_given_up() {
    let debian = container("debian", "12", Flavour::Gnu);
    let row_of_them = format!("curl -f {}http://x/", "-H $A ".repeat(200));
    let unknown = "unknown, unknown, unknown, unknown, unknown";
    assert_eq!(row(&played(&row_of_them, &debian)), unknown);
}

#[test]
fn clients_that_the_facts_tell_of() {
    let inventory = Inventory::unknown("app", "nothing is known about app");
    for (text, expected) in [
        (
            "sqlcmd -C -S localhost -U sa -P secret -Q 'SELECT 1'",
            "0, 0, not 0, not 0 or killed, not 0 or killed",
        ),
        (
            "sqlcmd -S localhost -U sa -P secret -b -l 5 -Q 'SELECT 1' || exit 1",
            "0, 1, 1, 1, 1",
        ),
        (
            "sqlcmd -S localhost -Q 'EXIT(SELECT 1)'",
            "unknown, unknown, unknown, unknown, unknown",
        ),
        (
            "kafka-topics.sh --bootstrap-server localhost:9092 --list || exit 1",
            "0, 1 or killed, 0 or 1 or killed, 1 or killed, 1 or killed",
        ),
        (
            "kafka-broker-api-versions.sh --bootstrap-server localhost:9092",
            "0, 0 or 1 or killed, 0 or 1 or killed, 1, 1 or killed",
        ),
        ("influx ping", "0, 1, 0, 1, killed"),
        ("consul info || exit 1", "0, 1, 1, 1, killed"),
        (
            "nats server check connection -s nats://localhost:4222",
            "0, not 0, not 0, not 0, not 0 or killed",
        ),
        (
            "kafka-metadata-quorum.sh --bootstrap-server localhost:9092 describe --status",
            "0, 1 or killed, 0 or 1 or killed, 1 or killed, 1 or killed",
        ),
        ("traefik healthcheck --ping", "0, 1, 1, 1, 1"),
        ("caddy version", "0, 0, 0, 0, 0"),
        ("wait-for-it -t 5 localhost:80", "0, 0, 0, not 0, 0"),
        ("wait-for-it localhost:80", "0, 0, 0, not 0, 0"),
        ("wait-for-it -t 60 localhost:80", "0, 0, 0, killed, 0"),
    ] {
        assert_eq!(row(&played(text, &inventory)), expected, "{text}");
    }
}

#[test]
fn one_liners_of_powershell() {
    let inventory = Inventory::unknown("app", "nothing is known about app");
    for (script, expected) in [
        (
            "try { Invoke-WebRequest -UseBasicParsing http://localhost/ } catch { exit 1 }",
            "0, 1, 1, 1, killed",
        ),
        ("Invoke-WebRequest http://localhost/", "0, 1, 1, 1, killed"),
        ("iwr http://localhost/; exit 0", "0, 0, 0, 0, killed"),
        (
            "$ErrorActionPreference = 'Stop'; iwr http://localhost/ | Out-Null; exit 0",
            "0, 1, 1, 1, killed",
        ),
        (
            "try { iwr -Uri 'http://localhost/' -TimeoutSec 5 | Out-Null; exit 0 } catch { exit 1 }",
            "0, 1, 1, 1, 1",
        ),
        (
            "try { iwr http://localhost/ } catch { Write-Host 'down' }",
            "0, 0, 0, 0, killed",
        ),
        (
            "$r = iwr http://localhost/ -SkipHttpErrorCheck; if ($r.StatusCode -eq 200) { exit 0 } else { exit 3 }",
            "0, 3, 3, 3, killed",
        ),
        (
            "if ((iwr http://localhost/).StatusCode -ne 200) { exit 1 }",
            "0, 1, 1, 1, killed",
        ),
        (
            "try { iwr http://localhost/ } catch { return 1 }",
            "unknown, unknown, unknown, unknown, unknown",
        ),
        (
            "Test-NetConnection localhost",
            "unknown, unknown, unknown, unknown, unknown",
        ),
    ] {
        let words = ["pwsh", "-NoProfile", "-Command", script];
        let form = Form::Exec(words.iter().map(|word| source(word)).collect());
        let command = Command::of(&form, Dialect::Dash).unwrap();
        let scene = Scene {
            inventory: &inventory,
            timeout: Duration::from_secs(30),
        };
        assert_eq!(row(&play(&command, &scene)), expected, "{script}");
    }
}
