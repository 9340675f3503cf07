//! COPY and ADD: single files, whole folders, and whole file systems from elsewhere.

use std::collections::BTreeSet;

use crate::model::build::CopyFrom;
use crate::text::{Span, Traced};

use super::super::answer::{Answer, Flavour, Holds, Reason, Shell};
use super::super::foreign::{Foreign, linked_with, may_be_libraries};
use super::super::images::tracked;
use super::super::inventory::Inventory;
use super::State;

impl State {
    #[allow(clippy::too_many_arguments)] // They are the parts of one instruction.
    pub(super) fn copy(
        &mut self,
        from: &CopyFrom,
        sources: &[Traced],
        destination: &Traced,
        add: bool,
        span: Span,
        before: &[State],
        lookup: &dyn Fn(&Traced) -> Inventory,
    ) {
        let Some((written, to)) = destination
            .known()
            .and_then(|path| Some((path, self.absolute(path)?)))
        else {
            return self.unreadable(span);
        };
        let tree = self.leads_to_path(&to);
        let into = tree || written.ends_with('/') || written == "." || sources.len() > 1;
        let words = match from {
            CopyFrom::Context => "is copied here".to_owned(),
            CopyFrom::Stage(_) => "is copied here from another stage".to_owned(),
            CopyFrom::Image(image) => format!("is copied here from {}", image.shown()),
            CopyFrom::Unknown => "is copied here from a place nobody knows".to_owned(),
        };
        let origin = match from {
            CopyFrom::Stage(stage) => before.get(*stage).map(|state| state.inventory.clone()),
            CopyFrom::Image(image) => Some(lookup(image)),
            CopyFrom::Context | CopyFrom::Unknown => None,
        };
        for source in sources {
            let Some(source) = source.known() else {
                if tree {
                    self.unreadable(span);
                }
                continue;
            };
            let plain = source.trim_end_matches('/');
            let name = plain.rsplit('/').next().unwrap_or_default();
            let path = format!("/{}", plain.trim_start_matches('/'));
            // A whole root over nothing is that root.
            if source == "/" && to == "/" && self.inventory.shown == "scratch" {
                self.become_root(origin.clone(), span);
                continue;
            }
            let globs = source.contains(['*', '?', '[']);
            let url = add && source.contains("://");
            let unpacks = add && !url && (source.contains(".tar") || source.contains(".tgz"));
            let there = origin.as_ref().map(|origin| origin.has(&path).holds);
            // A file of another stage is seldom without a name in a bin folder; one of the context has an extension.
            let file = match there {
                Some(Holds::Yes(_)) => true,
                Some(_) => is_program(source),
                // Of a repository the whole tree comes.
                None if url => !source.contains(".git"),
                None => name.contains('.') && name != "." && name != "..",
            };
            let flavour = match there {
                Some(Holds::Yes(flavour)) => flavour,
                _ => Flavour::Plain,
            };
            if name == "busybox" {
                self.applets = origin.as_ref().and_then(Inventory::applets);
            }
            self.libraries |= may_be_libraries(&path, &to);
            if !into {
                self.put(&to, flavour, span, &words);
                self.note_foreign(origin.as_ref(), &path, &to, span);
            } else if file && !globs && !unpacks {
                let to = format!("{}/{name}", to.trim_end_matches('/'));
                self.put(&to, flavour, span, &words);
                self.note_foreign(origin.as_ref(), &path, &to, span);
            } else if tree {
                // `bin/*` is all that is in `bin`.
                let folder = path.strip_suffix("/*").unwrap_or(&path);
                match &origin {
                    Some(origin) if !folder.contains(['*', '?', '[']) => {
                        self.overlay(origin, folder, &to, span, &words);
                    }
                    _ => self.unreadable(span),
                }
            }
        }
    }

    /// A program of another system, which may lack here what it is linked with.
    fn note_foreign(&mut self, origin: Option<&Inventory>, path: &str, to: &str, span: Span) {
        let Some(origin) = origin else { return };
        let (Some(needs), Some(here)) = (linked_with(origin, path), self.inventory.libc) else {
            return;
        };
        if needs != here {
            self.inventory.add_foreign(Foreign {
                step: span,
                from: origin.shown.clone(),
                path: to.to_owned(),
                needs,
                here,
            });
        }
    }

    /// A whole file system where there was nothing.
    fn become_root(&mut self, whole: Option<Inventory>, span: Span) {
        let Some(mut whole) = whole else {
            return self.unreadable(span);
        };
        // Files come along, the configuration of the image does not.
        let own = std::mem::replace(&mut self.inventory, Inventory::scratch());
        whole.ports = own.ports;
        whole.user = own.user;
        whole.entrypoint = own.entrypoint;
        whole.command = own.command;
        whole.init = own.init;
        whole.check = own.check;
        whole.recipe = None;
        whole.server = None;
        self.inventory = whole;
    }

    /// The folder `from` of another file system over the folder `to` of this one: what lies in folders of PATH comes,
    /// what is known to be in neither stays away, and of the rest nobody knows.
    fn overlay(&mut self, origin: &Inventory, from: &str, to: &str, span: Span, words: &str) {
        let to = to.trim_end_matches('/');
        let from = from.trim_end_matches('/');
        let folders: Vec<(String, String)> = self
            .folders
            .iter()
            .filter_map(|folder| {
                let rest = folder.strip_prefix(to)?;
                (rest.is_empty() || rest.starts_with('/'))
                    .then(|| (format!("{from}{rest}"), folder.clone()))
            })
            .collect();
        let mut tools: BTreeSet<String> = tracked().iter().cloned().collect();
        tools.extend(origin.changed().map(str::to_owned));
        tools.extend(self.inventory.changed().map(str::to_owned));
        tools.retain(|tool| !tool.contains('/'));
        let mut absent: Vec<(String, Answer)> = Vec::new();
        let mut come: Vec<(String, Flavour)> = Vec::new();
        for tool in tools {
            let mut all_lack = true;
            for (theirs, ours) in &folders {
                match origin.has(&format!("{theirs}/{tool}")).holds {
                    Holds::Yes(flavour) => come.push((format!("{ours}/{tool}"), flavour)),
                    Holds::No(_) => continue,
                    Holds::Unknown => {}
                }
                all_lack = false;
            }
            let own = self.inventory.has(&tool);
            if all_lack && own.is_no() {
                absent.push((tool, own));
            }
        }
        let shell = folders.iter().any(|(_, ours)| ours == "/bin").then(|| {
            if from.is_empty() || from == "/bin" {
                origin.shell()
            } else {
                Shell::Unknown
            }
        });
        let own_shell = self.inventory.shell();
        self.inventory
            .may_hold_more(Reason::at(span, "what this brings cannot be told"));
        for (tool, answer) in absent {
            self.inventory.change(&tool, answer);
        }
        for (path, flavour) in come {
            self.put(&path, flavour, span, words);
        }
        match shell {
            Some(Shell::None) | None => self.inventory.change_shell(own_shell),
            Some(shell) => self.inventory.change_shell(shell),
        }
    }
}

/// Whether a path in another image names one program: it lies in a folder of programs.
fn is_program(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, name)| {
        !name.is_empty() && (folder.ends_with("bin") || name.contains('.'))
    }) && !path.ends_with("bin")
}
