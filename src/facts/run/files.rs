//! Files in folders of PATH that a RUN puts, links and removes.

use super::super::answer::{Answer, Firmness, Flavour, Holds, Reason, Shell};
use super::super::packages::{Manager, package};
use super::{Run, UNTOLD, operands};

impl Run<'_> {
    /// `cd`: what follows counts from there.
    pub(super) fn go(&mut self, words: &[&str]) {
        let folder = words
            .first()
            .filter(|folder| !folder.contains(UNTOLD) && !folder.starts_with(['-', '~']))
            .and_then(|folder| self.state.absolute(folder));
        self.state.workdir = folder.filter(|_| self.sure);
    }

    pub(super) fn remove(&mut self, words: &[&str]) {
        for path in operands(words, &[]) {
            let Some(path) = self.state.absolute(&path) else {
                continue;
            };
            let Some((folder, name)) = path.rsplit_once('/') else {
                continue;
            };
            let here = self.state.on_path(folder);
            if self.state.leads_to_path(&path)
                || (here && (name.contains(['*', '?', '[']) || name.contains(UNTOLD)))
            {
                self.lose("programs are removed here");
            } else if here {
                let holds = self.gone();
                self.state.take(name, holds, self.span, "is removed here");
                self.state.take(&path, holds, self.span, "is removed here");
            }
        }
    }

    /// `find` that deletes what it finds.
    pub(super) fn find(&mut self, words: &[&str]) {
        let deletes = words.contains(&"-delete")
            || words
                .windows(2)
                .any(|pair| matches!(pair, ["-exec" | "-execdir" | "-ok", "rm" | "/bin/rm"]));
        let programs = |word: &&str| {
            let word = word.trim_start_matches('/');
            word.is_empty() || self.state.leads_to_path(&format!("/{word}"))
        };
        let roots = words
            .iter()
            .take_while(|word| !word.starts_with(['-', '(', '!', '\\']))
            .any(|word| self.state.on_path(word) || programs(word));
        // What has an extension, or is a folder, is seldom a program.
        let narrow = words
            .windows(2)
            .any(|pair| pair[0] == "-name" && pair[1].contains('.') || pair == ["-type", "d"]);
        if deletes && roots && !narrow {
            self.lose("programs may be removed here");
        }
    }

    /// Programs go, and nobody knows which.
    fn lose(&mut self, words: &str) {
        let brought: Vec<String> = self.state.brought.keys().cloned().collect();
        for tool in brought {
            self.state
                .take(&tool, Holds::Unknown, self.span, "may be removed here");
        }
        self.state
            .inventory
            .may_hold_less(Reason::at(self.span, words));
    }

    fn gone(&self) -> Holds {
        if self.sure {
            Holds::No(Firmness::Firm)
        } else {
            Holds::Unknown
        }
    }

    pub(super) fn link(&mut self, words: &[&str]) {
        let paths = operands(words, &[]);
        let [target, link] = &paths[..] else {
            return;
        };
        let Some(link) = self.state.absolute(link) else {
            return self.state.unreadable(self.span);
        };
        let name = target.rsplit('/').next().unwrap_or(target);
        let link = if self.state.on_path(&link) {
            format!("{link}/{name}")
        } else {
            link
        };
        if link == "/bin/sh" || link == "/usr/bin/sh" {
            let shell = if self.sure {
                Shell::of(name)
            } else {
                Shell::Unknown
            };
            return self.state.inventory.change_shell(shell);
        }
        match self.state.inventory.has(target).holds {
            // A link to what is not there yet leads nowhere, until it comes.
            Holds::No(_) => self.maybe(link.rsplit('/').next().unwrap_or_default()),
            _ if name == "busybox" => self.put(&link, Flavour::Busybox),
            Holds::Yes(flavour) => self.put(&link, flavour),
            Holds::Unknown => self.put(&link, Flavour::Plain),
        }
    }

    /// `cp`, `mv` and `install`: the last operand is where, the others are what.
    pub(super) fn place(&mut self, program: &str, words: &[&str]) {
        if let Some(at) = words
            .iter()
            .position(|word| matches!(*word, "-t" | "--target-directory"))
        {
            let folder = words.get(at + 1).copied().unwrap_or_default();
            if self
                .state
                .absolute(folder)
                .is_none_or(|folder| self.state.on_path(&folder))
            {
                self.state.unreadable(self.span);
            }
            return;
        }
        if program == "install"
            && words
                .iter()
                .any(|word| word.starts_with("-d") || *word == "--directory")
        {
            return;
        }
        let paths = operands(
            words,
            &["-m", "--mode", "-o", "--owner", "-g", "--group", "-S"],
        );
        let Some((to, from)) = paths.split_last() else {
            return;
        };
        let Some(to) = self.state.absolute(to) else {
            return self.state.unreadable(self.span);
        };
        let flavour = |run: &Self, path: &str| match run.state.inventory.has(path).holds {
            Holds::Yes(flavour) => flavour,
            _ => Flavour::Plain,
        };
        let into = self.state.leads_to_path(&to);
        for path in from {
            let name = path.trim_end_matches('/').rsplit('/').next();
            let name = name.unwrap_or_default();
            let vague = path.contains(['*', '?', '['])
                || path.contains(UNTOLD)
                || name == "."
                || path.ends_with('/');
            let flavour = flavour(self, path);
            if !into {
                self.put(&to, flavour);
            } else if vague || !self.state.on_path(&to) {
                self.state.unreadable(self.span);
            } else {
                self.put(&format!("{to}/{name}"), flavour);
            }
            if program == "mv" {
                self.remove(&[path]);
            }
        }
    }

    pub(super) fn fetch(&mut self, program: &str, words: &[&str]) {
        let option: &[&str] = if program == "curl" {
            &["-o", "--output"]
        } else {
            &["-O", "--output-document"]
        };
        let short = option.first().copied().unwrap_or_default();
        let mut written = false;
        for (index, word) in words.iter().enumerate() {
            let behind = || words.get(index + 1).copied();
            let cluster = word.starts_with('-')
                && !word.starts_with("--")
                && word.ends_with(short.trim_start_matches('-'));
            let joined = option.last().and_then(|long| {
                word.strip_prefix(&format!("{long}=")).or_else(|| {
                    word.strip_prefix(short)
                        .filter(|path| path.starts_with('/'))
                })
            });
            let path = if option.contains(word) || cluster {
                behind()
            } else {
                joined
            };
            if let Some(path) = path {
                written = true;
                self.write(path);
            }
        }
        let into = words.iter().any(|word| {
            matches!(*word, "-P" | "--directory-prefix" | "--output-dir") || word.starts_with("-P/")
        });
        let here = self.state.absolute(".");
        if into || !written && here.is_none_or(|here| self.state.on_path(&here)) {
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
        let apart = folder
            .is_some_and(|folder| !folder.contains(UNTOLD) && !self.state.leads_to_path(&folder));
        if !apart {
            self.state.unreadable(self.span);
        }
    }

    /// `busybox --install`: a link for every applet that has no program of its name.
    pub(super) fn applets(&mut self, words: &[&str]) {
        let ["--install", rest @ ..] = words else {
            let inner: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            return self.words(&inner);
        };
        let folder = operands(rest, &[]).into_iter().next();
        let applets = self
            .state
            .applets
            .clone()
            .or_else(|| self.state.inventory.applets())
            .or_else(|| {
                let debian = ["busybox-static", "busybox"];
                let mut packages = debian
                    .iter()
                    .filter(|name| self.state.world.contains(**name));
                Some(package(Manager::Apt, packages.next()?)?.applets.clone())
            });
        let Some(applets) = applets else {
            return self.state.unreadable(self.span);
        };
        for name in applets {
            let flavour = match (self.state.inventory.has(&name).holds, name.as_str()) {
                (Holds::Yes(flavour), _) => flavour,
                (Holds::Unknown, _) => Flavour::Plain,
                (Holds::No(_), "sh" | "ash") => Flavour::Ash,
                (Holds::No(_), _) => Flavour::Busybox,
            };
            match &folder {
                Some(folder) => self.put(&format!("{folder}/{name}"), flavour),
                None if name == "sh" => self.put("/bin/sh", flavour),
                None if self.sure => self.state.bring(
                    &name,
                    flavour,
                    self.span,
                    "is linked here (`busybox --install`)",
                ),
                None => self.maybe(&name),
            }
        }
    }

    /// `chmod`: who may run a file decides whether it is a program.
    pub(super) fn permit(&mut self, words: &[&str]) {
        let is_mode = |word: &str| word.starts_with(['-', '+']) || !word.starts_with('/');
        let mut words = words.iter().filter(|word| {
            !matches!(
                **word,
                "-R" | "-v" | "-c" | "-f" | "-Rf" | "--recursive" | "--quiet"
            )
        });
        let Some(mode) = words.next().filter(|word| is_mode(word)) else {
            return;
        };
        let octal = !mode.is_empty() && mode.bytes().all(|byte| byte.is_ascii_digit());
        // Everybody may: the check may run as anybody.
        let runs = if octal {
            mode.ends_with(['1', '3', '5', '7'])
        } else {
            mode.split(',').any(|part| {
                part.split_once(['+', '=']).is_some_and(|(who, what)| {
                    (who.is_empty() || who.contains(['a', 'o'])) && what.contains(['x', 'X'])
                })
            })
        };
        let barred = octal && !mode.contains(['1', '3', '5', '7'])
            || mode.contains("-x")
            || mode.contains("-rwx");
        for path in words {
            let Some(path) = self.state.absolute(path) else {
                continue;
            };
            let Some((folder, name)) = path.rsplit_once('/') else {
                continue;
            };
            if path.contains(UNTOLD) {
                continue;
            }
            if runs && name.contains('*') {
                let inside = format!("{folder}/");
                let waiting: Vec<String> = self
                    .state
                    .written
                    .iter()
                    .filter(|path| path.starts_with(&inside))
                    .cloned()
                    .collect();
                for path in waiting {
                    self.put(&path, Flavour::Plain);
                }
            } else if runs && (self.state.written.contains(&path) || self.state.on_path(folder)) {
                // `chmod` fails where there is no such file, so it is there.
                if !self.state.inventory.has(&path).is_yes() {
                    self.put(&path, Flavour::Plain);
                }
            } else if barred && self.state.on_path(folder) {
                for tool in [name, &path] {
                    self.state.take(
                        tool,
                        Holds::Unknown,
                        self.span,
                        "is made unable to run here",
                    );
                }
            }
        }
    }

    /// A file is written at this path, which nobody may run yet.
    pub(super) fn write(&mut self, path: &str) {
        let Some(path) = self.state.absolute(path) else {
            return self.state.unreadable(self.span);
        };
        let Some((folder, name)) = path.rsplit_once('/') else {
            return;
        };
        let here = self.state.on_path(folder);
        if path.contains(UNTOLD) {
            if here || folder.starts_with(UNTOLD) || folder.is_empty() {
                self.state.unreadable(self.span);
            }
            return;
        }
        if here && self.state.inventory.has(name).is_yes() {
            return;
        }
        let tools = [Some(path.as_str()), here.then_some(name)];
        for tool in tools.into_iter().flatten() {
            let reason = Reason::at(
                self.span,
                format!("`{tool}` is written here, and is not made able to run"),
            );
            self.state
                .inventory
                .change(tool, Answer::because(Holds::Unknown, reason));
        }
        self.state.written.insert(path);
    }

    /// A program comes at this path.
    pub(super) fn put(&mut self, path: &str, flavour: Flavour) {
        let Some(path) = self.state.absolute(path) else {
            return self.state.unreadable(self.span);
        };
        let Some((folder, name)) = path.rsplit_once('/') else {
            return;
        };
        if path.contains(UNTOLD) {
            if self.state.on_path(folder) || folder.starts_with(UNTOLD) || folder.is_empty() {
                self.state.unreadable(self.span);
            }
        } else if self.sure {
            self.state.put(&path, flavour, self.span, "is put here");
        } else if self.state.on_path(folder) {
            self.maybe(name);
        }
    }
}
