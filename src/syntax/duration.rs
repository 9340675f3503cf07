//! Durations as Compose and as Go read them: text in, nanoseconds or the engine's own complaint out.

use std::fmt;
use std::ops::Range;

use crate::text::HOLE;

/// A signed length of time. The engines hold it as nanoseconds in 64 bits, about 292 years either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    /// Nanoseconds; negative where the text has a minus sign.
    pub nanoseconds: i64,
}

/// Whose grammar reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grammar {
    /// compose-go: `xhit/go-str2duration`, which is Go's grammar plus `d` (24 hours) and `w` (168 hours).
    Compose,
    /// Go's `time.ParseDuration`: docker CLI, docker stack, podman.
    Go,
    /// Go's again, but for a Dockerfile flag, which BuildKit takes apart byte by byte: `µs` does not survive it.
    Dockerfile,
}

/// What is wrong with a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A number without a unit behind it: `30`, `1h30`.
    MissingUnit,
    /// A unit that the grammar does not have: `5sec`, `5S`, and `1d` outside Compose.
    UnknownUnit,
    /// No duration at all: empty, a sign alone, a unit without a number, a blank, `$I`.
    NotADuration,
    /// More than 64 bits of nanoseconds hold.
    Overflow,
}

/// A text that the engine refuses as a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub fault: Fault,
    /// The bytes of the culprit: the number that lacks its unit, the unit that does not exist, or what is no number.
    pub range: Range<usize>,
    /// The engine's own words, for example `time: missing unit in duration "30"`.
    pub reason: String,
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// One more than the greatest nanosecond: the magnitude of the smallest negative duration.
const LIMIT: u64 = 1 << 63;

impl Duration {
    /// This many whole seconds; at the far ends the nearest duration that exists.
    pub fn from_seconds(seconds: i64) -> Self {
        Self {
            nanoseconds: seconds.saturating_mul(SECOND.cast_signed()),
        }
    }

    /// The seconds, with a fraction.
    #[allow(clippy::cast_precision_loss)] // Only for words such as "about 12.5 seconds".
    pub fn seconds(self) -> f64 {
        self.nanoseconds as f64 / SECOND as f64
    }

    /// As the standard library holds it, which has no negative ones: `None` for those.
    pub fn to_std(self) -> Option<std::time::Duration> {
        u64::try_from(self.nanoseconds)
            .ok()
            .map(std::time::Duration::from_nanos)
    }

    /// Whether it is exactly nothing, which the engines read as "not given".
    pub fn is_zero(self) -> bool {
        self.nanoseconds == 0
    }

    /// Whether the daemon refuses it: negative, or not zero and shorter than a millisecond.
    pub fn is_below_one_millisecond(self) -> bool {
        self.nanoseconds != 0 && self.nanoseconds < MILLISECOND.cast_signed()
    }

    /// This many times as long; at the far ends the nearest duration that exists.
    #[must_use]
    pub fn times(self, factor: i64) -> Self {
        Self {
            nanoseconds: self.nanoseconds.saturating_mul(factor),
        }
    }

    /// Both together; at the far ends the nearest duration that exists.
    #[must_use]
    pub fn plus(self, other: Duration) -> Self {
        Self {
            nanoseconds: self.nanoseconds.saturating_add(other.nanoseconds),
        }
    }
}

/// A longer one than 64 bits of nanoseconds hold becomes the longest there is.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self {
            nanoseconds: i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

/// As people write it, and as every grammar here reads it: `30s`, `1m30s`, `2h`, `1.5s`, `500ms`, `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.nanoseconds.unsigned_abs();
        if self.nanoseconds < 0 {
            out.write_str("-")?;
        }
        if left < SECOND {
            let (unit, name) = match left {
                0 => return out.write_str("0s"),
                MILLISECOND.. => (MILLISECOND, "ms"),
                MICROSECOND.. => (MICROSECOND, "us"),
                _ => (1, "ns"),
            };
            return write_decimal(out, left, unit, name);
        }
        for (unit, name) in [(HOUR, "h"), (MINUTE, "m")] {
            if left >= unit {
                write!(out, "{}{name}", left / unit)?;
                left %= unit;
            }
        }
        if left == 0 {
            return Ok(());
        }
        write_decimal(out, left, SECOND, "s")
    }
}

/// `amount` counted in `unit`, with as many decimals as it needs and no more.
fn write_decimal(out: &mut fmt::Formatter<'_>, amount: u64, unit: u64, name: &str) -> fmt::Result {
    write!(out, "{}", amount / unit)?;
    let rest = amount % unit;
    if rest != 0 {
        let width = unit.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(out, ".{}", digits.trim_end_matches('0'))?;
    }
    out.write_str(name)
}

/// Reads a duration; `None` where the text holds a [`HOLE`], since nobody knows what stands there.
///
/// # Errors
/// The first thing that the engine of this grammar complains about, in its own words.
pub fn parse(text: &str, grammar: Grammar) -> Result<Option<Duration>, Problem> {
    if text.contains(HOLE) {
        return Ok(None);
    }
    let problem = |fault, range: Range<usize>| Problem {
        fault,
        reason: reason(text, &range, fault, grammar),
        range,
    };
    let bytes = text.as_bytes();
    let negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    match bytes.get(at..) {
        Some(b"0") => return Ok(Some(Duration::default())),
        Some([]) | None => return Err(problem(Fault::NotADuration, 0..text.len())),
        Some(_) => {}
    }
    let mut total: u64 = 0;
    while at < bytes.len() {
        let start = at;
        let whole = digits(bytes, at);
        at = whole.end;
        let mut fraction = at..at;
        if bytes.get(at) == Some(&b'.') {
            fraction = digits(bytes, at + 1);
            at = fraction.end;
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(problem(Fault::NotADuration, start..text.len()));
        }
        let number = start..at;
        let unit_end = bytes[at..]
            .iter()
            .position(|byte| *byte == b'.' || byte.is_ascii_digit())
            .map_or(bytes.len(), |len| at + len);
        let too_much = || problem(Fault::Overflow, start..unit_end);
        // A number too long for 64 bits is refused before its unit is looked at.
        let whole = leading_number(&bytes[whole]).ok_or_else(too_much)?;
        if unit_end == at {
            return Err(problem(Fault::MissingUnit, number));
        }
        let unit = unit(&text[at..unit_end], grammar)
            .ok_or_else(|| problem(Fault::UnknownUnit, at..unit_end))?;
        let part = whole
            .checked_mul(unit)
            .and_then(|part| part.checked_add(fraction_of(&bytes[fraction], unit)));
        total = part
            .and_then(|part| total.checked_add(part))
            .filter(|sum| *sum <= LIMIT)
            .ok_or_else(too_much)?;
        at = unit_end;
    }
    // Compose's parser has no room for the one magnitude that only a negative number reaches.
    let nanoseconds = match (negative, i64::try_from(total)) {
        (true, Ok(total)) => -total,
        (false, Ok(total)) => total,
        (true, Err(_)) if grammar != Grammar::Compose => i64::MIN,
        _ => return Err(problem(Fault::Overflow, 0..text.len())),
    };
    Ok(Some(Duration { nanoseconds }))
}

/// What the author most likely meant by a text that is refused, where that is clear: `30` -> `30s`, `1h30` -> `1h30m`,
/// `5 sec` -> `5s`, `5S` -> `5s`, `1d` -> `24h` (outside Compose), `1:30` is not clear.
pub fn meant(text: &str, grammar: Grammar) -> Option<String> {
    if parse(text, grammar).is_ok() {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut before: Option<&str> = None;
    let mut at = 0;
    while at < bytes.len() {
        at += blanks(bytes, at);
        let number = digits(bytes, at);
        let mut end = number.end;
        if bytes.get(end) == Some(&b'.') {
            end = digits(bytes, end + 1).end;
        }
        if number.is_empty() || at == bytes.len() {
            return None;
        }
        let unit_start = end + blanks(bytes, end);
        let unit_end = bytes[unit_start..]
            .iter()
            .position(|byte| !byte.is_ascii_alphabetic())
            .map_or(bytes.len(), |len| unit_start + len);
        let spelled = match (&text[unit_start..unit_end], before) {
            ("", None | Some("m")) => "s",
            ("", Some("h")) => "m",
            (word, _) => common_word(word)?,
        };
        let number = &text[at..end];
        if matches!(spelled, "d" | "w") && grammar != Grammar::Compose {
            let hours: u64 = if spelled == "d" { 24 } else { 168 };
            let hours = hours.checked_mul(number.parse().ok()?)?;
            out.push_str(&hours.to_string());
            out.push('h');
        } else {
            out.push_str(number);
            out.push_str(spelled);
        }
        before = Some(spelled);
        at = unit_end + blanks(bytes, unit_end);
    }
    matches!(parse(&out, grammar), Ok(Some(_))).then_some(out)
}

/// The unit that a word for it stands for. `M` is left out: minutes or months, who knows.
fn common_word(word: &str) -> Option<&'static str> {
    if word == "M" {
        return None;
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "us" => "us",
        "ns" => "ns",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        _ => return None,
    })
}

fn unit(name: &str, grammar: Grammar) -> Option<u64> {
    Some(match (name, grammar) {
        ("ns", _) => 1,
        // With the micro sign and the Greek letter too.
        ("us", _) | ("\u{b5}s" | "\u{3bc}s", Grammar::Compose | Grammar::Go) => MICROSECOND,
        ("ms", _) => MILLISECOND,
        ("s", _) => SECOND,
        ("m", _) => MINUTE,
        ("h", _) => HOUR,
        ("d", Grammar::Compose) => 24 * HOUR,
        ("w", Grammar::Compose) => 168 * HOUR,
        _ => return None,
    })
}

/// How many blanks stand at `at`.
fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

/// The run of decimal digits at `at`.
fn digits(bytes: &[u8], at: usize) -> Range<usize> {
    let len = bytes[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    at..at + len
}

fn leading_number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))
            .filter(|number| *number <= LIMIT)
    })
}

/// The digits behind a decimal point, counted in nanoseconds; digits beyond what 63 bits hold are dropped, as in Go.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)] // Go computes it in float64 too, and the result is to be the same.
fn fraction_of(digits: &[u8], unit: u64) -> u64 {
    let mut number: u64 = 0;
    let mut scale: f64 = 1.0;
    for digit in digits {
        if number > (LIMIT - 1) / 10 {
            break;
        }
        let next = number * 10 + u64::from(digit - b'0');
        if next > LIMIT {
            break;
        }
        number = next;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

/// Go's words for it. An overflow is `invalid duration` to Go as well.
fn reason(text: &str, range: &Range<usize>, fault: Fault, grammar: Grammar) -> String {
    let whole = quoted(text, grammar);
    match fault {
        Fault::MissingUnit => format!("time: missing unit in duration {whole}"),
        Fault::UnknownUnit => {
            let unit = quoted(text.get(range.clone()).unwrap_or_default(), grammar);
            format!("time: unknown unit {unit} in duration {whole}")
        }
        Fault::NotADuration | Fault::Overflow => format!("time: invalid duration {whole}"),
    }
}

/// `text` as Go's `time` package quotes it: control characters and all beyond ASCII byte by byte.
fn quoted(text: &str, grammar: Grammar) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='\x7f' => out.push(character),
            _ => {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    let mut inner = [0; 4];
                    // BuildKit takes each byte of a flag for a character of its own and encodes it once more.
                    let bytes: &[u8] = match grammar {
                        Grammar::Dockerfile => char::from(byte).encode_utf8(&mut inner).as_bytes(),
                        Grammar::Compose | Grammar::Go => &[byte],
                    };
                    out.extend(bytes.iter().map(|byte| format!("\\x{byte:02x}")));
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Grammar; 3] = [Grammar::Compose, Grammar::Go, Grammar::Dockerfile];

    fn read(text: &str, grammar: Grammar) -> String {
        match parse(text, grammar) {
            Ok(Some(duration)) => duration.to_string(),
            Ok(None) => "unknown".to_owned(),
            Err(problem) => format!("{} @{:?}", problem.reason, problem.range),
        }
    }

    #[test]
    fn every_grammar_reads_gos_durations() {
        for (text, nanoseconds) in [
            ("30s", 30_000_000_000),
            ("1m30s", 90_000_000_000),
            ("-5s", -5_000_000_000),
            ("+5s", 5_000_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("500us", 500_000),
            ("500ns", 500),
            ("0", 0),
            ("-0", 0),
            ("0s", 0),
            ("3s2m", 123_000_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("0.9223372036854775808h", 3_320_413_933_267),
            ("0.3333333333333333333h", 1_200_000_000_000),
        ] {
            for grammar in ALL {
                let read = parse(text, grammar).unwrap().unwrap();
                assert_eq!(read.nanoseconds, nanoseconds, "{text} {grammar:?}");
            }
        }
    }

    #[test]
    fn the_grammars_differ_in_days_weeks_and_micro_signs() {
        assert_eq!(read("1d", Grammar::Compose), "24h");
        assert_eq!(read("1w2d", Grammar::Compose), "216h");
        assert_eq!(
            read("1d", Grammar::Go),
            "time: unknown unit \"d\" in duration \"1d\" @1..2"
        );
        assert_eq!(read("5µs", Grammar::Go), "5us");
        assert_eq!(read("5μs", Grammar::Compose), "5us");
        assert_eq!(
            read("5µs", Grammar::Dockerfile),
            r#"time: unknown unit "\xc3\x82\xc2\xb5s" in duration "5\xc3\x82\xc2\xb5s" @1..4"#
        );
    }

    #[test]
    fn a_refusal_speaks_with_the_engines_words_and_points_at_the_culprit() {
        for (text, expected) in [
            ("30", r#"time: missing unit in duration "30" @0..2"#),
            ("1h30", r#"time: missing unit in duration "1h30" @2..4"#),
            (
                "5sec",
                r#"time: unknown unit "sec" in duration "5sec" @1..4"#,
            ),
            ("5S", r#"time: unknown unit "S" in duration "5S" @1..2"#),
            ("1M", r#"time: unknown unit "M" in duration "1M" @1..2"#),
            ("1y", r#"time: unknown unit "y" in duration "1y" @1..2"#),
            ("1:30", r#"time: unknown unit ":" in duration "1:30" @1..2"#),
            ("5 s", r#"time: unknown unit " s" in duration "5 s" @1..3"#),
            ("", r#"time: invalid duration "" @0..0"#),
            ("-", r#"time: invalid duration "-" @0..1"#),
            (".", r#"time: invalid duration "." @0..1"#),
            ("1s.", r#"time: invalid duration "1s." @2..3"#),
            ("${I}", r#"time: invalid duration "${I}" @0..4"#),
            ("\"5s", r#"time: invalid duration "\"5s" @0..3"#),
            (
                "9999999999999999999s",
                r#"time: invalid duration "9999999999999999999s" @0..20"#,
            ),
            (
                "1h9223372036854775807ns",
                r#"time: invalid duration "1h9223372036854775807ns" @2..23"#,
            ),
        ] {
            for grammar in ALL {
                assert_eq!(read(text, grammar), expected, "{grammar:?}");
            }
        }
        let least = "-9223372036854775808ns";
        assert_eq!(
            parse(least, Grammar::Go).unwrap().unwrap().nanoseconds,
            i64::MIN
        );
        assert_eq!(
            parse(least, Grammar::Compose).unwrap_err().fault,
            Fault::Overflow
        );
    }

    #[test]
    fn nobody_knows_a_duration_with_a_hole() {
        assert_eq!(read("\u{fffc}s", Grammar::Compose), "unknown");
        assert_eq!(read("\u{fffc}", Grammar::Go), "unknown");
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let mut nanoseconds: i64 = 1;
        while let Some(next) = nanoseconds.checked_mul(7) {
            for nanoseconds in [
                nanoseconds,
                -nanoseconds,
                nanoseconds / 1_000_000 * 1_000_000,
            ] {
                let duration = Duration { nanoseconds };
                if let Some(std) = duration.to_std() {
                    assert_eq!(Duration::from(std), duration);
                }
                for grammar in ALL {
                    assert_eq!(
                        parse(&duration.to_string(), grammar).unwrap(),
                        Some(duration)
                    );
                }
            }
            nanoseconds = next;
        }
        for text in [
            "30s", "1m30s", "1m", "2h", "1h30m", "1.5s", "500ms", "0s", "-5s",
        ] {
            assert_eq!(read(text, Grammar::Go), text);
        }
        assert_eq!(read("60s", Grammar::Go), "1m");
    }

    #[test]
    fn a_clear_mistake_has_a_spelling_that_was_meant() {
        let go = |text| meant(text, Grammar::Go);
        for (text, expected) in [
            ("30", "30s"),
            ("1h30", "1h30m"),
            ("1m30", "1m30s"),
            ("5sec", "5s"),
            ("5 s", "5s"),
            ("5S", "5s"),
            ("2 minutes", "2m"),
            ("1d", "24h"),
        ] {
            assert_eq!(go(text).as_deref(), Some(expected), "{text}");
        }
        for unclear in [
            "",
            "1:30",
            "abc",
            "1M",
            "$I",
            "5 5 5s",
            "30s",
            "-5",
            "99999999999999999999d",
        ] {
            assert_eq!(go(unclear), None, "{unclear}");
        }
        assert_eq!(meant("1 day", Grammar::Compose).as_deref(), Some("1d"));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let characters = [
            '0', '9', '.', '-', '+', 's', 'm', 'd', ' ', 'µ', '\u{fffc}', '"',
        ];
        for seed in 0..20_000_usize {
            let mut left = seed;
            let mut text = String::new();
            while left > 0 {
                text.push(characters[left % characters.len()]);
                left /= characters.len();
            }
            for grammar in ALL {
                if let Err(problem) = parse(&text, grammar) {
                    assert!(text.get(problem.range).is_some(), "{text}");
                }
                meant(&text, grammar);
            }
        }
    }
}
