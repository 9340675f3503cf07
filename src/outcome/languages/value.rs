//! What a script holds in its hands: values, of which some are only known to come from the service or from nowhere.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::Code;
use super::super::path::ANY;
use super::Language;
use super::tree::Function;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nobody knows.
    Any,
    /// What the service said: it may be anything.
    Said,
    Null,
    Bool(bool),
    Number(f64),
    /// Holes stand where nobody knows.
    Text(String),
    List(Rc<Vec<Value>>),
    Map(Rc<Vec<(String, Value)>>),
    /// Something of the language, by its name: `urllib.request.urlopen`.
    Path(String),
    Function(Rc<Closure>),
    /// A thing that changes, by its number.
    Thing(usize),
    Error(Rc<Error>),
}

/// A function and what it sees.
#[derive(Debug)]
pub(super) struct Closure {
    pub function: Rc<Function>,
    pub scope: Rc<Scope>,
}

/// Names and their values.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub names: RefCell<BTreeMap<String, Value>>,
    pub outer: Option<Rc<Scope>>,
}

impl Scope {
    pub fn inside(outer: &Rc<Scope>) -> Rc<Scope> {
        Rc::new(Scope {
            names: RefCell::default(),
            outer: Some(Rc::clone(outer)),
        })
    }

    pub fn get(&self, name: &str) -> Option<Value> {
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| self.outer.as_ref()?.get(name))
    }

    pub fn declare(&self, name: &str, value: Value) {
        self.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Sets the name where it is known, and else here.
    pub fn set(&self, name: &str, value: Value) {
        let mut scope = self;
        while !scope.names.borrow().contains_key(name) {
            match &scope.outer {
                Some(outer) => scope = outer,
                None => return self.declare(name, value),
            }
        }
        scope.declare(name, value);
    }
}

/// An error on its way up.
#[derive(Clone, Debug)]
pub(super) struct Error {
    /// The classes that it belongs to, the closest first.
    pub kinds: Vec<String>,
    /// Why it was raised, as a sentence without its stop.
    pub why: String,
    /// The word of the script that it is about.
    pub name: Option<String>,
    /// The status that it asks for: Python and Ruby end by an error.
    pub exit: Option<Code>,
}

impl Error {
    pub fn new(kinds: &[&str], why: impl Into<String>) -> Self {
        Self {
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            why: why.into(),
            name: None,
            exit: None,
        }
    }
}

/// What ends a run of statements.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Raise(Rc<Error>),
    Exit(Code),
    /// It waits until the engine kills it.
    Hang,
    /// Nobody knows how it goes on, and why.
    Unknown(String),
    Return(Value),
}

impl Stop {
    pub fn raise(kinds: &[&str], why: impl Into<String>) -> Self {
        Self::Raise(Rc::new(Error::new(kinds, why)))
    }

    pub fn unread(word: impl std::fmt::Display) -> Self {
        Self::Unknown(format!("nobody knows what `{word}` does"))
    }
}

pub(super) type Go<T> = Result<T, Stop>;

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Is(bool),
    /// It hangs on what the service says, which may be anything.
    Said,
    /// Nobody knows.
    Any,
}

impl Truth {
    pub fn not(self) -> Self {
        match self {
            Self::Is(is) => Self::Is(!is),
            other => other,
        }
    }

    pub fn value(self) -> Value {
        match self {
            Self::Is(is) => Value::Bool(is),
            Self::Said => Value::Said,
            Self::Any => Value::Any,
        }
    }
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn list(values: Vec<Value>) -> Self {
        Self::List(Rc::new(values))
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Any | Self::Said)
    }

    /// The value under this key.
    pub fn entry(&self, key: &str) -> Option<Value> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.clone()),
            _ => None,
        }
    }

    /// How it reads in a text.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            _ => ANY.to_owned(),
        }
    }

    /// Whether it counts as true.
    pub fn truth(&self, language: Language) -> Truth {
        let is = match self {
            Self::Any | Self::Path(_) => return Truth::Any,
            Self::Said => return Truth::Said,
            Self::Null => false,
            Self::Bool(is) => *is,
            Self::Number(number) => *number != 0.0 || language == Language::Ruby,
            Self::Text(text) => match language {
                Language::Ruby => true,
                _ if text.contains(ANY) => {
                    // Around a hole stands something, and `0` is false only alone.
                    if text.chars().count() > 1
                        && language != Language::Perl
                        && language != Language::Php
                    {
                        true
                    } else {
                        return Truth::Any;
                    }
                }
                Language::Php | Language::Perl => !text.is_empty() && text != "0",
                Language::Python | Language::JavaScript => !text.is_empty(),
            },
            Self::List(list) if matches!(language, Language::Python | Language::Php) => {
                !list.is_empty()
            }
            Self::Map(map) if matches!(language, Language::Python | Language::Php) => {
                !map.is_empty()
            }
            _ => true,
        };
        Truth::Is(is)
    }

    /// Whether both are equal; `strict` where a text is never a number.
    pub fn equals(&self, other: &Value, strict: bool) -> Truth {
        let is = match (self, other) {
            (Self::Any | Self::Path(_), _) | (_, Self::Any | Self::Path(_)) => return Truth::Any,
            (Self::Said, _) | (_, Self::Said) => return Truth::Said,
            (Self::Text(one), Self::Text(two)) => {
                if one.contains(ANY) || two.contains(ANY) {
                    return Truth::Any;
                }
                one == two
            }
            (Self::Number(one), Self::Number(two)) => (one - two).abs() < f64::EPSILON,
            (Self::Number(number), Self::Text(text)) | (Self::Text(text), Self::Number(number)) => {
                if strict {
                    false
                } else if text.contains(ANY) {
                    return Truth::Any;
                } else {
                    text.trim()
                        .parse::<f64>()
                        .is_ok_and(|it| (it - number).abs() < f64::EPSILON)
                }
            }
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Null, Self::Null) => true,
            (Self::Thing(one), Self::Thing(two)) => one == two,
            (Self::Null, Self::Thing(_) | Self::Function(_) | Self::Error(_))
            | (Self::Thing(_) | Self::Function(_) | Self::Error(_), Self::Null) => false,
            // `0 == false` and the like differ from language to language.
            _ if strict => std::mem::discriminant(self) == std::mem::discriminant(other),
            _ => return Truth::Any,
        };
        Truth::Is(is)
    }
}
