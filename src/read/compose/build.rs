//! `build:` of a service: which Dockerfile, with which arguments and which target.

use super::load::{Loader, is_remote};
use super::tree::{Body, Field, Tree};
use crate::model::build::Build;
use crate::model::project::ServiceBuild;
use crate::read::path;
use crate::read::recipe::{Recipe, Text};
use crate::text::Traced;

/// Reads what is built, with its Dockerfile.
pub(super) fn read(loader: &mut Loader<'_>, field: &Field) -> ServiceBuild {
    let recipe = recipe(loader, field);
    ServiceBuild {
        key: field.key,
        span: recipe.span,
        build: dockerfile(loader, &recipe),
    }
}

/// The Dockerfile as this service builds it.
fn dockerfile(loader: &mut Loader<'_>, recipe: &Recipe) -> Option<Build> {
    let (text, path) = match &recipe.dockerfile {
        Text::File(path) => (loader.dockerfile(path, recipe.span)?, path.clone()),
        Text::Inline(text) => {
            let source = text.span().source;
            (text.clone(), loader.sources.get(source).path.clone())
        }
        Text::Unknown => return None,
    };
    let built = crate::read::dockerfile::build(&text, &path, recipe);
    loader.faults.extend(built.faults);
    Some(built.build)
}

/// What `build:` asks for.
fn recipe(loader: &Loader<'_>, field: &Field) -> Recipe {
    let tree = &field.value;
    let long = tree.is_map();
    let part = |name: &str| if long { tree.get(name) } else { None };
    let named = if long {
        tree.get("context")
    } else {
        Some(tree)
    };
    let home = |tree: &Tree| loader.directory(tree.span());
    let context = match named {
        None => Some(path::join("", home(tree))),
        Some(named) => loader
            .known(named)
            .filter(|context| !is_remote(context))
            .map(|context| path::join(home(named), &context)),
    };
    let dockerfile = match (part("dockerfile_inline"), part("dockerfile"), &context) {
        (Some(inline), _, _) => loader.text(inline).map_or(Text::Unknown, Text::Inline),
        (None, Some(named), Some(context)) => loader.known(named).map_or(Text::Unknown, |named| {
            Text::File(path::join(context, &named))
        }),
        (None, None, Some(context)) => Text::File(path::join(context, "Dockerfile")),
        (None, _, None) => Text::Unknown,
    };
    let target = part("target");
    let span = part("dockerfile").or(named).map_or(field.key, Tree::span);
    Recipe {
        context,
        // A target that nobody knows makes everything behind it unknown.
        dockerfile: match target.map(|target| loader.known(target)) {
            Some(None) => Text::Unknown,
            _ => dockerfile,
        },
        target: target.and_then(|target| loader.known(target)),
        args: part("args")
            .map(|args| arguments(loader, args))
            .unwrap_or_default(),
        span: if span.is_empty() { field.key } else { span },
    }
}

fn arguments(loader: &Loader<'_>, tree: &Tree) -> Vec<(String, Option<Traced>)> {
    match &tree.body {
        Body::Map(fields) => fields
            .iter()
            .map(|field| (field.name.clone(), loader.text(&field.value)))
            .collect(),
        _ => tree
            .items()
            .iter()
            .filter_map(|item| {
                let text = loader.text(item)?;
                let at = text.as_str().find('=');
                let name = text.as_str()[..at.unwrap_or(text.len())].to_owned();
                Some((name, at.map(|at| text.slice(at + 1..text.len()))))
            })
            .collect(),
    }
}
