//! Two ways that a build may have gone, and what holds in both.

use crate::text::Span;

use super::super::answer::{Answer, Flavour, Holds, Reason, Shell};
use super::{Inventory, Origin};

impl Inventory {
    /// What both ways agree on; `span` is the instruction that goes the one or the other.
    #[must_use]
    pub(in super::super) fn agreed(mut self, other: &Self, span: Span) -> Self {
        let mut tools: Vec<String> = self.changes.keys().cloned().collect();
        tools.extend(other.changes.keys().cloned());
        tools.sort();
        tools.dedup();
        for tool in tools {
            if self.changes.get(&tool) == other.changes.get(&tool) {
                continue;
            }
            let one = self.has(&tool);
            let both = match (one.holds, other.has(&tool).holds) {
                (Holds::Yes(one), Holds::Yes(other)) => {
                    Holds::Yes(if one == other { one } else { Flavour::Plain })
                }
                (Holds::No(one), Holds::No(other)) => Holds::No(one.min(other)),
                _ => Holds::Unknown,
            };
            let answer = if both == Holds::Unknown {
                let words = format!("`{tool}` is there or not, whichever way this goes");
                Answer::because(both, Reason::at(span, words))
            } else {
                Answer {
                    holds: both,
                    why: one.why,
                }
            };
            self.changes.insert(tool, answer);
        }
        if self.shell() != other.shell() {
            self.shell = Some(Shell::Unknown);
        }
        self.more = self.more.or_else(|| other.more.clone());
        self.less = self.less.or_else(|| other.less.clone());
        self.softer = self.softer.or_else(|| other.softer.clone());
        self
    }

    /// The applets of the BusyBox that the published image is built on, where there is one.
    pub(in super::super) fn applets(&self) -> Option<Vec<String>> {
        let Origin::Published(found) = &self.origin else {
            return None;
        };
        let base = found.base()?;
        let makes = |entry: &&String| entry.ends_with(": busybox") || *entry == "sh: ash";
        let name = |entry: &String| entry.split(':').next().unwrap_or_default().to_owned();
        let applets: Vec<String> = base.has.iter().filter(makes).map(name).collect();
        (!applets.is_empty()).then_some(applets)
    }
}
