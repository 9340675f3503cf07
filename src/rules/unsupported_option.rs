//! `unsupported-option`: an option that this make of the tool rejects, or takes for another one.

use crate::facts::Flavour;
use crate::facts::tools::{self, Takes, Tool};
use crate::finding::{Finding, Fix, Severity};
use crate::model::command::{Argument, Call};
use crate::model::regex::{self, Construct, Dialect, Meaning, Reader, Syntax};
use crate::outcome::Outcome;
use crate::outcome::patterns;
use crate::outcome::request::{self, Given};
use crate::rule::{Context, Rule, Watched};
use crate::text::Edit;

/// See the page.
pub const RULE: Rule = Rule {
    name: "unsupported-option",
    severity: Some(Severity::Error),
    page: include_str!("../../rules/unsupported-option.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (watched, call) in context.calls() {
        if let Some((tool, flavour)) = make(watched, call) {
            let options = request::options(call, tool).given;
            findings.extend(rejected(watched, call, tool, flavour, &options));
            findings.extend(one_dash(watched, call, tool));
            findings.extend(two_ways_to_fail(watched, call, tool, &options));
        }
    }
    findings
}

/// The make of a call's program, where it is known.
fn make(watched: &Watched<'_>, call: &Call) -> Option<(&'static Tool, Flavour)> {
    let name = call.name()?;
    let flavour = if call.through("busybox") {
        Flavour::Busybox
    } else {
        watched.inventory.flavour(name).unwrap_or(Flavour::Plain)
    };
    Some((tools::tool(name, flavour)?, flavour))
}

/// Options of other makes: refused, or taken for the beginning of another option.
fn rejected(
    watched: &Watched<'_>,
    call: &Call,
    tool: &Tool,
    flavour: Flavour,
    options: &[Given],
) -> Vec<Finding> {
    let shown = shown_make(&tool.name, flavour);
    let mut findings = Vec::new();
    for given in options {
        let (name, _) = given.name.split_once('=').unwrap_or((&given.name, ""));
        let Some(word) = call.words.get(given.word) else {
            continue;
        };
        // A whole word with a blank in it is two words, and has a rule of its own.
        if name.contains(' ') {
            continue;
        }
        // Nobody knows what an unknown word begins with.
        if word.literal().is_none() && !word.text.as_str().starts_with(name) {
            continue;
        }
        let elsewhere = || tools::makes(&tool.name).any(|other| other.lists(name));
        if let Some(whole) = tool.whole_name(name).filter(|_| elsewhere()) {
            findings.push(
                watched
                    .finding(
                        &RULE,
                        Severity::Error,
                        word.span,
                        format!("{shown} reads `{name}` as `{whole}`"),
                        "it knows no such option and takes it for the beginning of another one",
                    )
                    .help("say it in a way that this make of the tool knows"),
            );
            continue;
        }
        if tool.takes(name) != Takes::Rejected {
            continue;
        }
        let spoils = watched
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.never_zero() || outcome.cannot_fail());
        let severity = if spoils {
            Severity::Error
        } else {
            Severity::Warning
        };
        let portable = tool
            .portable
            .get(name)
            .filter(|_| is_extended(watched, call, name));
        let finding = watched.finding(
            &RULE,
            severity,
            word.span,
            format!("{shown} knows no `{name}`"),
            "it complains about the option and does nothing else",
        );
        let finding = match portable.map(|words| words.join(" ").replace(" {}", " …")) {
            Some(words) if words.is_empty() => finding.help("it does without: leave it out"),
            Some(words) if words == "{}" => finding.help("write the value alone"),
            Some(words) => finding.help(format!("write `{words}`")),
            None => finding.help("say it in a way that this make of the tool knows"),
        };
        let edit = portable.and_then(|words| spelled(watched, call, given, name, words));
        findings.push(
            finding.fix(
                edit.map(|edit| Fix::safe("write what this make of the tool knows", vec![edit])),
            ),
        );
    }
    findings
}

/// How a message names the make.
fn shown_make(tool: &str, flavour: Flavour) -> String {
    match flavour {
        Flavour::Busybox => format!("the `{tool}` of BusyBox"),
        Flavour::Gnu => format!("GNU's `{tool}`"),
        Flavour::Openbsd => format!("OpenBSD's `{tool}`"),
        Flavour::Traditional => format!("the traditional `{tool}`"),
        Flavour::Nmap => format!("nmap's `{tool}`"),
        _ => format!("`{tool}`"),
    }
}

/// The option in the words of this make.
fn spelled(
    watched: &Watched<'_>,
    call: &Call,
    given: &Given,
    name: &str,
    words: &[String],
) -> Option<Edit> {
    let word = call.words.get(given.word)?;
    let text = word.text.as_str();
    let at = given.word;
    if !text.starts_with(name) {
        // A letter of a cluster: `-qP`.
        let letter = name.strip_prefix('-')?;
        let place = text.find(letter)?;
        let new = match words {
            [] => "",
            [one] => one.strip_prefix('-')?,
            _ => return None,
        };
        return word.text.replace(place..place + letter.len(), new);
    }
    let own: Vec<String> = words.iter().filter(|word| *word != "{}").cloned().collect();
    let valued = own.len() < words.len();
    if text.len() > name.len() {
        let value = name.len() + usize::from(text[name.len()..].starts_with('='));
        if name.len() == 2 && value == 2 {
            return None;
        }
        return match (valued, &own[..]) {
            (true, []) => word.text.replace(0..value, ""),
            (true, [option]) => word.text.replace(0..value, option),
            _ => watched.replace_words(call, at..at + 1, &own),
        };
    }
    let takes_value =
        !valued && tools::makes(call.name()?).any(|other| other.takes(name) == Takes::Value);
    let end = at + 1 + usize::from(takes_value);
    watched.replace_words(call, at..end, &own)
}

/// Whether Perl's pattern says the same as an extended one; true for every other option.
fn is_extended(watched: &Watched<'_>, call: &Call, name: &str) -> bool {
    if !matches!(name, "-P" | "--perl-regexp") {
        return true;
    }
    let patterns = patterns::patterns(call, &watched.inventory);
    patterns.iter().all(|pattern| {
        let readers = pattern.readers.iter().map(|reader| Reader {
            syntax: Syntax::Extended,
            dialect: Dialect::Musl,
            ..*reader
        });
        readers.into_iter().all(|reader| {
            let read = regex::parse(pattern.text.as_str(), reader);
            let same = |construct: &Construct| {
                matches!(construct, Construct::ClassEscape(_) | Construct::Edge(_))
                    && construct.meaning(reader) == Meaning::Usual
            };
            read.fault.is_none() && read.constructs.iter().all(|(_, it)| same(it))
        })
    })
}

/// `-fail`: one dash, and every letter is an option of its own.
fn one_dash(watched: &Watched<'_>, call: &Call, tool: &Tool) -> Vec<Finding> {
    let words = call.words.iter().enumerate().skip(1);
    words
        .filter_map(|(at, word)| {
            let text = word.literal()?;
            let long = format!("-{text}");
            let is_word = text.len() > 3 && text.starts_with('-') && !text.starts_with("--");
            if !is_word || !tool.lists(&long) || tool.lists(text) || is_value(call, tool, at) {
                return None;
            }
            let (letters, valued) = letters(tool, text)?;
            let never = watched.outcome.as_ref().is_some_and(Outcome::never_zero);
            let severity = match (never, valued) {
                (true, _) => Severity::Error,
                (false, true) => Severity::Warning,
                (false, false) => Severity::Note,
            };
            let edit = word.text.replace(0..0, "-");
            Some(
                watched
                    .finding(
                        &RULE,
                        severity,
                        word.span,
                        format!("`{}` reads `{text}` as `{letters}`", tool.name),
                        "behind a single dash every letter is an option",
                    )
                    .help(format!("write `{long}`"))
                    .fix(edit.map(|edit| Fix::safe(format!("write `{long}`"), vec![edit]))),
            )
        })
        .collect()
}

/// Whether the word is the value of the option before it.
fn is_value(call: &Call, tool: &Tool, at: usize) -> bool {
    let before = call.words.get(at - 1).and_then(Argument::literal);
    before.is_some_and(|before| tool.takes(before) == Takes::Value)
}

/// The letters of a cluster as options, and whether one of them takes the rest for its value; None where one is
/// unknown.
fn letters(tool: &Tool, cluster: &str) -> Option<(String, bool)> {
    let mut read = Vec::new();
    for (at, letter) in cluster.char_indices().skip(1) {
        let option = format!("-{letter}");
        match tool.takes(&option) {
            Takes::Alone => read.push(option),
            Takes::Value => {
                let value = &cluster[at + letter.len_utf8()..];
                read.push(format!("{option} {value}").trim_end().to_owned());
                return Some((read.join(" "), true));
            }
            Takes::Rejected | Takes::Unknown => return None,
        }
    }
    Some((read.join(" "), false))
}

/// `curl -f --fail-with-body`: from 7.76 to 8.16 the two exclude each other, and before that the second is unknown.
fn two_ways_to_fail(
    watched: &Watched<'_>,
    call: &Call,
    tool: &Tool,
    options: &[Given],
) -> Option<Finding> {
    let given = |name: &str| options.iter().find(|given| given.name == name);
    let body = given("--fail-with-body").filter(|_| tool.name == "curl")?;
    let fail = given("-f").or_else(|| given("--fail"))?;
    let word = call.words.get(fail.word)?;
    let edit = if word.text.len() > 2 && !word.text.as_str().starts_with("--") {
        let place = word.text.as_str().find('f')?;
        word.text.replace(place..place + 1, "")
    } else {
        watched.replace_words(call, fail.word..fail.word + 1, &[])
    };
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                call.words.get(body.word)?.span,
                "`curl` before 8.17 refuses `-f` and `--fail-with-body` together",
                "it ends with status 2 before it asks anybody",
            )
            .label(word.span, "either of the two is enough")
            .help("keep one of them")
            .fix(edit.map(|edit| Fix::safe(format!("drop `{}`", fail.name), vec![edit]))),
    )
}
