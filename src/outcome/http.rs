//! curl and wget: what they print and how they end when the service answers, refuses or hangs.

use crate::facts::Flavour;
use crate::facts::tools::tool;
use crate::model::url::{self, Fault};

use super::calls::seconds;
use super::options::{Options, read};
use super::path::ANY;
use super::player::Player;
use super::redirect::is_writable;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, World};

/// What a client makes of a URL.
pub(super) enum Target {
    Http,
    /// No client can ask this.
    Broken(String),
    /// Another protocol, or none that is known.
    Other,
}

/// Whether no host can be at an address: one that no client reads, or a number that stands for 0.0.0.1 and the like,
/// which is nobody's (RFC 1122). `exit 1` and `2>&1` behind an operator that no shell reads end so.
fn is_unanswered(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let zero_net = host
        .parse::<u32>()
        .is_ok_and(|number| (1..1 << 24).contains(&number));
    zero_net
        || host.contains(['<', '>', '|', ' '])
        || matches!(Player::target(text), Target::Broken(_))
}

impl Player<'_> {
    pub(super) fn target(text: &str) -> Target {
        let url = url::parse(text);
        match url.problems.first().map(|problem| &problem.fault) {
            None => {}
            Some(Fault::NoHost) => return Target::Broken("the URL names no host".to_owned()),
            Some(Fault::PortNotANumber | Fault::PortTooLarge | Fault::BrokenBrackets) => {
                return Target::Broken("no client can read this URL".to_owned());
            }
            Some(_) => return Target::Other,
        }
        match url.effective_scheme().as_deref() {
            Some("http" | "https") => Target::Http,
            None if url.scheme.is_none() => Target::Http,
            _ => Target::Other,
        }
    }

    /// How long the engine waits, in seconds.
    fn patience(&self) -> f64 {
        self.scene.timeout.as_secs_f64()
    }

    pub(super) fn curl(&self, call: &Use<'_>) -> Vec<Run> {
        let Some(make) = tool("curl", Flavour::Plain) else {
            return vec![Run::unknown("nobody knows this curl")];
        };
        let options = read(make, call.args);
        if let Some(arg) = options.unknown {
            return vec![Run::unknown(format!("nobody knows what `{}` is", arg.text))];
        }
        if options.has(&["-V", "--version", "-h", "--help", "-M"]) {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        let beyond = [
            "-K",
            "--config",
            "-:",
            "-Z",
            "--fail-early",
            "-T",
            "--upload-file",
            "-t",
            "-Q",
            "-z",
            "--time-cond",
            "-Y",
            "--speed-limit",
            "-y",
            "--speed-time",
            "--max-filesize",
            "--retry-max-time",
            "--trace",
            "--trace-ascii",
            "--stderr",
            "-C",
            "-r",
            "--range",
            "-x",
            "--proxy",
        ];
        if let Some((name, _)) = options
            .given
            .iter()
            .find(|(name, _)| beyond.contains(&name.as_str()))
        {
            return vec![Run::unknown(format!("nobody knows what `{name}` does"))];
        }
        if options.has(&["-f", "--fail"]) && options.has(&["--fail-with-body"]) {
            return vec![Run::unknown(
                "`-f` with `--fail-with-body` ends with 2 in some versions",
            )];
        }
        if options.has(&["-O", "--remote-name", "--remote-name-all"]) {
            return vec![Run::unknown("nobody knows whether the URL names a file")];
        }
        if options
            .value(&["-o", "--output"])
            .is_some_and(|file| !is_writable(file))
        {
            return vec![Run::unknown(
                "nobody knows whether this file can be written",
            )];
        }
        if matches!(options.value(&["-X", "--request"]), Some("HEAD")) {
            return vec![Run::unknown("`-X HEAD` waits for a body that never comes")];
        }
        let mut urls: Vec<&str> = options
            .operands
            .iter()
            .map(|arg| arg.text.as_str())
            .collect();
        for (name, value) in &options.given {
            if name == "--url" {
                urls.extend(value.as_deref());
            }
        }
        if urls.is_empty() {
            return vec![Run::new(2).because("`curl` has no URL")];
        }
        // The last transfer makes the status, and to this one nobody ever answers.
        if let [_, .., last] = urls[..]
            && is_unanswered(last)
        {
            let why = format!(
                "`curl` ends with the status of the last address, and nobody is at `{last}`"
            );
            let mut runs = vec![Run::of(Code::Failure).because(why)];
            // Whoever waits for an address before it may wait until the end.
            if self.world == World::Hung {
                runs.push(Run::killed());
            }
            return runs;
        }
        let host = |text: &str| {
            let url = url::parse(text);
            url.text.get(url.host.clone()).map(str::to_owned)
        };
        if let Some(other) = urls.iter().find(|url| host(url) != host(urls[0])) {
            return vec![Run::unknown(format!(
                "nobody knows who answers at `{other}`"
            ))];
        }
        let globbing = !options.has(&["-g", "--globoff"]);
        let mut output = String::new();
        let mut last = None;
        for url in urls {
            let odd = globbing && url.contains(['{', '}']);
            match Self::target(url) {
                Target::Http if !odd => {}
                Target::Broken(why) => {
                    output.push_str(&self.written(&options, "000"));
                    last = Some(Run::of(Code::Failure).because(why));
                    continue;
                }
                _ => return vec![Run::unknown(format!("nobody knows what `{url}` leads to"))],
            }
            self.asks("http");
            let run = self.curl_once(&options);
            output.push_str(&run.output);
            let code = run.code;
            last = Some(run);
            if code == Code::Killed || code == Code::Any {
                break;
            }
        }
        last.map(|run| vec![run.prints(output)]).unwrap_or_default()
    }

    fn curl_once(&self, options: &Options<'_>) -> Run {
        let fail = options.has(&["-f", "--fail"]);
        let fail_with_body = options.has(&["--fail-with-body"]);
        let retries = match options.value(&["--retry"]).map(str::parse::<u32>) {
            None => 0,
            Some(Ok(retries)) => retries,
            Some(Err(_)) => return Run::unknown("nobody knows how often it tries again"),
        };
        let pause = match options.value(&["--retry-delay"]).map(str::parse::<f64>) {
            None | Some(Ok(0.0)) => None,
            Some(Ok(pause)) => Some(pause),
            Some(Err(_)) => return Run::unknown("nobody knows how long it waits"),
        };
        let mut waits = 0.0;
        for turn in 0..retries {
            waits += pause.unwrap_or_else(|| f64::from(1u32 << turn.min(10)));
        }
        let again_always = options.has(&["--retry-all-errors"]);
        let slow = |run: Run, total: f64| {
            if total >= self.patience() {
                Run::killed()
            } else {
                run
            }
        };
        match self.world {
            World::Refused => {
                let output = self.written(options, "000");
                let run = Run::new(7)
                    .prints(output)
                    .because("nothing listens, so `curl` ends with 7");
                let again = options.has(&["--retry-connrefused"]) || again_always;
                if again && retries > 0 {
                    slow(run, waits)
                } else {
                    run
                }
            }
            World::Hung => {
                let limit = match options.value(&["-m", "--max-time"]) {
                    None => return Run::killed(),
                    Some(limit) => match limit.parse::<f64>() {
                        Ok(0.0) => return Run::killed(),
                        Ok(limit) => limit,
                        Err(_) => return Run::unknown("nobody knows how long it waits"),
                    },
                };
                let total = limit * f64::from(retries + 1) + waits;
                let run = Run::new(28)
                    .prints(self.written(options, "000"))
                    .because("`curl` gives up waiting and ends with 28");
                slow(run, total)
            }
            World::Healthy => Run::new(0).prints(self.answer(options, "200", true)),
            World::Error | World::Denied => {
                let status = if self.world == World::Error {
                    "500"
                } else {
                    "401"
                };
                let again = (self.world == World::Error || again_always) && retries > 0;
                let run = if fail || fail_with_body {
                    let body = fail_with_body;
                    Run::new(22)
                        .prints(self.answer(options, status, body))
                        .because(format!("the answer is {status}, so `curl` ends with 22"))
                } else {
                    Run::new(0)
                        .prints(self.answer(options, status, true))
                        .hides("`curl` without `-f` ends with 0 whatever the HTTP status is")
                };
                // Without `-f` an answer of 500 is tried again too, and then counts as success.
                if again { slow(run, waits) } else { run }
            }
        }
    }

    /// What curl prints for an answer with this status.
    fn answer(&self, options: &Options<'_>, status: &str, body: bool) -> String {
        let mut text = String::new();
        let head = options.has(&["-I", "--head"]);
        let file = options
            .value(&["-o", "--output"])
            .is_some_and(|file| !matches!(file, "-" | "/dev/stdout"))
            || options.has(&["-O", "--remote-name"]);
        let headers = head || options.has(&["-i", "--include"]);
        let dump = matches!(options.value(&["-D", "--dump-header"]), Some("-"));
        if (headers && !file) || dump {
            text = format!("HTTP/{ANY} {status}{ANY}\r\n\r\n");
        }
        if body && !head && !file {
            text.push_str(ANY);
        }
        text + &self.written(options, status)
    }

    /// What `-w` prints.
    #[allow(clippy::unused_self)] // It belongs to the run.
    fn written(&self, options: &Options<'_>, status: &str) -> String {
        let Some(format) = options.value(&["-w", "--write-out"]) else {
            return String::new();
        };
        if !is_known(format) || format.starts_with('@') {
            return ANY.to_owned();
        }
        let mut out = String::new();
        let mut rest = format;
        while let Some(char) = rest.chars().next() {
            if let Some(behind) = rest.strip_prefix("%{") {
                let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
                out.push_str(match name {
                    "http_code" | "response_code" => status,
                    "stderr" => return ANY.to_owned(),
                    _ => ANY,
                });
                rest = after;
                continue;
            }
            let (text, len) = match rest.get(..2) {
                Some("%%") => ("%", 2),
                Some("\\n") => ("\n", 2),
                Some("\\r") => ("\r", 2),
                Some("\\t") => ("\t", 2),
                _ => (
                    rest.get(..char.len_utf8()).unwrap_or_default(),
                    char.len_utf8(),
                ),
            };
            out.push_str(text);
            rest = rest.get(len..).unwrap_or_default();
        }
        out
    }

    pub(super) fn wget(&self, program: &str, call: &Use<'_>) -> Vec<Run> {
        let makes: Vec<Flavour> = self.makes(program).collect();
        let guess = makes.len() != 1;
        let mut runs: Vec<Run> = makes
            .into_iter()
            .flat_map(|flavour| self.wget_of(flavour, call))
            .collect();
        for run in &mut runs {
            run.guess |= guess;
            if guess && run.why.is_none() {
                run.why = Some("nobody knows whether this is GNU's wget or BusyBox's".to_owned());
            }
        }
        if runs.is_empty() {
            runs.push(Run::unknown("nobody knows this wget"));
        }
        runs
    }

    fn wget_of(&self, flavour: Flavour, call: &Use<'_>) -> Vec<Run> {
        let gnu = flavour == Flavour::Gnu;
        let Some(make) = tool("wget", flavour) else {
            return vec![Run::unknown("nobody knows this wget")];
        };
        let options = read(make, call.args);
        if let Some(arg) = options.rejected {
            let code = make.rejected_status.unwrap_or(1);
            let why = format!("this wget knows no `{}`, and asks nobody", arg.text);
            return vec![Run::new(code).because(why)];
        }
        if let Some(arg) = options.unknown {
            return vec![Run::unknown(format!("nobody knows what `{}` is", arg.text))];
        }
        if options.has(&["-V", "--version", "-h", "--help"]) {
            return vec![Run::new(0).prints(ANY).hides("it asks no service")];
        }
        if gnu {
            let beyond = [
                "-b",
                "--background",
                "-i",
                "--input-file",
                "-r",
                "--recursive",
                "-m",
                "-p",
                "--retry-on-http-error",
                "--max-redirect",
                "--content-on-error",
                "-N",
                "-nc",
                "--no-clobber",
                "-e",
                "--execute",
                "-c",
                "--continue",
                "--method",
            ];
            let head = options
                .value(&["--method"])
                .is_some_and(|it| matches!(it, "GET" | "HEAD"));
            if let Some((name, _)) = options
                .given
                .iter()
                .find(|(name, _)| beyond.contains(&name.as_str()) && !(name == "--method" && head))
            {
                return vec![Run::unknown(format!("nobody knows what `{name}` does"))];
            }
        }
        let Some(url) = options.operands.last() else {
            return vec![Run::new(1).because("`wget` has no URL")];
        };
        match Self::target(&url.text) {
            Target::Http => {}
            Target::Broken(why) => return vec![Run::of(Code::Failure).because(why)],
            Target::Other => {
                return vec![Run::unknown(format!(
                    "nobody knows what `{}` leads to",
                    url.text
                ))];
            }
        }
        self.asks("http");
        let spider = options.has(&["--spider"]);
        let file = options.value(&["-O", "--output-document"]);
        if file.is_some_and(|file| !is_writable(file)) {
            return vec![Run::unknown(
                "nobody knows whether this file can be written",
            )];
        }
        let saves = !spider && file.is_none();
        let once = matches!(options.value(&["-t", "--tries"]), Some("1"));
        let limit = options
            .value(&["-T", "--timeout"])
            .or_else(|| options.value(&["--read-timeout"]).filter(|_| gnu));
        match self.world {
            World::Healthy => {
                if saves && !gnu {
                    let again = options.has(&["-c", "--continue"]);
                    let first = Run::new(0);
                    let later = Run::new(1).because(
                        "`wget` saves a file, and from the second run on it fails with `File exists`",
                    );
                    return if again {
                        vec![first]
                    } else {
                        vec![first, later]
                    };
                }
                let prints = matches!(file, Some("-" | "/dev/stdout"));
                vec![Run::new(0).prints(if prints && !spider { ANY } else { "" })]
            }
            World::Error | World::Denied => {
                let (status, code) = if self.world == World::Error {
                    // After HEAD wget asks once more with GET, which counts as the second try.
                    let code = if spider && once { 4 } else { 8 };
                    ("500", if gnu { code } else { 1 })
                } else {
                    ("401", if gnu { 6 } else { 1 })
                };
                let why = format!("the answer is {status}, so `wget` ends with {code}");
                vec![Run::new(code).because(why)]
            }
            World::Refused => {
                let code = if gnu { 4 } else { 1 };
                let run =
                    Run::new(code).because(format!("nothing listens, so `wget` ends with {code}"));
                if gnu && options.has(&["--retry-connrefused"]) {
                    return vec![self.tries(&options, 0.0, run)];
                }
                vec![run]
            }
            World::Hung => {
                let limit = match limit {
                    None => 900.0,
                    Some(limit) => match seconds(limit) {
                        Some(0.0) => return vec![Run::killed()],
                        Some(limit) => limit,
                        None => return vec![Run::unknown("nobody knows how long it waits")],
                    },
                };
                let run = Run::new(if gnu { 4 } else { 1 }).because("`wget` gives up waiting");
                if gnu {
                    return vec![self.tries(&options, limit, run)];
                }
                vec![if limit >= self.patience() {
                    Run::killed()
                } else {
                    run
                }]
            }
        }
    }

    /// GNU wget tries again: 20 times unless told otherwise, and waits longer each time, up to 10 seconds.
    fn tries(&self, options: &Options<'_>, limit: f64, run: Run) -> Run {
        let tries = match options.value(&["-t", "--tries"]) {
            None => 20,
            Some("0" | "inf") => return Run::killed(),
            Some(tries) => match tries.parse::<u32>() {
                Ok(tries) => tries,
                Err(_) => return Run::unknown("nobody knows how often it tries again"),
            },
        };
        let pause = match options.value(&["--waitretry"]).map(str::parse::<u32>) {
            None => 10,
            Some(Ok(pause)) => pause,
            Some(Err(_)) => return Run::unknown("nobody knows how long it waits"),
        };
        let mut total = limit * f64::from(tries);
        for turn in 1..tries.min(1000) {
            total += f64::from(turn.min(pause));
        }
        if total >= self.patience() {
            Run::killed()
        } else {
            run
        }
    }
}
