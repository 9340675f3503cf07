//! What a shell runs by itself.

use crate::facts::{Firmness, Holds};
use crate::model::command::Dialect;

use super::path::{ANY, Flow, Path, SILENT};
use super::player::Player;
use super::words::Arg;
use super::{Cause, Code};

impl Player<'_> {
    pub(super) fn builtin(&self, name: &str, args: &[Arg], path: Path) -> Vec<Path> {
        let Some(first) = args.first() else {
            return vec![path];
        };
        let rest = args.get(1..).unwrap_or_default();
        let mut path = path;
        let unknown = |path: Path, why: &str| vec![self.unknown(path, first.span, name, why)];
        match name {
            ":" | "true" => vec![path.with(Code::Exact(0))],
            "false" => {
                path.failed = Some(Cause::new(first.span, name, "`false` always fails"));
                vec![path.with(Code::Exact(1))]
            }
            "echo" => {
                let text = echo(rest);
                path.print(&text);
                vec![path.with(Code::Exact(0))]
            }
            "printf" => {
                let Some(format) = rest.first() else {
                    return vec![path.with(Code::Exact(2))];
                };
                match format.known() {
                    Some(text) if !text.contains(['%', '\\']) => path.print(text),
                    Some("%s") if rest.len() == 2 => path.print(&rest[1].text),
                    Some("%s\\n") if rest.len() == 2 => path.print(&format!("{}\n", rest[1].text)),
                    Some(text) if text.contains('%') => {
                        // `%d` of what is no number is an error.
                        path.print(ANY);
                        if !text.replace("%s", "").replace("%%", "").contains('%') {
                            return vec![path.with(Code::Exact(0))];
                        }
                        return unknown(path, "nobody formats here");
                    }
                    _ => path.print(ANY),
                }
                vec![path.with(Code::Exact(0))]
            }
            "test" | "[" => self.test(name, args, path),
            "return" if self.dialect == Dialect::Bash && !path.variables.contains_key("@") => {
                let why = "bash returns from functions alone";
                path.failed = Some(Cause::new(first.span, name, why));
                // Called `sh` it ends here, and called `bash` it goes on.
                let mut ends = path.clone().with(Code::Failure);
                ends.flow = Flow::Exit;
                let cause = Cause::new(first.span, name, "bash ends here only under the name `sh`");
                ends.guessed.get_or_insert(cause.clone());
                path.guessed.get_or_insert(cause);
                vec![path.with(Code::Failure), ends]
            }
            "local" if !path.variables.contains_key("@") => self.may_end(
                path,
                first,
                "`local` outside of a function may end the shell",
            ),
            "exit" | "return" => {
                let code = match rest.first() {
                    None => Some(path.code),
                    Some(arg) if arg.splice => Some(Code::Any),
                    Some(arg) => Code::of_text(&arg.text),
                };
                path.flow = if name == "exit" {
                    Flow::Exit
                } else {
                    Flow::Return
                };
                let Some(code) = code else {
                    // Not a number: an error, and the shell ends with it all the same.
                    return vec![path.with(Code::Failure)];
                };
                if code == Code::Any {
                    path.doubt.get_or_insert_with(|| {
                        Cause::new(first.span, name, "nobody knows this status")
                    });
                } else if code.is_zero() && path.code.is_failure() {
                    path.lost = Some(Cause::new(
                        first.span,
                        name,
                        format!("`{name} 0` replaces the failure"),
                    ));
                } else if code.is_failure() && path.failed.is_none() {
                    let why = format!("`{name}` ends with a status that is not 0");
                    path.failed = Some(Cause::new(first.span, name, why));
                }
                vec![path.with(code)]
            }
            "break" | "continue" => {
                path.flow = if name == "break" {
                    Flow::Break
                } else {
                    Flow::Continue
                };
                if rest.is_empty() {
                    return vec![path.with(Code::Exact(0))];
                }
                path.flow = Flow::Exit;
                unknown(path, "nobody counts these loops")
            }
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                for arg in rest {
                    if let Some((name, value)) = arg.text.split_once('=') {
                        path.variables.insert(name.to_owned(), value.to_owned());
                    }
                }
                vec![path.with(Code::Exact(0))]
            }
            "unset" => {
                for arg in rest {
                    path.variables.insert(arg.text.clone(), String::new());
                }
                vec![path.with(Code::Exact(0))]
            }
            "set" => self.set(rest, path),
            "shopt" | "umask" | "alias" | "unalias" | "hash" | "times" if rest.is_empty() => {
                vec![path.with(Code::Exact(0))]
            }
            "pwd" => {
                path.print("/\u{fffc}\n");
                vec![path.with(Code::Exact(0))]
            }
            "cd" if rest.is_empty() || rest.iter().any(|arg| arg.text == "/") => {
                vec![path.with(Code::Exact(0))]
            }
            "cd" => unknown(path, "nobody knows whether this folder exists"),
            "read" => {
                if path.input == SILENT {
                    let why = "`read` waits for an answer that never comes";
                    path.failed = Some(Cause::new(first.span, name, why));
                    if rest.iter().any(|arg| arg.text.starts_with("-t")) {
                        return vec![path.with(Code::Failure)];
                    }
                    path.flow = Flow::Hung;
                    return vec![path];
                }
                let empty = path.input.is_empty();
                if rest
                    .iter()
                    .any(|arg| arg.text.starts_with('-') && arg.text != "-r")
                {
                    return unknown(path, "not every shell knows these options");
                }
                for arg in rest.iter().filter(|arg| !arg.text.starts_with('-')) {
                    let value = if empty { String::new() } else { ANY.to_owned() };
                    path.variables.insert(arg.text.clone(), value);
                }
                if empty {
                    return vec![path.with(Code::Exact(1))];
                }
                unknown(path, "nobody knows what is read")
            }
            "exec" => {
                if rest.is_empty() {
                    return vec![path.with(Code::Exact(0))];
                }
                let at = usize::from(rest.first().is_some_and(|arg| arg.text == "--"));
                self.program(rest.get(at..).unwrap_or_default(), path, true)
                    .into_iter()
                    .map(|mut path| {
                        if path.goes_on() {
                            path.flow = Flow::Exit;
                        }
                        path
                    })
                    .collect()
            }
            "command" | "type" | "builtin" | "time" => self.about(name, rest, path),
            "wait" if rest.is_empty() && !path.variables.contains_key("!") => {
                vec![path.with(Code::Exact(0))]
            }
            "kill" if rest.len() == 1 && rest[0].text == "-0" => {
                let why = "`kill` is given no process";
                path.failed = Some(Cause::new(first.span, name, why));
                vec![path.with(Code::Failure)]
            }
            "kill" if rest.first().is_some_and(|arg| arg.text == "-0") => {
                unknown(path, "nobody knows which processes there are")
            }
            "kill" => self.may_end(path, first, "it may end the shell itself"),
            "shift" => self.may_end(
                path,
                first,
                "some shells end where there is nothing to shift",
            ),
            "eval" | "." | "source" => {
                for value in path.variables.values_mut() {
                    ANY.clone_into(value);
                }
                let doubt =
                    Cause::new(first.span, name, format!("nobody knows what `{name}` runs"));
                path.guessed.get_or_insert(doubt);
                self.may_end(path, first, "nobody knows what it runs")
            }
            "trap" => {
                // What it runs at the end may set any status.
                path.flow = Flow::Exit;
                unknown(path, "nobody knows what it sets")
            }
            _ => unknown(path, "nobody knows how it ends here"),
        }
    }

    /// A status that nobody knows, after which the shell goes on or not.
    fn may_end(&self, path: Path, first: &Arg, why: &str) -> Vec<Path> {
        let on = self.unknown(path, first.span, &first.text, why);
        let mut ends = on.clone();
        ends.flow = Flow::Exit;
        ends.guessed = ends.guessed.or_else(|| ends.doubt.clone());
        vec![on, ends]
    }

    pub(super) fn about(&self, name: &str, rest: &[Arg], path: Path) -> Vec<Path> {
        let asks = name == "type"
            || rest
                .first()
                .is_some_and(|arg| matches!(arg.text.as_str(), "-v" | "-V"));
        if !asks {
            let at = rest
                .iter()
                .take_while(|arg| arg.text.starts_with('-'))
                .count();
            return self.call(rest.get(at..).unwrap_or_default(), path);
        }
        let Some(tool) = rest.last() else {
            return vec![path.with(Code::Exact(0))];
        };
        self.is_there(tool, path)
    }

    /// `command -v tool`, `which tool`
    pub(super) fn is_there(&self, tool: &Arg, path: Path) -> Vec<Path> {
        let mut path = path;
        let why = format!("nobody knows whether `{}` is there", tool.text);
        let Some(name) = tool.known() else {
            return vec![self.unknown(path, tool.span, &tool.text, &why)];
        };
        if crate::model::command::is_builtin(name, self.dialect) {
            path.print(&format!("{name}\n"));
            return vec![path.with(Code::Exact(0))];
        }
        match self.scene.inventory.has(name).holds {
            Holds::Yes(_) => {
                path.print("/\u{fffc}\n");
                vec![path.with(Code::Exact(0))]
            }
            Holds::No(Firmness::Firm) => {
                path.failed = Some(Cause::new(
                    tool.span,
                    name,
                    format!("`{name}` is not there"),
                ));
                vec![path.with(Code::Failure)]
            }
            _ => vec![self.unknown(path, tool.span, name, &why)],
        }
    }

    pub(super) fn set(&self, rest: &[Arg], path: Path) -> Vec<Path> {
        let mut path = path;
        let mut args = rest.iter();
        while let Some(arg) = args.next() {
            let text = arg.text.as_str();
            let on = text.starts_with('-');
            if text == "--" || !text.starts_with(['-', '+']) {
                break;
            }
            if text.contains('e') {
                path.errexit = on;
            }
            if text.contains('u') {
                path.nounset = on;
            }
            if text.ends_with('o') {
                match args.next().map(|arg| arg.text.as_str()) {
                    Some("pipefail") if self.dialect == Dialect::Dash => {
                        path.failed = Some(Cause::new(
                            arg.span,
                            "set -o pipefail",
                            "dash knows no `pipefail`, and ends the script here with 2",
                        ));
                        path.flow = Flow::Exit;
                        return vec![path.with(Code::Exact(2))];
                    }
                    Some("pipefail") => path.pipefail = on,
                    Some("errexit") => path.errexit = on,
                    Some("nounset") => path.nounset = on,
                    _ => {}
                }
            }
        }
        vec![path.with(Code::Exact(0))]
    }
}

/// What `echo` prints. Backslashes are read by some shells and not by others.
pub(super) fn echo(args: &[Arg]) -> String {
    let options = args
        .iter()
        .take_while(|arg| matches!(arg.text.as_str(), "-n" | "-e" | "-ne" | "-en" | "-E"))
        .count();
    let words = args.get(options..).unwrap_or_default();
    let mut text: Vec<&str> = Vec::new();
    for arg in words {
        text.push(&arg.text);
    }
    let mut text = text.join(" ");
    if text.contains('\\') || words.iter().any(|arg| arg.splice) || options > 1 {
        ANY.clone_into(&mut text);
    }
    match args
        .first()
        .filter(|_| options > 0)
        .map(|arg| arg.text.as_str())
    {
        Some("-n" | "-ne" | "-en") => text,
        // dash prints `-e` itself.
        Some(_) => ANY.to_owned(),
        None => text + "\n",
    }
}
