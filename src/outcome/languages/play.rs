//! Plays a script in one world: the control forms that all five languages share.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::World;
use super::super::http::Target;
use super::super::path::ANY;
use super::super::player::Player;
use super::javascript::Loop;
use super::token::Place;
use super::tree::{Argument, Block, Expression, Handler, Part, Statement};
use super::value::{Closure, Error, Go, Scope, Stop, Truth, Value};
use super::{Language, javascript, perl, php, python, ruby};

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

    // Statements.

    pub fn block(&mut self, block: &Block, scope: &Rc<Scope>) -> Go<()> {
        for statement in block {
            self.statement(statement, scope)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement, scope: &Rc<Scope>) -> Go<()> {
        match statement {
            Statement::Nothing => {}
            Statement::Expression(value) => {
                self.value(value, scope)?;
            }
            Statement::If(condition, then, otherwise) => {
                if self.holds(condition, scope)? {
                    self.block(then, scope)?;
                } else {
                    self.block(otherwise, scope)?;
                }
            }
            Statement::Return(value) => {
                let value = match value {
                    Some(value) => self.value(value, scope)?,
                    None => Value::Null,
                };
                return Err(Stop::Return(value));
            }
            Statement::Assert(claim) => {
                if !self.holds(claim, scope)? {
                    let kinds = ["AssertionError", "Exception", "BaseException"];
                    return Err(Stop::raise(&kinds, "`assert` does not hold"));
                }
            }
            Statement::Raise(error) => return Err(self.raised(error.as_ref(), scope)?),
            Statement::Import { module, name } => {
                if self.language == Language::Python {
                    python::import(module)?;
                }
                self.imported.insert(module.clone());
                if let Some((name, stands_for)) = name {
                    scope.declare(name, Value::Path(stands_for.clone()));
                }
            }
            Statement::Bind(value, name) => {
                let value = self.value(value, scope)?;
                if let Some(name) = name {
                    scope.declare(name, value);
                }
            }
            Statement::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                let tried = self.tried(body, handlers, otherwise, scope);
                if let Err(Stop::Hang | Stop::Unknown(_)) = tried {
                    return tried;
                }
                // What ends the process does not come back, except where it is an error like others.
                if let Err(Stop::Exit(_)) = tried {
                    return tried;
                }
                self.block(finally, scope)?;
                return tried;
            }
        }
        Ok(())
    }

    fn tried(
        &mut self,
        body: &Block,
        handlers: &[Handler],
        otherwise: &Block,
        scope: &Rc<Scope>,
    ) -> Go<()> {
        let error = match self.block(body, scope) {
            Ok(()) => return self.block(otherwise, scope),
            Err(Stop::Raise(error)) => error,
            Err(stop) => return Err(stop),
        };
        for handler in handlers {
            if !self.takes(handler, &error, scope)? {
                continue;
            }
            if let Some(name) = &handler.name {
                scope.declare(name, Value::Error(Rc::clone(&error)));
            }
            self.swallowed(handler.word, handler.place, &error);
            let outer = self.handling.replace(Rc::clone(&error));
            let ended = self.block(&handler.body, scope);
            self.handling = outer;
            return ended;
        }
        Err(Stop::Raise(error))
    }

    /// An error was caught: whoever ends with 0 from here on hides it.
    pub fn swallowed(&mut self, word: &str, place: Place, error: &Error) {
        if error.exit.is_some() {
            self.failed = Some(format!(
                "`{word}` without a class catches the exit as well, since it is an error like others"
            ));
        } else {
            self.failed.get_or_insert_with(|| error.why.clone());
        }
        self.lost = Some(Loss {
            word: word.to_owned(),
            place,
            why: format!("`{word}` takes the error, and nothing fails behind it"),
        });
    }

    /// The call that is being made fails, and nothing says so. `does` follows its name.
    pub fn loses(&mut self, word: &str, does: &str) {
        self.lost = Some(Loss {
            word: word.to_owned(),
            place: self.here,
            why: format!("`{word}` {does}"),
        });
    }

    /// Whether the handler is for this error.
    fn takes(&mut self, handler: &Handler, error: &Error, scope: &Rc<Scope>) -> Go<bool> {
        if handler.kinds.is_empty() {
            return Ok(match self.language {
                Language::Ruby => error.kinds.iter().any(|kind| kind == "StandardError"),
                _ => true,
            });
        }
        for kind in &handler.kinds {
            let Value::Path(path) = self.value(kind, scope)? else {
                return Err(Stop::Unknown(format!(
                    "nobody knows what `{}` takes",
                    handler.word
                )));
            };
            let known = match self.language {
                Language::Python => python::class(&path),
                Language::Ruby => ruby::class(&path),
                _ => php::class(&path),
            };
            let Some(class) = known else {
                return Err(Stop::unread(path));
            };
            if error.kinds.iter().any(|kind| *kind == class) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What `raise x` and `throw x` come to.
    fn raised(&mut self, error: Option<&Expression>, scope: &Rc<Scope>) -> Go<Stop> {
        let Some(error) = error else {
            return match &self.handling {
                Some(error) => Ok(Stop::Raise(Rc::clone(error))),
                None => Err(Stop::unread("raise")),
            };
        };
        match self.value(error, scope)? {
            Value::Error(error) => Ok(Stop::Raise(error)),
            // The class alone stands for a new error of it.
            Value::Path(path) => match self.call_path(&path, &Given::default())? {
                Value::Error(error) => Ok(Stop::Raise(error)),
                _ => Err(Stop::unread(path)),
            },
            _ if self.language == Language::JavaScript => {
                Ok(Stop::raise(&["Error"], "`throw` raises an error"))
            }
            _ => Err(Stop::unread("raise")),
        }
    }

    // Expressions.

    pub fn holds(&mut self, condition: &Expression, scope: &Rc<Scope>) -> Go<bool> {
        let value = self.value(condition, scope)?;
        let truth = value.truth(self.language);
        Ok(self.decide(truth, &name_of(condition)))
    }

    pub fn value(&mut self, expression: &Expression, scope: &Rc<Scope>) -> Go<Value> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(Stop::Unknown("it goes on for too long".to_owned()));
        }
        if self.depth >= DEPTH {
            return Err(Stop::Unknown("it is nested too deep".to_owned()));
        }
        self.depth += 1;
        let value = self.value_inside(expression, scope);
        self.depth -= 1;
        value
    }

    fn value_inside(&mut self, expression: &Expression, scope: &Rc<Scope>) -> Go<Value> {
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(is) => Value::Bool(*is),
            Expression::Number(number) => Value::Number(*number),
            Expression::Pattern => Value::Any,
            Expression::Text(parts) => self.text(parts, scope)?,
            Expression::Name(name) => self.name(name, scope)?,
            Expression::Member(of, name) => {
                let of = self.value(of, scope)?;
                self.member(&of, name)?
            }
            Expression::Index(of, key) => {
                let of = self.value(of, scope)?;
                let key = self.value(key, scope)?;
                self.index(&of, &key)?
            }
            Expression::Call(function, arguments, place) => {
                self.call(function, arguments, *place, scope)?
            }
            Expression::Not(value) => {
                let value = self.value(value, scope)?;
                value.truth(self.language).not().value()
            }
            Expression::Negative(value) => match self.value(value, scope)? {
                Value::Number(number) => Value::Number(-number),
                _ => Value::Any,
            },
            Expression::Binary(operator, left, right) => {
                self.binary(operator, left, right, scope)?
            }
            Expression::Choice(condition, then, otherwise) => {
                let branch = if self.holds(condition, scope)? {
                    then
                } else {
                    otherwise
                };
                self.value(branch, scope)?
            }
            Expression::Assign(target, operator, value) => {
                self.assign(target, operator, value, scope)?
            }
            Expression::List(list) => {
                let mut values = Vec::new();
                for value in list {
                    values.push(self.value(value, scope)?);
                }
                Value::list(values)
            }
            Expression::Map(entries) => {
                let mut values = Vec::new();
                for (key, value) in entries {
                    values.push((key.clone(), self.value(value, scope)?));
                }
                Value::Map(Rc::new(values))
            }
            Expression::Function(function) => Value::Function(Rc::new(Closure {
                function: Rc::clone(function),
                scope: Rc::clone(scope),
            })),
            Expression::Await(value) => {
                let value = self.value(value, scope)?;
                javascript::awaited(self, &value)?
            }
        })
    }

    fn text(&mut self, parts: &[Part], scope: &Rc<Scope>) -> Go<Value> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Unknown => text.push_str(ANY),
                Part::Value(value) => text.push_str(&self.value(value, scope)?.shown()),
            }
        }
        Ok(Value::Text(text))
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope>) -> Go<Value> {
        if let Some(value) = scope.get(name) {
            return Ok(value);
        }
        if name == ANY {
            return Ok(Value::Any);
        }
        match self.language {
            Language::Python => python::name(name),
            Language::Php | Language::Perl if name.starts_with('$') => Ok(Value::Any),
            _ => Ok(Value::Path(name.to_owned())),
        }
    }

    fn member(&mut self, of: &Value, name: &str) -> Go<Value> {
        if let Value::Path(path) = of {
            let path = format!("{path}.{name}");
            return self.constant(&path);
        }
        if let Some(value) = of.entry(name) {
            return Ok(value);
        }
        match self.language {
            Language::Python => python::member(self, of, name),
            Language::JavaScript => javascript::member(self, of, name),
            // They call what they name.
            Language::Ruby | Language::Perl => self.method(of, name, &Given::default()),
            Language::Php => Err(Stop::unread(name)),
        }
    }

    /// What stands behind a dotted name; most are only known when they are called.
    fn constant(&mut self, path: &str) -> Go<Value> {
        match self.language {
            Language::Python => python::constant(self, path),
            Language::JavaScript => Ok(javascript::constant(path)),
            Language::Perl if path.rsplit_once('.').is_some_and(|(_, name)| name == "new") => {
                self.call_path(path, &Given::default())
            }
            Language::Ruby
                if !path
                    .rsplit('.')
                    .next()
                    .unwrap_or_default()
                    .starts_with(char::is_uppercase) =>
            {
                self.call_path(path, &Given::default())
            }
            _ => Ok(Value::Path(path.to_owned())),
        }
    }

    fn index(&mut self, of: &Value, key: &Value) -> Go<Value> {
        match (of, key) {
            (Value::Said, _) => {
                if matches!(self.language, Language::Python) && !self.either(None) {
                    let kinds = ["KeyError", "LookupError", "Exception", "BaseException"];
                    return Err(Stop::raise(&kinds, "the answer holds no such key"));
                }
                Ok(Value::Said)
            }
            (Value::Map(_), Value::Text(key)) if of.entry(key).is_some() => {
                Ok(of.entry(key).unwrap_or(Value::Any))
            }
            (Value::Path(path), _) => match (self.language, path.as_str()) {
                (Language::Python, "os.environ") => {
                    let name = key.shown();
                    if self.either(Some(format!("nobody knows whether `{name}` is set"))) {
                        Ok(Value::Any)
                    } else {
                        let kinds = ["KeyError", "LookupError", "Exception", "BaseException"];
                        Err(Stop::raise(&kinds, format!("`{name}` is not set")))
                    }
                }
                (Language::Ruby, "ENV")
                | (Language::JavaScript, "process.env")
                | (Language::Perl, "$ENV") => Ok(Value::Any),
                _ => Err(Stop::unread(path)),
            },
            (Value::Thing(_), Value::Text(key)) => self.member(of, key),
            (Value::Any, _) => Ok(Value::Any),
            _ => Err(Stop::unread("[")),
        }
    }

    fn assign(
        &mut self,
        target: &Expression,
        operator: &str,
        value: &Expression,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        let mut value = self.value(value, scope)?;
        match target {
            Expression::Name(name) => {
                if operator != "=" {
                    let before = scope.get(name).unwrap_or(Value::Any);
                    value = match operator {
                        "+=" | ".=" => add(&before, &value),
                        _ => Value::Any,
                    };
                }
                if self.language == Language::Python {
                    scope.declare(name, value.clone());
                } else {
                    scope.set(name, value.clone());
                }
            }
            Expression::List(names) => {
                for (at, target) in names.iter().enumerate() {
                    let Expression::Name(name) = target else {
                        return Err(Stop::unread("="));
                    };
                    let part = match &value {
                        Value::List(list) => list.get(at).cloned().unwrap_or(Value::Any),
                        _ => Value::Any,
                    };
                    scope.declare(name, part);
                }
            }
            Expression::Member(of, name) => {
                let of = self.value(of, scope)?;
                self.set_member(&of, name, &value)?;
            }
            _ => return Err(Stop::unread("=")),
        }
        Ok(value)
    }

    fn set_member(&mut self, of: &Value, name: &str, value: &Value) -> Go<()> {
        match (of, self.language) {
            (Value::Path(path), Language::JavaScript)
                if path == "process" && name == "exitCode" =>
            {
                self.events.exit_code = Some(value.clone());
                Ok(())
            }
            (Value::Thing(at), _) => {
                let limit = matches!(name, "timeout" | "open_timeout" | "read_timeout");
                if limit && self.things[*at].kind == "client" {
                    if name != "open_timeout" {
                        self.things[*at].limit = value.number();
                    }
                    return Ok(());
                }
                if matches!(name, "use_ssl" | "verify_mode") {
                    return Ok(());
                }
                Err(Stop::unread(name))
            }
            _ => Err(Stop::unread(name)),
        }
    }

    fn binary(
        &mut self,
        operator: &str,
        left: &Expression,
        right: &Expression,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        let value = self.value(left, scope)?;
        let truth = value.truth(self.language);
        match operator {
            "," => return self.value(right, scope),
            "&&" | "and" | "||" | "or" | "??" => {
                let either = !matches!(operator, "&&" | "and");
                let truth = match (operator, &value) {
                    ("??", value) if !value.is_unknown() => {
                        Truth::Is(!matches!(value, Value::Null))
                    }
                    _ => truth,
                };
                // A value in place of one that nobody knows needs no decision.
                if !matches!(truth, Truth::Is(_)) && is_plain(right) {
                    let other = self.value(right, scope)?;
                    let said = truth == Truth::Said && !matches!(other, Value::Any);
                    return Ok(if said { Value::Said } else { Value::Any });
                }
                let holds = self.decide(truth, &name_of(left));
                if holds == either {
                    return Ok(value);
                }
                if either && matches!(value, Value::Null | Value::Bool(false)) && is_die(right) {
                    self.failed
                        .get_or_insert_with(|| format!("`{}` gives nothing", name_of(left)));
                }
                return self.value(right, scope);
            }
            _ => {}
        }
        let other = self.value(right, scope)?;
        let truth = match operator {
            "==" | "eq" | "===" => value.equals(&other, self.is_strict(operator)),
            "!=" | "ne" | "!==" => value.equals(&other, self.is_strict(operator)).not(),
            "<" | ">" | "<=" | ">=" => compared(operator, &value, &other),
            "in" => contained(&value, &other),
            "instanceof" | "=~" | "!~" => match value {
                Value::Said => Truth::Said,
                _ => Truth::Any,
            },
            "+" | "." => return Ok(add(&value, &other)),
            "-" | "*" | "/" | "%" | "//" => {
                return Ok(match (operator, value.number(), other.number()) {
                    ("-", Some(one), Some(two)) => Value::Number(one - two),
                    ("*", Some(one), Some(two)) => Value::Number(one * two),
                    ("//", Some(one), Some(two)) if two != 0.0 => {
                        Value::Number((one / two).floor())
                    }
                    ("/", Some(one), Some(two))
                        if two != 0.0 && self.language == Language::Python =>
                    {
                        Value::Number(one / two)
                    }
                    _ => Value::Any,
                });
            }
            _ => return Err(Stop::unread(operator)),
        };
        Ok(truth.value())
    }

    fn is_strict(&self, operator: &str) -> bool {
        operator.len() == 3 || matches!(self.language, Language::Python | Language::Ruby)
    }

    fn call(
        &mut self,
        function: &Expression,
        arguments: &[Argument],
        place: Place,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        // `a.b(…)`: whose method it is decides what it does.
        let (callee, method) = match function {
            Expression::Member(of, name) => (self.value(of, scope)?, Some(name)),
            function => (self.value(function, scope)?, None),
        };
        let mut given = Given::default();
        for argument in arguments {
            let value = self.value(&argument.value, scope)?;
            match &argument.name {
                Some(name) => given.named.push((name.clone(), value)),
                None => given.plain.push(value),
            }
        }
        self.here = place;
        match (callee, method) {
            (Value::Path(path), Some(name)) => {
                let path = format!("{path}.{name}");
                self.call_path(&path, &given)
            }
            (Value::Path(path), None) => self.call_path(&path, &given),
            (Value::Function(closure), None) => self.apply(&closure, given.plain),
            (of, Some(name)) => self.method(&of, name, &given),
            (_, None) => Err(Stop::unread(name_of(function))),
        }
    }

    /// Calls a function of the script.
    pub fn apply(&mut self, closure: &Rc<Closure>, arguments: Vec<Value>) -> Go<Value> {
        let scope = Scope::inside(&closure.scope);
        let mut arguments = arguments.into_iter();
        for parameter in &closure.function.parameters {
            scope.declare(parameter, arguments.next().unwrap_or(Value::Null));
        }
        if closure.function.asynchronous {
            return Ok(javascript::later(self, closure, scope));
        }
        self.body(closure, &scope)
    }

    pub fn body(&mut self, closure: &Closure, scope: &Rc<Scope>) -> Go<Value> {
        match self.block(&closure.function.body, scope) {
            Ok(()) => Ok(Value::Null),
            Err(Stop::Return(value)) => Ok(value),
            Err(stop) => Err(stop),
        }
    }

    /// Calls what the language brings, by its name.
    pub fn call_path(&mut self, path: &str, given: &Given) -> Go<Value> {
        match self.language {
            Language::Python => python::call(self, path, given),
            Language::JavaScript => javascript::call(self, path, given),
            Language::Php => php::call(self, path, given),
            Language::Ruby => ruby::call(self, path, given),
            Language::Perl => perl::call(self, path, given),
        }
    }

    pub fn method(&mut self, of: &Value, name: &str, given: &Given) -> Go<Value> {
        match self.language {
            Language::Python => python::method(self, of, name, given),
            Language::JavaScript => javascript::method(self, of, name, given),
            Language::Php => Err(Stop::unread(name)),
            Language::Ruby => ruby::method(self, of, name, given),
            Language::Perl => perl::method(self, of, name, given),
        }
    }
}

/// Whether nothing happens when it is taken for its value.
fn is_plain(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Null
            | Expression::Bool(_)
            | Expression::Number(_)
            | Expression::Text(_)
            | Expression::Name(_)
    )
}

fn is_die(expression: &Expression) -> bool {
    matches!(expression, Expression::Call(function, ..) if matches!(&**function, Expression::Name(name) if name == "die" || name == "exit"))
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

fn add(one: &Value, two: &Value) -> Value {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => Value::Number(one + two),
        (Value::Said, _) | (_, Value::Said) => Value::Said,
        (Value::Text(_), _) | (_, Value::Text(_)) => Value::Text(one.shown() + &two.shown()),
        _ => Value::Any,
    }
}

fn compared(operator: &str, one: &Value, two: &Value) -> Truth {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    if matches!(one, Value::Said) || matches!(two, Value::Said) {
        return Truth::Said;
    }
    match (number(one), number(two)) {
        (Some(one), Some(two)) => Truth::Is(match operator {
            "<" => one < two,
            ">" => one > two,
            "<=" => one <= two,
            _ => one >= two,
        }),
        _ => Truth::Any,
    }
}

fn contained(one: &Value, two: &Value) -> Truth {
    match (one, two) {
        (_, Value::Said) | (Value::Said, _) => Truth::Said,
        (one, Value::List(list)) => {
            let mut all = Truth::Is(false);
            for value in list.iter() {
                match one.equals(value, true) {
                    Truth::Is(true) => return Truth::Is(true),
                    Truth::Is(false) => {}
                    other => all = other,
                }
            }
            all
        }
        (Value::Text(one), Value::Text(two)) if !one.contains(ANY) && !two.contains(ANY) => {
            Truth::Is(two.contains(one.as_str()))
        }
        _ => Truth::Any,
    }
}
