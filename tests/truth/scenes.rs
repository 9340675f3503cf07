//! Three containers without a container: a folder with one shell and the tools of one make, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use healthlint::facts::{Answer, Firmness, Flavour, Holds, Inventory, Reason};
use healthlint::model::command::Dialect;

use crate::local::installed;

/// A shell and the tools around it.
pub struct Scene {
    /// `dash`, `bash`, `ash`.
    pub name: &'static str,
    /// How the shell reads.
    pub dialect: Dialect,
    /// The one folder of PATH; it holds `sh`.
    pub folder: PathBuf,
    /// What the evaluator is told.
    pub inventory: Inventory,
    /// What should be there and is not installed on this machine.
    pub missing: Vec<&'static str>,
    /// BusyBox's wget knows `-T`, which Debian's build leaves out.
    pub wget_has_limit: bool,
}

/// Tools of which there is one make, or whose makes end alike.
const SAME: &[&str] = &[
    "[", "basename", "cat", "chmod", "cut", "date", "dirname", "echo", "env", "expr", "false",
    "find", "head", "id", "ls", "mkdir", "mktemp", "netstat", "nice", "nohup", "pidof", "printf",
    "ps", "pwd", "rm", "sed", "seq", "setsid", "sleep", "sort", "stat", "tail", "tee", "test",
    "touch", "tr", "true", "uniq", "wc", "xargs", "yes",
];
/// Tools that differ between GNU and BusyBox.
const GNU: &[&str] = &["egrep", "fgrep", "grep", "timeout", "wget"];
/// Tools that BusyBox does not bring.
const CLIENTS: &[&str] = &[
    "bash",
    "curl",
    "jq",
    "mariadb",
    "mariadb-admin",
    "mysql",
    "mysqladmin",
    "node",
    "perl",
    "pg_isready",
    "php",
    "psql",
    "python3",
    "redis-cli",
    "ruby",
    "ss",
    "wait-for-it",
];
/// Tools that are nowhere.
const ABSENT: &[&str] = &[
    "apache2ctl",
    "ash",
    "busybox",
    "dash",
    "gosu",
    "grpc_health_probe",
    "healthcheck",
    "healthcheck.sh",
    "http",
    "httpie",
    "mongosh",
    "nginx",
    "no-such-tool",
    "sudo",
    "telnet",
    "valkey-cli",
];

/// The three scenes; a shell that is not installed has none and is named.
pub fn scenes(top: &Path) -> (Vec<Scene>, Vec<&'static str>) {
    let mut scenes = Vec::new();
    let mut without = Vec::new();
    for (name, dialect, shell, flavour) in [
        ("dash", Dialect::Dash, "dash", Flavour::Dash),
        ("bash", Dialect::Bash, "bash", Flavour::Bash),
        ("ash", Dialect::Ash, "busybox", Flavour::Ash),
    ] {
        let folder = top.join(name);
        fs::create_dir_all(&folder).unwrap();
        let mut scene = Scene {
            name,
            dialect,
            folder,
            inventory: Inventory::unknown(name, "it is a machine for tests"),
            missing: Vec::new(),
            wget_has_limit: true,
        };
        scene.say("/bin/sh", Holds::Yes(flavour));
        scene.say("sh", Holds::Yes(flavour));
        let Some(program) = installed(shell) else {
            without.push(name);
            continue;
        };
        symlink(&program, scene.folder.join("sh")).unwrap();
        let (make, awk) = match name {
            "ash" => (Flavour::Busybox, Flavour::Busybox),
            "bash" => (Flavour::Gnu, Flavour::Gawk),
            _ => (Flavour::Gnu, Flavour::Mawk),
        };
        let source = |tool: &'static str| match make {
            Flavour::Busybox => applet(&program, tool).then(|| program.clone()),
            _ => installed(tool),
        };
        for tool in SAME {
            scene.add(
                tool,
                if matches!(*tool, "pidof" | "ps") && make == Flavour::Gnu {
                    Flavour::Procps
                } else {
                    make
                },
                source(tool),
            );
        }
        for tool in GNU {
            scene.add(tool, make, source(tool));
        }
        let (nc, nc_make) = match name {
            "ash" => (
                source("nc").filter(|_| helps(&program, "nc", "-z")),
                Flavour::Busybox,
            ),
            "bash" => (installed("ncat"), Flavour::Nmap),
            _ => (installed("nc.openbsd"), Flavour::Openbsd),
        };
        scene.add("nc", nc_make, nc);
        scene.add(
            "awk",
            awk,
            match awk {
                Flavour::Gawk => installed("gawk"),
                Flavour::Mawk => installed("mawk"),
                _ => source("awk"),
            },
        );
        let pgrep = if make == Flavour::Busybox {
            source("pgrep")
        } else {
            installed("pgrep")
        };
        let pgrep_make = if make == Flavour::Busybox {
            make
        } else {
            Flavour::Procps
        };
        scene.add("pgrep", pgrep_make, pgrep);
        for tool in CLIENTS {
            let flavour = if *tool == "bash" {
                Flavour::Bash
            } else {
                Flavour::Plain
            };
            scene.add(tool, flavour, installed(tool));
        }
        scene.add("python", Flavour::Plain, installed("python3"));
        for tool in ABSENT {
            if name == "ash" && matches!(*tool, "ash" | "busybox") {
                let flavour = if *tool == "ash" {
                    Flavour::Ash
                } else {
                    Flavour::Busybox
                };
                scene.add(tool, flavour, Some(program.clone()));
            } else if name == "dash" && *tool == "dash" {
                scene.add(tool, Flavour::Dash, Some(program.clone()));
            } else {
                scene.say(tool, Holds::No(Firmness::Firm));
            }
        }
        // Modules that are no part of their language.
        for (module, program, option, asks) in [
            ("requests", "python3", "-c", "import requests"),
            ("httpx", "python3", "-c", "import httpx"),
            ("curl_init", "php", "-r", "curl_init();"),
            ("LWP", "perl", "-e", "use LWP;"),
        ] {
            let there = Command::new(installed(program).unwrap_or_default())
                .args([option, asks])
                .stderr(Stdio::null())
                .stdout(Stdio::null())
                .status();
            if !there.is_ok_and(|status| status.success()) {
                scene.missing.push(module);
            }
        }
        scene.wget_has_limit = make == Flavour::Gnu || helps(&program, "wget", "-T");
        scenes.push(scene);
    }
    (scenes, without)
}

impl Scene {
    /// Why this command cannot be run here, if so.
    pub fn lacks(&self, text: &str) -> Option<String> {
        let mut words = text.split(|letter: char| {
            !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        });
        if let Some(tool) = words.find(|word| self.missing.contains(word)) {
            return Some(format!("{tool} ({})", self.name));
        }
        let limited = text.contains("wget") && (text.contains("-T") || text.contains("timeout="));
        (limited && !self.wget_has_limit).then(|| format!("wget -T ({})", self.name))
    }

    fn say(&mut self, tool: &str, holds: Holds) {
        let reason = Reason::fact(format!("the test says so of {tool}"));
        self.inventory.change(tool, Answer::because(holds, reason));
    }

    fn add(&mut self, tool: &'static str, flavour: Flavour, from: Option<PathBuf>) {
        self.say(tool, Holds::Yes(flavour));
        match from {
            Some(from) => symlink(from, self.folder.join(tool)).unwrap(),
            None => self.missing.push(tool),
        }
    }
}

fn applet(busybox: &Path, name: &str) -> bool {
    let listed = Command::new(busybox).arg("--list").output();
    listed.is_ok_and(|list| {
        String::from_utf8_lossy(&list.stdout)
            .lines()
            .any(|line| line == name)
    })
}

fn helps(busybox: &Path, applet: &str, option: &str) -> bool {
    let help = Command::new(busybox)
        .args([applet, "--help"])
        .stdin(Stdio::null())
        .output();
    help.is_ok_and(|help| {
        let text = [help.stdout, help.stderr].concat();
        String::from_utf8_lossy(&text).contains(option)
    })
}
