//! What BuildKit rejects in a Dockerfile, as kinds with its own words; nothing here says how bad that is.

use crate::text::Span;

/// How many characters of a word a message shows.
const LONGEST_SHOWN: usize = 60;

/// One thing in a Dockerfile that BuildKit rejects or warns of, at the very word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The word that is wrong; where something is missing, the word after which it is missed.
    pub span: Span,
}

/// The kinds of [`Problem`]. [`ProblemKind::words`] gives BuildKit's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// `# escape=` with something other than a backslash or a backtick.
    EscapeToken(String),
    /// The same parser directive a second time.
    RepeatedDirective(String),
    /// A file without any instruction.
    NoInstructions,
    /// A physical line over 65,535 bytes.
    LineTooLong,
    /// A blank line inside a continued instruction: accepted, with a warning.
    EmptyContinuation,
    /// A word that is no instruction, and the nearest that is one.
    UnknownInstruction {
        /// The word as written.
        word: String,
        /// The instruction that was probably meant, in the case of the word.
        nearest: Option<String>,
    },
    /// An instruction other than ARG before the first FROM.
    NoStage,
    /// A heredoc whose delimiter never stands alone on a line.
    UnterminatedHeredoc(String),
    /// Valid JSON with an item that is no string.
    NonStringItem,
    /// SHELL without a JSON array.
    ShellNotJson,
    /// An instruction that needs an argument and has none.
    NoArgument(String),
    /// An instruction that takes exactly one argument and has none.
    NotOneArgument(String),
    /// COPY or ADD with fewer than two paths.
    NoDestination(String),
    /// FROM with something other than `image` or `image AS name`.
    FromArguments,
    /// A stage name with other characters than letters, digits, `-`, `_` and `.`.
    StageName(String),
    /// ENV or LABEL in the old form without a value.
    NoValue(String),
    /// A word without `=` in ENV or LABEL.
    NoEquals(String),
    /// An empty name in ENV, LABEL or ARG.
    BlankName(String),
    /// `ONBUILD ONBUILD`.
    OnbuildChain,
    /// `ONBUILD FROM` or `ONBUILD MAINTAINER`.
    OnbuildTrigger(String),
    /// `HEALTHCHECK CMD` without a command.
    MissingCommand,
    /// `HEALTHCHECK NONE` with arguments.
    NoneTakesNoArguments,
    /// The first word after HEALTHCHECK is neither CMD nor NONE.
    UnknownType(String),
    /// A flag of HEALTHCHECK that does not exist, and the nearest that does.
    UnknownFlag {
        /// The name as written, without the dashes.
        name: String,
        /// The flag that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A flag without `=value`.
    MissingFlagValue {
        /// The name of the flag.
        name: String,
        /// The word behind the flag that was probably meant as the value, and where it stands.
        meant: Option<(String, Span)>,
    },
    /// The same flag twice.
    DuplicateFlag(String),
}

impl ProblemKind {
    /// Whether the build fails on it; otherwise BuildKit only warns.
    pub fn fails(&self) -> bool {
        !matches!(self, Self::EmptyContinuation)
    }

    /// BuildKit's message, without its prefix `dockerfile parse error on line N: `.
    pub fn words(&self) -> String {
        match self {
            Self::EscapeToken(word) => {
                format!("invalid escape token '{word}' does not match ` or \\")
            }
            Self::RepeatedDirective(name) => {
                format!("only one {name} parser directive can be used")
            }
            Self::NoInstructions => "file with no instructions".into(),
            Self::LineTooLong => {
                "dockerfile line greater than max allowed size of 65535".to_owned()
            }
            Self::EmptyContinuation => "Empty continuation line found".into(),
            Self::UnknownInstruction { word, nearest } => {
                let word = short(word);
                meant(format!("unknown instruction: {word}"), nearest.as_deref())
            }
            Self::NoStage => "no build stage in current context".into(),
            Self::UnterminatedHeredoc(_) => "unterminated heredoc".into(),
            Self::NonStringItem => {
                "when using JSON array syntax, arrays must be comprised of strings only".into()
            }
            Self::ShellNotJson => "SHELL requires the arguments to be in JSON form".into(),
            Self::NoArgument(name) => format!("{name} requires at least one argument"),
            Self::NotOneArgument(name) => format!("{name} requires exactly one argument"),
            Self::NoDestination(name) => format!(
                "{name} requires at least two arguments, but only one was provided. Destination could not be determined"
            ),
            Self::FromArguments => "FROM requires either one or three arguments".into(),
            Self::StageName(name) => format!(
                "invalid name for build stage: \"{name}\", name can't start with a number or contain symbols"
            ),
            Self::NoValue(name) => format!("{name} must have two arguments"),
            Self::NoEquals(word) => format!(
                "Syntax error - can't find = in \"{}\". Must be of the form: name=value",
                short(word)
            ),
            Self::BlankName(name) => format!("{name} names can not be blank"),
            Self::OnbuildChain => "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".into(),
            Self::OnbuildTrigger(name) => format!("{name} isn't allowed as an ONBUILD trigger"),
            Self::MissingCommand => "Missing command after HEALTHCHECK CMD".into(),
            Self::NoneTakesNoArguments => "HEALTHCHECK NONE takes no arguments".into(),
            Self::UnknownType(word) => format!(
                "Unknown type \"{}\" in HEALTHCHECK (try CMD)",
                short(&word.to_uppercase())
            ),
            Self::UnknownFlag { name, nearest } => {
                meant(format!("unknown flag: --{name}"), *nearest)
            }
            Self::MissingFlagValue { name, .. } => format!("missing a value on flag: --{name}"),
            Self::DuplicateFlag(name) => format!("duplicate flag specified: --{name}"),
        }
    }
}

/// The start of a word that may be of any length: the span has the whole.
fn short(word: &str) -> String {
    match word.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => word.get(..end).unwrap_or_default().to_owned() + "…",
        None => word.to_owned(),
    }
}

fn meant(message: String, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("{message} (did you mean {nearest}?)"),
        None => message,
    }
}

/// The option fewer than three edits away from `word`, the nearest and then the first (BuildKit's `suggest`).
pub(super) fn nearest<'a>(word: &str, options: &[&'a str]) -> Option<&'a str> {
    let word: Vec<char> = word.chars().collect();
    let mut best = None;
    let mut least = 3;
    for option in options {
        // Every character too many is an edit.
        if word.len().abs_diff(option.len()) >= least {
            continue;
        }
        let distance = distance(&word, option);
        if distance < least {
            least = distance;
            best = Some(*option);
        }
    }
    best
}

/// Levenshtein's distance in characters; the caller keeps both words short.
fn distance(one: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (index, b) in other.chars().enumerate() {
        let mut corner = index;
        let mut left = index + 1;
        for (a, above) in one.iter().zip(row.iter_mut().skip(1)) {
            let cost = corner + usize::from(*a != b);
            corner = *above;
            left = cost.min(left + 1).min(*above + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
