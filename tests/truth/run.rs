//! Runs a command as the engine does, and says how it ended.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::scenes::Scene;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// With this status; death by a signal is 128 and more.
    Ended(i32),
    /// It was still running at the limit.
    Killed,
}

/// What is run: a script for `sh -c`, or words.
#[derive(Clone, Debug)]
pub enum Told {
    Script(String),
    Words(Vec<String>),
}

impl Told {
    /// For messages.
    pub fn shown(&self) -> String {
        match self {
            Self::Script(text) => text.clone(),
            Self::Words(words) => format!("{words:?}"),
        }
    }

    /// The same with another word in each place that `change` knows.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Script(text) => Self::Script(change(text)),
            Self::Words(words) => Self::Words(words.iter().map(|word| change(word)).collect()),
        }
    }
}

/// Runs it in an empty folder of its own, with nothing in its environment but PATH and HOME.
pub fn run(scene: &Scene, told: &Told, folder: &Path, limit: Duration) -> Truth {
    fs::create_dir_all(folder).unwrap();
    let mut command = match told {
        Told::Script(text) => {
            let mut command = Command::new(scene.folder.join("sh"));
            command.arg0("sh").arg("-c").arg(text);
            command
        }
        Told::Words(words) => {
            let program = scene.folder.join(&words[0]);
            if !program.exists() {
                return Truth::Ended(127);
            }
            let mut command = Command::new(program);
            command.arg0(&words[0]).args(&words[1..]);
            command
        }
    };
    let mut child = command
        .env_clear()
        .env("PATH", &scene.folder)
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let ended = wait(&mut child, limit);
    let truth = ended.map_or(Truth::Killed, |status| {
        use std::os::unix::process::ExitStatusExt;
        let signal = || 128 + status.signal().unwrap_or_default();
        Truth::Ended(status.code().unwrap_or_else(signal))
    });
    if truth == Truth::Killed || told.shown().contains('&') {
        // What it left behind goes as well: the whole group.
        let _ = Command::new("/bin/sh")
            .args(["-c", &format!("kill -9 -{} 2>/dev/null", child.id())])
            .status();
        let _ = child.wait();
    }
    let _ = fs::remove_dir_all(folder);
    truth
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if start.elapsed() >= limit {
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(25));
    }
}
