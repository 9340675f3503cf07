//! What an expression of awk comes to, where that is known.

use super::super::pattern::{Reading, Regex};

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A variable that nobody has set: 0 and "".
    Unset,
    Number(f64),
    /// What the program itself says.
    Text(String),
    /// What was read: a number where it looks like one.
    Read(String),
    /// It depends on what is read, and that may be anything.
    Open,
    /// This reader does not know.
    Unread,
}

/// Whether a value holds; the error says whether that is a guess.
pub(super) fn truth(value: &Value) -> Result<bool, bool> {
    match value {
        Value::Unset => Ok(false),
        Value::Number(number) => Ok(*number != 0.0),
        Value::Text(text) => Ok(!text.is_empty()),
        Value::Read(text) => Ok(match as_number(text) {
            Some(number) => number != 0.0,
            None => !text.is_empty(),
        }),
        Value::Open => Err(false),
        Value::Unread => Err(true),
    }
}

/// What looks like a number to every make.
pub(super) fn as_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| plain)
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Unset => Some(0.0),
        Value::Number(number) => Some(*number),
        Value::Read(text) => as_number(text),
        _ => None,
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Unset => Some(String::new()),
        Value::Text(text) | Value::Read(text) => Some(text.clone()),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
            Some(format!("{number}"))
        }
        _ => None,
    }
}

pub(super) fn length(value: &Value) -> Value {
    match (text(value), value) {
        #[allow(clippy::cast_precision_loss)] // A line is short.
        (Some(text), _) if text.is_ascii() => Value::Number(text.len() as f64),
        (_, Value::Open) => Value::Open,
        _ => Value::Unread,
    }
}

pub(super) fn calculated(one: &Value, sign: char, other: &Value) -> Value {
    if *one == Value::Unread || *other == Value::Unread {
        return Value::Unread;
    }
    if *one == Value::Open || *other == Value::Open {
        return Value::Open;
    }
    let (Some(one), Some(other)) = (number(one), number(other)) else {
        return Value::Unread;
    };
    match sign {
        '+' => Value::Number(one + other),
        '-' => Value::Number(one - other),
        '*' => Value::Number(one * other),
        '/' if other != 0.0 => Value::Number(one / other),
        '%' if other != 0.0 => Value::Number(one % other),
        _ => Value::Unread,
    }
}

pub(super) fn compared(one: &Value, sign: &str, other: &Value) -> Value {
    if *one == Value::Unread || *other == Value::Unread {
        return Value::Unread;
    }
    if *one == Value::Open || *other == Value::Open {
        return Value::Open;
    }
    let order = match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        // Text of letters is compared by every make alike; only equality is asked of the rest.
        _ => match (text(one), text(other)) {
            (Some(one), Some(other)) if matches!(sign, "==" | "!=") => Some(one.cmp(&other)),
            _ => None,
        },
    };
    let Some(order) = order else {
        return Value::Unread;
    };
    let holds = match sign {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        _ => order.is_ge(),
    };
    Value::Number(f64::from(u8::from(holds)))
}

pub(super) fn matches(value: &Value, pattern: &str) -> Value {
    if *value == Value::Open {
        return Value::Open;
    }
    let reading = Reading {
        extended: true,
        ..Reading::default()
    };
    let found = text(value)
        .filter(|_| !pattern.contains('\\'))
        .and_then(|text| Regex::new(pattern, reading)?.matches(&text));
    found.map_or(Value::Unread, |found| {
        Value::Number(f64::from(u8::from(found)))
    })
}
