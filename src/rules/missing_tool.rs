//! `missing-tool`: the check runs a program that the container does not have.

use crate::facts::{Answer, Firmness, Holds, Shell};
use crate::finding::{Finding, Fix, Severity};
use crate::model::build::{Action, Build};
use crate::model::command::{Call, Command};
use crate::outcome::substitute::{self, Substitute};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "missing-tool",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/missing-tool.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        // Without a shell nothing of a script is ever looked for.
        let script = matches!(watched.command, Some(Command::Script { .. }));
        if script && watched.inventory.shell() == Shell::None {
            continue;
        }
        // Only a tool that decides: `curl … || wget …` and `command -v curl && …` ask for no tears.
        let decides = watched.is_spoiled();
        let mut met: Vec<&str> = Vec::new();
        for call in &watched.calls {
            let Some(program) = call.program() else {
                continue;
            };
            // The applets of BusyBox are in it, whether or not PATH finds them.
            let applet = call.through("busybox") || call.through("toybox");
            if call.builtin || applet || met.contains(&program) {
                continue;
            }
            let answer = watched.inventory.has(program);
            if let Holds::No(firmness) = answer.holds {
                met.push(program);
                let spoiled =
                    decides || (firmness == Firmness::Soft && watched.is_spoiled_without(program));
                if !spoiled {
                    continue;
                }
                findings.push(finding(watched, call, program, &answer, firmness));
            }
        }
    }
    findings
}

fn finding(
    watched: &Watched<'_>,
    call: &Call,
    program: &str,
    answer: &Answer,
    firmness: Firmness,
) -> Finding {
    let severity = match firmness {
        Firmness::Firm => Severity::Error,
        Firmness::Soft => Severity::Warning,
    };
    let why = answer
        .why
        .iter()
        .filter(|reason| reason.span.is_none())
        .map(|reason| reason.text.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    let why = if why.is_empty() {
        "the program is not found, which is a failure every time".to_owned()
    } else {
        why
    };
    let message = match severity {
        Severity::Error => format!("{} has no `{program}`", watched.inventory.shown),
        _ => format!("{} may have no `{program}`", watched.inventory.shown),
    };
    let mut finding = watched.finding(&RULE, severity, call.words[0].span, message, why);
    for reason in &answer.why {
        if let Some(span) = reason.span {
            finding = finding.label(span, reason.text.clone());
        }
    }
    let mut fixes: Vec<Fix> = substitute::substitutes(call, &watched.inventory)
        .iter()
        .filter_map(|other| {
            let edits = rewritten(watched, call, other)?;
            Some(Fix::safe(
                format!("ask with `{}`, which is there", other.program),
                edits,
            ))
        })
        .take(1)
        .collect();
    let title = format!("use the check that {} can run", watched.inventory.shown);
    fixes.extend(watched.recipe().map(|offer| offer.fix(&title)));
    fixes.extend(installed(watched, program));
    finding = finding.help(if fixes.is_empty() && watched.inventory.shell() == Shell::None {
        format!(
            "the image has no shell and hardly any tools: let the service's own program check itself if it can, or \
             build an image with `{program}` in it"
        )
    } else if fixes.is_empty() {
        format!("use a program that the image has, or build an image with `{program}` in it")
    } else {
        "the check runs inside the container: use what is there, or put the tool into the image"
            .to_owned()
    });
    finding.fixes = fixes;
    finding
}

/// The call in other words.
fn rewritten(watched: &Watched<'_>, call: &Call, other: &Substitute) -> Option<Vec<Edit>> {
    let mut edits = watched.replace_call(call, &other.before, other.kept)?;
    if let Some(at) = other.kept
        && other.loopback
    {
        // BusyBox tries only one of the addresses of `localhost`, and it may be the wrong one.
        let text = &call.words.get(at)?.text;
        if let Some(place) = text.as_str().find("//localhost") {
            let host = place + 2..place + "//localhost".len();
            edits = watched.replace_call_with(call, &other.before, at, &(host, "127.0.0.1"))?;
        }
    }
    Some(edits)
}

/// A line in the final stage that installs the tool.
fn installed(watched: &Watched<'_>, program: &str) -> Option<Fix> {
    let (build, stage) = watched.build?;
    let line = watched.install(program)?;
    let after = last_run_as_root(build, stage)?;
    Some(Fix::risky(
        format!("install `{program}` in the final stage"),
        vec![Edit::insert_after(after, format!("\n{line}"))],
    ))
}

/// The last RUN before anybody else than root takes over, else the FROM.
fn last_run_as_root(build: &Build, stage: usize) -> Option<crate::text::Span> {
    let stage = build.stages.get(stage)?;
    let as_root = stage
        .steps
        .iter()
        .take_while(|step| !matches!(step.action, Action::User(_)));
    let last = as_root
        .filter(|step| matches!(step.action, Action::Run(_)))
        .last();
    Some(last.map_or(stage.span, |step| step.span))
}
