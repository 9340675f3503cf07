//! Expressions, and what each language makes of their values.

use std::rc::Rc;

use super::super::token::Place;
use super::super::tree::{Argument, Expression, Part};
use super::super::value::{Closure, Go, Scope, Stop, Truth, Value};
use super::super::{Language, javascript, perl, php, python, ruby};
use super::{DEPTH, Given, Play, STEPS, name_of};
use crate::outcome::path::ANY;

impl Play<'_> {
    pub fn holds(&mut self, condition: &Expression, scope: &Rc<Scope>) -> Go<bool> {
        let value = self.value(condition, scope)?;
        let truth = value.truth(self.language);
        Ok(self.decide(truth, &name_of(condition)))
    }

    pub fn value(&mut self, expression: &Expression, scope: &Rc<Scope>) -> Go<Value> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(Stop::Unknown("it goes on for too long".to_owned()));
        }
        if self.depth >= DEPTH {
            return Err(Stop::Unknown("it is nested too deep".to_owned()));
        }
        self.depth += 1;
        let value = self.value_inside(expression, scope);
        self.depth -= 1;
        value
    }

    fn value_inside(&mut self, expression: &Expression, scope: &Rc<Scope>) -> Go<Value> {
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(is) => Value::Bool(*is),
            Expression::Number(number) => Value::Number(*number),
            Expression::Pattern => Value::Any,
            Expression::Text(parts) => self.text(parts, scope)?,
            Expression::Name(name) => self.name(name, scope)?,
            Expression::Member(of, name) => {
                let of = self.value(of, scope)?;
                self.member(&of, name)?
            }
            Expression::Index(of, key) => {
                let of = self.value(of, scope)?;
                let key = self.value(key, scope)?;
                self.index(&of, &key)?
            }
            Expression::Call(function, arguments, place) => {
                self.call(function, arguments, *place, scope)?
            }
            Expression::Not(value) => {
                let value = self.value(value, scope)?;
                value.truth(self.language).not().value()
            }
            Expression::Negative(value) => match self.value(value, scope)? {
                Value::Number(number) => Value::Number(-number),
                _ => Value::Any,
            },
            Expression::Binary(operator, left, right) => {
                self.binary(operator, left, right, scope)?
            }
            Expression::Choice(condition, then, otherwise) => {
                let branch = if self.holds(condition, scope)? {
                    then
                } else {
                    otherwise
                };
                self.value(branch, scope)?
            }
            Expression::Assign(target, operator, value) => {
                self.assign(target, operator, value, scope)?
            }
            Expression::List(list) => {
                let mut values = Vec::new();
                for value in list {
                    values.push(self.value(value, scope)?);
                }
                Value::list(values)
            }
            Expression::Map(entries) => {
                let mut values = Vec::new();
                for (key, value) in entries {
                    values.push((key.clone(), self.value(value, scope)?));
                }
                Value::Map(Rc::new(values))
            }
            Expression::Function(function) => Value::Function(Rc::new(Closure {
                function: Rc::clone(function),
                scope: Rc::clone(scope),
            })),
            Expression::Await(value) => {
                let value = self.value(value, scope)?;
                javascript::awaited(self, &value)?
            }
        })
    }

    fn text(&mut self, parts: &[Part], scope: &Rc<Scope>) -> Go<Value> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Unknown => text.push_str(ANY),
                Part::Value(value) => text.push_str(&self.value(value, scope)?.shown()),
            }
        }
        Ok(Value::Text(text))
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope>) -> Go<Value> {
        if let Some(value) = scope.get(name) {
            return Ok(value);
        }
        if name == ANY {
            return Ok(Value::Any);
        }
        match self.language {
            Language::Python => python::name(name),
            Language::Php | Language::Perl if name.starts_with('$') => Ok(Value::Any),
            _ => Ok(Value::Path(name.to_owned())),
        }
    }

    fn member(&mut self, of: &Value, name: &str) -> Go<Value> {
        if let Value::Path(path) = of {
            let path = format!("{path}.{name}");
            return self.constant(&path);
        }
        if let Some(value) = of.entry(name) {
            return Ok(value);
        }
        match self.language {
            Language::Python => python::member(self, of, name),
            Language::JavaScript => javascript::member(self, of, name),
            // They call what they name.
            Language::Ruby | Language::Perl => self.method(of, name, &Given::default()),
            Language::Php => Err(Stop::unread(name)),
        }
    }

    /// What stands behind a dotted name; most are only known when they are called.
    fn constant(&mut self, path: &str) -> Go<Value> {
        match self.language {
            Language::Python => python::constant(self, path),
            Language::JavaScript => Ok(javascript::constant(path)),
            Language::Perl if path.rsplit_once('.').is_some_and(|(_, name)| name == "new") => {
                self.call_path(path, &Given::default())
            }
            Language::Ruby
                if !path
                    .rsplit('.')
                    .next()
                    .unwrap_or_default()
                    .starts_with(char::is_uppercase) =>
            {
                self.call_path(path, &Given::default())
            }
            _ => Ok(Value::Path(path.to_owned())),
        }
    }

    fn index(&mut self, of: &Value, key: &Value) -> Go<Value> {
        match (of, key) {
            (Value::Said, _) => {
                if matches!(self.language, Language::Python) && !self.either(None) {
                    let kinds = ["KeyError", "LookupError", "Exception", "BaseException"];
                    return Err(Stop::raise(&kinds, "the answer holds no such key"));
                }
                Ok(Value::Said)
            }
            (Value::Map(_), Value::Text(key)) if of.entry(key).is_some() => {
                Ok(of.entry(key).unwrap_or(Value::Any))
            }
            (Value::Path(path), _) => match (self.language, path.as_str()) {
                (Language::Python, "os.environ") => {
                    let name = key.shown();
                    if self.either(Some(format!("nobody knows whether `{name}` is set"))) {
                        Ok(Value::Any)
                    } else {
                        let kinds = ["KeyError", "LookupError", "Exception", "BaseException"];
                        Err(Stop::raise(&kinds, format!("`{name}` is not set")))
                    }
                }
                (Language::Ruby, "ENV")
                | (Language::JavaScript, "process.env")
                | (Language::Perl, "$ENV") => Ok(Value::Any),
                _ => Err(Stop::unread(path)),
            },
            (Value::Thing(_), Value::Text(key)) => self.member(of, key),
            (Value::Any, _) => Ok(Value::Any),
            _ => Err(Stop::unread("[")),
        }
    }

    fn assign(
        &mut self,
        target: &Expression,
        operator: &str,
        value: &Expression,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        let mut value = self.value(value, scope)?;
        match target {
            Expression::Name(name) => {
                if operator != "=" {
                    let before = scope.get(name).unwrap_or(Value::Any);
                    value = match operator {
                        "+=" | ".=" => add(&before, &value),
                        _ => Value::Any,
                    };
                }
                if self.language == Language::Python {
                    scope.declare(name, value.clone());
                } else {
                    scope.set(name, value.clone());
                }
            }
            Expression::List(names) => {
                for (at, target) in names.iter().enumerate() {
                    let Expression::Name(name) = target else {
                        return Err(Stop::unread("="));
                    };
                    let part = match &value {
                        Value::List(list) => list.get(at).cloned().unwrap_or(Value::Any),
                        _ => Value::Any,
                    };
                    scope.declare(name, part);
                }
            }
            Expression::Member(of, name) => {
                let of = self.value(of, scope)?;
                self.set_member(&of, name, &value)?;
            }
            _ => return Err(Stop::unread("=")),
        }
        Ok(value)
    }

    fn set_member(&mut self, of: &Value, name: &str, value: &Value) -> Go<()> {
        match (of, self.language) {
            (Value::Path(path), Language::JavaScript)
                if path == "process" && name == "exitCode" =>
            {
                self.events.exit_code = Some(value.clone());
                Ok(())
            }
            (Value::Thing(at), _) => {
                let limit = matches!(name, "timeout" | "open_timeout" | "read_timeout");
                if limit && self.things[*at].kind == "client" {
                    if name != "open_timeout" {
                        self.things[*at].limit = value.number();
                    }
                    return Ok(());
                }
                if matches!(name, "use_ssl" | "verify_mode") {
                    return Ok(());
                }
                Err(Stop::unread(name))
            }
            _ => Err(Stop::unread(name)),
        }
    }

    fn binary(
        &mut self,
        operator: &str,
        left: &Expression,
        right: &Expression,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        let value = self.value(left, scope)?;
        let truth = value.truth(self.language);
        match operator {
            "," => return self.value(right, scope),
            "&&" | "and" | "||" | "or" | "??" => {
                let either = !matches!(operator, "&&" | "and");
                let truth = match (operator, &value) {
                    ("??", value) if !value.is_unknown() => {
                        Truth::Is(!matches!(value, Value::Null))
                    }
                    _ => truth,
                };
                // A value in place of one that nobody knows needs no decision.
                if !matches!(truth, Truth::Is(_)) && is_plain(right) {
                    let other = self.value(right, scope)?;
                    let said = truth == Truth::Said && !matches!(other, Value::Any);
                    return Ok(if said { Value::Said } else { Value::Any });
                }
                let holds = self.decide(truth, &name_of(left));
                if holds == either {
                    return Ok(value);
                }
                if either && matches!(value, Value::Null | Value::Bool(false)) && is_die(right) {
                    self.failed
                        .get_or_insert_with(|| format!("`{}` gives nothing", name_of(left)));
                }
                return self.value(right, scope);
            }
            _ => {}
        }
        let other = self.value(right, scope)?;
        let truth = match operator {
            "==" | "eq" | "===" => value.equals(&other, self.is_strict(operator)),
            "!=" | "ne" | "!==" => value.equals(&other, self.is_strict(operator)).not(),
            "<" | ">" | "<=" | ">=" => compared(operator, &value, &other),
            "in" => contained(&value, &other),
            "instanceof" | "=~" | "!~" => match value {
                Value::Said => Truth::Said,
                _ => Truth::Any,
            },
            "+" | "." => return Ok(add(&value, &other)),
            "-" | "*" | "/" | "%" | "//" => {
                return Ok(match (operator, value.number(), other.number()) {
                    ("-", Some(one), Some(two)) => Value::Number(one - two),
                    ("*", Some(one), Some(two)) => Value::Number(one * two),
                    ("//", Some(one), Some(two)) if two != 0.0 => {
                        Value::Number((one / two).floor())
                    }
                    ("/", Some(one), Some(two))
                        if two != 0.0 && self.language == Language::Python =>
                    {
                        Value::Number(one / two)
                    }
                    _ => Value::Any,
                });
            }
            _ => return Err(Stop::unread(operator)),
        };
        Ok(truth.value())
    }

    fn is_strict(&self, operator: &str) -> bool {
        operator.len() == 3 || matches!(self.language, Language::Python | Language::Ruby)
    }

    fn call(
        &mut self,
        function: &Expression,
        arguments: &[Argument],
        place: Place,
        scope: &Rc<Scope>,
    ) -> Go<Value> {
        // `a.b(…)`: whose method it is decides what it does.
        let (callee, method) = match function {
            Expression::Member(of, name) => (self.value(of, scope)?, Some(name)),
            function => (self.value(function, scope)?, None),
        };
        let mut given = Given::default();
        for argument in arguments {
            let value = self.value(&argument.value, scope)?;
            match &argument.name {
                Some(name) => given.named.push((name.clone(), value)),
                None => given.plain.push(value),
            }
        }
        self.here = place;
        match (callee, method) {
            (Value::Path(path), Some(name)) => {
                let path = format!("{path}.{name}");
                self.call_path(&path, &given)
            }
            (Value::Path(path), None) => self.call_path(&path, &given),
            (Value::Function(closure), None) => self.apply(&closure, given.plain),
            (of, Some(name)) => self.method(&of, name, &given),
            (_, None) => Err(Stop::unread(name_of(function))),
        }
    }

    /// Calls a function of the script.
    pub fn apply(&mut self, closure: &Rc<Closure>, arguments: Vec<Value>) -> Go<Value> {
        let scope = Scope::inside(&closure.scope);
        let mut arguments = arguments.into_iter();
        for parameter in &closure.function.parameters {
            scope.declare(parameter, arguments.next().unwrap_or(Value::Null));
        }
        if closure.function.asynchronous {
            return Ok(javascript::later(self, closure, scope));
        }
        self.body(closure, &scope)
    }

    pub fn body(&mut self, closure: &Closure, scope: &Rc<Scope>) -> Go<Value> {
        match self.block(&closure.function.body, scope) {
            Ok(()) => Ok(Value::Null),
            Err(Stop::Return(value)) => Ok(value),
            Err(stop) => Err(stop),
        }
    }

    /// Calls what the language brings, by its name.
    pub fn call_path(&mut self, path: &str, given: &Given) -> Go<Value> {
        match self.language {
            Language::Python => python::call(self, path, given),
            Language::JavaScript => javascript::call(self, path, given),
            Language::Php => php::call(self, path, given),
            Language::Ruby => ruby::call(self, path, given),
            Language::Perl => perl::call(self, path, given),
        }
    }

    pub fn method(&mut self, of: &Value, name: &str, given: &Given) -> Go<Value> {
        match self.language {
            Language::Python => python::method(self, of, name, given),
            Language::JavaScript => javascript::method(self, of, name, given),
            Language::Php => Err(Stop::unread(name)),
            Language::Ruby => ruby::method(self, of, name, given),
            Language::Perl => perl::method(self, of, name, given),
        }
    }
}

/// Whether nothing happens when it is taken for its value.
fn is_plain(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Null
            | Expression::Bool(_)
            | Expression::Number(_)
            | Expression::Text(_)
            | Expression::Name(_)
    )
}

fn is_die(expression: &Expression) -> bool {
    matches!(expression, Expression::Call(function, ..) if matches!(&**function, Expression::Name(name) if name == "die" || name == "exit"))
}

fn add(one: &Value, two: &Value) -> Value {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => Value::Number(one + two),
        (Value::Said, _) | (_, Value::Said) => Value::Said,
        (Value::Text(_), _) | (_, Value::Text(_)) => Value::Text(one.shown() + &two.shown()),
        _ => Value::Any,
    }
}

fn compared(operator: &str, one: &Value, two: &Value) -> Truth {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    if matches!(one, Value::Said) || matches!(two, Value::Said) {
        return Truth::Said;
    }
    match (number(one), number(two)) {
        (Some(one), Some(two)) => Truth::Is(match operator {
            "<" => one < two,
            ">" => one > two,
            "<=" => one <= two,
            _ => one >= two,
        }),
        _ => Truth::Any,
    }
}

fn contained(one: &Value, two: &Value) -> Truth {
    match (one, two) {
        (_, Value::Said) | (Value::Said, _) => Truth::Said,
        (one, Value::List(list)) => {
            let mut all = Truth::Is(false);
            for value in list.iter() {
                match one.equals(value, true) {
                    Truth::Is(true) => return Truth::Is(true),
                    Truth::Is(false) => {}
                    other => all = other,
                }
            }
            all
        }
        (Value::Text(one), Value::Text(two)) if !one.contains(ANY) && !two.contains(ANY) => {
            Truth::Is(two.contains(one.as_str()))
        }
        _ => Truth::Any,
    }
}
