//! Which images the files of a project name.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::Unit;
use crate::cli::input::reason;
use crate::cli::units::units;
use crate::facts::learned::Reference;
use crate::model::build::{Action, Base, Build, CopyFrom};
use crate::model::project::Project;
use crate::read::{self, Surroundings};
use crate::text::Traced;
use crate::walk::Disk;

/// What the files ask for.
#[derive(Default)]
pub struct Asked {
    /// The images, by the shortest word for each.
    pub names: BTreeSet<String>,
    /// Images whose names cannot be told, and why.
    pub left_out: BTreeSet<String>,
    /// Files that could not be read, and why.
    pub unread: Vec<String>,
}

/// The images of all Compose files and Dockerfiles under the paths: those that services run, that stages start from
/// and that files are copied from.
pub fn images(paths: &[String], disk: &mut Disk) -> Asked {
    let mut asked = Asked::default();
    for path in paths {
        disk.name(path);
    }
    let disk = &*disk;
    let found = disk.find(paths);
    for (path, unread) in &found.unread {
        asked.unread.push(format!("{path}: {}", reason(unread)));
    }
    let by_name: BTreeSet<String> = paths
        .iter()
        .map(|path| disk.shown(Path::new(path)))
        .collect();
    let (all, _) = units(disk, &found.files, &by_name);
    for unit in &all {
        let reading = match unit {
            Unit::Compose(paths) => read::compose::read(paths, disk, &Surroundings::default()),
            Unit::Dockerfile(path) => read::dockerfile::read(path, disk),
        };
        project(&reading.project, &mut asked);
    }
    asked
}

fn project(project: &Project, asked: &mut Asked) {
    for service in &project.services {
        match (&service.build, &service.image) {
            (Some(local), _) => {
                if let Some(local) = &local.build {
                    build(local, asked);
                }
            }
            (None, Some(image)) => name(&image.value, asked),
            (None, None) => {}
        }
    }
    if let Some(local) = &project.build {
        build(local, asked);
    }
}

fn build(build: &Build, asked: &mut Asked) {
    for stage in build.stages.iter().filter(|stage| !stage.windows) {
        if let Base::Image(image) = &stage.base {
            name(&image.value, asked);
        }
        for step in &stage.steps {
            if let Action::Copy {
                from: CopyFrom::Image(image),
                ..
            } = &step.action
            {
                name(image, asked);
            }
        }
    }
}

fn name(image: &Traced, asked: &mut Asked) {
    match image.known().map(Reference::parse) {
        Some(Some(reference)) => {
            asked.names.insert(reference.key());
        }
        Some(None) => {
            asked
                .left_out
                .insert(format!("{} is no image name", image.shown()));
        }
        None => {
            let why = "depends on a variable that nobody sets";
            asked.left_out.insert(format!("{} {why}", image.shown()));
        }
    }
}
