//! Compose files as compose-go reads them: merged, filled in, each value with the place where it was written.

mod allow;
mod build;
mod context;
mod dependencies;
mod dotenv;
mod extends;
mod include;
mod load;
mod nearest;
mod outline;
mod place;
mod probe;
mod service;
mod tree;

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::model::project::{Project, Service};
use crate::read::{Files, Reading, Surroundings};
use crate::text::Span;

/// Reads the Compose files of one project, merged in this order.
///
/// One file of a default name takes its override file along, as Compose does. It never fails: what could not be
/// read is told in [`Reading::faults`], what the engine rejects in [`Project::rejected`].
pub fn read(paths: &[String], files: &dyn Files, surroundings: &Surroundings) -> Reading {
    let mut loader = load::Loader::new(files, surroundings);
    let tree = loader.project(paths);
    if let Some(root) = &tree {
        outline::check(&mut loader, root);
    }
    let mut services: Vec<Service> = Vec::new();
    if let Some(found) = tree.as_ref().and_then(|tree| tree.get("services")) {
        for field in found
            .fields()
            .iter()
            .filter(|field| !field.name.starts_with("x-"))
        {
            services.push(service::read(&mut loader, field));
        }
    }
    share(&mut services);
    let is_piece = tree
        .as_ref()
        .is_some_and(|root| dependencies::needs_another_file(&loader, root));
    if load::are_whole(paths) && !is_piece {
        dependencies::check(&mut loader, &services);
    }
    let scope = loader.scopes.first();
    let chosen = scope.and_then(|scope| scope.get("COMPOSE_PROFILES"));
    let profiles = chosen.map_or_else(Vec::new, |names| {
        names
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    });
    let files = loader.files_that_take_part();
    Reading {
        project: Project {
            files,
            services,
            profiles,
            build: None,
            has_dotenv: loader.has_dotenv,
            rejected: loader.rejected,
            allows: loader.allows,
        },
        sources: loader.sources,
        faults: loader.faults,
        absent: loader.absent,
    }
    .with_long_tests_told()
}

/// Names for each check the services that share its bytes.
fn share(services: &mut [Service]) {
    let place = |service: &Service| -> Option<Span> {
        let probe = service.probe.as_ref()?;
        let test = probe.test.as_ref().map(|test| test.span);
        let interval = probe.timing.interval.as_ref().map(|interval| interval.span);
        Some(test.or(probe.disabled).or(interval).unwrap_or(probe.whole))
    };
    let mut users: FxHashMap<Span, Vec<String>> = FxHashMap::default();
    for service in services.iter() {
        if let Some(span) = place(service) {
            users
                .entry(span)
                .or_default()
                .push(service.name.value.clone());
        }
    }
    for service in services {
        let shared = place(service).and_then(|span| users.get(&span));
        if let (Some(shared), Some(probe)) = (shared, &mut service.probe)
            && shared.len() > 1
        {
            probe.shared_by.clone_from(shared);
        }
    }
}
