//! What the regex grammar says of GNU grep, held against the GNU grep of this machine.

use std::io::Write as _;
use std::process::{Command, Stdio};

use healthlint::syntax::regex::{Dialect, Matching, Reader, Syntax, Tool, parse};

const LINES: &str = "\nok\nOK\na\nb\nab\naa\naaa\nabab\na b\n*\n*a\n+a\n{1}\n{\"x\"\n{\"status\":1}\n\"success\": true\n\
    \\s\n\\\nt\n\ts\nd5\n5\ns\nx(a)\n(a\na)\n|\na|b\n^a\na$\n$\n]\n[a]\n-\nz\n_w\n: space\nia\n{\na{1\na{,2}\n}\n?a\nn";

const PATTERNS: [&str; 103] = [
    "ok",
    "",
    "^$",
    "^",
    "$",
    ".",
    "a*",
    "^a*$",
    "*a",
    "^*a$",
    "+a",
    "?a",
    "a+",
    "^a+$",
    "a?b",
    "^a?b$",
    r"\+a",
    r"\?a",
    r"a\+b",
    r"^a\?b$",
    "a|b",
    r"a\|b",
    "^(ab)+$",
    r"^\(ab\)*$",
    "(a",
    "a)",
    r"\(a",
    r"a\)",
    "()",
    r"\(\)",
    "(|a)",
    "a||b",
    "|a",
    "a|",
    "[a",
    "[]",
    "[]a]",
    "[^]a]",
    "[^a]",
    "[a-c]",
    "[c-a]",
    "[a-",
    "[a-]",
    "[[:digit:]]",
    "[[:foo:]]",
    "[:space:]",
    "[[:space:]]",
    "[[:alpha:]_-]",
    r"[\s]",
    r"[\n]",
    r"[a\]",
    r"[\\]",
    r"a\",
    r"\",
    r"\s",
    r"\S",
    r"\w",
    r"\W",
    r"\bok\b",
    r"\<a",
    r"b\>",
    r"\B",
    r"\d",
    r"\t",
    r"\n",
    r"\q",
    r#"\""#,
    r"\/",
    r"\.",
    r"\\",
    r"\\s",
    r"\$",
    r"a\{2\}",
    "a{2}",
    "^a{2}$",
    "a{2,1}",
    r"a\{2,1\}",
    "a{,2}",
    "^a{,1}$",
    "a{1",
    r"a\{1",
    "{\"x\"",
    r"\{a",
    "{1}",
    "a{}",
    "\"x\":{}",
    "[",
    "[^",
    r"^\<*",
    r"1\b*",
    r"a\{1,2},",
    r"^\{1\}$",
    "a{99999}",
    "a^b",
    "a$b",
    r"\(^a\)",
    r"\(a$\)",
    "(^a)",
    "(?i)a",
    "(?:a)",
    "^a**$",
    "^(a+|b)*$",
    "a{1,2}{2}",
];

/// The numbers of the lines that GNU grep finds, or its words where it refuses the pattern.
fn grep(option: &str, pattern: &str) -> Result<Vec<usize>, String> {
    let mut child = Command::new("grep")
        .args([option, "-n", "-e", pattern])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A grep that refuses its pattern may be gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(LINES.as_bytes());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(2) {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(words.trim().trim_start_matches("grep: ").to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split(':').next()?.parse().ok())
        .collect())
}

#[test]
#[allow(clippy::print_stderr)] // A test that cannot run here says so.
fn the_grammar_agrees_with_gnu_grep() {
    let version = Command::new("grep").arg("--version").output();
    if !version.is_ok_and(|output| output.stdout.starts_with(b"grep (GNU grep)")) {
        eprintln!("skipped: there is no GNU grep on this machine");
        return;
    }
    let mut unknown = 0;
    for (option, syntax) in [("-G", Syntax::Basic), ("-E", Syntax::Extended)] {
        for pattern in PATTERNS {
            let reader = Reader {
                tool: Tool::Grep,
                dialect: Dialect::Gnu,
                syntax,
            };
            let regex = parse(pattern, reader);
            match grep(option, pattern) {
                Err(words) => {
                    assert_eq!(regex.complaint(), Some(words), "grep {option} '{pattern}'");
                }
                Ok(found) => {
                    assert_eq!(regex.fault, None, "grep {option} '{pattern}'");
                    for (index, line) in LINES.lines().enumerate() {
                        match regex.matches(line, Matching::default()) {
                            None => unknown += 1,
                            Some(answer) => assert_eq!(
                                answer,
                                found.contains(&(index + 1)),
                                "grep {option} '{pattern}' on '{line}'"
                            ),
                        }
                    }
                }
            }
        }
    }
    assert_eq!(unknown, 0, "nothing in this table is beyond knowing");
}
