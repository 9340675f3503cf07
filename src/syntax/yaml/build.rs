//! From the parser's events to the tree, without recursion, in one pass, within fixed bounds.

use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, options};
use rustc_hash::FxHashMap;

use super::double_quoted::{Meaning, escape, mask};
use super::kind::Kind;
use super::tree::{Anchor, Entry, Mapping, Node, Scalar, Sequence, Style, Tag, Value, follow};
use super::{Escape, Parsed, Problem, ProblemKind, words};
use crate::text::{SourceId, Span};

/// How many values of one source are kept: far more than any file that people write, and a bound on memory.
const MOST_NODES: usize = 2_000_000;
/// How many values all aliases of one source together may stand for.
const MOST_ALIASED: usize = 400_000;
/// How many problems of one source are told; whoever has more has read enough.
const MOST_PROBLEMS: usize = 500;
/// How deep values may lie within each other when aliases are followed.
const DEEPEST: usize = 1_000;

/// Reads the YAML of a source. It never fails: what is wrong is told in [`Parsed::problems`].
pub fn parse(source: SourceId, text: &Arc<str>) -> Parsed {
    let (parsed, stopped) = read(source, text, text);
    let is_escape = matches!(
        stopped,
        Some(
            ErrorKind::UnknownQuotedScalarEscape
                | ErrorKind::InvalidQuotedScalarHexEscape
                | ErrorKind::InvalidLowSurrogateHexEscape
                | ErrorKind::InvalidLowSurrogate
                | ErrorKind::MissingLowSurrogate
                | ErrorKind::UnpairedLowSurrogate
                | ErrorKind::InvalidUnicodeEscape
        )
    );
    if is_escape {
        return read(source, text, &mask(text)).0;
    }
    parsed
}

/// Reads `text`, whose structure is that of `masked`.
fn read(source: SourceId, text: &Arc<str>, masked: &str) -> (Parsed, Option<ErrorKind>) {
    let options = options! {
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    let mut parser = Parser::new_from_str_with_options(masked, options);
    let mut builder = Builder {
        source,
        text,
        masked,
        parsed: Parsed::default(),
        open: Vec::new(),
        anchors: FxHashMap::default(),
        nodes: 0,
        aliased: 0,
        done: 0,
        root: None,
    };
    let mut stopped = None;
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                let anchor = match parser.peek() {
                    Some(Ok((Event::Anchor(_, name), span))) if event.is_node() => {
                        Some((name.to_string(), *span))
                    }
                    _ => None,
                };
                builder.take(event, span, anchor);
            }
            Err(error) => {
                let mut at = error.marker().byte_offset().unwrap_or(text.len());
                // The parser looks up behind the tab that it minds.
                if words::is_about_tabs(error.kind())
                    && text.get(..at).is_some_and(|before| before.ends_with('\t'))
                {
                    at -= 1;
                }
                let span = builder.character_at(at);
                builder.problem(
                    ProblemKind::Syntax,
                    span,
                    words::explain(error.kind()),
                    None,
                );
                stopped = Some(error.kind().clone());
                break;
            }
        }
        if builder.nodes > MOST_NODES {
            let span = builder.character_at(builder.done);
            let message =
                format!("the file holds more than {MOST_NODES} values: it is not read further");
            builder.problem(ProblemKind::TooLarge, span, message, None);
            break;
        }
    }
    (builder.parsed, stopped)
}

struct Builder<'a> {
    source: SourceId,
    text: &'a Arc<str>,
    masked: &'a str,
    parsed: Parsed,
    open: Vec<Open>,
    anchors: FxHashMap<usize, Anchored>,
    nodes: usize,
    aliased: usize,
    /// Where the last token ended.
    done: usize,
    root: Option<Arc<Node>>,
}

/// A collection whose end is still to come.
struct Open {
    start: usize,
    column: usize,
    flow: bool,
    in_flow: bool,
    properties: Properties,
    measure: Measure,
    content: Content,
}

enum Content {
    Items(Vec<Arc<Node>>),
    Entries(Vec<Entry>, Option<Arc<Node>>),
}

#[derive(Default)]
struct Properties {
    id: usize,
    anchor: Option<Box<Anchor>>,
    tag: Option<Box<Tag>>,
}

/// How much a value is when its aliases are followed.
#[derive(Clone, Copy)]
struct Measure {
    size: usize,
    depth: usize,
}

enum Anchored {
    Open,
    Known(Arc<Node>, Measure),
}

impl Builder<'_> {
    fn take(
        &mut self,
        event: Event<'_>,
        at: granit_parser::Span,
        anchor: Option<(String, granit_parser::Span)>,
    ) {
        let range = at.byte_range().unwrap_or(self.done..self.done);
        let span = self.span(range.start, range.end);
        let column = at.start.col();
        match event {
            Event::Comment(..) => {
                self.parsed.comments.push(span);
                return;
            }
            Event::Scalar(value, style, id, _) => {
                let properties = self.properties(id, &at, anchor);
                self.scalar(&value, style, &at, span, properties);
            }
            Event::SequenceStart(style, id, _) => {
                let properties = self.properties(id, &at, anchor);
                self.enter(
                    Content::Items(Vec::new()),
                    style,
                    range.start,
                    column,
                    properties,
                );
            }
            Event::MappingStart(style, id, _) => {
                let properties = self.properties(id, &at, anchor);
                self.enter(
                    Content::Entries(Vec::new(), None),
                    style,
                    range.start,
                    column,
                    properties,
                );
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(range.end),
            Event::Alias(id) => self.alias(id, span, column),
            Event::UnresolvedAlias(name) => {
                let message = format!(
                    "`*{name}` names an anchor that is not defined before it: define `&{name}` above"
                );
                self.problem(ProblemKind::UnknownAlias, span, message, None);
                self.add_alias(None, span, column, Measure { size: 1, depth: 1 });
            }
            Event::DocumentEnd => {
                self.parsed.documents.extend(self.root.take());
                self.anchors.clear();
            }
            _ => {}
        }
        // Anchors are told behind their node, so ends only count upwards.
        self.done = self.done.max(range.end.min(self.text.len()));
    }

    fn properties(
        &mut self,
        id: usize,
        at: &granit_parser::Span,
        anchor: Option<(String, granit_parser::Span)>,
    ) -> Properties {
        let anchor = anchor.and_then(|(name, at)| {
            let range = at.byte_range()?;
            Some(Box::new(Anchor {
                name,
                span: self.span(range.start, range.end),
            }))
        });
        let tag = at
            .tag_span()
            .and_then(|at| at.byte_range())
            .and_then(|range| {
                Some(Box::new(Tag {
                    text: self.text.get(range.clone())?.to_owned(),
                    span: self.span(range.start, range.end),
                }))
            });
        for span in [
            anchor.as_ref().map(|anchor| anchor.span),
            tag.as_ref().map(|tag| tag.span),
        ] {
            self.done = self.done.max(span.map_or(0, |span| span.end as usize));
        }
        Properties { id, anchor, tag }
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        at: &granit_parser::Span,
        span: Span,
        properties: Properties,
    ) {
        let in_flow = self.in_flow();
        let mut scalar = Scalar {
            value: value.into(),
            style: match style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::SingleQuoted => Style::Single,
                ScalarStyle::DoubleQuoted => Style::Double,
                ScalarStyle::Literal => Style::Literal,
                ScalarStyle::Folded => Style::Folded,
            },
            kind: Kind::String,
            source: Arc::clone(self.text),
            raw: span,
            block: None,
            in_flow,
        };
        let mut column = at.start.col();
        if matches!(scalar.style, Style::Literal | Style::Folded) {
            let (start, end) = self.block_range(span);
            column = self.text[..start]
                .rsplit('\n')
                .next()
                .map_or(0, |line| line.chars().count());
            scalar.raw = self.span(start, end);
            if !value.trim_matches('\n').is_empty() && span.start as usize > start {
                scalar.block = Some((span.start - start as u32, at.start.col() as u32));
            }
        } else if scalar.style == Style::Plain && span.is_empty() {
            // An empty value stands behind its key, not in front of whatever comes next.
            let bare = properties.anchor.is_none() && properties.tag.is_none();
            let place = if bare {
                self.behind_colon(self.done.min(span.start as usize))
            } else {
                self.done
            };
            scalar.raw = self.span(place, place);
        }
        if self.masked.get(scalar.raw.range()) != self.text.get(scalar.raw.range()) {
            self.read_around(&mut scalar);
        }
        let plain = scalar.style == Style::Plain;
        let tag = properties.tag.as_ref().map(|tag| &*tag.text);
        // The parser says `~` for nothing.
        if plain && scalar.raw.is_empty() {
            scalar.value = "".into();
        }
        scalar.kind = Kind::of(&scalar.value, plain, tag);
        let end = scalar.raw.end as usize;
        let node = Node {
            span: self.without_trailing_lines(scalar.raw),
            value: Value::Scalar(scalar),
            in_flow,
            column: column as u32,
            anchor: properties.anchor,
            tag: properties.tag,
        };
        self.done = self.done.max(end);
        self.add(node, properties.id, Measure { size: 1, depth: 1 });
    }

    /// The place behind the `:` that follows on the same line, or `start` where none does.
    fn behind_colon(&self, start: usize) -> usize {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
        match rest.get(blanks) {
            Some(b':') => start + blanks + 1,
            _ => start,
        }
    }

    /// Takes the value from the original text, since the parser saw a masked one.
    fn read_around(&mut self, scalar: &mut Scalar) {
        if scalar.style == Style::Double {
            let raw = self.text.get(scalar.raw.range()).unwrap_or_default();
            let mut at = 0;
            while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
                at += found;
                at += match escape(&raw[at..]) {
                    Meaning::Char(len, _) => len,
                    Meaning::Break => 1,
                    Meaning::Unknown(len) if self.parsed.escapes.len() >= MOST_PROBLEMS => {
                        len.max(1)
                    }
                    Meaning::Unknown(len) => {
                        let start = scalar.raw.start as usize + at;
                        self.parsed.escapes.push(Escape {
                            span: self.span(start, start + len),
                            written: raw[at..at + len].to_owned(),
                        });
                        len.max(1)
                    }
                };
            }
        }
        let text = super::scalar::decode_anew(scalar);
        scalar.value = text.as_str().into();
    }

    /// What is visible of a block scalar: no line break and no empty line at its end.
    fn without_trailing_lines(&self, span: Span) -> Span {
        let text = self.text.get(span.range()).unwrap_or_default();
        self.span(
            span.start as usize,
            span.start as usize + text.trim_end().len(),
        )
    }

    /// A block scalar from its `|` or `>` to the end of its last line; `span` is that of its text.
    fn block_range(&self, span: Span) -> (usize, usize) {
        let bytes = self.masked.as_bytes();
        let start = span.start as usize;
        // Without a line of text the parser points at the header itself where the source ends.
        if self.done <= start
            && matches!(bytes.get(start), Some(b'|' | b'>'))
            && bytes[self.done..start]
                .iter()
                .all(|byte| b" \t:-?".contains(byte))
        {
            return (start, span.end as usize);
        }
        let line_start =
            |at: usize| memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |found| found + 1);
        let mut line = line_start(start);
        // Go up over empty lines to the line that ends in the header.
        while line > self.done {
            let above = line_start(line - 1);
            let content = &bytes[above.max(self.done)..line];
            line = above;
            if content.iter().any(|byte| !b" \r\n".contains(byte)) {
                break;
            }
        }
        let from = line.max(self.done).min(start);
        let header =
            memchr::memchr2(b'|', b'>', &bytes[from..start]).map_or(start, |found| from + found);
        let mut end = span.end as usize;
        if end < bytes.len() {
            end = line_start(end).max(start);
        }
        (header, end.max(header))
    }

    fn enter(
        &mut self,
        content: Content,
        style: StructureStyle,
        start: usize,
        column: usize,
        properties: Properties,
    ) {
        if properties.id > 0 {
            self.anchors.insert(properties.id, Anchored::Open);
        }
        let in_flow = self.in_flow();
        self.open.push(Open {
            start,
            column,
            flow: style == StructureStyle::Flow,
            in_flow,
            properties,
            measure: Measure { size: 1, depth: 0 },
            content,
        });
    }

    fn leave(&mut self, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let last = match &open.content {
            Content::Items(items) => items.last(),
            Content::Entries(entries, _) => entries.last().map(|entry| &entry.value),
        };
        let end = if open.flow {
            end
        } else {
            last.map_or(open.start, |node| node.whole_span().end as usize)
        };
        let value = match open.content {
            Content::Items(items) => Value::Sequence(Sequence {
                items,
                flow: open.flow,
            }),
            Content::Entries(entries, _) => {
                self.check_keys(&entries);
                Value::Mapping(Mapping {
                    entries,
                    flow: open.flow,
                })
            }
        };
        let node = Node {
            value,
            span: self.span(open.start, end.max(open.start)),
            in_flow: open.in_flow,
            column: open.column as u32,
            anchor: open.properties.anchor,
            tag: open.properties.tag,
        };
        let measure = Measure {
            size: open.measure.size,
            depth: open.measure.depth + 1,
        };
        self.add(node, open.properties.id, measure);
    }

    fn alias(&mut self, id: usize, span: Span, column: usize) {
        let name = self.text.get(span.range()).unwrap_or_default().to_owned();
        let (kind, message) = match self.anchors.get(&id) {
            Some(Anchored::Known(node, measure)) => {
                let (node, measure) = (Arc::clone(node), *measure);
                let deep = self.open.len() + measure.depth > DEEPEST;
                if !deep && self.aliased + measure.size <= MOST_ALIASED {
                    self.aliased += measure.size;
                    self.add_alias(Some(node), span, column, measure);
                    return;
                }
                let what = if deep { "deeper than" } else { "more than" };
                let most = if deep { DEEPEST } else { MOST_ALIASED };
                (
                    ProblemKind::TooManyAliases,
                    format!(
                        "`{name}` and the aliases before it stand for {what} {most} values: they are not followed further"
                    ),
                )
            }
            Some(Anchored::Open) => (
                ProblemKind::CyclicAlias,
                format!(
                    "`{name}` stands inside the very value that it names: use an anchor that is complete before this line"
                ),
            ),
            None => (
                ProblemKind::UnknownAlias,
                format!("`{name}` names an anchor that is not defined before it"),
            ),
        };
        // One message is enough for a bomb.
        let told = kind == ProblemKind::TooManyAliases
            && self
                .parsed
                .problems
                .iter()
                .any(|problem| problem.kind == kind);
        if !told {
            self.problem(kind, span, message, None);
        }
        self.add_alias(None, span, column, Measure { size: 1, depth: 1 });
    }

    fn add_alias(
        &mut self,
        target: Option<Arc<Node>>,
        span: Span,
        column: usize,
        measure: Measure,
    ) {
        let node = Node {
            value: Value::Alias(target),
            span,
            in_flow: self.in_flow(),
            column: column as u32,
            anchor: None,
            tag: None,
        };
        let measure = Measure {
            size: measure.size,
            depth: measure.depth + 1,
        };
        self.add(node, 0, measure);
    }

    fn add(&mut self, node: Node, id: usize, measure: Measure) {
        self.nodes += 1;
        let node = Arc::new(node);
        if id > 0 {
            self.anchors
                .insert(id, Anchored::Known(Arc::clone(&node), measure));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.measure.size = open.measure.size.saturating_add(measure.size);
        open.measure.depth = open.measure.depth.max(measure.depth);
        match &mut open.content {
            Content::Items(items) => items.push(node),
            Content::Entries(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    fn check_keys(&mut self, entries: &[Entry]) {
        let mut names: FxHashMap<&str, Span> = FxHashMap::default();
        let mut merge: Option<Span> = None;
        for entry in entries {
            let span = entry.key.span;
            if entry.is_merge() {
                if let Some(first) = merge {
                    let message = "`<<` stands twice in this mapping: the engine takes one, so write `<<: [*one, *other]`";
                    self.problem(
                        ProblemKind::DuplicateMerge,
                        span,
                        message.into(),
                        Some(first),
                    );
                }
                merge.get_or_insert(span);
                if !is_mergeable(&entry.value) {
                    let message =
                        "`<<` needs a mapping or a list of mappings: name an anchor that holds one";
                    self.problem(
                        ProblemKind::MergeValue,
                        entry.value.span,
                        message.into(),
                        None,
                    );
                }
                continue;
            }
            let Some(name) = entry.key.scalar().map(|scalar| &*scalar.value) else {
                continue;
            };
            if let Some(first) = names.get(name) {
                let message = format!(
                    "the key `{name}` stands twice in this mapping: the engine refuses the file, so remove one of them"
                );
                self.problem(ProblemKind::DuplicateKey, span, message, Some(*first));
            } else {
                names.insert(name, span);
            }
        }
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, message: String, other: Option<Span>) {
        if self.parsed.problems.len() >= MOST_PROBLEMS {
            return;
        }
        self.parsed.problems.push(Problem {
            kind,
            span,
            message,
            other,
        });
    }

    fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.flow)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let end = end.min(self.text.len());
        Span::new(self.source, start.min(end), end)
    }

    /// The one character at `at`, so that there is something to point at.
    fn character_at(&self, at: usize) -> Span {
        let mut at = at.min(self.text.len());
        if at == self.text.len() {
            // Behind the end there is nothing to see: show the last thing that is written.
            let written = self.text.trim_end();
            at = written.len() - written.chars().next_back().map_or(0, char::len_utf8);
        }
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let len = self.text[at..]
            .chars()
            .next()
            .filter(|next| !"\r\n".contains(*next))
            .map_or(0, char::len_utf8);
        self.span(at, at + len)
    }
}

fn is_mergeable(node: &Arc<Node>) -> bool {
    let node = follow(node).0;
    match &node.value {
        Value::Mapping(_) | Value::Alias(_) => true,
        Value::Sequence(sequence) => sequence.items.iter().all(|item| {
            let item = follow(item).0;
            matches!(item.value, Value::Mapping(_) | Value::Alias(_))
        }),
        Value::Scalar(_) => false,
    }
}
