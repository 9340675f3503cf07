//! Clients that speak no HTTP: what the tool facts say of them, and what their answers read like.

use crate::facts::Flavour;
use crate::facts::tools::{Tool, tool};

use super::calls::seconds;
use super::options::read;
use super::path::ANY;
use super::player::Player;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, World};

/// Whether a statement of sqlcmd ends it with a status of its own.
fn decides_itself(call: &Use<'_>) -> bool {
    let words = ["exit", "quit", "raiserror", "throw", ":"];
    call.args.iter().any(|arg| {
        let text = arg.text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word)) && text.contains(['(', ' ', ':'])
    })
}

impl Player<'_> {
    /// A run of a client that the facts know; None for other programs.
    pub(super) fn client(&self, call: &Use<'_>) -> Option<Vec<Run>> {
        let make = tool(call.name, Flavour::Plain)?;
        let asks = make.asks.as_deref()?;
        if matches!(asks, "http" | "tcp") && make.runs.is_empty() {
            return None;
        }
        if call.args.iter().any(|arg| arg.splice) {
            return Some(vec![Run::unknown("nobody knows its arguments")]);
        }
        if call.says("--help") {
            return Some(vec![Run::unknown("nobody knows how it ends with `--help`")]);
        }
        let port = match call.name {
            "redis-cli" | "valkey-cli" | "keydb-cli" | "pg_isready" | "psql" => Some("-p"),
            "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb" => Some("-P"),
            _ => None,
        };
        if port.is_some_and(|port| names_no_port(call, port)) {
            return Some(vec![Run::unknown("nobody reads this port")]);
        }
        let runs = match call.name {
            "redis-cli" | "valkey-cli" | "keydb-cli" => self.redis(make, call),
            "pg_isready" => self.pg_isready(make, call),
            "psql" => self.psql(make, call),
            "mysqladmin" | "mariadb-admin" => self.mysqladmin(call),
            "mysql" | "mariadb" => self.mysql(make, call),
            "mongosh" | "mongo" => self.mongo(call),
            "sqlcmd" if decides_itself(call) => {
                vec![Run::unknown("the statement may set any status")]
            }
            "wait-for-it" if call.says("--") => {
                vec![Run::unknown("nobody knows what it runs then")]
            }
            _ if !make.runs.is_empty() => self.told(make, call),
            _ => vec![self.plain(make, call)],
        };
        self.asks(asks);
        Some(runs)
    }

    /// What the facts say of a plain run.
    fn plain(&self, make: &Tool, call: &Use<'_>) -> Run {
        let switch = make
            .switches
            .iter()
            .find(|switch| switch.options.iter().any(|option| call.says(option)));
        let codes = match self.world {
            World::Healthy => &make.exits.healthy,
            World::Error => switch.map_or(&make.exits.error, |switch| &switch.error),
            World::Denied => switch.map_or(&make.exits.denied, |switch| &switch.denied),
            World::Refused => &make.exits.refused,
            World::Hung if make.exits.refused.is_empty() => &make.exits.refused,
            World::Hung => return Run::killed(),
        };
        let name = call.name;
        let [code] = codes.as_slice() else {
            return Run::unknown(format!("nobody knows how `{name}` ends here"));
        };
        let run = Run::new(*code);
        match (self.world, code) {
            (World::Healthy, _) => run.prints(ANY),
            (World::Refused, _) => {
                run.because(format!("nothing listens, so `{name}` ends with {code}"))
            }
            (World::Denied, 0) => run.hides(format!(
                "`{name}` ends with 0 when the server refuses the login"
            )),
            (_, 0) => run.hides(format!(
                "`{name}` ends with 0 when the server answers with an error"
            )),
            _ => run.because(format!(
                "the server answers with an error, so `{name}` ends with {code}"
            )),
        }
    }

    /// What the facts say of a run that asks this: every way that it may end.
    fn told(&self, make: &Tool, call: &Use<'_>) -> Vec<Run> {
        let name = call.name;
        let options = read(make, call.args);
        if let Some(arg) = options.rejected.or(options.unknown) {
            return vec![Run::unknown(format!(
                "nobody knows what `{}` does",
                arg.text
            ))];
        }
        let operands: Vec<&str> = options
            .operands
            .iter()
            .map(|arg| arg.text.as_str())
            .collect();
        let given: Vec<&str> = options
            .given
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let Some(asked) = make.runs.iter().find(|asked| {
            let options = asked.options.iter().map(String::as_str);
            let begins = operands
                .iter()
                .zip(&asked.words)
                .all(|(one, other)| one == other);
            begins
                && operands.len() >= asked.words.len()
                && (asked.options.is_empty() || options.into_iter().any(|it| given.contains(&it)))
        }) else {
            return vec![Run::unknown(format!("nobody knows what `{name}` is asked"))];
        };
        let (world, exits) = match self.world {
            World::Healthy => ("healthy", &asked.exits.healthy),
            World::Error => ("error", &asked.exits.error),
            World::Denied => ("denied", &asked.exits.denied),
            World::Refused => ("refused", &asked.exits.refused),
            World::Hung => ("hung", &asked.exits.hung),
        };
        let switch = make.switches.iter().find(|switch| {
            let mut options = switch.options.iter().map(String::as_str);
            options.any(|option| given.contains(&option))
        });
        let switched = switch.map(|switch| match self.world {
            World::Error => &switch.error,
            World::Denied => &switch.denied,
            _ => exits,
        });
        let exits = switched.filter(|codes| !codes.is_empty()).unwrap_or(exits);
        let mut codes: Vec<Code> = exits.iter().map(|code| Code::Exact(*code)).collect();
        if asked.fails.iter().any(|it| it == world) {
            codes.push(Code::Failure);
        }
        if asked.waits.iter().any(|it| it == world) {
            let timeout = self.scene.timeout.as_secs_f64();
            let patience: Vec<&str> = make.patience.iter().map(String::as_str).collect();
            let limits = match options.value(&patience).map(seconds) {
                None => asked.gives_up.map(|limits| limits.map(f64::from)),
                // No limit at all.
                Some(Some(0.0)) => Some([f64::MAX, f64::MAX]),
                // It starts, and may try again before it gives up.
                Some(Some(limit)) => Some([limit * 0.9, limit * 2.0 + 2.0]),
                Some(None) => return vec![Run::unknown("nobody knows how long it waits")],
            };
            match limits {
                Some([_, most]) if most < timeout => {}
                Some([least, _]) if least >= timeout => codes = vec![Code::Killed],
                _ => codes.push(Code::Killed),
            }
        }
        if codes.is_empty() {
            return vec![Run::unknown(format!("nobody knows how `{name}` ends here"))];
        }
        codes
            .into_iter()
            .map(|code| self.ends(name, code))
            .collect()
    }

    /// A run that ends so in this world, and why.
    fn ends(&self, name: &str, code: Code) -> Run {
        let run = Run::of(code);
        let with = match code {
            Code::Exact(code) => format!("ends with {code}"),
            _ => "fails".to_owned(),
        };
        match (self.world, code) {
            (_, Code::Killed) => Run::killed(),
            // Under `denied` it asks what needs no login, so no refusal is lost.
            (World::Healthy | World::Denied, Code::Exact(0)) => run.prints(ANY),
            (_, Code::Exact(0)) => run.prints(ANY).hides(format!(
                "`{name}` ends with 0 when the server answers with an error"
            )),
            (World::Refused, _) => run.because(format!("nothing listens, so `{name}` {with}")),
            (World::Hung, _) => run.because(format!("`{name}` gives up waiting")),
            (World::Denied, _) => {
                run.because(format!("the server refuses the login, so `{name}` {with}"))
            }
            _ => run.because(format!(
                "the server answers with an error, so `{name}` {with}"
            )),
        }
    }

    fn redis(&self, make: &Tool, call: &Use<'_>) -> Vec<Run> {
        let values = [
            "-h",
            "-p",
            "-s",
            "-a",
            "--pass",
            "--user",
            "-u",
            "-n",
            "-2",
            "--sni",
            "--cacert",
            "--cert",
            "--key",
            "--tls-ciphers",
            "--cacertdir",
            "-r",
            "-i",
            "-D",
            "-d",
        ];
        let flags = [
            "-e",
            "--no-auth-warning",
            "--raw",
            "--no-raw",
            "--tls",
            "--insecure",
            "-c",
            "-3",
            "--csv",
            "--json",
            "--askpass",
        ];
        let mut words = call.args.iter();
        let mut command = None;
        while let Some(arg) = words.next() {
            let text = arg.text.as_str();
            if !text.starts_with('-') {
                command = Some(text);
                break;
            }
            if values.contains(&text) && text != "-2" {
                words.next();
            } else if !flags.contains(&text) && text != "-2" {
                return vec![Run::unknown(format!("nobody knows what `{text}` does"))];
            }
        }
        let Some(command) = command else {
            return vec![Run::unknown("nobody knows what it reads")];
        };
        let run = self.plain(make, call);
        let ping = command.eq_ignore_ascii_case("ping") && words.next().is_none();
        let text = match self.world {
            World::Healthy if ping => "PONG\n",
            World::Healthy => ANY,
            World::Error => "LOADING Redis is loading the dataset in memory\n",
            World::Denied => "NOAUTH Authentication required.\n",
            World::Refused | World::Hung => "",
        };
        vec![run.prints(text)]
    }

    fn pg_isready(&self, make: &Tool, call: &Use<'_>) -> Vec<Run> {
        let options = read(make, call.args);
        if options.rejected.is_some() {
            return vec![Run::new(3).because("`pg_isready` knows no such option")];
        }
        if options.has(&["-V", "--version", "-?", "--help"]) {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        let mut run = self.plain(make, call);
        // It never logs in, so a refused login is none of its business.
        run.hides = None;
        if self.world == World::Hung {
            let limit = match options.value(&["-t", "--timeout"]) {
                None => Some(3.0),
                Some(limit) => limit.parse::<f64>().ok(),
            };
            run = match limit {
                None => return vec![Run::unknown("nobody knows how long it waits")],
                Some(0.0) => Run::killed(),
                Some(limit) if limit >= self.scene.timeout.as_secs_f64() => Run::killed(),
                Some(_) => Run::new(2).because("`pg_isready` gives up waiting and ends with 2"),
            };
        }
        let quiet = options.has(&["-q", "--quiet"]);
        let text = match self.world {
            _ if quiet => "",
            World::Healthy | World::Denied => "\u{fffc} - accepting connections\n",
            World::Error => "\u{fffc} - rejecting connections\n",
            World::Refused | World::Hung => "\u{fffc} - no response\n",
        };
        vec![run.prints(text)]
    }

    fn psql(&self, make: &Tool, call: &Use<'_>) -> Vec<Run> {
        if call.says("--version") || call.says("-V") {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        let asks = call.args.iter().any(|arg| {
            let text = arg.text.as_str();
            text.starts_with("--command")
                || text.starts_with("--list")
                || (text.starts_with('-') && !text.starts_with("--") && text.contains(['c', 'l']))
        });
        let bounded = call
            .args
            .iter()
            .any(|arg| arg.text.contains("connect_timeout"));
        if !asks || (bounded && self.world == World::Hung) {
            return vec![Run::unknown("nobody knows what it asks")];
        }
        if self.world == World::Error {
            // 2 where the server lets nobody in yet, 1 where the statement fails.
            let why = "the server answers with an error, so `psql` ends with 1 or 2";
            return vec![Run::of(Code::Failure).because(why)];
        }
        vec![self.plain(make, call)]
    }

    fn mysqladmin(&self, call: &Use<'_>) -> Vec<Run> {
        let name = call.name;
        if call.says("--version") || call.says("-V") {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        let waits = call
            .args
            .iter()
            .any(|arg| arg.text.starts_with("--wait") || arg.text.starts_with("-w"));
        let sleeps = call
            .args
            .iter()
            .any(|arg| arg.text.starts_with("--sleep") || arg.text.starts_with("--count"));
        let Some(command) = call.args.iter().map(|arg| arg.text.as_str()).find(|word| {
            matches!(
                *word,
                "ping" | "status" | "version" | "processlist" | "variables" | "extended-status"
            )
        }) else {
            return vec![Run::unknown("nobody knows what it asks")];
        };
        if !Self::mysqladmin_reads(call) {
            return vec![Run::unknown("nobody knows these words")];
        }
        if waits || sleeps {
            return vec![Run::unknown("nobody knows how long it waits")];
        }
        if self.world == World::Error && command == "ping" {
            // Too many connections, a host that is blocked: the server says it in place of its greeting. A client that
            // wants TLS does not believe what comes before it.
            return vec![
                Run::new(0).hides(format!(
                    "`{name} ping` ends with 0 when the server answers with an error, unless it wants TLS"
                )),
                Run::new(1).because(format!(
                    "the server answers with an error before TLS, so `{name}` may end with 1"
                )),
            ];
        }
        vec![match self.world {
            World::Healthy if command == "ping" => Run::new(0).prints("mysqld is alive\n"),
            World::Healthy => Run::new(0).prints(ANY),
            World::Error => Run::new(1).because(format!(
                "the server answers with an error, so `{name}` ends with 1"
            )),
            World::Denied if command == "ping" => Run::new(0).hides(format!(
                "`{name} ping` ends with 0 when the server refuses the login"
            )),
            World::Denied => Run::new(1).because(format!(
                "the server refuses the login, so `{name}` ends with 1"
            )),
            World::Refused => {
                Run::new(1).because(format!("nothing listens, so `{name}` ends with 1"))
            }
            World::Hung => self.connects(call),
        }]
    }

    /// Whether there is nothing but options that are known, and one command.
    fn mysqladmin_reads(call: &Use<'_>) -> bool {
        let known = [
            "--host",
            "--port",
            "--user",
            "--password",
            "--silent",
            "--protocol",
            "--socket",
            "--connect",
            "--ssl",
            "--skip-ssl",
            "--no-beep",
            "--verbose",
            "--default",
            "--no-defaults",
            "--tls",
            "--get-server-public-key",
            "--wait",
            "--sleep",
            "--count",
        ];
        let mut commands = 0;
        let mut skip = false;
        for arg in call.args {
            let text = arg.text.as_str();
            if skip {
                skip = false;
            } else if text.starts_with("--") {
                if !known.iter().any(|known| text.starts_with(known)) {
                    return false;
                }
                let alone = ["--host", "--port", "--user", "--socket", "--protocol"];
                skip = alone.contains(&text);
            } else if text.starts_with('-') {
                skip = matches!(text, "-h" | "-P" | "-u" | "-S" | "-w" | "-i" | "-c");
            } else {
                commands += 1;
            }
        }
        commands == 1
    }

    /// A MySQL client that waits for a greeting that never comes.
    fn connects(&self, call: &Use<'_>) -> Run {
        let limit = call
            .args
            .iter()
            .find_map(|arg| arg.text.strip_prefix("--connect-timeout"));
        match limit.map(|limit| limit.strip_prefix('=').and_then(seconds)) {
            Some(Some(limit)) if limit > 0.0 && limit < self.scene.timeout.as_secs_f64() => {
                Run::new(1).because("it gives up waiting and ends with 1")
            }
            Some(None) => Run::unknown("nobody knows how long it waits"),
            None | Some(Some(_)) => Run::killed(),
        }
    }

    fn mysql(&self, make: &Tool, call: &Use<'_>) -> Vec<Run> {
        if call.says("--version") || call.says("-V") {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        let asks = call
            .args
            .iter()
            .any(|arg| arg.text.starts_with("-e") || arg.text.starts_with("--execute"));
        if !asks {
            return vec![Run::unknown("nobody knows what it reads")];
        }
        if self.world == World::Hung {
            return vec![self.connects(call)];
        }
        vec![self.plain(make, call)]
    }

    pub(super) fn nc(&self, program: &str, call: &Use<'_>) -> Vec<Run> {
        let makes: Vec<Flavour> = if call.name == "ncat" {
            vec![Flavour::Nmap]
        } else {
            self.makes(program).collect()
        };
        let guess = makes.len() != 1;
        let mut runs: Vec<Run> = makes
            .into_iter()
            .map(|flavour| {
                let mut run = self.nc_of(flavour, call);
                run.guess |= guess;
                run
            })
            .collect();
        if runs.is_empty() {
            runs.push(Run::unknown("nobody knows this nc"));
        }
        runs
    }

    fn nc_of(&self, flavour: Flavour, call: &Use<'_>) -> Run {
        let Some(make) = tool("nc", flavour) else {
            return Run::unknown("nobody knows this nc");
        };
        let options = read(make, call.args);
        if let Some(arg) = options.rejected {
            let why = format!("this nc knows no `{}`", arg.text);
            return match make.rejected_status {
                Some(code) => Run::new(code).because(why),
                None => Run::of(Code::Failure).because(why),
            };
        }
        if let Some(arg) = options.unknown {
            return Run::unknown(format!("nobody knows what `{}` is", arg.text));
        }
        if options.has(&["-u", "-l", "-U", "-x", "-X", "-e", "-c"]) || options.operands.len() != 2 {
            return Run::unknown("nobody knows what it asks");
        }
        self.asks("tcp");
        match self.world {
            World::Refused => Run::new(1).because("nothing listens, so `nc` ends with 1"),
            _ if options.has(&["-z"]) => Run::new(0),
            _ => Run::unknown("nobody knows what the service sends"),
        }
    }
}

/// Whether the port is something else than a number: some clients stop there, and some ask at port 0.
fn names_no_port(call: &Use<'_>, short: &str) -> bool {
    let words = call.args.iter().map(|arg| arg.text.as_str());
    let next = words.clone().skip(1).map(Some).chain([None]);
    words.zip(next).any(|(word, next)| {
        let value = match word {
            "--port" => next,
            _ if word == short => next,
            _ => word
                .strip_prefix("--port=")
                .or_else(|| word.strip_prefix(short)),
        };
        value.is_some_and(|port| is_known(port) && port.parse::<u16>().is_err())
    })
}
