//! The tree: what stands where, in whose style, and what an alias or a merge key stands for.

use std::sync::Arc;

use super::kind::Kind;
use super::scalar;
use crate::text::{Span, Traced};

/// One value of a document. Anchored values are shared, so a node knows its own place and no user of it.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// The whole token with its quotes, brackets or block header, without its anchor and tag.
    /// A block collection reaches from its first entry to the end of its last; an empty value is empty.
    pub span: Span,
    /// Whether it stands inside a flow collection (`[…]`, `{…}`).
    pub in_flow: bool,
    /// The column (characters, from 0) where it starts: for block collections the column of every entry.
    pub column: u32,
    pub(super) anchor: Option<Box<Anchor>>,
    pub(super) tag: Option<Box<Tag>>,
}

/// `&name` in front of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The name without `&`.
    pub name: String,
    /// `&name`.
    pub span: Span,
}

/// `!name` in front of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag as written, with its `!`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Value {
    /// A word, a number, a text, nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Sequence),
    /// Keys with values.
    Mapping(Mapping),
    /// `*name`; None where the anchor is unknown, holds this very alias, or where there are too many aliases.
    Alias(Option<Arc<Node>>),
}

/// A scalar.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// What it says, decoded.
    pub value: Box<str>,
    /// How it is written.
    pub style: Style,
    /// Which type the engine takes it for.
    pub kind: Kind,
    pub(super) source: Arc<str>,
    /// The raw text that [`Scalar::text`] decodes; block scalars start with their header and end with their lines.
    pub(super) raw: Span,
    /// Where the first content line of a block scalar starts, and its indentation; None where it has none.
    pub(super) block: Option<(u32, u32)>,
    pub(super) in_flow: bool,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A list.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// Its items in order; an alias stands as such.
    pub items: Vec<Arc<Node>>,
    /// Whether it is written `[…]`.
    pub flow: bool,
}

/// Keys with values.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its entries in order, merge keys and repeated keys included.
    pub entries: Vec<Entry>,
    /// Whether it is written `{…}`.
    pub flow: bool,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; mostly a scalar.
    pub key: Arc<Node>,
    /// The value; an alias stands as such.
    pub value: Arc<Node>,
}

/// What a look-up found.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The key, where it is written.
    pub key: &'a Arc<Node>,
    /// The value with its aliases followed.
    pub value: &'a Arc<Node>,
    /// The aliases that led here, the outermost first: `*name` under `<<`, then `*name` as the value.
    pub through: Vec<Span>,
}

impl Node {
    /// Its anchor.
    pub fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_deref()
    }

    /// Its tag.
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_deref()
    }

    /// The scalar, if it is one; an alias is not followed.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The mapping, if it is one; an alias is not followed.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The list, if it is one; an alias is not followed.
    pub fn sequence(&self) -> Option<&Sequence> {
        match &self.value {
            Value::Sequence(sequence) => Some(sequence),
            _ => None,
        }
    }

    /// Whether it is null: nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.scalar()
            .is_some_and(|scalar| scalar.kind == Kind::Null)
    }

    /// The word for what it is, as the engine's messages use it.
    pub fn word(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) => scalar.kind.word(),
            Value::Sequence(_) => "list",
            Value::Mapping(_) => "mapping",
            Value::Alias(Some(target)) => target.word(),
            Value::Alias(None) => "alias",
        }
    }

    /// Where it starts, its anchor and tag included.
    pub fn whole_span(&self) -> Span {
        let mut span = self.span;
        for properties in [
            self.anchor.as_ref().map(|anchor| anchor.span),
            self.tag.as_ref().map(|tag| tag.span),
        ]
        .into_iter()
        .flatten()
        {
            span = span.join(properties);
        }
        span
    }
}

/// What the node stands for, with the places of the aliases that led there; the alias itself where it leads nowhere.
pub fn follow(node: &Arc<Node>) -> (&Arc<Node>, Vec<Span>) {
    let mut node = node;
    let mut through = Vec::new();
    // The builder never makes a circle, so this ends.
    while let Value::Alias(Some(target)) = &node.value {
        through.push(node.span);
        node = target;
    }
    (node, through)
}

impl Scalar {
    /// The decoded text with the memory of its bytes; always the same text as `value`.
    pub fn text(&self) -> Traced {
        scalar::decode(self)
    }

    /// The value, if the engine takes it for a string.
    pub fn as_string(&self) -> Option<&str> {
        (self.kind == Kind::String).then_some(&*self.value)
    }
}

impl Entry {
    /// The key's text, where it is a scalar (or an alias of one).
    pub fn name(&self) -> Option<&str> {
        follow(&self.key).0.scalar().map(|scalar| &*scalar.value)
    }

    /// Whether the key is the merge key `<<`.
    pub fn is_merge(&self) -> bool {
        let Some(scalar) = self.key.scalar() else {
            return false;
        };
        let tag = self.key.tag().map(|tag| &*tag.text);
        &*scalar.value == "<<"
            && match tag {
                None => scalar.style == Style::Plain,
                Some(tag) => matches!(tag, "!" | "!!merge"),
            }
    }
}

impl Mapping {
    /// The entry that is written here under `name`, merge keys left aside.
    pub fn own(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| !entry.is_merge() && entry.name() == Some(name))
    }

    /// What the mapping holds under `name`: its own entry, else the first of its merges that has one.
    pub fn get(&self, name: &str) -> Option<Found<'_>> {
        let mut seen = Vec::new();
        self.find(name, &mut seen)
    }

    /// Every entry that counts, own ones first, then merged ones in their order; each name once.
    pub fn effective(&self) -> Vec<Found<'_>> {
        let mut names = rustc_hash::FxHashSet::default();
        let mut found = Vec::new();
        self.collect(&[], &mut names, &mut Vec::new(), &mut found);
        found
    }

    fn find<'a>(&'a self, name: &str, seen: &mut Vec<*const Mapping>) -> Option<Found<'a>> {
        if seen.contains(&std::ptr::from_ref(self)) {
            return None;
        }
        seen.push(self);
        if let Some(entry) = self.own(name) {
            let (value, through) = follow(&entry.value);
            return Some(Found {
                key: &entry.key,
                value,
                through,
            });
        }
        self.merged().find_map(|(mapping, mut before)| {
            let mut found = mapping.find(name, seen)?;
            before.append(&mut found.through);
            found.through = before;
            Some(found)
        })
    }

    fn collect<'a>(
        &'a self,
        path: &[Span],
        names: &mut rustc_hash::FxHashSet<&'a str>,
        seen: &mut Vec<*const Mapping>,
        found: &mut Vec<Found<'a>>,
    ) {
        if seen.contains(&std::ptr::from_ref(self)) {
            return;
        }
        seen.push(self);
        for entry in &self.entries {
            if entry.is_merge() || entry.name().is_some_and(|name| !names.insert(name)) {
                continue;
            }
            let (value, through) = follow(&entry.value);
            found.push(Found {
                key: &entry.key,
                value,
                through: path.iter().copied().chain(through).collect(),
            });
        }
        for (mapping, through) in self.merged() {
            let path: Vec<Span> = path.iter().copied().chain(through).collect();
            mapping.collect(&path, names, seen, found);
        }
    }

    /// The mappings that `<<` brings in, in order, each with the aliases that led to it.
    fn merged(&self) -> impl Iterator<Item = (&Mapping, Vec<Span>)> {
        self.entries
            .iter()
            .filter(|entry| entry.is_merge())
            .flat_map(|entry| {
                let (node, through) = follow(&entry.value);
                match &node.value {
                    Value::Mapping(mapping) => vec![(mapping, through)],
                    Value::Sequence(sequence) => sequence
                        .items
                        .iter()
                        .filter_map(|item| {
                            let (node, more) = follow(item);
                            let through = through.iter().copied().chain(more).collect();
                            Some((node.mapping()?, through))
                        })
                        .collect(),
                    Value::Scalar(_) | Value::Alias(_) => Vec::new(),
                }
            })
    }
}
