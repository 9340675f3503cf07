//! The facts against the machine that the tests run on: what Debian's packages bring, and which options its tools take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use healthlint::facts::images::{base, tool_and_flavour};
use healthlint::facts::{Flavour, packages, tools};

/// The value of a key of this machine's os-release.
pub fn system(key: &str) -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    line.unwrap_or_default().trim_matches('"').to_owned()
}

pub fn is_debian() -> bool {
    let debian = system("ID") == "debian" && Path::new("/var/lib/dpkg/info").is_dir();
    if !debian {
        println!("skipped: this is no Debian");
    }
    debian
}

/// Whether PATH finds it in the folders that every image has.
fn found(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    folders
        .map(|folder| Path::new(folder).join(name))
        .into_iter()
        .find(|path| path.exists())
}

/// Whether Debian's package is installed here.
fn installed(package: &str) -> bool {
    let architectures = ["", ":amd64", ":arm64"];
    architectures
        .iter()
        .any(|of| Path::new(&format!("/var/lib/dpkg/info/{package}{of}.list")).exists())
}

#[test]
fn debians_packages_bring_what_the_facts_say() {
    if !is_debian() {
        return;
    }
    let mut seen = 0;
    for package in packages::packages().unwrap() {
        let Some(name) = package.name.strip_prefix("apt/") else {
            continue;
        };
        if !installed(name) {
            continue;
        }
        seen += 1;
        // What it depends on and what its alternatives link counts too: an image that installs it has them.
        for entry in &package.brings {
            let (tool, _) = tool_and_flavour(entry);
            assert!(found(tool).is_some(), "{name} brings no `{tool}` here");
        }
    }
    println!("{seen} packages of the facts are installed here");
    assert!(seen > 5, "{seen} packages are too few to prove anything");
}

#[test]
fn the_base_of_this_release_is_here() {
    if !is_debian() {
        return;
    }
    let name = format!("debian:{}", system("VERSION_ID"));
    let Some(base) = base(&name) else {
        println!("skipped: nothing is known of {name}");
        return;
    };
    let missing: Vec<&str> = (base.has.iter())
        .map(|entry| tool_and_flavour(entry).0)
        .filter(|tool| found(tool).is_none())
        .collect();
    assert!(missing.is_empty(), "{name} has no {missing:?} here");
}

/// What a tool complains about when it is called so, in a folder of its own and for a moment only.
fn complaint(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("timeout")
        .arg("5")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let text = String::from_utf8_lossy(&output.unwrap().stderr).to_lowercase();
    let rejected = ["unrecognized option", "invalid option", ": is unknown"];
    let lines = (text.lines()).filter(|line| rejected.iter().any(|words| line.contains(words)));
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn real_tools_take_and_reject_what_the_facts_say() {
    let scratch = crate::learn::Scratch::new();
    let url = "http://127.0.0.1:1/";
    let mut wrong = Vec::new();
    for (program, name, flavour, before, behind) in [
        ("curl", "curl", Flavour::Plain, &["-m", "2"][..], &[url][..]),
        (
            "wget",
            "wget",
            Flavour::Gnu,
            &["-t", "1", "-T", "2"],
            &[url],
        ),
        ("grep", "grep", Flavour::Gnu, &[], &["x", "/dev/null"]),
        ("busybox", "wget", Flavour::Busybox, &[], &[url]),
        (
            "busybox",
            "grep",
            Flavour::Busybox,
            &[],
            &["x", "/dev/null"],
        ),
    ] {
        if found(program).is_none() || found("timeout").is_none() {
            println!("skipped: no {program} here");
            continue;
        }
        let tool = tools::tool(name, flavour).unwrap();
        let busybox = program == "busybox";
        let call = |option: &str, value: Option<&str>| {
            let mut words = vec![program];
            words.extend(busybox.then_some(name));
            words.extend(before);
            words.push(option);
            words.extend(value);
            words.extend(behind);
            complaint(&scratch.0, &words)
        };
        for (options, value) in [(&tool.flags, None), (&tool.values, Some("1"))] {
            // Debian builds BusyBox with fewer options than Alpine does.
            for option in options.iter().filter(|_| !busybox) {
                // One is younger than the curl of Debian 12, the others leave a process behind.
                if ["--variable", "-b", "--background"].contains(&option.as_str()) {
                    continue;
                }
                let said = call(option, value);
                if !said.is_empty() {
                    wrong.push(format!("{program} {name} takes no {option}: {said}"));
                }
            }
        }
        for option in &tool.rejects {
            // Debian's build alone knows it.
            if busybox && name == "grep" && option == "-z" {
                continue;
            }
            if call(option, None).is_empty() {
                wrong.push(format!("{program} {name} takes {option}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the tool says about its own options; nothing where it is not here.
fn own_words(call: &[&str]) -> String {
    let (program, options) = call.split_first().unwrap();
    let output = Command::new(program)
        .args(options)
        .stdin(Stdio::null())
        .output();
    output.map_or_else(
        |_| String::new(),
        |output| {
            let words = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&words).into_owned()
        },
    )
}

#[test]
fn the_tools_themselves_name_every_option_that_they_are_said_to_take() {
    if !is_debian() {
        return;
    }
    let plain = Flavour::Plain;
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (call, name, flavour, unnamed) in [
        // One is younger than the curl of Debian 12.
        (&["curl", "--help", "all"][..], "curl", plain, "--variable"),
        (&["grep", "--help"], "grep", Flavour::Gnu, "-y"),
        (&["mariadb", "--help", "--verbose"], "mariadb", plain, ""),
        (&["mariadb", "--help", "--verbose"], "mysql", plain, ""),
        (
            &["mariadb-admin", "--help", "--verbose"],
            "mariadb-admin",
            plain,
            "",
        ),
        (
            &["mariadb-admin", "--help", "--verbose"],
            "mysqladmin",
            plain,
            "",
        ),
        (&["nc.openbsd", "-h"], "nc", Flavour::Openbsd, "-Z"),
        (&["nc.traditional", "-h"], "nc", Flavour::Traditional, ""),
        (&["ncat", "--help"], "nc", Flavour::Nmap, ""),
        (&["pg_isready", "--help"], "pg_isready", plain, ""),
        (&["psql", "--help"], "psql", plain, ""),
        (&["redis-cli", "--help"], "redis-cli", plain, ""),
        (&["timeout", "--help"], "timeout", Flavour::Gnu, ""),
        (
            &["wget", "--help"],
            "wget",
            Flavour::Gnu,
            "--retry-on-host-error",
        ),
    ] {
        if found(call[0]).is_none() {
            println!("skipped: no {} here", call[0]);
            continue;
        }
        let words = own_words(call);
        let edge = |one: Option<char>| !one.is_some_and(|one| one.is_alphanumeric() || one == '-');
        let names = |option: &str| {
            words.match_indices(option).any(|(at, _)| {
                let behind = &words[at + option.len()..];
                edge(words[..at].chars().next_back()) && edge(behind.chars().next())
            })
        };
        let tool = tools::tool(name, flavour).unwrap();
        for option in tool.flags.iter().chain(&tool.values).chain(&tool.attached) {
            seen += 1;
            if !names(option) && option != unnamed {
                wrong.push(format!("{} does not speak of {option}", call.join(" ")));
            }
        }
    }
    println!("{seen} options were looked up");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
