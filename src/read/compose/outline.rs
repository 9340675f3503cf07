//! The outline of a Compose file as its schema sees it: what may stand at the top, what services may be called, and
//! where a health check belongs.

use super::load::Loader;
use super::probe::KEYS;
use super::tree::{Field, Tree};
use crate::model::rejected::RejectedKind;

/// Records services that stand at the top of the file, as in the first format, and names that no service may have.
///
/// Other keys at the top are left alone: they are newer than this table as often as they are wrong.
pub(super) fn check(loader: &mut Loader<'_>, root: &Tree) {
    let services = root.get("services");
    if services.is_none() {
        for field in root.fields().iter().filter(|field| is_service(field)) {
            let reason = format!(
                "additional properties '{}' not allowed: services stand below `services:`",
                field.name
            );
            reject(loader, field, reason);
        }
    }
    if let Some(field) = root.field("healthcheck") {
        let kind = RejectedKind::Misplaced {
            name: field.name.clone(),
            belongs: "in the service that it watches",
        };
        let reason = "additional properties 'healthcheck' not allowed".to_owned();
        loader.reject(field.key, kind, reason, None);
    }
    for field in services.map(Tree::fields).unwrap_or_default() {
        if !is_name(&field.name) {
            let reason = format!(
                "services additional properties '{}' not allowed: a name has letters, digits, `.`, `_` and `-`",
                field.name
            );
            reject(loader, field, reason);
        }
    }
}

/// Records keys of a service that are `healthcheck` misspelt, or that belong under it.
pub(super) fn check_service(loader: &mut Loader<'_>, service: &str, tree: &Tree) {
    check_parents(loader, service, tree);
    for field in tree.fields() {
        let bare: String = field
            .name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let meant =
            bare.eq_ignore_ascii_case("healthcheck") || bare.eq_ignore_ascii_case("healthchecks");
        if field.name == "healthcheck" || field.name.starts_with("x-") || !meant {
            continue;
        }
        let kind = RejectedKind::UnknownSetting {
            name: field.name.clone(),
            nearest: tree
                .get("healthcheck")
                .is_none()
                .then(|| "healthcheck".to_owned()),
        };
        let reason = format!(
            "services.{service} additional properties '{}' not allowed",
            field.name
        );
        loader.reject(field.key, kind, reason, Some(service));
    }
}

/// Records settings of a health check that slipped out of it, and a health check that slipped into something else.
fn check_parents(loader: &mut Loader<'_>, service: &str, tree: &Tree) {
    // A `healthcheck:` that slipped out of its service looks like a service of that name.
    let slipped = service == "healthcheck" && tree.get("image").is_none();
    let belongs = if slipped {
        "under `healthcheck:` of a service, one step further in"
    } else {
        "under `healthcheck:`"
    };
    let settings = tree
        .fields()
        .iter()
        .filter(|field| KEYS.contains(&field.name.as_str()) && field.name != "disable")
        .map(|field| (field, String::new(), belongs));
    let checks = ["deploy", "build"].into_iter().filter_map(|parent| {
        let field = tree.get(parent)?.field("healthcheck")?;
        Some((field, format!(".{parent}"), "directly in the service"))
    });
    let all: Vec<_> = settings.chain(checks).collect();
    for (field, parent, belongs) in all {
        let name = field.name.clone();
        let reason =
            format!("services.{service}{parent} additional properties '{name}' not allowed");
        let kind = RejectedKind::Misplaced { name, belongs };
        loader.reject(field.key, kind, reason, Some(service));
    }
}

fn reject(loader: &mut Loader<'_>, field: &Field, reason: String) {
    let kind = RejectedKind::UnknownSetting {
        name: field.name.clone(),
        nearest: None,
    };
    loader.reject(field.key, kind, reason, None);
}

fn is_service(field: &Field) -> bool {
    let is_told = ["build", "image"]
        .iter()
        .any(|key| field.value.get(key).is_some());
    is_told && !field.name.starts_with("x-")
}

/// The schema's pattern `^[a-zA-Z0-9._-]+$`.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
