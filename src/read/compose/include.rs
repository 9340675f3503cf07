//! `include`: other projects that are merged in below, with variables of their own.

use super::dotenv;
use super::load::{DEEPEST, Loader, Part, is_remote, on_top};
use super::tree::Tree;
use crate::read::path;

/// How many includes of one project are followed.
const MOST_INCLUDES: usize = 1_000;

impl Loader<'_> {
    /// What the `include` of a document brings in, merged.
    pub fn included(&mut self, tree: &Tree, path: &str, part: Part<'_>) -> Option<Tree> {
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
            if paths.iter().any(|path| part.stack.contains(path)) {
                let message = "this include leads back to its own file, directly or through others: remove one of the includes";
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
            let directory = item
                .get("project_directory")
                .and_then(|directory| self.known(directory))
                .map_or_else(
                    || path::folder(first).to_owned(),
                    |directory| path::join(&folder, &directory),
                );
            let scope = self.include_scope(item, &directory, &folder, part.scope);
            let part = Part {
                scope,
                directory: &directory,
                ..part
            };
            let included = self.merged(&paths, Some(listed.span()), part);
            if let Some(included) = included {
                whole = Some(on_top(whole, included));
            }
        }
        whole
    }

    /// The variables of an included file: those of the including one, then its own `.env` or `env_file`.
    fn include_scope(
        &mut self,
        item: &Tree,
        directory: &str,
        folder: &str,
        parent: usize,
    ) -> usize {
        let mut variables = self.scopes.get(parent).cloned().unwrap_or_default();
        let mut files = Vec::new();
        if let Some(named) = item.get("env_file") {
            let named = if named.items().is_empty() {
                std::slice::from_ref(named)
            } else {
                named.items()
            };
            let named = named.iter().filter_map(|named| self.known(named));
            files.extend(named.map(|named| path::join(folder, &named)));
        } else {
            files.push(path::join(directory, ".env"));
        }
        for file in files {
            if let Ok(text) = self.files.read(&file) {
                dotenv::add(&text, &mut variables);
            }
        }
        self.scopes.push(variables);
        self.scopes.len() - 1
    }
}
