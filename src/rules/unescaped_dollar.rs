//! `unescaped-dollar`: a `$` that Compose reads before the shell does.

use crate::finding::{Finding, Fix, Severity};
use crate::model::rejected::RejectedKind;
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "unescaped-dollar",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/unescaped-dollar.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let strays_fail = context.targets.rejects_stray_dollars();
    context
        .rejected()
        .filter_map(|rejected| {
            let RejectedKind::Interpolation { everywhere } = rejected.kind else {
                return None;
            };
            // What stands in the braces of another template language is gone before Compose reads the file. All else
            // is ours wherever it stands: Compose refuses the whole file for it, with every check in it.
            let text = context.sources.slice(rejected.span);
            if text.starts_with("${{") {
                return None;
            }
            let (severity, why) = if everywhere {
                (Severity::Error, rejected.reason.clone())
            } else if strays_fail {
                (
                    Severity::Error,
                    "the Compose version or `docker stack` that you target rejects the whole file for it".to_owned(),
                )
            } else {
                (
                    Severity::Note,
                    "Compose before 2.11.2 and `docker stack deploy` reject the whole file for it".to_owned(),
                )
            };
            let mut finding = Finding::new(
                RULE.name,
                severity,
                rejected.span,
                format!("the `$` of `{text}` is not escaped"),
                why,
            )
            .help("write `$$`: Compose turns it into one `$`");
            let edits = vec![Edit::insert_before(rejected.span, "$")];
            // A template for another platform may have a reader of its own that takes `${…}` before Compose does.
            let in_check = !everywhere || rejected.reason.contains("healthcheck");
            let fix = if in_check {
                finding = finding.help("write `$$`: Compose turns it into the one `$` that the shell sees");
                Fix::safe("double the `$`", edits)
            } else {
                Fix::risky("double the `$`", edits)
            };
            finding = finding.fix(fix);
            finding.service.clone_from(&rejected.service);
            Some(finding)
        })
        .collect()
}
