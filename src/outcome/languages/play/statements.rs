//! Statements, and how an error finds its handler.

use std::rc::Rc;

use super::super::token::Place;
use super::super::tree::{Block, Expression, Handler, Statement};
use super::super::value::{Error, Go, Scope, Stop, Value};
use super::super::{Language, php, python, ruby};
use super::{Given, Loss, Play};

impl Play<'_> {
    pub fn block(&mut self, block: &Block, scope: &Rc<Scope>) -> Go<()> {
        for statement in block {
            self.statement(statement, scope)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement, scope: &Rc<Scope>) -> Go<()> {
        match statement {
            Statement::Nothing => {}
            Statement::Expression(value) => {
                self.value(value, scope)?;
            }
            Statement::If(condition, then, otherwise) => {
                if self.holds(condition, scope)? {
                    self.block(then, scope)?;
                } else {
                    self.block(otherwise, scope)?;
                }
            }
            Statement::Return(value) => {
                let value = match value {
                    Some(value) => self.value(value, scope)?,
                    None => Value::Null,
                };
                return Err(Stop::Return(value));
            }
            Statement::Assert(claim) => {
                if !self.holds(claim, scope)? {
                    let kinds = ["AssertionError", "Exception", "BaseException"];
                    return Err(Stop::raise(&kinds, "`assert` does not hold"));
                }
            }
            Statement::Raise(error) => return Err(self.raised(error.as_ref(), scope)?),
            Statement::Import { module, name } => {
                if self.language == Language::Python {
                    python::import(module)?;
                }
                self.imported.insert(module.clone());
                if let Some((name, stands_for)) = name {
                    scope.declare(name, Value::Path(stands_for.clone()));
                }
            }
            Statement::Bind(value, name) => {
                let value = self.value(value, scope)?;
                if let Some(name) = name {
                    scope.declare(name, value);
                }
            }
            Statement::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                let tried = self.tried(body, handlers, otherwise, scope);
                if let Err(Stop::Hang | Stop::Unknown(_)) = tried {
                    return tried;
                }
                // What ends the process does not come back, except where it is an error like others.
                if let Err(Stop::Exit(_)) = tried {
                    return tried;
                }
                self.block(finally, scope)?;
                return tried;
            }
        }
        Ok(())
    }

    fn tried(
        &mut self,
        body: &Block,
        handlers: &[Handler],
        otherwise: &Block,
        scope: &Rc<Scope>,
    ) -> Go<()> {
        let error = match self.block(body, scope) {
            Ok(()) => return self.block(otherwise, scope),
            Err(Stop::Raise(error)) => error,
            Err(stop) => return Err(stop),
        };
        for handler in handlers {
            if !self.takes(handler, &error, scope)? {
                continue;
            }
            if let Some(name) = &handler.name {
                scope.declare(name, Value::Error(Rc::clone(&error)));
            }
            self.swallowed(handler.word, handler.place, &error);
            let outer = self.handling.replace(Rc::clone(&error));
            let ended = self.block(&handler.body, scope);
            self.handling = outer;
            return ended;
        }
        Err(Stop::Raise(error))
    }

    /// An error was caught: whoever ends with 0 from here on hides it.
    pub fn swallowed(&mut self, word: &str, place: Place, error: &Error) {
        if error.exit.is_some() {
            self.failed = Some(format!(
                "`{word}` without a class catches the exit as well, since it is an error like others"
            ));
        } else {
            self.failed.get_or_insert_with(|| error.why.clone());
        }
        self.lost = Some(Loss {
            word: word.to_owned(),
            place,
            why: format!("`{word}` takes the error, and nothing fails behind it"),
        });
    }

    /// The call that is being made fails, and nothing says so. `does` follows its name.
    pub fn loses(&mut self, word: &str, does: &str) {
        self.lost = Some(Loss {
            word: word.to_owned(),
            place: self.here,
            why: format!("`{word}` {does}"),
        });
    }

    /// Whether the handler is for this error.
    fn takes(&mut self, handler: &Handler, error: &Error, scope: &Rc<Scope>) -> Go<bool> {
        if handler.kinds.is_empty() {
            return Ok(match self.language {
                Language::Ruby => error.kinds.iter().any(|kind| kind == "StandardError"),
                _ => true,
            });
        }
        for kind in &handler.kinds {
            let Value::Path(path) = self.value(kind, scope)? else {
                return Err(Stop::Unknown(format!(
                    "nobody knows what `{}` takes",
                    handler.word
                )));
            };
            let known = match self.language {
                Language::Python => python::class(&path),
                Language::Ruby => ruby::class(&path),
                _ => php::class(&path),
            };
            let Some(class) = known else {
                return Err(Stop::unread(path));
            };
            if error.kinds.iter().any(|kind| *kind == class) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What `raise x` and `throw x` come to.
    fn raised(&mut self, error: Option<&Expression>, scope: &Rc<Scope>) -> Go<Stop> {
        let Some(error) = error else {
            return match &self.handling {
                Some(error) => Ok(Stop::Raise(Rc::clone(error))),
                None => Err(Stop::unread("raise")),
            };
        };
        match self.value(error, scope)? {
            Value::Error(error) => Ok(Stop::Raise(error)),
            // The class alone stands for a new error of it.
            Value::Path(path) => match self.call_path(&path, &Given::default())? {
                Value::Error(error) => Ok(Stop::Raise(error)),
                _ => Err(Stop::unread(path)),
            },
            _ if self.language == Language::JavaScript => {
                Ok(Stop::raise(&["Error"], "`throw` raises an error"))
            }
            _ => Err(Stop::unread("raise")),
        }
    }
}
