//! `unknown-setting`: a key or flag that the engine does not know.

use crate::finding::{Finding, Fix, Severity};
use crate::model::rejected::{Rejected, RejectedKind};
use crate::rule::{Context, Rule};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "unknown-setting",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/unknown-setting.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .rejected()
        .filter_map(|rejected| {
            let (name, nearest) = match &rejected.kind {
                RejectedKind::UnknownSetting { name, nearest } => (name, nearest),
                RejectedKind::Misplaced { name, belongs } => {
                    return Some(misplaced(rejected, name, belongs));
                }
                _ => return None,
            };
            let mut finding = Finding::new(
                RULE.name,
                Severity::Error,
                rejected.span,
                format!("there is no setting `{name}` here"),
                rejected.reason.clone(),
            );
            finding.service.clone_from(&rejected.service);
            Some(match nearest {
                Some(nearest) => finding
                    .help(format!("did you mean `{nearest}`?"))
                    .fix(Fix::safe(
                        format!("write `{nearest}`"),
                        vec![Edit::replace(rejected.span, nearest.clone())],
                    )),
                None if name.starts_with("--") => finding.help(
                    "HEALTHCHECK knows --interval, --timeout, --start-period, --start-interval and --retries",
                ),
                None if rejected.service.is_some() => finding.help(
                    "a health check knows test, interval, timeout, retries, start_period, start_interval and disable",
                ),
                // It stands outside any health check, and the reason says what belongs there.
                None => finding,
            })
        })
        .collect()
}

fn misplaced(rejected: &Rejected, name: &str, belongs: &str) -> Finding {
    let mut finding = Finding::new(
        RULE.name,
        Severity::Error,
        rejected.span,
        format!("`{name}` has the wrong parent"),
        rejected.reason.clone(),
    );
    finding.service.clone_from(&rejected.service);
    finding.help(format!("put it {belongs}"))
}
