//! Where descriptors lead, and what opening them may come to.

use crate::model::command::{Dialect, Redirect, RedirectKind};

use super::path::{ANY, Flow, Leads, Path, SILENT, UNASKED};
use super::player::Player;
use super::{Cause, Code, World};

/// Where a descriptor leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Out,
    Errors,
    Elsewhere,
}

/// What the redirections of a command come to.
pub(super) struct Opened {
    pub out: Target,
    pub errors: Target,
    pub input: Option<String>,
    pub failed: Option<Code>,
}

impl Player<'_> {
    pub(super) fn opened(&self, redirects: &[Redirect], path: Path) -> Vec<(Opened, Path)> {
        let opened = Opened {
            out: Target::Out,
            errors: Target::Errors,
            input: None,
            failed: None,
        };
        let mut ways = vec![(opened, path)];
        for redirect in redirects {
            let mut next = Vec::new();
            for (opened, path) in ways {
                if opened.failed.is_some() {
                    next.push((opened, path));
                    continue;
                }
                let word = redirect.body.as_ref().and_then(|body| body.get());
                for (text, path) in self.text_of(word.unwrap_or(&redirect.target), path) {
                    self.open(redirect, &text, &opened, path, &mut next);
                }
            }
            next.truncate(64);
            ways = next;
        }
        ways
    }

    pub(super) fn open(
        &self,
        redirect: &Redirect,
        text: &str,
        before: &Opened,
        path: Path,
        next: &mut Vec<(Opened, Path)>,
    ) {
        let mut opened = Opened {
            out: before.out,
            errors: before.errors,
            input: before.input.clone(),
            failed: None,
        };
        let mut path = path;
        let fd = redirect.fd.as_deref();
        let socket = text.starts_with("/dev/tcp/") || text.starts_with("/dev/udp/");
        if socket
            && !matches!(
                redirect.kind,
                RedirectKind::HereDocument | RedirectKind::HereString
            )
        {
            let refused = Cause::new(
                redirect.target.span(),
                text,
                match self.dialect {
                    Dialect::Bash => "nothing listens there",
                    _ => "only bash knows `/dev/tcp`",
                },
            );
            let failed = match self.dialect {
                Dialect::Dash => Some(Code::Exact(2)),
                Dialect::Ash => Some(Code::Exact(1)),
                Dialect::Bash if !port_is_plain(text) => Some(Code::Any),
                Dialect::Bash => {
                    self.asks("tcp");
                    (self.world == World::Refused).then_some(Code::Exact(1))
                }
            };
            if failed.is_some() {
                path.failed = Some(refused);
                path.noise = true;
            }
            opened.failed = failed;
            let reads = matches!(redirect.kind, RedirectKind::Input | RedirectKind::Both);
            match fd {
                _ if failed.is_some() => {}
                Some(fd) if is_high(fd) => {
                    path.descriptors.insert(fd.to_owned(), Leads::Service);
                }
                None | Some("0") if reads => opened.input = Some(self.sent().to_owned()),
                Some("2") => opened.errors = Target::Elsewhere,
                _ => opened.out = Target::Elsewhere,
            }
            next.push((opened, path));
            return;
        }
        if let Some(fd) = fd.filter(|fd| is_high(fd)) {
            if text == "-" {
                path.descriptors.remove(fd);
            } else {
                let leads = path.descriptors.get(text).copied();
                let leads = leads.unwrap_or(Leads::Elsewhere);
                path.descriptors.insert(fd.to_owned(), leads);
            }
        }
        match redirect.kind {
            RedirectKind::HereDocument => opened.input = Some(text.to_owned()),
            RedirectKind::HereString => opened.input = Some(format!("{text}\n")),
            RedirectKind::Input | RedirectKind::Both => {
                if text == "/dev/null" {
                    opened.input = Some(String::new());
                } else {
                    if fd.is_none_or(|fd| fd == "0") {
                        opened.input = Some(ANY.to_owned());
                    }
                    let mut absent = path.clone();
                    let cause = Cause::new(
                        redirect.target.span(),
                        text,
                        "nobody knows whether this file exists",
                    );
                    absent.guessed.get_or_insert(cause.clone());
                    path.guessed.get_or_insert(cause);
                    next.push((
                        Opened {
                            failed: Some(Code::Failure),
                            input: None,
                            ..opened
                        },
                        absent,
                    ));
                }
            }
            RedirectKind::DuplicateInput if fd.is_none_or(|fd| fd == "0") => {
                match path.descriptors.get(text) {
                    Some(Leads::Service) => opened.input = Some(self.sent().to_owned()),
                    None if is_high(text) => self.closed(redirect, text, &mut opened, &mut path),
                    None if text == "-" => opened.input = Some(String::new()),
                    Some(Leads::Elsewhere) | None => {
                        opened.input = Some(ANY.to_owned());
                        path.guessed.get_or_insert(Cause::new(
                            redirect.target.span(),
                            text,
                            "nobody knows what is read here",
                        ));
                    }
                }
            }
            RedirectKind::DuplicateInput => {}
            RedirectKind::Output | RedirectKind::Append => {
                self.may_not_open(redirect, text, &path, next);
                match fd {
                    None | Some("1") => opened.out = target(text),
                    Some("2") => opened.errors = target(text),
                    _ => {}
                }
            }
            RedirectKind::OutputAndErrors | RedirectKind::AppendOutputAndErrors => {
                self.may_not_open(redirect, text, &path, next);
                opened.out = Target::Elsewhere;
                opened.errors = Target::Elsewhere;
            }
            RedirectKind::DuplicateOutput => match (fd, text) {
                (None | Some("1"), "2") => opened.out = opened.errors,
                (Some("2"), "1") => opened.errors = opened.out,
                (Some("1"), "-") => opened.out = Target::Elsewhere,
                (Some("2"), "-") => opened.errors = Target::Elsewhere,
                (fd, text) if is_high(text) => match fd {
                    _ if !path.descriptors.contains_key(text) => {
                        self.closed(redirect, text, &mut opened, &mut path);
                    }
                    None | Some("1") => opened.out = Target::Elsewhere,
                    Some("2") => opened.errors = Target::Elsewhere,
                    Some(_) => {}
                },
                (None, name) if !name.bytes().all(|byte| byte.is_ascii_digit()) && name != "-" => {
                    if self.dialect == Dialect::Dash {
                        opened.failed = Some(Code::Exact(2));
                        path.flow = Flow::Exit;
                    }
                    opened.out = Target::Elsewhere;
                    opened.errors = Target::Elsewhere;
                }
                _ => {}
            },
        }
        next.push((opened, path));
    }

    /// What the service sends over a connection.
    fn sent(&self) -> &'static str {
        if self.world == World::Hung {
            SILENT
        } else {
            UNASKED
        }
    }

    /// A descriptor that nothing opened cannot be copied.
    fn closed(&self, redirect: &Redirect, fd: &str, opened: &mut Opened, path: &mut Path) {
        opened.failed = Some(Code::Exact(if self.dialect == Dialect::Dash {
            2
        } else {
            1
        }));
        path.noise = true;
        if path.failed.is_none() {
            let why = format!("nothing has opened the descriptor {fd}");
            path.failed = Some(Cause::new(redirect.target.span(), fd, why));
        }
    }
}

/// Whether this is a descriptor above the three that every command has.
fn is_high(fd: &str) -> bool {
    !matches!(fd, "" | "0" | "1" | "2") && fd.bytes().all(|byte| byte.is_ascii_digit())
}

impl Player<'_> {
    /// A file that nobody knows to be writable may fail to open.
    #[allow(clippy::unused_self)] // It belongs to the run.
    fn may_not_open(
        &self,
        redirect: &Redirect,
        text: &str,
        path: &Path,
        next: &mut Vec<(Opened, Path)>,
    ) {
        if is_writable(text) {
            return;
        }
        let why = "nobody knows whether this file can be written";
        let mut absent = path.clone();
        absent.doubt = Some(Cause::new(redirect.target.span(), text, why));
        let opened = Opened {
            out: Target::Elsewhere,
            errors: Target::Elsewhere,
            input: None,
            failed: Some(Code::Any),
        };
        next.push((opened, absent));
    }
}

/// Files that anybody may write.
pub(super) fn is_writable(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "-")
        || path.starts_with("/dev/fd/")
        || path
            .strip_prefix("/tmp/")
            .is_some_and(|name| !name.contains('/'))
}

/// Whether the port of `/dev/tcp/host/port` is a number, or a variable.
fn port_is_plain(text: &str) -> bool {
    let port = text.rsplit('/').next().unwrap_or_default();
    !port.is_empty()
        && port
            .chars()
            .all(|char| char.is_ascii_digit() || char == crate::text::HOLE)
}

fn target(path: &str) -> Target {
    match path {
        "/dev/stdout" => Target::Out,
        "/dev/stderr" => Target::Errors,
        _ => Target::Elsewhere,
    }
}
