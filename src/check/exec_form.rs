//! `exec-form = "prefer"`: a fix that touches a shell form of a HEALTHCHECK leaves an exec form behind, with the same end.

use super::prove::Edited;
use super::{Options, Unit, read};
use crate::finding::{Applicability, Finding, Fix};
use crate::model::build::{Build, Stage};
use crate::model::command::{Dialect, Kind, base, is_builtin, parse};
use crate::model::draft::{Draft, NewTest, Notation};
use crate::model::probe::{Form, Platform, Probe};
use crate::read::{Files, Reading};
use crate::text::{Span, Traced};

/// Rewrites the fixes of a unit; what cannot be written so stays as the rule has it.
pub fn prefer(
    unit: &Unit,
    files: &dyn Files,
    options: &Options,
    before: &Reading,
    findings: &mut [Finding],
) {
    if !options.prefer_exec_form {
        return;
    }
    let old: Vec<&Probe> = probes(before).collect();
    for fix in findings.iter_mut().flat_map(|finding| &mut finding.fixes) {
        if fix.applicability == Applicability::Display {
            continue;
        }
        let touched = old.iter().position(|probe| {
            test_of(probe).is_some_and(|span| fix.edits.iter().any(|edit| span.contains(edit.span)))
        });
        let Some(at) = touched else { continue };
        let Some(edited) = Edited::new(&before.sources, &fix.edits, files) else {
            continue;
        };
        let after = read(unit, &edited, options);
        // The same check by its place among all, since no fix adds one in front of another.
        if let Some(new) = probes(&after).nth(at)
            && probes(&after).count() == old.len()
        {
            rewrite(fix, old[at], new, before);
        }
    }
}

fn rewrite(fix: &mut Fix, old: &Probe, new: &Probe, before: &Reading) -> Option<()> {
    let span = test_of(old)?;
    let Form::Shell {
        script, not_json, ..
    } = &new.test.as_ref()?.value.form
    else {
        return None;
    };
    // A comment between the lines would be lost, and a variable of the build must stay as it is written.
    let commented = before
        .sources
        .slice(span)
        .lines()
        .any(|line| line.trim_start().starts_with('#'));
    if commented || not_json.is_some() || !script.variables().is_empty() {
        return None;
    }
    let words = exec_words(script).unwrap_or_else(|| {
        let shell = ["/bin/sh", "-c", script.as_str()];
        shell.iter().map(|word| (*word).to_owned()).collect()
    });
    let words = words.into_iter().map(Draft::text).collect();
    let edit = old
        .test
        .as_ref()?
        .value
        .notation
        .rewrite(&NewTest::Exec(words))?;
    fix.edits.retain(|edit| !span.contains(edit.span));
    fix.edits.push(edit);
    fix.title.push_str(", in exec form");
    Some(())
}

/// The words of a script that needs no shell: one plain command in which every word says the same in every run.
fn exec_words(script: &Traced) -> Option<Vec<String>> {
    let script = parse(script, Dialect::Dash);
    let [item] = &script.body.items[..] else {
        return None;
    };
    let [command] = &item.first.commands[..] else {
        return None;
    };
    let Kind::Simple(simple) = &command.kind else {
        return None;
    };
    let plain = script.problems.is_empty()
        && item.rest.is_empty()
        && item.background.is_none()
        && item.first.not.is_empty()
        && command.redirects.is_empty()
        && simple.assignments.is_empty();
    let words: Option<Vec<String>> = simple
        .words
        .iter()
        .map(|word| word.literal().map(str::to_owned))
        .collect();
    let words = words.filter(|_| plain)?;
    let program = base(words.first()?);
    (!is_builtin(program, Dialect::Bash)).then_some(words)
}

/// The bytes of a HEALTHCHECK's shell form.
fn test_of(probe: &Probe) -> Option<Span> {
    let test = probe.test.as_ref()?;
    match (&test.value.form, &test.value.notation) {
        (Form::Shell { .. }, Notation::Dockerfile { span })
            if probe.platform == Platform::Dockerfile =>
        {
            Some(*span)
        }
        _ => None,
    }
}

/// Every HEALTHCHECK of the Dockerfiles that took part.
fn probes(reading: &Reading) -> impl Iterator<Item = &Probe> {
    let project = &reading.project;
    let built = project
        .services
        .iter()
        .filter_map(|service| service.build.as_ref()?.build.as_ref());
    project
        .build
        .iter()
        .chain(built)
        .flat_map(|build: &Build| &build.stages)
        .flat_map(Stage::own_probes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::check::check;
    use crate::text::apply;

    /// The HEALTHCHECK after the first fix.
    fn mended(image: &str, check_line: &str) -> String {
        let text = format!("FROM {image}\n{check_line}\n");
        let files: BTreeMap<String, Arc<str>> =
            BTreeMap::from([("Dockerfile".to_owned(), Arc::from(text.as_str()))]);
        let options = Options {
            prefer_exec_form: true,
            ..Options::default()
        };
        let unit = Unit::Dockerfile("Dockerfile".to_owned());
        let checked = check(&[unit], &files, &options);
        let fixes = checked.findings.iter().flat_map(|finding| &finding.fixes);
        let mut fixes = fixes.filter(|fix| fix.applicability > Applicability::Display);
        let fix = fixes.next().expect("a fix");
        let new = apply(&text, &fix.edits);
        new.lines().nth(1).unwrap_or_default().to_owned()
    }

    #[test]
    fn what_needs_no_shell_has_none_and_the_rest_names_it() {
        for (image, before, after) in [
            (
                "node:22-alpine",
                "HEALTHCHECK --timeout=5s CMD curl -f http://127.0.0.1:3000/health",
                r#"HEALTHCHECK --timeout=5s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/health"]"#,
            ),
            (
                "node:22-alpine",
                "HEALTHCHECK --timeout=5s CMD curl -f http://127.0.0.1:3000/health || exit 1",
                r#"HEALTHCHECK --timeout=5s CMD ["/bin/sh", "-c", "wget -q -O /dev/null http://127.0.0.1:3000/health || exit 1"]"#,
            ),
            (
                "node:22-alpine",
                "HEALTHCHECK --timeout=5s CMD curl -f http://127.0.0.1:$PORT/",
                r#"HEALTHCHECK --timeout=5s CMD ["/bin/sh", "-c", "wget -q -O /dev/null http://127.0.0.1:$PORT/"]"#,
            ),
            // What is no shell form stays as the rule writes it.
            (
                "node:22-alpine",
                r#"HEALTHCHECK --timeout=5s CMD ["curl", "-f", "http://127.0.0.1:3000/health"]"#,
                r#"HEALTHCHECK --timeout=5s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/health"]"#,
            ),
        ] {
            assert_eq!(mended(image, before), after);
        }
    }
}
