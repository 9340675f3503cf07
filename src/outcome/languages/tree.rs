//! What a script does, in the few forms that the five languages share.

use std::rc::Rc;

use super::token::Place;

/// Statements in order.
pub(super) type Block = Vec<Statement>;

/// A function with its body.
#[derive(Debug)]
pub(super) struct Function {
    pub parameters: Vec<String>,
    pub body: Block,
    /// Its calls give a promise.
    pub asynchronous: bool,
}

/// What a text is put together from.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Value(Expression),
    Unknown,
}

/// Something that has a value.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Null,
    Bool(bool),
    Number(f64),
    Text(Vec<Part>),
    /// A regular expression.
    Pattern,
    Name(String),
    Member(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    /// The place is that of the name.
    Call(Box<Expression>, Vec<Argument>, Place),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    /// `condition ? then : otherwise`
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Assign(Box<Expression>, &'static str, Box<Expression>),
    List(Vec<Expression>),
    /// Keys that are words or texts, and their values.
    Map(Vec<(String, Expression)>),
    Function(Rc<Function>),
    Await(Box<Expression>),
}

/// One argument of a call, with its name where it has one.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub name: Option<String>,
    pub value: Expression,
}

/// What happens to an error.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    /// As it is written, for messages: `except`, `catch`.
    pub word: &'static str,
    pub place: Place,
    /// Which errors it takes; none is what the language takes by itself.
    pub kinds: Vec<Expression>,
    pub name: Option<String>,
    pub body: Block,
}

/// A step.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Expression(Expression),
    If(Expression, Block, Block),
    Try {
        body: Block,
        handlers: Vec<Handler>,
        otherwise: Block,
        finally: Block,
    },
    Return(Option<Expression>),
    Raise(Option<Expression>),
    Assert(Expression),
    /// A module is brought, and a name stands for something of it: `import urllib.request as u`.
    Import {
        module: String,
        name: Option<(String, String)>,
    },
    /// `with expression as name`
    Bind(Expression, Option<String>),
    Nothing,
}
