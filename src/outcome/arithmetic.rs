//! `$(( ))` on numbers that are known; everything else is None.

use std::collections::BTreeMap;

/// The value of an expression of numbers, variables, `+ - * / %`, comparisons and parentheses.
pub(super) fn value(text: &str, variables: &BTreeMap<String, String>) -> Option<i64> {
    let mut reader = Reader {
        rest: text.trim(),
        variables,
        depth: 0,
    };
    let value = reader.level(0)?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    variables: &'a BTreeMap<String, String>,
    depth: usize,
}

/// Operators that bind alike, the loosest first; a longer one before its own beginning.
const LEVELS: [&[&str]; 4] = [
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Reader<'_> {
    fn level(&mut self, level: usize) -> Option<i64> {
        let Some(operators) = LEVELS.get(level) else {
            return self.operand();
        };
        let mut left = self.level(level + 1)?;
        loop {
            self.rest = self.rest.trim_start();
            let Some(operator) = operators
                .iter()
                .find(|operator| self.rest.starts_with(**operator))
            else {
                return Some(left);
            };
            self.rest = self.rest.get(operator.len()..)?;
            // `++`, `+=`, `<<` and the like are beyond this reader.
            if self.rest.starts_with(['=', '+', '-', '*', '<', '>']) {
                return None;
            }
            let right = self.level(level + 1)?;
            left = match *operator {
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                ">" => i64::from(left > right),
                "+" => left.checked_add(right)?,
                "-" => left.checked_sub(right)?,
                "*" => left.checked_mul(right)?,
                "/" => left.checked_div(right)?,
                _ => left.checked_rem(right)?,
            };
        }
    }

    fn operand(&mut self) -> Option<i64> {
        self.rest = self.rest.trim_start();
        if let Some(inside) = self.rest.strip_prefix('(') {
            self.depth += 1;
            if self.depth > 20 {
                return None;
            }
            self.rest = inside;
            let value = self.level(0)?;
            self.rest = self.rest.trim_start().strip_prefix(')')?;
            self.depth -= 1;
            return Some(value);
        }
        let len = self
            .rest
            .bytes()
            .take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric())
            .count();
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        let digits = word.starts_with(|char: char| char.is_ascii_digit());
        let text = if digits {
            word
        } else {
            self.variables.get(word)?
        };
        // A leading zero makes an octal number.
        if text.len() > 1 && text.starts_with('0') {
            return None;
        }
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_calculated_and_the_unknown_is_none() {
        let variables = BTreeMap::from([("i".to_owned(), "2".to_owned())]);
        for (text, expected) in [
            ("1 + 2 * i", Some(5)),
            ("(1+2)*i", Some(6)),
            ("i >= 2", Some(1)),
            ("1>0", Some(1)),
            ("1 == 2", Some(0)),
            ("j + 1", None),
            ("i++", None),
            ("010", None),
            ("7 / 0", None),
            ("", None),
            ("\u{fffc}", None),
        ] {
            assert_eq!(value(text, &variables), expected, "{text}");
        }
    }
}
