//! Python: statements are lines, and what hangs from one is indented further.

use std::rc::Rc;

use super::super::tree::{Block, Expression, Function, Handler, Statement};
use super::{Kind, Read, Reader};

/// Statements that must begin a line: behind a `;` or a `:` Python refuses the whole script.
const COMPOUND: &[&str] = &["class", "def", "for", "if", "try", "while", "with"];

impl Reader {
    /// The statements that are indented at least so far.
    pub(super) fn lines_of(&mut self, least: usize) -> Read<Block> {
        let mut block = Block::new();
        let mut own = None;
        while let Kind::Line(indent) = *self.kind() {
            if matches!(self.kind_at(1), Kind::End) {
                self.at += 1;
                break;
            }
            if indent < least || own.is_some_and(|own| indent < own) {
                break;
            }
            if own.is_some_and(|own| indent != own) {
                return Err("an indented line".to_owned());
            }
            own = Some(indent);
            self.at += 1;
            self.line(indent, &mut block)?;
        }
        Ok(block)
    }

    /// One line, with all that hangs from it.
    fn line(&mut self, indent: usize, block: &mut Block) -> Read<()> {
        loop {
            let behind = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
            let compound = self.word().is_some_and(|word| COMPOUND.contains(&word));
            if compound && !behind.is_some_and(|token| matches!(token.kind, Kind::Line(_))) {
                self.broken = self.tokens.get(self.at).map(|token| token.place);
                return Err(self.shown());
            }
            let step = match self.word() {
                Some("if") => self.python_if(indent)?,
                Some("try") => self.python_try(indent)?,
                Some("with") => {
                    self.at += 1;
                    loop {
                        let value = self.expression()?;
                        let name = self.takes_word("as").then(|| self.name()).transpose()?;
                        block.push(Statement::Bind(value, name));
                        if !self.takes(",") {
                            break;
                        }
                    }
                    let inner = self.suite(indent)?;
                    block.extend(inner);
                    return Ok(());
                }
                Some("def") => {
                    self.at += 1;
                    let name = self.name()?;
                    let parameters = self.parameters()?;
                    let body = self.suite(indent)?;
                    Self::defined(name, parameters, body)
                }
                Some("import" | "from") => {
                    self.python_import(block)?;
                    Statement::Nothing
                }
                _ => self.simple()?,
            };
            block.push(step);
            if self.is(";") {
                self.at += 1;
                if !matches!(self.kind(), Kind::Line(_) | Kind::End) {
                    continue;
                }
            }
            return match self.kind() {
                Kind::Line(_) | Kind::End => Ok(()),
                _ => Err(self.shown()),
            };
        }
    }

    fn defined(name: String, parameters: Vec<String>, body: Block) -> Statement {
        Statement::Expression(Expression::Assign(
            Box::new(Expression::Name(name)),
            "=",
            Box::new(Expression::Function(Rc::new(Function {
                parameters,
                body,
                asynchronous: false,
            }))),
        ))
    }

    /// What follows a colon: the rest of the line, or the lines that are indented further.
    fn suite(&mut self, indent: usize) -> Read<Block> {
        self.expect(":")?;
        if matches!(self.kind(), Kind::Line(_)) {
            return self.deeper(|reader| reader.lines_of(indent + 1));
        }
        let mut block = Block::new();
        self.deeper(|reader| reader.line(indent, &mut block))?;
        Ok(block)
    }

    /// Whether the next line goes on with this word at this indentation.
    fn goes_on_with(&mut self, indent: usize, word: &str) -> bool {
        let here = matches!(self.kind(), Kind::Line(found) if *found == indent)
            && matches!(self.kind_at(1), Kind::Word(found) if found == word);
        self.at += 2 * usize::from(here);
        here
    }

    fn python_if(&mut self, indent: usize) -> Read<Statement> {
        self.at += 1;
        let condition = self.expression()?;
        let then = self.suite(indent)?;
        let otherwise = if self.goes_on_with(indent, "elif") {
            self.at -= 1;
            vec![self.deeper(|reader| reader.python_if(indent))?]
        } else if self.goes_on_with(indent, "else") {
            self.suite(indent)?
        } else {
            Block::new()
        };
        Ok(Statement::If(condition, then, otherwise))
    }

    fn python_try(&mut self, indent: usize) -> Read<Statement> {
        self.at += 1;
        let body = self.suite(indent)?;
        let mut handlers = Vec::new();
        while self.goes_on_with(indent, "except") {
            let place = self.place_before();
            let mut kinds = Vec::new();
            if !self.is(":") {
                match self.expression()? {
                    Expression::List(list) => kinds = list,
                    kind => kinds.push(kind),
                }
            }
            let name = self.takes_word("as").then(|| self.name()).transpose()?;
            let body = self.suite(indent)?;
            handlers.push(Handler {
                word: "except",
                place,
                kinds,
                name,
                body,
            });
        }
        let otherwise = if self.goes_on_with(indent, "else") {
            self.suite(indent)?
        } else {
            Block::new()
        };
        let finally = if self.goes_on_with(indent, "finally") {
            self.suite(indent)?
        } else {
            Block::new()
        };
        Ok(Statement::Try {
            body,
            handlers,
            otherwise,
            finally,
        })
    }

    fn dotted(&mut self) -> Read<String> {
        let mut path = self.name()?;
        while self.takes(".") {
            path = format!("{path}.{}", self.name()?);
        }
        Ok(path)
    }

    fn python_import(&mut self, block: &mut Block) -> Read<()> {
        let from = self.takes_word("from");
        let base = if from { Some(self.dotted()?) } else { None };
        if !self.takes_word("import") {
            return Err(self.shown());
        }
        let bracket = from && self.takes("(");
        loop {
            let path = self.dotted()?;
            let alias = self.takes_word("as").then(|| self.name()).transpose()?;
            let first = path.split('.').next().unwrap_or_default().to_owned();
            let (module, name, stands_for) = match (&base, alias) {
                (Some(base), alias) => (
                    base.clone(),
                    alias.unwrap_or_else(|| path.clone()),
                    format!("{base}.{path}"),
                ),
                (None, Some(alias)) => (path.clone(), alias, path),
                (None, None) => (path, first.clone(), first),
            };
            block.push(Statement::Import {
                module,
                name: Some((name, stands_for)),
            });
            if !self.takes(",") || (bracket && self.is(")")) {
                break;
            }
        }
        if bracket {
            self.expect(")")?;
        }
        Ok(())
    }

    /// A statement of Python that holds no others.
    fn simple(&mut self) -> Read<Statement> {
        Ok(match self.word() {
            Some("pass") => {
                self.at += 1;
                Statement::Nothing
            }
            Some("return") => {
                self.at += 1;
                let ends = matches!(self.kind(), Kind::Line(_) | Kind::End) || self.is(";");
                Statement::Return(if ends { None } else { Some(self.expression()?) })
            }
            Some("raise") => {
                self.at += 1;
                let ends = matches!(self.kind(), Kind::Line(_) | Kind::End) || self.is(";");
                let error = if ends { None } else { Some(self.expression()?) };
                if self.takes_word("from") {
                    self.expression()?;
                }
                Statement::Raise(error)
            }
            Some("assert") => {
                self.at += 1;
                let claim = self.expression()?;
                if self.takes(",") {
                    self.expression()?;
                }
                Statement::Assert(claim)
            }
            _ => Statement::Expression(self.list_or_one()?),
        })
    }

    /// `a, b` without brackets, or one expression; then perhaps an assignment.
    fn list_or_one(&mut self) -> Read<Expression> {
        let first = self.expression()?;
        if !self.is(",") {
            return self.assigned(first);
        }
        let mut list = vec![first];
        while self.takes(",") {
            list.push(self.expression()?);
        }
        self.assigned(Expression::List(list))
    }

    fn assigned(&mut self, target: Expression) -> Read<Expression> {
        for operator in ["=", "+=", "-="] {
            if self.takes(operator) {
                let value = self.list_or_one()?;
                return Ok(Expression::Assign(
                    Box::new(target),
                    operator,
                    Box::new(value),
                ));
            }
        }
        Ok(target)
    }
}
