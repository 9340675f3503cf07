//! `build-arg-at-runtime`: a HEALTHCHECK that reads a variable of the build, which is gone when it runs.

use crate::finding::{Finding, Fix, Severity};
use crate::model::build::{Action, Build};
use crate::model::probe::Form;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Span};

/// See the page.
pub const RULE: Rule = Rule {
    name: "build-arg-at-runtime",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/build-arg-at-runtime.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let (Some((build, stage)), Some(test)) = (watched.build, watched.test) else {
            continue;
        };
        // What a Compose file says is interpolated there, and has rules of its own.
        if test.span.source != build.source {
            continue;
        }
        let Form::Shell { script, .. } = &test.value.form else {
            continue;
        };
        let mut met: Vec<String> = Vec::new();
        for word in watched.calls.iter().flat_map(|call| &call.words) {
            for (range, variable) in word.text.variables() {
                let Some(name) = variable.name.as_deref() else {
                    continue;
                };
                // With a default, or a value from the script itself, nothing is missing.
                let bare = [format!("${name}"), format!("${{{name}}}")];
                let set = script.as_str().contains(&format!("{name}="));
                if !bare.contains(&variable.shown) || set || met.iter().any(|other| other == name) {
                    continue;
                }
                met.push(name.to_owned());
                let span = word.text.span_of(range);
                findings.extend(judge(watched, build, stage, name, span));
            }
        }
    }
    findings
}

fn judge(
    watched: &Watched<'_>,
    build: &Build,
    stage: usize,
    name: &str,
    span: Span,
) -> Option<Finding> {
    let at_run_time = watched.service.is_some_and(|service| {
        service.has_env_file || service.environment.iter().any(|entry| entry.name == name)
    });
    let chain = build.chain(stage);
    let steps = || {
        chain
            .iter()
            .filter_map(|index| build.stages.get(*index))
            .flat_map(|stage| &stage.steps)
    };
    let kept = steps().any(|step| match &step.action {
        Action::Env(entries) => entries.iter().any(|(entry, _)| entry == name),
        _ => false,
    });
    if at_run_time || kept {
        return None;
    }
    let argument =
        steps().find(|step| matches!(&step.action, Action::Arg(other, _) if other == name));
    if let Some(argument) = argument {
        let line = format!("\nENV {name}=${name}");
        let fix = Fix::risky(
            format!("keep `{name}` in the image"),
            vec![Edit::insert_after(argument.span, line)],
        );
        return Some(
            watched
                .finding(
                    &RULE,
                    Severity::Error,
                    span,
                    format!("`{name}` is empty when the check runs"),
                    "an ARG lives only while the image is built, and the check runs in the container",
                )
                .label(argument.span, "its value stays in the build")
                .help(format!("hand it on: `ENV {name}=${name}`"))
                .fix(fix),
        );
    }
    let port = only_port(watched, name)?;
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                span,
                format!("nothing sets `{name}` in this image"),
                "unless whoever starts the container sets it, the check asks no port, which is port 80",
            )
            .help(format!("give it a default: `${{{name}:-{port}}}`"))
            .fix(Fix::risky(
                format!("ask port {port} where nobody sets it"),
                vec![Edit::replace(span, format!("${{{name}:-{port}}}"))],
            )),
    )
}

/// The one port that the image exposes, where the variable is named after it and the image is known to bring none.
fn only_port(watched: &Watched<'_>, name: &str) -> Option<u16> {
    let known = watched.inventory.distro.is_some() && watched.inventory.recipe.is_none();
    match watched.inventory.ports[..] {
        [port] if known && name.contains("PORT") => Some(port),
        _ => None,
    }
}
