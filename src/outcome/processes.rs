//! Searches among the processes: they see that something runs, and nothing of how it answers.
//!
//! Whoever looks for a process means the service, as whoever gives an address does. A service that answers, well or
//! not, runs; one that does not listen may run or be gone. Beside another question, or another search, nobody knows
//! which of them the state of the service is about.

use crate::facts::Flavour;
use crate::facts::tools::{Tool, tool};

use super::filters::alike;
use super::options::{Options, read};
use super::path::{ANY, NONZERO};
use super::player::Player;
use super::tools::{Run, Use};
use super::words::is_known;
use super::{Code, World};

/// The list of all processes, in which the service stands.
pub(super) const LISTED: &str = "\u{fffc}\u{fff8}\n";

/// What no name of a process is longer than: the kernel cuts it there.
const LONGEST: usize = 15;

impl Player<'_> {
    /// A run of such a search; None for other programs.
    pub(super) fn search(&self, program: &str, call: &Use<'_>) -> Option<Vec<Run>> {
        if !matches!(call.name, "pgrep" | "pidof" | "ps") {
            return None;
        }
        let mut each: Vec<Vec<Run>> = Vec::new();
        for flavour in self.makes(program) {
            let Some(make) = tool(call.name, flavour) else {
                return Some(vec![Run::unknown(format!(
                    "nobody knows this `{}`",
                    call.name
                ))]);
            };
            let runs = self.search_of(make, flavour, call);
            if !each.iter().any(|other| alike(other, &runs)) {
                each.push(runs);
            }
        }
        let guess = each.len() != 1;
        let runs: Vec<Run> = each.into_iter().flatten().collect();
        let why = format!("nobody knows which `{}` this is", call.name);
        Some(if guess {
            Run::guessed(runs, &why)
        } else {
            runs
        })
    }

    fn search_of(&self, make: &Tool, flavour: Flavour, call: &Use<'_>) -> Vec<Run> {
        // What BSD wrote: letters behind one dash, among which `u` takes no name.
        let plain = call.args.iter().all(|arg| {
            let letters = arg.text.strip_prefix('-').unwrap_or(&arg.text);
            letters.chars().all(|letter| "auxwwf".contains(letter))
        });
        if call.name == "ps" && flavour != Flavour::Busybox && plain && !call.args.is_empty() {
            let shows = |arg: &super::words::Arg| arg.text.contains('x');
            return if call.args.iter().any(shows) {
                vec![self.lists()]
            } else {
                self.either("nobody knows which of the processes it lists")
            };
        }
        let options = read(make, call.args);
        if let Some(arg) = options.rejected {
            let code = make.rejected_status.map_or(Code::Failure, Code::Exact);
            let why = format!("this `{}` knows no `{}`", call.name, arg.text);
            return vec![Run::of(code).because(why)];
        }
        if let Some(arg) = options.unknown {
            return vec![Run::unknown(format!(
                "nobody knows what `{}` does",
                arg.text
            ))];
        }
        match call.name {
            "pgrep" => self.pgrep(flavour, &options),
            "pidof" => self.pidof(&options),
            _ => self.ps(flavour, &options),
        }
    }

    fn pgrep(&self, flavour: Flavour, options: &Options<'_>) -> Vec<Run> {
        let [pattern] = options.operands.as_slice() else {
            return self.either("nobody knows what it looks for");
        };
        let Some(pattern) = pattern.known().filter(|_| !options.has(BEYOND)) else {
            return self.either("nobody knows what it looks for");
        };
        let name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let whole = options.has(&["-f", "--full"]);
        let counts = options.has(&["-c", "--count"]);
        if flavour == Flavour::Procps
            && !whole
            && pattern.len() > LONGEST
            && pattern.chars().all(name)
        {
            let none = if counts { "0\n" } else { "" };
            return vec![Run::new(1).prints(none).because(format!(
                "no process has a name of more than {LONGEST} letters, so nothing is called `{pattern}`"
            ))];
        }
        let text = |letter: char| name(letter) || " ./:=@,".contains(letter);
        let plain = pattern
            .trim_start_matches('^')
            .trim_end_matches('$')
            .replace(['[', ']'], "");
        if plain.is_empty() || !plain.chars().all(text) || !brackets_close(pattern) {
            return self.either("nobody reads this pattern");
        }
        let many = format!("{NONZERO}{ANY}\n");
        let one = format!("{NONZERO}\n");
        let (shows, none) = if counts {
            (one, "0\n")
        } else if options.has(&["-n", "-o", "--newest", "--oldest"])
            && !options.has(&["-l", "-a", "--list-name", "--list-full"])
        {
            (one, "")
        } else {
            (many, "")
        };
        self.finds("pgrep", pattern, &shows, none)
    }

    fn pidof(&self, options: &Options<'_>) -> Vec<Run> {
        let names: Option<Vec<&str>> = options.operands.iter().map(|arg| arg.known()).collect();
        match names.as_deref() {
            Some([]) => vec![Run::new(1).because("`pidof` is given no name")],
            Some([name]) if !options.has(&["-o"]) => {
                let shows = if options.has(&["-q"]) {
                    String::new()
                } else if options.has(&["-s"]) {
                    format!("{NONZERO}\n")
                } else {
                    format!("{NONZERO}{ANY}\n")
                };
                self.finds("pidof", name, &shows, "")
            }
            _ => self.either("nobody knows what it looks for"),
        }
    }

    fn ps(&self, flavour: Flavour, options: &Options<'_>) -> Vec<Run> {
        if flavour == Flavour::Busybox {
            return match options.value(&["-o"]) {
                Some(columns) if !plain_columns(columns) => {
                    self.either("nobody knows these columns")
                }
                _ => vec![self.lists()],
            };
        }
        let columns = options.value(&["-o", "-O", "--format"]);
        if columns.is_some_and(|columns| !plain_columns(columns)) {
            return self.either("nobody knows these columns");
        }
        if let Some(name) = options.value(&["-C"]) {
            if is_known(name) && !name.contains(',') {
                return self.finds("ps", name, LISTED, ANY);
            }
            return self.either("nobody knows what it looks for");
        }
        if let Some(number) = options.value(&["-p", "--pid", "-q", "--quick-pid"]) {
            return if number == "1" {
                let why = "PID 1 lives as long as the container";
                vec![Run::new(0).prints(ANY).hides(why)]
            } else {
                self.either("nobody knows which process has this number")
            };
        }
        if options.has(&["-e", "-A"]) && options.operands.is_empty() {
            return vec![self.lists()];
        }
        self.either("nobody knows which of the processes it lists")
    }

    /// The search finds what it looks for unless the service is gone.
    fn finds(&self, tool: &str, what: &str, shows: &str, none: &str) -> Vec<Run> {
        self.asks("process");
        self.searches(what);
        let found = Run::new(0).prints(shows);
        let why = format!("no process is called `{what}`, so `{tool}` ends with 1");
        let gone = Run::new(1).prints(none).because(why);
        match self.world {
            World::Refused => vec![found, gone],
            _ if self.mixed => Run::guessed(
                vec![found, gone],
                &format!("nobody knows whether `{what}` runs in this state"),
            ),
            World::Healthy => vec![found],
            _ => vec![found.hides(format!(
                "`{tool}` sees that `{what}` runs, and not how it answers"
            ))],
        }
    }

    /// The list of all processes.
    fn lists(&self) -> Run {
        self.asks("process");
        let why = "`ps` ends with 0 whatever runs";
        match self.world {
            World::Healthy => Run::new(0).prints(LISTED),
            World::Refused => Run::new(0).prints(ANY).hides(why),
            _ => Run::new(0).prints(LISTED).hides(why),
        }
    }

    /// It ends by itself, and nobody knows how.
    fn either(&self, why: &str) -> Vec<Run> {
        self.asks("process");
        Run::either(why)
    }

    /// A pattern that reads the list of processes; None where it reads something else.
    pub(super) fn picks(&self, pattern: &str, invert: bool, input: &str) -> Option<Vec<Run>> {
        if !input.contains(LISTED.trim_end()) {
            return None;
        }
        let own = pattern.contains("grep");
        let word = pattern.chars().any(char::is_alphanumeric);
        if invert && own {
            // Only the search itself is taken out of the list.
            return Some(vec![Run::new(0).prints(LISTED)]);
        }
        if invert || !word || own {
            let runs = vec![
                Run::new(0).prints(ANY),
                Run::new(1).because("nothing is left of the list"),
            ];
            return Some(Run::guessed(runs, "nobody knows what else runs"));
        }
        self.searches(pattern);
        let found = Run::new(0).prints(LISTED);
        if self.mixed {
            let gone = Run::new(1).because(format!("no process is called `{pattern}`"));
            let why = format!("nobody knows whether `{pattern}` runs in this state");
            return Some(Run::guessed(vec![found, gone], &why));
        }
        Some(vec![match self.world {
            World::Healthy => found,
            _ => found.hides(format!(
                "the list shows that `{pattern}` runs, and not how it answers"
            )),
        }])
    }
}

/// Options of pgrep that choose by something else than the name.
const BEYOND: &[&str] = &[
    "-v",
    "--inverse",
    "-F",
    "--pidfile",
    "-L",
    "--logpidfile",
    "-r",
    "--runstates",
    "-O",
    "--older",
    "--ns",
    "--nslist",
    "--cgroup",
    "-V",
    "--version",
    "-h",
    "--help",
    "-s",
    "--session",
    "-t",
    "--terminal",
    "-g",
    "--pgroup",
];

/// Whether every bracket holds one letter or more and is closed.
fn brackets_close(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('[') {
        let closed = behind.split_once(']').filter(|(inside, _)| {
            !inside.is_empty() && inside.chars().all(|c| c.is_ascii_alphanumeric())
        });
        match closed {
            Some((_, behind)) if !before.contains(']') => rest = behind,
            _ => return false,
        }
    }
    !rest.contains(']')
}

/// Whether every column is one that all makes of ps print.
fn plain_columns(columns: &str) -> bool {
    columns.split([',', ' ']).all(|column| {
        let name = column.split('=').next().unwrap_or_default();
        matches!(
            name,
            "pid" | "ppid" | "comm" | "args" | "user" | "stat" | "vsz" | "rss" | "etime"
        )
    })
}
