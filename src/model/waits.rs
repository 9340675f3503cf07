//! Which services wait for which, and how `depends_on` as a list of names is said in long form, where each wait has a
//! condition.

use crate::model::project::{Condition, Dependency, Service};
use crate::text::{Edit, Span};

impl Service {
    /// The waits that Compose keeps, each with the service of the project that is waited for; a side without a
    /// container neither waits nor is waited for.
    pub fn waits<'a>(
        &'a self,
        services: &'a [Service],
    ) -> impl Iterator<Item = (&'a Dependency, &'a Service)> {
        let written = self.depends_on.iter().filter(|_| !self.without_container);
        written.filter_map(move |dependency| {
            let named = |other: &&Service| other.name.value == dependency.service.value;
            let target = services.iter().find(named)?;
            (!target.without_container).then_some((dependency, target))
        })
    }
}

/// The list in which a service names those that it waits for.
#[derive(Clone, Debug)]
pub struct WaitList {
    /// The names in order.
    pub names: Vec<Named>,
    /// How the list is written.
    pub shape: WaitShape,
}

/// One name of the list.
#[derive(Clone, Debug)]
pub struct Named {
    /// The service.
    pub service: String,
    /// The bytes that name it, quotes included.
    pub span: Span,
    /// The same bytes as text.
    pub written: String,
}

/// How the list is written.
#[derive(Clone, Debug)]
pub enum WaitShape {
    /// `[db, cache]` in one line: the whole list.
    Flow(Span),
    /// One line for each name.
    Block {
        /// For each name its dash, and the end of its line.
        lines: Vec<(Span, Span)>,
        /// What stands before each dash.
        indent: String,
        /// What must be added to it, where the dashes stand right below the key.
        deeper: &'static str,
        /// `\n` or `\r\n`.
        newline: &'static str,
    },
}

impl WaitList {
    /// The edits that turn the list into the long form, each wait with the condition that `condition` says.
    pub fn long_form(&self, condition: impl Fn(&str) -> Condition) -> Vec<Edit> {
        let mut edits = Vec::new();
        match &self.shape {
            WaitShape::Flow(whole) => {
                let entries: Vec<String> = self
                    .names
                    .iter()
                    .map(|name| {
                        let word = condition(&name.service).word();
                        format!("{}: {{condition: {word}}}", name.written)
                    })
                    .collect();
                edits.push(Edit::replace(*whole, format!("{{{}}}", entries.join(", "))));
            }
            WaitShape::Block {
                lines,
                indent,
                deeper,
                newline,
            } => {
                for (name, (dash, end)) in self.names.iter().zip(lines) {
                    let word = condition(&name.service).word();
                    let key = format!("{deeper}{}:", name.written);
                    let below = format!("{newline}{indent}{deeper}  condition: {word}");
                    let item = dash.join(name.span);
                    if end.start == item.end {
                        edits.push(Edit::replace(item, format!("{key}{below}")));
                    } else {
                        // A comment behind the name stays behind it.
                        edits.push(Edit::replace(item, key));
                        edits.push(Edit::insert_after(*end, below));
                    }
                }
            }
        }
        edits
    }
}
