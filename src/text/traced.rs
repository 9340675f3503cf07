//! Decoded text that remembers its bytes: point loosely, edit exactly.
//!
//! A decoder (YAML style, Compose `$$`, JSON string, shell quoting) reads one [`Traced`] and writes the next.
//! It makes two moves: [`Decoder::copy`], these bytes stand as they are, and [`Decoder::atom`], these bytes
//! together became that text. A third, [`Decoder::variable`], marks what somebody else fills in. Each piece
//! keeps the function that spells new text for its place, so an edit of the innermost text finds its way out
//! through every layer, or is refused by the layer that cannot say it.

use std::ops::Range;
use std::sync::Arc;

use super::{Edit, Span};

/// Stands in decoded text for a value that nobody knows; a real one in the input is no variable and stays text.
pub const HOLE: char = '\u{fffc}';

/// The encoded text on both sides of the place that is edited, in the layer that spells.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// What stands before the place, in the outer (encoded) text.
    pub before: &'a str,
    /// What stands behind it.
    pub after: &'a str,
}

/// Spells new text for one layer, or refuses because this layer cannot say it there.
pub type Spell = fn(&str, Around<'_>) -> Option<String>;

/// Spells text as it is.
///
/// # Errors
/// Never refuses; the option is the shape of every [`Spell`].
#[allow(clippy::unnecessary_wraps)] // It has the shape of a `Spell`.
pub fn verbatim(text: &str, _: Around<'_>) -> Option<String> {
    Some(text.to_owned())
}

/// Something that is filled in by somebody else: Compose, the shell, a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// How a message shows it, for example `${PORT}` or `$(hostname)`.
    pub shown: String,
    /// Its bare name, where it has one.
    pub name: Option<String>,
    /// Where its value comes from.
    pub filling: Filling,
}

/// Where the value of a [`Variable`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// Nobody knows it: the text holds a [`HOLE`].
    Unknown,
    /// The file itself gives the value (`${PORT:-80}`): the text holds it and messages may show it.
    Default,
    /// The environment or an env file gives it: the text holds it, messages must not, and it proves nothing.
    Environment,
}

/// Decoded text whose every byte can be traced to the source. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Traced(Arc<Layer>);

#[derive(Debug)]
struct Layer {
    text: String,
    outer: Outer,
    /// In order and without gaps; a source layer has none, it is its bytes.
    pieces: Vec<Piece>,
    /// How text is spelled where there is no piece to ask.
    spell: Spell,
}

#[derive(Debug)]
enum Outer {
    Source(Span),
    Layer(Traced),
}

#[derive(Clone, Debug)]
struct Piece {
    text: Range<usize>,
    outer: Range<usize>,
    kind: Kind,
    spell: Spell,
}

#[derive(Clone, Debug)]
enum Kind {
    Copy,
    Atom,
    Variable(Arc<Variable>),
}

impl Traced {
    /// The bytes of `span` themselves; `text` must be what the source holds there.
    pub fn source(span: Span, text: &str) -> Self {
        debug_assert_eq!(span.len(), text.len(), "a source layer is its bytes");
        Self(Arc::new(Layer {
            text: text.to_owned(),
            outer: Outer::Source(span),
            pieces: Vec::new(),
            spell: verbatim,
        }))
    }

    /// The decoded text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// How many bytes the decoded text has.
    pub fn len(&self) -> usize {
        self.0.text.len()
    }

    /// Whether the decoded text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.text.is_empty()
    }

    /// The layer that this one was decoded from; None for the source's own bytes.
    pub fn outer(&self) -> Option<&Traced> {
        match &self.0.outer {
            Outer::Source(_) => None,
            Outer::Layer(outer) => Some(outer),
        }
    }

    /// Starts the next layer. `spell` serves where the new layer comes out empty.
    pub fn decoder(&self, spell: Spell) -> Decoder {
        Decoder {
            outer: self.clone(),
            text: String::new(),
            pieces: Vec::new(),
            spell,
        }
    }

    /// A part of this text that edits and points like the whole.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Traced {
        let mut decoder = self.decoder(verbatim);
        decoder.copy(range.clone(), verbatim);
        let mut layer = decoder.into_layer();
        if layer.pieces.is_empty() {
            // An empty slice still lies somewhere: remember the place.
            layer.pieces.push(Piece {
                text: 0..0,
                outer: range,
                kind: Kind::Copy,
                spell: verbatim,
            });
        }
        Traced(Arc::new(layer))
    }

    /// The source bytes that made the whole text.
    pub fn span(&self) -> Span {
        self.span_of(0..self.len())
    }

    /// The smallest stretch of source that made this range. For pointing; it never fails.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        match &self.0.outer {
            Outer::Source(span) => {
                let end = range.end.min(self.len());
                let start = range.start.min(end);
                Span::new(
                    span.source,
                    span.start as usize + start,
                    span.start as usize + end,
                )
            }
            Outer::Layer(outer) => outer.span_of(self.outer_range(range)),
        }
    }

    /// Puts `new` in place of `range`, spelled the way each layer needs it.
    ///
    /// None if that would cut an escape, overwrite a variable, or cannot be spelled there.
    pub fn replace(&self, range: Range<usize>, new: &str) -> Option<Edit> {
        let Outer::Layer(outer) = &self.0.outer else {
            return Some(Edit::replace(self.span_of(range), new));
        };
        let (place, spell) = self.place(range)?;
        let around = Around {
            before: outer.as_str().get(..place.start)?,
            after: outer.as_str().get(place.end..)?,
        };
        let spelled = spell(new, around)?;
        outer.replace(place, &spelled)
    }

    /// Every variable in this text, in every layer, with the range that its value takes here.
    pub fn variables(&self) -> Vec<(Range<usize>, Arc<Variable>)> {
        let Outer::Layer(outer) = &self.0.outer else {
            return Vec::new();
        };
        let inherited = outer.variables();
        let mut found: Vec<(Range<usize>, Arc<Variable>)> = Vec::new();
        for piece in &self.0.pieces {
            if let Kind::Variable(variable) = &piece.kind {
                found.push((piece.text.clone(), Arc::clone(variable)));
                continue;
            }
            for (range, variable) in &inherited {
                let start = range.start.max(piece.outer.start);
                let end = range.end.min(piece.outer.end);
                if start > end || (start == end && !range.is_empty()) {
                    continue;
                }
                let here = match piece.kind {
                    Kind::Copy => {
                        piece.text.start + start - piece.outer.start
                            ..piece.text.start + end - piece.outer.start
                    }
                    Kind::Atom | Kind::Variable(_) => piece.text.clone(),
                };
                found.push((here, Arc::clone(variable)));
            }
        }
        found
    }

    /// Whether nothing in the range is filled in by somebody unknown.
    pub fn is_known(&self, range: Range<usize>) -> bool {
        !self.variables().iter().any(|(place, variable)| {
            variable.filling == Filling::Unknown
                && place.start < range.end
                && range.start < place.end
        })
    }

    /// The text, where nothing in it is a [`HOLE`].
    pub fn known(&self) -> Option<&str> {
        self.is_known(0..self.len()).then(|| self.as_str())
    }

    /// Whether the environment or an env file had a say in this text, so that it proves nothing.
    pub fn from_environment(&self) -> bool {
        self.variables()
            .iter()
            .any(|(_, variable)| variable.filling == Filling::Environment)
    }

    /// The text as a message may show it: variables by name, never a value from the environment.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        let mut done = 0;
        for (range, variable) in self.variables() {
            if variable.filling == Filling::Default || range.start < done {
                continue;
            }
            out.push_str(&self.as_str()[done..range.start]);
            out.push_str(&variable.shown);
            done = range.end;
        }
        out.push_str(&self.as_str()[done..]);
        out
    }

    /// The pieces that have to do with a range. They lie in order, so that a text of many pieces stays cheap to ask.
    fn near<'a>(&'a self, range: &'a Range<usize>) -> impl Iterator<Item = &'a Piece> {
        let pieces = &self.0.pieces;
        let first = pieces.partition_point(|piece| piece.text.end < range.start);
        pieces[first..]
            .iter()
            .take_while(|piece| piece.text.start <= range.end)
            .filter(|piece| overlaps(&piece.text, range))
    }

    /// The range of the outer text that made this range.
    fn outer_range(&self, range: Range<usize>) -> Range<usize> {
        let touched = self.near(&range);
        let mut hull: Option<Range<usize>> = None;
        for piece in touched {
            let part = match piece.kind {
                Kind::Copy => {
                    let start = range.start.clamp(piece.text.start, piece.text.end);
                    let end = range.end.clamp(piece.text.start, piece.text.end);
                    piece.outer.start + start - piece.text.start
                        ..piece.outer.start + end - piece.text.start
                }
                Kind::Atom | Kind::Variable(_) if range.is_empty() => {
                    if range.start == piece.text.start {
                        piece.outer.start..piece.outer.start
                    } else {
                        piece.outer.end..piece.outer.end
                    }
                }
                Kind::Atom | Kind::Variable(_) => piece.outer.clone(),
            };
            hull = Some(hull.map_or(part.clone(), |hull| {
                hull.start.min(part.start)..hull.end.max(part.end)
            }));
            if range.is_empty() {
                break;
            }
        }
        hull.unwrap_or_else(|| match &self.0.outer {
            Outer::Layer(outer) => 0..outer.len(),
            Outer::Source(span) => 0..span.len(),
        })
    }

    /// The outer range to edit and the one way of spelling there, if an edit of `range` is exact.
    fn place(&self, range: Range<usize>) -> Option<(Range<usize>, Spell)> {
        if range.is_empty() {
            return self.insertion(range.start);
        }
        let mut place: Option<(Range<usize>, Spell)> = None;
        for piece in self.near(&range) {
            let part = match piece.kind {
                Kind::Variable(_) => return None,
                Kind::Atom if piece.text.start < range.start || range.end < piece.text.end => {
                    return None;
                }
                Kind::Atom => piece.outer.clone(),
                Kind::Copy => {
                    let start = range.start.max(piece.text.start);
                    let end = range.end.min(piece.text.end);
                    piece.outer.start + start - piece.text.start
                        ..piece.outer.start + end - piece.text.start
                }
            };
            place = match place {
                None => Some((part, piece.spell)),
                Some((hull, spell)) if same(spell, piece.spell) => {
                    Some((hull.start..part.end, spell))
                }
                Some(_) => return None,
            };
        }
        place
    }

    /// Where an insertion at `at` goes: behind the piece that ends there, else before the one that starts there.
    fn insertion(&self, at: usize) -> Option<(Range<usize>, Spell)> {
        let pieces = &self.0.pieces;
        if pieces.is_empty() {
            let Outer::Layer(outer) = &self.0.outer else {
                return None;
            };
            return (outer.is_empty() && at == 0).then_some((0..0, self.0.spell));
        }
        let (before, behind) =
            pieces.split_at(pieces.partition_point(|piece| piece.text.start < at));
        let left = before.last().filter(|piece| at <= piece.text.end);
        let right = behind.first();
        let chosen = match (left, right) {
            (Some(left), _) if !matches!(left.kind, Kind::Variable(_)) => left,
            (_, Some(right)) if right.text.start == at => right,
            (Some(left), _) => left,
            _ => return None,
        };
        let place = if chosen.text.start >= at {
            chosen.outer.start
        } else {
            match chosen.kind {
                Kind::Copy => chosen.outer.start + at - chosen.text.start,
                _ if at == chosen.text.end => chosen.outer.end,
                _ => return None,
            }
        };
        Some((place..place, chosen.spell))
    }
}

/// Writes one layer of a [`Traced`], piece by piece, in order.
#[derive(Debug)]
pub struct Decoder {
    outer: Traced,
    text: String,
    pieces: Vec<Piece>,
    spell: Spell,
}

impl Decoder {
    /// These bytes of the outer text stand as they are.
    pub fn copy(&mut self, outer: Range<usize>, spell: Spell) {
        if outer.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(&self.outer.as_str()[outer.clone()]);
        if let Some(last) = self.pieces.last_mut()
            && matches!(last.kind, Kind::Copy)
            && last.outer.end == outer.start
            && same(last.spell, spell)
        {
            last.outer.end = outer.end;
            last.text.end = self.text.len();
            return;
        }
        self.push(start, outer, Kind::Copy, spell);
    }

    /// These bytes of the outer text together became `text`.
    pub fn atom(&mut self, outer: Range<usize>, text: &str, spell: Spell) {
        let start = self.text.len();
        self.text.push_str(text);
        self.push(start, outer, Kind::Atom, spell);
    }

    /// These bytes are filled in by somebody else: `value` where it is known, else a [`HOLE`].
    pub fn variable(
        &mut self,
        outer: Range<usize>,
        variable: Variable,
        value: Option<&str>,
        spell: Spell,
    ) {
        let start = self.text.len();
        match value {
            Some(value) => self.text.push_str(value),
            None => self.text.push(HOLE),
        }
        self.push(start, outer, Kind::Variable(Arc::new(variable)), spell);
    }

    /// The text so far.
    pub fn so_far(&self) -> &str {
        &self.text
    }

    /// The layer that was written.
    pub fn finish(self) -> Traced {
        Traced(Arc::new(self.into_layer()))
    }

    fn into_layer(self) -> Layer {
        Layer {
            text: self.text,
            outer: Outer::Layer(self.outer),
            pieces: self.pieces,
            spell: self.spell,
        }
    }

    fn push(&mut self, start: usize, outer: Range<usize>, kind: Kind, spell: Spell) {
        self.pieces.push(Piece {
            text: start..self.text.len(),
            outer,
            kind,
            spell,
        });
    }
}

fn same(one: Spell, other: Spell) -> bool {
    std::ptr::fn_addr_eq(one, other)
}

/// Whether a piece has to do with a range; an empty range touches the pieces on both its sides.
fn overlaps(piece: &Range<usize>, range: &Range<usize>) -> bool {
    if range.is_empty() || piece.is_empty() {
        piece.start <= range.end && range.start <= piece.end
    } else {
        piece.start < range.end && range.start < piece.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceId, apply};

    #[allow(clippy::unnecessary_wraps)] // It has the shape of a `Spell`.
    fn double(text: &str, _: Around<'_>) -> Option<String> {
        Some(text.replace('$', "$$"))
    }

    /// `$$` is `$`, `$x` is a variable nobody knows.
    fn dollars(outer: &Traced) -> Traced {
        let text = outer.as_str();
        let mut decoder = outer.decoder(double);
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let len = if rest.starts_with("$$") {
                decoder.atom(at..at + 2, "$", double);
                2
            } else if rest.starts_with("$x") {
                let variable = Variable {
                    shown: "$x".into(),
                    name: Some("x".into()),
                    filling: Filling::Unknown,
                };
                decoder.variable(at..at + 2, variable, None, double);
                2
            } else {
                let len = rest.chars().next().map_or(1, char::len_utf8);
                decoder.copy(at..at + len, double);
                len
            };
            at += len;
        }
        decoder.finish()
    }

    fn source(text: &str) -> Traced {
        Traced::source(Span::new(SourceId(0), 0, text.len()), text)
    }

    #[test]
    fn every_exact_edit_obeys_the_lens_law() {
        let raw = "a$$b $x é$$$$ cd$$ef";
        let decoded = dollars(&dollars(&source(raw)));
        let mut done = 0;
        for start in 0..=decoded.len() {
            for end in start..=decoded.len() {
                if !decoded.as_str().is_char_boundary(start)
                    || !decoded.as_str().is_char_boundary(end)
                {
                    continue;
                }
                for new in ["", "z", "$", "é$"] {
                    let Some(edit) = decoded.replace(start..end, new) else {
                        continue;
                    };
                    let after = dollars(&dollars(&source(&apply(raw, &[edit]))));
                    let text = decoded.as_str();
                    let expected = format!("{}{new}{}", &text[..start], &text[end..]);
                    assert_eq!(after.as_str(), expected, "{start}..{end} <- {new:?}");
                    done += 1;
                }
            }
        }
        assert!(done > 100, "{done} edits are too few to prove anything");
    }

    #[test]
    fn variables_are_shown_by_name_and_never_overwritten() {
        let decoded = dollars(&source("p=$x;"));
        assert_eq!(decoded.known(), None);
        assert_eq!(decoded.shown(), "p=$x;");
        assert_eq!(decoded.replace(2..2 + HOLE.len_utf8(), "80"), None);
        assert_eq!(decoded.slice(0..2).known(), Some("p="));
    }

    #[test]
    fn an_empty_slice_lies_where_it_was_cut() {
        let text = source("abc");
        assert_eq!(text.slice(1..1).span().range(), 1..1);
    }
}
