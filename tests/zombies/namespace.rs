//! A container without an engine: a PID namespace with a program as its PID 1, and processes put into it from outside,
//! as `docker exec` and health checks are.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process of this machine, as `/proc` tells it.
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    pub name: String,
    /// `Z` is a zombie.
    pub state: char,
}

/// Every process that can be seen.
pub fn processes() -> Vec<Process> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name stands in brackets and may hold some itself.
            let (head, rest) = text.rsplit_once(") ")?;
            let (pid, name) = head.split_once(" (")?;
            let mut rest = rest.split(' ');
            Some(Process {
                pid: pid.parse().ok()?,
                state: rest.next()?.chars().next()?,
                parent: rest.next()?.parse().ok()?,
                name: name.to_owned(),
            })
        })
        .collect()
}

/// Waits until `found` says something; None after `limit`.
pub fn until<T>(limit: Duration, mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(it) = found() {
            return Some(it);
        }
        if start.elapsed() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// How namespaces are made here: as root, or as root of a user namespace; None where neither is allowed.
pub fn allowed() -> Option<&'static [&'static str]> {
    [&[][..], &["--user", "--map-root-user"]]
        .into_iter()
        .find(|options| {
            let made = Command::new("unshare")
                .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
                .args(*options)
                .arg("true")
                .stderr(Stdio::null())
                .status();
            made.is_ok_and(|status| status.success())
        })
}

/// A namespace; everything in it ends with it.
pub struct Namespace {
    unshare: Child,
    /// Its PID 1, by its number outside.
    pub first: u32,
    options: &'static [&'static str],
    said: PathBuf,
}

impl Namespace {
    /// Starts a program as PID 1. Its words go to a file, which is shown when it does not stay.
    pub fn start(options: &'static [&'static str], words: &[String], folder: &Path) -> Self {
        let said = folder.join("said");
        let file = fs::File::create(&said).unwrap();
        let unshare = Command::new("unshare")
            .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
            .args(options)
            .arg("--")
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let parent = unshare.id();
        let first = until(Duration::from_secs(20), || {
            let is_first =
                |process: &Process| process.parent == parent && process.name != "unshare";
            processes().into_iter().find(is_first)
        });
        Self {
            unshare,
            first: first.map_or(0, |process| process.pid),
            options,
            said,
        }
    }

    /// Whether PID 1 still runs.
    pub fn lives(&mut self) -> bool {
        self.first != 0 && self.unshare.try_wait().unwrap().is_none()
    }

    /// What PID 1 said.
    pub fn said(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut file) = fs::File::open(&self.said) {
            let _ = file.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A command in it whose parent stands outside, as the engine's is.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.first.to_string(), "--pid", "--mount"])
            .args(if self.options.is_empty() {
                &[][..]
            } else {
                &["--user", "--preserve-credentials"]
            })
            .arg("--")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The children of PID 1.
    pub fn children(&self) -> Vec<Process> {
        let mut all = processes();
        all.retain(|process| process.parent == self.first);
        all
    }

    /// The names of the dead children that PID 1 did not wait for.
    pub fn zombies(&self) -> Vec<String> {
        let dead = self.children().into_iter().filter(|it| it.state == 'Z');
        dead.map(|process| process.name).collect()
    }

    /// Every process in it.
    pub fn members(&self) -> Vec<Process> {
        let of = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let own = of(self.first);
        let mut all = processes();
        all.retain(|process| own.is_some() && of(process.pid) == own);
        all
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Everything in it dies with its PID 1. That of one which became another user no longer hears of its parent's
        // death, so it is killed by name.
        if self.first != 0 {
            let first = ["-9", &self.first.to_string()];
            let _ = Command::new("kill").args(first).status();
        }
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}
