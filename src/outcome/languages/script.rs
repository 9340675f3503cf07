//! Where the script of a call stands: behind an option, or on the input of the program.

use super::super::tools::Use;
use super::super::words::Arg;
use super::Language;
use super::token::{Kind, Place, tokens};
use crate::text::{Span, Traced};

/// What an option of an interpreter does.
enum Meaning {
    /// The next word is the script, or one more line of it.
    Script,
    /// It changes nothing that counts here.
    Nothing,
    /// Nor does it, with the next word.
    NothingWithNext,
    /// The next word is a setting of PHP.
    Setting,
    /// It stands for a line of the script.
    Line(String),
}

fn meaning(option: &str, language: Language) -> Option<Meaning> {
    use Language::{JavaScript, Perl, Php, Python, Ruby};
    Some(match (language, option) {
        (Python, "-c" | "-uc" | "-Ic" | "-Sc" | "-Bc")
        | (JavaScript, "-e" | "--eval")
        | (Php, "-r")
        | (Ruby, "-e")
        | (Perl, "-e" | "-we") => Meaning::Script,
        (Python, "-u" | "-B" | "-E" | "-I" | "-O" | "-S" | "-s" | "-q")
        | (JavaScript, "--no-warnings" | "--no-deprecation")
        | (Php, "-n" | "-q")
        | (Perl, "-w") => Meaning::Nothing,
        (Python, "-W" | "-X") => Meaning::NothingWithNext,
        (Php, "-d") => Meaning::Setting,
        (Ruby, _) => Meaning::Line(format!("require '{}'", option.strip_prefix("-r")?)),
        (Perl, _) => {
            let module = option.strip_prefix("-M")?;
            let module = module.split('=').next().unwrap_or_default();
            Meaning::Line(format!("use {module};"))
        }
        _ => return None,
    })
}

/// A script, and where its lines are written.
pub(super) struct Script {
    pub text: String,
    /// Where each line that is an argument begins, and the argument where its bytes are known.
    lines: Vec<(usize, Option<Traced>)>,
}

impl Script {
    fn of_input(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            lines: Vec::new(),
        }
    }

    fn add(&mut self, line: &str, written: Option<&Traced>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.lines.push((self.text.len(), written.cloned()));
        self.text.push_str(line);
    }

    /// Where a word of it stands for the first time.
    pub fn first(&self, word: &str, language: Language) -> Place {
        let tokens = tokens(&self.text, language).unwrap_or_default();
        let found = tokens
            .iter()
            .find(|token| matches!(&token.kind, Kind::Word(found) if found == word));
        found.map_or_else(Place::default, |token| token.place)
    }

    /// Where a word of it stands in the user's file.
    pub fn span(&self, place: Place) -> Option<Span> {
        if place.is_nowhere() {
            return None;
        }
        let (start, written) = self
            .lines
            .iter()
            .rfind(|(start, _)| *start <= place.start)?;
        let written = written.as_ref()?;
        let range = place.start - start..place.end - start;
        (range.end <= written.len()).then(|| written.span_of(range))
    }
}

/// The script of a call, or the word that nobody follows.
pub(super) fn script_of(call: &Use<'_>, language: Language) -> Result<Script, String> {
    let known = |arg: Option<&Arg>, option: &str| {
        let arg = arg.ok_or(option)?;
        if arg.splice {
            Err(arg.text.clone())
        } else {
            Ok(arg.clone())
        }
    };
    let mut words = call.args.iter();
    let mut script = Script::of_input("");
    let mut found = false;
    while let Some(arg) = words.next() {
        let option = known(Some(arg), "")?.text;
        // What follows the script are its arguments.
        if found && (language == Language::Python || !option.starts_with('-')) {
            break;
        }
        if language == Language::Python && option == "-" {
            return Ok(Script::of_input(call.input));
        }
        match meaning(&option, language).ok_or(option.as_str())? {
            Meaning::Script => {
                let line = known(words.next(), &option)?;
                script.add(&line.text, line.written.as_ref());
                found = true;
            }
            Meaning::Nothing => {}
            Meaning::NothingWithNext => {
                words.next();
            }
            Meaning::Setting => {
                let setting = known(words.next(), &option)?.text;
                let (name, value) = setting.split_once('=').unwrap_or((&setting, "1"));
                script.add(&format!("ini_set('{name}', '{value}');"), None);
            }
            Meaning::Line(text) => script.add(&text, None),
        }
    }
    if !found && language == Language::Python && !call.input.is_empty() {
        return Ok(Script::of_input(call.input));
    }
    if !found {
        return Err(call.name.to_owned());
    }
    Ok(script)
}
