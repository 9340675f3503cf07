//! What is known about an image, as lines: from where, what it holds, what nobody knows, and what contradicts it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::cli::{Outlet, Status};
use crate::facts::images::tracked;
use crate::facts::learned::{Image as Facts, Learned, Reference};
use crate::facts::{Firmness, Holds, Inventory, OwnCheck, Shell, filled};
use crate::report::visible;
use crate::report::wrap::wrapped;

/// Columns of a line.
const WIDTH: usize = 80;

/// Columns in front of what a line says.
const MARGIN: usize = 14;

/// Witnesses and tags that are named one by one.
const MOST_SEEN: usize = 6;

/// Programs that came or went and are named one by one.
const MOST_NAMED: usize = 30;

/// `healthlint image NAME`.
pub fn run(names: &[String], learned: &Learned, outlet: &Outlet) -> Status {
    let mut out = String::new();
    let mut status = Status::Quiet;
    for name in names {
        let Some(reference) = Reference::parse(name) else {
            outlet.error(&format!("error: {}\n", visible::line(&no_name(name))));
            status = Status::Trouble;
            continue;
        };
        if !out.is_empty() {
            out.push('\n');
        }
        let seen = learned.find(&reference);
        image(&mut out, name, &learned.inventory_of(&reference), seen);
    }
    outlet.out(&visible::lines(&out));
    status
}

/// Why a word of the command line names no image.
pub fn no_name(word: &str) -> String {
    let why = if word.is_empty() {
        "it is empty"
    } else if word.contains('$') {
        "write the value in place of the variable, as in `postgres:17`"
    } else if word.contains("://") {
        "write it as behind `image:` or `FROM`, as in `postgres:17`"
    } else if word.contains(char::is_whitespace) {
        "it holds a blank"
    } else if Reference::parse(&word.to_lowercase()).is_some() {
        "the names of images are lower-case"
    } else if word.contains('@') {
        "behind the `@` belongs `sha256:` and 64 digits"
    } else {
        "one looks like `postgres:17`, `ghcr.io/team/app` or `app@sha256:…`"
    };
    format!("`{word}` is no image name: {why}")
}

fn image(out: &mut String, name: &str, inventory: &Inventory, learned: Option<&Arc<Facts>>) {
    let (named, digest) = match name.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (name, None),
    };
    let last = named.rsplit('/').next().unwrap_or(named);
    let title = match digest {
        None if !last.contains(':') && inventory.shown != "scratch" => format!("{name}:latest"),
        _ => name.to_owned(),
    };
    let _ = writeln!(out, "{title}");
    if title.split('@').next() != Some(&inventory.shown) {
        row(out, "the same as", &inventory.shown);
    }
    if let Some(image) = learned {
        row(
            out,
            "from",
            &format!("{}, {}", image.seen(), image.platform),
        );
    } else if let Some(date) = inventory.date() {
        row(out, "from", &format!("the facts of healthlint, {date}"));
        some(out, "", &inventory.witnesses());
        some(out, "tags seen", &inventory.seen());
        some(out, "gaps", &inventory.doubts());
    }
    let tools = Tools::of(inventory);
    if learned.is_none() && tools.is_empty() && inventory.date().is_none() {
        row(out, "unknown", "nothing is known about this image");
        learn(out, &title);
        return;
    }
    let system = [&inventory.distro, &inventory.release];
    let system: Vec<&str> = system.into_iter().flatten().map(String::as_str).collect();
    row(out, "system", &or_unknown(system.join(" ")));
    row(
        out,
        "packages",
        inventory.manager.as_deref().unwrap_or("unknown"),
    );
    row(
        out,
        "/bin/sh",
        &match inventory.shell() {
            Shell::None => "there is none: a test that is one string cannot run".to_owned(),
            shell => shell.to_string(),
        },
    );
    let user = inventory.user.as_deref();
    let no_user = if learned.is_some() { "root" } else { "unknown" };
    row(out, "user", user.unwrap_or(no_user));
    let ports: Vec<String> = inventory.ports.iter().map(ToString::to_string).collect();
    if !ports.is_empty() {
        row(out, "ports", &ports.join(", "));
    }
    if let Some(words) = inventory.first_process(None, None) {
        let reaps = match inventory.reaps(None, None) {
            Some(true) => ", which clears away what a killed check leaves behind",
            Some(false) => ", which leaves the processes of a killed check as zombies",
            None => "",
        };
        row(out, "PID 1", &format!("{}{reaps}", words.join(" ")));
    }
    row(
        out,
        "check",
        match &inventory.check {
            OwnCheck::Command(check) => check,
            OwnCheck::None => "none of its own",
            OwnCheck::Unknown => "unknown whether it has its own",
        },
    );
    if let Some(check) = filled(inventory, None, None) {
        // It stays on one line, so that it can be copied.
        let _ = writeln!(out, "  {:11} {}", "probe with", check.test.yaml());
    }
    list(out, "has", &tools.has);
    list(out, "lacks", &tools.lacks);
    list(out, "may lack", &tools.may_lack);
    list(out, "unknown", &tools.unknown);
    if let Some(image) = learned {
        let count = image.programs().len();
        row(
            out,
            "in all",
            &format!("{} in {}", programs(count), image.path.join(", ")),
        );
        if !image.uncertain.is_empty() {
            let paths: Vec<&str> = image.uncertain.iter().map(String::as_str).collect();
            list(out, "not for all", &paths);
        }
    } else if !tools.unknown.is_empty() || !tools.may_lack.is_empty() {
        learn(out, &title);
    }
}

fn learn(out: &mut String, name: &str) {
    // It stays on one line, so that it can be copied.
    let _ = writeln!(
        out,
        "{:MARGIN$}`healthlint image learn {name}` asks the image itself",
        ""
    );
}

/// The first of many lines, and how many more there are.
fn some(out: &mut String, key: &str, lines: &[String]) {
    let mut key = key;
    let more = lines.len().saturating_sub(MOST_SEEN);
    // One more is no shorter than itself.
    let shown = if more > 1 { MOST_SEEN } else { lines.len() };
    for line in lines.iter().take(shown) {
        row(out, key, line);
        key = "";
    }
    if shown < lines.len() {
        row(out, key, &format!("and {more} more"));
    }
}

fn programs(count: usize) -> String {
    match count {
        1 => "1 program".to_owned(),
        _ => format!("{count} programs"),
    }
}

/// The tools that probes use, by what is known of them.
#[derive(Default)]
struct Tools<'a> {
    has: Vec<&'a str>,
    lacks: Vec<&'a str>,
    may_lack: Vec<&'a str>,
    unknown: Vec<&'a str>,
}

impl Tools<'static> {
    fn of(inventory: &Inventory) -> Self {
        let mut tools = Self::default();
        for tool in tracked() {
            let list = match inventory.has(tool).holds {
                Holds::Yes(_) => &mut tools.has,
                Holds::No(Firmness::Firm) => &mut tools.lacks,
                Holds::No(Firmness::Soft) => &mut tools.may_lack,
                Holds::Unknown => &mut tools.unknown,
            };
            list.push(tool);
        }
        tools
    }

    fn is_empty(&self) -> bool {
        self.has.is_empty() && self.lacks.is_empty() && self.may_lack.is_empty()
    }
}

fn or_unknown(text: String) -> String {
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text
    }
}

fn row(out: &mut String, key: &str, value: &str) {
    let mut key = key;
    for line in wrapped(value, WIDTH - MARGIN, WIDTH - MARGIN) {
        let _ = writeln!(out, "{}", format!("  {key:11} {line}").trim_end());
        key = "";
    }
}

fn list(out: &mut String, key: &str, names: &[&str]) {
    let mut key = key;
    let mut line = String::new();
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        if !line.is_empty() && line.chars().count() + name.chars().count() + MARGIN + 2 > WIDTH {
            row(out, key, &line);
            (key, line) = ("", String::new());
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let _ = write!(line, "{name}{comma}");
    }
    if !line.is_empty() {
        row(out, key, &line);
    }
}

/// What was just learned, and what that contradicts.
pub fn news(out: &mut String, image: &Facts, before: Option<&Facts>, learned: &Learned) {
    let system = image.system.as_deref().unwrap_or("no os-release");
    let count = image.programs().len();
    let _ = writeln!(
        out,
        "{}: {}, {system}, {}, {}",
        image.shown(),
        programs(count),
        image.platform,
        image.digests.first().map_or("", String::as_str)
    );
    contradictions(out, image, before, learned);
}

/// Says where an image contradicts what was learned before and what the facts of the house say; whether it does.
pub fn contradictions(
    out: &mut String,
    image: &Facts,
    before: Option<&Facts>,
    learned: &Learned,
) -> bool {
    let mut lines = Vec::new();
    if let Some(before) = before.filter(|before| before.platform == image.platform) {
        since(&mut lines, image, before);
    }
    against_the_house(&mut lines, image, learned);
    for line in &lines {
        let _ = writeln!(out, "{}: {line}", image.shown());
    }
    !lines.is_empty()
}

fn since(lines: &mut Vec<String>, image: &Facts, before: &Facts) {
    let (gone, came) = image.difference(before);
    let named = |names: &[&str]| {
        let more = names.len().saturating_sub(MOST_NAMED);
        let shown: Vec<&str> = names.iter().take(MOST_NAMED).copied().collect();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let is_tracked = |name: &str| tracked().iter().any(|tracked| tracked == name);
    let (probes, others): (Vec<&str>, Vec<&str>) =
        gone.into_iter().partition(|name| is_tracked(name));
    for name in probes {
        lines.push(format!(
            "`{name}` was there when it was learned, and is gone"
        ));
    }
    if !others.is_empty() {
        lines.push(format!("gone since it was learned: {}", named(&others)));
    }
    if !came.is_empty() {
        lines.push(format!("new since it was learned: {}", named(&came)));
    }
    let words = |words: &Option<Vec<String>>| words.as_ref().map(|words| words.join(" "));
    let text = |list: &[String]| Some(list.join(" "));
    for (what, old, new) in [
        ("system", before.system.clone(), image.system.clone()),
        ("user", before.user.clone(), image.user.clone()),
        (
            "entrypoint",
            words(&before.entrypoint),
            words(&image.entrypoint),
        ),
        ("command", words(&before.command), words(&image.command)),
        ("ports", text(&before.ports), text(&image.ports)),
        ("check", text(&before.check), text(&image.check)),
        ("PATH", text(&before.path), text(&image.path)),
    ] {
        if old != new {
            let word = |text: Option<String>| {
                text.filter(|text| !text.is_empty())
                    .map_or("nothing".to_owned(), |text| format!("`{text}`"))
            };
            lines.push(format!("its {what} was {} and is {}", word(old), word(new)));
        }
    }
}

fn against_the_house(lines: &mut Vec<String>, image: &Facts, learned: &Learned) {
    let Some(reference) = Reference::parse(&image.name) else {
        return;
    };
    let bundled = learned.bundled(&reference);
    let date = bundled.date().unwrap_or_default().to_owned();
    for tool in tracked() {
        match (bundled.has(tool).holds, image.holds(tool).holds) {
            (Holds::Yes(_), Holds::No(_)) => lines.push(format!(
                "healthlint's facts ({date}) say that `{tool}` is there, and it is not"
            )),
            (Holds::No(_), Holds::Yes(_)) => lines.push(format!(
                "healthlint's facts ({date}) say that `{tool}` is not there, and it is"
            )),
            (Holds::Yes(one), Holds::Yes(other)) => {
                if let (Some(one), Some(other)) = (one.word(), other.word())
                    && one != other
                {
                    lines.push(format!(
                        "healthlint's facts ({date}) say that `{tool}` is {one}'s, and it is {other}'s"
                    ));
                }
            }
            _ => {}
        }
    }
    let (said, is) = (bundled.shell(), image.bin_sh());
    if said != is && said != Shell::Unknown && is != Shell::Unknown {
        lines.push(format!(
            "healthlint's facts ({date}) say that `/bin/sh` is {said}, and it is {is}"
        ));
    }
}
