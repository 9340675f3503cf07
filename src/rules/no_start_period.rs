//! `no-start-period`: a slow starter that is called unhealthy before it is up.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::{Written, draft};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "no-start-period",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/no-start-period.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let recipe = watched.inventory.recipe?;
    let needed = Duration::from_secs(recipe.start?.into());
    // A check of the image itself may bring a start period that nobody here can see.
    watched.test?;
    if watched.probe.test.is_none() && watched.build.is_none() {
        return None;
    }
    let period = watched.timing.effective_start_period()?;
    let interval = watched.timing.effective_interval()?;
    let retries = watched.timing.effective_retries()?;
    let budget = period.checked_add(interval.checked_mul(u32::try_from(retries).ok()?)?)?;
    if budget >= needed {
        return None;
    }
    let image = &watched.inventory.shown;
    let written = watched.probe.timing.start_period.as_ref();
    let span = written.map_or(watched.probe.span, Written::entry);
    let value = draft::duration(needed);
    let edit: Option<Edit> = match written {
        Some(written) if written.through.is_none() => {
            let text = &written.value.text;
            text.replace(0..text.len(), &value)
        }
        Some(_) => None,
        None => watched.probe.place.add("start_period", &value),
    };
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                span,
                format!("{image} is called unhealthy before it is up"),
                format!(
                    "it needs about {value} to start (as of {}), and {} of failures are enough to be unhealthy",
                    recipe.date,
                    draft::duration(budget)
                ),
            )
            .help("give it a start period; a passing check ends it early, so a fast start loses nothing")
            .fix(edit.map(|edit| Fix::safe(format!("give it {value} to start"), vec![edit]))),
    )
}
