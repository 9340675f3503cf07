//! Expressions: five languages share their operators, and differ in calls, texts and maps.

use std::rc::Rc;

use super::super::Language;
use super::super::token::{Piece, Place, tokens};
use super::super::tree::{Argument, Block, Expression, Function, Part, Statement};
use super::{Kind, Read, Reader};

/// What is nested deeper than this is not followed: the stack must hold.
const DEPTH: usize = 60;

/// A script of more values, operators, members and calls than this is none that anybody wrote as a check. Each hangs from the
/// one before it, so that a long chain is a deep tree.
const LINKS: usize = 1000;

/// Words that take what follows without brackets.
const COMMANDS: &[&str] = &[
    "abort", "die", "echo", "exit", "get", "head", "print", "printf", "puts", "raise", "require",
    "say", "warn",
];

impl Reader {
    /// `a, b`: the value is the last one's.
    pub(super) fn sequence(&mut self) -> Read<Expression> {
        let mut value = self.expression()?;
        while self.language == Language::JavaScript && self.takes(",") {
            let next = self.expression()?;
            value = Expression::Binary(",", Box::new(value), Box::new(next));
        }
        Ok(value)
    }

    pub(super) fn expression(&mut self) -> Read<Expression> {
        self.deeper(Self::expression_inside)
    }

    /// One level deeper, unless that is too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= DEPTH {
            return Err(self.shown());
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// One more link of a chain, unless there are too many.
    fn link(&mut self) -> Read<()> {
        self.links += 1;
        if self.links > LINKS {
            return Err(self.shown());
        }
        Ok(())
    }

    fn expression_inside(&mut self) -> Read<Expression> {
        if self.language == Language::Python {
            if self.takes_word("lambda") {
                let mut parameters = Vec::new();
                while !self.takes(":") {
                    parameters.push(self.name()?);
                    self.takes(",");
                }
                let value = self.expression()?;
                return Ok(Self::function(parameters, value, false));
            }
            let value = self.binary(4)?;
            if self.takes_word("if") {
                let condition = self.binary(4)?;
                if !self.takes_word("else") {
                    return Err(self.shown());
                }
                let otherwise = self.expression()?;
                return Ok(Expression::Choice(
                    Box::new(condition),
                    Box::new(value),
                    Box::new(otherwise),
                ));
            }
            return Ok(value);
        }
        self.binary(1)
    }

    pub(super) fn function(
        parameters: Vec<String>,
        value: Expression,
        asynchronous: bool,
    ) -> Expression {
        Expression::Function(Rc::new(Function {
            parameters,
            body: vec![Statement::Return(Some(value))],
            asynchronous,
        }))
    }

    /// The operator that stands here, and how tightly it binds.
    fn operator(&self) -> Option<(&'static str, u8)> {
        let python = self.language == Language::Python;
        let words = matches!(
            self.language,
            Language::Python | Language::Php | Language::Perl | Language::Ruby
        );
        Some(match self.kind() {
            Kind::Word(word) if words => match word.as_str() {
                "or" => ("or", if python { 4 } else { 1 }),
                "and" => ("and", if python { 5 } else { 2 }),
                "in" if python => ("in", 10),
                "is" if python => ("is", 10),
                "not" if python && matches!(self.kind_at(1), Kind::Word(word) if word == "in") => {
                    ("not in", 10)
                }
                "eq" if self.language == Language::Perl => ("eq", 10),
                "ne" if self.language == Language::Perl => ("ne", 10),
                "instanceof" if self.language == Language::Php => ("instanceof", 11),
                _ => return None,
            },
            Kind::Word(word) if word == "instanceof" => ("instanceof", 11),
            Kind::Sign(sign) => match *sign {
                "=" | "+=" | "-=" | ".=" | "||=" | "??=" | "&&=" if !python => (sign, 3),
                "?" | "?:" if !python => (sign, 4),
                "??" | "||" if !python => (sign, 5),
                "&&" if !python => (sign, 6),
                "==" | "!=" if python => (sign, 10),
                "==" | "!=" | "===" | "!==" | "=~" | "!~" => (sign, 10),
                "<" | ">" | "<=" | ">=" => (sign, if python { 10 } else { 11 }),
                "+" | "-" => (sign, 13),
                "." if matches!(self.language, Language::Php | Language::Perl) => (sign, 13),
                "*" | "/" | "%" | "//" => (sign, 14),
                _ => return None,
            },
            _ => return None,
        })
    }

    pub(super) fn binary(&mut self, least: u8) -> Read<Expression> {
        self.skip_lines();
        let mut left = self.prefixed()?;
        loop {
            // A dot at the start of the next line goes on with this one.
            let Some((operator, level)) = self.operator().filter(|(_, level)| *level >= least)
            else {
                return Ok(left);
            };
            self.link()?;
            self.at += 1;
            self.skip_lines();
            left = match operator {
                "=" | "+=" | "-=" | ".=" | "||=" | "??=" | "&&=" => {
                    let value = self.deeper(|reader| reader.binary(3))?;
                    Expression::Assign(Box::new(left), operator, Box::new(value))
                }
                "?" if self.is(":") => {
                    self.at += 1;
                    let otherwise = self.deeper(|reader| reader.binary(4))?;
                    Expression::Binary("||", Box::new(left), Box::new(otherwise))
                }
                "?:" => {
                    let otherwise = self.deeper(|reader| reader.binary(4))?;
                    Expression::Binary("||", Box::new(left), Box::new(otherwise))
                }
                "?" => {
                    let then = self.deeper(|reader| reader.binary(3))?;
                    self.skip_lines();
                    self.expect(":")?;
                    let otherwise = self.deeper(|reader| reader.binary(3))?;
                    Expression::Choice(Box::new(left), Box::new(then), Box::new(otherwise))
                }
                "not in" => {
                    self.at += 1;
                    let right = self.binary(11)?;
                    Expression::Not(Box::new(Expression::Binary(
                        "in",
                        Box::new(left),
                        Box::new(right),
                    )))
                }
                "is" => {
                    let not = self.takes_word("not");
                    let right = self.binary(11)?;
                    let same = Expression::Binary("===", Box::new(left), Box::new(right));
                    if not {
                        Expression::Not(Box::new(same))
                    } else {
                        same
                    }
                }
                _ => {
                    let right = self.binary(level + 1)?;
                    self.chained(left, operator, right)
                }
            };
        }
    }

    /// `200 <= status < 300` holds where both comparisons do.
    fn chained(&self, left: Expression, operator: &'static str, right: Expression) -> Expression {
        let compares = |operator: &str| matches!(operator, "<" | ">" | "<=" | ">=" | "==" | "!=");
        let middle = match &left {
            Expression::Binary(before, _, middle) if compares(before) => Some(middle.clone()),
            Expression::Binary("&&", _, last) => match &**last {
                Expression::Binary(before, _, middle) if compares(before) => Some(middle.clone()),
                _ => None,
            },
            _ => None,
        };
        match middle {
            Some(middle) if self.language == Language::Python && compares(operator) => {
                let second = Expression::Binary(operator, middle, Box::new(right));
                Expression::Binary("&&", Box::new(left), Box::new(second))
            }
            _ => Expression::Binary(operator, Box::new(left), Box::new(right)),
        }
    }

    fn prefixed(&mut self) -> Read<Expression> {
        if self.takes("!") {
            return Ok(Expression::Not(Box::new(self.deeper(Self::prefixed)?)));
        }
        if self.takes("-") {
            return Ok(Expression::Negative(Box::new(self.deeper(Self::prefixed)?)));
        }
        if self.takes("@") || self.takes("\\") || self.takes("+") {
            return self.deeper(Self::prefixed);
        }
        // `(string) $x`, `(int) $x`: the cast changes nothing that counts here.
        if self.language == Language::Php
            && self.is("(")
            && matches!(self.kind_at(1), Kind::Word(word) if matches!(word.as_str(), "string" | "int" | "bool" | "array"))
            && matches!(self.kind_at(2), Kind::Sign(")"))
        {
            self.at += 3;
            return self.deeper(Self::prefixed);
        }
        match self.word() {
            Some("not") => {
                self.at += 1;
                let level = if self.language == Language::Python {
                    10
                } else {
                    3
                };
                return Ok(Expression::Not(Box::new(
                    self.deeper(|reader| reader.binary(level))?,
                )));
            }
            // Outside of an `async` function it is an error before Node 20.19.
            Some("await") if self.waits => {
                self.at += 1;
                return Ok(Expression::Await(Box::new(self.deeper(Self::prefixed)?)));
            }
            Some("await" | "void" | "typeof" | "yield" | "delete" | "clone") => {
                return Err(self.shown());
            }
            _ => {}
        }
        self.postfix()
    }

    pub(super) fn postfix(&mut self) -> Read<Expression> {
        let first = self.at;
        let mut value = self.primary()?;
        loop {
            self.link()?;
            // JavaScript and Ruby may break a line before a dot.
            let back = self.at;
            if matches!(self.kind(), Kind::Line(_)) {
                self.skip_lines();
                if !self.is(".") && !self.is("?.") {
                    self.at = back;
                    return Ok(value);
                }
            }
            let concatenates = matches!(self.language, Language::Php | Language::Perl);
            if self.is("->")
                || self.is("::")
                || self.is("?.")
                || self.is("?->")
                || (self.is(".") && !concatenates)
            {
                self.at += 1;
                self.skip_lines();
                if self.is("{") || self.is("[") || self.is("(") {
                    continue;
                }
                value = Expression::Member(Box::new(value), self.name()?);
                continue;
            }
            if self.is("(")
                && !(self.language == Language::Ruby && self.apart() && !self.names_call(&value))
            {
                let place = self.name_place(first, &value);
                let arguments = self.arguments()?;
                value = Expression::Call(Box::new(value), arguments, place);
            } else if self.is("[") && !(self.language == Language::Ruby && self.apart()) {
                self.at += 1;
                let index = self.expression()?;
                self.expect("]")?;
                value = Expression::Index(Box::new(value), Box::new(index));
            } else if self.is("{") && self.language == Language::Perl && !self.apart() {
                self.at += 1;
                let key = match self.kind().clone() {
                    Kind::Word(word) if matches!(self.kind_at(1), Kind::Sign("}")) => {
                        self.at += 1;
                        Expression::Text(vec![Part::Text(word)])
                    }
                    _ => self.expression()?,
                };
                self.expect("}")?;
                value = Expression::Index(Box::new(value), Box::new(key));
            } else if self.language == Language::Ruby
                && (self.is("{") || self.is_word("do"))
                && matches!(value, Expression::Call(..) | Expression::Member(..))
                && self.apart()
            {
                value = self.ruby_block(value)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// Where the name of a call stands that begins at this token: all of `requests.get`, the last word of
    /// `fetch(…).then`.
    fn name_place(&self, first: usize, name: &Expression) -> Place {
        let last = self.place_before();
        let whole = |name: &Expression| {
            let mut name = name;
            while let Expression::Member(of, _) = name {
                name = of;
            }
            matches!(name, Expression::Name(_))
        };
        match self.tokens.get(first) {
            Some(token) if whole(name) && !last.is_nowhere() => Place {
                start: token.place.start,
                end: last.end,
            },
            _ => last,
        }
    }

    #[allow(clippy::unused_self)] // It belongs to the reader.
    fn names_call(&self, value: &Expression) -> bool {
        matches!(value, Expression::Name(name) if COMMANDS.contains(&name.as_str()))
    }

    /// `{ |x| … }`, `do |x| … end`: the last argument of the call.
    fn ruby_block(&mut self, call: Expression) -> Read<Expression> {
        let long = self.takes_word("do");
        if !long {
            self.expect("{")?;
        }
        let mut parameters = Vec::new();
        if self.takes("|") {
            while !self.takes("|") {
                parameters.push(self.name()?);
                self.takes(",");
            }
        }
        let body = self.steps(&["end"])?;
        if long && !self.takes_word("end") {
            return Err(self.shown());
        }
        if !long {
            self.expect("}")?;
        }
        let function = Expression::Function(Rc::new(Function {
            parameters,
            body: Self::with_last_value(body),
            asynchronous: false,
        }));
        let last = Argument {
            name: None,
            value: function,
        };
        Ok(match call {
            Expression::Call(function, mut arguments, place) => {
                arguments.push(last);
                Expression::Call(function, arguments, place)
            }
            other => Expression::Call(Box::new(other), vec![last], Place::default()),
        })
    }

    /// Ruby gives back the value of the last statement.
    pub(super) fn with_last_value(mut body: Block) -> Block {
        if let Some(Statement::Expression(_)) = body.last()
            && let Some(Statement::Expression(value)) = body.pop()
        {
            body.push(Statement::Return(Some(value)));
        }
        body
    }

    fn arguments(&mut self) -> Read<Vec<Argument>> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        loop {
            self.skip_lines();
            if self.takes(")") {
                return Ok(arguments);
            }
            arguments.push(self.argument()?);
            self.skip_lines();
            if !self.is(")") {
                self.expect(",")?;
            }
        }
    }

    fn argument(&mut self) -> Read<Argument> {
        let named = match (self.kind(), self.kind_at(1)) {
            (Kind::Word(name), Kind::Sign("=")) if self.language == Language::Python => Some(name),
            (Kind::Word(name), Kind::Sign(":"))
                if matches!(self.language, Language::Ruby | Language::Php) =>
            {
                Some(name)
            }
            (Kind::Word(name), Kind::Sign("=>")) if self.language == Language::Perl => Some(name),
            _ => None,
        };
        let name = named.cloned();
        if name.is_some() {
            self.at += 2;
        }
        let value = if self.language == Language::Ruby && self.takes("&") {
            return Err("&".to_owned());
        } else {
            self.expression()?
        };
        // Python's `any(x for x in y)` and other loops in brackets.
        if self.is_word("for") {
            return Err("for".to_owned());
        }
        Ok(Argument { name, value })
    }

    /// Whether an argument without brackets begins here.
    fn begins_argument(&self) -> bool {
        match self.kind() {
            Kind::Word(word) => !matches!(
                word.as_str(),
                "if" | "unless"
                    | "or"
                    | "and"
                    | "end"
                    | "rescue"
                    | "else"
                    | "elsif"
                    | "then"
                    | "do"
            ),
            Kind::Number(_) | Kind::Text(_) => true,
            Kind::Sign(sign) => {
                matches!(*sign, "!" | "-" | "@" | "[" | "\\") || (*sign == "(" && self.apart())
            }
            _ => false,
        }
    }

    fn primary(&mut self) -> Read<Expression> {
        self.skip_lines();
        match self.kind().clone() {
            Kind::Number(number) => {
                self.at += 1;
                Ok(Expression::Number(number))
            }
            Kind::Text(_) => self.text(),
            Kind::Pattern => {
                self.at += 1;
                Ok(Expression::Pattern)
            }
            Kind::Word(word) => self.named(&word),
            Kind::Sign("(") => self.bracketed(),
            Kind::Sign("[") => {
                self.at += 1;
                let list = self.items("]")?;
                Ok(list)
            }
            Kind::Sign("{") => {
                self.at += 1;
                self.map("}")
            }
            _ => Err(self.shown()),
        }
    }

    fn text(&mut self) -> Read<Expression> {
        let mut parts = Vec::new();
        while let Kind::Text(pieces) = self.kind().clone() {
            self.at += 1;
            for piece in pieces {
                parts.push(match piece {
                    Piece::Text(text) => Part::Text(text),
                    Piece::Unknown => Part::Unknown,
                    Piece::Value(source) => match self.inside(&source) {
                        Some(value) => Part::Value(value),
                        None => return Err(source),
                    },
                });
            }
            // Only Python joins texts that stand side by side.
            if self.language != Language::Python {
                break;
            }
        }
        Ok(Expression::Text(parts))
    }

    /// The expression in a text: `f"{port}"`; how it is to be shown stands behind `:` and `!` and changes nothing.
    fn inside(&mut self, source: &str) -> Option<Expression> {
        let mut tokens = tokens(source, self.language).ok()?;
        for token in &mut tokens {
            token.place = Place::default();
        }
        let mut reader = Reader::new(tokens, self.language);
        reader.depth = self.depth;
        reader.links = self.links;
        if self.language == Language::Python {
            reader.at = 1;
        }
        let value = reader.expression().ok()?;
        self.links = reader.links;
        matches!(reader.kind(), Kind::Line(_) | Kind::Sign(":" | "!")).then_some(value)
    }

    fn named(&mut self, word: &str) -> Read<Expression> {
        self.at += 1;
        let function = self.language == Language::JavaScript || self.language == Language::Php;
        match word {
            "None" | "null" | "nil" | "undef" | "undefined" | "NULL" => {
                return Ok(Expression::Null);
            }
            "True" | "true" | "TRUE" => return Ok(Expression::Bool(true)),
            "False" | "false" | "FALSE" => return Ok(Expression::Bool(false)),
            "new" => {
                // `new` adds nothing but brackets that may be missing.
                let made = if self.is("(") {
                    self.bracketed()?
                } else {
                    let mut made = Expression::Name(self.name()?);
                    while self.takes(".") || self.takes("::") || self.takes("\\") {
                        made = Expression::Member(Box::new(made), self.name()?);
                    }
                    made
                };
                let place = self.place_before();
                let arguments = if self.is("(") {
                    self.arguments()?
                } else {
                    Vec::new()
                };
                return Ok(Expression::Call(Box::new(made), arguments, place));
            }
            "function" | "fn" if function => {
                let parameters = self.parameters()?;
                if word == "fn" {
                    self.expect("=>")?;
                    let value = self.expression()?;
                    return Ok(Self::function(parameters, value, false));
                }
                return self.anonymous(parameters, false);
            }
            "async" if self.takes_word("function") => {
                let parameters = self.parameters()?;
                return self.anonymous(parameters, true);
            }
            "async" if self.language == Language::JavaScript => {
                let parameters = if self.is("(") {
                    self.parameters()?
                } else {
                    vec![self.name()?]
                };
                self.expect("=>")?;
                return self.arrow(parameters, true);
            }
            "my" | "our" => return self.primary(),
            "lambda" | "class" | "for" | "while" | "switch" | "do" | "until" | "match" | "case"
            | "del" | "global" | "static" | "eval" | "sub" | "qw" | "foreach" => {
                return Err(word.to_owned());
            }
            _ => {}
        }
        if self.language == Language::JavaScript && self.takes("=>") {
            return self.arrow(vec![word.to_owned()], false);
        }
        let name = Expression::Name(word.to_owned());
        let bare = matches!(
            self.language,
            Language::Ruby | Language::Php | Language::Perl
        ) && COMMANDS.contains(&word)
            && !(self.is("(") && (!self.apart() || self.language != Language::Ruby))
            && !word.starts_with('$');
        if !bare {
            return Ok(name);
        }
        let place = self.place_before();
        let mut arguments = Vec::new();
        if self.begins_argument() {
            loop {
                let value = self.deeper(|reader| reader.binary(3))?;
                arguments.push(Argument { name: None, value });
                if !self.takes(",") {
                    break;
                }
            }
        }
        Ok(Expression::Call(Box::new(name), arguments, place))
    }

    pub(super) fn anonymous(
        &mut self,
        parameters: Vec<String>,
        asynchronous: bool,
    ) -> Read<Expression> {
        if self.is_word("use") {
            return Err("use".to_owned());
        }
        let body = self.body(asynchronous)?;
        Ok(Expression::Function(Rc::new(Function {
            parameters,
            body,
            asynchronous,
        })))
    }

    fn arrow(&mut self, parameters: Vec<String>, asynchronous: bool) -> Read<Expression> {
        self.skip_lines();
        if self.is("{") {
            return self.anonymous(parameters, asynchronous);
        }
        let outer = std::mem::replace(&mut self.waits, asynchronous);
        let value = self.deeper(|reader| reader.binary(3));
        self.waits = outer;
        Ok(Self::function(parameters, value?, asynchronous))
    }

    /// The body of a function.
    pub(super) fn body(&mut self, asynchronous: bool) -> Read<Block> {
        let outer = std::mem::replace(&mut self.waits, asynchronous);
        let body = self.braces();
        self.waits = outer;
        body
    }

    /// `( … )`: an expression, a list, or the parameters of an arrow.
    fn bracketed(&mut self) -> Read<Expression> {
        if self.language == Language::JavaScript {
            let back = self.at;
            if let Ok(parameters) = self.parameters()
                && self.takes("=>")
            {
                return self.arrow(parameters, false);
            }
            self.at = back;
        }
        self.expect("(")?;
        if self.language == Language::Python {
            return self.items(")");
        }
        let value = self.sequence()?;
        self.skip_lines();
        self.expect(")")?;
        Ok(value)
    }

    /// A list up to its bracket; in round ones, one value without a comma is just that value.
    fn items(&mut self, close: &str) -> Read<Expression> {
        let mut list = Vec::new();
        let mut comma = close == "]";
        loop {
            self.skip_lines();
            if self.takes(close) {
                break;
            }
            let value = self.expression()?;
            if self.language == Language::Php && self.takes("=>") {
                let mut entries = vec![(key_of(&value)?, self.expression()?)];
                self.skip_lines();
                if self.takes(",")
                    && let Expression::Map(more) = self.map(close)?
                {
                    entries.extend(more);
                } else {
                    self.takes(close);
                }
                return Ok(Expression::Map(entries));
            }
            list.push(value);
            self.skip_lines();
            if self.takes(",") {
                comma = true;
            } else if !self.is(close) {
                return Err(self.shown());
            }
        }
        match list.pop() {
            Some(only) if !comma && list.is_empty() => Ok(only),
            Some(last) => {
                list.push(last);
                Ok(Expression::List(list))
            }
            None => Ok(Expression::List(list)),
        }
    }

    fn map(&mut self, close: &str) -> Read<Expression> {
        let mut entries = Vec::new();
        loop {
            self.skip_lines();
            if self.takes(close) {
                return Ok(Expression::Map(entries));
            }
            let key = match self.kind().clone() {
                Kind::Word(word)
                    if matches!(self.kind_at(1), Kind::Sign(":" | "=>" | "," | "}")) =>
                {
                    self.at += 1;
                    word
                }
                _ => {
                    let key = self.deeper(|reader| reader.binary(5))?;
                    key_of(&key)?
                }
            };
            let value = if self.takes(":") || self.takes("=>") {
                self.expression()?
            } else {
                Expression::Name(key.clone())
            };
            entries.push((key, value));
            self.skip_lines();
            if !self.is(close) {
                self.expect(",")?;
            }
        }
    }
}

/// The text of a key.
fn key_of(value: &Expression) -> Read<String> {
    match value {
        Expression::Text(parts) => match parts.as_slice() {
            [Part::Text(text)] => Ok(text.clone()),
            _ => Err("a key".to_owned()),
        },
        Expression::Number(number) => Ok(number.to_string()),
        Expression::Name(name) => Ok(name.clone()),
        _ => Err("a key".to_owned()),
    }
}
