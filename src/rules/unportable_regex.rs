//! `unportable-regex`: a pattern that the grep of this image reads in another way than it was meant.

use crate::finding::{Finding, Fix, Severity};
use crate::model::regex::{self, Construct, Dialect, Meaning, Reader};
use crate::outcome::patterns::{self, Pattern};
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "unportable-regex",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/unportable-regex.md"),
    last_resort: false,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (watched, call) in context.calls() {
        for pattern in patterns::patterns(call, &watched.inventory) {
            // Where nobody knows who reads it, nobody knows what it means.
            if let [reader] = pattern.readers[..] {
                let program = call.shown_name();
                findings.extend(judge(watched, &program, &pattern, reader));
            }
        }
    }
    findings
}

fn judge(watched: &Watched<'_>, program: &str, pattern: &Pattern, reader: Reader) -> Vec<Finding> {
    let text = pattern.text.as_str();
    let read = regex::parse(text, reader);
    if read.fault.is_some() {
        return Vec::new();
    }
    let make = match reader.dialect {
        Dialect::Gnu => format!("GNU's `{program}`"),
        Dialect::Musl => format!("the `{program}` of this image"),
    };
    let mut findings = Vec::new();
    for (range, construct) in read.constructs {
        let written = &text[range.clone()];
        let Some(why) = misread(construct, construct.meaning(reader), written) else {
            continue;
        };
        let new = construct.portable(written);
        let edit = new
            .as_ref()
            .and_then(|new| pattern.text.replace(range.clone(), new));
        let help = match &new {
            Some(new) => format!("write `{new}`"),
            None if matches!(construct, Construct::PerlGroup) => {
                "write a plain group, `( … )`, or ask for Perl's patterns with `-P`".to_owned()
            }
            None => "write the character itself, or ask for Perl's patterns with `-P`".to_owned(),
        };
        findings.push(
            watched
                .finding(
                    &RULE,
                    Severity::Warning,
                    pattern.text.span_of(range),
                    format!("{make} reads `{written}` otherwise than it is meant"),
                    why,
                )
                .help(help)
                .fix(
                    new.zip(edit)
                        .map(|(new, edit)| Fix::safe(format!("write `{new}`"), vec![edit])),
                ),
        );
    }
    findings
}

/// What the program makes of it, where that is not what people mean by it.
fn misread(construct: Construct, meaning: Meaning, written: &str) -> Option<String> {
    match (construct, meaning) {
        (Construct::ClassEscape(letter) | Construct::ControlEscape(letter), Meaning::Letter) => {
            Some(format!("for it that is the letter `{letter}`"))
        }
        (Construct::EscapeInBracket('s' | 'S' | 'd' | 'D' | 'w' | 'W'), Meaning::Both) => Some(
            "between brackets a backslash stands for itself: it finds a backslash or that letter"
                .to_owned(),
        ),
        (Construct::PerlGroup, Meaning::Ignored) => Some(format!(
            "`{written}` is Perl's: without `-P` the question mark is passed over, and what follows it is plain text"
        )),
        _ => None,
    }
}
