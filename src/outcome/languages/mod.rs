//! One-liners of Python, JavaScript, PHP, Ruby and Perl: whether a failure reaches the exit status. Their readers know
//! a small grammar and a closed vocabulary; the first word outside of it makes the whole unknown.

mod javascript;
mod perl;
mod php;
mod play;
mod python;
mod read;
mod ruby;
mod script;
mod token;
mod tree;
mod value;

use super::path::ANY;
use super::player::Player;
use super::tools::{Run, Use};
use super::{Code, World};

use play::Play;
use read::{Fault, read};
use script::{Script, script_of};
use value::Stop;

/// What a script is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    JavaScript,
    Php,
    Ruby,
    Perl,
}

/// More ways than this are one of which nothing is known.
const MOST: usize = 48;

/// The language of a program.
fn language_of(name: &str) -> Option<Language> {
    let version = |name: &str, program: &str| {
        let rest = name.strip_prefix(program);
        rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    Some(match name {
        "node" | "nodejs" => Language::JavaScript,
        "ruby" => Language::Ruby,
        "perl" => Language::Perl,
        // Python 2 means other things by the same words.
        "python2" => return None,
        _ if version(name, "python") && !name.starts_with("python2") => Language::Python,
        _ if version(name, "php") => Language::Php,
        _ => return None,
    })
}

impl Player<'_> {
    /// A one-liner; None for other programs.
    pub(super) fn one_liner(&self, call: &Use<'_>) -> Option<Vec<Run>> {
        let language = language_of(call.name)?;
        let script = match script_of(call, language) {
            Ok(script) if script.text != ANY => script,
            Ok(_) => return Some(vec![Run::unknown("nobody knows this script")]),
            Err(word) => return Some(vec![Run::unknown(unread(&word))]),
        };
        let block = match read(&script.text, language) {
            Ok(block) => block,
            Err(Fault::Unread(word)) => return Some(vec![Run::unknown(unread(&word))]),
            Err(Fault::Broken(word, place)) => {
                let why = format!("`{word}` must begin a line, so Python runs none of the script");
                let run = Run::of(uncaught(language)).because(why);
                return Some(vec![run.at(&word, script.span(place))]);
            }
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut open = vec![Vec::new()];
        let mut count = 0;
        while let Some(decisions) = open.pop() {
            count += 1;
            if count > MOST {
                return Some(vec![Run::unknown("it may go too many ways")]);
            }
            let mut play = Play::new(self, language, call.name, &decisions);
            let ended = play.run(&block);
            // The other way at each place where one was chosen for the first time.
            for at in decisions.len()..play.taken.len() {
                let mut other = play.taken[..at].to_vec();
                other.push(!play.taken[at]);
                open.push(other);
            }
            let run = run_of(&script, &play, ended);
            if !runs.iter().any(|before| {
                before.code == run.code && before.guess == run.guess && before.output == run.output
            }) {
                runs.push(run);
            }
        }
        Some(runs)
    }
}

/// What the shell sees of a script that ended so.
fn run_of(script: &Script, play: &Play<'_>, ended: Stop) -> Run {
    let mut run = match ended {
        Stop::Hang => Run::killed(),
        Stop::Unknown(why) => return Run::unknown(play.guessed.clone().unwrap_or(why)),
        Stop::Return(_) => Run::new(0),
        Stop::Exit(code) => fails(play, code, || format!("`{}` says so itself", play.program)),
        Stop::Raise(error) => match (error.exit, &error.name) {
            (Some(code), _) => fails(play, code, || error.why.clone()),
            (None, Some(name)) => Run::of(uncaught(play.language))
                .because(error.why.clone())
                .at(name, script.span(script.first(name, play.language))),
            (None, None) => Run::of(uncaught(play.language)).because(error.why.clone()),
        },
    };
    run = run.prints(play.printed.clone());
    if run.code.is_zero() && !play.asked {
        run = run.hides(format!("`{}` asks no service", play.program));
    } else if run.code.is_zero()
        && play.world() != World::Healthy
        && let Some(lost) = &play.lost
    {
        let span = script.span(lost.place);
        run = run.hides(lost.why.clone()).at(&lost.word, span);
    }
    if let Some(guessed) = &play.guessed {
        run.guess = true;
        run.why = Some(guessed.clone());
    }
    run
}

/// A status that the script gives itself, and what made it.
fn fails(play: &Play<'_>, code: Code, otherwise: impl Fn() -> String) -> Run {
    let why = play.failed.clone().unwrap_or_else(otherwise);
    let run = Run::of(code);
    if code.is_zero() {
        run
    } else {
        run.because(why)
    }
}

/// The status of an error that nobody takes.
fn uncaught(language: Language) -> Code {
    match language {
        Language::Php => Code::Exact(255),
        Language::Perl => Code::Failure,
        _ => Code::Exact(1),
    }
}

fn unread(word: &str) -> String {
    format!("nobody knows what `{}` does", word.replace(ANY, "…"))
}
