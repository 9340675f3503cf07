//! One HEALTHCHECK becomes a probe: its test, its timing, and what BuildKit rejects in it.

use crate::model::Written;
use crate::model::draft::{Notation, Place};
use crate::model::duration::{self, Grammar};
use crate::model::probe::{Count, Form, Platform, Probe, Setting, Test, Timing};
use crate::model::rejected::{Rejected, RejectedKind};
use crate::read::dockerfile::reject;
use crate::syntax::dockerfile::{
    Command, Comment, Flag, Healthcheck, Instruction, NotJson, Problem, ProblemKind,
};
use crate::text::{Span, Traced};

/// Reads a HEALTHCHECK. A broken one is a probe too, without a test.
pub(super) fn read(
    instruction: &Instruction,
    check: &Healthcheck,
    comments: &[Comment],
    rejected: &mut Vec<Rejected>,
) -> Probe {
    rejected.extend(
        instruction
            .problems
            .iter()
            .filter(|problem| problem.kind.fails() && problem.kind != ProblemKind::NoStage)
            .map(|problem| translated(problem, instruction)),
    );
    let keyword = instruction.keyword.span();
    let mut probe = Probe {
        platform: Platform::Dockerfile,
        span: keyword,
        whole: instruction.span,
        disabled: None,
        test: None,
        timing: Timing::default(),
        place: Place::Flags {
            after: instruction
                .flags
                .last()
                .map_or(keyword, |flag| flag.whole.span()),
        },
        shared_by: Vec::new(),
    };
    match check {
        // BuildKit does not look at the flags of NONE.
        Healthcheck::None { word } => probe.disabled = Some(word.span()),
        Healthcheck::Broken => probe.timing = timing(&instruction.flags, rejected),
        Healthcheck::Cmd { command, .. } => {
            probe.timing = timing(&instruction.flags, rejected);
            probe.test = test(command, comments);
        }
    }
    probe
}

fn test(command: &Command, comments: &[Comment]) -> Option<Written<Test>> {
    let (form, span) = match command {
        Command::Empty => return None,
        Command::Exec { words, .. } if words.is_empty() => return None,
        Command::Exec { words, array } => (Form::Exec(words.clone()), array.span()),
        Command::Shell { text, not_json } => {
            let form = Form::Shell {
                script: text.clone(),
                dropped: Vec::new(),
                not_json: not_json.map(|(reason, place)| (place, because(reason).to_owned())),
            };
            (form, text.span())
        }
    };
    // Writing it anew would lose a comment between its lines.
    let first = comments.partition_point(|comment| comment.span.start < span.start);
    let commented = comments
        .get(first)
        .is_some_and(|comment| span.contains(comment.span));
    let notation = if commented {
        Notation::Fixed
    } else {
        Notation::Dockerfile { span }
    };
    Some(Written::here(Test { form, notation }, span))
}

/// Why text in brackets is no JSON, as the first half of a sentence.
fn because(reason: NotJson) -> &'static str {
    match reason {
        NotJson::SingleQuotes => "JSON takes double quotes, not single ones",
        NotJson::SmartQuotes => "these are typographic quotes, and JSON takes only plain ones",
        NotJson::Unquoted => "every word of a JSON list needs double quotes",
        NotJson::TrailingComma => "JSON has no comma before the closing bracket",
        NotJson::MissingComma => "JSON needs a comma between the words",
        NotJson::EmptyItem => "there is nothing before this comma",
        NotJson::BadEscape => "JSON knows no such escape",
        NotJson::ControlCharacter => "JSON takes no tab or other control character in a string",
        NotJson::UnclosedString => "this string has no closing quote",
        NotJson::MissingBracket => "the closing bracket is missing",
        NotJson::TextAfter => "JSON ends at the bracket, and here is more text",
        NotJson::BrokenValue => "this is no valid JSON value",
    }
}

/// The settings that the flags give; of a repeated flag the first.
fn timing(flags: &[Flag], rejected: &mut Vec<Rejected>) -> Timing {
    let mut timing = Timing::default();
    for flag in flags {
        let Some(value) = &flag.value else { continue };
        let (key, span) = places(flag);
        match flag.name.as_str() {
            "retries" if timing.retries.is_none() => {
                let count = retries(value, span, rejected);
                timing.retries = Some(Written::here(count, span).with_key(key));
            }
            name => {
                let slot = match name {
                    "interval" => &mut timing.interval,
                    "timeout" => &mut timing.timeout,
                    "start-period" => &mut timing.start_period,
                    "start-interval" => &mut timing.start_interval,
                    _ => continue,
                };
                if slot.is_none() {
                    let setting = setting(name, value, span, rejected);
                    *slot = Some(Written::here(setting, span).with_key(key));
                }
            }
        }
    }
    timing
}

/// Where a flag's name and its value stand; quotes belong to the value.
fn places(flag: &Flag) -> (Span, Span) {
    let whole = &flag.whole;
    let equals = whole.as_str().find('=').unwrap_or(whole.len());
    let value = (equals + 1).min(whole.len());
    (
        whole.span_of(0..equals),
        whole.slice(value..whole.len()).span(),
    )
}

/// A duration as Go reads it (`parseOptInterval`): empty and zero mean unset, less than a millisecond is refused.
fn setting(name: &str, text: &Traced, span: Span, rejected: &mut Vec<Rejected>) -> Setting {
    let mut refuse = |reason: String| {
        let kind = RejectedKind::Duration {
            setting: format!("--{name}"),
            meant: duration::meant(text.as_str(), Grammar::Dockerfile),
        };
        rejected.push(reject(span, kind, reason));
    };
    let value = if text.is_empty() {
        Some(std::time::Duration::ZERO)
    } else {
        match duration::parse(text.as_str(), Grammar::Dockerfile) {
            Ok(Some(value)) if value.is_below_one_millisecond() => {
                refuse(format!("Interval \"{name}\" cannot be less than 1ms"));
                None
            }
            Ok(value) => value.and_then(duration::Duration::to_std),
            Err(problem) => {
                refuse(problem.reason);
                None
            }
        }
    };
    Setting {
        text: text.clone(),
        value,
    }
}

/// A count as `strconv.ParseInt` reads it in 32 bits; empty means unset.
fn retries(text: &Traced, span: Span, rejected: &mut Vec<Rejected>) -> Count {
    let written = text.as_str();
    let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value = if written.is_empty() {
        Ok(0)
    } else if !number {
        Err(format!(
            "strconv.ParseInt: parsing \"{written}\": invalid syntax"
        ))
    } else {
        match written.parse::<i32>() {
            Ok(count) => {
                u64::try_from(count).map_err(|_| format!("--retries cannot be negative ({count})"))
            }
            Err(_) => Err(format!(
                "strconv.ParseInt: parsing \"{written}\": value out of range"
            )),
        }
    };
    let value = value.map_err(|reason| {
        rejected.push(reject(span, RejectedKind::Other, reason));
    });
    Count {
        text: text.clone(),
        value: value.ok(),
    }
}

/// A problem of the tree in the words of the model.
fn translated(problem: &Problem, instruction: &Instruction) -> Rejected {
    let mut span = problem.span;
    let kind = match &problem.kind {
        ProblemKind::NonStringItem => RejectedKind::UntypedItem,
        ProblemKind::UnknownFlag { name, nearest } => {
            let taken = |name: &str| instruction.flags.iter().any(|it| it.name.as_str() == name);
            let flag = instruction
                .flags
                .iter()
                .find(|flag| flag.whole.span() == problem.span);
            span = flag.map_or(span, |flag| places(flag).0);
            RejectedKind::UnknownSetting {
                name: format!("--{name}"),
                nearest: nearest
                    .filter(|nearest| !taken(nearest))
                    .map(|nearest| format!("--{nearest}")),
            }
        }
        ProblemKind::MissingFlagValue {
            name,
            meant: Some((word, place)),
        } if is_value(word) => {
            // `--interval 30s`: as one word it would be right.
            span = span.join(*place);
            RejectedKind::UnknownSetting {
                name: format!("--{name} {word}"),
                nearest: Some(format!("--{name}={word}")),
            }
        }
        _ => RejectedKind::Other,
    };
    reject(span, kind, problem.kind.words())
}

/// Whether the word could be a duration or a count.
fn is_value(word: &str) -> bool {
    duration::parse(word, Grammar::Dockerfile).is_ok() || word.parse::<i32>().is_ok()
}
