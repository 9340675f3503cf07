//! A call in other words, written where it stands: in a list, or in a script through all its quotes.

use std::ops::Range;

use crate::model::command::{Call, quoted};
use crate::model::draft::{Draft, NewTest};
use crate::model::probe::Form;
use crate::rule::Watched;
use crate::text::{Edit, Traced};

/// Puts words behind the word `at` of a call.
pub fn insert(watched: &Watched<'_>, call: &Call, at: usize, new: Vec<Draft>) -> Option<Edit> {
    let word = call.words.get(at)?;
    if let Some((script, range)) = &word.place {
        let words: Option<Vec<&str>> = new.iter().map(Draft::new_text).collect();
        let text: String = words?.iter().flat_map(|word| [" ", *word]).collect();
        return script.replace(range.end..range.end, &text);
    }
    let words = listed(watched)?;
    let place = words.iter().position(|other| other.span() == word.span)?;
    let mut drafts: Vec<Draft> = words.iter().map(Draft::kept).collect();
    let behind = drafts.split_off(place + 1);
    drafts.extend(new);
    drafts.extend(behind);
    watched.test?.value.notation.rewrite(&NewTest::Exec(drafts))
}

/// Puts the words `before` in place of a call, and behind them the word `kept` as it is written, with a part of it
/// replaced.
pub fn call(
    watched: &Watched<'_>,
    call: &Call,
    before: &[String],
    kept: Option<usize>,
    part: Option<&(Range<usize>, &str)>,
) -> Option<Vec<Edit>> {
    match &call.words.first()?.place {
        Some((script, _)) => in_script(call, script, before, kept, part),
        None => in_list(watched, call, before, kept, part).map(|edit| vec![edit]),
    }
}

/// Puts other words in place of some of a call's; none takes them out, with the blank before them.
pub fn words(
    watched: &Watched<'_>,
    call: &Call,
    old: Range<usize>,
    new: &[String],
) -> Option<Edit> {
    let (first, last) = (call.words.get(old.start)?, call.words.get(old.end - 1)?);
    if let Some((script, from)) = &first.place {
        let (_, to) = last.place.as_ref()?;
        let new: Vec<String> = new.iter().map(|word| quoted(word)).collect();
        let before = script.as_str().get(..from.start)?;
        let start = if new.is_empty() {
            before.trim_end_matches([' ', '\t']).len()
        } else {
            from.start
        };
        return script.replace(start..to.end, &new.join(" "));
    }
    let words = listed(watched)?;
    let at = |span| words.iter().position(|other| other.span() == span);
    let (start, end) = (at(first.span)?, at(last.span)? + 1);
    let mut drafts: Vec<Draft> = words[..start].iter().map(Draft::kept).collect();
    drafts.extend(new.iter().map(Draft::text));
    drafts.extend(words[end..].iter().map(Draft::kept));
    watched.test?.value.notation.rewrite(&NewTest::Exec(drafts))
}

fn in_script(
    call: &Call,
    script: &Traced,
    before: &[String],
    kept: Option<usize>,
    part: Option<&(Range<usize>, &str)>,
) -> Option<Vec<Edit>> {
    let range = |at: usize| Some(call.words.get(at)?.place.as_ref()?.1.clone());
    let start = range(0)?.start;
    let end = range(call.words.len() - 1)?.end;
    let before: Vec<String> = before.iter().map(|word| quoted(word)).collect();
    let before = before.join(" ");
    let Some(kept) = kept else {
        return Some(vec![script.replace(start..end, &before)?]);
    };
    let word = range(kept)?;
    let mut edits = vec![script.replace(start..word.start, &format!("{before} "))?];
    if let Some((place, new)) = part {
        edits.push(call.words.get(kept)?.text.replace(place.clone(), new)?);
    }
    if word.end < end {
        edits.push(script.replace(word.end..end, "")?);
    }
    Some(edits)
}

fn in_list(
    watched: &Watched<'_>,
    call: &Call,
    before: &[String],
    kept: Option<usize>,
    part: Option<&(Range<usize>, &str)>,
) -> Option<Edit> {
    let words = listed(watched)?;
    let first = call.words.first()?;
    let start = words.iter().position(|other| other.span() == first.span)?;
    // A wrapper such as `timeout 5` stays in front.
    let mut drafts: Vec<Draft> = words[..start].iter().map(Draft::kept).collect();
    drafts.extend(before.iter().map(Draft::text));
    if let Some(kept) = kept {
        let word = &call.words.get(kept)?.text;
        drafts.push(match part {
            None => Draft::kept(word),
            Some((place, new)) => Draft::kept(&word.slice(0..place.start))
                .then(*new)
                .then_kept(&word.slice(place.end..word.len())),
        });
    }
    watched.test?.value.notation.rewrite(&NewTest::Exec(drafts))
}

/// The words of a test in list form.
fn listed<'a>(watched: &Watched<'a>) -> Option<&'a [Traced]> {
    match &watched.test?.value.form {
        Form::Exec(words) => Some(words),
        _ => None,
    }
}
