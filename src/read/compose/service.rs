//! A merged service as the model tells it: what runs, who waits for whom, what is open and mounted.

use super::load::Loader;
use super::probe::{self, written};
use super::tree::{Body, Field, Tree};
use super::{build, dependencies, outline, place};
use crate::model::Written;
use crate::model::draft::Place;
use crate::model::project::{EnvironmentVariable, Invocation, PortMapping, Service};
use crate::syntax::yaml::Kind;
use crate::text::{Span, Traced};

/// Reads one service.
pub(super) fn read(loader: &mut Loader<'_>, field: &Field) -> Service {
    let tree = &field.value;
    let name = &field.name;
    outline::check_service(loader, name, tree);
    let complete = is_complete(tree);
    let probe = tree
        .field("healthcheck")
        .and_then(|field| probe::read(loader, name, field, complete));
    Service {
        name: Written {
            value: name.clone(),
            span: field.key,
            key: None,
            through: tree.through,
        },
        whole: field.key.join(tree.through.unwrap_or(tree.span())),
        complete,
        image: text(loader, tree, "image"),
        build: tree.field("build").map(|field| build::read(loader, field)),
        probe,
        depends_on: dependencies::read(loader, name, tree),
        environment: environment(loader, tree),
        has_env_file: tree.get("env_file").is_some_and(|file| !file.is_null()),
        ports: ports(loader, tree),
        mounts: mounts(loader, tree),
        mounts_more: mounts_more(tree),
        command: invocation(loader, tree, "command"),
        entrypoint: invocation(loader, tree, "entrypoint"),
        working_dir: text(loader, tree, "working_dir"),
        post_start: tree
            .field("post_start")
            .map(|field| field.key.join(field.value.span())),
        init: flag(loader, tree, "init"),
        pid: text(loader, tree, "pid"),
        network_mode: text(loader, tree, "network_mode"),
        user: text(loader, tree, "user"),
        read_only: flag(loader, tree, "read_only"),
        restart: text(loader, tree, "restart"),
        without_container: replicas(loader, tree) == Some(0),
        profiles: tree
            .get("profiles")
            .map(|profiles| {
                profiles
                    .items()
                    .iter()
                    .filter_map(|item| loader.known(item))
                    .collect()
            })
            .unwrap_or_default(),
        place: place::of(loader, tree),
        environment_place: tree
            .get("environment")
            .map(|environment| match environment.layers() {
                [only] => place::of_entries(loader, only),
                _ => Place::Nowhere,
            }),
    }
}

/// Whether the files say what the service is made of. `build: {target: dev}` alone adds to something unseen.
fn is_complete(tree: &Tree) -> bool {
    let says = |name: &str| tree.get(name).is_some_and(|value| !value.is_null());
    let builds = tree.get("build").is_some_and(|build| {
        let sources = ["context", "dockerfile", "dockerfile_inline"];
        let named = sources.iter().any(|name| build.get(name).is_some());
        named || !build.is_map() && !build.is_null()
    });
    (says("image") || builds || says("provider")) && !tree.partial
}

/// How many containers are made, where the files say so; `scale` wins over `deploy`.
fn replicas(loader: &Loader<'_>, tree: &Tree) -> Option<u64> {
    let value = tree
        .get("scale")
        .or_else(|| tree.get("deploy")?.get("replicas"))?;
    loader.known(value)?.trim().parse().ok()
}

fn text(loader: &Loader<'_>, tree: &Tree, name: &str) -> Option<Written<Traced>> {
    let field = tree.field(name)?;
    Some(written(field, loader.text(&field.value)?))
}

fn flag(loader: &Loader<'_>, tree: &Tree, name: &str) -> Option<Written<bool>> {
    let field = tree.field(name)?;
    let value = match field.value.scalar()?.kind {
        Kind::Bool(value) => value,
        _ => match loader.known(&field.value)?.to_ascii_lowercase().as_str() {
            "true" | "y" | "yes" | "on" | "t" | "1" => true,
            "false" | "n" | "no" | "off" | "f" | "0" => false,
            _ => return None,
        },
    };
    Some(written(field, value))
}

fn invocation(loader: &Loader<'_>, tree: &Tree, name: &str) -> Option<Written<Invocation>> {
    let field = tree.field(name)?;
    let value = match &field.value.body {
        Body::List(items) => {
            Invocation::Exec(items.iter().filter_map(|item| loader.text(item)).collect())
        }
        Body::Scalar => Invocation::Text(loader.text(&field.value)?),
        Body::Map(_) | Body::Layers(_) => return None,
    };
    Some(written(field, value))
}

/// `environment:` in both forms, later layers on top.
fn environment(loader: &Loader<'_>, tree: &Tree) -> Vec<EnvironmentVariable> {
    let mut all: Vec<EnvironmentVariable> = Vec::new();
    let Some(field) = tree.get("environment") else {
        return all;
    };
    let mut places: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
    let mut add = |variable: EnvironmentVariable| {
        if let Some(place) = places.get(&variable.name) {
            all[*place] = variable;
        } else {
            places.insert(variable.name.clone(), all.len());
            all.push(variable);
        }
    };
    for layer in field.layers() {
        for field in layer.fields() {
            add(EnvironmentVariable {
                name: field.name.clone(),
                value: loader.text(&field.value),
                span: field.key.join(field.value.span()),
            });
        }
        for item in layer.items() {
            let Some(text) = loader.text(item) else {
                continue;
            };
            let at = text.as_str().find('=');
            add(EnvironmentVariable {
                name: text.as_str()[..at.unwrap_or(text.len())].to_owned(),
                value: at.map(|at| text.slice(at + 1..text.len())),
                span: item.span(),
            });
        }
    }
    all
}

fn ports(loader: &Loader<'_>, tree: &Tree) -> Vec<PortMapping> {
    let Some(list) = tree.get("ports") else {
        return Vec::new();
    };
    list.items()
        .iter()
        .filter(|item| !is_udp(loader, item))
        .map(|item| {
            let number = |name: &str| loader.known(item.get(name)?)?.trim().parse().ok();
            let (host, container) = if item.is_map() {
                (number("published"), number("target"))
            } else {
                short_port(loader.known(item).as_deref())
            };
            PortMapping {
                host,
                container,
                span: item.span(),
            }
        })
        .collect()
}

/// A check asks over TCP; what is published for UDP is another port.
fn is_udp(loader: &Loader<'_>, item: &Tree) -> bool {
    let protocol = if item.is_map() {
        item.get("protocol").and_then(|tree| loader.known(tree))
    } else {
        loader
            .known(item)
            .and_then(|text| Some(text.rsplit_once('/')?.1.to_owned()))
    };
    protocol.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("udp"))
}

/// `[[ip:]host:]container[/protocol]`
fn short_port(text: Option<&str>) -> (Option<u16>, Option<u16>) {
    let Some(text) = text else {
        return (None, None);
    };
    let text = text.split('/').next().unwrap_or_default();
    let mut parts = text.rsplit(':');
    let container = parts.next().and_then(|part| part.parse().ok());
    let host = parts.next().and_then(|part| part.parse().ok());
    (host, container)
}

fn mounts(loader: &Loader<'_>, tree: &Tree) -> Vec<Written<Traced>> {
    let mut mounts = Vec::new();
    for name in ["volumes", "tmpfs", "configs", "secrets"] {
        let Some(list) = tree.get(name) else {
            continue;
        };
        let items = match &list.body {
            Body::Scalar => std::slice::from_ref(list),
            _ => list.items(),
        };
        for item in items {
            let found = if let Some(target) = item.get("target") {
                loader.text(target).map(|text| (text, target))
            } else if matches!(name, "volumes" | "tmpfs") {
                loader
                    .text(item)
                    .map(|text| (short_mount(&text, name), item))
            } else {
                None
            };
            if let Some((value, tree)) = found {
                mounts.push(Written {
                    value,
                    span: tree.span(),
                    key: None,
                    through: tree.through,
                });
            }
        }
    }
    mounts
}

/// What mounts something at a place that the service does not write.
fn mounts_more(tree: &Tree) -> Option<Span> {
    let of_others = tree.get("volumes_from").filter(|list| !list.is_null());
    let configs = tree.get("configs").map(Tree::items).unwrap_or_default();
    let mut by_name = configs.iter().filter(|item| item.get("target").is_none());
    of_others.or_else(|| by_name.next()).map(Tree::span)
}

/// The target of `source:target:mode`, of a lone `target`, or of tmpfs's `target:options`.
fn short_mount(text: &Traced, name: &str) -> Traced {
    let whole = text.as_str();
    let ends: Vec<usize> = whole.match_indices(':').map(|(at, _)| at).collect();
    let range = match (name, &ends[..]) {
        (_, []) => 0..whole.len(),
        ("tmpfs", [first, ..]) => 0..*first,
        (_, [first]) => first + 1..whole.len(),
        (_, [first, second, ..]) => first + 1..*second,
    };
    text.slice(range)
}
