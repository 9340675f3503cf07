//! What this machine has for tests with real programs: the programs, free ports, and folders that go away.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a program lies. Debian's `psql` is a script that needs more than itself, so the real one is taken; a star at
/// the end stands for the version in the name of Debian's.
pub fn installed(program: &str) -> Option<PathBuf> {
    if program.starts_with('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let postgres = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let postgres = postgres.flatten().map(|version| version.path().join("bin"));
    let usual = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"].map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = postgres
        .chain(usual)
        .chain(std::env::split_paths(&path).collect::<Vec<_>>());
    let Some(stem) = program.strip_suffix('*') else {
        return folders
            .map(|folder| folder.join(program))
            .find(|file| file.is_file());
    };
    folders.find_map(|folder| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(stem) && path.is_file()
        };
        entries.map(|entry| entry.path()).filter(fits).min()
    })
}

/// A port that nobody else of these tests gets.
pub fn port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder that goes away with the test. Others may enter it, for PostgreSQL runs as a user of its own who may not
/// enter the home of who builds.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty one; `name` is for people who look.
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = format!("healthlint-{}-{number}-{name}", std::process::id());
        let path = std::env::temp_dir().join(path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Gives it to a user, and says the words in front of a command that is to run as that user.
    pub fn give_to(&self, user: &str) -> Vec<String> {
        let given = Command::new("chown").arg(user).arg(&self.0).status();
        assert!(given.is_ok_and(|status| status.success()), "chown {user}");
        let words = ["setpriv", "--reuid", user, "--regid", user];
        let words = words.iter().chain(&["--clear-groups", "--"]);
        words.map(|word| (*word).to_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether these tests run as root, who may become anybody.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}
