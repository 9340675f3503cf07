//! Files in folders of PATH that a RUN puts, links and removes.

use super::super::answer::{Firmness, Holds, Reason, Shell};
use super::{Run, UNTOLD, operands};

impl Run<'_> {
    pub(super) fn remove(&mut self, words: &[&str], sure: bool) {
        for path in operands(words, &[]) {
            let Some(path) = self.state.absolute(&path) else {
                continue;
            };
            let inside = format!("{path}/");
            let whole = self
                .state
                .folders
                .iter()
                .any(|folder| format!("{folder}/").starts_with(&inside));
            let Some((folder, name)) = path.rsplit_once('/') else {
                continue;
            };
            let here = self.state.on_path(folder);
            if whole || (here && (name.contains(['*', '?', '[']) || name.contains(UNTOLD))) {
                self.state
                    .inventory
                    .may_hold_less(Reason::at(self.span, "programs are removed here"));
            } else if here {
                let holds = if sure {
                    Holds::No(Firmness::Firm)
                } else {
                    Holds::Unknown
                };
                self.state.take(name, holds, self.span, "is removed here");
                self.state.take(&path, holds, self.span, "is removed here");
            }
        }
    }

    pub(super) fn link(&mut self, words: &[&str], sure: bool) {
        let paths = operands(words, &[]);
        let [target, link] = &paths[..] else {
            return;
        };
        let Some(link) = self.state.absolute(link) else {
            return self.state.unreadable(self.span);
        };
        let link = if self.state.on_path(&link) {
            format!("{link}/{}", target.rsplit('/').next().unwrap_or_default())
        } else {
            link
        };
        let name = target.rsplit('/').next().unwrap_or(target);
        if link == "/bin/sh" || link == "/usr/bin/sh" {
            let shell = if sure {
                Shell::of(name)
            } else {
                Shell::Unknown
            };
            return self.state.inventory.change_shell(shell);
        }
        self.put(&link, sure);
    }

    /// `cp`, `mv` and `install`: the last operand is where, the others are what.
    pub(super) fn place(&mut self, words: &[&str], sure: bool) {
        if let Some(folder) = words
            .iter()
            .position(|word| matches!(*word, "-t" | "--target-directory"))
        {
            let folder = words.get(folder + 1).copied().unwrap_or_default();
            if self
                .state
                .absolute(folder)
                .is_none_or(|folder| self.state.on_path(&folder))
            {
                self.state.unreadable(self.span);
            }
            return;
        }
        let paths = operands(
            words,
            &["-m", "--mode", "-o", "--owner", "-g", "--group", "-S"],
        );
        let Some((to, from)) = paths.split_last() else {
            return;
        };
        if words
            .iter()
            .any(|word| word.starts_with("-d") || *word == "--directory")
        {
            return;
        }
        let Some(to) = self.state.absolute(to) else {
            return self.state.unreadable(self.span);
        };
        let inside = format!("{}/", to.trim_end_matches('/'));
        let above = self
            .state
            .folders
            .iter()
            .any(|folder| format!("{folder}/").starts_with(&inside));
        if !above {
            return self.put(&to, sure);
        }
        for path in from {
            let name = path
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            let vague = path.contains(['*', '?', '['])
                || path.contains(UNTOLD)
                || name == "."
                || path.ends_with('/');
            if vague || !self.state.on_path(&to) {
                self.state.unreadable(self.span);
            } else {
                self.put(&format!("{to}/{name}"), sure);
            }
        }
    }

    pub(super) fn fetch(&mut self, program: &str, words: &[&str], sure: bool) {
        let option: &[&str] = if program == "curl" {
            &["-o", "--output"]
        } else {
            &["-O", "--output-document"]
        };
        let short = option.first().copied().unwrap_or_default();
        for (index, word) in words.iter().enumerate() {
            let behind = || words.get(index + 1).copied();
            let cluster = word.starts_with('-')
                && !word.starts_with("--")
                && word.ends_with(short.trim_start_matches('-'));
            let path = if option.contains(word) || cluster {
                behind()
            } else {
                word.strip_prefix(&format!("{short}/"))
                    .map(|_| word.trim_start_matches(short))
            };
            if let Some(path) = path {
                self.put(path, sure);
            }
        }
        if self
            .state
            .absolute(".")
            .is_none_or(|here| self.state.on_path(&here))
        {
            self.state.unreadable(self.span);
        }
    }

    pub(super) fn unpack(&mut self, program: &str, words: &[&str]) {
        let lists = words.first().is_some_and(|word| {
            !word.starts_with("--") && word.contains('t') && !word.contains('x')
        });
        let creates = words.first().is_some_and(|word| {
            !word.starts_with("--") && word.contains('c') && !word.contains('x')
        });
        if program == "tar" && (lists || creates) {
            return;
        }
        let folder = words
            .iter()
            .enumerate()
            .find_map(|(index, word)| match *word {
                "-C" | "-d" | "--directory" => words.get(index + 1).copied(),
                word => word
                    .strip_prefix("--directory=")
                    .or_else(|| word.strip_prefix("-C").filter(|path| path.starts_with('/'))),
            });
        let folder = self.state.absolute(folder.unwrap_or("."));
        let apart = folder.is_some_and(|folder| {
            let inside = format!("{}/", folder.trim_end_matches('/'));
            !folder.contains(UNTOLD)
                && !self
                    .state
                    .folders
                    .iter()
                    .any(|known| format!("{known}/").starts_with(&inside))
        });
        if !apart {
            self.state.unreadable(self.span);
        }
    }

    /// A file comes at this path.
    pub(super) fn put(&mut self, path: &str, sure: bool) {
        let Some(path) = self.state.absolute(path) else {
            return self.state.unreadable(self.span);
        };
        let Some((folder, name)) = path.rsplit_once('/') else {
            return;
        };
        if name.contains(UNTOLD) || folder.contains(UNTOLD) {
            if self.state.on_path(folder) || folder.starts_with(UNTOLD) {
                self.state.unreadable(self.span);
            }
        } else if sure {
            self.state.put(&path, self.span, "is put here");
        } else if self.state.on_path(folder) {
            let name = name.to_owned();
            self.maybe(&name);
        }
    }
}
