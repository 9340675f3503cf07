//! Real Redis, PostgreSQL and MariaDB on loopback, in the states that their own means bring about: well, wanting
//! another password, and not ready.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use healthlint::outcome::World;

use crate::local::{Folder, installed, is_root, port};

/// A server that runs until it is dropped.
pub struct Server {
    /// For messages.
    pub name: &'static str,
    pub world: World,
    pub port: u16,
    process: Child,
    /// Connections that it must not lose.
    held: Vec<TcpStream>,
    folder: Folder,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.held.clear();
        // PostgreSQL gives back what it shares only when it is asked to go.
        let ask = ["-QUIT", &self.process.id().to_string()];
        let _ = Command::new("kill").args(ask).status();
        let begin = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if begin.elapsed() > Duration::from_secs(5) {
                let _ = self.process.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The servers that can be started here, by what asks for them, and what is missing for the others.
pub fn servers() -> (Vec<(&'static str, Server)>, Vec<&'static str>) {
    type Start = fn() -> Vec<Server>;
    let makes: [(&str, &str, &[&str], Start); 3] = [
        ("redis", "redis-server", &["redis-cli"], redis),
        ("postgres", "postgres", &["initdb", "pg_isready"], postgres),
        (
            "mysql",
            "mariadbd",
            &["mariadb-install-db", "mariadb-admin", "mariadb"],
            mariadb,
        ),
    ];
    let mut without = Vec::new();
    let servers = thread::scope(|scope| {
        let mut runs = Vec::new();
        for (asks, server, others, start) in makes {
            let missing = [server].into_iter().chain(others.iter().copied());
            let missing = missing.into_iter().find(|it| installed(it).is_none());
            match missing {
                Some(missing) => without.push(missing),
                None => runs.push((asks, scope.spawn(start))),
            }
        }
        runs.into_iter()
            .flat_map(|(asks, run)| run.join().unwrap().into_iter().map(move |it| (asks, it)))
            .collect()
    });
    (servers, without)
}

/// What is started and how to see that it has come so far.
struct Plan<'a> {
    name: &'static str,
    world: World,
    folder: Folder,
    port: u16,
    /// Words in front of the program.
    before: &'a [String],
    words: Vec<String>,
    /// A command whose output shows that it is there.
    ready: (&'a [&'a str], &'a str),
}

impl Plan<'_> {
    fn start(self) -> Server {
        let said = self.folder.0.join("said");
        let file = fs::File::create(&said).unwrap();
        let program = installed(&self.words[0]).unwrap().display().to_string();
        let words: Vec<String> = self
            .before
            .iter()
            .cloned()
            .chain([program])
            .chain(self.words.iter().skip(1).cloned())
            .collect();
        let process = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(&self.folder.0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        let server = Server {
            name: self.name,
            world: self.world,
            port: self.port,
            process,
            held: Vec::new(),
            folder: self.folder,
        };
        let (ask, shown) = self.ready;
        let port = self.port.to_string();
        let begin = Instant::now();
        loop {
            let answer = answer(ask, &port);
            if answer.contains(shown) {
                return server;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{} does not come: {answer}\n{}",
                self.name,
                fs::read_to_string(&said).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What a client says on both its channels. `{port}` is the server's.
fn answer(words: &[&str], port: &str) -> String {
    let client = installed(words[0]).unwrap();
    let output = Command::new(client)
        .args(words[1..].iter().map(|word| word.replace("{port}", port)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn owned(words: &[&str], folder: &Path, port: u16) -> Vec<String> {
    let filled = |word: &&str| {
        word.replace("{folder}", &folder.display().to_string())
            .replace("{port}", &port.to_string())
    };
    words.iter().map(filled).collect()
}

/// Runs a command that must succeed.
fn done(words: &[String]) {
    let program = installed(&words[0]).unwrap_or_else(|| words[0].clone().into());
    let output = Command::new(program).args(&words[1..]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{words:?}: {said}");
}

fn redis() -> Vec<Server> {
    let start = |name, world, folder: Folder, more: &[&str], ready: &str| {
        let port = port();
        let words = [
            "redis-server",
            "--bind",
            "127.0.0.1",
            "--port",
            "{port}",
            "--dir",
            "{folder}",
            "--save",
            "",
            "--rdbcompression",
            "no",
        ];
        let mut words = owned(&words, &folder.0, port);
        words.extend(owned(more, &folder.0, port));
        let ready = (&["redis-cli", "-p", "{port}", "ping"][..], ready);
        Plan {
            name,
            world,
            folder,
            port,
            before: &[],
            words,
            ready,
        }
        .start()
    };
    let well = start(
        "real, well",
        World::Healthy,
        Folder::new("redis"),
        &[],
        "PONG",
    );
    let denying = start(
        "real, denying",
        World::Denied,
        Folder::new("redis"),
        &["--requirepass", "another"],
        "NOAUTH",
    );
    // It loads its data slowly enough to be seen at it for as long as the test runs.
    let folder = Folder::new("redis");
    let filled = start(
        "real, filled",
        World::Healthy,
        Folder::new("redis"),
        &["--enable-debug-command", "yes"],
        "PONG",
    );
    let port = filled.port.to_string();
    answer(
        &[
            "redis-cli",
            "-p",
            "{port}",
            "debug",
            "populate",
            "40000",
            "key",
            "1024",
        ],
        &port,
    );
    answer(&["redis-cli", "-p", "{port}", "save"], &port);
    fs::rename(filled.folder.0.join("dump.rdb"), folder.0.join("dump.rdb")).unwrap();
    let loading = start(
        "real, loading",
        World::Error,
        folder,
        &[
            "--key-load-delay",
            "30000",
            "--loading-process-events-interval-bytes",
            "1024",
        ],
        "LOADING",
    );
    vec![well, denying, loading]
}

fn postgres() -> Vec<Server> {
    let start = |name, world, authentication: &str, standby: bool, ready: &str| {
        let folder = Folder::new("postgres");
        let port = port();
        // It refuses to run as root.
        let before = if is_root() {
            folder.give_to("postgres")
        } else {
            Vec::new()
        };
        let secret = folder.0.join("password");
        fs::write(&secret, "another\n").unwrap();
        let initdb = installed("initdb").unwrap().display().to_string();
        let made = [
            &initdb,
            "-D",
            "{folder}/data",
            "-U",
            "postgres",
            "--no-sync",
            "--pwfile={folder}/password",
            "-A",
            authentication,
        ];
        done(&[before.clone(), owned(&made, &folder.0, port)].concat());
        let words = [
            "postgres",
            "-D",
            "{folder}/data",
            "-k",
            "{folder}",
            "-p",
            "{port}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            if standby {
                "hot_standby=off"
            } else {
                "hot_standby=on"
            },
        ];
        if standby {
            fs::write(folder.0.join("data/standby.signal"), "").unwrap();
        }
        Plan {
            name,
            world,
            port,
            before: &before,
            words: owned(&words, &folder.0, port),
            folder,
            ready: (&["pg_isready", "-h", "127.0.0.1", "-p", "{port}"], ready),
        }
        .start()
    };
    vec![
        start("real, well", World::Healthy, "trust", false, "accepting"),
        start(
            "real, denying",
            World::Denied,
            "scram-sha-256",
            false,
            "accepting",
        ),
        // A standby that lets nobody in, as one that has not come far enough.
        start("real, starting", World::Error, "trust", true, "rejecting"),
    ]
}

fn mariadb() -> Vec<Server> {
    let start = |name, world, more: &[&str], ready: &str| {
        let folder = Folder::new("mariadb");
        let port = port();
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        let made = [
            "mariadb-install-db",
            "--no-defaults",
            &format!("--user={user}"),
            "--datadir={folder}/data",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ];
        done(&owned(&made, &folder.0, port));
        fs::write(
            folder.0.join("init.sql"),
            "GRANT ALL ON *.* TO root@'127.0.0.1' IDENTIFIED BY 'another';\n",
        )
        .unwrap();
        let words = [
            "mariadbd",
            "--no-defaults",
            &format!("--user={user}"),
            "--datadir={folder}/data",
            "--socket={folder}/socket",
            "--pid-file={folder}/pid",
            "--bind-address=127.0.0.1",
            "--port={port}",
            "--skip-name-resolve",
            "--connect-timeout=100000",
            "--innodb-buffer-pool-size=8M",
        ];
        let mut words = owned(&words, &folder.0, port);
        words.extend(owned(more, &folder.0, port));
        let ask = [
            "mariadb",
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            "{port}",
            "-uroot",
            "-e",
            "select 42",
        ];
        Plan {
            name,
            world,
            folder,
            port,
            before: &[],
            words,
            ready: (&ask, ready),
        }
        .start()
    };
    let denying = ["--init-file={folder}/init.sql"];
    let well = start("real, well", World::Healthy, &["--skip-grant-tables"], "42");
    let denied = start("real, denying", World::Denied, &denying, "Access denied");
    let mut full = start(
        "real, full",
        World::Error,
        &["--skip-grant-tables", "--max-connections=10"],
        "42",
    );
    // Whoever has knocked and says nothing takes a place; one more is kept free for an administrator.
    let crowd = (0..12).map(|_| TcpStream::connect(("127.0.0.1", full.port)).unwrap());
    full.held = crowd.collect();
    vec![well, denied, full]
}
