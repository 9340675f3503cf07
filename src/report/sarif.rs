//! SARIF 2.1.0, as code scanning services and editors read it.
//!
//! The section numbers are those of the OASIS standard.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Report, visible};
use crate::finding::{Applicability, Fault, Finding, Fix, Severity};
use crate::text::{Edit, SourceId, Sources, Span};

/// The whole run as one SARIF log with one run, pretty-printed, with a final newline.
pub fn render(report: &Report) -> String {
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "healthlint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": report.rules.iter().map(|rule| json!({
                    "id": rule.name,
                    "shortDescription": {"text": rule.summary()},
                    "fullDescription": {"text": rule.summary()},
                    "help": {"text": rule.page, "markdown": rule.page},
                    "helpUri": rule.url(),
                    "defaultConfiguration": {
                        "enabled": rule.severity.is_some(),
                        "level": level(rule.severity.unwrap_or(Severity::Warning)),
                    },
                })).collect::<Vec<_>>(),
            }},
            // §3.14.17: what a column counts.
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.faults.is_empty(),
                "toolExecutionNotifications": report.faults.iter()
                    .map(|fault| notification(report.sources, fault)).collect::<Vec<_>>(),
            }],
            "results": report.findings.iter()
                .map(|finding| result(report, finding)).collect::<Vec<_>>(),
        }],
    });
    visible::json(&format!("{log:#}")) + "\n"
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

fn result(report: &Report, finding: &Finding) -> Value {
    let mut text = finding.message.clone();
    for more in [Some(&finding.why), finding.help.as_ref()] {
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            text.push_str("\n\n");
            text.push_str(more);
        }
    }
    let mut value = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location(report.sources, finding.span)],
    });
    // An index that points nowhere would be invalid, so it is there only with its rule (§3.27.6).
    if let Some(index) = report
        .rules
        .iter()
        .position(|rule| rule.name == finding.rule)
    {
        value["ruleIndex"] = index.into();
    }
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .map(|(id, label)| {
            let mut place = location(report.sources, label.span);
            place["id"] = id.into();
            place["message"] = json!({"text": label.message});
            place
        })
        .collect();
    if !related.is_empty() {
        value["relatedLocations"] = related.into();
    }
    // A viewer may apply what it is given, so fixes that are only for show stay out.
    let fixes: Vec<Value> = finding
        .fixes
        .iter()
        .filter(|fix| fix.applicability > Applicability::Display && !fix.edits.is_empty())
        .map(|fix| fix_value(report.sources, fix))
        .collect();
    if !fixes.is_empty() {
        value["fixes"] = fixes.into();
    }
    value
}

fn fix_value(sources: &Sources, fix: &Fix) -> Value {
    let mut files: Vec<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
    files.sort_unstable();
    files.dedup();
    let changes: Vec<Value> = files
        .into_iter()
        .map(|file| {
            let replacements: Vec<Value> = fix
                .edits
                .iter()
                .filter(|edit| edit.span.source == file)
                .map(|edit| replacement(sources, edit))
                .collect();
            json!({
                "artifactLocation": {"uri": uri(&sources.get(file).path)},
                "replacements": replacements,
            })
        })
        .collect();
    json!({
        "description": {"text": fix.title},
        "artifactChanges": changes,
        "properties": {"applicability": fix.applicability.word()},
    })
}

fn replacement(sources: &Sources, edit: &Edit) -> Value {
    json!({
        "deletedRegion": region(sources, edit.span),
        "insertedContent": {"text": edit.text},
    })
}

fn notification(sources: &Sources, fault: &Fault) -> Value {
    let place = match fault.span {
        Some(span) => location(sources, span),
        None => json!({"physicalLocation": {"artifactLocation": {"uri": uri(&fault.path)}}}),
    };
    json!({
        "level": "error",
        "message": {"text": fault.message},
        "locations": [place],
    })
}

fn location(sources: &Sources, span: Span) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&sources.get(span.source).path)},
        "region": region(sources, span),
    }})
}

/// Lines and columns from 1 and bytes from 0, both with an exclusive end (§3.30).
fn region(sources: &Sources, span: Span) -> Value {
    let source = sources.get(span.source);
    let start = source.position(span.start as usize);
    let end = source.position(span.end as usize);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": start.offset,
        "byteLength": end.offset - start.offset,
    })
}

/// A shown path as a URI reference (RFC 3986): relative ones stay relative.
fn uri(path: &str) -> String {
    let mut out = String::new();
    // `C:/x` would be read as the scheme `C`.
    let bytes = path.as_bytes();
    if bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic() {
        out.push_str("file:///");
    } else if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("a b/ż:%.yaml"), "a%20b/%C5%BC%3A%25.yaml");
        assert_eq!(uri("/etc/x"), "file:///etc/x");
    }

    #[test]
    fn a_run_says_rule_place_and_fix() {
        let mut sources = Sources::default();
        let id = sources.add("a b.yaml", "x: 🩺y\n");
        let span = Span::new(id, 7, 8);
        let findings = [
            Finding::new(RULES[0].name, Severity::Error, span, "what", "why")
                .label(Span::new(id, 0, 1), "here")
                .help("do")
                .fix(Fix::safe("fix", vec![Edit::replace(span, "z")]))
                .fix(Fix::display("look", vec![Edit::replace(span, "w")])),
        ];
        let faults = [Fault {
            span: None,
            path: "gone".into(),
            message: "gone".into(),
        }];
        let log: Value = serde_json::from_str(&render(&Report {
            sources: &sources,
            findings: &findings,
            faults: &faults,
            rules: RULES,
            files: 1,
            probes: 1,
        }))
        .unwrap();
        let run = &log["runs"][0];
        let result = &run["results"][0];
        let region = json!({
            "startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 6, "byteOffset": 7, "byteLength": 1,
        });
        assert_eq!(result["ruleIndex"], 0);
        assert_eq!(result["message"]["text"], "what\n\nwhy\n\ndo");
        assert_eq!(
            result["locations"][0]["physicalLocation"],
            json!({"artifactLocation": {"uri": "a%20b.yaml"}, "region": region})
        );
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "here");
        assert_eq!(result["fixes"].as_array().unwrap().len(), 1);
        assert_eq!(
            result["fixes"][0]["artifactChanges"][0]["replacements"][0],
            json!({"deletedRegion": region, "insertedContent": {"text": "z"}})
        );
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        assert_eq!(
            run["tool"]["driver"]["rules"][0]["shortDescription"]["text"],
            RULES[0].summary()
        );
    }
}
