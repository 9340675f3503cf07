//! What the words of Perl do that health checks use: `IO::Socket`, LWP, `HTTP::Tiny`, die, exit.

use super::super::Code;
use super::play::{Given, Play, Reply, Thing};
use super::python::whole;
use super::value::{Go, Stop, Value};

/// A name is there only when somebody uses its module.
fn check_used(play: &Play<'_>, path: &str) -> Go<()> {
    let module = match path {
        "IO.Socket.INET.new" | "IO.Socket.IP.new" => "IO.Socket",
        "HTTP.Tiny.new" => "HTTP.Tiny",
        "LWP.UserAgent.new" => "LWP",
        "get" | "head" => "LWP.Simple",
        _ => return Ok(()),
    };
    if play.imported.iter().any(|used| used.starts_with(module)) {
        return Ok(());
    }
    let shown = path.trim_end_matches(".new").replace('.', "::");
    if play.imported.iter().any(|used| used != "warnings") {
        return Err(Stop::Unknown(format!(
            "nobody knows whether something brings `{shown}`"
        )));
    }
    let module = module.replace('.', "::");
    Err(Stop::raise(
        &[],
        format!("`{shown}` is there only after `use {module}`"),
    ))
}

pub(super) fn call(play: &mut Play<'_>, path: &str, given: &Given) -> Go<Value> {
    check_used(play, path)?;
    match path {
        "exit" => Err(Stop::Exit(match given.at(0) {
            None | Some(Value::Null | Value::Bool(false)) => Code::Exact(0),
            Some(Value::Bool(true)) => Code::Exact(1),
            Some(Value::Number(number)) => whole(*number),
            _ => {
                return Err(Stop::Unknown(
                    "nobody knows what `exit` is given".to_owned(),
                ));
            }
        })),
        // The number of the last error of the system, or 255.
        "die" => Err(Stop::Exit(Code::Failure)),
        "print" | "say" | "printf" => {
            for value in &given.plain {
                play.print(&value.shown());
            }
            Ok(Value::Number(1.0))
        }
        "warn" => Ok(Value::Number(1.0)),
        "sleep" => {
            play.wait(given.at(0).and_then(Value::number))?;
            Ok(Value::Any)
        }
        "IO.Socket.INET.new" | "IO.Socket.IP.new" => {
            if play.connects() {
                return Ok(play.thing(Thing {
                    kind: "socket",
                    ..Thing::default()
                }));
            }
            gives_nothing(play, "IO::Socket::INET->new");
            Ok(Value::Null)
        }
        "LWP.UserAgent.new" | "HTTP.Tiny.new" => {
            let tiny = path.starts_with("HTTP");
            let limit = given.named("timeout").and_then(Value::number);
            Ok(play.thing(Thing {
                kind: if tiny { "tiny" } else { "client" },
                limit: limit.or(Some(if tiny { 60.0 } else { 180.0 })),
                ..Thing::default()
            }))
        }
        "get" | "head" => match play.ask(given.at(0), Some(180.0), path)? {
            Reply::Status(status) if status < 400 => Ok(if path == "get" {
                Value::Said
            } else {
                Value::Bool(true)
            }),
            _ => {
                gives_nothing(play, path);
                Ok(Value::Null)
            }
        },
        _ => Err(Stop::unread(path.replace('.', "::"))),
    }
}

fn gives_nothing(play: &mut Play<'_>, word: &str) {
    play.loses(
        word,
        "gives nothing where it fails, and nothing looks at it",
    );
}

pub(super) fn method(play: &mut Play<'_>, of: &Value, name: &str, given: &Given) -> Go<Value> {
    let Value::Thing(at) = of else {
        return match of {
            Value::Said => Ok(Value::Said),
            _ => Err(Stop::unread(name)),
        };
    };
    let at = *at;
    let status = play.things[at].status;
    match (play.things[at].kind, name) {
        ("client" | "tiny", "get" | "head") => {
            let limit = play.things[at].limit;
            let status = match play.ask(given.at(0), limit, name)? {
                Reply::Status(status) => status,
                // Both make up an answer where there is none.
                Reply::Refused | Reply::Late => 599,
            };
            if status >= 400 {
                play.loses(name, "dies of nothing, and nothing looks at its answer");
            }
            Ok(play.answer(status))
        }
        ("client" | "tiny", "timeout") => {
            play.things[at].limit = given.at(0).and_then(Value::number);
            Ok(Value::Any)
        }
        ("answer", "is_success" | "success") => Ok(Value::Bool(status < 400)),
        ("answer", "is_error") => Ok(Value::Bool(status >= 400)),
        ("answer", "code" | "status") => Ok(Value::Number(f64::from(status))),
        ("answer", "content" | "decoded_content" | "status_line") => Ok(Value::Said),
        ("socket", "close") => Ok(Value::Any),
        _ => Err(Stop::unread(name)),
    }
}
