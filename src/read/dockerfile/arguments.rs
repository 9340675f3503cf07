//! Which value a variable has at which place of a Dockerfile, and whether anybody can know.

use std::collections::{HashMap, HashSet};

use crate::read::recipe::Recipe;
use crate::syntax::dockerfile::{Value, expand};
use crate::text::{Around, Filling, Traced, Variable};

/// BuildKit sets these for FROM, and for a stage that declares them, to what it builds for.
const PLATFORM: [&str; 9] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// A longer value counts as unknown.
const LONGEST: usize = 4_096;

/// The variables at one place.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    values: HashMap<String, Value>,
    /// What an ARG says, where it says something.
    written: HashMap<String, Traced>,
    /// Names that ENV set: an ARG of the same name does not change them.
    fixed: HashSet<String>,
    /// What a name is that nobody set.
    others: Value,
    escape: char,
}

impl Scope {
    /// Before the first FROM.
    pub fn global(escape: char) -> Self {
        Self {
            values: PLATFORM
                .iter()
                .map(|name| ((*name).to_owned(), Value::Unknown))
                .collect(),
            written: HashMap::new(),
            fixed: HashSet::new(),
            others: Value::Open,
            escape,
        }
    }

    /// At the start of a stage: everything may come from the image, unless there is none.
    pub fn stage(escape: char, scratch: bool) -> Self {
        Self {
            values: HashMap::new(),
            written: HashMap::new(),
            fixed: HashSet::new(),
            others: if scratch { Value::Unset } else { Value::Open },
            escape,
        }
    }

    /// How many names are known.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Value {
        self.values
            .get(name)
            .cloned()
            .unwrap_or_else(|| self.others.clone())
    }

    /// ARG: the recipe's value counts, then the default, then what the global scope says.
    ///
    /// Returns the value as traced text, where there is one.
    pub fn declare(
        &mut self,
        name: &str,
        default: Option<&Traced>,
        global: Option<&Scope>,
        recipe: &Recipe,
    ) -> Option<Traced> {
        let default = default.map(|default| self.expand(default));
        let ordered = recipe.args.iter().find(|(given, _)| given == name);
        let given = ordered.map_or(default.as_ref(), |(_, value)| value.as_ref());
        let (value, shown) = match (ordered, given) {
            (_, Some(text)) => (known(text), Some(text.clone())),
            (Some(_), None) => (Value::Unknown, None),
            (None, None) => {
                let inherited = global.and_then(|global| global.values.get(name));
                let platform = PLATFORM.contains(&name).then_some(&Value::Unknown);
                let value = inherited.or(platform).unwrap_or(&Value::Open);
                let written = global.and_then(|global| global.written.get(name));
                (value.clone(), written.cloned())
            }
        };
        if let Some(text) = &shown {
            self.written.insert(name.to_owned(), text.clone());
        }
        if !self.fixed.contains(name) {
            self.values.insert(name.to_owned(), value);
        }
        shown
    }

    /// ENV, once its value is expanded.
    pub fn set(&mut self, name: &str, value: &Traced) {
        self.values.insert(name.to_owned(), known(value));
        self.fixed.insert(name.to_owned());
    }

    /// A word with its variables filled in; wholly unknown where BuildKit could not read it.
    pub fn expand(&self, word: &Traced) -> Traced {
        expand(word, self.escape, &|name| self.get(name)).unwrap_or_else(|| unknown(word))
    }
}

fn known(text: &Traced) -> Value {
    match text.known() {
        Some(_) if text.len() > LONGEST => Value::Unknown,
        Some(value) => {
            let filling = if text.from_environment() {
                Filling::Environment
            } else {
                Filling::Default
            };
            Value::Known(value.to_owned(), filling)
        }
        None => Value::Unknown,
    }
}

/// Stands for a word that nobody knows.
pub(super) fn unknown(word: &Traced) -> Traced {
    fn refused(_: &str, _: Around<'_>) -> Option<String> {
        None
    }
    let mut decoder = word.decoder(refused);
    let variable = Variable {
        shown: word.as_str().to_owned(),
        name: None,
        filling: Filling::Unknown,
    };
    decoder.variable(0..word.len(), variable, None, refused);
    decoder.finish()
}
