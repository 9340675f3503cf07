//! Who waits for whom: `depends_on` in both forms, and the waits that links and shared namespaces imply.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::load::Loader;
use super::nearest::nearest;
use super::place;
use super::tree::{Body, Tree};

use crate::model::Written;
use crate::model::project::{Condition, Dependency, Service};
use crate::model::rejected::RejectedKind;
use crate::model::waits::{Named, WaitList, WaitShape};
use crate::syntax::yaml::{Kind, Node};
use crate::text::Span;

/// What a service waits for; later layers on top.
pub(super) fn read(loader: &mut Loader<'_>, service: &str, tree: &Tree) -> Vec<Dependency> {
    let mut all: Vec<Dependency> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let layers = tree.get("depends_on").map(Tree::layers).unwrap_or_default();
    for layer in layers {
        for mut found in written(loader, service, layer) {
            let Some(place) = places.get(&found.service.value) else {
                places.insert(found.service.value.clone(), all.len());
                all.push(found);
                continue;
            };
            // The list form says `service_started`, also over a longer form below (mergeDependsOn).
            let below = &mut all[*place];
            if matches!(layer.body, Body::List(_)) {
                let stronger = below.condition.value != Condition::Started;
                found.downgraded = if stronger {
                    Some(below.condition.clone())
                } else {
                    below.downgraded.take()
                };
            }
            *below = found;
        }
    }
    for found in implied(loader, tree) {
        if !places.contains_key(&found.service.value) {
            places.insert(found.service.value.clone(), all.len());
            all.push(found);
        }
    }
    all
}

/// Records dependencies on services that do not exist, and services that wait for themselves.
///
/// Only where all services are known: elsewhere a file that is not in sight may define them.
pub(super) fn check(loader: &mut Loader<'_>, services: &[Service]) {
    let all_known = !loader.partial && services.iter().all(|service| service.complete);
    if !all_known {
        return;
    }
    let places: FxHashMap<&str, usize> = services
        .iter()
        .enumerate()
        .map(|(place, service)| (service.name.value.as_str(), place))
        .collect();
    for service in services {
        for dependency in &service.depends_on {
            let name = &dependency.service.value;
            if places.contains_key(name.as_str()) {
                continue;
            }
            let own = &service.name.value;
            let others = places.keys().copied().filter(|other| other != own);
            let kind = RejectedKind::UndefinedDependency {
                name: name.clone(),
                nearest: nearest(name, others).map(str::to_owned),
            };
            let reason = format!(
                "service \"{own}\" depends on undefined service \"{name}\": invalid compose project"
            );
            loader.reject(dependency.service.span, kind, reason, Some(own));
        }
    }
    if let Some((span, path)) = circle(services, &places) {
        let reason = format!("dependency cycle detected: {}", path.join(" -> "));
        let own = path.iter().rev().nth(1).cloned();
        let kind = RejectedKind::DependencyCycle { ring: path };
        loader.reject(span, kind, reason, own.as_deref());
    }
}

/// Whether a service uses a network or a volume that the files do not declare: Compose refuses them by themselves, so
/// that they must be a piece of something larger.
pub(super) fn needs_another_file(loader: &Loader<'_>, root: &Tree) -> bool {
    let declares =
        |kind: &str, name: &str| root.get(kind).is_some_and(|all| all.get(name).is_some());
    let services = root.get("services").map(Tree::fields).unwrap_or_default();
    services.iter().any(|service| {
        let networks = service.value.get("networks");
        let names = networks.map(Tree::fields).unwrap_or_default().iter();
        let mut names: Vec<String> = names.map(|field| field.name.clone()).collect();
        let items = networks.map(Tree::items).unwrap_or_default();
        names.extend(items.iter().filter_map(|item| loader.known(item)));
        let volumes = service.value.get("volumes").map(Tree::items);
        let mut volumes = volumes.unwrap_or_default().iter();
        names
            .iter()
            .any(|name| name != "default" && !declares("networks", name))
            || volumes.any(|item| {
                let text = loader.known(item).unwrap_or_default();
                let source = text.split_once(':').map_or("", |(source, _)| source);
                let named = source.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && !source.contains(['/', '\\']);
                // `C:` is a drive.
                named && source.len() > 1 && !declares("volumes", source)
            })
    })
}

/// The first circle of waits: where it closes, and the services on it.
fn circle(services: &[Service], places: &FxHashMap<&str, usize>) -> Option<(Span, Vec<String>)> {
    let mut is_done = vec![false; services.len()];
    let mut is_open = vec![false; services.len()];
    for start in 0..services.len() {
        // Each step on the path: the service and how many of its dependencies were looked at.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((service, next)) = path.last_mut() {
            let at = *service;
            if is_done[at] {
                path.pop();
                continue;
            }
            is_open[at] = true;
            let Some(dependency) = services[at].depends_on.get(*next) else {
                is_done[at] = true;
                is_open[at] = false;
                path.pop();
                continue;
            };
            *next += 1;
            let Some(&target) = places.get(dependency.service.value.as_str()) else {
                continue;
            };
            if is_open[target] {
                let on_circle = path
                    .iter()
                    .map(|(at, _)| *at)
                    .skip_while(|at| *at != target);
                let names = on_circle.chain([target]);
                let names = names.map(|at| services[at].name.value.clone()).collect();
                return Some((dependency.service.span, names));
            }
            path.push((target, 0));
        }
    }
    None
}

fn written(loader: &mut Loader<'_>, service: &str, tree: &Tree) -> Vec<Dependency> {
    match &tree.body {
        Body::List(items) => {
            let mut found: Vec<Dependency> = Vec::new();
            let mut places: FxHashMap<String, usize> = FxHashMap::default();
            let list = list(loader, tree, items).map(Arc::new);
            for (index, item) in items.iter().enumerate() {
                let Some(name) = loader.said(item) else {
                    continue;
                };
                let span = item.span();
                if let Some(first) = places.get(&name) {
                    let reason = format!(
                        "services.{service}.depends_on items at {first} and {index} are equal"
                    );
                    loader.reject(span, RejectedKind::Other, reason, Some(service));
                    continue;
                }
                places.insert(name.clone(), index);
                found.push(Dependency {
                    list: list.clone(),
                    ..dependency(tree, name, span, (Condition::Started, span))
                });
            }
            found
        }
        Body::Map(fields) => {
            let mut found = Vec::new();
            for field in fields {
                let value = &field.value;
                let name = &field.name;
                for unknown in value.fields().iter().filter(|field| !is_known(&field.name)) {
                    let reason = format!(
                        "services.{service}.depends_on.{name} additional properties '{}' not allowed",
                        unknown.name
                    );
                    loader.reject(unknown.key, RejectedKind::Other, reason, Some(service));
                }
                let condition = value.field("condition");
                let text = condition.and_then(|condition| loader.known(&condition.value));
                let read = match text.as_deref() {
                    Some("service_started") => Some(Condition::Started),
                    Some("service_healthy") => Some(Condition::Healthy),
                    Some("service_completed_successfully") => Some(Condition::Completed),
                    _ => None,
                };
                let path = format!("services.{service}.depends_on.{name}");
                let (span, reason) = match (condition, &text) {
                    _ if !value.is_map() => (field.key, format!("{path} must be a mapping")),
                    (None, _) => (field.key, format!("{path} missing property 'condition'")),
                    (Some(condition), _) => (
                        condition.value.span(),
                        format!(
                            "{path}.condition value must be one of 'service_started', 'service_healthy', 'service_completed_successfully'"
                        ),
                    ),
                };
                let unknown = condition.is_some() && text.is_none();
                if read.is_none() && !unknown {
                    loader.reject(span, RejectedKind::Other, reason, Some(service));
                }
                let Some(read) = read else {
                    continue;
                };
                let required = value.get("required").and_then(Tree::scalar);
                let own = condition.filter(|it| it.value.through.is_none());
                found.push(Dependency {
                    written: own.and_then(|condition| loader.text(&condition.value)),
                    required: required.is_none_or(|scalar| scalar.kind != Kind::Bool(false)),
                    ..dependency(value, name.clone(), field.key, (read, span))
                });
            }
            found
        }
        Body::Scalar if !tree.is_null() => {
            let reason = format!("services.{service}.depends_on must be a array");
            loader.reject(tree.span(), RejectedKind::Other, reason, Some(service));
            Vec::new()
        }
        Body::Scalar | Body::Layers(_) => Vec::new(),
    }
}

/// Whether the schema has this key in the long form.
fn is_known(key: &str) -> bool {
    matches!(key, "condition" | "restart" | "required") || key.starts_with("x-")
}

fn dependency(tree: &Tree, name: String, span: Span, condition: (Condition, Span)) -> Dependency {
    let place = |span| Written {
        value: (),
        span,
        key: None,
        through: tree.through,
    };
    Dependency {
        service: place(span).map(|()| name),
        condition: place(condition.1).map(|()| condition.0),
        required: true,
        explicit: true,
        written: None,
        list: None,
        downgraded: None,
    }
}

/// The list as it is written, where nothing would be lost when it takes the long form.
fn list(loader: &Loader<'_>, tree: &Tree, items: &[Tree]) -> Option<WaitList> {
    let sequence = tree.node.sequence()?;
    let span = tree.span();
    let text = &loader.sources.get(span.source).text;
    let plain = |node: &Node| node.anchor().is_none() && node.tag().is_none();
    if tree.through.is_some() || !plain(&tree.node) {
        return None;
    }
    let mut names = Vec::new();
    for item in items {
        let at = item.span();
        let is_own = item.through.is_none() && at.source == span.source && plain(&item.node);
        names.push(Named {
            service: loader.said(item).filter(|_| is_own)?,
            span: at,
            written: text.get(at.range())?.to_owned(),
        });
    }
    if sequence.flow {
        let whole = text.get(span.range())?;
        let shape = WaitShape::Flow(span);
        return (!whole.contains(['#', '\n'])).then_some(WaitList { names, shape });
    }
    let mut lines = Vec::new();
    for name in &names {
        let (start, end) = (name.span.start as usize, name.span.end as usize);
        let dash = text
            .get(..start)?
            .trim_end_matches([' ', '\t'])
            .strip_suffix('-')?
            .len();
        let rest = text.get(end..)?.split(['\r', '\n']).next()?;
        let line = end + rest.trim_end().len();
        let at = |start, end| Span::new(span.source, start, end);
        lines.push((at(dash, dash + 1), at(line, line)));
    }
    let first = lines.first()?.0.start as usize;
    let (indent, newline) = place::line_of(text, first);
    // Dashes may stand right below their key; a mapping may not.
    let above = text.get(..first)?.lines().rev();
    let key = above
        .map(str::trim_end)
        .find(|line| line.trim_start().starts_with("depends_on"))?;
    let deeper = key.len() - key.trim_start().len() >= indent.len();
    Some(WaitList {
        names,
        shape: WaitShape::Block {
            lines,
            indent,
            deeper: if deeper { "  " } else { "" },
            newline,
        },
    })
}

/// `links`, `volumes_from` and `service:` namespaces make Compose start the other service first.
fn implied(loader: &Loader<'_>, tree: &Tree) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut add = |tree: &Tree, name: Option<String>| {
        if let Some(name) = name {
            found.push(Dependency {
                explicit: false,
                ..dependency(tree, name, tree.span(), (Condition::Started, tree.span()))
            });
        }
    };
    let head = |text: String| text.split(':').next().unwrap_or_default().to_owned();
    for item in tree.get("links").map(Tree::items).unwrap_or_default() {
        add(item, loader.known(item).map(head));
    }
    for item in tree
        .get("volumes_from")
        .map(Tree::items)
        .unwrap_or_default()
    {
        let name = loader
            .known(item)
            .filter(|text| !text.starts_with("container:"));
        add(item, name.map(head));
    }
    for name in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        let Some(value) = tree.get(name) else {
            continue;
        };
        let text = loader.known(value);
        add(
            value,
            text.and_then(|text| text.strip_prefix("service:").map(str::to_owned)),
        );
    }
    found
}
