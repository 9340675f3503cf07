//! `lost-healthcheck`: a HEALTHCHECK that never reaches the image.

use crate::finding::{Finding, Fix, Severity};
use crate::model::build::Build;
use crate::rule::{Context, Rule};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "lost-healthcheck",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/lost-healthcheck.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(build) = &context.project.build else {
        return Vec::new();
    };
    let mut findings = replaced(context, build);
    findings.extend(unreached(build));
    findings
}

/// Earlier ones of the same stage.
fn replaced(context: &Context<'_>, build: &Build) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stage in &build.stages {
        let probes: Vec<_> = stage.own_probes().collect();
        let Some((last, earlier)) = probes.split_last() else {
            continue;
        };
        for probe in earlier {
            findings.push(
                Finding::new(
                    RULE.name,
                    Severity::Warning,
                    probe.span,
                    "this HEALTHCHECK is never used",
                    "a stage has one health check: the last one replaces all before it",
                )
                .label(last.span, "this one is used")
                .help("delete the one that you do not mean")
                .fix(Fix::safe(
                    "delete the earlier HEALTHCHECK",
                    vec![Edit::delete(whole_lines(context, probe.whole))],
                )),
            );
        }
    }
    findings
}

/// Those of stages that the final image does not come from.
fn unreached(build: &Build) -> Vec<Finding> {
    let Some(target) = build.target else {
        return Vec::new();
    };
    let chain = build.chain(target);
    let mut findings = Vec::new();
    for (index, stage) in build.stages.iter().enumerate() {
        if chain.contains(&index) {
            continue;
        }
        // A stage that is written for others to name as `target` keeps its check for them.
        let Some(probe) = stage.own_probes().next_back() else {
            continue;
        };
        let name = stage.name.as_ref().map_or_else(
            || "this stage".to_owned(),
            |name| format!("`{}`", name.value),
        );
        let final_stage = build.stages[target].span;
        findings.push(
            Finding::new(
                RULE.name,
                Severity::Note,
                probe.span,
                format!("the health check of {name} does not reach the final image"),
                "only the final stage and the stages it comes FROM give the image its settings",
            )
            .label(final_stage, "the image is this stage")
            .help(
                "move it to the final stage, unless another file builds this stage with `target`",
            ),
        );
    }
    findings
}

/// The instruction with its line break, so that no blank line is left behind.
fn whole_lines(context: &Context<'_>, span: Span) -> Span {
    let text = &context.sources.get(span.source).text;
    let rest = &text[span.end as usize..];
    let end = rest
        .find('\n')
        .filter(|at| rest[..*at].trim().is_empty())
        .map_or(span.end as usize, |at| span.end as usize + at + 1);
    Span::new(span.source, span.start as usize, end)
}
