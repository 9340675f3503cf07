//! Why an answer about a tag is not sure, in the user's words.

use std::collections::BTreeSet;

use super::Published;
use crate::facts::{Holds, Reason};

impl Published {
    /// Why not everything that is said about this tag is sure.
    pub fn doubts(&self) -> Vec<String> {
        let name = self.image.short();
        let mut doubts = vec![if self.image.family.is_empty() {
            "only what published health checks run in it is known".to_owned()
        } else if self.line.is_empty() {
            format!("it may be any {name}: this is what all that were looked at have in common")
        } else if self.elsewhere {
            "nobody looked at it on the release that its tag names: this is the nearest".to_owned()
        } else if !self.certain && self.near {
            "nobody looked at this very tag: this is the nearest".to_owned()
        } else if !self.certain {
            format!(
                "nobody saw such a tag: this is what all {name} that were looked at have in common"
            )
        } else if self.meant.len() > 1 {
            "it may be any of these: this is what they have in common".to_owned()
        } else {
            String::new()
        }];
        if let [newest] = self.meant.as_slice()
            && self.certain
            && let Some(before) = self.reach.iter().rev().find(|at| *at < newest)
            && let Some(before) = self.image.family.get(*before)
        {
            let named = before.named();
            doubts.push(format!("the tag moves: pulled earlier, it may be {named}"));
        }
        for family in self.families(&self.meant) {
            let soft = family.soft.as_ref();
            doubts.extend(soft.map(|soft| format!("it may hold more: {soft}")));
            let read = match family.confidence.as_deref() {
                Some("nearest Dockerfile") => "read in the Dockerfile of a near version",
                Some("issue") => "read in issues, not in a Dockerfile",
                Some("wildcard") => "said of all images of this publisher",
                Some("unknown-base") => "what it is built on was not seen",
                _ => "",
            };
            doubts.push(read.to_owned());
        }
        let mut met = BTreeSet::from([String::new()]);
        doubts.retain(|doubt| met.insert(doubt.clone()));
        doubts
    }

    /// Why an absence is not sure, behind what is said of it.
    pub(super) fn unsure(&self, tool: &str) -> Option<Reason> {
        let had = |at: &&usize| {
            let family = self.image.family.get(**at);
            family.is_some_and(|family| matches!(family.holds(tool), Holds::Yes(_)))
        };
        if self.reach.iter().any(|at| had(&at)) {
            let text = "the tag moves, so an image that was pulled earlier may still have it";
            return Some(Reason::fact(text));
        }
        let soft = self
            .families(&self.meant)
            .into_iter()
            .find_map(|family| family.soft.clone());
        soft.map(|soft| Reason::fact(format!("not for sure: {soft}")))
    }
}
