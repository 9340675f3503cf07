//! Compose's `$` in a text: `$$`, `$NAME`, `${NAME…}`, as compose-go's `template` package reads them.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::text::{Around, Decoder, Filling, Traced, Variable};

/// How deep defaults may lie in defaults; deeper ones are left as unknown values.
const DEEPEST: usize = 64;

/// A text after interpolation.
#[derive(Clone, Debug)]
pub struct Interpolated {
    /// The text that the container sees, as far as it is known.
    pub text: Traced,
    /// What Compose refuses; the text holds it as it was written.
    pub problems: Vec<Problem>,
    /// Every `$` that Compose since 2.11.2 leaves alone, but that older ones and `docker stack` refuse: `$2`, `$(`.
    /// Ranges of the input text; each holds the `$` and the character behind it, if there is one.
    pub strays: Vec<Range<usize>>,
    /// Every variable that was asked for, defaults included, in order.
    pub names: Vec<String>,
}

/// What Compose refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place in the input text, from its `$`.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// The kinds of [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// `${…}` holds something other than a name and a modifier; Compose: "invalid interpolation format".
    Invalid,
    /// `${` is never closed; Compose: "invalid interpolation format".
    Unclosed,
    /// `${NAME:?message}`: Compose stops unless somebody sets the variable, and nobody in the files does.
    Required {
        /// The variable.
        name: String,
        /// What the author has Compose say.
        message: String,
    },
}

/// What is known of a variable: its value and where that comes from. None: nobody in sight sets it.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<(String, Filling)>;

/// Spells text for a place that Compose interpolates: every `$` is doubled.
pub fn spell(text: &str, around: Around<'_>) -> Option<String> {
    // A single `$` that stands in front would take a name or brace that comes behind it, or a `$` its partner.
    let open = around.before.len() - around.before.trim_end_matches('$').len();
    let next = text.chars().next().or_else(|| around.after.chars().next());
    let joins =
        |next: char| next == '$' || next == '{' || next == '_' || next.is_ascii_alphabetic();
    if open % 2 == 1 && next.is_some_and(joins) {
        return None;
    }
    Some(text.replace('$', "$$"))
}

/// Refuses: a name ends where this place starts, and new text could become part of it.
fn after_name(text: &str, around: Around<'_>) -> Option<String> {
    let next = text.chars().next().or_else(|| around.after.chars().next());
    let joins = next.is_some_and(|next| next == '_' || next.is_ascii_alphanumeric());
    let is_seam = ends_in_name(around.before);
    if is_seam && joins {
        return None;
    }
    spell(text, around)
}

/// Whether `before` ends in `$NAME` without braces.
fn ends_in_name(before: &str) -> bool {
    let head =
        before.trim_end_matches(|letter: char| letter == '_' || letter.is_ascii_alphanumeric());
    let name = &before[head.len()..];
    let dollars = head.len() - head.trim_end_matches('$').len();
    dollars % 2 == 1 && starts_name(name)
}

/// Replaces what Compose replaces. Unset variables without a default are holes, since the environment may set them.
pub fn interpolate(text: &Traced, lookup: Lookup<'_>) -> Interpolated {
    let mut reader = Reader {
        text: text.as_str(),
        braces: braces(text.as_str()),
        lookup,
        problems: Vec::new(),
        strays: Vec::new(),
        names: Vec::new(),
    };
    let mut decoder = text.decoder(after_name);
    reader.read(&mut decoder);
    Interpolated {
        text: decoder.finish(),
        problems: reader.problems,
        strays: reader.strays,
        names: reader.names,
    }
}

struct Reader<'a> {
    text: &'a str,
    braces: FxHashMap<usize, usize>,
    lookup: Lookup<'a>,
    problems: Vec<Problem>,
    strays: Vec<Range<usize>>,
    names: Vec<String>,
}

/// The value of a piece of text, and how sure it is.
struct Resolved {
    text: Option<String>,
    filling: Filling,
}

impl Resolved {
    fn unknown() -> Self {
        Self {
            text: None,
            filling: Filling::Unknown,
        }
    }

    fn known(text: String, filling: Filling) -> Self {
        Self {
            text: Some(text),
            filling,
        }
    }
}

impl Reader<'_> {
    fn read(&mut self, decoder: &mut Decoder) {
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'$', &self.text.as_bytes()[at..]) {
            decoder.copy(at..at + found, after_name);
            at += found;
            at = self.dollar(at, decoder);
        }
        decoder.copy(at..self.text.len(), after_name);
    }

    /// Reads what starts with the `$` at `at`; says where it ends.
    fn dollar(&mut self, at: usize, decoder: &mut Decoder) -> usize {
        let rest = &self.text[at + 1..];
        if rest.starts_with('$') {
            decoder.atom(at..at + 2, "$", after_name);
            return at + 2;
        }
        if rest.starts_with('{') {
            return self.braced(at, decoder);
        }
        let name = name_at(rest);
        if name.is_empty() {
            let next = rest.chars().next().map_or(0, char::len_utf8);
            self.strays.push(at..at + 1 + next);
            decoder.copy(at..at + 1, after_name);
            return at + 1;
        }
        let end = at + 1 + name.len();
        self.names.push(name.to_owned());
        let value = match (self.lookup)(name) {
            Some((value, filling)) => Resolved::known(value, filling),
            None => Resolved::unknown(),
        };
        let variable = Variable {
            shown: self.text[at..end].to_owned(),
            name: Some(name.to_owned()),
            filling: value.filling,
        };
        decoder.variable(at..end, variable, value.text.as_deref(), after_name);
        end
    }

    fn braced(&mut self, at: usize, decoder: &mut Decoder) -> usize {
        let Some(end) = self.braces.get(&at).copied() else {
            self.problems.push(Problem {
                range: at..self.text.len(),
                kind: ProblemKind::Unclosed,
            });
            // Nobody reads what stands in open braces, so nothing exact can be written there.
            decoder.atom(at..self.text.len(), &self.text[at..], after_name);
            return self.text.len();
        };
        let Some(value) = self.substitute(at + 2..end, at, 0) else {
            self.problems.push(Problem {
                range: at..end + 1,
                kind: ProblemKind::Invalid,
            });
            decoder.atom(at..end + 1, &self.text[at..=end], after_name);
            return end + 1;
        };
        let variable = Variable {
            shown: self.text[at..=end].to_owned(),
            name: Some(name_at(&self.text[at + 2..end]).to_owned()),
            filling: value.filling,
        };
        decoder.variable(at..end + 1, variable, value.text.as_deref(), after_name);
        end + 1
    }

    /// The value of what stands in braces; None where it is not a name and a modifier.
    fn substitute(&mut self, inner: Range<usize>, dollar: usize, depth: usize) -> Option<Resolved> {
        let text = &self.text[inner.clone()];
        let name = name_at(text);
        if name.is_empty() {
            return None;
        }
        let modifier = &text[name.len()..];
        let (nonempty, sign) = match modifier.strip_prefix(':') {
            Some(sign) => (true, sign),
            None => (false, modifier),
        };
        let word =
            inner.end - sign.len() + sign.chars().next().map_or(0, char::len_utf8)..inner.end;
        self.names.push(name.to_owned());
        let found = (self.lookup)(name);
        let found = found.filter(|(value, _)| !nonempty || !value.is_empty());
        let value = match (sign.chars().next(), found) {
            (None, _) if nonempty => return None,
            (None | Some('-' | '?'), Some((value, filling))) => Resolved::known(value, filling),
            (Some('-'), None) => self.word(word, Filling::Default, depth),
            (Some('+'), Some((_, filling))) => self.word(word, filling, depth),
            // Nobody in sight sets it, yet the environment may.
            (None | Some('+'), None) => Resolved::unknown(),
            (Some('?'), None) => {
                self.problems.push(Problem {
                    range: dollar..inner.end + 1,
                    kind: ProblemKind::Required {
                        name: name.to_owned(),
                        message: self.text[word].to_owned(),
                    },
                });
                Resolved::unknown()
            }
            (Some(_), _) => return None,
        };
        Some(value)
    }

    /// The value of a default, which may hold variables itself.
    fn word(&mut self, range: Range<usize>, mut filling: Filling, depth: usize) -> Resolved {
        if depth >= DEEPEST {
            return Resolved::unknown();
        }
        let text = self.text;
        let mut out = String::new();
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            let Some(dollar) = memchr::memchr(b'$', rest.as_bytes()) else {
                out.push_str(rest);
                break;
            };
            out.push_str(&rest[..dollar]);
            at += dollar;
            let rest = &text[at + 1..range.end];
            if rest.starts_with('$') {
                out.push('$');
                at += 2;
                continue;
            }
            let name = name_at(rest);
            let (value, next) = if rest.starts_with('{') {
                let Some(end) = self.braces.get(&at).copied().filter(|end| *end < range.end) else {
                    out.push('$');
                    at += 1;
                    continue;
                };
                let Some(value) = self.substitute(at + 2..end, at, depth + 1) else {
                    self.problems.push(Problem {
                        range: at..end + 1,
                        kind: ProblemKind::Invalid,
                    });
                    return Resolved::unknown();
                };
                (value, end + 1)
            } else if name.is_empty() {
                self.strays
                    .push(at..at + 1 + rest.chars().next().map_or(0, char::len_utf8));
                out.push('$');
                at += 1;
                continue;
            } else {
                self.names.push(name.to_owned());
                let value = (self.lookup)(name)
                    .map_or_else(Resolved::unknown, |(value, filling)| {
                        Resolved::known(value, filling)
                    });
                (value, at + 1 + name.len())
            };
            let Some(known) = value.text else {
                return Resolved::unknown();
            };
            if value.filling == Filling::Environment {
                filling = Filling::Environment;
            }
            out.push_str(&known);
            at = next;
        }
        Resolved::known(out, filling)
    }
}

/// The name at the start of `text`; empty where there is none.
fn name_at(text: &str) -> &str {
    if !starts_name(text) {
        return "";
    }
    let end = text
        .find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    &text[..end]
}

fn starts_name(text: &str) -> bool {
    text.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
}

/// For every `${` that is closed, where it starts and where its `}` stands; found in one pass.
fn braces(text: &str) -> FxHashMap<usize, usize> {
    let bytes = text.as_bytes();
    let mut pairs = FxHashMap::default();
    let mut open = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'$', Some(b'$')) => at += 1,
            (b'$', Some(b'{')) => {
                open.push(at);
                at += 1;
            }
            (b'}', _) => {
                if let Some(start) = open.pop() {
                    pairs.insert(start, at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{HOLE, SourceId, Span, apply};

    fn source(text: &str) -> Traced {
        Traced::source(Span::new(SourceId(0), 0, text.len()), text)
    }

    /// `SET` is in the environment, `EMPTY` is there and empty, nothing else is known.
    fn known(name: &str) -> Option<(String, Filling)> {
        match name {
            "SET" => Some(("value".into(), Filling::Environment)),
            "EMPTY" => Some((String::new(), Filling::Environment)),
            _ => None,
        }
    }

    fn read(text: &str) -> Interpolated {
        interpolate(&source(text), &known)
    }

    #[test]
    fn every_form_gives_what_compose_gives() {
        let hole = HOLE.to_string();
        for (text, expected) in [
            ("plain", "plain"),
            ("$$x $$$$", "$x $$"),
            ("$SET ${SET}", "value value"),
            ("$$$SET", "$value"),
            ("\\$SET", "\\value"),
            ("$SET_x", &*hole),
            ("$x:-d", &format!("{hole}:-d")),
            ("${x:-d}${x-d}", "dd"),
            ("${EMPTY:-d}|${EMPTY-d}", "d|"),
            ("${SET:-d}", "value"),
            ("${x:-${y:-deep}}", "deep"),
            ("${x:-a$$b}", "a$b"),
            ("${x:-}", ""),
            ("${SET:+yes}|${SET+yes}|${EMPTY+yes}", "yes|yes|yes"),
            ("${SET:?no}", "value"),
            ("$2 $( $? a$ $é", "$2 $( $? a$ $é"),
            ("${x:-}}", "}"),
        ] {
            let found = read(text);
            assert_eq!(found.text.as_str(), expected, "{text}");
            assert_eq!(found.problems, [], "{text}");
        }
    }

    #[test]
    fn what_compose_refuses_is_told_and_left_as_it_is() {
        for text in [
            "${}", "${1}", "${ S }", "${S:=x}", "${S%x}", "${#S}", "${S:0:1}", "${S/a/b}",
            "${S.x}", "${x:}",
        ] {
            let found = read(text);
            assert_eq!(found.text.as_str(), text);
            let problem = Problem {
                range: 0..text.len(),
                kind: ProblemKind::Invalid,
            };
            assert_eq!(found.problems, [problem], "{text}");
        }
        assert_eq!(read("a${x").problems[0].kind, ProblemKind::Unclosed);
        let required = ProblemKind::Required {
            name: "x".into(),
            message: "say it".into(),
        };
        assert_eq!(read("${x:?say it}").problems[0].kind, required);
    }

    #[test]
    fn strays_are_where_old_engines_stop() {
        let text = "awk '{print $2}' $(x) $$3 a$";
        let found: Vec<&str> = read(text)
            .strays
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, ["$2", "$(", "$"]);
    }

    #[test]
    fn values_say_where_they_come_from() {
        let found = read("${x:-80} $SET $y");
        assert_eq!(found.text.shown(), "80 $SET $y");
        assert!(found.text.from_environment());
        assert_eq!(found.text.known(), None);
        assert_eq!(read("${x:-80}").text.known(), Some("80"));
        assert_eq!(found.names, ["x", "SET", "y"]);
        assert!(read("${x:-a$SET}").text.from_environment());
    }

    #[test]
    fn edits_obey_the_lens_law() {
        let (mut done, mut refused) = (0, 0);
        for raw in [
            "a$$b $x é$$$$ ${y:-d}$2 $SET.c",
            "$",
            "$$",
            "x$",
            "$x",
            "${x}y",
            "$(a) $1",
        ] {
            let before = read(raw).text;
            let text = before.as_str();
            let ends: Vec<usize> = (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .collect();
            for (index, &start) in ends.iter().enumerate() {
                for &end in &ends[index..] {
                    for new in ["", "z", "$", "{", "$x", "9", "é$"] {
                        let Some(edit) = before.replace(start..end, new) else {
                            refused += 1;
                            continue;
                        };
                        let edited = apply(raw, &[edit]);
                        let expected = format!("{}{new}{}", &text[..start], &text[end..]);
                        assert_eq!(
                            read(&edited).text.as_str(),
                            expected,
                            "{raw} {start}..{end} <- {new}: {edited}"
                        );
                        done += 1;
                    }
                }
            }
        }
        // Variables are never overwritten, so many are refused.
        assert!(done > 300, "{done} done, {refused} refused");
    }

    #[test]
    fn hostile_text_is_read_without_harm() {
        for text in [
            "${x:-".repeat(20_000),
            "${x:-".repeat(300) + &"}".repeat(300),
            "${".repeat(20_000),
            "$".repeat(99_999),
        ] {
            assert!(!read(&text).text.is_empty());
        }
    }
}
