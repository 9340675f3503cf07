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
        let script = match script::script_of(call, language) {
            Ok(script) if script != ANY => script,
            Ok(_) => return Some(vec![Run::unknown("nobody knows this script")]),
            Err(word) => return Some(vec![Run::unknown(unread(&word))]),
        };
        let block = match read::read(&script, language) {
            Ok(block) => block,
            Err(word) => return Some(vec![Run::unknown(unread(&word))]),
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
            let run = self.ended(&play, ended);
            if !runs.iter().any(|before| {
                before.code == run.code && before.guess == run.guess && before.output == run.output
            }) {
                runs.push(run);
            }
        }
        Some(runs)
    }

    fn ended(&self, play: &Play<'_>, ended: Stop) -> Run {
        let name = play.program;
        let (code, why) = match ended {
            Stop::Hang => return self.with_grounds(play, Run::killed()),
            Stop::Unknown(why) => {
                let why = play.guessed.clone().unwrap_or(why);
                return Run::unknown(why);
            }
            Stop::Raise(error) => match error.exit {
                Some(code) => (
                    code,
                    play.failed.clone().unwrap_or_else(|| error.why.clone()),
                ),
                None => (self.uncaught(play), error.why.clone()),
            },
            Stop::Exit(code) => (
                code,
                play.failed
                    .clone()
                    .unwrap_or_else(|| format!("`{name}` says so itself")),
            ),
            Stop::Return(_) => (Code::Exact(0), String::new()),
        };
        let run = Run::of(code).prints(play.printed.clone());
        if !code.is_zero() {
            return self.with_grounds(play, run.because(why));
        }
        let fails = self.world != World::Healthy;
        let run = match &play.lost {
            Some(lost) if fails && play.asked => run.hides(lost.clone()),
            None if !play.asked => run.hides(format!("`{name}` asks no service")),
            _ => run,
        };
        self.with_grounds(play, run)
    }

    #[allow(clippy::unused_self)] // It belongs to the run.
    fn uncaught(&self, play: &Play<'_>) -> Code {
        match play.language {
            Language::Php => Code::Exact(255),
            Language::Perl => Code::Failure,
            _ => Code::Exact(1),
        }
    }

    #[allow(clippy::unused_self)] // It belongs to the run.
    fn with_grounds(&self, play: &Play<'_>, mut run: Run) -> Run {
        if let Some(guessed) = &play.guessed {
            run.guess = true;
            run.why = Some(guessed.clone());
        }
        run
    }
}

fn unread(word: &str) -> String {
    format!("nobody follows `{}`", word.replace(ANY, "…"))
}
