//! What the words of Ruby do that health checks use: `Net::HTTP`, open-uri, sockets, exit.

use std::rc::Rc;

use super::super::Code;
use super::super::path::ANY;
use super::play::{Given, Play, Reply, Thing};
use super::python::{limit, whole};
use super::value::{Error, Go, Stop, Truth, Value};

/// How long `Net::HTTP` waits when nobody says otherwise.
const PATIENCE: f64 = 60.0;

/// The class that a name stands for.
pub(super) fn class(path: &str) -> Option<&'static str> {
    Some(match path {
        "StandardError" => "StandardError",
        "Exception" => "Exception",
        "SystemExit" => "SystemExit",
        "SystemCallError" => "SystemCallError",
        "Errno.ECONNREFUSED" => "Errno.ECONNREFUSED",
        "OpenURI.HTTPError" => "OpenURI.HTTPError",
        "Net.ReadTimeout" => "Net.ReadTimeout",
        _ => return None,
    })
}

fn refused(word: &str) -> Stop {
    Stop::raise(
        &[
            "Errno.ECONNREFUSED",
            "SystemCallError",
            "StandardError",
            "Exception",
        ],
        format!("nothing listens, so `{word}` raises"),
    )
}

/// What brings a name: the libraries, each of which is enough.
fn libraries(path: &str) -> &'static [&'static str] {
    match path {
        "URI.open" | "OpenURI.open_uri" => &["open-uri"],
        "URI" | "URI.parse" => &["uri", "net/http", "open-uri"],
        _ if path.starts_with("Net.") => &["net/http"],
        "TCPSocket.new" | "TCPSocket.open" | "Socket.tcp" => &["socket", "net/http"],
        _ => &[],
    }
}

/// A constant is there only when somebody requires its library.
fn check_required(play: &Play<'_>, path: &str) -> Go<()> {
    let libraries = libraries(path);
    if libraries.is_empty() || libraries.iter().any(|it| play.imported.contains(*it)) {
        return Ok(());
    }
    let name = path.split('.').next().unwrap_or_default();
    let shown = path.rsplit_once('.').map_or(path, |(class, _)| class);
    let shown = shown.replace('.', "::");
    if name == "URI" || !play.imported.is_empty() {
        return Err(Stop::Unknown(format!(
            "nobody knows whether `{shown}` is required"
        )));
    }
    let kinds = ["NameError", "StandardError", "Exception"];
    let library = libraries[0];
    let mut error = Error::new(
        &kinds,
        format!("`{shown}` is used, and nothing requires `{library}`"),
    );
    error.name = Some(name.to_owned());
    Err(Stop::Raise(Rc::new(error)))
}

pub(super) fn call(play: &mut Play<'_>, path: &str, given: &Given) -> Go<Value> {
    check_required(play, path)?;
    let limit_of = |name: &str| limit(given.named(name), None);
    match path {
        "exit" | "exit!" | "abort" => {
            let code = match (path, given.at(0)) {
                ("abort", _) | (_, Some(Value::Bool(false))) => Code::Exact(1),
                (_, None | Some(Value::Bool(true))) => Code::Exact(0),
                (_, Some(Value::Number(number))) => whole(*number),
                (_, Some(Value::Said)) => {
                    if play.either(None) {
                        Code::Exact(0)
                    } else {
                        Code::Exact(1)
                    }
                }
                _ => {
                    return Err(Stop::Unknown(
                        "nobody knows what `exit` is given".to_owned(),
                    ));
                }
            };
            if path == "exit!" {
                return Err(Stop::Exit(code));
            }
            Err(Stop::Raise(Rc::new(Error {
                kinds: vec!["SystemExit".to_owned(), "Exception".to_owned()],
                why: format!("`{path}` says so"),
                name: None,
                exit: Some(code),
            })))
        }
        "raise" => Err(Stop::raise(
            &["RuntimeError", "StandardError", "Exception"],
            "`raise` fails",
        )),
        "puts" | "print" | "warn" => {
            if path != "warn" {
                for value in &given.plain {
                    play.print(&value.shown());
                    play.print(if path == "puts" { "\n" } else { "" });
                }
            }
            Ok(Value::Null)
        }
        "require" => match given.at(0) {
            Some(Value::Text(name))
                if matches!(
                    name.as_str(),
                    "net/http" | "uri" | "socket" | "open-uri" | "json" | "timeout"
                ) =>
            {
                play.imported.insert(name.clone());
                Ok(Value::Bool(true))
            }
            _ => Err(Stop::unread(path)),
        },
        "URI" | "URI.parse" => given.at(0).cloned().ok_or_else(|| Stop::unread(path)),
        "ENV.fetch" => Ok(Value::Any),
        "sleep" => {
            play.wait(given.at(0).and_then(Value::number))?;
            Ok(Value::Number(0.0))
        }
        "Net.HTTP.get_response" | "Net.HTTP.get" => {
            let word = path.replace("Net.HTTP", "Net::HTTP");
            let address = match given.plain.len() {
                1 => given.at(0).cloned(),
                _ => Some(Value::text("http://host")),
            };
            let answer = get(play, address.as_ref(), PATIENCE, &word)?;
            Ok(if path == "Net.HTTP.get" {
                Value::Said
            } else {
                answer
            })
        }
        "Net.HTTP.new" => Ok(play.thing(Thing {
            kind: "client",
            limit: Some(PATIENCE),
            ..Thing::default()
        })),
        "Net.HTTP.start" => {
            let client = play.thing(Thing {
                kind: "client",
                limit: limit_of("read_timeout")?.or(Some(PATIENCE)),
                ..Thing::default()
            });
            if !play.connects() {
                return Err(refused("Net::HTTP.start"));
            }
            match given.function() {
                Some(Value::Function(closure)) => {
                    let closure = Rc::clone(closure);
                    play.apply(&closure, vec![client])
                }
                _ => Ok(client),
            }
        }
        "URI.open" | "OpenURI.open_uri" => {
            let limit = limit_of("read_timeout")?.unwrap_or(PATIENCE) * 2.0;
            match play.ask(given.at(0), Some(limit), "URI.open")? {
                Reply::Status(status) if status < 400 => Ok(Value::Said),
                Reply::Status(status) => Err(Stop::raise(
                    &["OpenURI.HTTPError", "StandardError", "Exception"],
                    format!("the answer is {status}, so `URI.open` raises"),
                )),
                Reply::Refused => Err(refused("URI.open")),
                Reply::Late => Err(late("URI.open")),
            }
        }
        "TCPSocket.new" | "TCPSocket.open" | "Socket.tcp" => {
            if !play.connects() {
                return Err(refused(path));
            }
            let socket = play.thing(Thing {
                kind: "socket",
                ..Thing::default()
            });
            match given.function() {
                Some(Value::Function(closure)) => {
                    let closure = Rc::clone(closure);
                    play.apply(&closure, vec![socket])
                }
                _ => Ok(socket),
            }
        }
        "Integer" => Ok(given.at(0).cloned().unwrap_or(Value::Any)),
        _ => Err(Stop::unread(path.replace('.', "::"))),
    }
}

fn late(word: &str) -> Stop {
    Stop::raise(
        &[
            "Net.ReadTimeout",
            "Timeout.Error",
            "RuntimeError",
            "StandardError",
            "Exception",
        ],
        format!("`{word}` gives up waiting"),
    )
}

/// GET; `Net::HTTP` asks a second time where the first answer never came.
fn get(play: &mut Play<'_>, address: Option<&Value>, limit: f64, word: &str) -> Go<Value> {
    match play.ask(address, Some(2.0 * limit), word)? {
        Reply::Status(status) => {
            if status >= 400 {
                play.loses(word, "raises for no status, 500 neither");
            }
            Ok(play.answer(status))
        }
        Reply::Refused => Err(refused(word)),
        Reply::Late => Err(late(word)),
    }
}

pub(super) fn method(play: &mut Play<'_>, of: &Value, name: &str, given: &Given) -> Go<Value> {
    match of {
        Value::Thing(at) => thing_method(play, *at, name, given),
        Value::Said => Ok(Value::Said),
        Value::Number(number) => match name {
            "to_i" | "to_s" => Ok(if name == "to_i" {
                of.clone()
            } else {
                Value::Text(number.to_string())
            }),
            "between?" => match (
                given.at(0).and_then(Value::number),
                given.at(1).and_then(Value::number),
            ) {
                (Some(least), Some(most)) => Ok(Value::Bool((least..=most).contains(number))),
                _ => Err(Stop::unread(name)),
            },
            "zero?" => Ok(Value::Bool(*number == 0.0)),
            _ => Err(Stop::unread(name)),
        },
        Value::Text(text) => match name {
            "to_i" => Ok(text.parse().map_or(Value::Any, Value::Number)),
            "to_s" | "strip" => Ok(of.clone()),
            "start_with?" if !text.contains(ANY) => match given.at(0) {
                Some(Value::Text(start)) => Ok(Value::Bool(text.starts_with(start.as_str()))),
                _ => Err(Stop::unread(name)),
            },
            _ => Err(Stop::unread(name)),
        },
        Value::List(list) if name == "include?" => {
            let sought = given.at(0).cloned().unwrap_or(Value::Null);
            let found = list
                .iter()
                .any(|value| value.equals(&sought, true) == Truth::Is(true));
            Ok(if sought.is_unknown() {
                sought
            } else {
                Value::Bool(found)
            })
        }
        _ if name == "nil?" => Ok(Value::Bool(matches!(of, Value::Null))),
        Value::Error(_) if name == "message" => Ok(Value::Any),
        _ => Err(Stop::unread(name)),
    }
}

fn thing_method(play: &mut Play<'_>, at: usize, name: &str, given: &Given) -> Go<Value> {
    let status = play.things[at].status;
    match (play.things[at].kind, name) {
        ("answer", "code") => Ok(Value::Text(status.to_string())),
        ("answer", "body" | "message" | "read_body") => Ok(Value::Said),
        ("answer", "is_a?" | "kind_of?" | "instance_of?") => match given.at(0) {
            Some(Value::Path(class)) => Ok(Value::Bool(match class.as_str() {
                "Net.HTTPSuccess" => (200..300).contains(&status) && name != "instance_of?",
                "Net.HTTPOK" => status == 200,
                "Net.HTTPRedirection" => false,
                other => return Err(Stop::unread(other.replace('.', "::"))),
            })),
            _ => Err(Stop::unread(name)),
        },
        ("answer", "value") => {
            if status < 300 {
                return Ok(Value::Null);
            }
            Err(Stop::raise(
                &["StandardError", "Exception"],
                format!("the answer is {status}, so `value` raises"),
            ))
        }
        ("answer" | "socket", "nil?") => Ok(Value::Bool(false)),
        ("client", "get" | "request_get") => {
            let limit = play.things[at].limit.unwrap_or(PATIENCE);
            get(
                play,
                Some(&Value::text("http://host")),
                limit,
                "Net::HTTP#get",
            )
        }
        ("socket", "close") => Ok(Value::Null),
        _ => Err(Stop::unread(name)),
    }
}
