//! What only bash reads, held against the shells of this machine; a shell that is not there is skipped by name.

use std::process::{Command, Stdio};

use healthlint::model::bashism::bashisms;
use healthlint::model::command::{Dialect, parse};
use healthlint::text::{SourceId, Span, Traced};

/// Scripts that end with 0 where the shell knows what stands in them, and with another status where it does not.
const SCRIPTS: &[&str] = &[
    "[[ -n x ]]",
    "[[ a == a ]]",
    "[ a == a ]",
    "set -o pipefail",
    "a=(1 2); [ \"${a[1]}\" = 2 ]",
    "[ \"$(cat <(echo x))\" = x ]",
    "cat <<< x",
    "if (exit 7) &>/dev/null; then exit 1; fi",
    "if (exit 7) &>>/dev/null; then exit 1; fi",
    "true >& /dev/null",
    "echo x |& cat",
    "source /dev/null",
    "function f { true; }; f",
    "X=abc; [ \"${X:0:1}\" = a ]",
    "X=abc; [ \"${X/a/b}\" = bbc ]",
    "X=abc; [ \"${X^^}\" = ABC ]",
    "X=ABC; [ \"${X,,}\" = abc ]",
    "X=abc; Y=X; [ \"${!Y}\" = abc ]",
    "for ((i=0;i<2;i++)); do true; done",
    "((1 + 1))",
    "declare x=1",
    "typeset x=1",
    "shopt -s nullglob",
    "mapfile x </dev/null",
    "[ \"$(echo -e x)\" = x ]",
    "[ $'a' = a ]",
];

/// How the shell ends; None where it is not here.
fn ends(shell: &[&str], script: &str) -> Option<bool> {
    let status = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    Some(status.success())
}

#[test]
fn each_shell_knows_what_the_table_says() {
    let shells: [(&[&str], Dialect); 3] = [
        (&["dash"], Dialect::Dash),
        (&["busybox", "ash"], Dialect::Ash),
        (&["bash", "--posix"], Dialect::Bash),
    ];
    let mut compared = 0;
    for script in SCRIPTS {
        let text = Traced::source(Span::new(SourceId(0), 0, script.len()), script);
        let found = bashisms(&parse(&text, Dialect::Bash));
        assert!(!found.is_empty(), "{script}: nothing was found");
        for (shell, dialect) in shells {
            let Some(ended) = ends(shell, script) else {
                println!("skipped: no {} here", shell.join(" "));
                continue;
            };
            let known = found
                .iter()
                .all(|bashism| bashism.construct.works_in(dialect));
            assert!(
                ended == known,
                "{script} under {}: the shell says {ended}",
                shell.join(" ")
            );
            compared += 1;
        }
    }
    println!("{compared} scripts were run");
}

#[test]
fn what_posix_says_is_no_bashism() {
    for script in [
        "[ a = a ] && curl -fsS http://127.0.0.1/ >/dev/null 2>&1 || exit 1",
        "{ printf x; cat; } <&3 | grep -q '[[:digit:]]'",
        "X=abc; echo \"${X:-d}${X%c}${X#a}${#X}\" $((1 + 1))",
        "echo -e x >&2; f() { :; }; f; . /etc/os-release",
        "set -eu; test \"$1\" != \"==\"; echo '[[ x ]]' '/dev/tcp/' <<E\n<<<\nE",
    ] {
        let text = Traced::source(Span::new(SourceId(0), 0, script.len()), script);
        let found = bashisms(&parse(&text, Dialect::Bash));
        assert!(found.is_empty(), "{script}: {found:?}");
    }
}
