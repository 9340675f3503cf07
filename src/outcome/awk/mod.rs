//! awk: with which status a program ends that may call `exit`, on what the pipe can carry.

mod read;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use self::read::{Expression, Rule, Statement, When};
use self::value::{Value, as_number, calculated, compared, length, matches, number, text, truth};
use super::Code;
use super::path::ANY;
use super::tools::{Run, Use};
use super::words::is_known;

/// More ways than this are one of which nothing is known.
const MOST: usize = 64;

/// One way that a program may go.
#[derive(Clone, Debug, PartialEq)]
struct Way {
    variables: BTreeMap<String, Value>,
    /// What was printed; None where nobody knows.
    printed: Option<String>,
    /// The status that the program asked for.
    status: Value,
    flow: Flow,
    /// Nobody knows whether it goes this way or another.
    guessed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flow {
    On,
    Next,
    Exit,
}

/// A call of awk: its program, how it splits lines, and what is set before.
#[derive(Default)]
struct Call<'a> {
    program: Option<&'a str>,
    separator: Option<&'a str>,
    set: Vec<&'a str>,
    files: bool,
}

/// How a call of awk may end.
pub(super) fn awk(call: &Use<'_>) -> Vec<Run> {
    let asked = match words(call) {
        Ok(asked) => asked,
        Err(why) => return vec![Run::unknown(why)],
    };
    let Some(program) = asked.program.filter(|program| is_known(program)) else {
        return vec![Run::unknown("nobody knows its program")];
    };
    let rules = read::read(program);
    let sets = ["exit", "getline", "system", "close"];
    let Some(rules) = rules else {
        if asked.files {
            return vec![Run::unknown("nobody knows what is in the file")];
        }
        // Whatever it does, it ends with 0 where it reads well and never asks for another status.
        let plain = !sets.iter().any(|word| program.contains(word));
        if !plain || !balanced(program) || program.trim_end().ends_with('\\') {
            return vec![Run::unknown("nobody knows what this program of awk does")];
        }
        let always = program.contains("BEGIN") || program.contains("END");
        let nothing = call.input.is_empty() && !always;
        return vec![Run::new(0).prints(if nothing { "" } else { ANY })];
    };
    let reads = rules.iter().any(|rule| !matches!(rule.when, When::Begin));
    if asked.files && reads {
        return vec![Run::unknown("nobody knows what is in the file")];
    }
    let play = Play {
        rules: &rules,
        separator: asked.separator,
    };
    match play.run(&asked.set, call.input) {
        Some(ways) => ways.iter().flat_map(|way| ended(way, call)).collect(),
        None => vec![Run::unknown("nobody knows what this program of awk does")],
    }
}

fn words<'a>(call: &'a Use<'_>) -> Result<Call<'a>, &'static str> {
    let mut asked = Call::default();
    let mut args = call.args.iter();
    while let Some(arg) = args.next() {
        let text = arg.text.as_str();
        if arg.splice {
            return Err("nobody knows its arguments");
        }
        if asked.program.is_some() {
            asked.files = true;
            continue;
        }
        match text.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            None => asked.program = Some(text),
            Some("F") => asked.separator = args.next().map(|next| next.text.as_str()),
            Some("v") => asked.set.extend(args.next().map(|next| next.text.as_str())),
            Some(rest) => match (rest.strip_prefix('F'), rest.strip_prefix('v')) {
                (Some(separator), _) => asked.separator = Some(separator),
                (_, Some(set)) => asked.set.push(set),
                _ => return Err("nobody knows what these options of awk do"),
            },
        }
    }
    Ok(asked)
}

fn balanced(program: &str) -> bool {
    let count = |char| program.matches(char).count();
    !program.trim().is_empty()
        && count('{') == count('}')
        && count('(') == count(')')
        && count('"') % 2 == 0
}

/// The runs that a way comes to.
fn ended(way: &Way, call: &Use<'_>) -> Vec<Run> {
    let run = |code: Code| {
        let mut run = Run::of(code).prints(way.printed.clone().unwrap_or_else(|| ANY.to_owned()));
        run.guess = way.guessed || way.status == Value::Unread;
        if run.guess {
            run.why = Some("nobody knows what all of this program of awk does".to_owned());
        } else if !code.is_zero() {
            run.why = Some(format!(
                "the program of `{}` says so with `exit`",
                call.name
            ));
        }
        run
    };
    match number(&way.status) {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e9 => {
            // The kernel keeps eight bits of it.
            #[allow(clippy::cast_possible_truncation)] // It is whole and small.
            let whole = number as i64;
            vec![run(Code::Exact(
                u8::try_from(whole.rem_euclid(256)).unwrap_or(0),
            ))]
        }
        _ => vec![run(Code::Exact(0)), run(Code::Failure)],
    }
}

struct Play<'a> {
    rules: &'a [Rule],
    separator: Option<&'a str>,
}

/// The line that is read: None is any line.
#[derive(Clone, Copy)]
struct Line<'a>(Option<&'a str>);

impl Play<'_> {
    /// Every way to the end; None where there are too many.
    fn run(&self, set: &[&str], input: &str) -> Option<Vec<Way>> {
        let mut start = Way {
            variables: BTreeMap::new(),
            printed: Some(String::new()),
            status: Value::Number(0.0),
            flow: Flow::On,
            guessed: false,
        };
        for set in set {
            let (name, value) = set.split_once('=')?;
            let value = if is_known(value) && !value.contains('\\') {
                Value::Read(value.to_owned())
            } else {
                Value::Open
            };
            start.variables.insert(name.to_owned(), value);
        }
        let nothing = Line(Some(""));
        let mut ways = self.rules_of(vec![start], nothing, &|when| matches!(when, When::Begin))?;
        let has = |wanted: fn(&When) -> bool| self.rules.iter().any(|rule| wanted(&rule.when));
        let ends = has(|when| matches!(when, When::End));
        if ends && ways.iter().any(|way| way.flow == Flow::Exit) {
            // Not every make runs END after an `exit` in BEGIN.
            return None;
        }
        if has(|when| !matches!(when, When::Begin)) {
            ways = self.lines(ways, input)?;
        }
        if ends {
            for way in &mut ways {
                way.flow = Flow::On;
            }
            ways = self.rules_of(ways, Line(None), &|when| matches!(when, When::End))?;
        }
        Some(ways)
    }

    /// Reads every line of the input, and any number of them where nobody knows it.
    fn lines(&self, mut ways: Vec<Way>, input: &str) -> Option<Vec<Way>> {
        for (at, line) in input
            .strip_suffix('\n')
            .unwrap_or(input)
            .split('\n')
            .enumerate()
        {
            if input.is_empty() {
                break;
            }
            if is_known(line) {
                for way in &mut ways {
                    count(way, at);
                }
                ways = self.line(ways, Line(Some(line)))?;
                continue;
            }
            // What is the same after any number of lines is known; everything else is open.
            let mut every = ways.clone();
            for _ in 0..6 {
                let mut next = every.clone();
                for way in &mut next {
                    way.variables.insert("NR".to_owned(), Value::Open);
                }
                next = self.line(next, Line(None))?;
                next.extend(every.iter().cloned());
                let next = widened(next);
                if next == every {
                    return Some(every);
                }
                every = next;
            }
            return None;
        }
        Some(ways)
    }

    fn line(&self, ways: Vec<Way>, line: Line<'_>) -> Option<Vec<Way>> {
        let is = |when: &When| matches!(when, When::Always | When::If(_));
        let mut ways = self.rules_of(ways, line, &is)?;
        for way in &mut ways {
            if way.flow == Flow::Next {
                way.flow = Flow::On;
            }
        }
        Some(ways)
    }

    fn rules_of(
        &self,
        mut ways: Vec<Way>,
        line: Line<'_>,
        which: &dyn Fn(&When) -> bool,
    ) -> Option<Vec<Way>> {
        for rule in self.rules.iter().filter(|rule| which(&rule.when)) {
            let mut next = Vec::new();
            for way in ways {
                if way.flow != Flow::On {
                    next.push(way);
                    continue;
                }
                let judged = match &rule.when {
                    When::If(condition) => self.decided(condition, way, line),
                    _ => vec![(true, way)],
                };
                for (runs, way) in judged {
                    match &rule.does {
                        _ if !runs => next.push(way),
                        Some(block) => next.extend(self.block(block, way, line)?),
                        None => next.extend(self.print(&[], way, line)),
                    }
                }
            }
            ways = merged(next)?;
        }
        Some(ways)
    }

    fn block(&self, block: &[Statement], way: Way, line: Line<'_>) -> Option<Vec<Way>> {
        let mut ways = vec![way];
        for statement in block {
            let mut next = Vec::new();
            for way in ways {
                if way.flow == Flow::On {
                    next.extend(self.statement(statement, way, line)?);
                } else {
                    next.push(way);
                }
            }
            ways = merged(next)?;
        }
        Some(ways)
    }

    fn statement(&self, statement: &Statement, mut way: Way, line: Line<'_>) -> Option<Vec<Way>> {
        Some(match statement {
            Statement::Block(block) => self.block(block, way, line)?,
            Statement::If(condition, then, otherwise) => {
                let mut ways = Vec::new();
                for (holds, way) in self.decided(condition, way, line) {
                    match (holds, otherwise) {
                        (true, _) => ways.extend(self.statement(then, way, line)?),
                        (false, Some(other)) => ways.extend(self.statement(other, way, line)?),
                        (false, None) => ways.push(way),
                    }
                }
                ways
            }
            Statement::Next => {
                way.flow = Flow::Next;
                vec![way]
            }
            Statement::Exit(status) => {
                if let Some(status) = status {
                    way.status = match self.value(status, &mut way, line) {
                        Value::Text(_) => Value::Unread,
                        Value::Read(text) if as_number(&text).is_none() => Value::Unread,
                        value => value,
                    };
                }
                way.flow = Flow::Exit;
                vec![way]
            }
            Statement::Print(what) => self.print(what, way, line),
            Statement::Format(what) => {
                for part in what {
                    self.value(part, &mut way, line);
                }
                way.printed = None;
                vec![way]
            }
            Statement::Do(expression) => {
                self.value(expression, &mut way, line);
                vec![way]
            }
        })
    }

    fn print(&self, what: &[Expression], mut way: Way, line: Line<'_>) -> Vec<Way> {
        let whole = [Expression::Field(Box::new(Expression::Number(0.0)))];
        let what = if what.is_empty() { &whole } else { what };
        let texts: Option<Vec<String>> = what
            .iter()
            .map(|part| text(&self.value(part, &mut way, line)))
            .collect();
        // Another separator between what is printed would be a variable of that name.
        let plain = !way.variables.contains_key("OFS") && !way.variables.contains_key("ORS");
        way.printed = match (way.printed.take(), texts.filter(|_| plain)) {
            (Some(before), Some(texts)) if before.len() < 4096 => {
                Some(before + &texts.join(" ") + "\n")
            }
            _ => None,
        };
        vec![way]
    }

    /// The ways in which a condition may hold or not.
    fn decided(&self, condition: &Expression, mut way: Way, line: Line<'_>) -> Vec<(bool, Way)> {
        match truth(&self.value(condition, &mut way, line)) {
            Ok(holds) => vec![(holds, way)],
            Err(guess) => {
                way.guessed |= guess;
                vec![(true, way.clone()), (false, way)]
            }
        }
    }

    fn value(&self, expression: &Expression, way: &mut Way, line: Line<'_>) -> Value {
        match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Regex(pattern) => matches(&self.field(0, line), pattern),
            Expression::Variable(name) => match (name.as_str(), way.variables.get(name)) {
                ("NF", None) => match line.0.map(|line| self.fields(line)) {
                    #[allow(clippy::cast_precision_loss)] // A line has few words.
                    Some(Some(fields)) => Value::Number(fields.len() as f64),
                    Some(None) => Value::Unread,
                    None => Value::Open,
                },
                ("NR" | "FNR", _) => way.variables.get("NR").cloned().unwrap_or(Value::Unset),
                (name, None) if name.chars().all(|c| c.is_ascii_uppercase()) => Value::Unread,
                (_, known) => known.cloned().unwrap_or(Value::Unset),
            },
            Expression::Field(which) => match self.value(which, way, line) {
                // What was set is not what was read.
                _ if way.variables.contains_key("$") => Value::Unread,
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is small.
                Value::Number(which) if which.fract() == 0.0 && (0.0..1000.0).contains(&which) => {
                    self.field(which as usize, line)
                }
                Value::Open => Value::Open,
                _ => Value::Unread,
            },
            Expression::Not(inner) => match truth(&self.value(inner, way, line)) {
                Ok(holds) => Value::Number(f64::from(u8::from(!holds))),
                Err(true) => Value::Unread,
                Err(false) => Value::Open,
            },
            Expression::Minus(inner) => match self.value(inner, way, line) {
                Value::Open => Value::Open,
                value => number(&value).map_or(Value::Unread, |number| Value::Number(-number)),
            },
            Expression::Assign(place, operation, with) => {
                let with = self.value(with, way, line);
                let value = match operation {
                    None => with,
                    Some(sign) => calculated(&self.value(place, way, line), *sign, &with),
                };
                match place.as_ref() {
                    // How lines and words are split is another matter after these.
                    Expression::Variable(name) if matches!(name.as_str(), "FS" | "RS" | "NF") => {
                        way.variables.insert("$".to_owned(), Value::Unread);
                    }
                    Expression::Variable(name) => {
                        way.variables.insert(name.clone(), value.clone());
                    }
                    _ => {
                        way.variables.insert("$".to_owned(), Value::Unread);
                    }
                }
                value
            }
            Expression::Behind(place, change) => {
                let before = self.value(place, way, line);
                self.value(change, way, line);
                match before {
                    Value::Unset => Value::Number(0.0),
                    value => value,
                }
            }
            Expression::Both(left, sign, right) => self.both(left, sign, right, way, line),
            Expression::Choice(condition, yes, no) => {
                match truth(&self.value(condition, way, line)) {
                    Ok(true) => self.value(yes, way, line),
                    Ok(false) => self.value(no, way, line),
                    Err(guess) => {
                        let (yes, no) = (self.value(yes, way, line), self.value(no, way, line));
                        match (yes == no, guess) {
                            (true, _) => yes,
                            (_, true) => Value::Unread,
                            _ => Value::Open,
                        }
                    }
                }
            }
            Expression::Call(name, given) => {
                let given: Vec<Value> = given.iter().map(|it| self.value(it, way, line)).collect();
                let whole = || self.field(0, line);
                match (name.as_str(), given.as_slice()) {
                    ("length", []) => length(&whole()),
                    ("length", [one]) => length(one),
                    ("int", [Value::Open]) => Value::Open,
                    ("int", [one]) => {
                        number(one).map_or(Value::Unread, |number| Value::Number(number.trunc()))
                    }
                    // These may change what is read, or start programs.
                    ("sub" | "gsub" | "split" | "system" | "close" | "match" | "srand", _) => {
                        way.variables.insert("$".to_owned(), Value::Unread);
                        Value::Unread
                    }
                    _ => Value::Unread,
                }
            }
        }
    }

    fn both(
        &self,
        left: &Expression,
        sign: &str,
        right: &Expression,
        way: &mut Way,
        line: Line<'_>,
    ) -> Value {
        let known = |holds: bool| Value::Number(f64::from(u8::from(holds)));
        if let ("~" | "!~", Expression::Regex(pattern) | Expression::Text(pattern)) = (sign, right)
        {
            let found = matches(&self.value(left, way, line), pattern);
            return match (sign, truth(&found)) {
                ("!~", Ok(holds)) => known(!holds),
                _ => found,
            };
        }
        let one = self.value(left, way, line);
        if matches!(sign, "&&" | "||") {
            let decides = sign == "||";
            let first = truth(&one);
            if first == Ok(decides) {
                return known(decides);
            }
            let second = truth(&self.value(right, way, line));
            return match (first, second) {
                (_, Ok(second)) if second == decides => known(decides),
                (Ok(_), Ok(second)) => known(second),
                (Err(true), _) | (_, Err(true)) => Value::Unread,
                _ => Value::Open,
            };
        }
        let other = self.value(right, way, line);
        match sign {
            " " => match (text(&one), text(&other)) {
                (Some(one), Some(other)) => Value::Text(one + &other),
                _ if one == Value::Unread || other == Value::Unread => Value::Unread,
                _ => Value::Open,
            },
            "+" | "-" | "*" | "/" | "%" => {
                calculated(&one, sign.chars().next().unwrap_or(' '), &other)
            }
            "==" | "!=" | "<" | ">" | "<=" | ">=" => compared(&one, sign, &other),
            _ => Value::Unread,
        }
    }

    fn field(&self, at: usize, line: Line<'_>) -> Value {
        match (at, line.0) {
            (_, None) => Value::Open,
            (0, Some(line)) => Value::Read(line.to_owned()),
            (at, Some(line)) => match self.fields(line) {
                Some(fields) => fields
                    .get(at - 1)
                    .map_or(Value::Unset, |field| Value::Read((*field).to_owned())),
                None => Value::Unread,
            },
        }
    }

    /// The words of a line; None where the separator is not plain.
    fn fields<'l>(&self, line: &'l str) -> Option<Vec<&'l str>> {
        let mut letters = self.separator.unwrap_or(" ").chars();
        match (letters.next(), letters.next()) {
            (Some(' '), None) => Some(line.split_ascii_whitespace().collect()),
            (Some(c), None) if c.is_ascii() && !matches!(c, '\\' | '^' | '$' | 't') => {
                let empty = line.is_empty();
                Some(line.split(c).filter(|_| !empty).collect())
            }
            _ => None,
        }
    }
}

/// The number of the line that is read.
fn count(way: &mut Way, at: usize) {
    let number = match way.variables.get("NR") {
        Some(Value::Open) => Value::Open,
        #[allow(clippy::cast_precision_loss)] // Few lines are read.
        _ => Value::Number((at + 1) as f64),
    };
    way.variables.insert("NR".to_owned(), number);
}

fn merged(ways: Vec<Way>) -> Option<Vec<Way>> {
    let mut kept: Vec<Way> = Vec::new();
    for way in ways {
        if !kept.contains(&way) {
            kept.push(way);
        }
    }
    (kept.len() <= MOST).then_some(kept)
}

/// One way in place of all that go on: what they agree on.
fn widened(ways: Vec<Way>) -> Vec<Way> {
    let mut kept: Vec<Way> = Vec::new();
    let mut on: Option<Way> = None;
    for mut way in ways {
        way.printed = None;
        if way.flow != Flow::On {
            if !kept.contains(&way) {
                kept.push(way);
            }
            continue;
        }
        let Some(one) = &mut on else {
            on = Some(way);
            continue;
        };
        one.guessed |= way.guessed;
        let names: BTreeSet<String> = (one.variables.keys().chain(way.variables.keys()))
            .cloned()
            .collect();
        for name in names {
            let before = one.variables.get(&name).unwrap_or(&Value::Unset);
            let value = way.variables.get(&name).unwrap_or(&Value::Unset);
            if before != value {
                let unread = *before == Value::Unread || *value == Value::Unread;
                let value = if unread { Value::Unread } else { Value::Open };
                one.variables.insert(name, value);
            }
        }
    }
    kept.extend(on);
    kept
}
