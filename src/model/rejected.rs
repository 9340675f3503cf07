//! What the engine rejects: readers record it with its place and the engine's reason, rules judge it.

use crate::text::Span;

/// One thing that the engine refuses to accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The very word or value.
    pub span: Span,
    /// What kind of thing it is; a rule owns each kind.
    pub kind: RejectedKind,
    /// The engine's reason, in its own words where they are known.
    pub reason: String,
    /// The service it belongs to, where there is one.
    pub service: Option<String>,
}

/// The kinds of rejected things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectedKind {
    /// A duration that does not parse, has the wrong type, or is out of range.
    Duration {
        /// The setting's name as written: `interval`, `--start-period`.
        setting: String,
        /// What was meant, where that is clear: `30` means `30s`.
        meant: Option<String>,
    },
    /// A key or flag that does not exist there.
    UnknownSetting {
        /// As written.
        name: String,
        /// The nearest valid name that is not yet taken, spelled as it must be written there.
        nearest: Option<String>,
    },
    /// A setting of a health check that stands beside or outside one.
    Misplaced {
        /// As written.
        name: String,
        /// Where it belongs: "under `healthcheck:`".
        belongs: &'static str,
    },
    /// A test list whose first word is not `CMD`, `CMD-SHELL` or `NONE`.
    TestWithoutCmd,
    /// A `start_interval` without a `start_period`: Compose refuses to create the container.
    StartIntervalAlone,
    /// An escape in a double-quoted YAML string that YAML does not know, such as `\s`.
    YamlEscape {
        /// The escape as written.
        escape: String,
    },
    /// A `$` that interpolation cannot read.
    Interpolation {
        /// True where every engine rejects it; false where only old Compose and `docker stack` do.
        everywhere: bool,
    },
    /// A number or boolean where a test list needs a string: an item that YAML typed.
    UntypedItem,
    /// A `depends_on` that names no service of the project.
    UndefinedDependency {
        /// The name as written.
        name: String,
        /// The nearest service that there is.
        nearest: Option<String>,
    },
    /// Services that wait for each other in a ring.
    DependencyCycle {
        /// Their names, in the order of the waits; the first again at the end.
        ring: Vec<String>,
    },
    /// Anything else; the reason says what.
    Other,
}
