//! The corpus of public files, where it is at hand: nothing panics, and no error contradicts a verdict made by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use healthlint::check::{Options, Unit, check};
use healthlint::finding::{Finding, Severity};
use healthlint::fix::Texts;

/// A verdict that somebody made by hand.
struct Label {
    class: String,
    path: String,
    line: usize,
    service: Option<String>,
    verdict: String,
}

/// The rule that answers for a class of labels; None where no rule speaks of it yet.
fn rule_of(class: &str) -> Option<&'static str> {
    Some(match class {
        "tool-missing" | "mongo-vs-mongosh" | "mysqladmin-in-mariadb>=11" | "mssql-old-path" => {
            "missing-tool"
        }
        "credential-literal" => "secret-in-probe",
        "cmd-shell-args-dropped" => "split-shell-command",
        "curl-no-fail" => "ignores-http-errors",
        "dev-tcp-in-sh" => "cannot-succeed",
        "string-NONE" => "invalid-healthcheck",
        "curl-single-dash-fail" => "unsupported-option",
        class if class.starts_with("fail-open") => "misleading-pattern",
        "exec-form-shell-variable" => "variable-in-exec",
        "or-exit-0" | "php-or-die-exits-0" | "pipeline-swallows-failure" | "vacuous-probe" => {
            "cannot-fail"
        }
        "grep-\\s-without-P" | "grep-P" => "over-escaped-regex",
        "start_interval-without-start_period" => "idle-start-interval",
        "wget-https-busybox" => "zombie-wget",
        _ => return None,
    })
}

fn corpus() -> Option<PathBuf> {
    let at = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    at.is_dir().then_some(at)
}

fn labels(text: &str) -> Vec<Label> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            Label {
                class: text("class"),
                path: format!("{}/{}", text("repo").replace('/', "__"), text("path")),
                line: usize::try_from(value["line"].as_u64().unwrap_or_default()).unwrap(),
                service: value["service"].as_str().map(str::to_owned),
                verdict: text("verdict"),
            }
        })
        .collect()
}

/// Every file of the corpus that is at hand, by path.
fn files(top: &PathBuf) -> Texts {
    let mut files = Texts::new();
    let mut waiting = vec![top.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(top).unwrap().to_string_lossy();
                files.insert(name.replace('\\', "/"), text.into());
            }
        }
    }
    files
}

#[test]
#[allow(clippy::print_stdout)] // The figures are what one comes for: `cargo test wild -- --nocapture`.
fn no_error_contradicts_a_verdict_made_by_hand() {
    let Some(top) = corpus() else {
        println!("skipped: the corpus of public files is not here");
        return;
    };
    let files = files(&top.join("compose"));
    let units: Vec<Unit> = files
        .keys()
        .filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"))
        .map(|path| Unit::Compose(vec![path.clone()]))
        .collect();
    let checked = check(&units, &files, &Options::default());
    let mut at: BTreeMap<&str, Vec<(&Finding, usize)>> = BTreeMap::new();
    for finding in &checked.findings {
        let source = checked.sources.get(finding.span.source);
        let line = source.text[..finding.span.start as usize]
            .matches('\n')
            .count()
            + 1;
        at.entry(source.path.as_str())
            .or_default()
            .push((finding, line));
    }
    let mut table: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut missed = Vec::new();
    let mut wrong = Vec::new();
    for label in labels(&fs::read_to_string(top.join("labelled.jsonl")).unwrap()) {
        let Some(rule) = rule_of(&label.class) else {
            continue;
        };
        let row = table.entry(rule).or_default();
        let place = format!("{}:{} ({})", label.path, label.line, label.class);
        if !files.contains_key(&label.path) {
            row[3] += 1;
            continue;
        }
        let spoken = at.get(label.path.as_str()).into_iter().flatten();
        let spoken: Vec<&Finding> = spoken
            .filter(|(finding, line)| match &label.service {
                // What services share is told once, of one of them.
                Some(_) => finding.service == label.service || *line == label.line,
                None => line.abs_diff(label.line) <= 4,
            })
            .map(|(finding, _)| *finding)
            .collect();
        let named = spoken.iter().any(|finding| finding.rule == rule);
        match label.verdict.as_str() {
            "true" if named => row[0] += 1,
            "true" => {
                row[1] += 1;
                missed.push(format!("missed {rule}: {place}"));
            }
            "false" => {
                row[2] += usize::from(named);
                wrong.extend(
                    spoken
                        .iter()
                        .filter(|finding| {
                            finding.severity == Severity::Error && finding.rule == rule
                        })
                        .map(|finding| format!("{place}: {}", finding.message)),
                );
            }
            _ => {}
        }
    }
    println!("rule                   found missed false file-absent");
    for (rule, [found, missed, wrong, absent]) in &table {
        println!("{rule:<22} {found:>5} {missed:>6} {wrong:>5} {absent:>11}");
    }
    println!("{}", missed.join("\n"));
    assert!(checked.probes > 500, "the corpus was not read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
