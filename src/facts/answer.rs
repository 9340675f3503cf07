//! Yes, no or unknown, and why: the shape of everything that this room says.

use std::fmt;

use crate::text::Span;

/// One line of an answer's grounds, in the user's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// For example "`curl` is not in debian:12-slim (as of 2026-08)".
    pub text: String,
    /// The user's own bytes that it speaks of, where there are any.
    pub span: Option<Span>,
}

impl Reason {
    /// A reason that lies in the facts and not in the user's files.
    pub fn fact(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            span: None,
        }
    }

    /// A reason that can be pointed at.
    pub fn at(span: Span, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            span: Some(span),
        }
    }
}

/// Whose make a tool is: makes differ in options and exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flavour {
    /// There is one make, or the make is not known.
    Plain,
    /// An applet of BusyBox.
    Busybox,
    /// GNU wget, grep, coreutils, findutils.
    Gnu,
    /// OpenBSD's nc, as Debian's `netcat-openbsd` brings it.
    Openbsd,
    /// Hobbit's nc, as Debian's `netcat-traditional` brings it.
    Traditional,
    /// Ncat of the nmap project, also under the name `nc`.
    Nmap,
    /// The Debian Almquist shell.
    Dash,
    /// BusyBox's Almquist shell.
    Ash,
    /// The GNU shell.
    Bash,
    /// mawk.
    Mawk,
    /// GNU awk.
    Gawk,
    /// ps, pgrep and pidof of procps.
    Procps,
}

impl Flavour {
    /// The word that the facts use for it; `None` for [`Flavour::Plain`].
    pub fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::Busybox => "busybox",
            Self::Gnu => "gnu",
            Self::Openbsd => "openbsd",
            Self::Traditional => "traditional",
            Self::Nmap => "nmap",
            Self::Dash => "dash",
            Self::Ash => "ash",
            Self::Bash => "bash",
            Self::Mawk => "mawk",
            Self::Gawk => "gawk",
            Self::Procps => "procps",
        })
    }

    /// The flavour that a word of the facts names; an unknown word is [`Flavour::Plain`].
    pub fn of(word: &str) -> Self {
        match word {
            "busybox" => Self::Busybox,
            "gnu" => Self::Gnu,
            "openbsd" => Self::Openbsd,
            "traditional" => Self::Traditional,
            "nmap" => Self::Nmap,
            "dash" => Self::Dash,
            "ash" => Self::Ash,
            "bash" => Self::Bash,
            "mawk" => Self::Mawk,
            "gawk" => Self::Gawk,
            "procps" | "procps-ng" => Self::Procps,
            _ => Self::Plain,
        }
    }
}

/// How far an absence may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Firmness {
    /// A warning at most: the tag moves between versions that differ, or not every package was resolved.
    Soft,
    /// May make an error: everything that the image holds is known, in every version that the tag can mean.
    Firm,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It is there, of this make.
    Yes(Flavour),
    /// It is not there.
    No(Firmness),
    /// Nobody knows.
    Unknown,
}

/// Whether something is there, and why we say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub holds: Holds,
    /// Its grounds, the oldest first.
    pub why: Vec<Reason>,
}

impl Answer {
    /// Nobody knows, and there is nothing to say about it.
    pub fn unknown() -> Self {
        Self {
            holds: Holds::Unknown,
            why: Vec::new(),
        }
    }

    /// An answer with one reason.
    pub fn because(holds: Holds, reason: Reason) -> Self {
        Self {
            holds,
            why: vec![reason],
        }
    }

    /// Whether it is known to be there.
    pub fn is_yes(&self) -> bool {
        matches!(self.holds, Holds::Yes(_))
    }

    /// Whether it is known to be absent, firmly or not.
    pub fn is_no(&self) -> bool {
        matches!(self.holds, Holds::No(_))
    }
}

/// What `/bin/sh` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Debian, Ubuntu.
    Dash,
    /// Alpine, the busybox image.
    Ash,
    /// The Red Hat family, Amazon Linux, Arch.
    Bash,
    /// There is no `/bin/sh`: scratch, distroless and the like.
    None,
    /// Nobody knows.
    Unknown,
}

impl fmt::Display for Shell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Dash => "dash",
            Self::Ash => "ash",
            Self::Bash => "bash",
            Self::None => "none",
            Self::Unknown => "unknown",
        })
    }
}

impl Shell {
    /// The shell that a word of the facts names.
    pub fn of(word: &str) -> Self {
        match word {
            "dash" => Self::Dash,
            "ash" => Self::Ash,
            "bash" => Self::Bash,
            "none" => Self::None,
            _ => Self::Unknown,
        }
    }
}
