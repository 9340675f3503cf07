//! `probe-too-often`: a check that runs every few seconds for as long as the container lives.

use std::time::Duration;

use crate::finding::{Finding, Fix, Severity};
use crate::model::draft::duration;
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "probe-too-often",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/probe-too-often.md"),
    last_resort: false,
    check,
};

const BELOW_WARNING: Duration = Duration::from_secs(2);
const BELOW_NOTE: Duration = Duration::from_secs(5);
const STEADY: Duration = Duration::from_secs(30);

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .filter_map(|watched| judge(context, watched))
        .collect()
}

fn judge(context: &Context<'_>, watched: &Watched<'_>) -> Option<Finding> {
    // A finding belongs to the check that writes the setting, not to one that inherits it.
    let written = watched.probe.timing.interval.as_ref()?;
    let interval = written.value.value.filter(|value| !value.is_zero())?;
    let complete = watched.service.is_none_or(|service| service.complete);
    if interval >= BELOW_NOTE || written.value.text.from_environment() || !complete {
        return None;
    }
    watched.test.filter(|_| watched.runs())?;
    let severity = if interval < BELOW_WARNING {
        Severity::Warning
    } else {
        Severity::Note
    };
    let runs = Duration::from_secs(24 * 60 * 60).as_millis() / interval.as_millis().max(1);
    let finding = watched.finding(
        &RULE,
        severity,
        written.entry(),
        format!(
            "the check runs every {}, as long as the container lives",
            duration(interval)
        ),
        format!("each run starts a process in the container, up to {runs} a day"),
    );
    // Engines before 25 know no second pace.
    if context.targets.engine < 25 {
        return Some(finding.help("a longer interval is enough for most services"));
    }
    let edits = edits(watched, interval);
    Some(
        finding
            .help("a short `start_interval` for the start and a long `interval` for the rest give both")
            .fix(edits.map(|edits| {
                let title = format!(
                    "check every {} while it starts and every {} then",
                    duration(interval.max(Duration::from_secs(1))),
                    duration(STEADY)
                );
                Fix::risky(title, edits)
            })),
    )
}

/// The short interval becomes that of the start, and a longer one takes its place.
fn edits(watched: &Watched<'_>, interval: Duration) -> Option<Vec<Edit>> {
    let (own, whole) = (&watched.probe.timing, &watched.timing);
    let written = own.interval.as_ref()?;
    let others = [&own.start_period, &own.start_interval];
    if written.through.is_some()
        || others
            .into_iter()
            .flatten()
            .any(|set| set.through.is_some())
    {
        return None;
    }
    let text = &written.value.text;
    let mut slower = text.replace(0..text.len(), &duration(STEADY))?;
    let mut missing: Vec<(&str, Duration)> = Vec::new();
    if whole.start_period.is_none() {
        missing.push(("start_period", STEADY));
    }
    if whole.start_interval.is_none() {
        missing.push(("start_interval", interval.max(Duration::from_secs(1))));
    }
    let mut added: Option<Edit> = None;
    for (name, value) in missing {
        let edit = watched.probe.place.add(name, &duration(value))?;
        match &mut added {
            Some(added) => added.text.push_str(&edit.text),
            None => added = Some(edit),
        }
    }
    match added {
        // The interval is the last entry: what is new stands right behind it.
        Some(added) if added.touches(&slower) => {
            slower.text.push_str(&added.text);
            Some(vec![slower])
        }
        Some(added) => Some(vec![slower, added]),
        None => Some(vec![slower]),
    }
}
