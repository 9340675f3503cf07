//! JavaScript, PHP, Ruby and Perl: statements stand between signs and words.

use std::rc::Rc;

use super::super::Language;
use super::super::tree::{Block, Expression, Function, Handler, Statement};
use super::{Kind, Read, Reader};

impl Reader {
    /// Statements up to one of these words, or to a closing brace.
    pub(super) fn steps(&mut self, ends: &[&str]) -> Read<Block> {
        self.deeper(|reader| reader.steps_inside(ends))
    }

    fn steps_inside(&mut self, ends: &[&str]) -> Read<Block> {
        let mut block = Block::new();
        loop {
            while self.is(";") || matches!(self.kind(), Kind::Line(_)) {
                self.at += 1;
            }
            let ended = self.word().is_some_and(|word| ends.contains(&word));
            if ended || self.is("}") || matches!(self.kind(), Kind::End) {
                return Ok(block);
            }
            let step = self.step(&mut block)?;
            block.push(step);
            let closed = self.is(";")
                || self.is("}")
                || matches!(self.kind(), Kind::Line(_) | Kind::End)
                || self.word().is_some_and(|word| ends.contains(&word))
                || self.ended_with_brace();
            if !closed {
                return Err(self.shown());
            }
        }
    }

    fn ended_with_brace(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].kind == Kind::Sign("}")
    }

    fn step(&mut self, block: &mut Block) -> Read<Statement> {
        let word = self.word().unwrap_or_default().to_owned();
        let is_ruby = self.language == Language::Ruby;
        let step = match word.as_str() {
            "if" if !is_ruby => return self.brace_if(),
            "if" | "unless" if is_ruby => return self.ruby_if(),
            "begin" if is_ruby => return self.ruby_begin(),
            "try" if !is_ruby => return self.brace_try(),
            "function" | "async"
                if matches!(self.kind_at(1), Kind::Word(name) if name != "function")
                    && !self.arrow_follows() =>
            {
                self.at += 1;
                return self.named_function(false);
            }
            "async"
                if matches!(self.kind_at(1), Kind::Word(name) if name == "function")
                    && matches!(self.kind_at(2), Kind::Word(_)) =>
            {
                self.at += 2;
                return self.named_function(true);
            }
            "const" | "let" | "var" | "my" | "our" => {
                self.at += 1;
                return self.declarations(block);
            }
            "use" if self.language == Language::Perl => {
                self.at += 1;
                let mut module = String::new();
                while let Some(word) = self.word() {
                    module.push_str(word);
                    self.at += 1;
                    if self.takes("::") {
                        module.push('.');
                    }
                }
                if module == "strict" {
                    return Err(module);
                }
                // What it is to bring by name.
                while !self.is(";") && !matches!(self.kind(), Kind::Line(_) | Kind::End) {
                    self.at += 1;
                }
                return Ok(Statement::Import { module, name: None });
            }
            "return" => {
                self.at += 1;
                let ends = self.is(";")
                    || self.is("}")
                    || matches!(self.kind(), Kind::Line(_) | Kind::End);
                Statement::Return(if ends { None } else { Some(self.sequence()?) })
            }
            "throw" => {
                self.at += 1;
                Statement::Raise(Some(self.expression()?))
            }
            "{" => return Err("{".to_owned()),
            _ => Statement::Expression(self.sequence()?),
        };
        self.modified(step)
    }

    /// `step if condition`, `step unless condition`
    fn modified(&mut self, step: Statement) -> Read<Statement> {
        if !matches!(self.language, Language::Ruby | Language::Perl) {
            return Ok(step);
        }
        if self.takes_word("if") {
            let condition = self.expression()?;
            return Ok(Statement::If(condition, vec![step], Block::new()));
        }
        if self.takes_word("unless") {
            let condition = self.expression()?;
            return Ok(Statement::If(condition, Block::new(), vec![step]));
        }
        if self.language == Language::Ruby && self.takes_word("rescue") {
            let place = self.place_before();
            let instead = self.expression()?;
            return Ok(Statement::Try {
                body: vec![step],
                handlers: vec![Handler {
                    word: "rescue",
                    place,
                    kinds: Vec::new(),
                    name: None,
                    body: vec![Statement::Expression(instead)],
                }],
                otherwise: Block::new(),
                finally: Block::new(),
            });
        }
        Ok(step)
    }

    pub(super) fn braces(&mut self) -> Read<Block> {
        self.skip_lines();
        self.expect("{")?;
        let block = self.steps(&[])?;
        self.expect("}")?;
        Ok(block)
    }

    fn braces_or_step(&mut self) -> Read<Block> {
        self.skip_lines();
        if self.is("{") {
            return self.braces();
        }
        let mut block = Block::new();
        let step = self.deeper(|reader| reader.step(&mut block))?;
        block.push(step);
        Ok(block)
    }

    fn brace_if(&mut self) -> Read<Statement> {
        self.at += 1;
        self.expect("(")?;
        let condition = self.sequence()?;
        self.expect(")")?;
        let then = self.braces_or_step()?;
        let back = self.at;
        while self.is(";") || matches!(self.kind(), Kind::Line(_)) {
            self.at += 1;
        }
        if self.is_word("elseif") || self.is_word("elsif") {
            return Ok(Statement::If(
                condition,
                then,
                vec![self.deeper(Self::brace_if)?],
            ));
        }
        if self.takes_word("else") {
            return Ok(Statement::If(condition, then, self.braces_or_step()?));
        }
        self.at = back;
        Ok(Statement::If(condition, then, Block::new()))
    }

    fn brace_try(&mut self) -> Read<Statement> {
        self.at += 1;
        let body = self.braces()?;
        let mut handlers = Vec::new();
        let mut finally = Block::new();
        loop {
            self.skip_lines();
            if self.takes_word("catch") {
                let place = self.place_before();
                let mut kinds = Vec::new();
                let mut name = None;
                if self.takes("(") {
                    loop {
                        self.takes("\\");
                        let word = self.name()?;
                        if word.starts_with('$') || self.language == Language::JavaScript {
                            name = Some(word);
                        } else {
                            kinds.push(Expression::Name(word));
                            self.takes("|");
                        }
                        if self.takes(")") {
                            break;
                        }
                    }
                }
                let body = self.braces()?;
                handlers.push(Handler {
                    word: "catch",
                    place,
                    kinds,
                    name,
                    body,
                });
            } else if self.takes_word("finally") {
                finally = self.braces()?;
            } else {
                break;
            }
        }
        Ok(Statement::Try {
            body,
            handlers,
            otherwise: Block::new(),
            finally,
        })
    }

    fn ruby_if(&mut self) -> Read<Statement> {
        let unless = self.is_word("unless");
        self.at += 1;
        let condition = self.expression()?;
        self.takes_word("then");
        let then = self.steps(&["elsif", "else", "end"])?;
        let otherwise = if self.is_word("elsif") {
            vec![self.deeper(Self::ruby_if)?]
        } else {
            let otherwise = if self.takes_word("else") {
                self.steps(&["end"])?
            } else {
                Block::new()
            };
            if !self.takes_word("end") {
                return Err(self.shown());
            }
            otherwise
        };
        Ok(if unless {
            Statement::If(condition, otherwise, then)
        } else {
            Statement::If(condition, then, otherwise)
        })
    }

    fn ruby_begin(&mut self) -> Read<Statement> {
        const ENDS: &[&str] = &["rescue", "else", "ensure", "end"];
        self.at += 1;
        let body = self.steps(ENDS)?;
        let mut handlers = Vec::new();
        while self.takes_word("rescue") {
            let place = self.place_before();
            let mut kinds = Vec::new();
            let mut name = None;
            while !matches!(self.kind(), Kind::Line(_)) && !self.is(";") && !self.is_word("then") {
                if self.takes("=>") {
                    name = Some(self.name()?);
                    break;
                }
                kinds.push(self.postfix()?);
                self.takes(",");
            }
            self.takes_word("then");
            let body = self.steps(ENDS)?;
            handlers.push(Handler {
                word: "rescue",
                place,
                kinds,
                name,
                body,
            });
        }
        let otherwise = if self.takes_word("else") {
            self.steps(ENDS)?
        } else {
            Block::new()
        };
        let finally = if self.takes_word("ensure") {
            self.steps(ENDS)?
        } else {
            Block::new()
        };
        if !self.takes_word("end") {
            return Err(self.shown());
        }
        Ok(Statement::Try {
            body,
            handlers,
            otherwise,
            finally,
        })
    }

    fn arrow_follows(&self) -> bool {
        matches!(self.kind_at(2), Kind::Sign("=>"))
    }

    fn named_function(&mut self, asynchronous: bool) -> Read<Statement> {
        let name = self.name()?;
        let parameters = self.parameters()?;
        let body = self.body(asynchronous)?;
        Ok(Statement::Expression(Expression::Assign(
            Box::new(Expression::Name(name)),
            "=",
            Box::new(Expression::Function(Rc::new(Function {
                parameters,
                body,
                asynchronous,
            }))),
        )))
    }

    /// `const a = 1, { get } = require('http')`
    fn declarations(&mut self, block: &mut Block) -> Read<Statement> {
        loop {
            self.skip_lines();
            if self.takes("{") {
                let mut names = Vec::new();
                while !self.takes("}") {
                    names.push(self.name()?);
                    self.takes(",");
                }
                self.expect("=")?;
                let value = self.expression()?;
                for name in names {
                    block.push(Statement::Expression(Expression::Assign(
                        Box::new(Expression::Name(name.clone())),
                        "=",
                        Box::new(Expression::Member(Box::new(value.clone()), name)),
                    )));
                }
            } else {
                let name = self.name()?;
                let value = if self.takes("=") {
                    self.skip_lines();
                    self.expression()?
                } else {
                    Expression::Null
                };
                block.push(Statement::Expression(Expression::Assign(
                    Box::new(Expression::Name(name)),
                    "=",
                    Box::new(value),
                )));
            }
            if !self.takes(",") {
                break;
            }
        }
        match block.pop() {
            Some(last) => self.modified(last),
            None => Ok(Statement::Nothing),
        }
    }
}
