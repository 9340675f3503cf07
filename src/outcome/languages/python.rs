//! What the words of Python do that health checks use: urllib, requests, httpx, http.client, socket, sys.

use std::rc::Rc;

use super::super::path::ANY;
use super::super::{Code, World};
use super::play::{Given, Play, Reply, Thing};
use super::value::{Error, Go, Stop, Truth, Value};

const OS: &[&str] = &["OSError", "Exception", "BaseException"];
const REFUSED: &[&str] = &[
    "ConnectionRefusedError",
    "ConnectionError",
    "OSError",
    "Exception",
    "BaseException",
];
const LATE: &[&str] = &["TimeoutError", "OSError", "Exception", "BaseException"];

/// Modules that are always there and whose import does nothing.
const MODULES: &[&str] = &[
    "contextlib",
    "http",
    "http.client",
    "json",
    "os",
    "re",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "time",
    "urllib",
    "urllib.error",
    "urllib.parse",
    "urllib.request",
];

/// Modules that must be installed: whoever imports them has them.
const INSTALLED: &[&str] = &["httpx", "requests", "requests.exceptions"];

/// Names that need no import.
const BUILTINS: &[&str] = &[
    "AssertionError",
    "BaseException",
    "ConnectionError",
    "ConnectionRefusedError",
    "EnvironmentError",
    "Exception",
    "IOError",
    "KeyError",
    "OSError",
    "RuntimeError",
    "SystemExit",
    "TimeoutError",
    "ValueError",
    "all",
    "any",
    "bool",
    "exit",
    "int",
    "len",
    "print",
    "quit",
    "str",
];

/// The class that a name stands for.
pub(super) fn class(path: &str) -> Option<&'static str> {
    Some(match path {
        "BaseException" => "BaseException",
        "Exception" => "Exception",
        "SystemExit" => "SystemExit",
        "AssertionError" => "AssertionError",
        "RuntimeError" => "RuntimeError",
        "ValueError" | "json.JSONDecodeError" => "ValueError",
        "KeyError" => "KeyError",
        "OSError" | "IOError" | "EnvironmentError" | "socket.error" => "OSError",
        "ConnectionError" => "ConnectionError",
        "ConnectionRefusedError" => "ConnectionRefusedError",
        "TimeoutError" | "socket.timeout" => "TimeoutError",
        "urllib.error.URLError" | "urllib.request.URLError" => "URLError",
        "urllib.error.HTTPError" | "urllib.request.HTTPError" => "HTTPError",
        "requests.exceptions.RequestException" | "requests.RequestException" => {
            "requests.RequestException"
        }
        "requests.exceptions.ConnectionError" | "requests.ConnectionError" => {
            "requests.ConnectionError"
        }
        "requests.exceptions.HTTPError" | "requests.HTTPError" => "requests.HTTPError",
        "requests.exceptions.Timeout" | "requests.Timeout" => "requests.Timeout",
        "KeyboardInterrupt" => "KeyboardInterrupt",
        "FileNotFoundError" => "FileNotFoundError",
        _ => return None,
    })
}

/// `import module`
pub(super) fn import(module: &str) -> Go<()> {
    if MODULES.contains(&module) || INSTALLED.contains(&module) {
        Ok(())
    } else {
        Err(Stop::unread(module))
    }
}

/// A name that nothing in the script has set.
pub(super) fn name(name: &str) -> Go<Value> {
    if BUILTINS.contains(&name) {
        return Ok(Value::Path(name.to_owned()));
    }
    if MODULES.contains(&name) || INSTALLED.contains(&name) {
        let kinds = ["NameError", "Exception", "BaseException"];
        let why = format!("`{name}` is used and never imported");
        return Err(about(name, Error::new(&kinds, why)));
    }
    Err(Stop::unread(name))
}

/// An error that this word of the script makes.
fn about(name: &str, mut error: Error) -> Stop {
    error.name = Some(name.to_owned());
    Stop::Raise(Rc::new(error))
}

/// What a dotted name is, where it is more than a name.
pub(super) fn constant(play: &Play<'_>, path: &str) -> Go<Value> {
    check_import(play, path)?;
    Ok(match path {
        "http.HTTPStatus.OK" | "requests.codes.ok" | "http.client.OK" => Value::Number(200.0),
        "socket.AF_INET" | "socket.SOCK_STREAM" | "socket.AF_INET6" | "socket.AF_UNIX" => {
            Value::Any
        }
        _ => Value::Path(path.to_owned()),
    })
}

/// A module inside a package is there only when somebody imports it.
fn check_import(play: &Play<'_>, path: &str) -> Go<()> {
    for module in ["urllib.request", "urllib.error", "http.client"] {
        let inside = path == module
            || path
                .strip_prefix(module)
                .is_some_and(|rest| rest.starts_with('.'));
        if !inside || play.imported.contains(module) {
            continue;
        }
        // These bring none of the others with them.
        let quiet = ["urllib", "sys", "os", "time", "json", "re"];
        if play
            .imported
            .iter()
            .all(|module| quiet.contains(&module.as_str()))
        {
            let kinds = ["AttributeError", "Exception", "BaseException"];
            let why = format!("`{module}` is never imported: `import {module}` brings it");
            let name = module.split('.').next().unwrap_or_default();
            return Err(about(name, Error::new(&kinds, why)));
        }
        if module != "urllib.error" || !play.imported.contains("urllib.request") {
            return Err(Stop::Unknown(format!(
                "nobody knows whether `{module}` is imported"
            )));
        }
    }
    Ok(())
}

pub(super) fn call(play: &mut Play<'_>, path: &str, given: &Given) -> Go<Value> {
    check_import(play, path)?;
    if let Some((library, verb)) = path.split_once('.')
        && matches!(library, "requests" | "httpx")
    {
        return requests(play, library, verb, given);
    }
    match path {
        "urllib.request.urlopen" => urlopen(play, given),
        "urllib.request.Request" => match given.get("url", 0) {
            Some(url) => Ok(url.clone()),
            None => Err(Stop::unread(path)),
        },
        "http.client.HTTPConnection" | "http.client.HTTPSConnection" => {
            let limit = limit(given.named("timeout"), play.default_limit)?;
            Ok(play.thing(Thing {
                kind: "connection",
                limit,
                ..Thing::default()
            }))
        }
        "socket.create_connection" => {
            connect(play, given.at(0))?;
            let limit = limit(given.get("timeout", 1), play.default_limit)?;
            Ok(socket(play, limit))
        }
        "socket.socket" => {
            let limit = play.default_limit;
            Ok(socket(play, limit))
        }
        "socket.setdefaulttimeout" => {
            play.default_limit = limit(given.at(0), None)?;
            Ok(Value::Null)
        }
        "sys.exit" | "exit" | "quit" | "SystemExit" => {
            let code = status(given.at(0))?;
            if let Some(Value::Text(_)) = given.at(0) {
                play.print("");
            }
            let error = Rc::new(Error {
                kinds: vec!["SystemExit".to_owned(), "BaseException".to_owned()],
                why: format!("`{path}` says so"),
                name: None,
                exit: Some(code),
            });
            if path == "SystemExit" {
                Ok(Value::Error(error))
            } else {
                Err(Stop::Raise(error))
            }
        }
        "os._exit" => Err(Stop::Exit(status(given.at(0))?)),
        "print" => {
            let to_errors = given.named("file").is_some();
            if !to_errors {
                let words: Vec<String> = given.plain.iter().map(printed).collect();
                play.print(&words.join(" "));
                play.print("\n");
            }
            Ok(Value::Null)
        }
        "time.sleep" => {
            let limit = limit(given.at(0), None)?;
            play.wait(limit)?;
            Ok(Value::Null)
        }
        "os.environ.get"
        | "os.getenv"
        | "ssl.create_default_context"
        | "ssl._create_unverified_context" => Ok(Value::Any),
        "json.load" | "json.loads" => {
            if !play.either(None) {
                let kinds = ["ValueError", "Exception", "BaseException"];
                return Err(Stop::raise(&kinds, "the answer is no JSON"));
            }
            Ok(Value::Said)
        }
        "int" => match given.at(0) {
            Some(Value::Number(number)) => Ok(Value::Number(number.trunc())),
            Some(Value::Text(text)) if text.parse::<i64>().is_ok() => {
                Ok(Value::Number(text.parse().unwrap_or_default()))
            }
            Some(Value::Bool(is)) => Ok(Value::Number(f64::from(u8::from(*is)))),
            Some(Value::Any) => Ok(Value::Any),
            _ => Err(Stop::unread(path)),
        },
        "bool" => Ok(given
            .at(0)
            .map_or(Truth::Is(false), |value| value.truth(play.language))
            .value()),
        "str" => Ok(match given.at(0) {
            Some(Value::Said) => Value::Said,
            Some(value) => Value::Text(value.shown()),
            None => Value::text(""),
        }),
        "len" => Ok(match given.at(0) {
            Some(Value::Said) => Value::Said,
            _ => Value::Any,
        }),
        _ if class(path).is_some() => Ok(Value::Error(Rc::new(raised(path)))),
        _ => Err(Stop::unread(path)),
    }
}

/// A new error of this class.
fn raised(path: &str) -> Error {
    let own = class(path).unwrap_or("Exception");
    let mut kinds = vec![own];
    if matches!(
        own,
        "ConnectionError" | "TimeoutError" | "ConnectionRefusedError"
    ) {
        kinds.push("OSError");
    }
    kinds.extend(["Exception", "BaseException"]);
    kinds.dedup();
    Error::new(&kinds, format!("`raise {path}` fails"))
}

/// How `print` shows it.
fn printed(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        _ => ANY.to_owned(),
    }
}

/// The status that `sys.exit` gives.
fn status(value: Option<&Value>) -> Go<Code> {
    Ok(match value {
        None | Some(Value::Null | Value::Bool(false)) => Code::Exact(0),
        Some(Value::Bool(true) | Value::Text(_)) => Code::Exact(1),
        Some(Value::Number(number)) => whole(*number),
        Some(_) => {
            return Err(Stop::Unknown(
                "nobody knows what `exit` is given".to_owned(),
            ));
        }
    })
}

/// A number as the system takes it.
pub(super) fn whole(number: f64) -> Code {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // That is what the system does.
    Code::Exact((number as i64).rem_euclid(256) as u8)
}

/// A limit in seconds.
pub(super) fn limit(value: Option<&Value>, default: Option<f64>) -> Go<Option<f64>> {
    match value {
        None => Ok(default),
        Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(*number)),
        // requests: one limit for the connection, one for the answer.
        Some(Value::List(pair)) => limit(pair.last(), default),
        Some(_) => Err(Stop::Unknown("nobody knows how long it waits".to_owned())),
    }
}

fn urlopen(play: &mut Play<'_>, given: &Given) -> Go<Value> {
    let limit = limit(given.get("timeout", 2), play.default_limit)?;
    match play.ask(given.get("url", 0), limit, "urlopen")? {
        Reply::Status(status) if status < 400 => Ok(play.answer(status)),
        Reply::Status(status) => {
            let mut kinds = vec!["HTTPError", "URLError"];
            kinds.extend(OS);
            Err(Stop::raise(
                &kinds,
                format!("the answer is {status}, so `urlopen` raises"),
            ))
        }
        Reply::Refused => {
            let mut kinds = vec!["URLError"];
            kinds.extend(OS);
            Err(Stop::raise(&kinds, "nothing listens, so `urlopen` raises"))
        }
        // urllib wraps only what happens before the answer.
        Reply::Late => Err(Stop::raise(LATE, "`urlopen` gives up waiting")),
    }
}

/// `requests` and `httpx`, which mean the same by the same words.
fn requests(play: &mut Play<'_>, library: &str, verb: &str, given: &Given) -> Go<Value> {
    let at = match verb {
        "get" | "head" | "post" | "options" => 0,
        "request" => 1,
        "Session" | "session" | "Client" if given.plain.is_empty() && given.named.is_empty() => {
            return Ok(Value::Path(library.to_owned()));
        }
        "Session" | "session" | "Client" => return Err(Stop::unread(verb)),
        "close" => return Ok(Value::Null),
        _ if class(&format!("{library}.{verb}")).is_some() => {
            let path = format!("{library}.{verb}");
            let class = class(&path).unwrap_or("Exception");
            let mut kinds = vec![class, "requests.RequestException"];
            kinds.extend(OS);
            return Ok(Value::Error(Rc::new(Error::new(
                &kinds,
                format!("`raise {path}` fails"),
            ))));
        }
        _ => return Err(Stop::unread(format!("{library}.{verb}"))),
    };
    let httpx = library == "httpx";
    // httpx gives up after 5 seconds unless it is told otherwise.
    let limit = limit(given.named("timeout"), httpx.then_some(5.0))?;
    let word = format!("{library}.{verb}");
    let raise = |own: &'static str, why: String| {
        let mut kinds = vec![own, "requests.RequestException"];
        kinds.extend(OS);
        if httpx {
            kinds = vec!["httpx.HTTPError", "Exception", "BaseException"];
        }
        Err(Stop::raise(&kinds, why))
    };
    match play.ask(given.get("url", at), limit, &word)? {
        Reply::Status(status) => {
            if status >= 400 {
                play.loses(
                    &word,
                    "raises for no status, 500 neither: that is what `raise_for_status()` does",
                );
            }
            let answer = play.answer(status);
            if let Value::Thing(at) = answer {
                play.things[at]
                    .settings
                    .push(("library".to_owned(), Value::text(library)));
            }
            Ok(answer)
        }
        Reply::Refused => raise(
            "requests.ConnectionError",
            format!("nothing listens, so `{word}` raises"),
        ),
        Reply::Late => raise("requests.Timeout", format!("`{word}` gives up waiting")),
    }
}

fn socket(play: &mut Play<'_>, limit: Option<f64>) -> Value {
    play.thing(Thing {
        kind: "socket",
        limit,
        ..Thing::default()
    })
}

/// Connects, or raises.
fn connect(play: &mut Play<'_>, address: Option<&Value>) -> Go<()> {
    if !matches!(address, Some(Value::List(pair)) if pair.len() == 2) {
        return Err(Stop::Unknown("nobody knows whom it asks".to_owned()));
    }
    if play.connects() {
        Ok(())
    } else {
        Err(Stop::raise(
            REFUSED,
            "nothing listens, so the connection raises",
        ))
    }
}

pub(super) fn member(play: &mut Play<'_>, of: &Value, name: &str) -> Go<Value> {
    let Value::Thing(at) = of else {
        return match of {
            Value::Said => Ok(Value::Said),
            Value::Error(error) => Ok(error_member(error, name)),
            _ => Err(Stop::unread(name)),
        };
    };
    let thing = &play.things[*at];
    let status = thing.status;
    match (thing.kind, name) {
        ("answer", "status" | "status_code" | "code") => Ok(Value::Number(f64::from(status))),
        ("answer", "ok" | "is_success") => Ok(Value::Bool(status < 400)),
        ("answer", "is_error") => Ok(Value::Bool(status >= 400)),
        ("answer", "text" | "content" | "reason" | "headers" | "body") => Ok(Value::Said),
        _ => Err(Stop::unread(name)),
    }
}

/// `e.code` of an `HTTPError`: the status is in its reason.
fn error_member(error: &Error, name: &str) -> Value {
    let code = ["500", "401"]
        .into_iter()
        .find(|code| error.why.contains(*code));
    match (name, code.map(str::parse)) {
        ("code" | "status", Some(Ok(code))) => Value::Number(code),
        _ => Value::Any,
    }
}

pub(super) fn method(play: &mut Play<'_>, of: &Value, name: &str, given: &Given) -> Go<Value> {
    match of {
        Value::Thing(at) => thing_method(play, *at, name, given),
        Value::Said => {
            if name == "get" && !play.either(None) {
                let kinds = ["AttributeError", "Exception", "BaseException"];
                return Err(Stop::raise(&kinds, "the answer is no object"));
            }
            Ok(Value::Said)
        }
        Value::Text(text) => Ok(match name {
            "encode" | "decode" | "strip" | "lower" | "upper" => match name {
                "lower" => Value::Text(text.to_lowercase()),
                "upper" => Value::Text(text.to_uppercase()),
                "strip" => Value::text(text.trim()),
                _ => of.clone(),
            },
            "format" | "join" => Value::text(ANY),
            _ => return Err(Stop::unread(name)),
        }),
        _ => Err(Stop::unread(name)),
    }
}

fn thing_method(play: &mut Play<'_>, at: usize, name: &str, given: &Given) -> Go<Value> {
    let thing = play.things[at].clone();
    match (thing.kind, name) {
        ("answer", "getcode") => Ok(Value::Number(f64::from(thing.status))),
        ("answer", "read" | "getheader" | "info") => Ok(Value::Said),
        ("answer", "json") => {
            if !play.either(None) {
                let kinds = ["ValueError", "Exception", "BaseException"];
                return Err(Stop::raise(&kinds, "the answer is no JSON"));
            }
            Ok(Value::Said)
        }
        ("answer", "raise_for_status") => {
            if thing.status < 400 {
                return Ok(Value::Any);
            }
            let httpx = thing
                .settings
                .iter()
                .any(|(_, value)| value.shown() == "httpx");
            let mut kinds = vec!["requests.HTTPError", "requests.RequestException"];
            kinds.extend(OS);
            if httpx {
                kinds = vec!["httpx.HTTPError", "Exception", "BaseException"];
            }
            Err(Stop::raise(
                &kinds,
                format!(
                    "the answer is {}, so `raise_for_status()` raises",
                    thing.status
                ),
            ))
        }
        ("answer" | "socket" | "connection", "close") => Ok(Value::Null),
        ("socket", "settimeout") => {
            play.things[at].limit = limit(given.at(0), None)?;
            Ok(Value::Null)
        }
        ("socket", "connect") => {
            connect(play, given.at(0))?;
            Ok(Value::Null)
        }
        ("socket", "connect_ex") => match connect(play, given.at(0)) {
            Ok(()) => Ok(Value::Number(0.0)),
            Err(Stop::Raise(_)) => {
                play.loses(
                    "connect_ex",
                    "raises nothing: it gives a number, and nothing looks at it",
                );
                // ECONNREFUSED; which number that is depends on the system.
                Ok(Value::Number(111.0))
            }
            Err(stop) => Err(stop),
        },
        ("socket", "send" | "sendall" | "shutdown") => {
            play.things[at].done |= name != "shutdown";
            Ok(Value::Any)
        }
        ("socket", "recv") if play.world() == World::Hung => {
            play.wait(thing.limit)?;
            Err(Stop::raise(LATE, "`recv` gives up waiting"))
        }
        ("socket", "recv") if thing.done => Ok(Value::Said),
        ("connection", "request") => {
            play.asks("http");
            if play.world() == World::Refused {
                play.connects();
                return Err(Stop::raise(REFUSED, "nothing listens, so `request` raises"));
            }
            play.things[at].done = true;
            Ok(Value::Null)
        }
        ("connection", "connect") => {
            if play.connects() {
                return Ok(Value::Null);
            }
            Err(Stop::raise(REFUSED, "nothing listens, so `connect` raises"))
        }
        ("connection", "getresponse") if thing.done => {
            match play.reply(thing.limit, "getresponse")? {
                Reply::Status(status) => {
                    if status >= 400 {
                        play.loses("getresponse", "raises for no status, 500 neither");
                    }
                    Ok(play.answer(status))
                }
                Reply::Refused | Reply::Late => {
                    Err(Stop::raise(LATE, "`getresponse()` gives up waiting"))
                }
            }
        }
        _ => Err(Stop::unread(name)),
    }
}
