//! Package managers of programming languages: the commands that their packages bring, and no tool of the system.

use crate::text::Span;

use super::super::answer::{Flavour, Reason};
use super::super::packages::{Manager, commands, package};
use super::super::stage::State;
use super::{Run, UNTOLD, doubt, operands};

/// Programs that may bring commands of their own language's world, and never a tool of the system.
const LANGUAGES: &[&str] = &[
    "bun",
    "bundle",
    "bundler",
    "composer",
    "conda",
    "corepack",
    "deno",
    "docker-php-ext-install",
    "dotnet",
    "gradle",
    "mamba",
    "micromamba",
    "mix",
    "mvn",
    "npm",
    "npx",
    "pipenv",
    "pipx",
    "poetry",
    "pnpm",
    "rustup",
    "uv",
    "yarn",
];

/// Interpreters that some of these bring, too.
const INTERPRETERS: &[&str] = &["cqlsh", "node", "python", "python3"];

/// Says that commands of a language's world may have come.
pub(in super::super) fn languages(state: &mut State, span: Span) {
    let reason = Reason::at(span, "this may bring it");
    doubt(state, INTERPRETERS.iter().copied(), &reason);
    for manager in [Manager::Pip, Manager::Npm, Manager::Gem, Manager::Cargo] {
        doubt(state, commands(manager).iter().map(String::as_str), &reason);
    }
}

impl Run<'_> {
    /// A program that no other room of this house knows.
    pub(super) fn language(&mut self, program: &str, name: &str, words: &[&str]) {
        match (name, words) {
            ("pip" | "pip3", ["install", rest @ ..])
            | ("python" | "python3", ["-m", "pip", "install", rest @ ..]) => {
                self.pip(program, rest);
            }
            ("uv", ["pip", "install", rest @ ..]) if rest.contains(&"--system") => {
                self.pip("pip", rest);
            }
            ("npm", ["install" | "i" | "add", rest @ ..])
                if rest.contains(&"-g") || rest.contains(&"--global") =>
            {
                self.global(rest);
            }
            ("npm", ["-g" | "--global", "install" | "i" | "add", rest @ ..])
            | ("yarn", ["global", "add", rest @ ..]) => self.global(rest),
            ("gem", ["install", rest @ ..]) => self.gem(rest),
            ("cargo", ["install", rest @ ..]) => self.cargo(rest),
            ("go", ["install", rest @ ..]) => self.go_install(rest),
            ("go", ["build", rest @ ..]) => {
                if let Some(at) = rest.iter().position(|word| *word == "-o")
                    && let Some(path) = rest.get(at + 1)
                {
                    self.put(path, Flavour::Plain);
                }
            }
            // Nothing of this comes into a folder of PATH.
            ("cargo" | "gem" | "go" | "pip" | "pip3" | "virtualenv", _)
            | ("python" | "python3", ["-m", "pip" | "venv" | "compileall" | "ensurepip", ..])
            | (
                "npm",
                [
                    "install" | "i" | "ci" | "add" | "cache" | "config" | "set" | "prune",
                    ..,
                ],
            ) => {}
            _ if LANGUAGES.contains(&name) => languages(self.state, self.span),
            _ => self.state.unreadable(self.span),
        }
    }

    fn pip(&mut self, program: &str, words: &[&str]) {
        const VALUED: &[&str] = &[
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-e",
            "--editable",
            "-i",
            "--index-url",
            "--extra-index-url",
            "-f",
            "--find-links",
            "-t",
            "--target",
            "--prefix",
            "--root",
            "--python",
            "--trusted-host",
            "--platform",
            "--timeout",
            "--retries",
        ];
        let apart = |word: &&str| {
            ["-t", "--target", "--prefix", "--root", "--user", "--python"]
                .iter()
                .any(|option| word.split('=').next() == Some(option))
        };
        let apart = words.iter().any(apart) || self.sourced;
        let folder = program.rsplit_once('/').map(|(folder, _)| folder);
        let names = operands(words, VALUED);
        self.commands_of(Manager::Pip, &names, folder, apart);
    }

    fn global(&mut self, words: &[&str]) {
        let apart = words.iter().any(|word| word.starts_with("--prefix"));
        let names = operands(words, &["--registry", "--prefix"]);
        self.commands_of(Manager::Npm, &names, None, apart);
    }

    fn gem(&mut self, words: &[&str]) {
        let apart = words.iter().any(|word| {
            ["-i", "--install-dir", "-n", "--bindir", "--user-install"]
                .iter()
                .any(|option| word.split('=').next() == Some(option))
        });
        let names = operands(
            words,
            &[
                "-v",
                "--version",
                "-i",
                "--install-dir",
                "-n",
                "--bindir",
                "-s",
                "--source",
            ],
        );
        self.commands_of(Manager::Gem, &names, None, apart);
    }

    /// A crate's commands come into `CARGO_HOME`, which the images of Rust have in PATH, or into `--root`.
    fn cargo(&mut self, words: &[&str]) {
        let root = words
            .iter()
            .position(|word| *word == "--root")
            .and_then(|at| words.get(at + 1));
        let folder = root.map(|root| format!("{root}/bin"));
        let names = operands(
            words,
            &[
                "--root",
                "--version",
                "--vers",
                "--features",
                "-F",
                "--git",
                "--path",
                "--branch",
                "--tag",
                "--rev",
                "--bin",
            ],
        );
        let apart = root.is_none();
        self.commands_of(Manager::Cargo, &names, folder.as_deref(), apart);
    }

    /// `go install path@version`: the command has the name of the path's last part that is no major version.
    fn go_install(&mut self, words: &[&str]) {
        let folder = self.state.variables.get("GOBIN").cloned().flatten();
        for path in operands(words, &["-ldflags", "-tags", "-p"]) {
            let path = path.split('@').next().unwrap_or_default();
            let is_major = |part: &&str| {
                part.strip_prefix('v').is_some_and(|rest| {
                    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
                })
            };
            let mut parts = path.rsplit('/').skip_while(is_major);
            let Some(name) = parts.next().filter(|name| !name.contains(['.', '*'])) else {
                continue;
            };
            if name.contains(UNTOLD) {
                self.state.unreadable(self.span);
                continue;
            }
            match &folder {
                Some(folder) => self.put(&format!("{folder}/{name}"), Flavour::Plain),
                None => self.maybe(name),
            }
        }
    }

    /// Packages of a language; `apart` where their commands come into a folder that may not be in PATH.
    fn commands_of(
        &mut self,
        manager: Manager,
        names: &[String],
        folder: Option<&str>,
        apart: bool,
    ) {
        let reason = Reason::at(self.span, "it may have come with these packages");
        doubt(
            self.state,
            commands(manager).iter().map(String::as_str),
            &reason,
        );
        for whole in names {
            let name = bare(manager, whole);
            if name.contains(UNTOLD) {
                continue;
            }
            let Some(known) = package(manager, name) else {
                let own = name.rsplit('/').next().unwrap_or(name);
                let reason = Reason::at(self.span, format!("the package `{name}` may bring it"));
                doubt(self.state, [own], &reason);
                continue;
            };
            for tool in &known.brings {
                match folder {
                    Some(folder) if !apart || manager == Manager::Cargo => {
                        self.put(&format!("{folder}/{tool}"), Flavour::Plain);
                    }
                    None if !apart && self.sure => self.state.bring(
                        tool,
                        Flavour::Plain,
                        self.span,
                        &format!("is installed here (package `{name}`)"),
                    ),
                    _ => self.maybe(tool),
                }
            }
        }
    }
}

/// The name without its version and extras: `gunicorn[gevent]==22.0`, `@scope/tool@1`, `bundler:2.4`.
fn bare(manager: Manager, whole: &str) -> &str {
    match manager {
        Manager::Npm => {
            let from = usize::from(whole.starts_with('@'));
            let at = whole.get(from..).and_then(|rest| rest.find('@'));
            at.map_or(whole, |at| &whole[..at + from])
        }
        _ => whole
            .split(['[', '=', '<', '>', '~', '!', '@', ':', ';', ' '])
            .next()
            .unwrap_or(whole),
    }
}
