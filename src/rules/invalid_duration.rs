//! `invalid-duration`: a time that the engine cannot read.

use crate::finding::{Finding, Fix, Severity};
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "invalid-duration",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/invalid-duration.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .rejected()
        .filter_map(|rejected| {
            let RejectedKind::Duration { setting, meant } = &rejected.kind else {
                return None;
            };
            let text = context.sources.slice(rejected.span);
            let mut finding = Finding::new(
                RULE.name,
                Severity::Error,
                rejected.span,
                format!(
                    "`{}` is no duration for `{setting}`",
                    text.trim_matches(['"', '\''])
                ),
                rejected.reason.clone(),
            )
            .help(match meant {
                Some(meant) => format!("write `{meant}`"),
                None => {
                    "write a number with its unit, such as `30s`, `1m30s` or `500ms`".to_owned()
                }
            });
            finding.service.clone_from(&rejected.service);
            Some(finding.fix(meant.as_ref().map(|meant| {
                let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
                let new = match quote {
                    Some(quote) => format!("{quote}{meant}{quote}"),
                    None => meant.clone(),
                };
                Fix::safe(
                    format!("write `{meant}`"),
                    vec![Edit::replace(rejected.span, new)],
                )
            })))
        })
        .collect()
}
