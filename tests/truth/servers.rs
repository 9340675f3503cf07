//! Services on loopback in the states that a check may meet: well, failing, denying, moved, and silent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::databases;

/// A port that answers with what `serve` says, for as long as the tests run.
pub fn listen(serve: fn(&mut TcpStream) -> std::io::Result<()>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                let _ = serve(&mut stream);
                let _ = stream.shutdown(Shutdown::Write);
                drain(&mut stream);
            });
        }
    });
    port
}

/// A port on which nothing listens. It lies below the ports that the kernel hands out, so nobody takes it by chance.
pub fn refused() -> u16 {
    (20_000..30_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

/// Accepts and never answers.
pub fn silence(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(None)?;
    drain(stream);
    Ok(())
}

/// HTTP 200 with a body that says that all is well.
pub fn well(stream: &mut TcpStream) -> std::io::Result<()> {
    let body = "{\"status\":\"ok\",\"success\":true,\"healthy\": true}\n";
    http(stream, "200 OK", "Content-Type: application/json\r\n", body)
}

/// HTTP 200 with a word.
pub fn well_in_a_word(stream: &mut TcpStream) -> std::io::Result<()> {
    http(stream, "200 OK", "Content-Type: text/plain\r\n", "OK")
}

/// HTTP 200 without a body.
pub fn well_without_a_word(stream: &mut TcpStream) -> std::io::Result<()> {
    http(stream, "200 OK", "", "")
}

/// HTTP 500.
pub fn failing(stream: &mut TcpStream) -> std::io::Result<()> {
    let status = "500 Internal Server Error";
    http(stream, status, "", "{\"status\":\"down\",\"error\":true}\n")
}

/// HTTP 401.
pub fn denying(stream: &mut TcpStream) -> std::io::Result<()> {
    let header = "WWW-Authenticate: Basic realm=\"health\"\r\n";
    http(stream, "401 Unauthorized", header, "denied\n")
}

/// HTTP 302 to a page that is well.
pub fn moved(stream: &mut TcpStream) -> std::io::Result<()> {
    let Some(request) = request(stream)? else {
        return answer(stream, false, "400 Bad Request", "", "");
    };
    let head = request.starts_with("HEAD ");
    if request
        .split(' ')
        .nth(1)
        .is_some_and(|path| path.ends_with("/elsewhere"))
    {
        return answer(stream, head, "200 OK", "", "{\"status\":\"ok\"}\n");
    }
    answer(
        stream,
        head,
        "302 Found",
        "Location: /elsewhere\r\n",
        "moved\n",
    )
}

/// Redis that is well, still loading, or wants a password.
pub fn redis_well(stream: &mut TcpStream) -> std::io::Result<()> {
    databases::redis(stream, |command| match command {
        "PING" => "+PONG\r\n",
        "INCR" => ":1\r\n",
        _ => "+OK\r\n",
    })
}

/// Redis that reads its file.
pub fn redis_loading(stream: &mut TcpStream) -> std::io::Result<()> {
    databases::redis(
        stream,
        |_| "-LOADING Redis is loading the dataset in memory\r\n",
    )
}

/// Redis that wants another password.
pub fn redis_denying(stream: &mut TcpStream) -> std::io::Result<()> {
    databases::redis(stream, |command| match command {
        "AUTH" => "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
        _ => "-NOAUTH Authentication required.\r\n",
    })
}

fn http(stream: &mut TcpStream, status: &str, header: &str, body: &str) -> std::io::Result<()> {
    match request(stream)? {
        Some(request) => answer(stream, request.starts_with("HEAD "), status, header, body),
        None => answer(stream, false, "400 Bad Request", "", ""),
    }
}

fn answer(
    stream: &mut TcpStream,
    head: bool,
    status: &str,
    header: &str,
    body: &str,
) -> std::io::Result<()> {
    let shown = if head { "" } else { body };
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n{shown}",
        body.len()
    )
}

/// The head of a request, its body read as well; None where the first line is no request.
fn request(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("\r\n\r\n") && !text.ends_with("\n\n") {
        if stream.read(&mut byte)? == 0 {
            break;
        }
        text.push(char::from(byte[0]));
        if byte[0] == b'\n' && !text.lines().next().unwrap_or_default().contains(" HTTP/1.") {
            return Ok(None);
        }
    }
    let length = text
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let length = name.eq_ignore_ascii_case("content-length");
            length.then(|| value.trim().parse::<usize>().ok())?
        })
        .unwrap_or(0);
    stream.read_exact(&mut vec![0; length])?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Reads until the other side has said all.
fn drain(stream: &mut TcpStream) {
    let mut bytes = [0; 512];
    while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
}
