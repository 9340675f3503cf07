//! MongoDB's shells: how a script ends that is given by `--eval` or on standard input.
//!
//! mongosh 2.12 was run in every world. It connects before it reads a line of the script, gives up after two seconds,
//! and lets no error on standard input reach the status.

use super::path::{ANY, UNASKED};
use super::player::Player;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, World};

/// Words by which a script sets the status itself, or may.
const SETS: [&str; 7] = [
    "quit", "exit", "throw", "process", "assert", "load", "catch",
];

/// Questions that a server answers to whoever may log in, and to nobody else.
const GUARDED: [&str; 6] = [
    "rs.status()",
    "db.stats()",
    "db.serverStatus()",
    "listDatabases",
    "getCollectionNames()",
    "show dbs",
];

/// Seconds from the start of mongosh to its giving up, on an idle machine and on a busy one.
const GIVES_UP: [f64; 2] = [2.0, 9.0];

impl Player<'_> {
    pub(super) fn mongo(&self, call: &Use<'_>) -> Vec<Run> {
        let name = call.name;
        let script = call.args.iter().enumerate().find_map(|(at, arg)| {
            let text = arg.text.strip_prefix("--eval")?;
            match text.strip_prefix('=') {
                Some(script) => Some(script),
                None => call.args.get(at + 1).map(|next| next.text.as_str()),
            }
        });
        let reads = script.is_none() && !call.input.is_empty() && call.input != UNASKED;
        let odd = ["--nodb", "--file", "-f", "--version"];
        let limited = |text: &str| text.contains("TimeoutMS");
        if (script.is_none() && !reads)
            || call.args.iter().any(|arg| odd.contains(&arg.text.as_str()))
            || call.args.iter().any(|arg| limited(&arg.text))
        {
            return vec![Run::unknown("nobody knows what it runs")];
        }
        let text = script.unwrap_or(call.input);
        let sets = !is_known(text) || SETS.iter().any(|word| text.contains(word));
        let unknown = || vec![Run::unknown(format!("nobody knows how `{name}` ends here"))];
        if name == "mongo" {
            // What came before mongosh thinks otherwise of errors.
            return match self.world {
                World::Healthy if !sets && !reads => vec![Run::new(0).prints(ANY)],
                World::Refused if !reads => {
                    vec![Run::of(Code::Failure).because("nothing listens, so `mongo` fails")]
                }
                _ => unknown(),
            };
        }
        let refuses =
            |why: &str| vec![Run::new(1).because(format!("{why}, so `{name}` ends with 1"))];
        match self.world {
            World::Refused => refuses("nothing listens"),
            World::Hung => self.gives_up(name),
            World::Denied if logs_in(call) => refuses("the server refuses the login"),
            _ if sets => unknown(),
            World::Healthy => vec![Run::new(0).prints(ANY)],
            _ if reads => vec![Run::new(0).prints(ANY).hides(format!(
                "`{name}` ends with 0 whatever the lines on its standard input come to"
            ))],
            World::Error if asks_once(text) || guarded(text) => {
                refuses("the server answers with an error")
            }
            World::Denied if guarded(text) => refuses("the server wants a login"),
            // Anybody may say `ping`.
            World::Denied if asks_once(text) => vec![Run::new(0).prints(ANY)],
            _ => unknown(),
        }
    }

    fn gives_up(&self, name: &str) -> Vec<Run> {
        let timeout = self.scene.timeout.as_secs_f64();
        let ends = Run::new(1).because(format!("`{name}` gives up waiting"));
        match GIVES_UP {
            [_, most] if most < timeout => vec![ends],
            [least, _] if least >= timeout => vec![Run::killed()],
            _ => vec![ends, Run::killed()],
        }
    }
}

/// Whether it is given a user, so that a refusal comes before the script.
fn logs_in(call: &Use<'_>) -> bool {
    call.args.iter().any(|arg| {
        let text = arg.text.as_str();
        matches!(text, "-u" | "--username")
            || text.starts_with("--username=")
            || (text.starts_with("mongodb") && text.contains('@'))
    })
}

/// One `ping` and no other command.
fn asks_once(script: &str) -> bool {
    script.contains("ping") && script.matches("Command(").count() == 1 && !guarded(script)
}

fn guarded(script: &str) -> bool {
    GUARDED.iter().any(|word| script.contains(word))
}
