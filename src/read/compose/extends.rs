//! `extends`: a service on top of another one, of the same file or a different one.

use std::sync::Arc;

use super::load::{DEEPEST, Loader, is_remote, on_top};
use super::tree::{Field, Level, Tree, merge};
use crate::read::path;
use crate::text::Span;

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

impl Loader<'_> {
    /// The document with every service's `extends` filled in.
    pub fn extended(&mut self, mut tree: Tree, path: &str, below: Option<&Tree>) -> Tree {
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
        // A name that the environment gives is shown as the author wrote it.
        let shown = self
            .text(&base_name)
            .map_or_else(String::new, |text| text.shown());
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
                    "`extends` runs in a circle: {} extends `{shown}` again; let one of them stand by itself",
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
                        "`{name}` extends `{shown}`, but there is no such service in this file: mend the name, or say in which `file` it is"
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
        let whole = self.base_file(path, file, scope)?;
        let services = whole.get("services")?;
        let Some(found) = services.get(name) else {
            if self.told.insert(span) {
                let shown = self.sources.slice(span).to_owned();
                let message = format!(
                    "there is no service `{shown}` in the file that `extends` names: mend the name or the file"
                );
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

    /// A file that services extend from, merged over its documents; many services may ask for it.
    fn base_file(&mut self, path: &str, file: Option<&Tree>, scope: usize) -> Option<Arc<Tree>> {
        let place = (path.to_owned(), scope);
        if let Some(known) = self.bases.get(&place) {
            return known.clone();
        }
        let parsed = self.parsed(path, file.map(Tree::span), scope);
        let mut whole = None;
        for document in parsed.iter().flat_map(|parsed| &parsed.documents) {
            let tree = Tree::new(document, None, scope);
            if tree.is_map() {
                whole = Some(on_top(whole, tree));
            }
        }
        let whole = whole.map(Arc::new);
        self.bases.insert(place, whole.clone());
        whole
    }
}
