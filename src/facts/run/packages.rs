//! Package managers in a RUN: what they install and what they remove.

use crate::text::Span;

use super::super::answer::{Firmness, Holds, Reason};
use super::super::images::tool_and_flavour;
use super::super::packages::{Manager, package};
use super::super::stage::State;
use super::{Run, UNTOLD, doubt, operands};

/// Commands that come as dependencies of packages that nobody thinks to bring them.
const DEPENDENCIES: &[&str] = &[
    "bash",
    "gawk",
    "git",
    "java",
    "node",
    "openssl",
    "perl",
    "pgrep",
    "php",
    "pidof",
    "pkill",
    "ps",
    "psql",
    "pg_isready",
    "python",
    "python3",
    "ruby",
    "sqlite3",
    "xz",
];

/// What apt installs on top of these packages unless it is told not to: programs that none of their dependencies brings
/// (`apt-cache depends` of Debian 12).
const RECOMMENDED: &[(&str, &[&str])] = &[
    ("docker.io", &["ip", "ss"]),
    ("gettext", &["curl"]),
    ("libvips-dev", &["curl"]),
    ("podman-docker", &["ip", "ss", "tini"]),
];

impl Run<'_> {
    pub(super) fn packages(&mut self, manager: Manager, words: &[&str]) {
        const VALUED: &[&str] = &[
            "-t",
            "--target-release",
            "-o",
            "--option",
            "-c",
            "--repository",
            "-X",
            "--virtual",
            "--root",
            "-p",
            "--keys-dir",
            "--setopt",
            "--enablerepo",
            "--disablerepo",
            "--releasever",
        ];
        // What goes into another root comes here only by a COPY.
        if words
            .iter()
            .any(|word| word.starts_with("--installroot") || *word == "--root" || *word == "-p")
        {
            return;
        }
        // `-t` names a release for apt and a bundle for apk.
        let bundle = |words: &[&str]| {
            let at = words
                .iter()
                .position(|word| matches!(*word, "--virtual" | "-t"))?;
            words.get(at + 1).map(|name| (*name).to_owned())
        };
        let equals = words
            .iter()
            .find_map(|word| word.strip_prefix("--virtual="));
        let names = operands(words, VALUED);
        let Some((verb, names)) = names.split_first() else {
            return;
        };
        match (manager, verb.as_str()) {
            (Manager::Apk, "add") => {
                let bundle = equals.map(str::to_owned).or_else(|| bundle(words));
                if let Some(bundle) = bundle {
                    let plain = names
                        .iter()
                        .map(|name| plain_name(name).to_owned())
                        .collect();
                    self.state.bundles.insert(bundle, plain);
                    self.bring_packages(manager, names);
                } else {
                    self.install(manager, names);
                }
            }
            (Manager::Apk, "del") => {
                for name in names {
                    match self.state.bundles.remove(name) {
                        Some(bundle) => self.uninstall(manager, &bundle),
                        None => self.uninstall(manager, std::slice::from_ref(name)),
                    }
                }
            }
            (
                Manager::Apt | Manager::Rpm | Manager::Zypper,
                "install" | "in" | "reinstall" | "satisfy" | "localinstall",
            ) => {
                self.install(manager, names);
                let bare = words.iter().any(|word| {
                    *word == "--no-install-recommends" || word.contains("Install-Recommends=")
                });
                if manager == Manager::Apt && !bare {
                    self.recommended(names);
                }
            }
            (
                Manager::Apt | Manager::Rpm | Manager::Zypper,
                "remove" | "rm" | "purge" | "erase" | "autoremove" | "autopurge",
            ) => {
                let automatic = verb.starts_with("auto")
                    || words.iter().any(|word| {
                        matches!(
                            *word,
                            "--auto-remove" | "--autoremove" | "--clean-deps" | "-u"
                        )
                    });
                self.uninstall(manager, names);
                if automatic {
                    self.take_automatic();
                    let reason = Reason::at(self.span, "nobody knows what this removes with it");
                    self.state.inventory.may_hold_less(reason);
                }
            }
            (
                _,
                "update" | "upgrade" | "dist-upgrade" | "full-upgrade" | "clean" | "autoclean"
                | "makecache" | "fix" | "cache" | "distro-sync" | "check-update" | "list"
                | "search" | "info" | "policy" | "build-dep" | "refresh" | "ref" | "up" | "dup"
                | "addrepo" | "ar" | "removerepo" | "rr" | "config-manager" | "repos" | "lr"
                | "download",
            ) => {}
            _ => self.state.unreadable(self.span),
        }
    }

    /// pacman: its verbs are options.
    pub(super) fn pacman(&mut self, words: &[&str]) {
        let verb = words
            .iter()
            .find(|word| word.starts_with('-') && !word.starts_with("--"))
            .copied()
            .unwrap_or_default();
        let names = operands(words, &["--root", "-r", "--config", "--dbpath", "-b"]);
        if words.contains(&"--root") || words.contains(&"-r") {
            return;
        }
        if verb.starts_with("-S") {
            self.install(Manager::Pacman, &names);
        } else if verb.starts_with("-R") {
            self.uninstall(Manager::Pacman, &names);
            if verb.contains('s') {
                let reason = Reason::at(self.span, "nobody knows what this removes with it");
                self.state.inventory.may_hold_less(reason);
            }
        } else if verb.starts_with("-U") {
            self.state.unreadable(self.span);
        }
    }

    pub(super) fn install(&mut self, manager: Manager, names: &[String]) {
        for name in names {
            self.state.world.insert(plain_name(name).to_owned());
        }
        self.bring_packages(manager, names);
    }

    pub(super) fn bring_packages(&mut self, manager: Manager, names: &[String]) {
        let span = self.span;
        doubt(
            self.state,
            DEPENDENCIES.iter().copied(),
            &Reason::at(span, "it may have come with these packages"),
        );
        for name in names {
            let whole = name;
            let name = plain_name(whole);
            if whole.contains(UNTOLD) || whole.contains('/') || name.contains('*') {
                self.state.unreadable(span);
                continue;
            }
            let Some(known) = package(manager, name) else {
                let words = format!("nobody knows what the package `{name}` brings");
                doubt_own_name(self.state, name, span);
                self.state.inventory.soften(Reason::at(span, words));
                continue;
            };
            for entry in &known.brings {
                let (tool, flavour) = tool_and_flavour(entry);
                if self.sure {
                    let words = format!("is installed here (package `{name}`)");
                    for tool in self.names_of(tool) {
                        self.state.bring(&tool, flavour, span, &words);
                    }
                } else {
                    self.maybe(tool);
                }
            }
        }
    }

    /// What the packages recommend, which comes unless the configuration of apt says otherwise.
    fn recommended(&mut self, names: &[String]) {
        let with = |name: &String| RECOMMENDED.iter().find(|(of, _)| *of == plain_name(name));
        for (package, tools) in names.iter().filter_map(with) {
            let words = format!("the package `{package}` recommends it");
            let reason = Reason::at(self.span, words);
            doubt(self.state, tools.iter().copied(), &reason);
        }
    }

    pub(super) fn uninstall(&mut self, manager: Manager, names: &[String]) {
        for name in names {
            let name = plain_name(name);
            let Some(known) = package(manager, name).filter(|_| !name.contains(UNTOLD)) else {
                if manager != Manager::Apk {
                    let reason = Reason::at(self.span, "nobody knows what this removes with it");
                    self.state.inventory.may_hold_less(reason);
                }
                continue;
            };
            if manager == Manager::Apk && self.state.world.contains(name) && !self.sure {
                continue;
            }
            // A bundle's package that was also asked for by name stays.
            let asked = self.state.world.remove(name);
            if manager == Manager::Apk && asked && names.len() > 1 {
                self.state.world.insert(name.to_owned());
                continue;
            }
            for entry in &known.brings {
                let (tool, _) = tool_and_flavour(entry);
                // BusyBox may have had an applet of that name, whose link came back or did not.
                let back = manager == Manager::Apk && self.state.inventory.base_has(tool);
                let holds = if self.sure && !back {
                    Holds::No(Firmness::Firm)
                } else {
                    Holds::Unknown
                };
                let words = format!("is removed here (package `{name}`)");
                for tool in self.names_of(tool) {
                    self.state.take(&tool, holds, self.span, &words);
                }
            }
        }
    }

    /// The tool, and the path at which every package puts it, where that is one.
    fn names_of(&self, tool: &str) -> Vec<String> {
        let path = format!("/usr/bin/{tool}");
        let settled = self.state.inventory.settled(&path);
        let mut names = vec![tool.to_owned()];
        names.extend(settled.then_some(path));
        names
    }

    /// After `apt-mark auto`, nobody knows which of this RUN's own packages stay.
    fn take_automatic(&mut self) {
        if !self.automatic {
            return;
        }
        let brought = self
            .state
            .brought
            .iter()
            .filter(|(_, span)| **span == self.span);
        let tools: Vec<String> = brought.map(|(tool, _)| tool.clone()).collect();
        for tool in tools {
            self.state
                .take(&tool, Holds::Unknown, self.span, "may be removed here");
        }
    }
}

/// A package that nobody knows may well bring a command of its own name.
fn doubt_own_name(state: &mut State, name: &str, span: Span) {
    let reason = Reason::at(span, format!("the package `{name}` may bring it"));
    doubt(state, [name], &reason);
}

/// The package without its version, release or architecture: `curl=8.5.0-r0`, `curl:amd64`, `curl@edge`.
fn plain_name(name: &str) -> &str {
    let end = name.find(['=', '<', '>', '~', '@']).unwrap_or(name.len());
    let name = name.get(..end).unwrap_or(name);
    name.split_once(':').map_or(name, |(name, _)| name)
}
