//! Programs that ask the container itself: numbers, and files of which nobody knows whether they are there.

use super::path::ANY;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, pattern};

/// Programs that look at files or change them: they end by themselves, with 0 where the files are there.
const FILES: &[&str] = &[
    "chmod",
    "chown",
    "cksum",
    "cmp",
    "cp",
    "df",
    "diff",
    "du",
    "file",
    "find",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sha1sum",
    "sha256sum",
    "stat",
    "touch",
];

/// A run of such a program; None for other programs.
pub(super) fn local(call: &Use<'_>) -> Option<Vec<Run>> {
    if call.name == "expr" {
        return Some(expr(call));
    }
    if let ("caddy", [only]) = (call.name, call.args)
        && only.text == "version"
    {
        let why = "`caddy version` asks no service";
        return Some(vec![Run::new(0).prints(ANY).hides(why)]);
    }
    let first = call.args.first().map(|arg| arg.text.as_str());
    // These read the configuration and ask nobody.
    let configuration = matches!(
        (call.name, first),
        ("caddy", Some("validate" | "adapt" | "fmt"))
            | ("nginx", Some("-t"))
            | ("haproxy", Some("-c"))
    );
    if !configuration && !FILES.contains(&call.name) {
        return None;
    }
    // `find` may run any program, and some of these read what they are given.
    let runs = call.args.iter().any(|arg| {
        let text = arg.text.as_str();
        text.starts_with("-exec") || text.starts_with("-ok") || text == "-" || text == "-delete"
    });
    if runs || call.args.is_empty() && !call.input.is_empty() {
        return None;
    }
    let why = format!("nobody knows what `{}` finds", call.name);
    Some(Run::either(&why))
}

/// expr ends with 1 where its value is 0 or nothing, and with 2 where it cannot read it.
fn expr(call: &Use<'_>) -> Vec<Run> {
    let words: Option<Vec<&str>> = call.args.iter().map(|arg| arg.known()).collect();
    let Some(words) = words else {
        return Run::either("nobody knows these numbers");
    };
    let value = match words.as_slice() {
        [] => return vec![Run::of(Code::Failure).because("`expr` is given nothing")],
        [one] if !one.starts_with('-') => Some((*one).to_owned()),
        [left, sign, right] => calculated(left, sign, right),
        _ => None,
    };
    let Some(value) = value else {
        return vec![Run::unknown("nobody calculates this")];
    };
    // GNU's takes `00` and `-0` for nothing too, BusyBox's does not.
    let zeros = value.strip_prefix('-').unwrap_or(&value);
    if value != "0" && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') {
        return vec![Run::unknown("nobody knows whether this is nothing")];
    }
    let nothing = value.is_empty() || value == "0";
    let run = Run::new(u8::from(nothing)).prints(format!("{value}\n"));
    vec![if nothing {
        run.because("the value is 0 or nothing, so `expr` ends with 1")
    } else {
        run
    }]
}

fn calculated(left: &str, sign: &str, right: &str) -> Option<String> {
    let special = |word: &str| {
        matches!(
            word,
            "(" | ")" | "+" | "match" | "substr" | "index" | "length" | "quote"
        ) || word.starts_with("--")
    };
    if special(left) || special(right) {
        return None;
    }
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let known = |holds: bool| Some(u8::from(holds).to_string());
    match (sign, numbers) {
        ("+", Some((one, other))) => one.checked_add(other).map(|it| it.to_string()),
        ("-", Some((one, other))) => one.checked_sub(other).map(|it| it.to_string()),
        ("*", Some((one, other))) => one.checked_mul(other).map(|it| it.to_string()),
        ("/", Some((one, other))) => one.checked_div(other).map(|it| it.to_string()),
        ("%", Some((one, other))) => one.checked_rem(other).map(|it| it.to_string()),
        ("<", Some((one, other))) => known(one < other),
        ("<=", Some((one, other))) => known(one <= other),
        (">", Some((one, other))) => known(one > other),
        (">=", Some((one, other))) => known(one >= other),
        ("=", Some((one, other))) => known(one == other),
        ("!=", Some((one, other))) => known(one != other),
        ("=" | "!=", None) => known((left == right) == (sign == "=")),
        (":", _) => {
            let reading = pattern::Reading::default();
            // The pattern begins where the text does; without a group the length of the match is printed.
            let plain = !right.contains(['\\', '[', '*', '^', '$', '.']) && is_known(right);
            let found = pattern::Regex::new(&format!("^{right}"), reading)?.matches(left)?;
            plain.then(|| if found { right.chars().count() } else { 0 }.to_string())
        }
        ("|", _) => Some(
            if matches!(left, "" | "0") {
                right
            } else {
                left
            }
            .to_owned(),
        ),
        ("&", _) => {
            let both = !matches!(left, "" | "0") && !matches!(right, "" | "0");
            Some(if both { left } else { "0" }.to_owned())
        }
        _ => None,
    }
}
