//! From file names to one merged tree: documents, `include`, `extends`, overrides, and the variables of each file.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::allow;
use super::context::{Context, service_of};
use super::dotenv;
use super::tree::{Level, Tree, merge};
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

/// How many steps of `extends` and how many includes within includes are followed.
pub(super) const DEEPEST: usize = 64;

/// Whether these files are all that Compose would read: several that are named, or one that it finds by itself.
///
/// One file of another name may well be meant to be merged with others.
pub(super) fn are_whole(paths: &[String]) -> bool {
    match paths {
        [one] => DEFAULTS.contains(&path::name(one)),
        _ => true,
    }
}

/// Behind so many bytes of Dockerfiles, counted for each service, the images that are built are unknown: a thousand
/// services that build one long file must not keep the user waiting.
const MOST_BUILT: usize = 1024 * 1024;

/// Reads files and remembers what they said and what is wrong with them.
pub(super) struct Loader<'a> {
    pub files: &'a dyn Files,
    surroundings: &'a Surroundings,
    pub sources: Sources,
    pub faults: Vec<Fault>,
    pub absent: Vec<Fault>,
    pub rejected: Vec<Rejected>,
    pub allows: Vec<Allow>,
    /// Something that may define services could not be looked at.
    pub partial: bool,
    /// The project's `.env` was read.
    pub has_dotenv: bool,
    /// The variables of the project and of each include.
    pub scopes: Vec<BTreeMap<String, String>>,
    pub includes: usize,
    /// The bytes of Dockerfiles that were followed, each as often as a service builds it.
    built: usize,
    /// Services on their bases, so that a long chain is walked once.
    pub extended: FxHashMap<(bool, String, String), Tree>,
    parsed: FxHashMap<String, Option<Arc<Parsed>>>,
    /// Files that services extend from.
    pub bases: FxHashMap<(String, usize), Option<Arc<Tree>>>,
    /// The project's folder for each file of a project; files that are only extended start from their own.
    directories: FxHashMap<String, String>,
    pub told: FxHashSet<Span>,
    known: FxHashSet<(Span, std::mem::Discriminant<RejectedKind>)>,
}

/// One set of files that is merged: the project itself, or what an `include` names.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The variables.
    pub scope: usize,
    /// The project's folder, which paths in its files start from.
    pub directory: &'a str,
    /// The files on the way here.
    pub stack: &'a [String],
}

impl<'a> Loader<'a> {
    pub fn new(files: &'a dyn Files, surroundings: &'a Surroundings) -> Self {
        Self {
            files,
            surroundings,
            sources: Sources::default(),
            faults: Vec::new(),
            absent: Vec::new(),
            rejected: Vec::new(),
            allows: Vec::new(),
            partial: false,
            has_dotenv: false,
            scopes: Vec::new(),
            includes: 0,
            built: 0,
            extended: FxHashMap::default(),
            parsed: FxHashMap::default(),
            bases: FxHashMap::default(),
            directories: FxHashMap::default(),
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
            self.has_dotenv = true;
        }
        self.scopes.push(variables);
        let part = Part {
            scope: 0,
            directory: &folder,
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

    /// A scalar's text where the files themselves say all of it, so that a message may show it.
    pub fn said(&self, tree: &Tree) -> Option<String> {
        let text = self.text(tree)?;
        let known = text.known().filter(|_| !text.from_environment());
        known.map(str::to_owned)
    }

    /// The folder that relative paths of a file start from, such as a build's context.
    pub fn directory(&self, span: Span) -> &str {
        let path = &self.sources.get(span.source).path;
        let project = self.directories.get(path).map(String::as_str);
        project.unwrap_or_else(|| path::folder(path))
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

    pub fn merged(&mut self, paths: &[String], at: Option<Span>, part: Part<'_>) -> Option<Tree> {
        let mut whole: Option<Tree> = None;
        for path in paths {
            let Some(parsed) = self.parsed(path, at, part.scope) else {
                continue;
            };
            self.directories
                .insert(path.clone(), part.directory.to_owned());
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
    pub fn parsed(&mut self, path: &str, at: Option<Span>, scope: usize) -> Option<Arc<Parsed>> {
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
                .find_map(|document| Context::of(document, problem.span));
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
                .find_map(|document| Context::of(document, escape.span));
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

    /// The text of the Dockerfile that `at` names, read once; what is wrong with it as a file is told there.
    pub fn dockerfile(&mut self, path: &str, at: Span) -> Option<Traced> {
        if self.built > MOST_BUILT {
            return None;
        }
        let id = match self.sources.find(path) {
            Some(id) => id,
            None => match self.files.read(path) {
                Ok(text) => self.sources.add(path, text),
                // Often generated, or the Compose file travels without it: worth a word, and no fault.
                Err(Unread::Missing) => {
                    let shown = self.shown_path(at, path);
                    self.absent.push(Fault {
                        span: Some(at),
                        path: self.sources.get(at.source).path.clone(),
                        message: format!(
                            "there is no `{shown}` here, so nothing is known of the image that it builds"
                        ),
                    });
                    return None;
                }
                Err(unread) => {
                    let partial = self.partial;
                    self.unread(path, Some(at), &unread);
                    // The services are known all the same.
                    self.partial = partial;
                    return None;
                }
            },
        };
        let text = &self.sources.get(id).text;
        self.built += text.len();
        Some(Traced::source(Span::new(id, 0, text.len()), text))
    }

    /// The path as a message may show it: where the environment has a part in it, as the author wrote it.
    fn shown_path(&self, span: Span, path: &str) -> String {
        let file = self.sources.get(span.source);
        let said = |part: &str| {
            part == "Dockerfile"
                || file.text.contains(part)
                || file.path.split('/').any(|own| own == part)
        };
        if path.split('/').all(said) {
            return path.to_owned();
        }
        let written = self.sources.slice(span);
        written.trim_matches(['"', '\'']).to_owned()
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
            Some(span) => {
                let shown = self.shown_path(span, path);
                self.fault(span, format!("`{shown}` cannot be read: {why}"));
            }
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
                for problem in found.problems.into_iter().take(50) {
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

    /// The YAML files that were read, the main one first.
    pub fn files_that_take_part(&self) -> Vec<SourceId> {
        self.sources
            .iter()
            .filter(|(_, source)| matches!(self.parsed.get(&source.path), Some(Some(_))))
            .map(|(id, _)| id)
            .collect()
    }
}

pub(super) fn on_top(below: Option<Tree>, over: Tree) -> Tree {
    match below {
        Some(below) => merge(Level::Root, below, over),
        None => over,
    }
}

/// Whether a path names something that is fetched.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@") || path.starts_with("oci:")
}
