//! Programs that run other programs, and what a shell runs by itself.

use crate::model::command::Dialect;

/// What a program does with the words behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// It runs no other command.
    None,
    /// It runs the command that starts at this word.
    Words(usize),
    /// It runs the script that this word is.
    Script(usize, Dialect),
    /// It runs something that these words do not say.
    Unknown,
}

/// The last part of a path.
pub fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What the program of these words does with the others; a word that is not known is None.
pub fn inner(words: &[Option<&str>]) -> Inner {
    let Some(Some(program)) = words.first() else {
        return Inner::None;
    };
    let Some(wrapper) = WRAPPERS
        .iter()
        .find(|wrapper| wrapper.name == base(program))
    else {
        return shell(base(program), words);
    };
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let Some(word) = word else {
            return Inner::Unknown;
        };
        if *word == "--" {
            at += 1;
            break;
        }
        if wrapper.asks.contains(word) {
            return Inner::None;
        }
        if wrapper.assigns && word.contains('=') && !word.starts_with('-') {
            at += 1;
            continue;
        }
        if !word.starts_with('-') || *word == "-" {
            break;
        }
        at += 1 + usize::from(wrapper.values.contains(word));
    }
    at += wrapper.operands;
    while wrapper.assigns
        && words
            .get(at)
            .is_some_and(|word| word.is_some_and(|word| word.contains('=')))
    {
        at += 1;
    }
    match words.get(at) {
        Some(_) => Inner::Words(at),
        None => Inner::None,
    }
}

/// A program that runs the command behind its own options.
struct Wrapper {
    name: &'static str,
    /// Options whose value is the next word.
    values: &'static [&'static str],
    /// Options with which it only answers a question.
    asks: &'static [&'static str],
    /// Words between the options and the command.
    operands: usize,
    /// Whether `NAME=value` may stand before the command.
    assigns: bool,
}

const fn wrapper(name: &'static str, values: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper {
        name,
        values,
        asks: &[],
        operands,
        assigns: false,
    }
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        assigns: true,
        asks: &["-S", "--split-string"],
        ..wrapper("env", &["-u", "-C", "--unset", "--chdir"], 0)
    },
    Wrapper {
        asks: &["-v", "-V"],
        ..wrapper("command", &[], 0)
    },
    Wrapper {
        assigns: true,
        ..wrapper(
            "sudo",
            &[
                "-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-D", "--user", "--group",
            ],
            0,
        )
    },
    wrapper("builtin", &[], 0),
    wrapper("busybox", &[], 0),
    wrapper("catatonit", &[], 0),
    wrapper("chroot", &[], 1),
    wrapper("doas", &["-u", "-C"], 0),
    wrapper("dumb-init", &["-r", "--rewrite"], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("gosu", &[], 1),
    wrapper("ionice", &["-c", "-n", "--class", "--classdata"], 0),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("nohup", &[], 0),
    wrapper("runuser", &["-u", "-g", "-G", "--user", "--group"], 0),
    wrapper("setsid", &[], 0),
    wrapper(
        "stdbuf",
        &["-i", "-o", "-e", "--input", "--output", "--error"],
        0,
    ),
    wrapper("su-exec", &[], 1),
    wrapper("time", &["-f", "-o"], 0),
    wrapper("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    wrapper("tini", &["-p", "-e"], 0),
    wrapper("toybox", &[], 0),
    wrapper("with-contenv", &[], 0),
    wrapper(
        "xargs",
        &[
            "-a",
            "-d",
            "-E",
            "-I",
            "-L",
            "-n",
            "-P",
            "-s",
            "--delimiter",
            "--max-args",
            "--max-procs",
        ],
        0,
    ),
];

/// `sh -c script` in its spellings.
fn shell(name: &str, words: &[Option<&str>]) -> Inner {
    let dialect = match name {
        "bash" => Dialect::Bash,
        "ash" => Dialect::Ash,
        "sh" | "dash" => Dialect::Dash,
        "su" => {
            let at = words
                .iter()
                .position(|word| matches!(word, Some("-c" | "--command")));
            return at.map_or(Inner::Unknown, |at| Inner::Script(at + 1, Dialect::Dash));
        }
        _ => return Inner::None,
    };
    let mut script = false;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let Some(word) = word else {
            return if script {
                Inner::Script(at, dialect)
            } else {
                Inner::Unknown
            };
        };
        if *word == "--" {
            at += 1;
            break;
        }
        if !word.starts_with(['-', '+']) || word.len() < 2 {
            break;
        }
        if !word.starts_with("--") {
            script |= word.starts_with('-') && word.contains('c');
            at += usize::from(word.contains('o'));
        }
        at += 1;
    }
    if at < words.len() && script {
        Inner::Script(at, dialect)
    } else {
        Inner::Unknown
    }
}

/// Whether a shell of this dialect runs the name by itself. The applets of `BusyBox` that ash runs without asking
/// PATH are no builtins here: whether they exist is a question of the build.
pub fn is_builtin(name: &str, dialect: Dialect) -> bool {
    const ALL: [&str; 38] = [
        ".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval", "exec",
        "exit", "export", "false", "fg", "getopts", "hash", "jobs", "kill", "local", "printf",
        "pwd", "read", "readonly", "return", "set", "shift", "test", "times", "trap", "true",
        "type", "ulimit", "umask", "unalias", "unset", "wait",
    ];
    const BASH: [&str; 17] = [
        "builtin",
        "caller",
        "compgen",
        "complete",
        "declare",
        "dirs",
        "disown",
        "enable",
        "help",
        "let",
        "mapfile",
        "popd",
        "pushd",
        "shopt",
        "suspend",
        "typeset",
        "readarray",
    ];
    ALL.contains(&name)
        || (name == "source" && dialect != Dialect::Dash)
        || (name == "let" && dialect == Dialect::Ash)
        || (name == "time" && dialect == Dialect::Bash)
        || (dialect == Dialect::Bash
            && (BASH.contains(&name) || name == "history" || name == "logout"))
}
