//! What the words of JavaScript do that health checks use, and the loop that brings answers, errors and timers.

use std::collections::VecDeque;
use std::rc::Rc;

use super::super::path::ANY;
use super::super::{Code, World};
use super::play::{Given, Play, Reply, Thing};
use super::python::whole;
use super::token::Place;
use super::value::{Closure, Error, Go, Scope, Stop, Value};

/// How a promise stands.
#[derive(Clone, Debug)]
enum Settled {
    Not,
    With(Value),
    Failed(Rc<Error>),
}

/// Who waits for a promise: what to do in either case, and whose promise that settles.
#[derive(Clone, Debug)]
struct Waiting {
    well: Option<Value>,
    badly: Option<Value>,
    /// Where the script says so.
    place: Place,
    /// `finally`: its value does not count.
    always: bool,
    next: usize,
}

#[derive(Debug)]
struct Promise {
    settled: Settled,
    waiting: Vec<Waiting>,
    /// Somebody looks at its failure.
    watched: bool,
}

/// Something that is yet to happen.
#[derive(Clone, Debug)]
enum Task {
    Call(Value, Vec<Value>),
    /// The body of an `async` function, and the promise that it settles.
    Body(Rc<Closure>, Rc<Scope>, usize),
    /// An event of a thing: `response`, `error`, `connect`.
    Event(usize, &'static str),
    Fail(usize, Rc<Error>),
    Settle(usize, Value),
    React(Waiting, Settled),
}

/// What is yet to happen, and when.
#[derive(Debug, Default)]
pub(super) struct Loop {
    pub exit_code: Option<Value>,
    promises: Vec<Promise>,
    soon: VecDeque<Task>,
    /// Seconds from the start, and the task.
    later: Vec<(f64, Task)>,
    now: f64,
    /// A connection is open on which nothing comes: the process waits for it.
    waits: Vec<usize>,
    /// An answer that nobody reads; whether it keeps the process depends on its size and on the server.
    unread: bool,
    /// `fetch` was called.
    fetches: bool,
}

const CLOSES: &str = "nobody knows when the service closes the connection";

/// What a dotted name is, where it is more than a name.
pub(super) fn constant(path: &str) -> Value {
    if path.starts_with("process.env.") || path == "process.argv" {
        return Value::Any;
    }
    Value::Path(path.trim_start_matches("globalThis.").to_owned())
}

fn promise(play: &mut Play<'_>, settled: Settled) -> usize {
    play.events.promises.push(Promise {
        settled,
        waiting: Vec::new(),
        watched: false,
    });
    play.events.promises.len() - 1
}

/// The value of a promise: a thing that holds its number.
fn as_value(play: &mut Play<'_>, promise: usize) -> Value {
    play.thing(Thing {
        kind: "promise",
        status: u16::try_from(promise).unwrap_or(u16::MAX),
        ..Thing::default()
    })
}

fn promise_of(play: &Play<'_>, value: &Value) -> Option<usize> {
    match value {
        Value::Thing(at) if play.things[*at].kind == "promise" => {
            Some(usize::from(play.things[*at].status))
        }
        _ => None,
    }
}

/// A call of an `async` function: its body runs when the script has come to its end.
pub(super) fn later(play: &mut Play<'_>, closure: &Rc<Closure>, scope: Rc<Scope>) -> Value {
    let promise = promise(play, Settled::Not);
    play.events
        .soon
        .push_back(Task::Body(Rc::clone(closure), scope, promise));
    as_value(play, promise)
}

fn settle(play: &mut Play<'_>, at: usize, value: &Value) {
    if !matches!(play.events.promises[at].settled, Settled::Not) {
        return;
    }
    // A promise for a promise waits for it.
    if let Some(inner) = promise_of(play, value) {
        let waiting = Waiting {
            well: None,
            badly: None,
            place: Place::default(),
            always: false,
            next: at,
        };
        wait_for(play, inner, waiting);
        return;
    }
    resolved(play, at, &Settled::With(value.clone()));
}

fn resolved(play: &mut Play<'_>, at: usize, settled: &Settled) {
    if !matches!(play.events.promises[at].settled, Settled::Not) {
        return;
    }
    play.events.promises[at].settled = settled.clone();
    for waiting in std::mem::take(&mut play.events.promises[at].waiting) {
        play.events
            .soon
            .push_back(Task::React(waiting, settled.clone()));
    }
}

fn wait_for(play: &mut Play<'_>, at: usize, waiting: Waiting) {
    play.events.promises[at].watched = true;
    match play.events.promises[at].settled.clone() {
        Settled::Not => play.events.promises[at].waiting.push(waiting),
        settled => play.events.soon.push_back(Task::React(waiting, settled)),
    }
}

fn react(play: &mut Play<'_>, waiting: &Waiting, settled: &Settled) -> Go<()> {
    let (handler, arguments) = match settled {
        Settled::With(value) => (&waiting.well, vec![value.clone()]),
        Settled::Failed(error) => {
            if waiting.badly.is_some() && !waiting.always {
                let error = Rc::clone(error);
                play.swallowed("catch", waiting.place, &error);
            }
            (&waiting.badly, vec![Value::Error(Rc::clone(error))])
        }
        Settled::Not => return Ok(()),
    };
    let Some(handler) = handler else {
        resolved(play, waiting.next, settled);
        return Ok(());
    };
    let arguments = if waiting.always {
        Vec::new()
    } else {
        arguments
    };
    match invoke(play, handler, arguments) {
        Ok(_) if waiting.always => resolved(play, waiting.next, settled),
        Ok(value) => settle(play, waiting.next, &value),
        Err(Stop::Raise(error)) => resolved(play, waiting.next, &Settled::Failed(error)),
        Err(stop) => return Err(stop),
    }
    Ok(())
}

/// Calls what was handed over: a function, or a name of the language.
fn invoke(play: &mut Play<'_>, function: &Value, arguments: Vec<Value>) -> Go<Value> {
    match function {
        Value::Function(closure) => play.apply(closure, arguments),
        Value::Path(path) => {
            let given = Given {
                plain: arguments,
                named: Vec::new(),
            };
            call(play, path, &given)
        }
        _ => Err(Stop::unread("a callback")),
    }
}

/// `await value`
pub(super) fn awaited(play: &mut Play<'_>, value: &Value) -> Go<Value> {
    let Some(at) = promise_of(play, value) else {
        return Ok(value.clone());
    };
    play.events.promises[at].watched = true;
    loop {
        match play.events.promises[at].settled.clone() {
            Settled::With(value) => return Ok(value),
            Settled::Failed(error) => return Err(Stop::Raise(error)),
            Settled::Not => {
                if !turn(play)? {
                    return Err(at_rest(play));
                }
            }
        }
    }
}

/// One thing that happens next; false where nothing is left to happen.
fn turn(play: &mut Play<'_>) -> Go<bool> {
    if let Some(task) = play.events.soon.pop_front() {
        happen(play, task)?;
        return Ok(true);
    }
    // Nobody has looked at a failure by now: that ends the process.
    let lost = play
        .events
        .promises
        .iter()
        .find_map(|promise| match &promise.settled {
            Settled::Failed(error) if !promise.watched => Some(Rc::clone(error)),
            _ => None,
        });
    if let Some(error) = lost {
        // Whoever has `fetch` is new enough.
        if !play.events.fetches {
            return Err(Stop::Unknown(
                "Node before 15 only warns of a failure that nobody looks at".to_owned(),
            ));
        }
        return Err(Stop::Raise(error));
    }
    let next = (0..play.events.later.len()).min_by(|one, two| {
        play.events.later[*one]
            .0
            .total_cmp(&play.events.later[*two].0)
    });
    let Some(next) = next else {
        return Ok(false);
    };
    let (at, task) = play.events.later.remove(next);
    if at >= play.patience() {
        return Err(Stop::Hang);
    }
    play.events.now = at;
    happen(play, task)?;
    Ok(true)
}

/// How a process ends in which nothing is left to happen.
fn at_rest(play: &mut Play<'_>) -> Stop {
    // A short answer is taken in by itself, a long one waits for a reader.
    if !play.events.waits.is_empty() || (play.events.unread && !play.either(None)) {
        return Stop::Hang;
    }
    let code = play.events.exit_code.clone();
    match status(code.as_ref()) {
        Ok(code) => Stop::Exit(code),
        Err(stop) => stop,
    }
}

fn happen(play: &mut Play<'_>, task: Task) -> Go<()> {
    match task {
        Task::Call(function, arguments) => {
            invoke(play, &function, arguments)?;
        }
        Task::Body(closure, scope, at) => match play.body(&closure, &scope) {
            Ok(value) => settle(play, at, &value),
            Err(Stop::Raise(error)) => resolved(play, at, &Settled::Failed(error)),
            Err(stop) => return Err(stop),
        },
        Task::Event(thing, event) => happens(play, thing, event)?,
        Task::Fail(at, error) => resolved(play, at, &Settled::Failed(error)),
        Task::Settle(at, value) => settle(play, at, &value),
        Task::React(waiting, settled) => react(play, &waiting, &settled)?,
    }
    Ok(())
}

/// What is left to do when the script has come to its end.
pub(super) fn finish(play: &mut Play<'_>, ended: Stop) -> Stop {
    match ended {
        Stop::Return(_) => {}
        other => return other,
    }
    let begun = |thing: &Thing| thing.kind == "request" && !thing.done;
    if play.things.iter().any(begun) {
        return Stop::Unknown("nobody knows when `request` is sent without `end`".to_owned());
    }
    loop {
        match turn(play) {
            Ok(true) => {}
            Ok(false) => return at_rest(play),
            Err(stop) => return stop,
        }
    }
}

/// The status that `process.exit` gives.
fn status(value: Option<&Value>) -> Go<Code> {
    Ok(match value {
        None | Some(Value::Null) => Code::Exact(0),
        Some(Value::Number(number)) => whole(*number),
        Some(Value::Text(text)) if text.parse::<u8>().is_ok() => {
            Code::Exact(text.parse().unwrap_or(1))
        }
        Some(Value::Bool(_)) => {
            return Err(Stop::Unknown(
                "`process.exit` with true or false is an error since Node 20".to_owned(),
            ));
        }
        Some(_) => {
            return Err(Stop::Unknown(
                "nobody knows what `exit` is given".to_owned(),
            ));
        }
    })
}

/// A number of milliseconds, in seconds.
fn seconds(value: Option<&Value>) -> Go<f64> {
    match value {
        None => Ok(0.0),
        Some(Value::Number(number)) => Ok(number / 1000.0),
        Some(_) => Err(Stop::Unknown("nobody knows how long it waits".to_owned())),
    }
}

fn error(why: impl Into<String>) -> Rc<Error> {
    Rc::new(Error::new(&["Error"], why))
}

pub(super) fn call(play: &mut Play<'_>, path: &str, given: &Given) -> Go<Value> {
    match path {
        "require" => match given.at(0) {
            Some(Value::Text(module)) => Ok(Value::text(module.trim_start_matches("node:")).path()),
            _ => Err(Stop::unread(path)),
        },
        "http.get" | "https.get" | "http.request" | "https.request" => {
            let (module, verb) = path.split_once('.').unwrap_or_default();
            request(play, given, module, verb == "get")
        }
        "net.connect" | "net.createConnection" => {
            let socket = thing(play, "socket");
            connect(play, socket, given)
        }
        "net.Socket" => {
            let socket = thing(play, "socket");
            Ok(Value::Thing(socket))
        }
        "fetch" => fetch(play, given),
        "AbortSignal.timeout" => {
            let limit = seconds(given.at(0))?;
            Ok(play.thing(Thing {
                kind: "signal",
                limit: Some(limit),
                ..Thing::default()
            }))
        }
        "AbortController" => {
            let controller = thing(play, "controller");
            Ok(Value::Thing(controller))
        }
        "process.exit" => {
            let code = match given.at(0) {
                None => play.events.exit_code.clone(),
                given => given.cloned(),
            };
            Err(Stop::Exit(status(code.as_ref())?))
        }
        "console.log" | "console.info" => {
            let words: Vec<String> = given.plain.iter().map(Value::shown).collect();
            play.print(&(words.join(" ") + "\n"));
            Ok(Value::Null)
        }
        "console.error" | "console.warn" | "clearTimeout" => {
            if path == "clearTimeout"
                && let Some(Value::Thing(timer)) = given.at(0)
            {
                let timer = *timer;
                play.things[timer].done = true;
                let number = Value::Thing(timer);
                play.events.later.retain(|(_, task)| {
                    !matches!(task, Task::Call(_, arguments) if arguments.first().is_some_and(|it| it.equals(&number, true) == super::value::Truth::Is(true)))
                });
            }
            Ok(Value::Null)
        }
        "setTimeout" => {
            let after = seconds(given.at(1))?;
            let Some(function) = given.at(0).cloned() else {
                return Err(Stop::unread(path));
            };
            let timer = play.thing(Thing {
                kind: "timer",
                ..Thing::default()
            });
            let at = play.events.now + after;
            // The timer goes along so that it can be found again.
            play.events
                .later
                .push((at, Task::Call(function, vec![timer.clone()])));
            Ok(timer)
        }
        "JSON.parse" => {
            if !matches!(given.at(0), Some(Value::Said)) {
                return Err(Stop::unread(path));
            }
            if play.either(None) {
                Ok(Value::Said)
            } else {
                Err(Stop::Raise(error("the answer is no JSON")))
            }
        }
        "Error" => Ok(Value::Error(error("`throw` raises an error"))),
        "String" => Ok(match given.at(0) {
            Some(Value::Said) => Value::Said,
            Some(value) => Value::Text(value.shown()),
            None => Value::text(""),
        }),
        "Number" | "parseInt" | "os.hostname" | "URL" => match (path, given.at(0)) {
            ("URL", Some(url)) => Ok(url.clone()),
            (_, Some(Value::Number(number))) => Ok(Value::Number(*number)),
            _ => Ok(Value::Any),
        },
        _ => Err(Stop::unread(path)),
    }
}

impl Value {
    /// A text as a name of the language.
    fn path(self) -> Value {
        match self {
            Value::Text(text) => Value::Path(text),
            other => other,
        }
    }
}

fn thing(play: &mut Play<'_>, kind: &'static str) -> usize {
    play.things.push(Thing {
        kind,
        ..Thing::default()
    });
    play.things.len() - 1
}

/// `http.get(url or options, options, callback)`
fn request(play: &mut Play<'_>, given: &Given, module: &str, ends: bool) -> Go<Value> {
    let mut address = None;
    let mut limit = None;
    for value in &given.plain {
        match value {
            Value::Text(url) => {
                let other = if module == "http" { "https:" } else { "http:" };
                if url.starts_with(other) {
                    let why = format!("`{module}` asks no `{other}`, it raises an error");
                    return Err(Stop::Raise(error(why)));
                }
                address = Some(value.clone());
            }
            Value::Map(entries) => {
                for (name, value) in entries.iter() {
                    match name.as_str() {
                        "host" | "hostname" | "port" | "path" | "method" | "headers"
                        | "rejectUnauthorized" | "agent" | "family" | "protocol" => {}
                        "timeout" => limit = Some(seconds(Some(value))?),
                        other => return Err(Stop::unread(other)),
                    }
                }
                address.get_or_insert(Value::text("http://options"));
            }
            Value::Function(_) | Value::Path(_) => {}
            _ => return Err(Stop::Unknown("nobody knows whom it asks".to_owned())),
        }
    }
    let request = thing(play, "request");
    play.things[request].address = address;
    play.things[request].place = play.here;
    play.things[request].limit = limit;
    if let Some(callback) = given.function() {
        listen(play, request, "response", callback);
    }
    if ends {
        send(play, request)?;
    }
    Ok(Value::Thing(request))
}

/// What happens to a request that was sent.
fn send(play: &mut Play<'_>, request: usize) -> Go<()> {
    if play.things[request].done {
        return Ok(());
    }
    play.things[request].done = true;
    let address = play.things[request].address.clone();
    let now = play.events.now;
    let elapsed = play.elapsed;
    let reply = play.ask(address.as_ref(), Some(0.0), "http.get");
    play.elapsed = elapsed;
    match reply? {
        Reply::Status(status) => {
            play.things[request].status = status;
            if status >= 400 {
                play.here = play.things[request].place;
                play.loses("get", "calls back for every answer, a 500 too");
            }
            play.events
                .later
                .push((now, Task::Event(request, "response")));
        }
        Reply::Refused => play.events.later.push((now, Task::Event(request, "error"))),
        Reply::Late => {
            play.events.waits.push(request);
            if let Some(limit) = play.things[request].limit {
                play.events
                    .later
                    .push((now + limit, Task::Event(request, "timeout")));
            }
        }
    }
    Ok(())
}

fn connect(play: &mut Play<'_>, socket: usize, given: &Given) -> Go<Value> {
    for value in &given.plain {
        if let Value::Map(entries) = value {
            for (name, value) in entries.iter() {
                match name.as_str() {
                    "host" | "port" | "family" => {}
                    "timeout" => play.things[socket].limit = Some(seconds(Some(value))?),
                    other => return Err(Stop::unread(other)),
                }
            }
        }
    }
    if let Some(callback) = given.function() {
        listen(play, socket, "connect", callback);
    }
    let event = if play.connects() { "connect" } else { "error" };
    let now = play.events.now;
    play.events.later.push((now, Task::Event(socket, event)));
    Ok(Value::Thing(socket))
}

fn fetch(play: &mut Play<'_>, given: &Given) -> Go<Value> {
    // Nobody waits longer than 300 s for the head of an answer.
    let mut limit = 300.0;
    let mut controller = None;
    if let Some(Value::Map(options)) = given.at(1) {
        for (name, value) in options.iter() {
            match (name.as_str(), value) {
                // `fetch` has no `timeout` and reads over it.
                ("method" | "headers" | "redirect" | "cache" | "body" | "timeout", _) => {}
                ("signal", Value::Thing(at)) if play.things[*at].kind == "signal" => {
                    limit = play.things[*at].limit.unwrap_or(limit);
                    controller = Some(*at);
                }
                (other, _) => return Err(Stop::unread(other)),
            }
        }
    }
    let now = play.events.now;
    let elapsed = play.elapsed;
    let reply = play.ask(given.at(0), Some(0.0), "fetch");
    play.elapsed = elapsed;
    play.events.fetches = true;
    let promise = promise(play, Settled::Not);
    match reply? {
        Reply::Status(status) => {
            if status >= 400 {
                play.loses(
                    "fetch",
                    "resolves for a 500 too: only the network makes it fail",
                );
            }
            let answer = play.answer(status);
            // Until somebody reads it, a long answer keeps the process.
            play.events.unread = true;
            play.events.later.push((now, Task::Settle(promise, answer)));
        }
        Reply::Refused => {
            let error = error("nothing listens, so `fetch` fails");
            play.events.later.push((now, Task::Fail(promise, error)));
        }
        Reply::Late => {
            let error = error("`fetch` gives up waiting");
            play.events
                .later
                .push((now + limit, Task::Fail(promise, error)));
            if let Some(controller) = controller {
                play.things[controller]
                    .settings
                    .push((promise.to_string(), Value::Null));
            }
        }
    }
    Ok(as_value(play, promise))
}

/// An event: whoever listens is called.
fn happens(play: &mut Play<'_>, at: usize, event: &'static str) -> Go<()> {
    let listeners = listeners(play, at, event);
    match event {
        "error" => {
            play.events.waits.retain(|open| *open != at);
            let why = match play.world() {
                World::Refused => "nothing listens, so an `error` comes",
                _ => "it gives up waiting",
            };
            let error = error(why);
            if listeners.is_empty() {
                let why = format!("{why}, and nobody listens to it");
                return Err(Stop::raise(&["Error"], why));
            }
            for (listener, place) in listeners {
                play.swallowed("on('error')", place, &error);
                invoke(play, &listener, vec![Value::Error(Rc::clone(&error))])?;
            }
        }
        "response" => {
            let status = play.things[at].status;
            let answer = play.answer(status);
            for (listener, _) in &listeners {
                invoke(play, listener, vec![answer.clone()])?;
            }
            let Value::Thing(answer) = answer else {
                return Ok(());
            };
            if play.things[answer].done {
                let now = play.events.now;
                play.events.later.push((now, Task::Event(answer, "data")));
                play.events.later.push((now, Task::Event(answer, "end")));
            } else if !listeners.is_empty() {
                play.events.unread = true;
            }
        }
        "data" => {
            for (listener, _) in listeners {
                invoke(play, &listener, vec![Value::Said])?;
            }
        }
        _ => {
            if event == "connect" {
                if let Some(limit) = play.things[at].limit {
                    let when = play.events.now + limit;
                    play.events.later.push((when, Task::Event(at, "timeout")));
                }
                play.things[at].done = true;
                play.events.waits.push(at);
            }
            for (listener, _) in listeners {
                invoke(play, &listener, Vec::new())?;
            }
            if event == "connect" && play.things[at].done && play.world() != World::Hung {
                return Err(Stop::Unknown(CLOSES.to_owned()));
            }
        }
    }
    Ok(())
}

fn listeners(play: &Play<'_>, at: usize, event: &str) -> Vec<(Value, Place)> {
    let all = play.things[at].listeners.iter();
    all.filter(|(name, ..)| name == event)
        .map(|(_, listener, place)| (listener.clone(), *place))
        .collect()
}

fn listen(play: &mut Play<'_>, at: usize, event: &str, listener: &Value) {
    let here = play.here;
    play.things[at]
        .listeners
        .push((event.to_owned(), listener.clone(), here));
}

pub(super) fn member(play: &mut Play<'_>, of: &Value, name: &str) -> Go<Value> {
    match of {
        Value::Said => Ok(Value::Said),
        Value::Any | Value::Error(_) => Ok(Value::Any),
        Value::Thing(at) => {
            let at = *at;
            let status = play.things[at].status;
            match (play.things[at].kind, name) {
                ("answer", "statusCode" | "status") => Ok(Value::Number(f64::from(status))),
                ("answer", "ok") => Ok(Value::Bool(status < 400)),
                ("answer", "headers" | "statusText" | "statusMessage") => Ok(Value::Said),
                ("controller", "signal") => {
                    play.things[at].kind = "signal";
                    Ok(Value::Thing(at))
                }
                ("signal", "signal") => Ok(Value::Thing(at)),
                _ => Err(Stop::unread(name)),
            }
        }
        _ => Err(Stop::unread(name)),
    }
}

pub(super) fn method(play: &mut Play<'_>, of: &Value, name: &str, given: &Given) -> Go<Value> {
    if let Some(promise) = promise_of(play, of) {
        return then(play, promise, name, given);
    }
    match of {
        Value::Thing(at) => thing_method(play, *at, name, given),
        Value::Said => Ok(Value::Said),
        Value::Any => Ok(match name {
            "toString" | "trim" | "test" | "toLowerCase" => match given.at(0) {
                Some(Value::Said) => Value::Said,
                _ => Value::Any,
            },
            _ => return Err(Stop::unread(name)),
        }),
        Value::Text(text) => Ok(match name {
            "toString" => of.clone(),
            "trim" => Value::text(text.trim()),
            "concat" | "replace" | "join" => Value::text(ANY),
            _ => return Err(Stop::unread(name)),
        }),
        Value::List(list) => match name {
            "includes" => match given.at(0) {
                Some(value) => {
                    let known = list
                        .iter()
                        .any(|it| it.equals(value, true) == super::value::Truth::Is(true));
                    Ok(if value.is_unknown() {
                        value.clone()
                    } else {
                        Value::Bool(known)
                    })
                }
                None => Err(Stop::unread(name)),
            },
            _ => Err(Stop::unread(name)),
        },
        _ => Err(Stop::unread(name)),
    }
}

fn then(play: &mut Play<'_>, at: usize, name: &str, given: &Given) -> Go<Value> {
    let next = promise(play, Settled::Not);
    let place = play.here;
    let some = |at| {
        given
            .at(at)
            .filter(|value| !matches!(value, Value::Null))
            .cloned()
    };
    let waiting = match name {
        "then" => Waiting {
            well: some(0),
            badly: some(1),
            place,
            always: false,
            next,
        },
        "catch" => Waiting {
            well: None,
            badly: some(0),
            place,
            always: false,
            next,
        },
        "finally" => Waiting {
            well: some(0),
            badly: some(0),
            place,
            always: true,
            next,
        },
        _ => return Err(Stop::unread(name)),
    };
    wait_for(play, at, waiting);
    Ok(as_value(play, next))
}

fn thing_method(play: &mut Play<'_>, at: usize, name: &str, given: &Given) -> Go<Value> {
    let kind = play.things[at].kind;
    let here = Value::Thing(at);
    match (kind, name) {
        ("request" | "socket" | "answer", "on" | "once" | "addListener") => {
            let (Some(Value::Text(event)), Some(listener)) = (given.at(0), given.at(1)) else {
                return Err(Stop::unread(name));
            };
            if !matches!(
                event.as_str(),
                "error" | "response" | "timeout" | "connect" | "data" | "end" | "ready"
            ) || (kind == "socket" && matches!(event.as_str(), "data" | "end"))
            {
                return Err(Stop::unread(event));
            }
            if kind == "answer" {
                play.things[at].done |= event == "data";
            }
            let event = if event == "ready" { "connect" } else { event };
            listen(play, at, event, listener);
            Ok(here)
        }
        ("request", "end") => {
            if given.function().is_some() {
                return Err(Stop::unread(name));
            }
            send(play, at)?;
            Ok(here)
        }
        ("request" | "socket", "setTimeout") => {
            let limit = seconds(given.at(0))?;
            if let Some(callback) = given.at(1) {
                listen(play, at, "timeout", callback);
            }
            play.things[at].limit = Some(limit);
            let when = play.events.now + limit;
            // Before the answer the clock runs from here.
            if kind == "request" && play.world() == World::Hung {
                play.events.later.push((when, Task::Event(at, "timeout")));
            }
            Ok(here)
        }
        ("socket", "connect") => connect(play, at, given),
        ("request" | "socket", "destroy" | "abort") => {
            let open = play.events.waits.contains(&at);
            play.events.waits.retain(|it| *it != at);
            play.events
                .later
                .retain(|(_, task)| !matches!(task, Task::Event(of, _) if *of == at));
            play.things[at].done = false;
            if open && kind == "request" {
                // "socket hang up"
                let now = play.events.now;
                play.events.later.push((now, Task::Event(at, "error")));
            }
            Ok(here)
        }
        ("socket", "end" | "unref") => {
            play.events.waits.retain(|it| *it != at);
            play.things[at].done = false;
            if play.world() == World::Hung {
                // The other side never says that it is done as well.
                return Err(Stop::Unknown(CLOSES.to_owned()));
            }
            Ok(here)
        }
        ("answer", "resume" | "setEncoding" | "destroy") => {
            play.things[at].done |= name != "setEncoding";
            Ok(here)
        }
        ("answer", "json" | "text") => {
            play.events.unread = false;
            let well = name == "text" || play.either(None);
            let settled = if well {
                Settled::With(Value::Said)
            } else {
                Settled::Failed(error("the answer is no JSON"))
            };
            let promise = promise(play, settled);
            Ok(as_value(play, promise))
        }
        ("controller" | "signal", "abort") => {
            let waiting: Vec<usize> = play.things[at]
                .settings
                .iter()
                .filter_map(|(promise, _)| promise.parse().ok())
                .collect();
            for promise in waiting {
                play.events
                    .later
                    .retain(|(_, task)| !matches!(task, Task::Fail(of, _) if *of == promise));
                resolved(
                    play,
                    promise,
                    &Settled::Failed(error("`fetch` gives up waiting")),
                );
            }
            Ok(Value::Null)
        }
        _ => Err(Stop::unread(name)),
    }
}
