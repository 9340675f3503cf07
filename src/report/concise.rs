//! One line per finding, as editors and grep read it: `path:line:column: severity[rule] title`.

use super::{Report, visible};
use crate::finding::{Fault, Finding};
use crate::text::{Sources, Span};

/// All findings, then all faults, a line each.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings {
        out.push_str(&finding_line(report.sources, finding));
        out.push('\n');
    }
    for fault in report.faults {
        out.push_str(&fault_line(report.sources, fault));
        out.push('\n');
    }
    out
}

/// `path:line:column: severity[rule] title`, without a line ending.
pub fn finding_line(sources: &Sources, finding: &Finding) -> String {
    format!(
        "{}: {}[{}] {}",
        place(sources, finding.span),
        finding.severity.word(),
        finding.rule,
        visible::line(&finding.message)
    )
}

/// `path:line:column: fault: message`; without line and column where there is no text to point into.
pub fn fault_line(sources: &Sources, fault: &Fault) -> String {
    let at = fault.span.map_or_else(
        || visible::line(&fault.path).into_owned(),
        |span| place(sources, span),
    );
    format!("{at}: fault: {}", visible::line(&fault.message))
}

/// `path:line:column` of the span's start.
pub fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    let at = source.position(span.start as usize);
    format!("{}:{}:{}", visible::line(&source.path), at.line, at.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    #[test]
    fn a_line_for_each() {
        let mut sources = Sources::default();
        let id = sources.add("dir/a\u{1b}.yaml", "\u{feff}é: 🩺\r\n  test: x\r\n");
        let span = Span::new(id, 19, 20);
        let findings = [Finding::new(
            "some-rule",
            Severity::Error,
            span,
            "`x\u{7}` is\nbad",
            "why",
        )];
        let faults = [
            Fault {
                span: Some(span),
                path: "dir/a.yaml".into(),
                message: "stop".into(),
            },
            Fault {
                span: None,
                path: "b".into(),
                message: "gone".into(),
            },
        ];
        let report = Report {
            sources: &sources,
            findings: &findings,
            faults: &faults,
            rules: &[],
            files: 1,
            probes: 1,
        };
        assert_eq!(
            render(&report),
            "dir/a␛.yaml:2:7: error[some-rule] `x␇` is␊bad\n\
             dir/a␛.yaml:2:7: fault: stop\n\
             b: fault: gone\n"
        );
    }
}
