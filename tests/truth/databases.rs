//! As much of Redis, PostgreSQL and MySQL as their clients need to say that a server is well, failing or denying.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;

/// Answers each command by its first word.
pub fn redis(stream: &mut TcpStream, reply: fn(&str) -> &'static str) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(line) = lines.next() {
        let Some(count) = line?.strip_prefix('*').and_then(|count| count.parse().ok()) else {
            return stream.write_all(b"-ERR unknown command\r\n");
        };
        let mut words: Vec<String> = Vec::new();
        for _ in 0..count {
            lines.next();
            words.extend(lines.next().transpose()?);
        }
        let name = words.first().map(|name| name.to_ascii_uppercase());
        stream.write_all(reply(&name.unwrap_or_default()).as_bytes())?;
    }
    Ok(())
}

/// What a database says to whoever knocks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Failing,
    Denying,
}

/// PostgreSQL that lets everybody in and answers every query with 1.
pub fn postgres_well(stream: &mut TcpStream) -> Result<()> {
    postgres(stream, Mood::Well)
}

/// PostgreSQL that is still starting.
pub fn postgres_failing(stream: &mut TcpStream) -> Result<()> {
    postgres(stream, Mood::Failing)
}

/// PostgreSQL that wants a password and takes none.
pub fn postgres_denying(stream: &mut TcpStream) -> Result<()> {
    postgres(stream, Mood::Denying)
}

/// MySQL that lets everybody in and answers every query with 1.
pub fn mysql_well(stream: &mut TcpStream) -> Result<()> {
    mysql(stream, Mood::Well)
}

/// MySQL that has too many connections.
pub fn mysql_failing(stream: &mut TcpStream) -> Result<()> {
    mysql(stream, Mood::Failing)
}

/// MySQL that takes no password.
pub fn mysql_denying(stream: &mut TcpStream) -> Result<()> {
    mysql(stream, Mood::Denying)
}

/// The frontend/backend protocol 3.0.
fn postgres(stream: &mut TcpStream, mood: Mood) -> Result<()> {
    loop {
        let message = postgres_body(stream)?;
        // SSLRequest and GSSENCRequest.
        if matches!(message.get(..4), Some([4, 210, 22, 47 | 48])) {
            stream.write_all(b"N")?;
        } else {
            break;
        }
    }
    if mood == Mood::Failing {
        let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
        return postgres_send(stream, b'E', fields);
    }
    if mood == Mood::Denying {
        postgres_send(stream, b'R', &[0, 0, 0, 3])?;
        postgres_message(stream)?;
        let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0";
        return postgres_send(stream, b'E', fields);
    }
    postgres_send(stream, b'R', &[0; 4])?;
    for setting in [
        &b"server_version\x0015.0\0"[..],
        b"client_encoding\0UTF8\0",
        b"standard_conforming_strings\0on\0",
    ] {
        postgres_send(stream, b'S', setting)?;
    }
    postgres_send(stream, b'Z', b"I")?;
    while postgres_message(stream)? == b'Q' {
        let column = b"\0\x01one\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0";
        postgres_send(stream, b'T', column)?;
        postgres_send(stream, b'D', b"\0\x01\0\0\0\x011")?;
        postgres_send(stream, b'C', b"SELECT 1\0")?;
        postgres_send(stream, b'Z', b"I")?;
    }
    Ok(())
}

fn postgres_send(stream: &mut TcpStream, kind: u8, body: &[u8]) -> Result<()> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    stream.write_all(&[&[kind], &length[..], body].concat())
}

fn postgres_message(stream: &mut TcpStream) -> Result<u8> {
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    postgres_body(stream)?;
    Ok(kind[0])
}

fn postgres_body(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = (u32::from_be_bytes(length) as usize).clamp(4, 65536);
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// The client/server protocol 4.1.
fn mysql(stream: &mut TcpStream, mood: Mood) -> Result<()> {
    if mood == Mood::Failing {
        return mysql_send(stream, 0, b"\xff\x10\x04Too many connections");
    }
    let greeting = [
        &b"\x0a5.5.5-10.11.6-MariaDB\0\x01\0\0\0abcdefgh\0"[..],
        // Capabilities, character set, status, more capabilities, the length of the salt.
        &[0x0b, 0xa2, 0x2d, 0x02, 0x00, 0x08, 0x00, 21],
        &[0; 10],
        b"ijklmnopqrst\0mysql_native_password\0",
    ];
    mysql_send(stream, 0, &greeting.concat())?;
    mysql_message(stream)?;
    if mood == Mood::Denying {
        let error = b"\xff\x15\x04#28000Access denied for user 'root'@'localhost'";
        return mysql_send(stream, 2, error);
    }
    let fine = b"\0\0\0\x02\0\0\0";
    mysql_send(stream, 2, fine)?;
    loop {
        match mysql_message(stream)?.first() {
            Some(3) => {
                mysql_send(stream, 1, b"\x01")?;
                let column = b"\x03def\0\0\0\x03one\x03one\x0c\x3f\0\x01\0\0\0\x03\0\0\0\0\0";
                mysql_send(stream, 2, column)?;
                mysql_send(stream, 3, b"\xfe\0\0\x02\0")?;
                mysql_send(stream, 4, b"\x011")?;
                mysql_send(stream, 5, b"\xfe\0\0\x02\0")?;
            }
            Some(9) => mysql_send(stream, 1, b"Uptime: 1  Threads: 1  Questions: 1")?,
            Some(1) | None => return Ok(()),
            _ => mysql_send(stream, 1, fine)?,
        }
    }
}

fn mysql_send(stream: &mut TcpStream, number: u8, body: &[u8]) -> Result<()> {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    stream.write_all(&[&length[..3], &[number], body].concat())
}

fn mysql_message(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]).min(65536);
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body)?;
    Ok(body)
}
