//! One way that a run may go: what is set, what was printed, how the last command ended, and what was lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::command::Node;
use crate::text::{HOLE, Span};

use super::Cause;

/// Stands in a text for a number that is not zero and otherwise unknown.
pub(super) const NONZERO: char = '\u{fffb}';
/// A text of which nothing is known.
pub(super) const ANY: &str = "\u{fffc}";
/// What a connection gives on which nothing ever comes: whoever reads it waits.
pub(super) const SILENT: &str = "\u{fffa}";

/// What a connection gives on which the service may speak or wait to be spoken to: nobody knows how a reader ends.
pub(super) const UNASKED: &str = "\u{fff9}";

/// Where a descriptor above 2 leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// To the service, over bash's `/dev/tcp`.
    Service,
    /// To something else that is open.
    Elsewhere,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// With this status.
    Exact(u8),
    /// With some status that is not zero.
    Failure,
    /// It never ended by itself: the engine's timeout killed it.
    Killed,
    /// Nobody knows.
    Any,
}

impl Code {
    /// Whether it is surely zero.
    pub fn is_zero(self) -> bool {
        self == Self::Exact(0)
    }

    /// Whether it is surely not zero.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failure) || matches!(self, Self::Exact(code) if code != 0)
    }

    /// How `$?` reads.
    pub(super) fn text(self) -> String {
        match self {
            Self::Exact(code) => code.to_string(),
            Self::Failure => NONZERO.to_string(),
            Self::Killed | Self::Any => HOLE.to_string(),
        }
    }

    /// The status that this number or variable asks for, as `exit` takes it.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        if text.contains(HOLE) {
            return Some(Self::Any);
        }
        if text == NONZERO.to_string() {
            return Some(Self::Failure);
        }
        let number: u64 = text.parse().ok()?;
        Some(Self::Exact((number % 256) as u8))
    }
}

/// Where a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    On,
    Break,
    Continue,
    Return,
    Exit,
    Hung,
}

/// One way that a run may go.
#[allow(clippy::struct_excessive_bools)] // They are the switches of a shell, each of its own.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub variables: BTreeMap<String, String>,
    pub functions: BTreeMap<String, Arc<Node>>,
    /// The descriptors above 2 that are open, by their digits.
    pub descriptors: BTreeMap<String, Leads>,
    pub code: Code,
    pub flow: Flow,
    /// What was printed and not yet taken; holes where nobody knows.
    pub output: String,
    /// What the last unknown status came from.
    pub doubt: Option<Cause>,
    /// A guess had a say in which way the run went.
    pub guessed: Option<Cause>,
    /// The last thing that failed.
    pub failed: Option<Cause>,
    /// The last thing that turned a failure into success.
    pub lost: Option<Cause>,
    pub errexit: bool,
    pub pipefail: bool,
    pub nounset: bool,
    /// Inside a condition, where `set -e` sleeps.
    pub checked: bool,
    /// Something may have been written to standard error.
    pub noise: bool,
    /// What the surrounding pipe or redirection feeds.
    pub input: String,
    /// The programs that ran, by their words.
    pub ran: Vec<Span>,
}

impl Path {
    pub fn start() -> Self {
        Self {
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            descriptors: BTreeMap::new(),
            code: Code::Exact(0),
            flow: Flow::On,
            output: String::new(),
            doubt: None,
            guessed: None,
            failed: None,
            lost: None,
            errexit: false,
            pipefail: false,
            nounset: false,
            checked: false,
            noise: false,
            input: String::new(),
            ran: Vec::new(),
        }
    }

    /// The same with this status.
    pub fn with(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// The same after printing this. Beyond a bound only that something was printed is remembered.
    pub fn print(&mut self, text: &str) {
        if self.output.len() + text.len() > 4096 {
            ANY.clone_into(&mut self.output);
        } else {
            self.output.push_str(text);
        }
    }

    /// The ways in which a status may be taken: those with zero and those with another.
    pub fn split(self, hung: bool) -> Vec<Path> {
        if self.code != Code::Any || !self.goes_on() {
            return vec![self];
        }
        let mut path = self;
        path.guessed = path.guessed.or_else(|| path.doubt.clone());
        let mut ways = vec![
            path.clone().with(Code::Exact(0)),
            path.clone().with(Code::Failure),
        ];
        if hung {
            path.flow = Flow::Hung;
            ways.push(path);
        }
        ways
    }

    /// Remembers what another way of the same run came to know.
    pub fn take_grounds(&mut self, other: &Path) {
        self.failed.clone_from(&other.failed);
        self.lost.clone_from(&other.lost);
        self.guessed.clone_from(&other.guessed);
        self.doubt.clone_from(&other.doubt);
        self.noise |= other.noise;
        self.ran.clone_from(&other.ran);
    }

    pub fn goes_on(&self) -> bool {
        self.flow == Flow::On
    }

    /// Whether two paths can never be told apart by what follows.
    fn same(&self, other: &Path) -> bool {
        self.code == other.code
            && self.flow == other.flow
            && self.variables == other.variables
            && self.output == other.output
            && self.errexit == other.errexit
            && self.pipefail == other.pipefail
            && self.nounset == other.nounset
            && self.guessed.is_some() == other.guessed.is_some()
            && self.input == other.input
            && self.descriptors == other.descriptors
            && self.failed.is_some() == other.failed.is_some()
            && self.lost.is_some() == other.lost.is_some()
            && self.noise == other.noise
            && self.checked == other.checked
            && self.functions.len() == other.functions.len()
    }
}

/// More ways than this are one way of which nothing is known.
const MOST: usize = 96;

/// The paths without those that differ in nothing.
pub(super) fn merged(paths: Vec<Path>) -> Vec<Path> {
    let mut kept: Vec<Path> = Vec::new();
    for path in paths {
        match kept.iter_mut().find(|other| other.same(&path)) {
            Some(other) => other.ran.retain(|span| path.ran.contains(span)),
            None => kept.push(path),
        }
    }
    if kept.len() > MOST
        && let Some(mut path) = kept.pop()
    {
        path.ran
            .retain(|span| kept.iter().all(|other| other.ran.contains(span)));
        path.code = Code::Any;
        path.flow = Flow::Exit;
        path.doubt = path.doubt.or_else(|| path.failed.clone());
        return vec![path];
    }
    kept
}
