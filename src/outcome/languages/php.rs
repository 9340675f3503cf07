//! What the words of PHP do that health checks use. Little raises here: what fails gives false, and `die` ends with 0.

use std::rc::Rc;

use super::super::Code;
use super::super::path::ANY;
use super::play::{Given, Play, Reply, Thing};
use super::python::whole;
use super::value::{Error, Go, Stop, Value};

/// How long PHP waits for a server when nobody says otherwise.
const PATIENCE: f64 = 60.0;

/// The class that a name stands for.
pub(super) fn class(path: &str) -> Option<&'static str> {
    Some(match path {
        "Throwable" => "Throwable",
        "Exception" => "Exception",
        "Error" => "Error",
        _ => return None,
    })
}

pub(super) fn call(play: &mut Play<'_>, path: &str, given: &Given) -> Go<Value> {
    match path {
        "exit" | "die" => Err(ends(play, path, given.at(0))?),
        "echo" | "print" => {
            for value in &given.plain {
                let text = match value {
                    Value::Bool(false) | Value::Null => String::new(),
                    Value::Bool(true) => "1".to_owned(),
                    other => other.shown(),
                };
                play.print(&text);
            }
            Ok(Value::Number(1.0))
        }
        "file_get_contents" | "get_headers" | "fopen" => fetch(play, path, given),
        "fsockopen" | "pfsockopen" | "stream_socket_client" => {
            let host = given.at(0).map(Value::shown).unwrap_or_default();
            if host.contains("://") && !host.starts_with("tcp://") {
                return Err(Stop::Unknown(format!(
                    "nobody knows what `{host}` leads to"
                )));
            }
            if play.connects() {
                return Ok(play.thing(Thing {
                    kind: "socket",
                    ..Thing::default()
                }));
            }
            warns(play, path);
            Ok(Value::Bool(false))
        }
        "fclose" | "fwrite" | "fputs" | "stream_set_timeout"
            if matches!(given.at(0), Some(Value::Bool(false))) =>
        {
            Err(Stop::Unknown(format!(
                "`{path}` of what could not be opened is an error since PHP 8"
            )))
        }
        "fclose" | "curl_close" | "error_reporting" | "fwrite" | "fputs" | "stream_set_timeout" => {
            Ok(Value::Any)
        }
        "ini_set" => {
            match (given.at(0), given.at(1)) {
                (Some(Value::Text(name)), Some(value)) if name == "default_socket_timeout" => {
                    play.default_limit = value.number().or_else(|| value.shown().parse().ok());
                }
                (Some(Value::Text(name)), _) if name == "display_errors" => {}
                _ => return Err(Stop::unread(path)),
            }
            Ok(Value::Any)
        }
        "stream_context_create" => context(play, given),
        "curl_init" => {
            let address = given.at(0).cloned();
            Ok(play.thing(Thing {
                kind: "curl",
                address,
                ..Thing::default()
            }))
        }
        "curl_setopt" => {
            let (Some(Value::Thing(at)), Some(Value::Path(option))) = (given.at(0), given.at(1))
            else {
                return Err(Stop::unread(path));
            };
            let value = given.at(2).cloned().unwrap_or(Value::Any);
            curl_option(play, *at, option, value)?;
            Ok(Value::Bool(true))
        }
        "curl_exec" => curl(play, given),
        "curl_getinfo" => match (given.at(0), given.at(1)) {
            (Some(Value::Thing(at)), Some(Value::Path(what)))
                if matches!(
                    what.as_str(),
                    "CURLINFO_HTTP_CODE" | "CURLINFO_RESPONSE_CODE"
                ) =>
            {
                Ok(Value::Number(f64::from(play.things[*at].status)))
            }
            _ => Err(Stop::unread(path)),
        },
        "curl_errno" => match given.at(0) {
            Some(Value::Thing(at)) => Ok(Value::Bool(play.things[*at].status == 0)),
            _ => Err(Stop::unread(path)),
        },
        "getenv" => Ok(Value::Any),
        "is_resource" => match given.at(0) {
            Some(Value::Thing(_)) => Ok(Value::Bool(true)),
            Some(Value::Bool(_)) => Ok(Value::Bool(false)),
            _ => Err(Stop::unread(path)),
        },
        "strpos" | "stripos" | "str_contains" | "strlen" | "trim" | "json_decode" | "substr" => {
            match (path, given.at(0)) {
                (_, Some(Value::Said)) => Ok(Value::Said),
                ("strpos" | "stripos" | "str_contains", Some(Value::Bool(false))) => {
                    Ok(Value::Bool(false))
                }
                ("json_decode", Some(Value::Bool(false))) => Ok(Value::Null),
                _ => Err(Stop::unread(path)),
            }
        }
        "preg_match" => match given.at(1) {
            Some(Value::Said) => Ok(Value::Said),
            _ => Err(Stop::unread(path)),
        },
        "sleep" => {
            play.wait(given.at(0).and_then(Value::number))?;
            Ok(Value::Number(0.0))
        }
        "Exception" | "RuntimeException" => {
            let error = Error::new(&["Exception", "Throwable"], "`throw` raises an error");
            Ok(Value::Error(Rc::new(error)))
        }
        _ => Err(Stop::unread(path)),
    }
}

/// What `exit` and `die` come to: a number is the status, a text is printed and the status is 0.
fn ends(play: &mut Play<'_>, word: &str, value: Option<&Value>) -> Go<Stop> {
    Ok(Stop::Exit(match value {
        None | Some(Value::Null) => Code::Exact(0),
        Some(Value::Number(number)) => whole(*number),
        Some(Value::Text(text)) => {
            play.print(text);
            play.loses(word, "with a text prints it and ends with 0");
            Code::Exact(0)
        }
        Some(Value::Bool(_)) => {
            return Err(Stop::Unknown(format!(
                "`{word}` takes true and false for texts before PHP 8.4, and for numbers since"
            )));
        }
        Some(_) => {
            return Err(Stop::Unknown(format!(
                "nobody knows what `{word}` is given"
            )));
        }
    }))
}

/// It failed, and nothing but a warning says so.
fn warns(play: &mut Play<'_>, word: &str) {
    play.print(ANY);
    play.loses(
        word,
        "only warns and gives false, which nothing turns into a failure",
    );
}

fn fetch(play: &mut Play<'_>, word: &str, given: &Given) -> Go<Value> {
    let mut limit = play.default_limit.unwrap_or(PATIENCE);
    let mut lenient = word == "get_headers";
    for value in &given.plain {
        if let Value::Thing(at) = value {
            let context = &play.things[*at];
            limit = context.limit.unwrap_or(limit);
            lenient |= context.done;
        }
    }
    match play.ask(given.at(0), Some(limit), word)? {
        Reply::Status(status) if status < 400 => Ok(Value::Said),
        Reply::Status(_) if lenient => {
            play.loses(word, "takes every answer for a success, 500 too");
            Ok(Value::Said)
        }
        _ => {
            warns(play, word);
            Ok(Value::Bool(false))
        }
    }
}

/// `stream_context_create(['http' => ['timeout' => 3, 'ignore_errors' => true]])`
fn context(play: &mut Play<'_>, given: &Given) -> Go<Value> {
    let mut context = Thing {
        kind: "context",
        ..Thing::default()
    };
    if let Some(options) = given.at(0) {
        if let Some(http) = options.entry("http") {
            context.limit = http.entry("timeout").as_ref().and_then(Value::number);
            context.done = matches!(http.entry("ignore_errors"), Some(Value::Bool(true)));
        } else if options.entry("ssl").is_none() {
            return Err(Stop::unread("stream_context_create"));
        }
    }
    Ok(play.thing(context))
}

fn curl_option(play: &mut Play<'_>, at: usize, option: &str, value: Value) -> Go<()> {
    match option {
        "CURLOPT_URL" => play.things[at].address = Some(value),
        "CURLOPT_TIMEOUT" => play.things[at].limit = value.number(),
        "CURLOPT_FAILONERROR" => {
            play.things[at].done = !matches!(value, Value::Bool(false) | Value::Number(0.0));
        }
        "CURLOPT_RETURNTRANSFER"
        | "CURLOPT_NOBODY"
        | "CURLOPT_HEADER"
        | "CURLOPT_FOLLOWLOCATION"
        | "CURLOPT_CONNECTTIMEOUT"
        | "CURLOPT_SSL_VERIFYPEER"
        | "CURLOPT_SSL_VERIFYHOST" => {}
        _ => return Err(Stop::unread(option)),
    }
    Ok(())
}

fn curl(play: &mut Play<'_>, given: &Given) -> Go<Value> {
    let Some(Value::Thing(at)) = given.at(0) else {
        return Err(Stop::unread("curl_exec"));
    };
    let at = *at;
    let address = play.things[at].address.clone();
    let limit = play.things[at].limit;
    let reply = play.ask(address.as_ref(), limit, "curl_exec")?;
    let strict = play.things[at].done;
    match reply {
        Reply::Status(status) => {
            play.things[at].status = status;
            play.print(ANY);
            if status >= 400 && strict {
                warns(play, "curl_exec");
                return Ok(Value::Bool(false));
            }
            if status >= 400 {
                play.loses("curl_exec", "takes every answer for a success, 500 too");
            }
            // An empty answer is false as well where it is given back as a text.
            Ok(Value::Said)
        }
        Reply::Refused | Reply::Late => {
            warns(play, "curl_exec");
            Ok(Value::Bool(false))
        }
    }
}
