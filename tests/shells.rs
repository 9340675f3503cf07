//! Where the evaluator claims a status, the real shell agrees: commands that need no service, under dash and bash.

use std::process::{Command as Process, Stdio};
use std::time::Duration;

use healthlint::facts::{Answer, Firmness, Holds, Inventory, Reason, Shell, inventory_of_image};
use healthlint::model::command::{Command, Dialect};
use healthlint::model::probe::Form;
use healthlint::outcome::{Outcome, Scene, World, play};
use healthlint::text::{SourceId, Span, Traced};

/// Commands that end alike on every machine with a POSIX userland.
const COMMANDS: &[&str] = &[
    "true",
    "false",
    "exit 3",
    "exit 256",
    "exit 300",
    "false || exit",
    "false; exit",
    "(exit 4); exit $?",
    "true | false",
    "false | true",
    "! false",
    "! true",
    "! false | true",
    "! true | false",
    "false && echo x",
    "false && echo x || echo y",
    "true && false || false",
    "false; true",
    "true; false",
    "false & true",
    "false &",
    "false &\nfalse",
    "( exit 2 )",
    "( exit 2 ); true",
    "{ exit 2; }; true",
    "{ false; }",
    "if false; then true; fi",
    "if true; then false; fi",
    "if false; then true; else exit 5; fi",
    "if false; then exit 1; elif true; then exit 2; fi",
    "if ! false; then exit 6; fi",
    "case abc in a*) exit 3;; *) exit 4;; esac",
    "case abc in x|abc) false;; esac",
    "case abc in x) false;; esac",
    "case $(echo 200) in 2??) true;; *) false;; esac",
    "for i in 1 2 3; do false; done",
    "for i in 1 2; do if [ $i = 2 ]; then exit 7; fi; done",
    "for i in a b; do [ $i = a ] && break; done",
    "for i in; do false; done",
    "for i in $(seq 1 3); do [ $i -eq 3 ] && exit 9; done",
    "while false; do true; done",
    "until true; do false; done",
    "while true; do break; done",
    "while true; do exit 3; done",
    "f() { return 3; }; f",
    "f() { false; }; f || exit 8",
    "f() { [ \"$1\" = a ]; }; f a",
    "f() { [ \"$1\" = a ]; }; f b",
    "x=1; [ $x = 1 ]",
    "x=$(false)",
    "x=$(exit 3); echo $?",
    "x=$(exit 3) || exit 4",
    "export x=$(false)",
    "echo $(false)",
    "[ -z \"$(false)\" ]",
    "[ \"$(echo 200)\" = 200 ]",
    "[ \"$(echo 200)\" -eq 200 ]",
    "[ $(echo 200) -lt 400 ]",
    "test $(echo 500) -lt 400",
    "test \"$(echo ok)\" = ok",
    "test",
    "test x",
    "test ''",
    "test = 200",
    "test a = b",
    "test ! a = b",
    "test 1 -eq 1 -a 2 -eq 2",
    "test 1 -eq 2 -o 2 -eq 2",
    "[ 1 -eq x ]",
    "[ 1 = 1",
    "[ a == a ]",
    "[[ a == a ]]",
    "[[ abc == a* ]]",
    "[[ 1 -eq 1 && 2 -eq 3 ]]",
    "[[ 1 -eq 2 || 2 -eq 2 ]]",
    "if [[ 1 -eq 1 ]]; then exit 3; fi",
    "! [[ 1 -eq 1 ]]",
    "echo ok | grep ok",
    "echo ok | grep -q no",
    "echo ok | grep -v ok",
    "echo ok | grep -v no",
    "echo OK | grep -i ok",
    "echo ok | grep -c ok",
    "echo ok | grep -c no",
    "echo 401 | grep -E '^(200|401)$'",
    "echo 500 | grep -Eq '200|401'",
    "echo 200 | grep '^2'",
    "echo 200 | grep -x 20",
    "echo 200 | grep -F '2.0'",
    "echo 200 | grep '2.0'",
    "echo a1b | grep '[0-9]'",
    "echo a1b | grep '[[:space:]]'",
    "echo 'a|b' | grep 'a|c'",
    "echo '{\"a\":1}' | grep '\"a\"'",
    "printf '' | grep x",
    "printf ok | grep ok",
    "echo ok | grep -q ok | cat",
    "false | grep x",
    "false | cat",
    "false | wc -l",
    "false | head -1",
    "false | tail -n 1",
    "false | sed 's/a/b/'",
    "false | sed -n 1p",
    "false | awk '{print $2}'",
    "false | awk -F: '{print $2}'",
    "false | cut -d: -f1",
    "false | tr -d x",
    "false | sort",
    "false | tee /dev/null",
    "echo 200 | tr -d '\\n' | grep -x 200",
    "[ $(echo a | wc -l) = 1 ]",
    "[ $(printf '' | wc -l) -eq 0 ]",
    "echo a | xargs echo",
    "false | xargs echo",
    "set -e; false; true",
    "set -e; false || true; exit 3",
    "set -e; if false; then true; fi; exit 4",
    "set -e; ! false; exit 5",
    "set -e; x=$(false); true",
    "set -o pipefail; false | true",
    "set -o pipefail; true",
    "set -o pipefail || true; exit 3",
    "set -eu; true",
    "nosuchprogram",
    "nosuchprogram || true",
    "nosuchprogram; exit $?",
    "exec false",
    "exec true; false",
    "command true",
    "command -v grep",
    "command -v nosuchprogram",
    "command -v nosuchprogram || true",
    "env A=b false",
    "env false || exit 3",
    "timeout 5 false",
    "timeout 5 true",
    "timeout 0.2 sleep 3",
    "timeout 5 grep -q x /dev/null",
    "nice true",
    "sh -c 'exit 3'",
    "sh -c 'false || true'",
    "bash -c 'exit 4'",
    "bash -o pipefail -c 'false | true'",
    "bash -c 'set -o pipefail; false | true'",
    "bash -c '[[ a == a ]]'",
    "sh -c \"false; exit \\$?\"",
    "false &>/dev/null",
    "true &> /dev/null && false",
    "false >/dev/null 2>&1",
    "echo x >&2",
    "echo x 1>&2 | grep x",
    "echo x 2>&1 | grep x",
    "echo x > /dev/null | grep x",
    "false 2>&1 | grep x",
    "cat <<E | grep b\na\nb\nE",
    "grep x <<E\ny\nE",
    "cat </dev/null",
    "cat < /no/such/file",
    "cat <<<x",
    "grep a <<< b",
    "x=; [ -n \"$x\" ]",
    "x=a; [ \"${x:-b}\" = a ]",
    "[ \"${1:-b}\" = b ]",
    "x=; [ \"${x:-b}\" = b ]",
    "x=abc; [ ${#x} -eq 3 ]",
    "x=abc; [ \"${x:0:1}\" = a ]",
    "x=1; x=2; [ $x = 2 ]",
    "x=a; x+=b; [ $x = ab ]",
    "x=(a b); true",
    "echo 'a b' | { read x; true; }",
    ": ; false",
    "true '",
    "if true",
    "true )",
    "true | | false",
    "echo \"$(false)\"",
    "echo `false`; false",
    "a=`exit 3`; exit $?",
    "echo ok | grep ok && exit 3",
    "echo 0 | grep -q 1 && exit 1 || exit 0",
    "[ \"$(echo '{}' | grep -c x)\" = 0 ]",
    "function f { false; }; f",
    "source /dev/null",
    "trap 'exit 3' EXIT; true",
    "eval false",
    "sleep 0",
    "sleep 0 && false",
    "wait",
    "cd / && false",
    "((1>0))",
    "((1<0))",
    "printf '%s' x | grep x",
    "printf '%s\\n' x | grep -q y",
    "echo -n x | grep x",
    "echo a b | awk '{exit 1}'",
    "echo a | sed 's/a/b/' | grep b",
    "echo a |& cat",
    "exit $((1+1))",
    "exit x",
    "return 3",
    "break",
    "while :; do false; break; done",
    "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; [ $i -eq 3 ]",
    "[ -e / ]",
    "[ -e /no/such ]",
    "true && ! true",
    "false || ! false",
    "x=$(echo a; false); [ $x = a ]",
    "true; [ $? -eq 0 ]",
    "false; [ $? -ne 0 ] && exit 3",
    "false; [ $? -le 8 ]",
    "false; rc=$?; exit $rc",
    "(false); rc=$?; [ $rc = 0 ]",
    "exec 3<>/dev/tcp/127.0.0.1/9",
    "exec 3<>/dev/tcp/127.0.0.1/9; true",
    "echo > /dev/tcp/127.0.0.1/9",
    "echo > /dev/tcp/127.0.0.1/9; true",
    ": > /dev/tcp/127.0.0.1/9 || exit 4",
    "(echo > /dev/tcp/127.0.0.1/9) || exit 5",
    "timeout 1 bash -c '</dev/tcp/127.0.0.1/9'",
    "bash -c ':> /dev/tcp/127.0.0.1/9' || exit 1",
];

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
        timeout: Duration::from_secs(5),
    };
    play(&command, &scene)
}

/// The status of the command as the engine would run it; None where the shell is not here.
fn run(shell: &str, text: &str) -> Option<i32> {
    // As `sh`, so that bash reads it as it does behind `/bin/sh -c`.
    let mut process = Process::new(shell);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut process, "sh");
    let status = process
        .args(["-c", text])
        // Some commands mean a file where their author meant a comparison.
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        // To dash, `((1>0))` writes a file called `0`.
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.code()
}

#[test]
#[allow(clippy::print_stderr)] // A skipped test says so, and the share of unknown is worth seeing.
fn the_real_shell_agrees() {
    for (shell, dialect, image, expected) in [
        ("dash", Dialect::Dash, "debian", Shell::Dash),
        ("bash", Dialect::Bash, "almalinux", Shell::Bash),
    ] {
        let Some(0) = run(shell, "true") else {
            eprintln!("skipped: no {shell} here");
            continue;
        };
        let mut inventory = inventory_of_image(
            image,
            Some(if image == "debian" { "12" } else { "9" }),
            None,
        );
        assert_eq!(inventory.shell(), expected);
        for tool in ["awk", "sort", "wget", "xargs", "jq", "tr"] {
            // The machine of the test has them, whatever a bare image holds.
            if inventory.has(tool).is_no() {
                inventory.change(tool, Answer::unknown());
            }
        }
        let absent = Reason::fact("nobody wrote it");
        inventory.change(
            "nosuchprogram",
            Answer::because(Holds::No(Firmness::Firm), absent),
        );
        let mut unknown = 0;
        let mut wrong = Vec::new();
        for text in COMMANDS {
            let outcome = played(text, dialect, &inventory);
            let played = outcome.in_world(World::Refused);
            if played.statuses.unknown {
                unknown += 1;
                eprintln!(
                    "{shell}: unknown: {text}: {:?}",
                    played.unknown.as_ref().map(|cause| &cause.why)
                );
                continue;
            }
            let Some(code) = run(shell, text) else {
                panic!("{shell} was killed by {text}");
            };
            let agrees = if code == 0 {
                played.statuses.zero
            } else {
                played.statuses.nonzero
            };
            let exact = played.codes.iter().any(|claim| match claim {
                healthlint::outcome::Code::Exact(exact) => i32::from(*exact) == code,
                healthlint::outcome::Code::Failure => code != 0,
                _ => false,
            });
            if !agrees || !exact {
                wrong.push(format!(
                    "{shell}: {text}: claims {}, real {code}",
                    played.shown()
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        eprintln!("{shell}: {unknown} of {} unknown", COMMANDS.len());
        assert!(
            unknown * 6 < COMMANDS.len(),
            "{unknown} unknown are too many"
        );
    }
}
