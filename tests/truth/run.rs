//! Runs a command as the engine does, and says how it ended.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
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
    // A shell does not wait for these, and `timeout` ends its child but not that one's children.
    let text = told.shown();
    let leaves = ["&", "nohup", "setsid", "timeout", "coproc", "<(", ">("]
        .iter()
        .any(|word| text.contains(word));
    if truth == Truth::Killed || leaves {
        sweep(&[format!("-{}", child.id())], folder);
        let _ = child.kill();
        let _ = child.wait();
    }
    let _ = fs::remove_dir_all(folder);
    truth
}

/// Ends what runs left behind: groups by name, and whoever works below the folder or calls it home. `timeout` and
/// `setsid` make groups of their own, and a BusyBox `cat` that lives on holds the lock of the pipe that this test has to
/// close.
pub fn sweep(groups: &[String], folder: &Path) {
    let mut ends: Vec<String> = groups.to_vec();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == std::process::id().to_string() || !name.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let works = fs::read_link(entry.path().join("cwd"));
        let knows = fs::read(entry.path().join("environ")).unwrap_or_default();
        let home = String::from_utf8_lossy(&knows)
            .split('\0')
            .find_map(|line| line.strip_prefix("HOME=").map(PathBuf::from));
        if works.is_ok_and(|at| at.starts_with(folder))
            || home.is_some_and(|home| home.starts_with(folder))
        {
            ends.push(name);
        }
    }
    let _ = Command::new("/bin/sh")
        .args(["-c", "kill -9 \"$@\" 2>/dev/null", "sh"])
        .args(ends)
        .status();
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
