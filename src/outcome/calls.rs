//! Words become calls: functions, builtins, programs, and the programs behind wrappers.

use crate::facts::tools::{Takes, makes};
use crate::facts::{Firmness, Flavour, Holds, Shell};
use crate::model::command::{
    Dialect, Inner, PartKind, Simple, Value, Word, base, inner, is_builtin, parse,
};
use crate::text::{Span, Traced};

use super::path::{ANY, Flow, Path, merged};
use super::player::{DEPTH, Player};
use super::words::{Arg, is_known};
use super::{Cause, Code};

/// More variables than this beside each other in one call are not followed.
const MOST_VARIABLES: usize = 5;

impl Player<'_> {
    pub(super) fn simple(&self, simple: &Simple, path: Path) -> Vec<Path> {
        let before = path.code;
        let mut done = Vec::new();
        for (args, path) in self.expand(&simple.words, path) {
            if !path.goes_on() {
                done.push(path);
                continue;
            }
            if simple.words.is_empty() || args.is_empty() {
                let substitutes =
                    simple
                        .assignments
                        .iter()
                        .any(|assignment| match &assignment.value {
                            Value::Word(word) => has_substitution(word),
                            Value::Array(_) => false,
                        })
                        || simple.words.iter().any(has_substitution);
                for mut path in self.assign(simple, path, true) {
                    if !substitutes {
                        path.code = Code::Exact(0);
                    }
                    done.push(path);
                }
                continue;
            }
            let substituted = simple.words.iter().any(has_substitution);
            let failed = substituted && path.code.is_failure();
            let lost = path.lost.is_some();
            for path in self.assign(simple, path, false) {
                let mut path = path;
                if !substituted {
                    path.code = before;
                }
                for mut after in self.call(&args, path) {
                    if failed
                        && !lost
                        && after.code.is_zero()
                        && after.lost.is_none()
                        && let Some(arg) = args.first()
                    {
                        after.lost = Some(Cause::new(
                            arg.span,
                            arg.text.clone(),
                            format!("`{}` succeeds whatever the status of `$(…)`", arg.text),
                        ));
                    }
                    done.push(after);
                }
            }
        }
        merged(done)
    }

    fn assign(&self, simple: &Simple, path: Path, keep: bool) -> Vec<Path> {
        let mut paths = vec![path];
        for assignment in &simple.assignments {
            let mut next = Vec::new();
            for path in paths {
                match &assignment.value {
                    Value::Word(word) => {
                        for (text, mut path) in self.text_of(word, path) {
                            if keep {
                                let old = path.variables.get(&assignment.name);
                                let text = if assignment.append {
                                    format!("{}{text}", old.map_or(ANY, String::as_str))
                                } else {
                                    text
                                };
                                path.variables.insert(assignment.name.clone(), text);
                            }
                            next.push(path);
                        }
                    }
                    Value::Array(_) => {
                        let mut path = path;
                        path.variables
                            .insert(assignment.name.clone(), ANY.to_owned());
                        next.push(path);
                    }
                }
            }
            paths = next;
        }
        paths
    }

    /// Runs words that a shell has expanded: a function, a builtin or a program.
    pub fn call(&self, args: &[Arg], path: Path) -> Vec<Path> {
        let Some(first) = args.first() else {
            return vec![path];
        };
        let Some(name) = first.known() else {
            let shown = "nobody knows which program this is";
            return vec![self.unknown(path, first.span, &first.text, shown)];
        };
        if let Some(body) = path.functions.get(name).cloned() {
            if self.depth.get() >= DEPTH {
                return vec![self.unknown(path, first.span, name, "it calls itself too often")];
            }
            let mut inner = path;
            let outer: Vec<(String, Option<String>)> = (0..10)
                .map(|at| at.to_string())
                .chain(["@".to_owned()])
                .map(|name| (name.clone(), inner.variables.get(&name).cloned()))
                .collect();
            for at in 1..10 {
                let text = args.get(at).map_or("", |arg| arg.text.as_str());
                inner.variables.insert(at.to_string(), text.to_owned());
            }
            inner.variables.insert("@".to_owned(), ANY.to_owned());
            self.depth.set(self.depth.get() + 1);
            let paths = self.command(&body, inner);
            self.depth.set(self.depth.get() - 1);
            return paths
                .into_iter()
                .map(|mut path| {
                    for (name, value) in &outer {
                        match value {
                            Some(value) => path.variables.insert(name.clone(), value.clone()),
                            None => path.variables.remove(name),
                        };
                    }
                    if path.flow == Flow::Return {
                        path.flow = Flow::On;
                    }
                    path
                })
                .collect();
        }
        if is_builtin(name, self.dialect) {
            return self.builtin(name, args, path);
        }
        self.program(args, path, true)
    }

    /// Runs a program that is no part of the shell.
    pub fn program(&self, args: &[Arg], path: Path, shell: bool) -> Vec<Path> {
        if let Some(ways) = self.with_and_without(args, &path, shell) {
            return ways;
        }
        let Some(first) = args.first() else {
            return vec![path.with(Code::Failure)];
        };
        let Some(name) = first.known() else {
            let why = "nobody knows which program this is";
            return vec![self.unknown(path, first.span, &first.text, why)];
        };
        if shell && self.dialect == Dialect::Dash && is_foreign(name) {
            let mut path = path.with(Code::Exact(127));
            path.noise = true;
            path.failed = Some(Cause::new(
                first.span,
                name,
                format!("dash knows no `{name}`"),
            ));
            return vec![path];
        }
        if let Some(barred) = self.scene.inventory.barred(name) {
            // Shells end with 126 or 127 then, the engine and `env` otherwise; none of them says 0.
            let mut path = path.with(Code::Failure);
            path.noise = true;
            path.failed = Some(Cause::new(first.span, name, barred.words(name)));
            return vec![path];
        }
        let answer = self.scene.inventory.has(name);
        let mut paths = Vec::new();
        if let Holds::No(firmness) = answer.holds {
            let mut absent = path.clone().with(Code::Exact(127));
            if !shell {
                absent.code = Code::Failure;
            }
            let why = answer.why.last().map_or_else(
                || format!("`{name}` is not in {}", self.scene.inventory.shown),
                |reason| reason.text.clone(),
            );
            absent.noise = true;
            absent.failed = Some(Cause::new(first.span, name, why.clone()));
            if firmness == Firmness::Firm {
                return vec![absent];
            }
            let cause = Cause::new(first.span, name, why);
            absent.guessed.get_or_insert(cause.clone());
            paths.push(absent);
            let mut present = path.clone();
            present.guessed.get_or_insert(cause);
            paths.extend(self.present(name, args, present));
            return paths;
        }
        self.present(name, args, path)
    }

    /// The runs with a variable as one word, and with none in its place where it is empty: what both come to is
    /// known. Only the value of an option can be seen to be meant as one word: `$OPTIONS` may be several. None where
    /// no argument is such a variable and nothing else.
    fn with_and_without(&self, args: &[Arg], path: &Path, shell: bool) -> Option<Vec<Path>> {
        let name = args.first().and_then(Arg::known).map(base)?;
        let takes = |option: &str| makes(name).any(|make| make.takes(option) == Takes::Value);
        let mut places = (2..args.len()).filter(|at| {
            let option = args.get(at - 1).and_then(Arg::known);
            args.get(*at).is_some_and(|arg| arg.variable) && option.is_some_and(takes)
        });
        let at = places.next()?;
        let arg = args.get(at)?;
        let why = "nobody knows whether this variable is empty";
        let mut path = path.clone();
        // Each that may be empty doubles the runs.
        if places.count() >= MOST_VARIABLES {
            return Some(vec![self.unknown(path, arg.span, "$", why)]);
        }
        path.guessed
            .get_or_insert_with(|| Cause::new(arg.span, "$", why));
        let mut with = args.to_vec();
        let mut without = args.to_vec();
        without.remove(at);
        if let Some(arg) = with.get_mut(at) {
            arg.splice = false;
            arg.variable = false;
        }
        let mut ways = self.program(&with, path.clone(), shell);
        ways.extend(self.program(&without, path, shell));
        Some(merged(ways))
    }

    fn present(&self, name: &str, args: &[Arg], mut path: Path) -> Vec<Path> {
        path.ran.extend(args.first().map(|arg| arg.span));
        let texts: Vec<Option<&str>> = args.iter().map(Arg::known).collect();
        match inner(&texts) {
            Inner::None => self.tool(name, args, path),
            Inner::Words(at) => self.wrapped(name, args, at, path),
            Inner::Script(at, dialect) => {
                // A hole in a script is a value: a word of it, or a part of a word.
                let Some(arg) = args.get(at).filter(|arg| !arg.splice && arg.text != ANY) else {
                    let span = args.get(at).or(args.first()).map(|arg| arg.span);
                    let Some(span) = span else {
                        return vec![path.with(Code::Any)];
                    };
                    return vec![self.unknown(path, span, name, "nobody knows this script")];
                };
                self.nested(name, args, at, dialect, &arg.text, path)
            }
            Inner::Unknown => match args.first() {
                Some(first) => {
                    vec![self.unknown(path, first.span, name, "nobody knows what it runs")]
                }
                None => vec![path],
            },
        }
    }

    pub(super) fn nested(
        &self,
        name: &str,
        args: &[Arg],
        at: usize,
        dialect: Dialect,
        text: &str,
        path: Path,
    ) -> Vec<Path> {
        let Some(arg) = args.get(at) else {
            return vec![path];
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        let dialect = if matches!(name, "sh" | "su") {
            match self.scene.inventory.shell() {
                Shell::Dash => Dialect::Dash,
                Shell::Ash => Dialect::Ash,
                Shell::Bash => Dialect::Bash,
                Shell::None | Shell::Unknown => self.dialect,
            }
        } else {
            dialect
        };
        // What went through an expansion cannot be traced any more.
        let written = arg.written.clone().filter(|word| word.as_str() == text);
        let traced = written.is_some();
        let source = written
            .unwrap_or_else(|| Traced::source(Span::new(arg.span.source, 0, text.len()), text));
        let script = parse(&source, dialect);
        let mut player = self.inside(self.scene, dialect);
        player.posix = matches!(name, "sh" | "su");
        let mut inner = Path::start();
        inner.input.clone_from(&path.input);
        inner.descriptors.clone_from(&path.descriptors);
        inner.take_grounds(&path);
        let options = args.get(1..at).unwrap_or_default();
        for (index, option) in options.iter().enumerate() {
            let word = option.text.as_str();
            inner.errexit |= word.starts_with('-') && !word.starts_with("--") && word.contains('e');
            inner.pipefail |= word == "pipefail"
                && options
                    .get(index.wrapping_sub(1))
                    .is_some_and(|before| before.text.ends_with('o'));
        }
        if inner.pipefail && dialect == Dialect::Dash {
            return vec![path.with(Code::Exact(2))];
        }
        let parameters = args.get(at + 1..).unwrap_or_default();
        for (index, parameter) in parameters.iter().enumerate() {
            let text = parameter.text.clone();
            inner.variables.insert(index.to_string(), text);
        }
        if parameters.len() > 1 {
            inner.variables.insert("@".to_owned(), ANY.to_owned());
        }
        let ways = player.script(&script, inner);
        self.leave(&player);
        ways.into_iter()
            .map(|ended| {
                let mut after = path.clone();
                after.code = ended.code;
                after.flow = if ended.flow == Flow::Hung {
                    Flow::Hung
                } else {
                    path.flow
                };
                after.print(&ended.output);
                if traced {
                    after.ran = ended.ran;
                }
                let here = |cause: Option<Cause>| {
                    cause.map(|cause| Cause {
                        span: arg.span,
                        ..cause
                    })
                };
                after.failed = here(ended.failed);
                after.lost = here(ended.lost);
                after.guessed = here(ended.guessed);
                after.doubt = here(ended.doubt);
                after.noise |= ended.noise;
                after
            })
            .collect()
    }

    /// A command behind `timeout`, `env`, `xargs` and the like.
    pub(super) fn wrapped(&self, name: &str, args: &[Arg], at: usize, path: Path) -> Vec<Path> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let rest = args.get(at..).unwrap_or_default();
        let Some(first) = args.first() else {
            return vec![path];
        };
        match name {
            "timeout" => self.limited(args, at, path),
            "xargs" => {
                let options = args.get(1..at).unwrap_or_default();
                let on_input = options
                    .iter()
                    .any(|arg| arg.text.starts_with('-') && arg.text.contains(['r', 'I', 'i']));
                if options.iter().any(|arg| arg.text.starts_with("-L")) {
                    let why = "only some makes of `xargs` know `-L`";
                    return vec![self.unknown(path, first.span, name, why)];
                }
                if on_input && path.input.trim().is_empty() {
                    return vec![path.with(Code::Exact(0))];
                }
                if on_input && !is_known(&path.input) {
                    let why = "nobody knows whether it gets a word";
                    return vec![self.unknown(path, first.span, name, why)];
                }
                let mut rest = rest.to_vec();
                rest.push(Arg {
                    text: ANY.to_owned(),
                    span: first.span,
                    written: None,
                    splice: true,
                    variable: false,
                });
                let ways = self.program(&rest, path, true);
                ways.into_iter()
                    .map(|mut path| {
                        if path.code.is_failure() {
                            path.code = if path.code == Code::Exact(127) {
                                Code::Exact(127)
                            } else {
                                Code::Exact(123)
                            };
                        }
                        path
                    })
                    .collect()
            }
            "tini" | "catatonit" | "dumb-init" | "chroot" => {
                vec![self.unknown(path, first.span, name, "nobody knows what it runs")]
            }
            // Its applets are in it, whether or not PATH finds them.
            "busybox" | "toybox" => match rest.first().and_then(Arg::known) {
                Some(applet) => self.present(applet, rest, path),
                None => self.program(rest, path, true),
            },
            _ => self.program(rest, path, true),
        }
    }

    /// `timeout seconds command`
    pub(super) fn limited(&self, args: &[Arg], at: usize, path: Path) -> Vec<Path> {
        let Some(first) = args.first() else {
            return vec![path];
        };
        let limit = args
            .get(at.wrapping_sub(1))
            .and_then(Arg::known)
            .and_then(seconds);
        let signal = args
            .get(1..at.saturating_sub(1))
            .is_some_and(|options| !options.is_empty());
        let busybox = self.makes("timeout").collect::<Vec<_>>();
        let rest = args.get(at..).unwrap_or_default();
        let stubborn = rest
            .first()
            .is_some_and(|arg| matches!(base(&arg.text), "mysqladmin" | "mariadb-admin"));
        if limit.is_none() || (stubborn && self.may_hang()) {
            let why = if stubborn {
                "it may go on when it is asked to end"
            } else {
                "nobody knows its limit"
            };
            return vec![self.unknown(path, first.span, "timeout", why)];
        }
        let mut done = Vec::new();
        let mut scene = self.scene;
        if let Some(limit) = limit.filter(|limit| *limit > 0.0) {
            // What hangs inside hangs as long as the limit allows.
            scene.timeout = scene
                .timeout
                .min(std::time::Duration::from_secs_f64(limit.min(1e9)));
        }
        let player = self.inside(scene, self.dialect);
        let ways = player.program(rest, path, true);
        self.leave(&player);
        for mut path in ways {
            if path.flow != Flow::Hung {
                done.push(path);
                continue;
            }
            let Some(limit) = limit else {
                path.flow = Flow::On;
                done.push(self.unknown(path, first.span, "timeout", "nobody knows its limit"));
                continue;
            };
            if limit >= self.scene.timeout.as_secs_f64() || limit == 0.0 {
                done.push(path);
                continue;
            }
            path.flow = Flow::On;
            path.noise = true;
            path.failed = Some(Cause::new(
                first.span,
                "timeout",
                "`timeout` ends the command that hangs",
            ));
            path.code = match busybox.as_slice() {
                _ if signal => Code::Failure,
                [Flavour::Busybox] => Code::Exact(143),
                [Flavour::Gnu] => Code::Exact(124),
                _ => Code::Failure,
            };
            done.push(path);
        }
        done
    }
}

/// A number of seconds as `timeout` and `sleep` take it.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (number, factor) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1.0),
        b'm' => (&text[..text.len() - 1], 60.0),
        b'h' => (&text[..text.len() - 1], 3600.0),
        b'd' => (&text[..text.len() - 1], 86400.0),
        _ => (text, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * factor)
}

/// What other shells run by themselves, and no program anywhere is called.
fn is_foreign(name: &str) -> bool {
    matches!(
        name,
        "[[" | "source" | "function" | "declare" | "typeset" | "shopt" | "let"
    )
}

fn has_substitution(word: &Word) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        PartKind::Command(_) => true,
        PartKind::Parameter(parameter) => parameter
            .operand
            .as_ref()
            .is_some_and(|operand| has_substitution(operand)),
        _ => false,
    })
}
