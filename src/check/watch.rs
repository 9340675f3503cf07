//! Which containers of a project are watched by a check, and by which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::learned::Learned;
use crate::facts::{Inventory, OwnCheck, Shell, container, inventory_of_stage};
use crate::finding::{Finding, Severity};
use crate::model::build::Build;
use crate::model::command::{Command, Dialect};
use crate::model::probe::{Form, Probe, defaults};
use crate::model::project::Service;
use crate::outcome::{self, Scene};
use crate::read::recipe::{Recipe, Text};
use crate::read::{Files, Reading, dockerfile};
use crate::rule::{Context, Watched};
use crate::text::{SourceId, Span, Traced};

use super::Options;
use super::scripts::{Origin, scripts, with_barred};

/// Everything that rules may look at in what was read.
pub fn context<'a>(reading: &'a Reading, files: &dyn Files, options: &'a Options) -> Context<'a> {
    let learned = &options.learned;
    let project = &reading.project;
    let inventories: Vec<_> = project
        .services
        .iter()
        .map(|service| Arc::new(inventory(service, learned)))
        .collect();
    let mut watched: Vec<_> = project
        .services
        .iter()
        .zip(&inventories)
        .filter_map(|(service, inventory)| of_service(service, inventory, files))
        .collect();
    watched.extend(
        project
            .build
            .iter()
            .filter_map(|build| of_build(build, files, learned)),
    );
    Context {
        sources: &reading.sources,
        project,
        targets: &options.targets,
        watched,
        inventories,
    }
}

/// What a service's container holds.
fn inventory(service: &Service, learned: &Learned) -> Inventory {
    let lookup = |name: &Traced| learned.inventory(name);
    let image = match (local(service), &service.image) {
        (Some((build, stage)), _) => inventory_of_stage(build, stage, &lookup),
        // What is built elsewhere may hold anything, whatever the image is called.
        (None, _) if service.build.is_some() => {
            Inventory::unknown(&service.name.value, "its build cannot be read")
        }
        (None, Some(name)) => lookup(&name.value),
        (None, None) => Inventory::unknown(&service.name.value, "its image is not known"),
    };
    container::changed_by(image, service)
}

/// The local build of a service and the stage that becomes its image.
fn local(service: &Service) -> Option<(&Build, usize)> {
    let build = service.build.as_ref()?.build.as_ref()?;
    Some((build, build.target?))
}

fn of_service<'a>(
    service: &'a Service,
    inventory: &Arc<Inventory>,
    files: &dyn Files,
) -> Option<Watched<'a>> {
    let build = local(service);
    let image = build.and_then(|(build, stage)| build.probe_of(stage));
    let probe = service.probe.as_ref().or(image)?;
    let origin = Origin::new(Some(service), build, inventory, files);
    Some(joined(&origin, probe, image))
}

fn of_build<'a>(build: &'a Build, files: &dyn Files, learned: &Learned) -> Option<Watched<'a>> {
    let target = build.target?;
    let probe = build.probe_of(target)?;
    let lookup = |name: &Traced| learned.inventory(name);
    let inventory = Arc::new(inventory_of_stage(build, target, &lookup));
    let origin = Origin::new(None, Some((build, target)), &inventory, files);
    Some(joined(&origin, probe, None))
}

/// The check that a published image brings, read from how its Dockerfile writes it. Its spans lie in no file.
pub fn own_probe(inventory: &Inventory) -> Option<Probe> {
    let OwnCheck::Command(check) = &inventory.check else {
        return None;
    };
    let text = format!("FROM scratch\nHEALTHCHECK {check}\n");
    let whole = Traced::source(Span::new(SourceId(0), 0, text.len()), &text);
    let recipe = Recipe {
        context: None,
        dockerfile: Text::Unknown,
        target: None,
        args: Vec::new(),
        span: whole.span(),
    };
    let build = dockerfile::build(&whole, "", &recipe).build;
    build.probe_of(build.target?).cloned()
}

/// A service's container as its image's own check watches it: the settings of `probe`, where the service has one, and
/// else those of `own`.
pub fn by_own_probe<'a>(
    service: &'a Service,
    probe: Option<&'a Probe>,
    own: &'a Probe,
    inventory: &Arc<Inventory>,
) -> Watched<'a> {
    // Nobody asks how the files that it runs came into somebody else's image.
    let no_files = BTreeMap::new();
    let origin = Origin::new(Some(service), None, inventory, &no_files);
    joined(&origin, probe.unwrap_or(own), Some(own))
}

/// The engine fills every unset field of the container's check from the image's (moby `daemon/commit.go merge`).
fn joined<'a>(origin: &Origin<'a, '_>, probe: &'a Probe, image: Option<&'a Probe>) -> Watched<'a> {
    let inventory = Arc::clone(origin.inventory);
    let image = image.filter(|image| !std::ptr::eq(*image, probe));
    let test = if probe.disabled.is_some() {
        None
    } else {
        probe.test.as_ref().or_else(|| {
            image
                .filter(|image| image.disabled.is_none())
                .and_then(|image| image.test.as_ref())
        })
    };
    let timing = image.map_or_else(
        || probe.timing.clone(),
        |image| probe.timing.over(&image.timing),
    );
    let dialect = match inventory.shell() {
        Shell::Ash => Dialect::Ash,
        Shell::Bash => Dialect::Bash,
        Shell::Dash | Shell::None | Shell::Unknown => Dialect::Dash,
    };
    let command = test
        .filter(|test| !inventory.windows && !is_for_windows(&test.value.form))
        .and_then(|test| Command::of(&test.value.form, dialect));
    let calls = command.as_ref().map(Command::calls).unwrap_or_default();
    let scripts = scripts(&calls, origin);
    let inventory = with_barred(&inventory, &scripts, &calls);
    let scene = Scene {
        inventory: &inventory,
        timeout: timing.effective_timeout().unwrap_or(defaults::TIMEOUT),
    };
    let outcome = command
        .as_ref()
        .map(|command| outcome::play(command, &scene));
    Watched {
        service: origin.service,
        build: origin.build,
        probe,
        test,
        timing,
        inventory,
        command,
        calls,
        scripts,
        outcome,
    }
}

/// `powershell.exe` and `cmd.exe` are on Windows only, where no POSIX shell reads the text.
fn is_for_windows(form: &Form) -> bool {
    let Form::Shell { script, .. } = form else {
        return false;
    };
    let first = script.as_str().split_whitespace().next();
    let program = first.unwrap_or_default().to_ascii_lowercase();
    matches!(program.trim_end_matches(".exe"), "powershell" | "cmd")
}

/// Whatever a rule quotes, a value of the environment is shown by its name.
pub fn hide_environment(context: &Context<'_>, findings: &mut [Finding]) {
    for watched in &context.watched {
        let Some(service) = watched.service else {
            continue;
        };
        let values = watched.environment_values();
        if values.is_empty() {
            continue;
        }
        let hide = |text: &mut String| {
            for (value, shown) in &values {
                if text.contains(value.as_str()) {
                    *text = text.replace(value.as_str(), shown);
                }
            }
        };
        let own = findings
            .iter_mut()
            .filter(|finding| finding.service.as_deref() == Some(&service.name.value));
        for finding in own {
            hide(&mut finding.message);
            hide(&mut finding.why);
            finding.help.iter_mut().for_each(hide);
            finding
                .labels
                .iter_mut()
                .for_each(|label| hide(&mut label.message));
            finding
                .fixes
                .iter_mut()
                .for_each(|fix| hide(&mut fix.title));
        }
    }
}

/// A value that only the environment knows proves nothing: what rests on it is at most a warning.
pub fn cap_by_environment(context: &Context<'_>, findings: &mut [Finding]) {
    let rests: BTreeSet<&str> = context
        .watched
        .iter()
        .filter(|watched| watched.rests_on_environment())
        .filter_map(|watched| Some(watched.service?.name.value.as_str()))
        .collect();
    for finding in findings {
        let service = finding.service.as_deref();
        if service.is_some_and(|name| rests.contains(name)) {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
}
