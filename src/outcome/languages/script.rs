//! Where the script of a call stands: behind an option, or on the input of the program.

use super::super::tools::Use;
use super::super::words::Arg;
use super::Language;

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
        | (JavaScript, "--no-warnings" | "--no-deprecation" | "--input-type=module")
        | (Php, "-n" | "-q")
        | (Perl, "-w") => Meaning::Nothing,
        (Python, "-W" | "-X") => Meaning::NothingWithNext,
        (Php, "-d") => Meaning::Setting,
        (Ruby, _) => Meaning::Line(format!("require '{}'", option.strip_prefix("-r")?)),
        (Perl, _) if option.starts_with("-M") => Meaning::Nothing,
        _ => return None,
    })
}

/// The script of a call, or the word that nobody follows.
pub(super) fn script_of(call: &Use<'_>, language: Language) -> Result<String, String> {
    let known = |arg: Option<&Arg>, option: &str| {
        let arg = arg.ok_or(option)?;
        let text = arg.text.clone();
        if arg.splice { Err(text) } else { Ok(text) }
    };
    let mut words = call.args.iter();
    // Its lines, and whether it is among them.
    let mut lines: Vec<String> = Vec::new();
    let mut found = false;
    while let Some(arg) = words.next() {
        let option = known(Some(arg), "")?;
        // What follows the script are its arguments.
        if found && (language == Language::Python || !option.starts_with('-')) {
            break;
        }
        if language == Language::Python && option == "-" {
            return Ok(call.input.to_owned());
        }
        match meaning(&option, language).ok_or(option.as_str())? {
            Meaning::Script => {
                lines.push(known(words.next(), &option)?);
                found = true;
            }
            Meaning::Nothing => {}
            Meaning::NothingWithNext => {
                words.next();
            }
            Meaning::Setting => {
                let setting = known(words.next(), &option)?;
                let (name, value) = setting.split_once('=').unwrap_or((&setting, "1"));
                lines.push(format!("ini_set('{name}', '{value}');"));
            }
            Meaning::Line(text) => lines.push(text),
        }
    }
    if !found && language == Language::Python && !call.input.is_empty() {
        return Ok(call.input.to_owned());
    }
    if !found {
        return Err(call.name.to_owned());
    }
    Ok(lines.join("\n"))
}
