//! `healthlint explain`: one file, its checks told layer by layer.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::input::{configuration, learned, not_text, reason, surroundings};
use super::units::units;
use super::{Outlet, Status};
use crate::check::{Options, Unit, inspect};
use crate::explain::{TimeLine, explain, time_line};
use crate::finding::Fault;
use crate::read::Unread;
use crate::report::{self, explained};
use crate::text::Sources;
use crate::walk::Disk;

/// The words behind `healthlint explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// A Compose file or a Dockerfile, and the service in it; without one, every service that has a check
    #[arg(value_name = "FILE[:SERVICE]")]
    target: String,
    /// How it is told
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    format: Format,
    /// Draw when each service starts and is healthy, and who waits for whom, in place of the checks
    #[arg(long)]
    graph: bool,
    /// Write that drawing to this file as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<String>,
    /// Fill in variables from the environment too, as Compose does
    #[arg(long)]
    env: bool,
    /// Read files that lie outside the working directory and the git work tree, where a file points at them
    #[arg(long)]
    allow_outside: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// At most 80 columns wide
    Human,
    /// The contract `healthlint/explain/1`
    Json,
}

/// Runs the command.
pub fn run(command: &Explain, outlet: &Outlet) -> Status {
    let trouble = |message: &str| {
        let message = report::visible::line(message).into_owned();
        outlet.error(&format!("error: {message}\n"));
        Status::Trouble
    };
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => return trouble(&format!("the working directory cannot be read: {error}")),
    };
    let mut disk = Disk::new(&folder, command.allow_outside);
    let Some(config) = configuration(&folder, &disk, outlet) else {
        return Status::Trouble;
    };
    let Some(learned) = learned(&folder, &disk, &config, outlet) else {
        return Status::Trouble;
    };
    let (file, service) = parted(&disk, &command.target);
    if disk.absolute(file).is_dir() {
        return trouble(&format!(
            "{file} is a folder; name a Compose file or a Dockerfile in it"
        ));
    }
    disk.name(file);
    let found = disk.find(&[file.to_owned()]);
    let mut faults = Vec::new();
    let mut sources = Sources::default();
    for (path, unread) in &found.unread {
        faults.push(match unread {
            Unread::NotText(byte) => not_text(&disk, &mut sources, path, *byte),
            _ => Fault {
                span: None,
                path: path.clone(),
                message: reason(unread),
            },
        });
    }
    tell_faults(outlet, &sources, &faults);
    if let Some(skipped) = found.skipped.first() {
        return trouble(&format!("{} {}", skipped.path, skipped.reason));
    }
    let Some((path, kind)) = found.files.first() else {
        return Status::Trouble;
    };
    let files = [(path.clone(), *kind)];
    let (all, _) = units(&disk, &files, &BTreeSet::new());
    let Some(unit) = all.into_iter().next() else {
        return Status::Trouble;
    };
    let options = Options {
        targets: config.targets,
        levels: config.levels,
        prefer_exec_form: config.prefer_exec_form,
        surroundings: surroundings(command.env),
        learned: Arc::new(learned),
        ..Options::default()
    };
    let inspected = inspect(&unit, &disk, &options, |context, findings| {
        let mut names: Vec<String> = context
            .project
            .services
            .iter()
            .map(|service| service.name.value.clone())
            .collect();
        names.sort();
        (
            explain(context, findings, service),
            time_line(context, service),
            names,
        )
    });
    let (all, line, names) = inspected.made;
    tell_faults(outlet, &inspected.sources, &inspected.faults);
    let status = if inspected.faults.is_empty() {
        Status::Quiet
    } else {
        Status::Trouble
    };
    let drawn = command.graph || command.svg.is_some();
    if drawn && !line.bars.is_empty() {
        return match draw(command, &line, outlet) {
            Ok(()) => status,
            Err(message) => trouble(&message),
        };
    }
    match command.format {
        _ if drawn => {}
        Format::Human => {
            outlet.out(&explained::render(
                &inspected.sources,
                &all,
                outlet.colors_out(),
            ));
        }
        Format::Json => outlet.out(&explained::render_json(&inspected.sources, &all)),
    }
    if all.is_empty() || drawn {
        let message = match (service, &unit) {
            (Some(name), Unit::Compose(_)) => crate::config::unknown(
                "service",
                name,
                &names.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
            (Some(_), Unit::Dockerfile(_)) => format!("{path} is a Dockerfile: it has no services"),
            (None, Unit::Dockerfile(_)) if drawn => {
                format!("{path} is a Dockerfile: it has no services")
            }
            (None, _) => format!("{path} has no health check"),
        };
        if service.is_some() {
            return trouble(&message);
        }
        outlet.error(&format!("{}\n", report::visible::line(&message)));
    }
    status
}

/// The time line on standard output, or into the file that was asked for, or both.
fn draw(command: &Explain, line: &TimeLine, outlet: &Outlet) -> Result<(), String> {
    if let Some(file) = &command.svg {
        let picture = report::time_line::render_svg(line, &command.target);
        std::fs::write(file, picture).map_err(|error| format!("{file}: {error}"))?;
    }
    if command.graph {
        outlet.out(&match command.format {
            Format::Human => report::time_line::render(line, outlet.colors_out()),
            Format::Json => report::time_line::render_json(line),
        });
    }
    Ok(())
}

/// The file and the service, which follows a colon; a file may have colons in its name.
fn parted<'a>(disk: &Disk, target: &'a str) -> (&'a str, Option<&'a str>) {
    let there = |path: &str| disk.absolute(path).exists();
    match target.rsplit_once(':') {
        Some((file, service))
            if !there(target) && !service.contains(['/', '\\']) && !file.is_empty() =>
        {
            (file, Some(service))
        }
        _ => (target, None),
    }
}

fn tell_faults(outlet: &Outlet, sources: &Sources, faults: &[Fault]) {
    let mut out = String::new();
    for fault in faults {
        report::human::fault(&mut out, sources, fault, outlet.colors_error());
    }
    outlet.error(&out);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_colon_parts_the_file_from_the_service() {
        let disk = Disk::new(Path::new("/"), false);
        assert_eq!(parted(&disk, "a.yaml:web"), ("a.yaml", Some("web")));
        assert_eq!(parted(&disk, "a.yaml"), ("a.yaml", None));
        assert_eq!(parted(&disk, "C:\\a.yaml"), ("C:\\a.yaml", None));
    }
}
