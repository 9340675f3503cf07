//! `timeout-too-short`: the check is killed before its client can have asked anything.

use std::time::Duration;

use crate::facts::Flavour;
use crate::facts::tools;
use crate::finding::{Finding, Fix, Severity};
use crate::model::draft;
use crate::outcome::Reach;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "timeout-too-short",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/timeout-too-short.md"),
    last_resort: true,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.watched.iter().filter_map(judge).collect()
}

fn judge(watched: &Watched<'_>) -> Option<Finding> {
    let written = watched.timing.timeout.as_ref()?;
    let timeout = watched.timing.effective_timeout()?;
    let (call, seconds) = watched.calls.iter().find_map(|call| {
        let tool = tools::tool(call.name()?, Flavour::Plain)?;
        let always = watched.reach(call) == Reach::Always;
        (tool.heavy && always).then_some((call, tool.seconds?))
    })?;
    let needs = Duration::from_secs(seconds.into());
    if timeout >= needs {
        return None;
    }
    let own = &written.value.text;
    let shown = written.value.shown(timeout);
    let program = call.name()?;
    // Twice what it needs on a machine with nothing else to do.
    let wanted = draft::duration(needs * 2);
    let edit = (written.through.is_none())
        .then(|| own.replace(0..own.len(), &wanted))
        .flatten();
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                call.words[0].span,
                format!("`{program}` is killed after {shown}"),
                format!(
                    "it needs about {seconds}s until it has started and asked, and more on a busy machine"
                ),
            )
            .label(written.entry(), "this is when the engine kills it")
            .help(format!(
                "give it {wanted}, or ask with something light that opens the port"
            ))
            .fix(edit.map(|edit| Fix::risky(format!("give it {wanted}"), vec![edit]))),
    )
}
