//! Probe tools: which options each make takes, how it ends in each world, and what a run costs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::Flavour;
use super::sections::Sections;

static TOOLS: Sections<Tool> =
    Sections::new(include_str!("../../rules/facts/tools.toml"), "tool", "name");

/// One make of a probe tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // Each is one fact of its row.
pub struct Tool {
    /// The name of the program.
    pub name: String,
    /// Whose make it is, as [`Flavour::word`] says; None is the only make.
    pub flavour: Option<String>,
    /// What it asks: `http`, `tcp`, `redis`, `mysql`, `postgres` …; None where it asks no service.
    pub asks: Option<String>,
    /// A run costs seconds of processor time: a JVM, an Erlang VM, .NET.
    #[serde(default)]
    pub heavy: bool,
    /// Seconds that should lie between two runs of a heavy tool.
    pub interval: Option<u32>,
    /// Seconds that a run needs on an idle machine, where they are many.
    pub seconds: Option<u32>,
    /// Options that stand alone.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Options that take a value.
    #[serde(default)]
    pub values: Vec<String>,
    /// Options that take a value in the same word only: `-psecret` and `--password=secret`, but not `-p secret`.
    #[serde(default)]
    pub attached: Vec<String>,
    /// Options that are taken and change nothing.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// Which of the ignored options take a value.
    #[serde(default)]
    pub ignored_values: Vec<String>,
    /// Options that other makes take and this one rejects.
    #[serde(default)]
    pub rejects: Vec<String>,
    /// How this make says what a rejected option of another make means: its own words, `{}` for the option's value;
    /// no words where it can do without.
    #[serde(default)]
    pub portable: BTreeMap<String, Vec<String>>,
    /// What is not listed is rejected; otherwise it is unknown.
    #[serde(default)]
    pub complete: bool,
    /// A unique beginning of a long option stands for it.
    #[serde(default)]
    pub abbreviates: bool,
    /// How many dashes begin a long option; those of Go's flags are one or two.
    pub dashes: Option<u8>,
    /// The status after an option that is rejected.
    pub rejected_status: Option<u8>,
    /// Options that bound the whole run, in seconds.
    #[serde(default)]
    pub limit: Vec<String>,
    /// Options that say for how many seconds it waits for an answer, in place of what `gives_up` says.
    #[serde(default)]
    pub patience: Vec<String>,
    /// Without an option for the output it writes a file.
    #[serde(default)]
    pub saves: bool,
    /// How a plain run ends in each world; a world that is left out is unknown.
    #[serde(default)]
    pub exits: Exits,
    /// Options that change how a run ends.
    #[serde(default)]
    pub switches: Vec<Switch>,
    /// What it can be asked by its words, where that decides how it ends; anything else is unknown then.
    #[serde(default)]
    pub runs: Vec<Asked>,
    /// What to mind, in words.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Who says so.
    pub witness: Vec<String>,
    /// When that was so: year and month.
    pub date: String,
}

/// The statuses that a run may end with in each world; empty is unknown.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Exits {
    /// The service answers well.
    pub healthy: Vec<u8>,
    /// It answers with HTTP 500 or an error reply.
    pub error: Vec<u8>,
    /// It answers 401, NOAUTH, access denied.
    pub denied: Vec<u8>,
    /// Nothing listens.
    pub refused: Vec<u8>,
    /// It accepts and never answers, and the run gives up waiting.
    pub hung: Vec<u8>,
}

/// One thing that a tool can be asked, and how such a run ends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// The operands begin with these.
    pub words: Vec<String>,
    /// One of these options is given; empty is no matter.
    pub options: Vec<String>,
    /// The statuses that are known by number.
    pub exits: Exits,
    /// Worlds in which it ends with some status that is not zero.
    pub fails: Vec<String>,
    /// Worlds in which it waits: as long as `gives_up` says, or until it is killed.
    pub waits: Vec<String>,
    /// After how many seconds it gives up waiting, the least and the most that any version takes.
    pub gives_up: Option<[u32; 2]>,
}

/// Options that change how a run ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Any of these does it.
    pub options: Vec<String>,
    /// The new statuses under `error`.
    #[serde(default)]
    pub error: Vec<u8>,
    /// The new statuses under `denied`.
    #[serde(default)]
    pub denied: Vec<u8>,
}

/// What a make of a tool does with an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It stands alone.
    Alone,
    /// It takes a value, in the same word or the next.
    Value,
    /// It is rejected: the request is never made.
    Rejected,
    /// Nobody knows.
    Unknown,
}

/// Every make of every tool, by name and flavour.
///
/// # Errors
/// What does not parse, and why.
pub fn tools() -> Result<Vec<&'static Tool>, String> {
    TOOLS.all()
}

/// The make of this tool; a tool with a single make is found under any flavour. None where nobody knows the
/// tool, or which of its makes it is.
pub fn tool(name: &str, flavour: Flavour) -> Option<&'static Tool> {
    makes(name)
        .find(|tool| tool.flavour.as_deref() == flavour.word())
        .or_else(|| makes(name).find(|tool| tool.flavour.is_none()))
}

/// Every make of this tool.
pub fn makes(name: &str) -> impl Iterator<Item = &'static Tool> {
    TOOLS.named(name)
}

impl Tool {
    /// What this make does with an option as it is written, without the value behind `=`: `-q`, `--timeout`.
    /// One short option, not a cluster of them.
    pub fn takes(&self, option: &str) -> Takes {
        let lists = |list: &[String]| list.iter().any(|known| known == option);
        if lists(&self.values) || lists(&self.ignored_values) {
            return Takes::Value;
        }
        if lists(&self.flags) || lists(&self.ignored) {
            return Takes::Alone;
        }
        if lists(&self.rejects) {
            return Takes::Rejected;
        }
        if self.abbreviates && option.starts_with("--") {
            match self.abbreviated(option)[..] {
                [whole] => return self.takes(whole),
                [_, ..] => return Takes::Unknown,
                [] => {}
            }
        }
        if self.complete {
            Takes::Rejected
        } else {
            Takes::Unknown
        }
    }

    /// Whether it knows the option under its whole name.
    pub fn lists(&self, option: &str) -> bool {
        [&self.flags, &self.values, &self.ignored]
            .into_iter()
            .flatten()
            .any(|known| known == option)
    }

    /// The one long option that this beginning stands for, where the make reads it so.
    pub fn whole_name(&self, option: &str) -> Option<&str> {
        if !self.abbreviates || !option.starts_with("--") || self.lists(option) {
            return None;
        }
        match self.abbreviated(option)[..] {
            [whole] => Some(whole),
            _ => None,
        }
    }

    /// The long options that begin so.
    fn abbreviated(&self, option: &str) -> Vec<&str> {
        [&self.values, &self.flags, &self.ignored]
            .into_iter()
            .flatten()
            .filter(|known| known.starts_with(option))
            .map(String::as_str)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makes_of_wget_differ_in_what_they_take() {
        let busybox = tool("wget", Flavour::Busybox).unwrap();
        let gnu = tool("wget", Flavour::Gnu).unwrap();
        assert_eq!(busybox.takes("--no-proxy"), Takes::Rejected);
        assert_eq!(gnu.takes("--no-proxy"), Takes::Alone);
        assert_eq!(busybox.takes("-T"), Takes::Value);
        assert_eq!(busybox.takes("--tries"), Takes::Value);
        assert_eq!(
            busybox.takes("--user"),
            Takes::Value,
            "read as --user-agent"
        );
        assert_eq!(busybox.takes("--brand-new"), Takes::Rejected);
        assert_eq!(gnu.takes("--brand-new"), Takes::Unknown);
        assert!(tool("wget", Flavour::Plain).is_none());
    }

    #[test]
    fn the_file_is_sorted_and_every_row_has_its_witness() {
        let tools = tools().unwrap();
        assert!(tools.len() > 30, "{} rows", tools.len());
        let key = |tool: &Tool| (tool.name.clone(), tool.flavour.clone());
        assert!(tools.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        for tool in tools {
            for asked in &tool.runs {
                let worlds = ["healthy", "error", "denied", "refused", "hung"];
                let named = asked.fails.iter().chain(&asked.waits);
                assert!(
                    named
                        .into_iter()
                        .all(|world| worlds.contains(&world.as_str())),
                    "{}",
                    tool.name
                );
                let known = |option: &String| tool.takes(option) != Takes::Unknown;
                assert!(asked.options.iter().all(known), "{}", tool.name);
            }
            assert!(
                !tool.witness.is_empty() && !tool.date.is_empty(),
                "{}",
                tool.name
            );
            let known = [&tool.flags, &tool.values, &tool.ignored];
            let rejected = |option: &String| known.iter().any(|list| list.contains(option));
            assert!(
                !tool.rejects.iter().any(rejected),
                "{} both takes and rejects",
                tool.name
            );
            for (option, words) in &tool.portable {
                assert!(
                    tool.takes(option) == Takes::Rejected,
                    "{}: {option}",
                    tool.name
                );
                let own = words.iter().filter(|word| word.starts_with('-'));
                assert!(
                    own.into_iter().all(|word| tool.lists(word)),
                    "{}: {option} in words that it does not know",
                    tool.name
                );
            }
            assert!(
                !tool.flags.iter().any(|flag| tool.values.contains(flag)),
                "{}",
                tool.name
            );
        }
    }
}
