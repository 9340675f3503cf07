//! What a rule says and what it offers: nouns for findings, labels, fixes and faults, without a word of their form.

use crate::text::{Edit, Span};

/// How much is wrong. Every wire format that healthlint speaks has exactly these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice; never fails a run by default.
    Note,
    /// Wrong in circumstances that are likely, but not proven from the input.
    Warning,
    /// Proven from the input.
    Error,
}

impl Severity {
    /// The lower-case English word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How far a fix may be trusted; the order is the order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Shown, never applied: it has a blank to fill, or cannot be spelled exactly.
    Display,
    /// Right in nearly all cases, but a container that is healthy today could be reported unhealthy.
    Unsafe,
    /// The engine rejected the file before, or the check could never pass, or its verdict is the same in every world.
    Safe,
}

impl Applicability {
    /// The lower-case English word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}

/// Edits that together mend one finding: all of them or none. They may span files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: "install curl in the final stage".
    pub title: String,
    /// How far it may be trusted; `check` demotes what it cannot prove safe.
    pub applicability: Applicability,
    /// What changes.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that claims to be safe; `check` proves the claim or demotes it.
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self::new(title, Applicability::Safe, edits)
    }

    /// A fix that needs the user's consent (`--unsafe-fixes`).
    pub fn risky(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self::new(title, Applicability::Unsafe, edits)
    }

    /// A fix that is only shown.
    pub fn display(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self::new(title, Applicability::Display, edits)
    }

    fn new(title: impl Into<String>, applicability: Applicability, edits: Vec<Edit>) -> Self {
        Self {
            title: title.into(),
            applicability,
            edits,
        }
    }
}

/// Words that belong to a place other than the finding's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What there is to see.
    pub message: String,
}

/// One fault of a health check: what is wrong, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule that speaks.
    pub rule: &'static str,
    /// How much is wrong.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, the user's own word in backticks.
    pub message: String,
    /// The place that is wrong.
    pub span: Span,
    /// Why, in a few words, shown at that place; the mechanism.
    pub why: String,
    /// Other places that explain it: where a tool was removed, which mapping gives the port.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The service it is about, where there is one.
    pub service: Option<String>,
    /// What mends it, the best first.
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// A finding of `rule` at `span`: `message` says what, `why` says why.
    pub fn new(
        rule: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity,
            message: message.into(),
            span,
            why: why.into(),
            labels: Vec::new(),
            help: None,
            service: None,
            fixes: Vec::new(),
        }
    }

    /// Adds words at another place.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same finding with every place taken through `change`, as when sources get new names.
    #[must_use]
    pub fn moved(mut self, change: impl Fn(Span) -> Span) -> Self {
        self.span = change(self.span);
        for label in &mut self.labels {
            label.span = change(label.span);
        }
        for edit in self.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = change(edit.span);
        }
        self
    }

    /// Offers a fix, if there is one.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fixes.extend(fix.into());
        self
    }
}

/// What stops the reading of a file: nothing is written to a file that has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where the reading stopped; None where there is no text to point into.
    pub span: Option<Span>,
    /// The file, as the user knows it.
    pub path: String,
    /// What, why, and what to do.
    pub message: String,
}
