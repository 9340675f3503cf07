//! Plays a script in one world: the control forms that all five languages share.

mod expressions;
mod statements;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::World;
use super::super::http::Target;
use super::super::path::ANY;
use super::super::player::Player;
use super::javascript::Loop;
use super::token::Place;
use super::tree::{Block, Expression};
use super::value::{Error, Go, Scope, Stop, Truth, Value};
use super::{Language, javascript};

/// A script that takes more steps than this is not followed.
const STEPS: usize = 2000;

/// Nor is one whose values hang deeper in each other, as in a function that calls itself: the stack must hold.
const DEPTH: usize = 200;

/// A thing that changes while the script runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Thing {
    /// What it is: `answer`, `socket`, `request` …
    pub kind: &'static str,
    /// The HTTP status that it carries.
    pub status: u16,
    /// Its limit in seconds, where it has one.
    pub limit: Option<f64>,
    /// Whom it asks.
    pub address: Option<Value>,
    /// Who listens to which event, and where the script says so.
    pub listeners: Vec<(String, Value, Place)>,
    /// It was sent, or its answer is read.
    pub done: bool,
    /// The call that made it.
    pub place: Place,
    /// Other settings by name.
    pub settings: Vec<(String, Value)>,
}

/// The word of the script that loses a failure.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    pub word: String,
    pub place: Place,
    /// What it does, as a sentence without its stop.
    pub why: String,
}

/// How the service takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Status(u16),
    Refused,
    /// The limit came first.
    Late,
}

/// The arguments of a call.
#[derive(Default)]
pub(super) struct Given {
    pub plain: Vec<Value>,
    pub named: Vec<(String, Value)>,
}

impl Given {
    pub fn at(&self, at: usize) -> Option<&Value> {
        self.plain.get(at)
    }

    pub fn named(&self, name: &str) -> Option<&Value> {
        let entry = self.named.iter().find(|(found, _)| found == name);
        entry.map(|(_, value)| value)
    }

    /// By name, or else by place.
    pub fn get(&self, name: &str, at: usize) -> Option<&Value> {
        self.named(name).or_else(|| self.at(at))
    }

    /// The first function among them.
    pub fn function(&self) -> Option<&Value> {
        self.plain
            .iter()
            .find(|value| matches!(value, Value::Function(_)))
    }
}

/// One run of a script in one world.
pub(super) struct Play<'a> {
    pub player: &'a Player<'a>,
    pub language: Language,
    /// The program, for messages.
    pub program: &'a str,
    /// Which way to go where both are possible.
    decisions: &'a [bool],
    /// Which way was gone.
    pub taken: Vec<bool>,
    /// What nobody knows and was decided here.
    pub guessed: Option<String>,
    /// What turned a failure into success.
    pub lost: Option<Loss>,
    /// The name of the call that is being made.
    pub here: Place,
    /// What failed last.
    pub failed: Option<String>,
    pub printed: String,
    pub asked: bool,
    pub things: Vec<Thing>,
    pub imported: BTreeSet<String>,
    /// How long it has waited, in seconds.
    pub elapsed: f64,
    /// The limit of every socket that has none of its own.
    pub default_limit: Option<f64>,
    /// The error that is being handled.
    pub handling: Option<Rc<Error>>,
    pub events: Loop,
    steps: usize,
    depth: usize,
}

impl<'a> Play<'a> {
    pub fn new(
        player: &'a Player<'a>,
        language: Language,
        program: &'a str,
        decisions: &'a [bool],
    ) -> Self {
        Self {
            player,
            language,
            program,
            decisions,
            taken: Vec::new(),
            guessed: None,
            lost: None,
            here: Place::default(),
            failed: None,
            printed: String::new(),
            asked: false,
            things: Vec::new(),
            imported: BTreeSet::new(),
            elapsed: 0.0,
            default_limit: None,
            handling: None,
            events: Loop::default(),
            steps: 0,
            depth: 0,
        }
    }

    /// Plays it to its end.
    pub fn run(&mut self, block: &Block) -> Stop {
        let scope = Rc::new(Scope::default());
        let ended = match self.block(block, &scope) {
            Ok(()) => Stop::Return(Value::Null),
            // Most languages refuse it outside of a function.
            Err(Stop::Return(_)) => Stop::unread("return"),
            Err(stop) => stop,
        };
        if self.language == Language::JavaScript {
            return javascript::finish(self, ended);
        }
        ended
    }

    pub fn world(&self) -> World {
        self.player.world
    }

    /// How long the engine waits, in seconds.
    pub fn patience(&self) -> f64 {
        self.player.scene.timeout.as_secs_f64()
    }

    pub fn thing(&mut self, thing: Thing) -> Value {
        self.things.push(thing);
        Value::Thing(self.things.len() - 1)
    }

    pub fn answer(&mut self, status: u16) -> Value {
        self.thing(Thing {
            kind: "answer",
            status,
            ..Thing::default()
        })
    }

    /// Goes both ways in turn. With a reason nobody knows which of them is real; without one both are.
    pub fn either(&mut self, guess: Option<String>) -> bool {
        let way = self
            .decisions
            .get(self.taken.len())
            .copied()
            .unwrap_or(true);
        self.taken.push(way);
        if self.guessed.is_none() {
            self.guessed = guess;
        }
        way
    }

    pub fn decide(&mut self, truth: Truth, about: &str) -> bool {
        match truth {
            Truth::Is(is) => is,
            Truth::Said => self.either(None),
            Truth::Any => self.either(Some(format!("nobody knows what `{about}` is"))),
        }
    }

    pub fn print(&mut self, text: &str) {
        if self.printed.len() + text.len() > 4096 {
            ANY.clone_into(&mut self.printed);
        } else {
            self.printed.push_str(text);
        }
    }

    /// Waits for something that never comes.
    pub fn wait(&mut self, limit: Option<f64>) -> Go<()> {
        self.elapsed += limit.unwrap_or(f64::INFINITY);
        if self.elapsed >= self.patience() {
            return Err(Stop::Hang);
        }
        Ok(())
    }

    /// Asks the service over HTTP. `word` is who asks, for messages.
    pub fn ask(&mut self, address: Option<&Value>, limit: Option<f64>, word: &str) -> Go<Reply> {
        let Some(Value::Text(url)) = address else {
            return Err(Stop::Unknown(format!("nobody knows whom `{word}` asks")));
        };
        if !matches!(Player::target(url), Target::Http) || !url.starts_with("http") {
            return Err(Stop::Unknown(format!("nobody knows what `{url}` leads to")));
        }
        self.asks("http");
        self.reply(limit, word)
    }

    pub fn asks(&mut self, service: &str) {
        self.asked = true;
        self.player.asks(service);
    }

    pub fn reply(&mut self, limit: Option<f64>, word: &str) -> Go<Reply> {
        match self.world() {
            World::Healthy => Ok(Reply::Status(200)),
            World::Error | World::Denied => {
                let status = if self.world() == World::Error {
                    500
                } else {
                    401
                };
                self.failed = Some(format!(
                    "the answer is {status}, so `{}` fails",
                    self.program
                ));
                Ok(Reply::Status(status))
            }
            World::Refused => {
                self.failed = Some(format!("nothing listens, so `{}` fails", self.program));
                Ok(Reply::Refused)
            }
            World::Hung => {
                self.wait(limit)?;
                self.failed = Some(format!("`{word}` gives up waiting"));
                Ok(Reply::Late)
            }
        }
    }

    /// Opens a connection; false where nothing listens.
    pub fn connects(&mut self) -> bool {
        self.asks("tcp");
        let listens = self.world() != World::Refused;
        if !listens {
            self.failed = Some(format!("nothing listens, so `{}` fails", self.program));
        }
        listens
    }
}

/// The word that names an expression, for messages.
pub(super) fn name_of(expression: &Expression) -> String {
    match expression {
        Expression::Name(name) | Expression::Member(_, name) => name.clone(),
        Expression::Call(function, ..) => name_of(function),
        Expression::Not(value) | Expression::Await(value) => name_of(value),
        Expression::Index(of, _) => name_of(of),
        Expression::Binary(_, left, _) => name_of(left),
        Expression::Assign(target, _, _) => name_of(target),
        Expression::Text(_) => "a text".to_owned(),
        _ => "this".to_owned(),
    }
}
