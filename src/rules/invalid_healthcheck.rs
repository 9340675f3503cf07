//! `invalid-healthcheck`: whatever else the engine rejects about a health check.

use crate::finding::{Finding, Fix, Severity};
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "invalid-healthcheck",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/invalid-healthcheck.md"),
    last_resort: false,
    check,
};

/// Longer texts, in bytes, are only pointed at.
const LONGEST: usize = 60;

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .rejected()
        .filter_map(|rejected| {
            let mut finding = match rejected.kind {
                RejectedKind::Other => {
                    let text = context.sources.slice(rejected.span);
                    let message = if text.is_empty() || text.len() > LONGEST || text.contains('\n')
                    {
                        "the engine rejects this health check".to_owned()
                    } else {
                        format!("the engine rejects `{text}`")
                    };
                    Finding::new(
                        RULE.name,
                        Severity::Error,
                        rejected.span,
                        message,
                        rejected.reason.clone(),
                    )
                }
                RejectedKind::UntypedItem => {
                    let text = context.sources.slice(rejected.span);
                    Finding::new(
                        RULE.name,
                        Severity::Error,
                        rejected.span,
                        format!("`{text}` is not a string, and a test list takes only strings"),
                        rejected.reason.clone(),
                    )
                    .help("put it in quotes")
                    .fix(quoted(text).map(|new| {
                        Fix::safe("put it in quotes", vec![Edit::replace(rejected.span, new)])
                    }))
                }
                _ => return None,
            };
            finding.service.clone_from(&rejected.service);
            Some(finding)
        })
        .collect()
}

/// A number or a word in quotes; a mapping or a list is nothing that quotes would mend.
fn quoted(text: &str) -> Option<String> {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c))
        .then(|| format!("\"{text}\""))
}
