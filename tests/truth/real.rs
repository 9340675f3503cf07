//! Real Redis, PostgreSQL and MariaDB on loopback, in the states that their own means bring about: well, wanting
//! another password, and not ready.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
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

/// What is started.
struct Plan {
    name: &'static str,
    world: World,
    folder: Folder,
    port: u16,
    /// Words in front of the program.
    before: Vec<String>,
    words: Vec<String>,
}

impl Plan {
    fn new(name: &'static str, world: World, folder: Folder) -> Self {
        Self {
            name,
            world,
            folder,
            port: port(),
            before: Vec::new(),
            words: Vec::new(),
        }
    }

    /// These words behind those that are there; `{folder}` and `{port}` are its own.
    fn with(mut self, words: &[&str]) -> Self {
        self.words.extend(self.own(words));
        self
    }

    fn own(&self, words: &[&str]) -> Vec<String> {
        let folder = self.folder.0.display().to_string();
        let port = self.port.to_string();
        let filled = |word: &&str| word.replace("{folder}", &folder).replace("{port}", &port);
        words.iter().map(filled).collect()
    }

    /// Starts it and waits until the output of a command shows that it has come so far.
    fn start(self, ask: &[&str], shown: &str) -> Server {
        let said = self.folder.0.join("said");
        let file = fs::File::create(&said).unwrap();
        let program = installed(&self.words[0]).unwrap().display().to_string();
        let rest = self.words.iter().skip(1).cloned();
        let words: Vec<String> = self
            .before
            .iter()
            .cloned()
            .chain([program])
            .chain(rest)
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
        let begin = Instant::now();
        loop {
            let answer = answer(ask, server.port);
            if answer.contains(shown) {
                return server;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "{} does not come: {answer}\n{}",
                server.name,
                fs::read_to_string(&said).unwrap_or_default()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// What a client says on both its channels. `{port}` is the server's.
fn answer(words: &[&str], port: u16) -> String {
    let client = installed(words[0]).unwrap();
    let port = port.to_string();
    let output = Command::new(client)
        .args(words[1..].iter().map(|word| word.replace("{port}", &port)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
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
    let start = |name, world, folder, more: &[&str], shown: &str| {
        let words =
            "redis-server --bind 127.0.0.1 --port {port} --dir {folder} --rdbcompression no";
        Plan::new(name, world, folder)
            .with(&split(words))
            .with(&["--save", ""])
            .with(more)
            .start(&split("redis-cli -p {port} ping"), shown)
    };
    let folder = || Folder::new("redis");
    let well = start("real, well", World::Healthy, folder(), &[], "PONG");
    let password = ["--requirepass", "another"];
    let denying = start(
        "real, denying",
        World::Denied,
        folder(),
        &password,
        "NOAUTH",
    );
    // It loads its data slowly enough to be seen at it for as long as the test runs.
    let slowly = "--key-load-delay 30000 --loading-process-events-interval-bytes 1024";
    let data = folder();
    let debug = ["--enable-debug-command", "yes"];
    let filled = start("real, filled", World::Healthy, folder(), &debug, "PONG");
    for ask in ["debug populate 40000 key 1024", "save"] {
        answer(&split(&format!("redis-cli -p {{port}} {ask}")), filled.port);
    }
    fs::rename(filled.folder.0.join("dump.rdb"), data.0.join("dump.rdb")).unwrap();
    let loading = start(
        "real, loading",
        World::Error,
        data,
        &split(slowly),
        "LOADING",
    );
    vec![well, denying, loading]
}

fn postgres() -> Vec<Server> {
    let start = |name, world, authentication: &str, standby: bool, shown: &str| {
        let mut plan = Plan::new(name, world, Folder::new("postgres"));
        // It refuses to run as root.
        if is_root() {
            plan.before = plan.folder.give_to("postgres");
        }
        fs::write(plan.folder.0.join("password"), "another\n").unwrap();
        let initdb = installed("initdb").unwrap().display().to_string();
        let made = "-D {folder}/data -U postgres --no-sync --pwfile={folder}/password -A";
        let made = [vec![initdb.as_str()], split(made), vec![authentication]].concat();
        done(&[plan.before.clone(), plan.own(&made)].concat());
        // A standby that lets nobody in, as one that has not come far enough.
        if standby {
            fs::write(plan.folder.0.join("data/standby.signal"), "").unwrap();
        }
        let words =
            "postgres -D {folder}/data -k {folder} -p {port} -c listen_addresses=127.0.0.1 -c";
        let hot = if standby {
            "hot_standby=off"
        } else {
            "hot_standby=on"
        };
        plan.with(&split(words))
            .with(&[hot])
            .start(&split("pg_isready -h 127.0.0.1 -p {port}"), shown)
    };
    let scram = "scram-sha-256";
    vec![
        start("real, well", World::Healthy, "trust", false, "accepting"),
        start("real, denying", World::Denied, scram, false, "accepting"),
        start("real, starting", World::Error, "trust", true, "rejecting"),
    ]
}

fn mariadb() -> Vec<Server> {
    let start = |name, world, more: &[&str], shown: &str| {
        let plan = Plan::new(name, world, Folder::new("mariadb"));
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = format!("--user={}", String::from_utf8_lossy(&user.stdout).trim());
        let made = "mariadb-install-db --no-defaults --datadir={folder}/data --skip-test-db \
            --auth-root-authentication-method=normal";
        done(&plan.own(&[split(made), vec![&user]].concat()));
        let another = "GRANT ALL ON *.* TO root@'127.0.0.1' IDENTIFIED BY 'another';\n";
        fs::write(plan.folder.0.join("init.sql"), another).unwrap();
        let words = "mariadbd --no-defaults --datadir={folder}/data --socket={folder}/socket \
            --pid-file={folder}/pid --bind-address=127.0.0.1 --port={port} --skip-name-resolve \
            --connect-timeout=100000 --innodb-buffer-pool-size=8M";
        let ask = "mariadb --no-defaults -h 127.0.0.1 -P {port} -uroot -e";
        plan.with(&split(words))
            .with(&[&user])
            .with(more)
            .start(&[split(ask), vec!["select 42"]].concat(), shown)
    };
    let open = "--skip-grant-tables";
    let other = "--init-file={folder}/init.sql";
    let well = start("real, well", World::Healthy, &[open], "42");
    let denied = start("real, denying", World::Denied, &[other], "Access denied");
    let few = [open, "--max-connections=10"];
    let mut full = start("real, full", World::Error, &few, "42");
    // Whoever is greeted and says nothing keeps a place; one more is kept free for an administrator. A client that has
    // just gone may still have its place, and what is turned away for that is tried again.
    let begin = Instant::now();
    while full.held.len() < 11 {
        let mut guest = TcpStream::connect(("127.0.0.1", full.port)).unwrap();
        let mut head = [0; 5];
        guest.read_exact(&mut head).unwrap();
        if head[4] == 10 {
            full.held.push(guest);
        } else {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "it is never full"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
    vec![well, denied, full]
}

fn split(words: &str) -> Vec<&str> {
    words.split_whitespace().collect()
}
