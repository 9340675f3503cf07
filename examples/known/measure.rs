//! How much the evaluator knows of the checks that people wrote: counted over the public Compose files of a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use healthlint::check::{Options, Unit, Watched, inspect};
use healthlint::fix::Texts;
use healthlint::model::command::Command;
use healthlint::outcome::World;

/// The shells, wrappers and tools that the evaluator has to know; a check that calls others counts among all alone.
const NAMED: &[&str] = &[
    "ash",
    "awk",
    "bash",
    "busybox",
    "caddy",
    "cat",
    "clickhouse-client",
    "consul",
    "cqlsh",
    "curl",
    "cut",
    "date",
    "echo",
    "egrep",
    "env",
    "etcdctl",
    "exec",
    "expr",
    "false",
    "fgrep",
    "find",
    "gawk",
    "gosu",
    "grep",
    "head",
    "healthcheck.sh",
    "influx",
    "jq",
    "kill",
    "mariadb",
    "mariadb-admin",
    "mawk",
    "mc",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "nats",
    "nc",
    "ncat",
    "netcat",
    "netstat",
    "nice",
    "node",
    "nodetool",
    "perl",
    "pg_isready",
    "pgrep",
    "php",
    "pidof",
    "powershell",
    "printf",
    "ps",
    "psql",
    "pwsh",
    "python",
    "python3",
    "rabbitmq-diagnostics",
    "rabbitmqctl",
    "redis-cli",
    "ruby",
    "sed",
    "seq",
    "sh",
    "sleep",
    "sort",
    "sqlcmd",
    "ss",
    "stat",
    "su-exec",
    "sudo",
    "tail",
    "tee",
    "test",
    "timeout",
    "tr",
    "traefik",
    "true",
    "valkey-cli",
    "vault",
    "wc",
    "wget",
    "xargs",
];

/// A check, as it is counted.
pub struct Probe {
    /// The command as it was decoded.
    pub command: String,
    /// What is known of where it runs.
    pub image: String,
    /// How many services of the corpus have it.
    pub times: usize,
    /// In how many worlds its end is known.
    pub known: usize,
    /// It is made only of what the evaluator has to know.
    pub named: bool,
    /// The word and the reason of the first world that is unknown.
    pub unknown: Option<(String, String)>,
    /// One line for each world.
    pub shown: String,
}

/// What was counted.
pub struct Shares {
    /// Every check once, by its command and its image.
    pub probes: Vec<Probe>,
}

impl Shares {
    /// Fully known checks and all checks, among those that are made only of what has to be known, or of all.
    pub fn share(&self, named: bool) -> (usize, usize) {
        let counted = || self.probes.iter().filter(|probe| probe.named || !named);
        let full = counted().filter(|probe| probe.known == World::ALL.len());
        (full.count(), counted().count())
    }

    /// The figures as people read them; before them, if asked for, every check that is not fully known.
    pub fn told(&self, list: bool) -> String {
        let mut text = String::new();
        let mut unknown: Vec<&Probe> = self.probes.iter().filter(|_| list).collect();
        unknown.retain(|probe| probe.unknown.is_some());
        unknown.sort_by(|one, other| one.unknown.cmp(&other.unknown));
        for probe in unknown {
            let (word, why) = probe.unknown.clone().unwrap_or_default();
            let mark = if probe.named { "named" } else { "other" };
            let command = probe.command.replace('\n', "\n    ");
            let Probe { image, shown, .. } = probe;
            let _ = writeln!(
                text,
                "{mark} {word}: {why}\n    {command}\n    {image}: {shown}"
            );
        }
        let services: usize = self.probes.iter().map(|probe| probe.times).sum();
        let mut line = |line: String| {
            let _ = writeln!(text, "{line}");
        };
        line(format!(
            "{} checks of {services} services",
            self.probes.len()
        ));
        for known in (0..=World::ALL.len()).rev() {
            let these = || self.probes.iter().filter(|probe| probe.known == known);
            let times: usize = these().map(|probe| probe.times).sum();
            line(format!(
                "known in {known} worlds: {} ({times} services)",
                these().count()
            ));
        }
        for (what, named) in [
            ("of named shells, wrappers and tools only", true),
            ("all", false),
        ] {
            let (full, of) = self.share(named);
            line(format!(
                "fully known, {what}: {full} of {of}, {}",
                percent(full, of)
            ));
        }
        let full: usize = self
            .probes
            .iter()
            .filter(|probe| probe.known == 5)
            .map(|probe| probe.times)
            .sum();
        line(format!(
            "fully known, each service counted: {full} of {services}, {}",
            percent(full, services)
        ));
        for (title, named) in [
            ("why it is unknown", true),
            ("why it is unknown, where others are called", false),
        ] {
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for probe in self.probes.iter().filter(|probe| probe.named == named) {
                if let Some((_, why)) = &probe.unknown {
                    *reasons.entry(why).or_default() += 1;
                }
            }
            most(title, reasons, &mut line);
        }
        let mut words: BTreeMap<&str, usize> = BTreeMap::new();
        for (word, _) in self
            .probes
            .iter()
            .filter_map(|probe| probe.unknown.as_ref())
        {
            *words.entry(word).or_default() += 1;
        }
        most("the first unknown word", words, &mut line);
        text
    }
}

fn most(title: &str, counts: BTreeMap<&str, usize>, line: &mut impl FnMut(String)) {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    line(format!("{title}:"));
    for (what, count) in counts.iter().take(10) {
        line(format!("  {count:>4}  {what}"));
    }
}

fn percent(part: usize, of: usize) -> String {
    format!(
        "{}.{} %",
        part * 100 / of.max(1),
        part * 1000 / of.max(1) % 10
    )
}

/// Counts over every Compose file below `top`.
pub fn measure(top: &Path) -> Shares {
    let files = files(top);
    let mut probes: BTreeMap<(String, String), Probe> = BTreeMap::new();
    for path in files.keys().filter(|path| ends(path, &["yml", "yaml"])) {
        let unit = Unit::Compose(vec![path.clone()]);
        let found = inspect(&unit, &files, &Options::default(), |context, _| {
            context.watched.iter().filter_map(probe).collect::<Vec<_>>()
        });
        for probe in found.made {
            let key = (probe.command.clone(), probe.image.clone());
            probes.entry(key).or_insert(probe).times += 1;
        }
    }
    Shares {
        probes: probes.into_values().collect(),
    }
}

fn ends(path: &str, with: &[&str]) -> bool {
    let end = Path::new(path).extension();
    end.is_some_and(|end| with.iter().any(|one| end == *one))
}

/// Every text below a folder, by its path there.
fn files(top: &Path) -> Texts {
    let mut files = Texts::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(text) = fs::read_to_string(&path)
                && let Ok(name) = path.strip_prefix(top)
            {
                files.insert(name.to_string_lossy().replace('\\', "/"), text.into());
            }
        }
    }
    files
}

fn probe(watched: &Watched<'_>) -> Option<Probe> {
    let outcome = watched.outcome.as_ref()?;
    let command = match watched.command.as_ref()? {
        Command::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| word.text.shown()).collect();
            format!("{words:?}")
        }
        Command::Script { script, .. } => script.text.shown(),
    };
    let called: BTreeSet<&str> = watched
        .calls
        .iter()
        .filter(|call| !call.builtin)
        .map(|call| call.name().unwrap_or("?"))
        .collect();
    let unknown = outcome
        .played
        .iter()
        .find(|played| played.statuses.unknown)
        .map(|played| {
            let cause = played.unknown.as_ref();
            cause.map_or_else(
                || ("?".to_owned(), "nobody says why".to_owned()),
                |cause| (cause.word.clone(), cause.why.clone()),
            )
        });
    let shown = outcome
        .played
        .iter()
        .map(|played| format!("{:?} {}", played.world, played.shown()))
        .collect::<Vec<_>>();
    Some(Probe {
        command,
        image: watched.inventory.shown.clone(),
        times: 0,
        known: outcome
            .played
            .iter()
            .filter(|played| !played.statuses.unknown)
            .count(),
        named: called.iter().all(|name| {
            NAMED.contains(name) || (name.starts_with("kafka-") && ends(name, &["sh"]))
        }),
        unknown,
        shown: shown.join(", "),
    })
}
