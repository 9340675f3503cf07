//! From file names to one merged tree: documents, `include`, `extends`, overrides, and the variables of each file.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::allow;
use super::dotenv;
use super::tree::{Field, Level, Tree, merge};
use crate::finding::Fault;
use crate::model::allow::Allow;
use crate::model::rejected::{Rejected, RejectedKind};
use crate::read::{Files, Surroundings, Unread, path};
use crate::syntax::interpolation::{self, Interpolated, interpolate};
use crate::syntax::yaml::{self, Kind, Node, Parsed, ProblemKind, Value};
use crate::text::{Filling, SourceId, Sources, Span, Traced};

/// The override files that compose-go looks for beside a default file, in its order.
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The names that compose-go looks for by itself.
const DEFAULTS: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];

/// How many steps of `extends` are followed.
const DEEPEST: usize = 64;
/// How many includes of one project are followed.
const MOST_INCLUDES: usize = 1_000;

/// Whether these files are all that Compose would read: several that are named, or one that it finds by itself.
///
/// One file of another name may well be meant to be merged with others.
pub(super) fn are_whole(paths: &[String]) -> bool {
    match paths {
        [one] => DEFAULTS.contains(&path::name(one)),
        _ => true,
    }
}

/// Reads files and remembers what they said and what is wrong with them.
pub(super) struct Loader<'a> {
    files: &'a dyn Files,
    surroundings: &'a Surroundings,
    pub sources: Sources,
    pub faults: Vec<Fault>,
    pub rejected: Vec<Rejected>,
    pub allows: Vec<Allow>,
    /// Something that may define services could not be looked at.
    pub partial: bool,
    /// The variables of the project and of each include.
    scopes: Vec<BTreeMap<String, String>>,
    includes: usize,
    /// Services on their bases, so that a long chain is walked once.
    extended: FxHashMap<(bool, String, String), Tree>,
    parsed: FxHashMap<String, Option<Arc<Parsed>>>,
    told: FxHashSet<Span>,
    known: FxHashSet<(Span, std::mem::Discriminant<RejectedKind>)>,
}

/// One set of files that is merged: the project itself, or what an `include` names.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// The variables.
    scope: usize,
    /// The files on the way here.
    stack: &'a [String],
}

impl<'a> Loader<'a> {
    pub fn new(files: &'a dyn Files, surroundings: &'a Surroundings) -> Self {
        Self {
            files,
            surroundings,
            sources: Sources::default(),
            faults: Vec::new(),
            rejected: Vec::new(),
            allows: Vec::new(),
            partial: false,
            scopes: Vec::new(),
            includes: 0,
            extended: FxHashMap::default(),
            parsed: FxHashMap::default(),
            told: FxHashSet::default(),
            known: FxHashSet::default(),
        }
    }

    /// The project that `paths` make: merged in this order; a default file alone takes its override along.
    pub fn project(&mut self, paths: &[String]) -> Option<Tree> {
        let mut paths = paths.to_vec();
        if let [main] = &paths[..]
            && DEFAULTS.contains(&path::name(main))
        {
            let folder = path::folder(main).to_owned();
            let beside = OVERRIDES.iter().map(|name| path::join(&folder, name));
            let found = beside
                .into_iter()
                .find(|path| self.files.read(path).is_ok());
            paths.extend(found);
        }
        let folder = paths
            .first()
            .map_or("", |first| path::folder(first))
            .to_owned();
        let mut variables = self.surroundings.environment.clone();
        if let Ok(text) = self.files.read(&path::join(&folder, ".env")) {
            dotenv::add(&text, &mut variables);
        }
        self.scopes.push(variables);
        let part = Part {
            scope: 0,
            stack: &[],
        };
        self.merged(&paths, None, part).map(Tree::without_resets)
    }

    /// The text of a scalar with its variables filled in, as far as they are known.
    pub fn fill(&self, text: &Traced, scope: usize) -> Interpolated {
        let known = self.scopes.get(scope);
        interpolate(text, &|name| {
            let value = known?.get(name)?;
            Some((value.clone(), Filling::Environment))
        })
    }

    /// A scalar's text as Compose sees it; numbers and booleans as they are written.
    pub fn text(&self, tree: &Tree) -> Option<Traced> {
        let scalar = tree.scalar()?;
        Some(match scalar.kind {
            Kind::Null => return None,
            Kind::String => self.fill(&scalar.text(), tree.scope).text,
            _ => scalar.text(),
        })
    }

    /// A scalar's text where nothing in it is unknown.
    pub fn known(&self, tree: &Tree) -> Option<String> {
        self.text(tree)?.known().map(str::to_owned)
    }

    pub fn fault(&mut self, span: Span, message: impl Into<String>) {
        self.faults.push(Fault {
            span: Some(span),
            path: self.sources.get(span.source).path.clone(),
            message: message.into(),
        });
    }

    pub fn reject(
        &mut self,
        span: Span,
        kind: RejectedKind,
        reason: impl Into<String>,
        service: Option<&str>,
    ) {
        // An alias that leads nowhere has been told as a fault.
        if self.told.contains(&span) {
            return;
        }
        let rejected = Rejected {
            span,
            kind,
            reason: reason.into(),
            service: service.map(str::to_owned),
        };
        // A value that several services share through an anchor is one mistake.
        if self
            .known
            .insert((span, std::mem::discriminant(&rejected.kind)))
        {
            self.rejected.push(rejected);
        }
    }

    fn merged(&mut self, paths: &[String], at: Option<Span>, part: Part<'_>) -> Option<Tree> {
        let mut whole: Option<Tree> = None;
        for path in paths {
            let Some(parsed) = self.parsed(path, at, part.scope) else {
                continue;
            };
            let mut stack = part.stack.to_vec();
            stack.push(path.clone());
            let part = Part {
                stack: &stack,
                ..part
            };
            for document in &parsed.documents {
                let tree = Tree::new(document, None, part.scope);
                if tree.is_null() {
                    continue;
                }
                if !tree.is_map() {
                    let message = "a Compose file is a mapping at its top: write `services:` and the services below it";
                    self.fault(tree.span(), message);
                    continue;
                }
                if let Some(included) = self.included(&tree, path, part) {
                    whole = Some(on_top(whole, included));
                }
                let tree = self.extended(tree, path, whole.as_ref());
                whole = Some(on_top(whole, tree));
            }
        }
        whole
    }

    /// The file as YAML; None where it cannot be read, which has been told.
    fn parsed(&mut self, path: &str, at: Option<Span>, scope: usize) -> Option<Arc<Parsed>> {
        if let Some(known) = self.parsed.get(path) {
            return known.clone();
        }
        let parsed = match self.files.read(path) {
            Ok(text) => Some(self.parse(path, &text, scope)),
            Err(unread) => {
                self.unread(path, at, &unread);
                None
            }
        };
        self.parsed.insert(path.to_owned(), parsed.clone());
        parsed
    }

    fn parse(&mut self, path: &str, text: &Arc<str>, scope: usize) -> Arc<Parsed> {
        let source = self.sources.add(path, Arc::clone(text));
        let parsed = yaml::parse(source, text);
        for problem in &parsed.problems {
            let other = problem.other.map(|other| {
                let line = self.sources.get(source).position(other.range().start).line;
                format!(" (the first stands in line {line})")
            });
            let message = format!("{}{}", problem.message, other.unwrap_or_default());
            let place = parsed
                .documents
                .iter()
                .find_map(|document| Place::of(document, problem.span));
            match place {
                Some(place) if place.in_check && !problem.kind.stops_reading() => {
                    let kind = RejectedKind::Other;
                    self.reject(problem.span, kind, message, place.service.as_deref());
                }
                _ => {
                    self.told.insert(problem.span);
                    self.fault(problem.span, message);
                }
            }
            if problem.kind.stops_reading() && problem.kind != ProblemKind::UnknownAlias {
                self.partial = true;
            }
        }
        for escape in &parsed.escapes {
            let place = parsed
                .documents
                .iter()
                .find_map(|document| Place::of(document, escape.span));
            let service = place.and_then(|place| place.service);
            let kind = RejectedKind::YamlEscape {
                escape: escape.written.clone(),
            };
            self.reject(
                escape.span,
                kind,
                "found unknown escape character",
                service.as_deref(),
            );
        }
        self.allows.extend(allow::read(source, text, &parsed));
        for document in &parsed.documents {
            self.check_dollars(document, &mut Vec::new(), scope);
        }
        Arc::new(parsed)
    }

    fn unread(&mut self, path: &str, at: Option<Span>, unread: &Unread) {
        self.partial = true;
        let why = match unread {
            // Whoever may not look says nothing.
            Unread::Outside => return,
            Unread::Missing => "there is no such file".to_owned(),
            Unread::Folder => "it is a folder".to_owned(),
            Unread::NotText(byte) => format!("it is not UTF-8 text: byte {byte} does not fit"),
            Unread::TooLarge => "it is too large".to_owned(),
            Unread::Other(why) => why.clone(),
        };
        match at {
            Some(span) => self.fault(span, format!("`{path}` cannot be read: {why}")),
            None => self.faults.push(Fault {
                span: None,
                path: path.to_owned(),
                message: format!("the file cannot be read: {why}"),
            }),
        }
    }

    /// Looks for `$` that no Compose can read, in every text of the file, as Compose does.
    fn check_dollars(&mut self, node: &Arc<Node>, keys: &mut Vec<String>, scope: usize) {
        match &node.value {
            Value::Scalar(scalar) if scalar.kind == Kind::String && scalar.value.contains('$') => {
                let text = scalar.text();
                let found = self.fill(&text, scope);
                for problem in found.problems {
                    if matches!(problem.kind, interpolation::ProblemKind::Required { .. }) {
                        // The environment may well set it.
                        continue;
                    }
                    let service = service_of(keys).map(str::to_owned);
                    let kind = RejectedKind::Interpolation { everywhere: true };
                    let reason = format!(
                        "invalid interpolation format for {}: Compose takes `${{` for a variable",
                        keys.join(".")
                    );
                    self.reject(
                        text.span_of(problem.range),
                        kind,
                        reason,
                        service.as_deref(),
                    );
                }
            }
            Value::Scalar(_) | Value::Alias(_) => {}
            Value::Sequence(sequence) => {
                keys.push("[]".to_owned());
                for item in &sequence.items {
                    self.check_dollars(item, keys, scope);
                }
                keys.pop();
            }
            Value::Mapping(mapping) => {
                for entry in &mapping.entries {
                    keys.push(entry.name().unwrap_or_default().to_owned());
                    self.check_dollars(&entry.value, keys, scope);
                    keys.pop();
                }
            }
        }
    }

    /// What the `include` of a document brings in, merged.
    fn included(&mut self, tree: &Tree, path: &str, part: Part<'_>) -> Option<Tree> {
        let mut whole = None;
        for item in tree.get("include")?.items() {
            let folder = path::folder(path).to_owned();
            let listed = item.get("path").unwrap_or(item);
            let named = if listed.items().is_empty() {
                std::slice::from_ref(listed)
            } else {
                listed.items()
            };
            let mut paths = Vec::new();
            for named in named {
                match self.known(named).filter(|path| !is_remote(path)) {
                    Some(path) => paths.push(path::join(&folder, &path)),
                    None => self.partial = true,
                }
            }
            let Some(first) = paths.first() else {
                continue;
            };
            if let Some(again) = paths.iter().find(|path| part.stack.contains(path)) {
                let message = format!(
                    "`{again}` includes itself, directly or through others: remove one of the includes"
                );
                self.fault(item.span(), message);
                continue;
            }
            self.includes += 1;
            if self.includes > MOST_INCLUDES || part.stack.len() > DEEPEST {
                self.partial = true;
                if self.told.insert(item.span()) {
                    let message = "the includes lead too far: they are not followed further";
                    self.fault(item.span(), message);
                }
                continue;
            }
            let scope = self.include_scope(item, first, &folder, part.scope);
            let included = self.merged(&paths, Some(listed.span()), Part { scope, ..part });
            if let Some(included) = included {
                whole = Some(on_top(whole, included));
            }
        }
        whole
    }

    /// The variables of an included file: those of the including one, then its own `.env` or `env_file`.
    fn include_scope(&mut self, item: &Tree, first: &str, folder: &str, parent: usize) -> usize {
        let mut variables = self.scopes.get(parent).cloned().unwrap_or_default();
        let mut files = Vec::new();
        if let Some(named) = item.get("env_file") {
            let named = if named.items().is_empty() {
                std::slice::from_ref(named)
            } else {
                named.items()
            };
            files.extend(named.iter().filter_map(|named| self.known(named)));
        } else {
            let directory = item
                .get("project_directory")
                .and_then(|directory| self.known(directory))
                .map_or_else(
                    || path::folder(first).to_owned(),
                    |directory| path::join(folder, &directory),
                );
            files.push(path::join(&path::join("", &directory), ".env"));
        }
        let is_default = item.get("env_file").is_none();
        for file in files {
            let file = if is_default {
                file
            } else {
                path::join(folder, &file)
            };
            if let Ok(text) = self.files.read(&file) {
                dotenv::add(&text, &mut variables);
            }
        }
        self.scopes.push(variables);
        self.scopes.len() - 1
    }

    /// The document with every service's `extends` filled in.
    fn extended(&mut self, mut tree: Tree, path: &str, below: Option<&Tree>) -> Tree {
        let extends = |field: &Field| field.value.get("extends").is_some();
        let found = tree
            .get("services")
            .filter(|services| services.fields().iter().any(extends));
        let Some(services) = found.cloned() else {
            return tree;
        };
        let home = Home {
            path,
            services: &services,
            below: below.and_then(|below| below.get("services")),
            in_file: false,
        };
        self.extended.clear();
        let Some(fields) = tree.get_mut("services").and_then(Tree::fields_mut) else {
            return tree;
        };
        for field in fields.iter_mut().filter(|field| extends(field)) {
            field.value = self.service(&field.value, &field.name, home, &mut Vec::new());
        }
        tree
    }

    /// A service on top of the one that it extends.
    fn service(
        &mut self,
        own: &Tree,
        name: &str,
        home: Home<'_>,
        stack: &mut Vec<(String, String)>,
    ) -> Tree {
        let extends = own.get("extends").filter(|extends| !extends.is_null());
        let Some(extends) = extends.cloned() else {
            return own.clone();
        };
        let place = (home.in_file, home.path.to_owned(), name.to_owned());
        if let Some(known) = self.extended.get(&place) {
            return known.clone();
        }
        let resolved = self.on_its_base(own.clone(), name, &extends, home, stack);
        self.extended.insert(place, resolved.clone());
        resolved
    }

    fn on_its_base(
        &mut self,
        mut own: Tree,
        name: &str,
        extends: &Tree,
        home: Home<'_>,
        stack: &mut Vec<(String, String)>,
    ) -> Tree {
        let base_name = extends.get("service").unwrap_or(extends).clone();
        let span = base_name.span();
        let file = extends.get("file").cloned();
        let Some(base_text) = self.known(&base_name) else {
            own.partial = true;
            return own;
        };
        let file_text = match &file {
            None => None,
            Some(file) => {
                let path = self.known(file).filter(|path| !is_remote(path));
                let Some(path) = path else {
                    own.partial = true;
                    return own;
                };
                Some(path::join(path::folder(home.path), &path))
            }
        };
        let path = file_text.clone().unwrap_or_else(|| home.path.to_owned());
        stack.push((home.path.to_owned(), name.to_owned()));
        let place = (path.clone(), base_text.clone());
        if stack.len() > DEEPEST {
            own.partial = true;
            if self.told.insert(span) {
                let message = format!(
                    "`extends` leads through more than {DEEPEST} services: it is not followed further"
                );
                self.fault(span, message);
            }
            stack.pop();
            return own;
        }
        if stack.contains(&place) {
            own.partial = true;
            if self.told.insert(span) {
                let chain: Vec<_> = stack.iter().map(|(_, name)| format!("`{name}`")).collect();
                let message = format!(
                    "`extends` runs in a circle: {} extends `{base_text}` again; let one of them stand by itself",
                    chain.join(" extends ")
                );
                self.fault(span, message);
            }
            stack.pop();
            return own;
        }
        let base = if file_text.is_some() {
            self.base_in_file(&base_text, &path, file.as_ref(), own.scope, stack, span)
        } else {
            let found = home.services.get(&base_text);
            let found = found.or_else(|| home.below?.get(&base_text)).cloned();
            if let Some(found) = found {
                Some(self.service(&found, &base_text, home, stack))
            } else {
                if self.told.insert(span) {
                    let message = format!(
                        "`{name}` extends `{base_text}`, but there is no such service in this file: mend the name, or say in which `file` it is"
                    );
                    self.fault(span, message);
                }
                None
            }
        };
        stack.pop();
        let Some(mut base) = base else {
            own.partial = true;
            return own;
        };
        base.come_through(span);
        base.node = Arc::clone(&own.node);
        merge(Level::Service, base, own)
    }

    fn base_in_file(
        &mut self,
        name: &str,
        path: &str,
        file: Option<&Tree>,
        scope: usize,
        stack: &mut Vec<(String, String)>,
        span: Span,
    ) -> Option<Tree> {
        let parsed = self.parsed(path, file.map(Tree::span), scope)?;
        let mut whole = None;
        for document in &parsed.documents {
            let tree = Tree::new(document, None, scope);
            if tree.is_map() {
                whole = Some(on_top(whole, tree));
            }
        }
        let whole = whole?;
        let services = whole.get("services")?;
        let Some(found) = services.get(name) else {
            if self.told.insert(span) {
                let message =
                    format!("there is no service `{name}` in `{path}`: mend the name or the file");
                self.fault(span, message);
            }
            return None;
        };
        let home = Home {
            path,
            services,
            below: None,
            in_file: true,
        };
        Some(self.service(found, name, home, stack))
    }

    /// The YAML files that were read, the main one first.
    pub fn files_that_take_part(&self) -> Vec<SourceId> {
        self.sources
            .iter()
            .filter(|(_, source)| matches!(self.parsed.get(&source.path), Some(Some(_))))
            .map(|(id, _)| id)
            .collect()
    }
}

/// Where a service's `extends` looks without a file.
#[derive(Clone, Copy)]
struct Home<'a> {
    path: &'a str,
    services: &'a Tree,
    /// What earlier documents and files define.
    below: Option<&'a Tree>,
    /// The services are those of a file that `extends` names, not of a document that is read.
    in_file: bool,
}

fn on_top(below: Option<Tree>, over: Tree) -> Tree {
    match below {
        Some(below) => merge(Level::Root, below, over),
        None => over,
    }
}

/// Whether a path names something that is fetched.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@") || path.starts_with("oci:")
}

fn service_of(keys: &[String]) -> Option<&str> {
    match keys {
        [services, name, ..] if services == "services" => Some(name),
        _ => None,
    }
}

/// What surrounds a place in a file.
pub(super) struct Place {
    pub service: Option<String>,
    pub in_check: bool,
}

impl Place {
    /// The service and the check around `span`, if the document holds it.
    pub fn of(document: &Arc<Node>, span: Span) -> Option<Self> {
        let mut keys: Vec<String> = Vec::new();
        let mut node = document;
        if !document.span.contains(span) {
            return None;
        }
        'down: loop {
            match &node.value {
                Value::Mapping(mapping) => {
                    for entry in &mapping.entries {
                        let whole = entry.key.span.join(entry.value.whole_span());
                        if whole.contains(span) {
                            keys.push(entry.name().unwrap_or_default().to_owned());
                            node = &entry.value;
                            continue 'down;
                        }
                    }
                }
                Value::Sequence(sequence) => {
                    let within = sequence
                        .items
                        .iter()
                        .find(|item| item.whole_span().contains(span));
                    if let Some(within) = within {
                        node = within;
                        continue 'down;
                    }
                }
                Value::Scalar(_) | Value::Alias(_) => {}
            }
            break;
        }
        Some(Self {
            service: service_of(&keys).map(str::to_owned),
            in_check: keys.get(2).is_some_and(|key| key == "healthcheck"),
        })
    }
}
