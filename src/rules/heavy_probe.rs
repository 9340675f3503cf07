//! `heavy-probe`: a check that starts a whole virtual machine, more often than it should.

use std::time::Duration;

use crate::facts::Flavour;
use crate::facts::tools;
use crate::finding::{Finding, Fix, Severity};
use crate::model::draft;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "heavy-probe",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/heavy-probe.md"),
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let written = watched.timing.interval.as_ref()?;
    let interval = watched.timing.effective_interval()?;
    let (call, tool) = watched.calls.iter().find_map(|call| {
        let tool = tools::tool(call.name()?, Flavour::Plain)?;
        tool.heavy.then_some((call, tool))
    })?;
    let least = Duration::from_secs(tool.interval?.into());
    if interval >= least {
        return None;
    }
    let program = call.name()?;
    let cost = match (tool.seconds, tool.notes.first()) {
        // A note that says what it costs needs no second figure.
        (Some(_), Some(note)) if note.contains(|c: char| c.is_ascii_digit()) => note.clone(),
        (Some(seconds), Some(note)) => format!("{note}; each run takes about {seconds}s"),
        (Some(seconds), None) => format!("each run takes about {seconds}s"),
        (None, Some(note)) => note.clone(),
        (None, None) => return None,
    };
    let own = &written.value.text;
    let shown = written.value.shown(interval);
    let wanted = draft::duration(least);
    let edit = (written.through.is_none())
        .then(|| own.replace(0..own.len(), &wanted))
        .flatten();
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                call.words[0].span,
                format!("`{program}` is too heavy to run every {shown}"),
                cost,
            )
            .label(written.entry(), "this is how often it runs")
            .help(format!(
                "run it every {wanted}, or ask with something light that opens the port"
            ))
            .fix(edit.map(|edit| Fix::risky(format!("run it every {wanted}"), vec![edit]))),
    )
}
