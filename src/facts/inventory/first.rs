//! What is PID 1 of a container, as far as its start can be followed.

use super::super::programs::{self, Program};
use super::Inventory;

impl Inventory {
    /// The words of PID 1 when the container is started with this entrypoint and command (None: the image's own),
    /// as far as they can be followed: an entrypoint script that is known to exec the command leads to the command.
    pub fn first_process(
        &self,
        entrypoint: Option<&[String]>,
        command: Option<&[String]>,
    ) -> Option<Vec<String>> {
        // An entrypoint from outside drops the image's CMD (moby `daemon/commit.go merge`).
        let own_command = if entrypoint.is_some() {
            None
        } else {
            self.command.as_deref()
        };
        let command = command.or(own_command).unwrap_or_default();
        let own = entrypoint.is_none();
        let entrypoint = entrypoint
            .or(self.entrypoint.as_deref())
            .unwrap_or_default();
        if own {
            match self.init.as_deref() {
                Some("command") => return (!command.is_empty()).then(|| command.to_vec()),
                Some(init) => return Some(vec![init.to_owned()]),
                None => {}
            }
        }
        let words: Vec<String> = entrypoint.iter().chain(command).cloned().collect();
        (!words.is_empty()).then_some(words)
    }

    /// What is known of the program that is PID 1 when the container is started so.
    pub fn first_program(
        &self,
        entrypoint: Option<&[String]>,
        command: Option<&[String]>,
    ) -> Option<&'static Program> {
        let words = self.first_process(entrypoint, command)?;
        let mut words = words.iter().map(String::as_str);
        let first = words.next()?;
        let name = first.rsplit('/').next().unwrap_or(first);
        if name == "exec" {
            return programs::program(words.next()?);
        }
        programs::program(name)
    }

    /// Whether PID 1 waits for orphans when the container is started so; None where nobody knows.
    pub fn reaps(&self, entrypoint: Option<&[String]>, command: Option<&[String]>) -> Option<bool> {
        self.first_program(entrypoint, command)
            .map(|program| program.reaps)
    }
}
