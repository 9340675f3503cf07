//! URLs as curl and wget read them on a command line: parts with their places, and what no client can make sense of.

// Addresses as values: `core` has no sockets to open.
use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::text::HOLE;

/// A URL and where its parts stand, as byte ranges of [`Url::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The whole URL as it was given.
    pub text: String,
    /// What stands in front of `://`. curl and wget take a URL without it for http.
    pub scheme: Option<Range<usize>>,
    /// User and password, without the `@`.
    pub userinfo: Option<Range<usize>>,
    /// The host without the brackets of an IPv6 address; empty where there is none.
    pub host: Range<usize>,
    /// What stands behind the host's colon; may be empty.
    pub port: Option<Range<usize>>,
    /// The path from its slash on; empty where there is none.
    pub path: Range<usize>,
    /// What stands behind the question mark.
    pub query: Option<Range<usize>>,
    /// What stands behind the hash mark, which is never sent.
    pub fragment: Option<Range<usize>>,
    /// What is wrong with it, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Something in a URL that a client refuses, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub fault: Fault,
    /// The bytes of the culprit; where something is missing, the empty range at its place.
    pub range: Range<usize>,
}

/// What can be wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `https://`, `http://:8080/x`: nobody to ask. Every client fails.
    NoHost,
    /// A scheme that no client speaks, and the one that was probably meant: `httsp` -> `https`.
    UnknownScheme {
        /// `http` or `https`, where one letter is wrong, missing, doubled or swapped.
        meant: Option<&'static str>,
    },
    /// `http:/x` or `http:///x`: curl looks the host up in what follows, wget has none.
    Slashes,
    /// `http://localhost:/x`: BusyBox wget refuses it (`bad port ''`), curl and GNU wget take the default port.
    EmptyPort,
    /// A port that is no number. Every client fails.
    PortNotANumber,
    /// A port above 65535. Every client fails.
    PortTooLarge,
    /// `http://[::1/`: a bracket that nothing closes, or text between the bracket and the port. Every client fails.
    BrokenBrackets,
    /// A blank or another control character: curl refuses the URL.
    Blank,
    /// `{…}` or `[…]`, which curl expands (or refuses) unless it is told `-g`. Other clients take them as they are.
    CurlGlob,
}

/// The schemes that a command-line client speaks, with their default ports.
const SCHEMES: [(&str, u16); 28] = [
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("ftp", 21),
    ("ftps", 990),
    ("file", 0),
    ("dict", 2628),
    ("gopher", 70),
    ("gophers", 70),
    ("imap", 143),
    ("imaps", 993),
    ("ldap", 389),
    ("ldaps", 636),
    ("mqtt", 1883),
    ("mqtts", 8883),
    ("pop3", 110),
    ("pop3s", 995),
    ("rtmp", 1935),
    ("rtsp", 554),
    ("scp", 22),
    ("sftp", 22),
    ("smb", 445),
    ("smbs", 445),
    ("smtp", 25),
    ("smtps", 465),
    ("telnet", 23),
    ("tftp", 69),
];

/// Reads a URL. It never fails: what is wrong stands in [`Url::problems`], and a [`HOLE`] makes its part unknown, not wrong.
pub fn parse(text: &str) -> Url {
    let mut problems = Vec::new();
    let (scheme, authority_start) = scheme(text, &mut problems);
    let end = text.len();
    let authority_end = find(text, authority_start..end, &['/', '?', '#']).unwrap_or(end);
    let fragment_mark = find(text, authority_end..end, &['#']).unwrap_or(end);
    let query_mark = find(text, authority_end..fragment_mark, &['?']).unwrap_or(fragment_mark);
    let mut url = Url {
        text: text.to_owned(),
        userinfo: None,
        host: authority_start..authority_end,
        port: None,
        path: authority_end..query_mark,
        query: (query_mark < fragment_mark).then(|| query_mark + 1..fragment_mark),
        fragment: (fragment_mark < end).then(|| fragment_mark + 1..end),
        problems: Vec::new(),
        scheme,
    };
    let is_file = url
        .scheme
        .as_ref()
        .is_some_and(|scheme| text[scheme.clone()].eq_ignore_ascii_case("file"));
    authority(
        &mut url,
        authority_start..authority_end,
        is_file,
        &mut problems,
    );
    characters(&url, &mut problems);
    problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
    url.problems = problems;
    url
}

impl Url {
    /// The text of a part, where no variable has a say in it.
    pub fn known(&self, part: &Range<usize>) -> Option<&str> {
        self.text
            .get(part.clone())
            .filter(|text| !text.contains(HOLE))
    }

    /// The host's name or address, where it has one and no variable has a say in it.
    pub fn known_host(&self) -> Option<&str> {
        self.known(&self.host).filter(|host| !host.is_empty())
    }

    /// The scheme in lower case; `http` where none is written. `None` where a variable has a say in it.
    pub fn effective_scheme(&self) -> Option<String> {
        match &self.scheme {
            Some(scheme) => self.known(scheme).map(str::to_ascii_lowercase),
            // A variable in front may bring its own scheme along.
            None => self.known(&(0..self.host.end)).map(|_| "http".to_owned()),
        }
    }

    /// The port that is asked: the written one or the scheme's. `None` where a variable has a say in it, or where it is
    /// no port.
    pub fn effective_port(&self) -> Option<u16> {
        if let Some(port) = &self.port
            && !port.is_empty()
        {
            return self.known(port)?.parse().ok();
        }
        // A variable at the end of the host may bring a port along.
        self.known(&self.host)?;
        let scheme = self.effective_scheme()?;
        SCHEMES
            .iter()
            .find(|(name, port)| *name == scheme && *port != 0)
            .map(|(_, port)| *port)
    }

    /// Whether it asks this very machine: `localhost`, 127.0.0.0/8, `::1`, and the unspecified addresses, which Linux
    /// connects to itself. `None` where a variable has a say in it, or there is no host.
    pub fn is_loopback(&self) -> Option<bool> {
        let host = self.known_host()?;
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || name.ends_with(".localhost") {
            return Some(true);
        }
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return Some(address.is_loopback() || address.is_unspecified());
        }
        let address = host.split_once('%').map_or(host, |(address, _)| address);
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            return Some(match address.to_ipv4_mapped() {
                Some(inner) => inner.is_loopback() || inner.is_unspecified(),
                None => address.is_loopback() || address.is_unspecified(),
            });
        }
        // `127.1` and `0` are addresses to the C library.
        let short = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        Some(name == "0" || (name.starts_with("127.") && name.split('.').all(short)))
    }
}

/// The scheme and where the authority starts.
fn scheme(text: &str, problems: &mut Vec<Problem>) -> (Option<Range<usize>>, usize) {
    let colon = text.find(|character: char| {
        !(character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | HOLE))
    });
    let Some(colon) = colon.filter(|at| *at > 0 && text[*at..].starts_with(":/")) else {
        // `://x` has a scheme's place but no scheme; nobody knows what a blank or a quote in front means.
        return (None, 0);
    };
    let name = &text[..colon];
    let slashes = text[colon + 1..]
        .bytes()
        .take_while(|byte| *byte == b'/')
        .count();
    let lower = name.to_ascii_lowercase();
    if !name.contains(HOLE) && !SCHEMES.iter().any(|(known, _)| *known == lower) {
        let meant = ["https", "http"]
            .into_iter()
            .find(|known| is_slip(&lower, known));
        problems.push(Problem {
            fault: Fault::UnknownScheme { meant },
            range: 0..colon,
        });
    }
    let start = colon + 1 + slashes.min(2);
    let rest = &text[colon + 1 + slashes..];
    if lower != "file" && slashes != 2 && !rest.is_empty() {
        problems.push(Problem {
            fault: Fault::Slashes,
            range: colon + 1..colon + 1 + slashes,
        });
        // curl's reading, the only one that finds a host.
        if slashes <= 3 {
            return (Some(0..colon), colon + 1 + slashes);
        }
    }
    (Some(0..colon), start)
}

/// Takes user, host and port apart.
fn authority(url: &mut Url, range: Range<usize>, is_file: bool, problems: &mut Vec<Problem>) {
    let text = url.text.clone();
    let text = text.as_str();
    let mut start = range.start;
    if let Some(at) = text[range.clone()].rfind('@') {
        url.userinfo = Some(start..start + at);
        start += at + 1;
    }
    let rest = &text[start..range.end];
    let port_colon = if rest.starts_with('[') {
        let Some(close) = rest.find(']').map(|at| start + at) else {
            url.host = start..range.end;
            problems.push(Problem {
                fault: Fault::BrokenBrackets,
                range: start..range.end,
            });
            return;
        };
        url.host = start + 1..close;
        let behind = &text[close + 1..range.end];
        if !behind.is_empty() && !behind.starts_with([':', HOLE]) {
            problems.push(Problem {
                fault: Fault::BrokenBrackets,
                range: close + 1..range.end,
            });
            return;
        }
        behind.starts_with(':').then_some(close + 1)
    } else {
        // The first colon, as curl does: in `::1` without brackets it leaves no host.
        let colon = rest.find(':').map(|at| start + at);
        url.host = start..colon.unwrap_or(range.end);
        colon
    };
    if url.host.is_empty() && !is_file {
        problems.push(Problem {
            fault: Fault::NoHost,
            range: url.host.clone(),
        });
    }
    if let Some(colon) = port_colon {
        let port = colon + 1..range.end;
        if let Some(fault) = port_fault(&text[port.clone()]) {
            let range = match fault {
                Fault::EmptyPort => colon..port.end,
                _ => port.clone(),
            };
            problems.push(Problem { fault, range });
        }
        url.port = Some(port);
    }
}

fn port_fault(port: &str) -> Option<Fault> {
    if port.is_empty() {
        return Some(Fault::EmptyPort);
    }
    // A hole may hold digits or nothing; what stands around it must still be digits, unless a slash hides in it.
    if port.contains(HOLE) {
        return None;
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Fault::PortNotANumber);
    }
    let number = port.trim_start_matches('0');
    (number.len() > 5 || number.parse::<u32>().is_ok_and(|number| number > 65_535))
        .then_some(Fault::PortTooLarge)
}

/// Blanks, and the characters that curl expands outside the host's own brackets.
fn characters(url: &Url, problems: &mut Vec<Problem>) {
    let text = url.text.as_str();
    let mut glob: Option<usize> = None;
    for (at, character) in text.char_indices() {
        let range = at..at + character.len_utf8();
        let of_host = range.end == url.host.start || range.start == url.host.end;
        match character {
            ' ' | '\0'..='\x1f' | '\x7f' => problems.push(Problem {
                fault: Fault::Blank,
                range,
            }),
            '[' | ']' if of_host => {}
            '{' | '[' if glob.is_none() => glob = Some(at),
            '}' | ']' => {
                let start = glob.take().unwrap_or(at);
                problems.push(Problem {
                    fault: Fault::CurlGlob,
                    range: start..range.end,
                });
            }
            _ => {}
        }
    }
    let broken = problems
        .iter()
        .any(|problem| problem.fault == Fault::BrokenBrackets);
    if let Some(start) = glob
        && !broken
    {
        problems.push(Problem {
            fault: Fault::CurlGlob,
            range: start..text.len(),
        });
    }
}

/// Whether one letter changed, missing, added or swapped with its neighbour makes one word the other.
fn is_slip(word: &str, meant: &str) -> bool {
    let (word, meant) = (word.as_bytes(), meant.as_bytes());
    let same_start = word
        .iter()
        .zip(meant)
        .take_while(|(one, other)| one == other)
        .count();
    let (word, meant) = (&word[same_start..], &meant[same_start..]);
    let skip = |bytes: &'_ [u8], count: usize| bytes.get(count..).map(<[u8]>::to_vec);
    skip(word, 1) == skip(meant, 1) && !word.is_empty()
        || skip(word, 1).as_deref() == Some(meant)
        || skip(meant, 1).as_deref() == Some(word)
        || matches!((word, meant), ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others)
}

fn find(text: &str, range: Range<usize>, characters: &[char]) -> Option<usize> {
    text[range.clone()]
        .find(characters)
        .map(|at| range.start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(Fault, String)> {
        let url = parse(&text.replace('$', "\u{fffc}"));
        url.problems
            .iter()
            .map(|problem| {
                (
                    problem.fault.clone(),
                    url.text[problem.range.clone()].to_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn every_part_lies_where_it_was_written() {
        let text = "https://me:secret@example.org:8443/a/b?c=d#e";
        let url = parse(text);
        let slice = |range: &Option<Range<usize>>| range.clone().map(|range| &text[range]);
        assert_eq!(slice(&url.scheme), Some("https"));
        assert_eq!(slice(&url.userinfo), Some("me:secret"));
        assert_eq!(url.known_host(), Some("example.org"));
        assert_eq!(slice(&url.port), Some("8443"));
        assert_eq!(&text[url.path.clone()], "/a/b");
        assert_eq!(slice(&url.query), Some("c=d"));
        assert_eq!(slice(&url.fragment), Some("e"));
        assert_eq!(url.problems, []);
        assert_eq!(url.effective_port(), Some(8443));
        assert_eq!(url.is_loopback(), Some(false));
    }

    #[test]
    fn good_urls_have_no_problems_and_a_port() {
        for (text, port, loopback) in [
            ("http://localhost", 80, true),
            ("https://localhost/x", 443, true),
            ("localhost:8080/health", 8080, true),
            ("localhost", 80, true),
            ("HTTP://127.0.0.1:3000?x=/y:z@w", 3000, true),
            ("http://[::1]:8080/", 8080, true),
            ("http://[::1]", 80, true),
            ("http://[::ffff:127.0.0.1]/", 80, true),
            ("http://0.0.0.0:80/", 80, true),
            ("http://127.1/", 80, true),
            ("http://[2001:db8::1]/", 80, false),
            ("http://web:80/a:b", 80, false),
            ("ftp://web/", 21, false),
        ] {
            let url = parse(text);
            assert_eq!(url.problems, [], "{text}");
            assert_eq!(url.effective_port(), Some(port), "{text}");
            assert_eq!(url.is_loopback(), Some(loopback), "{text}");
        }
    }

    #[test]
    fn broken_urls_name_the_culprit() {
        let unknown = |meant| Fault::UnknownScheme { meant };
        for (text, fault, culprit) in [
            ("https://", Fault::NoHost, ""),
            ("", Fault::NoHost, ""),
            ("/health", Fault::NoHost, ""),
            ("http://:8080/x", Fault::NoHost, ""),
            ("http://:$/x", Fault::NoHost, ""),
            ("http://?x", Fault::NoHost, ""),
            ("httsp://web/", unknown(Some("https")), "httsp"),
            ("htp://web/", unknown(Some("http")), "htp"),
            ("htttp://web/", unknown(Some("http")), "htttp"),
            ("redis://web/", unknown(None), "redis"),
            ("http:/web/", Fault::Slashes, "/"),
            ("http:///web/", Fault::Slashes, "///"),
            ("http://localhost:/x", Fault::EmptyPort, ":"),
            ("http://localhost:abc/x", Fault::PortNotANumber, "abc"),
            ("http:localhost/x", Fault::PortNotANumber, "localhost"),
            ("http://web:80:81/x", Fault::PortNotANumber, "80:81"),
            ("localhost:65536", Fault::PortTooLarge, "65536"),
            ("http://[::1/x", Fault::BrokenBrackets, "[::1"),
            ("http://[::1]8080/x", Fault::BrokenBrackets, "8080"),
            ("http://web/a b", Fault::Blank, " "),
            ("http://web/{a,b}/x", Fault::CurlGlob, "{a,b}"),
            ("http://web/?q=[out:json];", Fault::CurlGlob, "[out:json]"),
            ("http://web/{", Fault::CurlGlob, "{"),
        ] {
            assert_eq!(faults(text), [(fault, culprit.to_owned())], "{text}");
        }
        assert_eq!(parse("http://localhost:65535/").problems, []);
    }

    #[test]
    fn a_variable_makes_its_part_unknown_and_nothing_wrong() {
        for (text, host, port) in [
            ("http://localhost:$/x", Some("localhost"), None),
            ("http://localhost:8$/x", Some("localhost"), None),
            ("http://$:8080/x", None, Some(8080)),
            ("http://$/x", None, None),
            ("$://localhost/x", Some("localhost"), None),
            ("$", None, None),
            ("$/health", None, None),
            ("$localhost/x", None, None),
            ("localhost:80/$", Some("localhost"), Some(80)),
            ("http://$:$@localhost/", Some("localhost"), Some(80)),
            ("http://[$]:80/", None, Some(80)),
            ("http://localhost$", None, None),
        ] {
            let url = parse(&text.replace('$', "\u{fffc}"));
            assert_eq!(url.problems, [], "{text}");
            assert_eq!(url.known_host(), host, "{text}");
            assert_eq!(url.effective_port(), port, "{text}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let characters = [
            'h', ':', '/', '[', ']', '@', '?', '#', '{', '%', '\u{fffc}', 'é', '0', '.',
        ];
        for seed in 0..80_000_usize {
            let mut left = seed;
            let mut text = String::new();
            while left > 0 {
                text.push(characters[left % characters.len()]);
                left /= characters.len();
            }
            for text in [text.clone(), format!("http://{text}")] {
                let url = parse(&text);
                assert!(
                    url.problems
                        .iter()
                        .all(|problem| text.get(problem.range.clone()).is_some())
                );
                url.is_loopback();
                url.effective_port();
            }
        }
    }
}
