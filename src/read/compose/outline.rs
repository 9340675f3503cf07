//! The outline of a Compose file as its schema sees it: what may stand at the top, and what services may be called.

use super::load::Loader;
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
