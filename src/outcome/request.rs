//! What a call to an HTTP client asks for, and what it does with the answer; options are read by the facts on tools.

use crate::facts::tools::{self, Takes, Tool};
use crate::facts::{Flavour, Inventory};
use crate::model::command::{Argument, Call};
use crate::text::Traced;

/// The clients that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// curl.
    Curl,
    /// wget of either make.
    Wget,
}

/// One option of a call.
#[derive(Clone, Debug)]
pub struct Given {
    /// As it is written, without a value: `-m`, `--max-time`.
    pub name: String,
    /// The word that it stands in, counted from the program.
    pub word: usize,
    /// Its value, which may be a part of a word.
    pub value: Option<Traced>,
}

/// The words of a call, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The options, in order.
    pub given: Vec<Given>,
    /// The words that are no options, counted from the program.
    pub operands: Vec<usize>,
    /// Whether a word was met whose meaning nobody knows, so that what follows it may be read wrongly.
    pub doubtful: bool,
}

impl Options {
    /// The last option of one of these names: it is the one that counts.
    pub fn find(&self, names: &[&str]) -> Option<&Given> {
        let mut latest = self.given.iter().rev();
        latest.find(|given| names.contains(&given.name.as_str()))
    }

    /// Whether an option of one of these names is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.find(names).is_some()
    }

    /// The value of the last option of one of these names.
    pub fn value(&self, names: &[&str]) -> Option<&Traced> {
        self.find(names)?.value.as_ref()
    }
}

/// A request over HTTP.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub client: Client,
    /// Whose make the client is; [`Flavour::Plain`] where that is not known.
    pub flavour: Flavour,
    /// Its options.
    pub options: Options,
    /// The words that are URLs, counted from the program.
    pub urls: Vec<usize>,
    /// The limit on the whole run, where there is one.
    pub limit: Option<Traced>,
    /// Whether the answer is written to standard output.
    pub to_stdout: bool,
    /// Whether the answer is saved to a file that the URL names.
    pub saves: bool,
}

/// Reads the options of a call as this make of the program does.
pub fn options(call: &Call, tool: &Tool) -> Options {
    let mut found = Options::default();
    let mut at = 1;
    let mut only_operands = false;
    while let Some(word) = call.words.get(at) {
        let text = word.text.as_str();
        if only_operands || !text.starts_with('-') || text == "-" {
            found.operands.push(at);
            at += 1;
            continue;
        }
        if text == "--" {
            only_operands = true;
            at += 1;
            continue;
        }
        at = one(call, tool, at, &mut found);
    }
    found
}

/// Reads the option word at `at`; the next word to read comes back.
fn one(call: &Call, tool: &Tool, at: usize, found: &mut Options) -> usize {
    let word = &call.words[at];
    let text = word.text.as_str();
    let mut give = |name: &str, value: Option<Traced>| {
        found.given.push(Given {
            name: name.to_owned(),
            word: at,
            value,
        });
    };
    let attached = tool.attached.iter().find(|option| {
        let rest = text.strip_prefix(option.as_str());
        rest.is_some_and(|rest| {
            !option.starts_with("--") || rest.is_empty() || rest.starts_with('=')
        })
    });
    if let Some(option) = attached {
        let value = text.len() > option.len();
        let start = option.len() + usize::from(option.starts_with("--") && value);
        give(option, value.then(|| word.text.slice(start..text.len())));
        return at + 1;
    }
    // `--name=value`, where the program reads it so; curl does not, and takes it for one unknown name.
    if let Some((name, _)) = text.split_once('=')
        && name.starts_with("--")
        && tool.name != "curl"
        && tool.takes(name) == Takes::Value
    {
        let value = word.text.slice(name.len() + 1..text.len());
        give(name, Some(value));
        return at + 1;
    }
    match tool.takes(text) {
        Takes::Alone => {
            give(text, None);
            return at + 1;
        }
        Takes::Value => {
            give(text, call.words.get(at + 1).map(|next| next.text.clone()));
            return at + 2;
        }
        Takes::Rejected | Takes::Unknown if text.starts_with("--") => {
            give(text, None);
            found.doubtful = true;
            return at + 1;
        }
        Takes::Rejected | Takes::Unknown => {}
    }
    // A cluster: `-fsS`, `-qO-`, `-m5`.
    let letters: Vec<(usize, char)> = text.char_indices().skip(1).collect();
    for (place, letter) in letters {
        let name = format!("-{letter}");
        let end = place + letter.len_utf8();
        match tool.takes(&name) {
            Takes::Alone => give(&name, None),
            Takes::Value if end < text.len() => {
                give(&name, Some(word.text.slice(end..text.len())));
                return at + 1;
            }
            Takes::Value => {
                give(&name, call.words.get(at + 1).map(|next| next.text.clone()));
                return at + 2;
            }
            Takes::Rejected | Takes::Unknown => {
                give(&name, None);
                found.doubtful = true;
                return at + 1;
            }
        }
    }
    at + 1
}

/// The request that a call makes; None where it is no HTTP client that is understood, or only prints its version.
pub fn request(call: &Call, inventory: &Inventory) -> Option<Request> {
    let client = match call.name()? {
        "curl" => Client::Curl,
        "wget" => Client::Wget,
        _ => return None,
    };
    let flavour = match client {
        Client::Curl => Flavour::Plain,
        Client::Wget if call.through("busybox") => Flavour::Busybox,
        Client::Wget => inventory.flavour("wget").unwrap_or(Flavour::Plain),
    };
    // GNU's wget takes nearly all that BusyBox's takes; an unknown make is read as GNU's.
    let tool =
        tools::tool(call.name()?, flavour).or_else(|| tools::tool(call.name()?, Flavour::Gnu))?;
    let options = options(call, tool);
    let has = |names: &[&str]| options.has(names);
    if has(&["--version", "-V", "--help", "-h"]) {
        return None;
    }
    let value = |names: &[&str]| options.value(names).cloned();
    let mut urls = options.operands.clone();
    urls.extend(
        options
            .given
            .iter()
            .filter(|given| given.name == "--url")
            .map(|given| given.word + 1),
    );
    let limit = match client {
        Client::Curl => value(&["-m", "--max-time"]),
        Client::Wget => value(&["-T", "--timeout"]),
    };
    let (to_stdout, saves) = match client {
        Client::Curl => {
            let saves = has(&["-O", "--remote-name", "--remote-name-all"]);
            let elsewhere = has(&["-o", "--output"])
                && value(&["-o", "--output"]).is_some_and(|file| file.as_str() != "-");
            (!saves && !elsewhere, saves)
        }
        Client::Wget => {
            let output = value(&["-O", "--output-document"]);
            let to_stdout = output.as_ref().is_some_and(|file| file.as_str() == "-");
            let kept = output.is_none() && !has(&["--spider", "--delete-after"]);
            (to_stdout, kept)
        }
    };
    Some(Request {
        client,
        flavour,
        options,
        urls,
        limit,
        to_stdout,
        saves,
    })
}

impl Request {
    /// The only URL, where there is exactly one.
    pub fn url<'a>(&self, call: &'a Call) -> Option<&'a Argument> {
        match self.urls[..] {
            [only] => call.words.get(only),
            _ => None,
        }
    }

    /// Whether it asks for nothing but a plain GET, so that another client can ask the same.
    pub fn is_plain(&self) -> bool {
        const NEUTRAL: &[&str] = &[
            "-f",
            "--fail",
            "--fail-with-body",
            "-s",
            "--silent",
            "-S",
            "--show-error",
            "-o",
            "--output",
            "-O",
            "--output-document",
            "-q",
            "--quiet",
            "-nv",
            "--no-verbose",
            "-m",
            "--max-time",
            "-T",
            "--timeout",
            "--connect-timeout",
            "-t",
            "--tries",
            "--spider",
            "-L",
            "--location",
            "-v",
            "--verbose",
            "-i",
            "--include",
            "-I",
            "--head",
            "--retry",
            "--no-cache",
            "-4",
            "-6",
            "--ipv4",
            "--ipv6",
            "--no-progress-meter",
            "--http1.1",
        ];
        !self.options.doubtful
            && self
                .options
                .given
                .iter()
                .all(|given| NEUTRAL.contains(&given.name.as_str()))
    }
}
