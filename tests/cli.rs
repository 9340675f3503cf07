//! The command line as its users meet it: words in, text and exit status out.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

const WRONG: &str = "\
services:
  web:
    image: nginx:alpine
    healthcheck:
      test: [\"curl\", \"-fsS\", \"-m\", \"5\", \"http://127.0.0.1/\"]
      interval: 30s
      timeout: 10s
";

const MENDED: &str = "\
services:
  web:
    image: nginx:alpine
    healthcheck:
      test: [\"CMD\", \"curl\", \"-fsS\", \"-m\", \"5\", \"http://127.0.0.1/\"]
      interval: 30s
      timeout: 10s
";

const FINE: &str = "services:\n  web:\n    image: nginx:alpine\n";

/// A folder with files that is there while a test runs.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("healthlint-cli-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        for (path, text) in files {
            folder.put(path, text.as_bytes());
        }
        folder
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_healthlint"));
        command
            .args(words)
            .current_dir(&self.0)
            .env_remove("CLICOLOR_FORCE")
            .env_remove("NO_COLOR");
        command
    }

    pub fn run(&self, words: &[&str]) -> Said {
        self.command(words).output().unwrap().into()
    }

    /// `healthlint check`, with the one rule that these tests are about.
    fn check(&self, words: &[&str]) -> Said {
        let mut all = vec!["check", "--select", "test-without-cmd"];
        all.extend(words);
        self.run(&all)
    }

    fn pipe(&self, words: &[&str], input: &[u8]) -> Said {
        let mut all = vec!["check", "--select", "test-without-cmd"];
        all.extend(words);
        let mut child = self
            .command(&all)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came out.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub error: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn the_status_speaks_of_findings_and_their_level() {
    let folder = Folder::new(&[("compose.yaml", WRONG), ("fine/compose.yaml", FINE)]);
    assert_eq!(folder.check(&[]).status, 1);
    assert_eq!(folder.check(&["fine"]).status, 0);
    assert_eq!(folder.check(&["--fail-on", "error"]).status, 1);
    assert_eq!(folder.check(&["--fail-on", "never"]).status, 0);
    assert_eq!(folder.check(&["--ignore", "test-without-cmd"]).status, 0);
    folder.put("healthlint.toml", b"[rules]\ntest-without-cmd = 'note'\n");
    assert_eq!(folder.check(&[]).status, 0);
    assert_eq!(folder.check(&["--fail-on", "note"]).status, 1);
}

#[test]
fn a_line_for_each_finding_and_a_summary_beside_them() {
    let folder = Folder::new(&[
        ("compose.yaml", WRONG),
        (".devcontainer/compose.yml", WRONG),
    ]);
    let said = folder.check(&["--format", "concise"]);
    let places: Vec<&str> = said
        .out
        .lines()
        .map(|line| line.split(" error[test-without-cmd] ").next().unwrap())
        .collect();
    assert_eq!(
        places,
        [".devcontainer/compose.yml:5:15:", "compose.yaml:5:15:"]
    );
    assert_eq!(
        said.error,
        "2 errors in 2 health checks (2 files); --fix mends 2\n"
    );
    let quiet = folder.check(&["--format", "concise", "-q"]);
    assert_eq!((quiet.out, quiet.error.as_str()), (said.out, ""));
}

#[test]
fn people_see_source_reason_and_fix() {
    let said = Folder::new(&[("compose.yaml", WRONG)]).check(&[]);
    for part in [
        "error[test-without-cmd]",
        "[compose.yaml:5:15]",
        "fix (safe):",
        "  5 +       test: [\"CMD\", \"curl\",",
        "1 error in 1 health check (1 file); --fix mends 1\n",
    ] {
        assert!(said.out.contains(part), "{part:?} is not in\n{}", said.out);
    }
    assert!(!said.out.contains('\u{1b}'));
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let folder = Folder::new(&[("compose.yaml", WRONG)]);
    let colored = |said: Said| said.out.contains('\u{1b}');
    assert!(colored(folder.check(&["--color", "always"])));
    assert!(!colored(folder.check(&["--color", "never"])));
    assert!(!colored(folder.check(&[])));
    let with = |name: &str| {
        let output = folder.command(&["check"]).env(name, "1").output().unwrap();
        colored(output.into())
    };
    assert!(with("CLICOLOR_FORCE"));
    assert!(!with("NO_COLOR"));
}

#[test]
fn the_diff_is_a_patch_and_nothing_else() {
    let folder = Folder::new(&[("compose.yaml", WRONG)]);
    let said = folder.check(&["--diff", "--format", "concise"]);
    assert_eq!(said.status, 1);
    assert!(
        said.error
            .contains("compose.yaml:5:15: error[test-without-cmd]")
    );
    assert_eq!(
        said.out,
        "--- a/compose.yaml\n+++ b/compose.yaml\n@@ -2,6 +2,6 @@\n   web:\n     image: nginx:alpine\n     healthcheck:\n\
         -      test: [\"curl\", \"-fsS\", \"-m\", \"5\", \"http://127.0.0.1/\"]\n\
         +      test: [\"CMD\", \"curl\", \"-fsS\", \"-m\", \"5\", \"http://127.0.0.1/\"]\n       interval: 30s\n       timeout: 10s\n"
    );
    assert_eq!(folder.text("compose.yaml"), WRONG);
}

#[cfg(unix)]
#[test]
fn the_diff_names_the_file_that_a_link_leads_to_once() {
    let folder = Folder::new(&[("deploy/compose.prod.yaml", WRONG)]);
    let link = folder.0.join("deploy/compose.yaml");
    std::os::unix::fs::symlink("compose.prod.yaml", link).unwrap();
    let of_both = folder.check(&["--diff"]).out;
    assert_eq!(of_both.matches("+++ ").count(), 1, "{of_both}");
    let of_the_link = folder.check(&["--diff", "deploy/compose.yaml"]).out;
    for patch in [of_both, of_the_link] {
        assert!(
            patch.starts_with("--- a/deploy/compose.prod.yaml\n+++ b/deploy/compose.prod.yaml\n"),
            "{patch}"
        );
    }
}

#[test]
fn a_fault_that_is_only_a_note_to_the_user_is_not_told_under_another_name() {
    let curl = "services:\n  a:\n    image: alpine:3.20\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://127.0.0.1/\"]\n";
    let level = "[rules]\nmissing-tool = \"note\"\n";
    let folder = Folder::new(&[("compose.yaml", curl), ("healthlint.toml", level)]);
    let said = folder.run(&["check", "--format", "concise"]);
    assert_eq!(
        said.out,
        "compose.yaml:5:22: note[missing-tool] alpine:3.20 has no `curl`\n"
    );
    assert_eq!(said.status, 0);
    let off = "[rules]\nmissing-tool = \"off\"\n";
    let folder = Folder::new(&[("compose.yaml", curl), ("healthlint.toml", off)]);
    assert_eq!(folder.run(&["check", "--format", "concise"]).out, "");
    let folder = Folder::new(&[("compose.yaml", curl)]);
    let ignored = ["check", "--format", "concise", "--ignore", "missing-tool"];
    assert_eq!(folder.run(&ignored).out, "");
}

#[test]
fn a_large_file_of_another_kind_keeps_no_commit_back() {
    let large = format!("openapi: 3.1.0\n{}", "# padding\n".repeat(60_000));
    let folder = Folder::new(&[("openapi.yaml", &large), ("compose.yaml", FINE)]);
    let said = folder.check(&["openapi.yaml", "compose.yaml"]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(
        said.out
            .contains("skipped: openapi.yaml is too large for a Compose file")
    );
}

#[test]
fn a_fixed_file_differs_in_nothing_else() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let folder = Folder::new(&[
        ("compose.yaml", WRONG),
        ("sub/compose.yml", &windows(WRONG)),
    ]);
    let said = folder.check(&["--fix"]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(
        said.out
            .starts_with("compose.yaml:5: fixed[test-without-cmd] ")
    );
    assert!(
        said.out
            .ends_with("no findings in 2 health checks (2 files)\n")
    );
    assert_eq!(folder.text("compose.yaml"), MENDED);
    assert_eq!(folder.text("sub/compose.yml"), windows(MENDED));
    assert_eq!(
        folder.check(&["--fix"]).out,
        "no findings in 2 health checks (2 files)\n"
    );
}

#[test]
fn standard_input_is_judged_under_its_name() {
    let folder = Folder::new(&[("compose.yaml", FINE)]);
    let name = [
        "-",
        "--stdin-filename",
        "compose.yaml",
        "--format",
        "concise",
    ];
    let said = folder.pipe(&name, WRONG.as_bytes());
    assert!(
        said.out
            .starts_with("compose.yaml:5:15: error[test-without-cmd]")
    );
    assert_eq!(said.status, 1);
    assert_eq!(folder.run(&["check", "--stdin-filename", "x"]).status, 2);
}

#[test]
fn as_a_filter_it_gives_the_text_back_mended_or_not() {
    let folder = Folder::new(&[("compose.yaml", FINE)]);
    let name = ["-", "--stdin-filename", "compose.yaml", "--fix"];
    let said = folder.pipe(&name, WRONG.as_bytes());
    assert_eq!((said.out.as_str(), said.status), (MENDED, 0));
    assert!(said.error.contains("fixed[test-without-cmd]"));
    assert_eq!(folder.pipe(&name, FINE.as_bytes()).out, FINE);
    assert_eq!(folder.text("compose.yaml"), FINE);
}

#[test]
fn standard_input_sees_the_files_beside_its_name() {
    let folder = Folder::new(&[(
        "app/Dockerfile",
        "FROM nginx:alpine\nHEALTHCHECK CMD [\"true\", \"x\"]\n",
    )]);
    let compose = "services:\n  web:\n    build: .\n    healthcheck:\n      interval: 1m\n";
    let name = [
        "check",
        "-",
        "--stdin-filename",
        "app/compose.yaml",
        "--format",
        "json",
    ];
    let mut child = folder
        .command(&name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(compose.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["faults"], json!([]));
    // The test is the image's, so this is one check and not none.
    assert_eq!(value["summary"]["probes"], 1);
}

#[test]
fn the_json_contract() {
    let folder = Folder::new(&[("compose.yaml", WRONG)]);
    let said = folder.check(&["--format", "json", ".", "gone.yaml"]);
    assert_eq!(said.status, 2);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        keys(&value),
        ["faults", "findings", "schema", "summary", "version"]
    );
    assert_eq!(value["schema"], "healthlint/1");
    assert_eq!(
        value["summary"],
        json!({"files": 1, "probes": 1, "errors": 1, "warnings": 0, "notes": 0})
    );
    let finding = &value["findings"][0];
    assert_eq!(
        keys(finding),
        [
            "end", "fixes", "help", "labels", "message", "path", "rule", "service", "severity",
            "start", "url"
        ]
    );
    assert_eq!(
        finding["start"],
        json!({"line": 5, "column": 15, "offset": 72})
    );
    assert_eq!(finding["service"], "web");
    let fix = &finding["fixes"][0];
    assert_eq!(keys(fix), ["applicability", "edits", "title"]);
    assert_eq!(keys(&fix["edits"][0]), ["end", "path", "start", "text"]);
    assert_eq!(
        value["faults"],
        json!([{
            "path": "gone.yaml",
            "start": null,
            "end": null,
            "message": "there is no such file or folder",
        }])
    );
}

#[test]
fn annotations_for_a_workflow() {
    let said = Folder::new(&[("compose.yaml", WRONG)]).check(&["--format", "github"]);
    assert!(
        said.out
            .starts_with("::error file=compose.yaml,line=5,endLine=5,col=15,endColumn="),
        "{}",
        said.out
    );
    assert_eq!(said.out.lines().count(), 1);
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_and_the_rest_is_judged() {
    let folder = Folder::new(&[
        ("good/compose.yaml", WRONG),
        ("empty/compose.yaml", ""),
        ("odd/compose.yaml/x", ""),
    ]);
    folder.put("latin/compose.yaml", b"services:\n  caf\xe9:\n");
    folder.put("large/compose.yaml", &vec![b'#'; 20_000_000]);
    let said = folder.check(&["--format", "concise"]);
    assert_eq!(said.status, 2);
    for part in [
        "good/compose.yaml:5:15: error[test-without-cmd]",
        "latin/compose.yaml:2:6: fault: this byte is not UTF-8",
        "large/compose.yaml: fault: the file is larger than 512 KiB",
    ] {
        assert!(said.out.contains(part), "{part:?} is not in\n{}", said.out);
    }
    assert!(said.error.contains("odd/compose.yaml is a folder"));
    assert!(said.error.contains("empty/compose.yaml is empty"));
}

#[test]
fn one_changed_file_is_judged_with_those_beside_it_and_alone_written() {
    let broken = "FROM nginx:alpine\nHEALTHCHECK CMD true\nHEALTHCHECK CMD true\n";
    let folder = Folder::new(&[
        (
            "compose.yaml",
            &WRONG.replace("image: nginx:alpine", "build: ."),
        ),
        ("Dockerfile", broken),
    ]);
    let rules = |said: &Said| {
        let value: Value = serde_json::from_str(&said.out).unwrap();
        let mut rules: Vec<String> = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"].as_str().unwrap().to_owned())
            .collect();
        rules.sort();
        rules
    };
    let both = [
        "check",
        "--select",
        "test-without-cmd,lost-healthcheck",
        "--format",
        "json",
    ];
    let with = |more: &[&str]| rules(&folder.run(&[&both[..], more].concat()));
    assert_eq!(with(&["."]), ["lost-healthcheck", "test-without-cmd"]);
    assert_eq!(with(&["Dockerfile"]), ["lost-healthcheck"]);
    assert_eq!(with(&["compose.yaml"]), ["test-without-cmd"]);
    folder.run(&["check", "--fix", "Dockerfile"]);
    assert_ne!(folder.text("Dockerfile"), broken);
    assert!(folder.text("compose.yaml").contains("[\"curl\""));
}

#[test]
fn several_files_are_one_project_when_they_are_named_so() {
    let folder = Folder::new(&[
        ("base.yaml", WRONG),
        (
            "over.yaml",
            "services:\n  web:\n    healthcheck:\n      test: [\"CMD\", \"true\"]\n",
        ),
    ]);
    assert_eq!(folder.check(&["base.yaml"]).status, 1);
    let said = folder.check(&["-F", "base.yaml", "-F", "over.yaml", "--format", "json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["summary"]["files"], 2);
    assert_eq!(value["summary"]["probes"], 1);
}

#[test]
fn the_default_override_is_merged_whichever_of_the_two_is_named() {
    let over = "services:\n  web:\n    healthcheck:\n      test: [\"CMD\", \"true\"]\n";
    let folder = Folder::new(&[("compose.yaml", WRONG), ("compose.override.yaml", over)]);
    let probes = |path: &str| {
        let said = folder.check(&["--format", "json", path]);
        let value: Value = serde_json::from_str(&said.out).unwrap();
        (
            value["summary"]["probes"].clone(),
            value["summary"]["files"].clone(),
        )
    };
    assert_eq!(probes("."), (json!(1), json!(2)));
    assert_eq!(probes("compose.yaml"), (json!(1), json!(1)));
    assert_eq!(probes("compose.override.yaml"), (json!(1), json!(1)));
}

#[test]
fn files_outside_are_read_only_when_that_is_allowed() {
    let folder = Folder::new(&[
        (
            "in/compose.yaml",
            "services:\n  web:\n    extends:\n      file: ../out/base.yaml\n      service: web\n",
        ),
        ("out/base.yaml", WRONG),
    ]);
    let probes = |words: &[&str]| {
        let output = folder
            .command(&[&["check", "--format", "json"], words].concat())
            .current_dir(folder.0.join("in"))
            .output()
            .unwrap();
        let value: Value = serde_json::from_str(&Said::from(output).out).unwrap();
        assert_eq!(value["faults"], json!([]));
        value["summary"]["probes"].as_u64().unwrap()
    };
    assert_eq!(probes(&[]), 0);
    assert_eq!(probes(&["--allow-outside"]), 1);
    // A git work tree around both is one project.
    folder.put(".git/HEAD", b"ref: refs/heads/main\n");
    assert_eq!(probes(&["compose.yaml"]), 1);
}

#[test]
fn nothing_is_written_to_a_file_that_has_a_fault() {
    let faulty = format!("{WRONG}    healthcheck: &x\n  : : ]\n");
    let folder = Folder::new(&[("compose.yaml", &faulty), ("good/compose.yaml", WRONG)]);
    let said = folder.check(&["--fix", "--unsafe-fixes"]);
    assert_eq!(said.status, 2);
    assert_eq!(folder.text("compose.yaml"), faulty);
    assert_eq!(folder.text("good/compose.yaml"), MENDED);
}

#[test]
fn words_that_are_wrong_are_answered_with_the_right_ones() {
    let folder = Folder::new(&[("compose.yaml", WRONG)]);
    for (words, answer) in [
        (
            &["check", "--select", "test-without-cmt"][..],
            "there is no rule `test-without-cmt`; did you mean `test-without-cmd`?",
        ),
        (
            &["rule", "xyzzy"],
            "there is no rule `xyzzy`; `healthlint rules` lists them",
        ),
        (
            &["check", "--unsafe-fixes"],
            "`--unsafe-fixes` goes with `--diff` or `--fix`",
        ),
        (&["check", "--diff", "--fix"], "cannot be used with"),
    ] {
        let said = folder.run(words);
        assert_eq!(said.status, 2);
        assert!(said.error.contains(answer), "{}", said.error);
    }
    folder.put("healthlint.toml", b"[rules]\ntest-without-cmd = 'loud'\n");
    let said = folder.run(&["check"]);
    assert_eq!(said.status, 2);
    assert!(
        said.error.contains("healthlint.toml:2:20"),
        "{}",
        said.error
    );
    assert!(said.error.contains("there is no level `loud`"));
}

#[test]
fn rules_and_their_pages() {
    let folder = Folder::new(&[]);
    let list = folder.run(&["rules"]);
    assert_eq!(list.status, 0);
    assert!(
        list.out
            .lines()
            .any(|line| line.starts_with("test-without-cmd ") && line.contains(" error "))
    );
    let page = folder.run(&["rule", "test-without-cmd"]);
    assert_eq!(page.status, 0);
    assert_eq!(page.out, include_str!("../rules/test-without-cmd.md"));
}

#[test]
fn a_reader_that_hangs_up_is_no_error() {
    let folder = Folder::new(&[]);
    for index in 0..300 {
        folder.put(&format!("{index}/compose.yaml"), WRONG.as_bytes());
    }
    let mut child = folder
        .command(&["check"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let said: Said = child.wait_with_output().unwrap().into();
    assert_eq!((said.status, said.error.as_str()), (1, ""));
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_the_threads() {
    let folder = Folder::new(&[]);
    for index in 0..40 {
        folder.put(&format!("{index}/compose.yaml"), WRONG.as_bytes());
        folder.put(
            &format!("{index}/Dockerfile"),
            b"FROM x\nHEALTHCHECK CMD true\nHEALTHCHECK CMD false\n",
        );
    }
    let with = |threads: &str| {
        let output = folder
            .command(&["check", "--format", "json"])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        Said::from(output).out
    };
    let one = with("1");
    assert!(one.len() > 1_000);
    for threads in ["2", "7"] {
        assert_eq!(with(threads), one);
    }
}

#[test]
fn a_service_is_explained_without_colours_in_a_pipe() {
    let folder = Folder::new(&[
        ("compose.yaml", WRONG),
        ("Dockerfile", "FROM alpine:3.20\nHEALTHCHECK CMD true\n"),
    ]);
    let said = folder.run(&["explain", "compose.yaml:web"]);
    assert_eq!((said.status, said.error.as_str()), (0, ""));
    assert!(said.out.starts_with("web  compose.yaml:4  nginx:alpine\n"));
    assert!(!said.out.contains('\u{1b}'));
    let said = folder.run(&["explain", "compose.yaml:web", "--color", "always"]);
    assert!(said.out.contains('\u{1b}'));
    let said = folder.run(&["explain", "Dockerfile", "--format", "json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["checks"][0]["layers"][0]["text"], "true");
}

#[test]
fn what_cannot_be_explained_is_said() {
    let folder = Folder::new(&[("compose.yaml", WRONG), ("fine.yaml", FINE)]);
    for (target, message) in [
        (
            "compose.yaml:wbe",
            "there is no service `wbe`; there are `web`",
        ),
        ("gone.yaml", "there is no such file or folder"),
        (
            ".",
            ". is a folder; name a Compose file or a Dockerfile in it",
        ),
    ] {
        let said = folder.run(&["explain", target]);
        assert_eq!(said.status, 2, "{target}");
        assert!(said.error.contains(message), "{}", said.error);
    }
    let said = folder.run(&["explain", "fine.yaml"]);
    assert_eq!((said.status, said.out.as_str()), (0, ""));
    assert!(
        said.error.contains("fine.yaml has no health check"),
        "{}",
        said.error
    );
    let said = folder.run(&["explain", "fine.yaml:web"]);
    assert!(
        said.out.contains("nor its image has a check"),
        "{}",
        said.out
    );
}

#[test]
fn values_of_the_environment_stay_secret() {
    let compose = "\
services:
  a:
    image: nginx:alpine
    healthcheck:
      test: [\"CMD\", \"${PROG}\", \"-m\", \"${N}\", \"http://127.0.0.1/\"]
      timeout: ${T}
      start_period: ${T}
      start_interval: ${T}
  b:
    image: nginx:alpine
    healthcheck:
      test: curl -f http://127.0.0.1/ | grep \"a${WORD}[\"
  c:
    build:
      context: ${WORD}
      dockerfile: Dockerfile
  d:
    build:
      context: ${WORD}/gone
";
    let folder = Folder::new(&[
        ("compose.yaml", compose),
        (".env", "PROG=curl\nN=77\nT=19s\nWORD=hidden\n"),
        ("hidden/Dockerfile/x", ""),
    ]);
    for format in ["human", "concise", "json", "sarif", "github"] {
        let said = folder.run(&["check", "--format", format, "--diff", "--unsafe-fixes"]);
        let all = said.out + &said.error;
        for secret in ["hidden", "1m17s", "19s", "18s"] {
            assert!(!all.contains(secret), "{format} tells {secret}:\n{all}");
        }
    }
}

#[test]
fn values_that_double_and_tests_of_a_megabyte_keep_nobody_waiting() {
    let test = |script: &str| {
        format!(
            "services:\n  web:\n    image: nginx:alpine\n    healthcheck:\n      test: '{script}'\n"
        )
    };
    let folder = Folder::new(&[
        (
            "double/compose.yaml",
            &test(&format!("A=xx; {}curl $$A", "A=$$A$$A; ".repeat(100))),
        ),
        (
            "long/compose.yaml",
            &test(&"curl a || exit 1; ".repeat(20_000)),
        ),
    ]);
    let said = folder.run(&["check", "--format", "concise"]);
    assert_eq!(said.status, 2);
    assert!(
        said.out
            .contains("long/compose.yaml:5:13: fault: this command is longer than 16 KiB"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("double/compose.yaml"), "{}", said.out);
}

#[test]
fn a_dockerfile_that_is_not_there_is_missed_and_no_fault() {
    let compose = WRONG.replace("image: nginx:alpine", "build: ./gone");
    let folder = Folder::new(&[("compose.yaml", &compose)]);
    let said = folder.check(&["--format", "concise", "--fix"]);
    assert_eq!(said.status, 0, "{}", said.error);
    assert!(
        said.error.contains(
            "missed: compose.yaml:3:12: there is no `gone/Dockerfile` here, so nothing is known of the image"
        ),
        "{}",
        said.error
    );
    assert!(folder.text("compose.yaml").contains("[\"CMD\", \"curl\""));
}

#[test]
fn many_dockerfiles_that_are_not_there_do_not_drown_the_rest() {
    let mut compose = "services:\n".to_owned();
    for at in 0..14 {
        let _ = writeln!(compose, "  s{at}:\n    build: ./gone{}", at / 2);
    }
    let folder = Folder::new(&[("compose.yaml", &compose)]);
    let told = |words: &[&str]| -> Vec<String> {
        let said = folder.check(words);
        let lines = said.out.lines();
        lines
            .filter(|line| line.starts_with("missed: "))
            .map(str::to_owned)
            .collect()
    };
    let few = told(&[]);
    assert_eq!(few.len(), 5, "{few:?}");
    assert!(few[0].starts_with("missed: compose.yaml:3:12: there is no `gone0/Dockerfile` here"));
    assert!(few[0].ends_with("(and one more place)"), "{}", few[0]);
    assert_eq!(
        few[4],
        "missed: 3 more files that are not here; `--verbose` names them"
    );
    let all = told(&["--verbose"]);
    assert_eq!(all.len(), 7, "{all:?}");
    assert_eq!(told(&["--quiet"]), [""; 0]);
}

#[test]
fn words_that_name_nothing_are_answered() {
    let folder = Folder::new(&[("compose.yaml", WRONG)]);
    for words in [
        &["check", ""][..],
        &["check", "-F", ""],
        &["check", "-", "--stdin-filename", "."],
        &["check", "-", "--stdin-filename", ""],
    ] {
        let output = folder.command(words).stdin(Stdio::null()).output().unwrap();
        let said = Said::from(output);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{words:?}");
        assert!(said.error.starts_with("error: "), "{}", said.error);
    }
    let said = folder.run(&["check", "--select", "\u{1b}[31mred"]);
    assert!(!said.error.contains('\u{1b}'), "{}", said.error);
    let said = folder.run(&["check", "-F", "gone.yaml", "--format", "json"]);
    let value: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(value["summary"]["files"], 0);
}

#[test]
fn a_cause_never_quotes_a_value_of_the_environment() {
    let compose = "services:\n  web:\n    image: nginx:alpine\n    healthcheck:\n      test: curl -f http://127.0.0.1/${TOKEN} || echo ${TOKEN}\n";
    let folder = Folder::new(&[
        (".env", "TOKEN=hunter2hunter2\n"),
        ("compose.yaml", compose),
    ]);
    for format in ["human", "concise", "json", "sarif", "github"] {
        let said = folder.run(&["check", "--format", format]);
        assert!(said.out.contains("cannot-fail"), "{format}: {}", said.out);
        assert!(
            !said.out.contains("hunter2") && !said.error.contains("hunter2"),
            "{format}: {}",
            said.out
        );
    }
}
