//! Workflow commands of GitHub Actions: an annotation per finding, in the escaping that its runner undoes.
//!
//! The runner's grammar is in actions/toolkit, `packages/core/src/command.ts`.

use std::fmt::Write as _;

use super::{Report, visible};
use crate::finding::{Fault, Finding, Severity};
use crate::text::{Sources, Span};

/// An annotation for each finding and each fault.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings {
        out.push_str(&annotation(report.sources, finding));
        out.push('\n');
    }
    for fault in report.faults {
        out.push_str(&fault_annotation(report.sources, fault));
        out.push('\n');
    }
    out
}

fn annotation(sources: &Sources, finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut message = finding.message.clone();
    for more in [Some(&finding.why), finding.help.as_ref()] {
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            message.push('\n');
            message.push_str(more);
        }
    }
    format!(
        "::{command} {},title={}::{}",
        region(sources, finding.span),
        property(&format!("healthlint {}", finding.rule)),
        data(&message)
    )
}

fn fault_annotation(sources: &Sources, fault: &Fault) -> String {
    let place = fault.span.map_or_else(
        || format!("file={}", property(&fault.path)),
        |span| region(sources, span),
    );
    format!(
        "::error {place},title={}::{}",
        property("healthlint"),
        data(&fault.message)
    )
}

/// `file=…,line=…,endLine=…`; columns only within one line, because GitHub refuses them otherwise.
fn region(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.source);
    let start = source.position(span.start as usize);
    let end = source.position(span.end as usize);
    let mut out = format!(
        "file={},line={},endLine={}",
        property(&source.path),
        start.line,
        end.line
    );
    if start.line == end.line {
        let _ = write!(out, ",col={},endColumn={}", start.column, end.column);
    }
    out
}

fn data(text: &str) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    visible::line(&text).into_owned()
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_escaped_as_the_runner_expects() {
        let mut sources = Sources::default();
        let id = sources.add("a,b:c%.yaml", "x\ny\n");
        let mut finding = Finding::new(
            "a-rule",
            Severity::Note,
            Span::new(id, 0, 1),
            "100% a,b:c",
            "because\u{1b}",
        )
        .help("do\r\nthis");
        assert_eq!(
            annotation(&sources, &finding),
            "::notice file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=2,title=healthlint a-rule\
             ::100%25 a,b:c%0Abecause␛%0Ado%0D%0Athis"
        );
        finding.span = Span::new(id, 0, 3);
        assert!(annotation(&sources, &finding).contains("line=1,endLine=2,title"));
    }
}
