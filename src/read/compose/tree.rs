//! What the files say together: a tree in which anchors, merge keys, `extends` and overrides are put together.

use std::sync::Arc;

use crate::syntax::yaml::{Kind, Node, Scalar, Value, follow};
use crate::text::Span;

/// One value, with the place where it is written and the way on which it came here.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The node that says it; of a merged mapping the one that stands nearest to the service.
    pub node: Arc<Node>,
    /// The alias, merge key or `extends` that brings it here.
    pub through: Option<Span>,
    /// Whose variables fill it in: an index into the loader's scopes.
    pub scope: usize,
    /// Something that belongs to it could not be read.
    pub partial: bool,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Scalar,
    List(Vec<Tree>),
    Map(Vec<Field>),
    /// Several values for one key that are only understood one on top of the other, the lowest first.
    Layers(Vec<Tree>),
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: String,
    pub key: Span,
    pub value: Tree,
}

/// Where in a Compose file a mapping stands, as far as merging minds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Root,
    Services,
    Service,
    Healthcheck,
    Other,
}

impl Level {
    fn below(self, name: &str) -> Self {
        match (self, name) {
            (Self::Root, "services") => Self::Services,
            (Self::Services, _) => Self::Service,
            (Self::Service, "healthcheck") => Self::Healthcheck,
            _ => Self::Other,
        }
    }
}

impl Tree {
    pub fn new(node: &Arc<Node>, through: Option<Span>, scope: usize) -> Self {
        let (node, aliases) = follow(node);
        let through = through.or(aliases.first().copied());
        let body = match &node.value {
            Value::Scalar(_) | Value::Alias(_) => Body::Scalar,
            Value::Sequence(sequence) => Body::List(
                sequence
                    .items
                    .iter()
                    .map(|item| Self::new(item, through, scope))
                    .collect(),
            ),
            Value::Mapping(mapping) => Body::Map(
                mapping
                    .effective()
                    .into_iter()
                    .filter_map(|found| {
                        let (key, _) = follow(found.key);
                        Some(Field {
                            name: key.scalar()?.value.to_string(),
                            key: found.key.span,
                            value: Self::new(
                                found.value,
                                through.or(found.through.first().copied()),
                                scope,
                            ),
                        })
                    })
                    .collect(),
            ),
        };
        Self {
            node: Arc::clone(node),
            through,
            scope,
            partial: false,
            body,
        }
    }

    pub fn span(&self) -> Span {
        self.node.span
    }

    pub fn fields(&self) -> &[Field] {
        match &self.body {
            Body::Map(fields) => fields,
            _ => &[],
        }
    }

    pub fn fields_mut(&mut self) -> Option<&mut Vec<Field>> {
        match &mut self.body {
            Body::Map(fields) => Some(fields),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tree> {
        let mut fields = self.fields_mut()?.iter_mut();
        fields
            .find(|field| field.name == name)
            .map(|field| &mut field.value)
    }

    pub fn items(&self) -> &[Tree] {
        match &self.body {
            Body::List(items) => items,
            _ => &[],
        }
    }

    /// The values one on top of the other, the lowest first; mostly there is one.
    pub fn layers(&self) -> &[Tree] {
        match &self.body {
            Body::Layers(layers) => layers,
            _ => std::slice::from_ref(self),
        }
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    pub fn get(&self, name: &str) -> Option<&Tree> {
        self.field(name).map(|field| &field.value)
    }

    pub fn is_map(&self) -> bool {
        matches!(self.body, Body::Map(_))
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match self.body {
            Body::Scalar => self.node.scalar(),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        self.scalar()
            .is_some_and(|scalar| scalar.kind == Kind::Null)
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.node.tag().is_some_and(|own| own.text == tag)
    }

    /// Says of the value and all in it that it comes by this way.
    pub fn come_through(&mut self, way: Span) {
        self.through = Some(way);
        match &mut self.body {
            Body::Scalar => {}
            Body::List(trees) | Body::Layers(trees) => {
                for tree in trees {
                    tree.come_through(way);
                }
            }
            Body::Map(fields) => {
                for field in fields {
                    field.value.come_through(way);
                }
            }
        }
    }

    /// Takes out what `!reset` takes out where there is nothing below to be reset.
    pub fn without_resets(mut self) -> Self {
        if let Body::Map(fields) = &mut self.body {
            let kept = std::mem::take(fields).into_iter();
            *fields = kept
                .filter(|field| !field.value.has_tag("!reset"))
                .map(|field| Field {
                    value: field.value.without_resets(),
                    ..field
                })
                .collect();
        }
        self
    }
}

/// `over` on top of `base`, as compose-go's `override` package merges them.
pub(super) fn merge(level: Level, base: Tree, over: Tree) -> Tree {
    let partial = base.partial || over.partial;
    let mut merged = match (base.body, over.body) {
        (Body::Map(below), Body::Map(above)) => {
            let body = Body::Map(merge_fields(level, below, above));
            // A base that comes by `extends` belongs to others; what stands in the service itself is nearer.
            if base.through.is_some() {
                Tree { body, ..over }
            } else {
                Tree { body, ..base }
            }
        }
        (Body::List(mut below), Body::List(above)) => {
            below.extend(above);
            Tree {
                body: Body::List(below),
                ..base
            }
        }
        (below @ (Body::Map(_) | Body::List(_) | Body::Layers(_)), Body::Scalar)
            if over.node.is_null() =>
        {
            Tree {
                body: below,
                ..base
            }
        }
        (_, above) => Tree {
            body: above,
            ..over
        },
    };
    merged.partial = partial;
    merged
}

fn merge_fields(level: Level, base: Vec<Field>, over: Vec<Field>) -> Vec<Field> {
    let mut places: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
    let mut merged: Vec<Option<Field>> = Vec::with_capacity(base.len() + over.len());
    for field in base {
        places.insert(field.name.clone(), merged.len());
        merged.push(Some(field));
    }
    for field in over {
        let below = places
            .get(&field.name)
            .and_then(|place| Some((*place, merged.get_mut(*place)?.take()?)));
        let Some((place, below)) = below else {
            places.insert(field.name.clone(), merged.len());
            merged.push(Some(field));
            continue;
        };
        merged[place] = merge_field(level, below, field);
    }
    merged.into_iter().flatten().collect()
}

fn merge_field(level: Level, base: Field, over: Field) -> Option<Field> {
    if over.value.has_tag("!reset") {
        return None;
    }
    if over.value.has_tag("!override") {
        return Some(over);
    }
    match (level, over.name.as_str()) {
        (Level::Service, "command" | "entrypoint") | (Level::Healthcheck, "test") => Some(over),
        (Level::Service, "environment" | "depends_on") => {
            let mut layers = match base.value.body {
                Body::Layers(layers) => layers,
                _ => vec![base.value],
            };
            layers.push(over.value.clone());
            Some(Field {
                value: Tree {
                    body: Body::Layers(layers),
                    ..over.value
                },
                ..over
            })
        }
        (Level::Service, "build") => Some(merge_build(base, over)),
        (level, name) => {
            let key = if base.value.through.is_some() {
                over.key
            } else {
                base.key
            };
            let value = merge(level.below(name), base.value, over.value);
            Some(Field {
                name: base.name,
                key,
                value,
            })
        }
    }
}

/// `build: .` is short for `build: {context: .}`.
fn merge_build(base: Field, over: Field) -> Field {
    let long = |field: Field| {
        if !matches!(field.value.body, Body::Scalar) || field.value.node.is_null() {
            return field;
        }
        let context = Field {
            name: "context".to_owned(),
            key: field.key,
            value: field.value.clone(),
        };
        Field {
            value: Tree {
                body: Body::Map(vec![context]),
                ..field.value
            },
            ..field
        }
    };
    let (base, over) = (long(base), long(over));
    Field {
        name: base.name,
        key: base.key,
        value: merge(Level::Other, base.value, over.value),
    }
}
