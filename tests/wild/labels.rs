//! Verdicts that somebody made by hand, and the rule that answers for each.

use healthlint::finding::Finding;
use serde::Deserialize;

/// A verdict.
pub struct Label {
    pub class: String,
    pub path: String,
    pub line: usize,
    pub service: Option<String>,
    pub verdict: String,
}

/// What came of the verdicts that one rule answers for.
#[derive(Default)]
pub struct Row {
    pub found: usize,
    pub missed: usize,
    pub wrong: usize,
    pub absent: usize,
}

impl Label {
    /// How a message and `missed.toml` name it.
    pub fn shown(&self) -> String {
        format!("{}:{} {}", self.path, self.line, self.class)
    }

    /// Whether a finding speaks of the same check.
    pub fn is_about(&self, path: &str, line: usize, finding: &Finding) -> bool {
        path == self.path
            && match &self.service {
                // What services share is told once, of one of them.
                Some(_) => finding.service == self.service || line == self.line,
                None => line.abs_diff(self.line) <= 4,
            }
    }
}

/// The rule that answers for a class of verdicts; None for what is no fault of a health check's own.
pub fn rule_of(class: &str) -> Option<&'static str> {
    Some(match class {
        "tool-missing" | "mongo-vs-mongosh" | "mysqladmin-in-mariadb>=11" | "mssql-old-path" => {
            "missing-tool"
        }
        "cmd-shell-args-dropped" => "split-shell-command",
        "credential-literal" => "secret-in-probe",
        "curl-no-fail" => "ignores-http-errors",
        "curl-single-dash-fail" | "grep-P" => "unsupported-option",
        "dev-tcp-in-sh" | "echo-e-in-sh" => "bashism",
        "exec-form-shell-variable" => "variable-in-exec",
        "or-exit-0" | "php-or-die-exits-0" | "pipeline-swallows-failure" | "vacuous-probe" => {
            "cannot-fail"
        }
        "grep-\\s-without-P" => "over-escaped-regex",
        "mutating-probe" => "mutating-probe",
        "mysqladmin--p-space" => "command-in-one-word",
        "pg_isready-wrong-user-or-db" => "wrong-identity",
        "redis-requirepass-probe-without-auth" => "ignores-reply",
        "retries-0" => "meaningless-retries",
        "start_interval-without-start_period" => "idle-start-interval",
        "string-NONE" => "invalid-healthcheck",
        "wget-https-busybox" => "zombie-wget",
        class if class.starts_with("fail-open") => "misleading-pattern",
        _ => return None,
    })
}

/// Another rule that may answer for the same verdicts: it names the cause where the first names the effect.
pub fn other_rule_of(rule: &str) -> Option<&'static str> {
    // Without the default that the service has, the check asks for a name that is empty.
    (rule == "wrong-identity").then_some("host-variable")
}

/// The verdicts, in their order.
pub fn read(text: &str) -> Vec<Label> {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Missed {
    missed: Vec<Explained>,
}

/// A true verdict that no rule finds, and why not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explained {
    label: String,
    why: String,
}

/// What `missed.toml` explains, sorted.
pub fn explained(text: &str) -> Vec<String> {
    let missed: Missed = toml::from_str(text).unwrap();
    let mut labels: Vec<String> = missed
        .missed
        .into_iter()
        .map(|explained| {
            assert!(explained.why.len() > 20, "{}: why?", explained.label);
            explained.label
        })
        .collect();
    labels.sort();
    labels
}
