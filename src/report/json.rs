//! The JSON that other programs read; its shape is a promise (`healthlint/1`) and changes only with its name.

use serde::Serialize;

use super::{Report, visible};
use crate::finding::{Fault, Finding, Fix, Severity};
use crate::text::{self, Sources, Span};

/// The whole run as one object, pretty-printed, with a final newline.
pub fn render(report: &Report) -> String {
    let document = Document {
        schema: "healthlint/1",
        version: env!("CARGO_PKG_VERSION"),
        summary: Summary {
            files: report.files,
            probes: report.probes,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
        },
        findings: report
            .findings
            .iter()
            .map(|finding| finding_value(report, finding))
            .collect(),
        faults: report
            .faults
            .iter()
            .map(|fault| fault_value(report.sources, fault))
            .collect(),
    };
    // Strings and numbers alone: serializing them has no way to fail.
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    visible::json(&json) + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: &'static str,
    summary: Summary,
    findings: Vec<FindingValue<'a>>,
    faults: Vec<FaultValue<'a>>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    probes: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
struct FindingValue<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    path: &'a str,
    start: Place,
    end: Place,
    service: Option<&'a str>,
    labels: Vec<LabelValue<'a>>,
    help: Option<&'a str>,
    url: Option<String>,
    fixes: Vec<FixValue<'a>>,
}

#[derive(Serialize)]
struct LabelValue<'a> {
    message: &'a str,
    path: &'a str,
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct FixValue<'a> {
    title: &'a str,
    applicability: &'static str,
    edits: Vec<EditValue<'a>>,
}

#[derive(Serialize)]
struct EditValue<'a> {
    path: &'a str,
    start: Place,
    end: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct FaultValue<'a> {
    path: &'a str,
    start: Option<Place>,
    end: Option<Place>,
    message: &'a str,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    offset: usize,
}

fn finding_value<'a>(report: &Report<'a>, finding: &'a Finding) -> FindingValue<'a> {
    let sources = report.sources;
    let (path, start, end) = places(sources, finding.span);
    // Why comes first among the labels: it belongs to the finding's own place.
    let why = (!finding.why.is_empty()).then_some((finding.span, &finding.why));
    let labels = why
        .into_iter()
        .chain(
            finding
                .labels
                .iter()
                .map(|label| (label.span, &label.message)),
        )
        .map(|(span, message)| {
            let (path, start, end) = places(sources, span);
            LabelValue {
                message,
                path,
                start,
                end,
            }
        })
        .collect();
    FindingValue {
        rule: finding.rule,
        severity: finding.severity.word(),
        message: &finding.message,
        path,
        start,
        end,
        service: finding.service.as_deref(),
        labels,
        help: finding.help.as_deref(),
        url: report.url(finding.rule),
        fixes: finding
            .fixes
            .iter()
            .map(|fix| fix_value(sources, fix))
            .collect(),
    }
}

fn fix_value<'a>(sources: &'a Sources, fix: &'a Fix) -> FixValue<'a> {
    FixValue {
        title: &fix.title,
        applicability: fix.applicability.word(),
        edits: fix
            .edits
            .iter()
            .map(|edit| {
                let (path, start, end) = places(sources, edit.span);
                EditValue {
                    path,
                    start,
                    end,
                    text: &edit.text,
                }
            })
            .collect(),
    }
}

fn fault_value<'a>(sources: &'a Sources, fault: &'a Fault) -> FaultValue<'a> {
    let (path, start, end) = match fault.span {
        Some(span) => {
            let (path, start, end) = places(sources, span);
            (path, Some(start), Some(end))
        }
        None => (fault.path.as_str(), None, None),
    };
    FaultValue {
        path,
        start,
        end,
        message: &fault.message,
    }
}

fn places(sources: &Sources, span: Span) -> (&str, Place, Place) {
    let source = sources.get(span.source);
    let place = |offset: u32| {
        let text::Position {
            line,
            column,
            offset,
        } = source.position(offset as usize);
        Place {
            line,
            column,
            offset,
        }
    };
    (&source.path, place(span.start), place(span.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;
    use crate::text::Edit;

    #[test]
    fn the_contract() {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", "\u{feff}a: 🩺 x\n");
        let span = Span::new(id, 11, 12);
        let mut finding = Finding::new(RULES[0].name, Severity::Warning, span, "what", "why")
            .label(Span::new(id, 3, 4), "here")
            .fix(Fix::safe("do it", vec![Edit::replace(span, "y")]));
        finding.service = Some("web".into());
        let fault = Fault {
            span: None,
            path: "gone.yaml".into(),
            message: "gone".into(),
        };
        let json = render(&Report {
            sources: &sources,
            findings: &[finding],
            faults: &[fault],
            rules: RULES,
            files: 2,
            probes: 1,
        });
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let start = serde_json::json!({"line": 1, "column": 6, "offset": 11});
        let end = serde_json::json!({"line": 1, "column": 7, "offset": 12});
        let expected = serde_json::json!({
            "schema": "healthlint/1",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": {"files": 2, "probes": 1, "errors": 0, "warnings": 1, "notes": 0},
            "findings": [{
                "rule": RULES[0].name,
                "severity": "warning",
                "message": "what",
                "path": "compose.yaml",
                "start": start,
                "end": end,
                "service": "web",
                "labels": [
                    {"message": "why", "path": "compose.yaml", "start": start, "end": end},
                    {"message": "here", "path": "compose.yaml",
                     "start": {"line": 1, "column": 1, "offset": 3},
                     "end": {"line": 1, "column": 2, "offset": 4}},
                ],
                "help": null,
                "url": RULES[0].url(),
                "fixes": [{
                    "title": "do it",
                    "applicability": "safe",
                    "edits": [{"path": "compose.yaml", "start": start, "end": end, "text": "y"}],
                }],
            }],
            "faults": [{"path": "gone.yaml", "start": null, "end": null, "message": "gone"}],
        });
        assert_eq!(value, expected);
    }
}
