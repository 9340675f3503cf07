//! ss and netstat: a list of what listens, in which the service stands until it is gone.

use super::World;
use super::path::ANY;
use super::pattern::Regex;
use super::player::Player;
use super::tools::{Run, Use};

/// The list of what listens, as ss prints it.
const OF_SS: &str = "\u{fffc}\u{fff7}\n";
/// The same as netstat prints it.
const OF_NETSTAT: &str = "\u{fffc}\u{fff6}\n";

impl Player<'_> {
    /// A run of such a list; None for other programs.
    pub(super) fn sockets(&self, call: &Use<'_>) -> Option<Vec<Run>> {
        let text = match call.name {
            "ss" => OF_SS,
            "netstat" => OF_NETSTAT,
            _ => return None,
        };
        self.asks("tcp");
        let mut letters = String::new();
        for arg in call.args {
            match arg.text.as_str() {
                _ if arg.splice => return Some(vec![Run::unknown("nobody knows its arguments")]),
                "--listening" => letters.push('l'),
                "--tcp" => letters.push('t'),
                "--numeric" => letters.push('n'),
                "--processes" | "--programs" => letters.push('p'),
                "--all" => letters.push('a'),
                word => match word.strip_prefix('-') {
                    Some(short) if !short.is_empty() => letters.push_str(short),
                    // A filter of ss chooses among the lines.
                    _ => return Some(Run::either("nobody knows which sockets it lists")),
                },
            }
        }
        // Without `l` or `a` what listens is not listed. BusyBox is built with and without `-p`, and knows no `-4`.
        let busybox = !matches!(
            self.scene.inventory.distro.as_deref(),
            Some("debian" | "ubuntu" | "rpm")
        );
        let taken = if call.name == "netstat" && busybox {
            "tulna"
        } else {
            "tulnap4"
        };
        let plain = letters.chars().all(|letter| taken.contains(letter));
        let lists = letters.contains(['l', 'a'])
            && letters.contains('n')
            && (letters.contains('t') || !letters.contains('u'));
        if !plain || !lists {
            return Some(Run::either("nobody knows which sockets it lists"));
        }
        let why = format!("`{}` ends with 0 whatever listens", call.name);
        Some(vec![match self.world {
            World::Healthy => Run::new(0).prints(text),
            World::Refused => Run::new(0).prints(ANY).hides(why),
            _ => Run::new(0).prints(text).hides(why),
        }])
    }
}

/// Whether this pattern finds the service in the list: it does where it fits the line however the address is
/// written. None where the input is another text.
pub(super) fn listens(regex: Option<&Regex>, pattern: &str, input: &str) -> Option<Vec<Run>> {
    let of_ss = input.contains(OF_SS.trim_end());
    if !of_ss && !input.contains(OF_NETSTAT.trim_end()) {
        return None;
    }
    let list = if of_ss { OF_SS } else { OF_NETSTAT };
    let port = port_in(pattern);
    let port = port.as_deref().unwrap_or("8080");
    let fits = regex.map(|regex| {
        lines(port, of_ss)
            .iter()
            .map(|line| regex.matches(line))
            .collect::<Vec<_>>()
    });
    let fits = fits.unwrap_or_default();
    if !fits.is_empty() && fits.iter().all(|fits| *fits == Some(true)) {
        return Some(vec![Run::new(0).prints(list)]);
    }
    let why = format!("nobody knows whether `{pattern}` fits the line of the service");
    let runs = vec![Run::new(0).prints(ANY), Run::new(1).prints(ANY)];
    Some(Run::guessed(runs, &why))
}

/// The only number of the pattern, where it may be a port.
fn port_in(pattern: &str) -> Option<String> {
    let mut numbers = pattern
        .split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty());
    let number = numbers.next()?;
    (numbers.next().is_none() && number.len() > 1 && number.parse::<u16>().is_ok())
        .then(|| number.to_owned())
}

/// How the line of a service may read that listens there.
fn lines(port: &str, of_ss: bool) -> Vec<String> {
    ["0.0.0.0", "127.0.0.1", "[::]", "*", "172.17.0.2"]
        .iter()
        .map(|address| {
            if of_ss {
                format!("LISTEN 0      511         {address}:{port}       {address}:*          ")
            } else {
                let address = if address.starts_with(['[', '*']) { "::" } else { address };
                let proto = if address == "::" { "tcp6" } else { "tcp " };
                format!("{proto}      0      0 {address}:{port}            0.0.0.0:*               LISTEN     ")
            }
        })
        .collect()
}
