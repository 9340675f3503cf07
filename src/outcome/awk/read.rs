//! Reads the part of awk that decides a status: patterns, conditions, assignments, `print` and `exit`.

/// A rule: when it runs, and what it does.
#[derive(Debug)]
pub(super) struct Rule {
    pub when: When,
    /// None prints the line.
    pub does: Option<Vec<Statement>>,
}

/// When a rule runs.
#[derive(Debug)]
pub(super) enum When {
    Begin,
    End,
    Always,
    If(Expression),
}

#[derive(Debug)]
pub(super) enum Statement {
    Do(Expression),
    If(Expression, Box<Statement>, Option<Box<Statement>>),
    Block(Vec<Statement>),
    /// None prints the line; `printf` is a print of what nobody formats here.
    Print(Vec<Expression>),
    Format(Vec<Expression>),
    Next,
    Exit(Option<Expression>),
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Number(f64),
    Text(String),
    Regex(String),
    Variable(String),
    Field(Box<Expression>),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    /// What is written, which operation, and what it is done with; the result is stored there.
    Assign(Box<Expression>, Option<char>, Box<Expression>),
    /// The value before the change, and the change.
    Behind(Box<Expression>, Box<Expression>),
    Both(Box<Expression>, &'static str, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    /// A function by name and what it is given.
    Call(String, Vec<Expression>),
}

/// More marks than this are not read.
const MOST: usize = 400;

#[derive(Clone, Debug, PartialEq)]
enum Mark {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name with a bracket right behind it.
    Function(String),
    Sign(&'static str),
    /// A new line or `;`.
    Stop,
}

/// Signs, the longest first.
const SIGNS: &[&str] = &[
    "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "!~", "{", "}",
    "(", ")", ",", "!", "~", "<", ">", "=", "+", "-", "*", "/", "%", "?", ":", "$",
];

/// The rules of a program; None where it holds anything else.
pub(super) fn read(program: &str) -> Option<Vec<Rule>> {
    let mut reader = Reader {
        marks: marks(program)?,
        at: 0,
        depth: 0,
    };
    let mut rules = Vec::new();
    loop {
        while reader.takes(&Mark::Stop) {}
        if reader.peek().is_none() {
            return (!rules.is_empty()).then_some(rules);
        }
        rules.push(reader.rule()?);
    }
}

fn marks(program: &str) -> Option<Vec<Mark>> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut rest = program;
    while let Some(first) = rest.chars().next() {
        if marks.len() > MOST {
            return None;
        }
        // A `/` begins a pattern where an operand may stand.
        let operand = match marks.last() {
            None | Some(Mark::Stop) => true,
            Some(Mark::Sign(sign)) => !matches!(*sign, ")" | "$" | "++" | "--"),
            Some(Mark::Name(name)) => is_word(name),
            _ => false,
        };
        match first {
            '\n' | ';' => {
                marks.push(Mark::Stop);
                rest = &rest[1..];
            }
            '\\' => rest = rest[1..].strip_prefix('\n')?,
            '#' => rest = rest.find('\n').map_or("", |end| &rest[end..]),
            _ if first.is_whitespace() => rest = &rest[first.len_utf8()..],
            '"' => {
                let (text, behind) = quoted(&rest[1..], '"')?;
                if text.contains('\\') {
                    return None;
                }
                marks.push(Mark::Text(text.to_owned()));
                rest = behind;
            }
            '/' if operand => {
                let (text, behind) = quoted(&rest[1..], '/')?;
                marks.push(Mark::Regex(text.replace("\\/", "/")));
                rest = behind;
            }
            '0'..='9' | '.' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_digit() && c != '.')
                    .unwrap_or(rest.len());
                marks.push(Mark::Number(rest[..end].parse().ok()?));
                rest = &rest[end..];
                if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                    return None;
                }
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let name = rest[..end].to_owned();
                rest = &rest[end..];
                marks.push(if rest.starts_with('(') && !is_word(&name) {
                    Mark::Function(name)
                } else {
                    Mark::Name(name)
                });
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
                marks.push(Mark::Sign(sign));
                rest = &rest[sign.len()..];
            }
        }
    }
    Some(marks)
}

/// The text up to the sign that ends it, and what stands behind that.
fn quoted(text: &str, end: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == end => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// Words of the language that are followed by an operand or a statement.
fn is_word(name: &str) -> bool {
    matches!(
        name,
        "BEGIN"
            | "END"
            | "if"
            | "else"
            | "exit"
            | "print"
            | "printf"
            | "next"
            | "in"
            | "getline"
            | "while"
            | "for"
            | "do"
            | "return"
            | "delete"
            | "function"
            | "func"
            | "break"
            | "continue"
            | "nextfile"
            | "switch"
            | "case"
    )
}

struct Reader {
    marks: Vec<Mark>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Mark> {
        self.marks.get(self.at)
    }

    fn takes(&mut self, mark: &Mark) -> bool {
        let is = self.peek() == Some(mark);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        self.takes(&Mark::Sign(sign))
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Mark::Name(name)) if name == word);
        self.at += usize::from(is);
        is
    }

    /// The first of these signs that stands here.
    fn one_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.sign(sign))
    }

    fn is_one_of(&self, signs: &[&'static str]) -> bool {
        matches!(self.peek(), Some(Mark::Sign(sign)) if signs.contains(sign))
    }

    fn rule(&mut self) -> Option<Rule> {
        let when = if self.word("BEGIN") {
            When::Begin
        } else if self.word("END") {
            When::End
        } else if self.peek() == Some(&Mark::Sign("{")) {
            When::Always
        } else {
            When::If(self.expression()?)
        };
        let does = if self.sign("{") {
            Some(self.block()?)
        } else {
            None
        };
        let ends = matches!(self.peek(), None | Some(Mark::Stop)) || does.is_some();
        let bare = does.is_none() && matches!(when, When::Begin | When::End);
        (ends && !bare).then_some(Rule { when, does })
    }

    /// Statements up to the `}`.
    fn block(&mut self) -> Option<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.takes(&Mark::Stop) {}
            if self.sign("}") {
                return Some(statements);
            }
            statements.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Option<Statement> {
        self.depth += 1;
        if self.depth > 40 {
            return None;
        }
        let statement = self.any_statement();
        self.depth -= 1;
        statement
    }

    fn any_statement(&mut self) -> Option<Statement> {
        if self.sign("{") {
            return Some(Statement::Block(self.block()?));
        }
        if self.word("if") {
            if !self.sign("(") {
                return None;
            }
            let condition = self.expression()?;
            if !self.sign(")") {
                return None;
            }
            while self.takes(&Mark::Stop) {}
            let then = Box::new(self.statement()?);
            // The `;` before an `else` belongs to what came before.
            let before = self.at;
            while self.takes(&Mark::Stop) {}
            let otherwise = if self.word("else") {
                while self.takes(&Mark::Stop) {}
                Some(Box::new(self.statement()?))
            } else {
                self.at = before;
                None
            };
            return Some(Statement::If(condition, then, otherwise));
        }
        let statement = if self.word("next") {
            Statement::Next
        } else if self.word("exit") {
            Statement::Exit(if self.ends() {
                None
            } else {
                Some(self.expression()?)
            })
        } else if self.word("print") {
            Statement::Print(self.printed()?)
        } else if self.word("printf") {
            Statement::Format(self.printed()?)
        } else {
            Statement::Do(self.expression()?)
        };
        self.ends().then_some(statement)
    }

    /// Whether a statement may end here.
    fn ends(&self) -> bool {
        matches!(self.peek(), None | Some(Mark::Stop | Mark::Sign("}")))
    }

    /// What is printed; a redirection is a comparison to this reader, and so is not read.
    fn printed(&mut self) -> Option<Vec<Expression>> {
        let mut all = Vec::new();
        if self.ends() {
            return Some(all);
        }
        loop {
            let before = self.at;
            all.push(self.expression()?);
            let part = self.marks.get(before..self.at)?;
            if part.contains(&Mark::Sign(">")) {
                return None;
            }
            if !self.sign(",") {
                return Some(all);
            }
        }
    }

    fn expression(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > 40 {
            return None;
        }
        let expression = self.assignment();
        self.depth -= 1;
        expression
    }

    fn assignment(&mut self) -> Option<Expression> {
        let left = self.choice()?;
        let Some(sign) = self.one_of(&["=", "+=", "-=", "*=", "/=", "%="]) else {
            return Some(left);
        };
        if !is_place(&left) {
            return None;
        }
        let operation = Some(sign).filter(|sign| sign.len() == 2);
        let right = self.expression()?;
        Some(Expression::Assign(
            Box::new(left),
            operation.and_then(|sign| sign.chars().next()),
            Box::new(right),
        ))
    }

    fn choice(&mut self) -> Option<Expression> {
        let condition = self.joined(0)?;
        if !self.sign("?") {
            return Some(condition);
        }
        let yes = self.expression()?;
        if !self.sign(":") {
            return None;
        }
        let no = self.expression()?;
        Some(Expression::Choice(
            Box::new(condition),
            Box::new(yes),
            Box::new(no),
        ))
    }

    /// `||`, `&&`, `~`, comparisons, text beside text, sums and products: from the loosest to the closest.
    fn joined(&mut self, level: usize) -> Option<Expression> {
        const LEVELS: &[&[&str]] = &[
            &["||"],
            &["&&"],
            &["!~", "~"],
            &["==", "!=", "<=", ">=", "<", ">"],
            &[],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(signs) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.joined(level + 1)?;
        loop {
            if signs.is_empty() {
                if !self.begins_operand() {
                    return Some(left);
                }
                let right = self.joined(level + 1)?;
                left = Expression::Both(Box::new(left), " ", Box::new(right));
                continue;
            }
            let Some(sign) = self.one_of(signs) else {
                return Some(left);
            };
            // Makes do not agree how far a bare `!` reaches, nor on comparisons in a row.
            let compares = matches!(level, 2 | 3);
            let right = self.joined(level + 1)?;
            if compares && (matches!(left, Expression::Not(_)) || self.is_one_of(signs)) {
                return None;
            }
            left = Expression::Both(Box::new(left), sign, Box::new(right));
        }
    }

    /// Whether an operand stands here that would be written beside another.
    fn begins_operand(&self) -> bool {
        match self.peek() {
            Some(Mark::Number(_) | Mark::Text(_) | Mark::Function(_) | Mark::Sign("$" | "(")) => {
                true
            }
            Some(Mark::Name(name)) => !is_word(name),
            _ => false,
        }
    }

    fn unary(&mut self) -> Option<Expression> {
        if self.sign("!") {
            return Some(Expression::Not(Box::new(self.unary()?)));
        }
        if self.sign("-") {
            return Some(Expression::Minus(Box::new(self.unary()?)));
        }
        let one = || Box::new(Expression::Number(1.0));
        if let Some(sign) = self.one_of(&["++", "--"]) {
            let place = self.primary().filter(is_place)?;
            return Some(Expression::Assign(
                Box::new(place),
                sign.chars().next(),
                one(),
            ));
        }
        let operand = self.primary()?;
        if is_place(&operand)
            && let Some(sign) = self.one_of(&["++", "--"])
        {
            let change = Expression::Assign(Box::new(operand.clone()), sign.chars().next(), one());
            return Some(Expression::Behind(Box::new(operand), Box::new(change)));
        }
        Some(operand)
    }

    fn primary(&mut self) -> Option<Expression> {
        let mark = self.peek()?.clone();
        self.at += 1;
        Some(match mark {
            Mark::Number(number) => Expression::Number(number),
            Mark::Text(text) => Expression::Text(text),
            Mark::Regex(text) => Expression::Regex(text),
            Mark::Name(name) if name == "length" => Expression::Call(name, Vec::new()),
            Mark::Name(name) if !is_word(&name) => Expression::Variable(name),
            Mark::Function(name) => {
                let mut given = Vec::new();
                self.at += 1;
                while !self.sign(")") {
                    given.push(self.expression()?);
                    if !self.sign(",") && self.peek() != Some(&Mark::Sign(")")) {
                        return None;
                    }
                }
                Expression::Call(name, given)
            }
            Mark::Sign("$") => Expression::Field(Box::new(self.primary()?)),
            Mark::Sign("(") => {
                let inner = self.expression()?;
                if !self.sign(")") {
                    return None;
                }
                inner
            }
            _ => return None,
        })
    }
}

/// Whether a value may be stored there.
fn is_place(expression: &Expression) -> bool {
    matches!(expression, Expression::Variable(_) | Expression::Field(_))
}
