//! Programs that ask nobody: filters, and what a pipe can carry to them.

use crate::facts::Flavour;
use crate::facts::tools::tool;

use super::awk::awk;
use super::calls::seconds;
use super::options::read;
use super::path::{ANY, NONZERO};
use super::pattern::{Reading, Regex};
use super::player::Player;
use super::sockets::listens;
use super::tools::{Run, Use};
use super::words::is_known;

impl Player<'_> {
    /// A run of a filter; None for other programs.
    pub(super) fn filter(&self, program: &str, call: &Use<'_>) -> Option<Vec<Run>> {
        let passes = || {
            if call.input.is_empty() {
                String::new()
            } else {
                ANY.to_owned()
            }
        };
        let files = call
            .args
            .iter()
            .any(|arg| !arg.text.starts_with('-') || arg.splice);
        let reads_file = || vec![Run::unknown("nobody knows what is in the file")];
        Some(match call.name {
            "grep" | "egrep" | "fgrep" => self.grep(program, call),
            "cat" | "tee" if call.name == "tee" || !files => {
                vec![Run::new(0).prints(call.input)]
            }
            "head" | "tail" => {
                let mut operands = call.args.iter().map(|arg| arg.text.as_str());
                let follows = call.name == "tail"
                    && call.args.iter().any(|arg| {
                        arg.text.starts_with("-f")
                            || arg.text.starts_with("-F")
                            || arg.text.starts_with("--")
                    });
                let counts = matches!(
                    (operands.next(), operands.next(), operands.next()),
                    (None, ..) | (Some(_), None, _) | (Some("-n" | "-c"), Some(_), None)
                ) && call
                    .args
                    .first()
                    .is_none_or(|arg| arg.text.starts_with('-'));
                if follows || !counts {
                    return Some(reads_file());
                }
                let plain = call
                    .args
                    .iter()
                    .all(|arg| matches!(arg.text.as_str(), "-1" | "-n" | "-n1" | "1"));
                let line = call.input.matches('\n').count() <= 1;
                let text = if plain && line {
                    call.input.to_owned()
                } else {
                    passes()
                };
                vec![Run::new(0).prints(text)]
            }
            "tr" => {
                let options = call
                    .args
                    .iter()
                    .filter(|arg| arg.text.starts_with('-'))
                    .count();
                match (options, call.args.len() - options) {
                    (_, 2) | (1.., 1) => {}
                    _ => return Some(vec![Run::unknown("nobody knows these sets of `tr`")]),
                }
                let text = match call.args {
                    [option, set] if option.text == "-d" => deleted(call.input, &set.text),
                    _ => None,
                };
                vec![Run::new(0).prints(text.unwrap_or_else(passes))]
            }
            "cut" | "sort" | "uniq" | "rev" | "nl" | "fold" | "tac" => {
                let mut skip = false;
                let mut operand = false;
                for arg in call.args {
                    if skip {
                        skip = false;
                    } else if matches!(
                        arg.text.as_str(),
                        "-d" | "-f" | "-c" | "-b" | "-k" | "-t" | "-w" | "-o"
                    ) {
                        skip = true;
                    } else {
                        operand |= !arg.text.starts_with('-') || arg.splice;
                    }
                }
                if operand || (call.name == "cut" && call.args.is_empty()) {
                    return Some(reads_file());
                }
                vec![Run::new(0).prints(passes())]
            }
            "wc" if !files => {
                let lines = call.input.matches('\n').count();
                let only_lines = matches!(call.args, [option] if option.text == "-l");
                let text = if only_lines && is_known(call.input) {
                    format!("{lines}\n")
                } else if only_lines && lines > 0 {
                    format!("{NONZERO}\n")
                } else {
                    ANY.to_owned()
                };
                vec![Run::new(0).prints(text)]
            }
            "cat" | "wc" => reads_file(),
            "awk" | "gawk" | "mawk" => awk(call),
            "sed" => vec![sed(call)],
            "jq" => jq(call),
            "sleep" => {
                let total: Option<f64> = call
                    .args
                    .iter()
                    .map(|arg| arg.known().and_then(seconds))
                    .sum();
                vec![match total {
                    Some(total) if total >= self.scene.timeout.as_secs_f64() => Run::killed(),
                    Some(_) if !call.args.is_empty() => Run::new(0),
                    _ => Run::unknown("nobody knows how long it sleeps"),
                }]
            }
            "seq" => {
                let numbers: Option<Vec<i64>> = call
                    .args
                    .iter()
                    .map(|arg| arg.known()?.parse().ok())
                    .collect();
                let (from, to) = match numbers.as_deref() {
                    Some([to]) => (1, *to),
                    Some([from, to]) => (*from, *to),
                    _ => return Some(vec![Run::unknown("nobody counts here")]),
                };
                if to - from > 50 {
                    return Some(vec![Run::new(0).prints(ANY)]);
                }
                let numbers: Vec<String> = (from..=to).map(|number| number.to_string()).collect();
                vec![Run::new(0).prints(numbers.join("\n") + "\n")]
            }
            "date" | "hostname" | "uname" | "whoami" | "id" | "nproc" | "uptime"
                // BusyBox's makes of them know no long options.
                if call.args.iter().all(|arg| {
                    arg.text.starts_with(['-', '+']) && !arg.text.starts_with("--")
                }) =>
            {
                vec![Run::new(0).prints(ANY)]
            }
            "basename" | "dirname" if call.args.len() == 1 => vec![Run::new(0).prints(ANY)],
            _ => return None,
        })
    }

    fn grep(&self, program: &str, call: &Use<'_>) -> Vec<Run> {
        let makes: Vec<Flavour> = if call.name == "grep" {
            self.makes(program).collect()
        } else {
            vec![Flavour::Gnu, Flavour::Busybox]
        };
        let mut each: Vec<Vec<Run>> = Vec::new();
        for flavour in makes {
            let runs = self.grep_of(flavour, call);
            // Makes that may end in the same ways need not be told apart.
            if !each.iter().any(|other| alike(other, &runs)) {
                each.push(runs);
            }
        }
        let guess = each.len() != 1;
        let mut runs: Vec<Run> = each.into_iter().flatten().collect();
        for run in &mut runs {
            run.guess |= guess;
            if guess && run.why.is_none() {
                run.why = Some("nobody knows which grep this is".to_owned());
            }
        }
        runs
    }

    fn grep_of(&self, flavour: Flavour, call: &Use<'_>) -> Vec<Run> {
        let Some(make) = tool("grep", flavour) else {
            return vec![Run::unknown("nobody knows this grep")];
        };
        let options = read(make, call.args);
        if let Some(arg) = options.rejected {
            let code = make.rejected_status.unwrap_or(2);
            let why = format!("this grep knows no `{}`", arg.text);
            return vec![Run::new(code).because(why)];
        }
        if let Some(arg) = options.unknown {
            return vec![Run::unknown(format!("nobody knows what `{}` is", arg.text))];
        }
        let mut operands = options.operands.iter().map(|arg| arg.text.as_str());
        let pattern = match options.value(&["-e", "--regexp"]) {
            Some(pattern) => pattern,
            None if options.has(&["-f", "--file"]) => {
                return vec![Run::unknown("nobody knows its patterns")];
            }
            None => match operands.next() {
                Some(pattern) => pattern,
                None => return vec![Run::new(2).because("`grep` has no pattern")],
            },
        };
        let beyond = [
            "-r",
            "-R",
            "--recursive",
            "-L",
            "--files-without-match",
            "-z",
            "--null-data",
            "-V",
            "--version",
            "--help",
            "-A",
            "-B",
            "-C",
        ];
        if operands.next().is_some_and(|file| file != "-") || options.has(&beyond) {
            return vec![Run::unknown("nobody knows what is in the file")];
        }
        if options
            .given
            .iter()
            .filter(|(name, _)| name == "-e")
            .count()
            > 1
        {
            return vec![Run::unknown("nobody knows how several patterns come out")];
        }
        let reading = Reading {
            extended: options.has(&["-E", "--extended-regexp"]) || call.name == "egrep",
            fixed: options.has(&["-F", "--fixed-strings"]) || call.name == "fgrep",
            ignore_case: options.has(&["-i", "-y", "--ignore-case"]),
            whole_line: options.has(&["-x", "--line-regexp"]),
        };
        let invert = options.has(&["-v", "--invert-match"]);
        let quiet = options.has(&["-q", "--quiet", "--silent"]);
        let count = options.has(&["-c", "--count"]);
        let only = options.has(&["-o", "--only-matching"]);
        let word = options.has(&["-w", "--word-regexp"]);
        let perl = options.has(&["-P", "--perl-regexp"]);
        let slashes = pattern.len() - pattern.trim_end_matches('\\').len();
        if slashes % 2 == 1 && !reading.fixed {
            return vec![Run::of(super::Code::Failure).because("the pattern ends in a backslash")];
        }
        let none = format!("nothing matches `{pattern}`, so `grep` ends with 1");
        let no = |text: &str| Run::new(1).prints(text).because(none.clone());
        if call.input.is_empty() {
            // What no reader can read would be an error, which is no success either.
            return vec![no(if count && !quiet { "0\n" } else { "" })];
        }
        let regex = if word || perl {
            None
        } else {
            Regex::new(pattern, reading)
        };
        let listed = self.picks(pattern, invert, call.input).or_else(|| {
            let regex = regex.as_ref().filter(|_| !invert);
            listens(regex, pattern, call.input)
        });
        if let Some(runs) = listed {
            let counted = |run: Run| match run.code.is_zero() {
                _ if quiet => run.prints(""),
                true if count => run.prints(format!("{NONZERO}\n")),
                false if count => run.prints("0\n"),
                true if only => run.prints(ANY),
                _ => run,
            };
            return runs.into_iter().map(counted).collect();
        }
        let mut kept = Vec::new();
        let mut sure = false;
        let mut open = false;
        for line in call
            .input
            .strip_suffix('\n')
            .unwrap_or(call.input)
            .split('\n')
        {
            match regex.as_ref().and_then(|regex| regex.matches(line)) {
                Some(matches) if matches != invert => {
                    sure = true;
                    kept.push(line);
                }
                Some(_) => {}
                None => open = true,
            }
        }
        // With a hole in the text there may be more lines than are seen.
        open |= !is_known(call.input);
        let found = if quiet {
            String::new()
        } else if open || only || count {
            if count && !open {
                format!("{}\n", kept.len())
            } else {
                ANY.to_owned()
            }
        } else {
            kept.join("\n") + "\n"
        };
        if sure {
            return vec![Run::new(0).prints(found)];
        }
        if open {
            let mut runs = vec![
                Run::new(0).prints(found),
                no(if count && !quiet { "0\n" } else { "" }),
            ];
            if is_known(call.input) {
                // The text is known and the pattern is beyond this reader: one of the two is a guess.
                for run in &mut runs {
                    run.guess = true;
                    run.why = Some(format!("nobody reads the pattern `{pattern}`"));
                }
            }
            return runs;
        }
        vec![no(if count && !quiet { "0\n" } else { "" })]
    }
}

/// Whether two lists of ways to end are the same.
pub(super) fn alike(one: &[Run], other: &[Run]) -> bool {
    let same = |(one, other): (&Run, &Run)| {
        one.code == other.code && one.output == other.output && one.guess == other.guess
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Text without the characters that `tr -d` takes away; None for sets that are not plain.
fn deleted(text: &str, set: &str) -> Option<String> {
    let set: Vec<char> = match set {
        "[:space:]" => " \t\n\r\u{b}\u{c}".chars().collect(),
        "\\n" => vec!['\n'],
        "\\r" => vec!['\r'],
        "\\r\\n" | "\\n\\r" => vec!['\r', '\n'],
        set if !set.contains(['\\', '[', '-']) && is_known(set) => set.chars().collect(),
        _ => return None,
    };
    Some(text.chars().filter(|char| !set.contains(char)).collect())
}

/// sed ends with 0 unless it cannot read its script or a file.
fn sed(call: &Use<'_>) -> Run {
    let mut scripts = Vec::new();
    let mut expects = false;
    let mut operands = Vec::new();
    for arg in call.args {
        let text = arg.text.as_str();
        if arg.splice {
            return Run::unknown("nobody knows its arguments");
        }
        if expects {
            scripts.push(text);
            expects = false;
        } else if text == "-e" || text == "-ne" || text == "-re" || text == "-Ee" {
            expects = true;
        } else if matches!(
            text,
            "-n" | "-r" | "-E" | "-s" | "-u" | "-nr" | "-nE" | "-rn" | "-En"
        ) {
        } else if text.starts_with('-') {
            return Run::unknown(format!("nobody knows what `{text}` does"));
        } else {
            operands.push(text);
        }
    }
    if scripts.is_empty() && !operands.is_empty() {
        scripts.push(operands.remove(0));
    }
    if !operands.is_empty() || scripts.is_empty() {
        return Run::unknown("nobody knows what is in the file");
    }
    // Substitutions with three equal separators and plain addresses are what is surely read.
    let commands = || scripts.iter().flat_map(|script| script.split(';'));
    if scripts.iter().all(|script| plain_sed(script)) || commands().all(|it| plain_sed(it.trim())) {
        return Run::new(0).prints(if call.input.is_empty() { "" } else { ANY });
    }
    Run::unknown("its script may set any status")
}

fn plain_sed(script: &str) -> bool {
    if !is_known(script) || script.contains('\n') {
        return false;
    }
    if let Some(rest) = script.strip_prefix('s') {
        let Some(separator) = rest.chars().next().filter(char::is_ascii_punctuation) else {
            return false;
        };
        let parts: Vec<&str> = rest.split(separator).collect();
        let plain = parts.len() == 4 && !script.contains(['\\', '[', '(', '*']);
        return plain
            && parts.last().is_some_and(|flags| {
                flags
                    .chars()
                    .all(|flag| matches!(flag, 'g' | 'p' | 'i' | 'I'))
            });
    }
    // `q` with a number behind it is GNU's alone.
    let Some(address) = script.strip_suffix(['p', 'd', 'q']) else {
        return false;
    };
    let address = address.trim_end();
    if script.ends_with('q') && address.contains(',') {
        return false;
    }
    let plain = |end: &str| {
        let text = end
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        match text {
            Some(text) => text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || " _-:=^".contains(c)),
            None => end == "$" || end.parse::<u32>().is_ok_and(|line| line > 0),
        }
    };
    address.is_empty() || address.splitn(2, ',').all(plain)
}

/// jq on nothing ends with 0 whatever it is asked, unless it is told to fetch its input (`-n` and `input`); on a body,
/// as the body is.
fn jq(call: &Use<'_>) -> Vec<Run> {
    let mut filters = Vec::new();
    let (mut exits, mut null, mut slurps) = (false, false, false);
    for arg in call.args {
        let text = arg.text.as_str();
        let letters = match text.strip_prefix('-') {
            None => {
                filters.push(text);
                continue;
            }
            _ if arg.splice => "?",
            Some("-exit-status") => "e",
            Some("-null-input") => "n",
            Some("-slurp") => "s",
            Some("-raw-output") => "r",
            Some("-compact-output") => "c",
            Some(letters) => letters,
        };
        if letters.is_empty() || !letters.chars().all(|letter| "ensrcMCSja".contains(letter)) {
            return vec![Run::unknown("nobody knows what these options of jq do")];
        }
        exits |= letters.contains('e');
        null |= letters.contains('n');
        slurps |= letters.contains('s');
    }
    let filter = filters.first().map_or(".", |filter| filter.trim());
    if filters.len() > 1 || call.args.iter().any(|arg| arg.splice) {
        return vec![Run::unknown("nobody knows what these words of jq do")];
    }
    let fetches = null && !slurps && fetches_input(filter);
    if null && !fetches {
        return vec![Run::unknown("nobody plays the filter of jq")];
    }
    if call.input.trim().is_empty() {
        return vec![if fetches {
            Run::of(super::Code::Failure).because("`jq` asks for its input, and there is none")
        } else if slurps && !is_field_of_first(filter) {
            Run::unknown("nobody plays the filter of jq")
        } else if slurps && exits {
            Run::new(1).because("without an answer `jq -e` finds nothing but null")
        } else if exits {
            Run::unknown("`jq -e` on nothing ends with 0 in 1.6 and with 4 from 1.7 on")
        } else {
            Run::new(0)
        }];
    }
    if is_known(call.input) {
        return vec![Run::unknown("nobody plays the filter of jq")];
    }
    vec![
        Run::new(0).prints(ANY),
        Run::of(super::Code::Failure)
            .because("jq does not find in the answer what it is asked for"),
    ]
}

/// Whether a filter of jq begins with `input`: without one it fails there, whatever follows the `|`.
fn fetches_input(filter: &str) -> bool {
    filter.strip_prefix("input").is_some_and(|rest| {
        let rest = rest.trim_start();
        rest.is_empty() || rest.starts_with('|') && !rest.starts_with("|=")
    })
}

/// Whether a filter is `.[0]` with plain fields behind it: null where there is no first.
fn is_field_of_first(filter: &str) -> bool {
    filter.strip_prefix(".[0]").is_some_and(|fields| {
        let mut fields = fields.split('.');
        fields.next() == Some("")
            && fields.all(|name| {
                !name.is_empty()
                    && !name.starts_with(|first: char| first.is_ascii_digit())
                    && name
                        .chars()
                        .all(|char| char.is_ascii_alphanumeric() || char == '_')
            })
    })
}
