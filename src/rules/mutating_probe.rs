//! `mutating-probe`: a check that writes, at every run.

use crate::facts::{Flavour, tools};
use crate::finding::{Finding, Severity};
use crate::model::command::{Call, Within};
use crate::outcome::request;
use crate::rule::{Context, Rule, Watched};

/// See the page.
pub const RULE: Rule = Rule {
    name: "mutating-probe",
    severity: Some(Severity::Warning),
    page: include_str!("../../rules/mutating-probe.md"),
    last_resort: true,
    check,
};

/// Commands that change what Redis holds.
const REDIS: [&str; 22] = [
    "append", "decr", "decrby", "del", "expire", "flushall", "flushdb", "getset", "hset", "incr",
    "incrby", "lpush", "mset", "publish", "rename", "rpush", "sadd", "set", "setex", "setnx",
    "xadd", "zadd",
];

/// Words that a statement of SQL or CQL begins with when it writes.
const STATEMENTS: [&str; 11] = [
    "ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "MERGE", "REPLACE", "REVOKE",
    "TRUNCATE", "UPDATE",
];

/// What a script for MongoDB calls when it writes.
const MONGO: [&str; 18] = [
    "rs.initiate(",
    "rs.reconfig(",
    "rs.add(",
    ".createCollection(",
    ".createIndex(",
    ".createUser(",
    ".deleteMany(",
    ".deleteOne(",
    ".drop(",
    ".dropDatabase(",
    ".insert(",
    ".insertMany(",
    ".insertOne(",
    ".remove(",
    ".replaceOne(",
    ".save(",
    ".updateMany(",
    ".updateOne(",
];

/// Folders that are empty after every start: a mark that is left there is nobody's data.
const PASSING: [&str; 5] = ["/dev/", "/proc/", "/run/", "/tmp/", "/var/run/"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watched in &context.watched {
        let write = |call| Some((call, write(watched, call)?));
        if let Some((call, write)) = watched.calls.iter().find_map(write) {
            findings.extend(finding(watched, call, &write));
        }
    }
    findings
}

/// What a call writes.
struct Write {
    /// The word that says so, counted from the program.
    word: usize,
    /// The words to quote.
    shown: String,
    help: &'static str,
}

fn finding(watched: &Watched<'_>, call: &Call, write: &Write) -> Option<Finding> {
    let why = "a check runs every few seconds for as long as the container does: what it writes adds up, collides with what others write, and fails where nothing can be written";
    Some(
        watched
            .finding(
                &RULE,
                Severity::Warning,
                call.words.get(write.word)?.span,
                format!("`{}` writes, where a check should only look", write.shown),
                why,
            )
            .help(write.help),
    )
}

fn write(watched: &Watched<'_>, call: &Call) -> Option<Write> {
    match call.name()? {
        "redis-cli" | "valkey-cli" | "keydb-cli" => redis(call),
        "psql" | "mysql" | "mariadb" | "obclient" | "sqlcmd" | "cqlsh" | "clickhouse-client"
        | "cockroach" | "sqlite3" => sql(call),
        "mongosh" | "mongo" => mongo(call),
        "echo" | "printf" if feeds_mongo(watched, call) => mongo(call),
        "kafka-topics" | "kafka-topics.sh" => kafka(call),
        "chmod" | "chown" | "touch" => file(call),
        _ => None,
    }
}

fn redis(call: &Call) -> Option<Write> {
    let tool = tools::tool("redis-cli", Flavour::Plain)?;
    let word = *request::options(call, tool).operands.first()?;
    let command = call.words.get(word)?.literal()?;
    let writes = REDIS.contains(&command.to_ascii_lowercase().as_str());
    writes.then(|| Write {
        word,
        shown: format!("{} {command}", call.name().unwrap_or_default()),
        help: "ask with `ping`, and look at the reply: `redis-cli ping | grep -q PONG`",
    })
}

fn sql(call: &Call) -> Option<Write> {
    let words = call.words.iter().enumerate().skip(1);
    words.into_iter().find_map(|(word, argument)| {
        let text = argument.text.as_str();
        let options = ["--execute=", "--command=", "--query=", "-e", "-c", "-Q", "-q"];
        let text = options.iter().find_map(|option| text.strip_prefix(option)).unwrap_or(text);
        let statement = text.split(';').map(str::trim_start).find(|statement| {
            let first = statement.split_whitespace().next().unwrap_or_default();
            statement.contains(char::is_whitespace)
                && STATEMENTS.contains(&first.to_ascii_uppercase().as_str())
        })?;
        let shown: Vec<&str> = statement.split_whitespace().take(2).collect();
        Some(Write {
            word,
            shown: shown.join(" "),
            help: "write it once, in a script of the first start or in a service of its own that ends, and ask with `SELECT 1`",
        })
    })
}

fn mongo(call: &Call) -> Option<Write> {
    let words = call.words.iter().enumerate().skip(1);
    words.into_iter().find_map(|(word, argument)| {
        let text = argument.text.as_str();
        let found = MONGO.iter().find(|write| text.contains(**write))?;
        Some(Write {
            word,
            shown: format!("{}…)", found.trim_start_matches('.')),
            help: "set it up once, in a service of its own that ends, and let others wait for it with `service_completed_successfully`",
        })
    })
}

/// Whether the words of an `echo` go to a client of MongoDB.
fn feeds_mongo(watched: &Watched<'_>, call: &Call) -> bool {
    let piped = |within: &Within| matches!(within, Within::Pipeline { .. });
    call.within.iter().any(piped)
        && watched.calls.iter().any(|other| {
            matches!(other.name(), Some("mongosh" | "mongo")) && other.within.iter().any(piped)
        })
}

fn kafka(call: &Call) -> Option<Write> {
    let word = call
        .words
        .iter()
        .position(|word| matches!(word.literal(), Some("--create" | "--delete" | "--alter")))?;
    Some(Write {
        word,
        shown: format!("{} {}", call.name()?, call.words[word].literal()?),
        help: "create topics once, in a service of its own that ends, and ask with `--list`",
    })
}

fn file(call: &Call) -> Option<Write> {
    let (word, path) = call
        .words
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(at, word)| {
            let path = word.literal()?;
            let stays =
                path.starts_with('/') && !PASSING.iter().any(|folder| path.starts_with(folder));
            stays.then_some((at, path))
        })?;
    Some(Write {
        word,
        shown: format!("{} {path}", call.name()?),
        help: "prepare files when the container starts, and let the check only look",
    })
}
