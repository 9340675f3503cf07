//! Which type a scalar has, as Compose's YAML library (go.yaml.in/yaml v4, `resolve`) decides.

/// The type of a scalar and its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Nothing, `~`, `null`, `Null`, `NULL`.
    Null,
    /// `true`, `false` and their capitalised forms; never `yes`, `no`, `on`, `off`.
    Bool(bool),
    /// A whole number in base 10, 16, 8 (`0o17`, `017`) or 2.
    Int(i128),
    /// A number with a point or an exponent, an infinity, or not a number.
    Float(f64),
    /// A date, with or without a time.
    Timestamp,
    /// Everything else.
    String,
}

impl Kind {
    /// The kind of `text`, where `plain` says that it has no quotes and `tag` is its tag as written.
    pub fn of(text: &str, plain: bool, tag: Option<&str>) -> Self {
        match tag {
            None if plain => Self::of_plain(text),
            Some("!!int" | "!!float" | "!!bool" | "!!null" | "!!timestamp") => Self::of_plain(text),
            // A tag that nobody knows is ignored, and with it the guess at the type.
            None | Some(_) => Self::String,
        }
    }

    /// The word for a message: what the engine would call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Timestamp => "timestamp",
            Self::String => "string",
        }
    }

    fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true),
            "false" | "False" | "FALSE" => Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Self::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Self::Float(f64::NEG_INFINITY),
            _ => Self::of_number(text),
        }
    }

    fn of_number(text: &str) -> Self {
        if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
            return Self::String;
        }
        if is_timestamp(text) {
            return Self::Timestamp;
        }
        let plain = text.replace('_', "");
        let (negative, digits) = match plain.as_bytes().first() {
            Some(b'-') => (true, &plain[1..]),
            Some(b'+') => (false, &plain[1..]),
            _ => (false, &plain[..]),
        };
        if let Some(value) = whole(digits) {
            return Self::Int(if negative { -value } else { value });
        }
        if looks_like_float(digits)
            && let Ok(value) = plain.parse()
        {
            return Self::Float(value);
        }
        Self::String
    }
}

/// A whole number as Go reads it with base 0; at most 64 bits.
fn whole(digits: &str) -> Option<i128> {
    let (base, rest) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if rest.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(rest, base).ok().map(i128::from)
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn looks_like_float(text: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let number_fits = match number.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => !number.is_empty() && is_digits(number),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    number_fits && exponent_fits
}

/// `2006-1-2`, alone or followed by a time.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let mut number = |shortest: usize, longest: usize| {
        parts.next().is_some_and(|part| {
            (shortest..=longest).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_date = number(4, 4) && number(1, 2) && number(1, 2) && parts.next().is_none();
    let is_time = time.is_none_or(|time| {
        let time = time.trim_start();
        time.starts_with(|first: char| first.is_ascii_digit()) && time.contains(':')
    });
    is_date && is_time
}

#[cfg(test)]
mod tests {
    use super::Kind::{self, Bool, Float, Int, Null, String, Timestamp};

    #[test]
    fn plain_words_have_the_type_that_go_yaml_gives_them() {
        for (text, kind) in [
            ("", Null),
            ("~", Null),
            ("nULL", String),
            ("yes", String),
            ("off", String),
            ("True", Bool(true)),
            ("010", Int(8)),
            ("08", Float(8.0)),
            ("0o17", Int(15)),
            ("0x1F", Int(31)),
            ("-1_000", Int(-1000)),
            ("+3", Int(3)),
            ("1e2", Float(100.0)),
            (".5", Float(0.5)),
            ("3.", Float(3.0)),
            ("30s", String),
            ("1.2.3", String),
            ("8080:80", String),
            ("-", String),
            (".", String),
            ("--1", String),
            ("0x", String),
            ("2001-12-14", Timestamp),
            ("2001-12-14 21:59:43", Timestamp),
            ("2001-12-14 x", String),
        ] {
            assert_eq!(Kind::of(text, true, None), kind, "{text}");
        }
        assert_eq!(Kind::of("1", false, None), String);
        assert_eq!(Kind::of("1", true, Some("!!str")), String);
        assert_eq!(Kind::of("1", true, Some("!")), String);
        assert_eq!(Kind::of("1", false, Some("!!int")), Int(1));
    }
}
