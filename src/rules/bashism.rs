//! `bashism`: a script for bash under a `/bin/sh` that is none.

use crate::facts::{Flavour, Shell};
use crate::finding::{Finding, Fix, Severity};
use crate::model::bashism::{Bashism, Construct, bashisms};
use crate::model::command::{Argument, Call, Command, Dialect, Inner, base, inner, parse};
use crate::model::draft::{Draft, NewTest};
use crate::outcome::Outcome;
use crate::rule::{Context, Rule, Watched};
use crate::text::{Edit, Traced};

/// See the page.
pub const RULE: Rule = Rule {
    name: "bashism",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/bashism.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .watched
        .iter()
        .flat_map(|watched| {
            scripts(watched)
                .into_iter()
                .filter_map(|script| judge(watched, &script))
        })
        .collect()
}

/// A script and the shell that reads it.
struct Read<'a> {
    text: &'a Traced,
    shell: Dialect,
    /// The call of `sh -c`; None for the test itself.
    call: Option<&'a Call>,
}

/// Every script that a shell with this container's manners reads: the test itself, and those behind `sh -c`.
fn scripts<'a>(watched: &'a Watched<'_>) -> Vec<Read<'a>> {
    let own = match watched.inventory.shell() {
        Shell::Dash => Some(Dialect::Dash),
        Shell::Ash => Some(Dialect::Ash),
        _ => None,
    };
    let mut found = Vec::new();
    if let (Some(Command::Script { script, .. }), Some(shell)) = (&watched.command, own) {
        found.push(Read {
            text: &script.text,
            shell,
            call: None,
        });
    }
    for call in &watched.calls {
        let words: Vec<Option<&str>> = call.words.iter().map(Argument::literal).collect();
        let Inner::Script(at, _) = inner(&words) else {
            continue;
        };
        let shell = match call.program().map(base) {
            Some("sh" | "su") => own,
            Some("dash") => Some(Dialect::Dash),
            Some("ash") => Some(Dialect::Ash),
            _ => None,
        };
        if let (Some(word), Some(shell)) = (call.words.get(at), shell) {
            found.push(Read {
                text: &word.text,
                shell,
                call: Some(call),
            });
        }
    }
    found
}

fn judge(watched: &Watched<'_>, read: &Read<'_>) -> Option<Finding> {
    let script = parse(read.text, Dialect::Bash);
    // What bash cannot read either was not meant for it.
    if !script.problems.is_empty() {
        return None;
    }
    let strange: Vec<Bashism> = bashisms(&script)
        .into_iter()
        .filter(|bashism| !bashism.construct.works_in(read.shell))
        .collect();
    let first = strange.first()?;
    let end = verdict(watched);
    let shell = match read.shell {
        Dialect::Ash => "ash",
        _ => "dash",
    };
    let word = shown(first);
    let mut why = effect(first, shell, &word);
    why.push_str(match end {
        End::Passes => ", so this check can never fail",
        End::Fails => ", so this check can never succeed",
        End::Open => "",
    });
    let severity = match end {
        End::Open => Severity::Warning,
        _ => Severity::Error,
    };
    let who = match read.call {
        Some(call) if call.program().is_some_and(|program| base(program) == shell) => {
            format!("`{shell}`")
        }
        _ => format!("`/bin/sh` of {} is {shell}, which", watched.inventory.shown),
    };
    let mut finding = watched
        .finding(
            &RULE,
            severity,
            first.span(),
            format!("{who} does not know `{word}`"),
            why,
        )
        .help("write it in POSIX shell, or run it with bash where the image has it");
    for other in &strange[1..] {
        let label = format!("nor `{}`", shown(other));
        finding = finding.label(other.span(), label);
    }
    finding.fixes.extend(respelled(&strange));
    finding.fixes.extend(asked_with_nc(watched, &strange));
    finding.fixes.extend(run_with_bash(watched, read));
    Some(finding)
}

/// What comes of it.
enum End {
    /// The check always passes, and under bash it would not.
    Passes,
    /// It never passes, and under bash it could.
    Fails,
    /// That depends.
    Open,
}

fn verdict(watched: &Watched<'_>) -> End {
    let (Some(here), Some(meant)) = (&watched.outcome, watched.outcome_under_bash()) else {
        return End::Open;
    };
    if here.cannot_fail() && !meant.cannot_fail() {
        End::Passes
    } else if here.never_zero() && !Outcome::never_zero(&meant) {
        End::Fails
    } else {
        End::Open
    }
}

/// The construct in a few characters.
fn shown(bashism: &Bashism) -> String {
    let written = || bashism.text.slice(bashism.range.clone()).shown();
    match &bashism.construct {
        Construct::DoubleBracket => "[[".to_owned(),
        Construct::DoubleEquals => "==".to_owned(),
        Construct::Socket { .. } if written().contains("/dev/udp/") => "/dev/udp".to_owned(),
        Construct::Socket { .. } => "/dev/tcp".to_owned(),
        Construct::Pipefail => "pipefail".to_owned(),
        Construct::ProcessSubstitution => "<(".to_owned(),
        Construct::HereString => "<<<".to_owned(),
        Construct::BothOutputs => "&>".to_owned(),
        Construct::AppendBothOutputs => "&>>".to_owned(),
        Construct::OutputToFile => ">&".to_owned(),
        Construct::PipeBoth => "|&".to_owned(),
        Construct::FunctionWord => "function".to_owned(),
        Construct::CountingFor => "for ((".to_owned(),
        Construct::Arithmetic => "((".to_owned(),
        Construct::EchoEscapes => "echo -e".to_owned(),
        Construct::AnsiQuote => "$'".to_owned(),
        Construct::Array
        | Construct::Source
        | Construct::Substring
        | Construct::Transformed
        | Construct::Builtin => written(),
    }
}

/// What the shell does where it comes to the construct.
fn effect(bashism: &Bashism, shell: &str, word: &str) -> String {
    match &bashism.construct {
        Construct::DoubleBracket | Construct::Source | Construct::Builtin => {
            format!("{shell} looks for a program called `{word}`, finds none, and the status is 127")
        }
        Construct::DoubleEquals => format!("`[` of {shell} knows only `=`, and ends with 2"),
        Construct::Socket { .. } => {
            format!("only bash opens `{word}`; {shell} looks for a file of that name and fails")
        }
        Construct::Pipefail => {
            format!("{shell} ends the whole script here with 2, even with `|| true` behind it")
        }
        Construct::BothOutputs | Construct::AppendBothOutputs if shell == "dash" => {
            "dash reads `&` and `>`: the command goes to the background, and nobody waits for its status"
                .to_owned()
        }
        Construct::Substring | Construct::Transformed => {
            format!("{shell} ends the script here with 2: `bad substitution`")
        }
        Construct::Array if bashism.text.as_str()[bashism.range.clone()].starts_with('$') => {
            format!("{shell} ends the script here with 2: `bad substitution`")
        }
        Construct::Arithmetic => {
            format!("{shell} reads two nested subshells: `>` opens a file, and a number is a program")
        }
        Construct::EchoEscapes => "`echo` of dash prints `-e` like any other word".to_owned(),
        Construct::AnsiQuote => "dash keeps the `$` and every backslash as they are".to_owned(),
        Construct::Array
        | Construct::ProcessSubstitution
        | Construct::HereString
        | Construct::BothOutputs
        | Construct::AppendBothOutputs
        | Construct::OutputToFile
        | Construct::PipeBoth
        | Construct::FunctionWord
        | Construct::CountingFor => {
            format!("{shell} calls it a syntax error and ends with 2 before anything is asked")
        }
    }
}

/// The same in POSIX shell, where all of it has such a spelling.
fn respelled(strange: &[Bashism]) -> Option<Fix> {
    let mut edits: Vec<Edit> = Vec::new();
    for bashism in strange {
        for (range, new) in bashism.spelled.as_ref()? {
            edits.push(bashism.text.replace(range.clone(), new)?);
        }
    }
    Some(Fix::safe("write it in POSIX shell", edits))
}

/// A socket that is only opened is a port that is only tried.
fn asked_with_nc(watched: &Watched<'_>, strange: &[Bashism]) -> Option<Fix> {
    let flavour = watched.inventory.flavour("nc")?;
    // The BusyBox of Debian has no `-z`.
    let debian = watched.inventory.distro.as_deref() != Some("alpine");
    if flavour == Flavour::Plain || (flavour == Flavour::Busybox && debian) {
        return None;
    }
    let mut edits = Vec::new();
    for bashism in strange {
        let Construct::Socket { host, port, alone } = &bashism.construct else {
            return None;
        };
        // BusyBox tries one address only, and `localhost` has two.
        let host = if host == "localhost" {
            "127.0.0.1"
        } else {
            host
        };
        let range = alone.clone()?;
        edits.push(
            bashism
                .text
                .replace(range, &format!("nc -z {host} {port}"))?,
        );
    }
    Some(Fix::safe("ask with `nc`, which is there", edits))
}

fn run_with_bash(watched: &Watched<'_>, read: &Read<'_>) -> Option<Fix> {
    if !watched.inventory.has("bash").is_yes() {
        return None;
    }
    let edit = if let Some(call) = read.call {
        let word = &call.words.first()?.text;
        let name = word.as_str();
        if base(name) == "su" {
            return None;
        }
        word.replace(0..name.len(), "bash")?
    } else {
        let new = NewTest::Exec(vec![
            Draft::text("bash"),
            Draft::text("-c"),
            Draft::kept(read.text),
        ]);
        watched.test?.value.notation.rewrite(&new)?
    };
    Some(Fix::safe("run it with bash, which is there", vec![edit]))
}
