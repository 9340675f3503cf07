//! What a shell script is made of, as one dialect reads it; every node knows its bytes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::text::{Edit, Span, Traced};

use super::spell;

/// Whose reading of the text it is: the three shells that stand behind `/bin/sh` in images, and they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// dash: Debian and Ubuntu; the POSIX grammar and nothing else.
    Dash,
    /// The ash of `BusyBox`: Alpine; POSIX with `[[`, `function`, `&>`, `<( )` and `$'…'`.
    Ash,
    /// bash: also what `sh` is on Red Hat's images. It knows every construct, so it reads what an author meant.
    Bash,
}

/// A script, or the inside of a command substitution. Ranges below it count bytes of `text`.
#[derive(Clone, Debug)]
pub struct Script {
    /// The text that was read.
    pub text: Traced,
    /// What it says.
    pub body: List,
    /// What the shell would refuse, in order of place. Empty for a substitution: the outermost script has them all.
    pub problems: Vec<Problem>,
}

/// Commands one after another.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// In the order in which they start.
    pub items: Vec<Item>,
    /// Where they stand.
    pub range: Range<usize>,
}

/// One member of a list with the `&`, `;` or line end behind it.
#[derive(Clone, Debug)]
pub struct Item {
    /// What runs first.
    pub first: Pipeline,
    /// What follows it by `&&` or `||`, which bind equally and from the left.
    pub rest: Vec<(Join, Pipeline)>,
    /// The `&` that sends it to the background.
    pub background: Option<Range<usize>>,
}

/// An `&&` or `||`.
#[derive(Clone, Debug)]
pub struct Join {
    /// Whether the right side runs after failure (`||`); otherwise after success.
    pub or: bool,
    /// The operator.
    pub range: Range<usize>,
}

/// Commands that are joined by `|`, at least one.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Every `!` before it.
    pub not: Vec<Range<usize>>,
    /// The members.
    pub commands: Vec<Command>,
    /// The operators between them; true for `|&`.
    pub pipes: Vec<(Range<usize>, bool)>,
    /// From the first `!` to the last member.
    pub range: Range<usize>,
}

/// One command, simple or compound.
#[derive(Clone, Debug)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// Redirections in their order; those of a simple command may stand between its words.
    pub redirects: Vec<Redirect>,
    /// Where it stands, redirections included.
    pub range: Range<usize>,
}

/// The kinds of command.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Assignments, then words; either may be missing.
    Simple(Simple),
    /// `( list )`
    Subshell(List),
    /// `{ list; }`
    Group(List),
    /// `if`: conditions with what they guard, then the `else`.
    If(Vec<(List, List)>, Option<List>),
    /// `case`
    Case(Word, Vec<Arm>),
    /// `for name in words`; no words means the arguments of the script.
    For(String, Option<Vec<Word>>, List),
    /// `for (( … ))`: the header as text.
    Count(Box<Word>, List),
    /// `while` or, if true, `until`: condition and body.
    While(bool, List, List),
    /// A function and its body.
    Function(String, Box<Command>),
    /// `[[ … ]]`: its words; operators stand among them as bare words.
    Test(Vec<Word>),
    /// `(( … ))`: its expression.
    Arithmetic(Box<Word>),
}

/// Assignments and words.
#[derive(Clone, Debug, Default)]
pub struct Simple {
    /// What is set, in order.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
}

/// One arm of a `case`.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The patterns.
    pub patterns: Vec<Word>,
    /// What runs.
    pub body: List,
    /// Whether it ends with `;&` or `;;&`, which go on to other arms.
    pub falls: bool,
}

/// `name=value` before a command.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Whether it is `+=`.
    pub append: bool,
    /// The value; several words for an array.
    pub value: Value,
    /// The whole assignment.
    pub range: Range<usize>,
}

/// What is assigned.
#[derive(Clone, Debug)]
pub enum Value {
    /// One word.
    Word(Word),
    /// `( words )`
    Array(Vec<Word>),
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The descriptor that is written before the operator.
    pub fd: Option<String>,
    /// The operator.
    pub kind: RedirectKind,
    /// The file, descriptor, string or here-document delimiter behind it.
    pub target: Word,
    /// The body of a here-document.
    pub body: Option<Arc<OnceLock<Word>>>,
    /// Descriptor, operator and target.
    pub range: Range<usize>,
}

/// The redirection operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Input,
    /// `>` and `>|`
    Output,
    /// `>>`
    Append,
    /// `<>`
    Both,
    /// `<&`
    DuplicateInput,
    /// `>&`; with a file name it is `&>` in bash and ash.
    DuplicateOutput,
    /// `&>`
    OutputAndErrors,
    /// `&>>`
    AppendOutputAndErrors,
    /// `<<<`
    HereString,
    /// `<<` and, without leading tabs, `<<-`
    HereDocument,
}

/// How a part of a word is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// Not at all: fields are split and globs expand.
    Bare,
    /// `'…'`
    Single,
    /// `"…"`, here-documents and arithmetic
    Double,
    /// `$'…'`
    Ansi,
}

/// One word: its bytes, its text after quote removal, and the parts it is made of.
#[derive(Clone, Debug)]
pub struct Word {
    /// The text that the word stands in.
    pub source: Traced,
    /// Where it stands in `source`, quotes included.
    pub range: Range<usize>,
    /// The word after quote removal; every expansion is a variable that nobody knows.
    pub text: Traced,
    /// What it is made of, in order.
    pub parts: Vec<Part>,
    /// Whether a bare `*`, `?` or `[` makes it a pattern for file names; one that matches no file stays as it is.
    pub globs: bool,
    pub(super) known: bool,
}

/// A part of a word.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it stands in the script.
    pub range: Range<usize>,
    /// Which bytes of [`Word::text`] it gave.
    pub at: Range<usize>,
    /// How it is quoted.
    pub quote: Quote,
    /// What it is.
    pub kind: PartKind,
}

/// The kinds of part.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// Text that stands for itself.
    Text,
    /// `$x` and `${x…}`
    Parameter(Parameter),
    /// `$( … )` and backticks
    Command(Box<Script>),
    /// `$(( … ))`: the expression.
    Arithmetic(Box<Word>),
    /// `<( … )` and, if true, `>( … )`
    Process(Box<Script>, bool),
}

/// A parameter expansion.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    /// The name, digit or special character.
    pub name: String,
    /// `${#x}`
    pub length: bool,
    /// `${!x}`
    pub indirect: bool,
    /// `${x[…]}`
    pub indexed: bool,
    /// The operator, for example `:-`, `%%` or `/`; empty where there is none.
    pub operator: &'static str,
    /// What stands behind the operator.
    pub operand: Option<Box<Word>>,
}

/// What a shell would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub range: Range<usize>,
    /// The bytes of the source.
    pub span: Span,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// The kinds of [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// This was opened and never closed: a quote, a substitution, `if`, a here-document.
    Unterminated(&'static str),
    /// This operator or word cannot stand here.
    Unexpected(String),
    /// This should stand here.
    Missing(&'static str),
    /// `${…}` that no shell reads.
    BadSubstitution,
    /// Nested deeper than anybody nests.
    TooDeep,
}

impl Word {
    /// The word, if it says the same in every run. File name patterns count as themselves, as they do where no file
    /// matches.
    pub fn literal(&self) -> Option<&str> {
        self.known.then(|| self.text.as_str())
    }

    /// The source bytes of the whole word, quotes included.
    pub fn span(&self) -> Span {
        self.source.span_of(self.range.clone())
    }

    /// How the word is written, quotes included.
    pub fn raw(&self) -> &str {
        self.source
            .as_str()
            .get(self.range.clone())
            .unwrap_or_default()
    }

    /// Puts a word that says `new` in place of the whole word, quotes and expansions included.
    pub fn replace_whole(&self, new: &str) -> Option<Edit> {
        self.source.replace(self.range.clone(), &spell::quoted(new))
    }
}

impl Script {
    /// Every word in the order of the text, those inside substitutions and here-documents included.
    pub fn words(&self) -> Vec<&Word> {
        let mut found = Vec::new();
        self.body.words(&mut found);
        found
    }
}

impl List {
    fn words<'a>(&'a self, found: &mut Vec<&'a Word>) {
        for pipeline in self.pipelines() {
            for command in &pipeline.commands {
                command.words(found);
            }
        }
    }

    /// Every pipeline of the list, whether or not it would run.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        self.items.iter().flat_map(|item| {
            std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
        })
    }
}

impl Command {
    fn words<'a>(&'a self, found: &mut Vec<&'a Word>) {
        match &self.kind {
            Kind::Simple(simple) => {
                for assignment in &simple.assignments {
                    match &assignment.value {
                        Value::Word(word) => word.collect(found),
                        Value::Array(words) => collect(words, found),
                    }
                }
                collect(&simple.words, found);
            }
            Kind::Subshell(list) | Kind::Group(list) => list.words(found),
            Kind::If(arms, otherwise) => {
                for (condition, body) in arms {
                    condition.words(found);
                    body.words(found);
                }
                if let Some(list) = otherwise {
                    list.words(found);
                }
            }
            Kind::Case(subject, arms) => {
                subject.collect(found);
                for arm in arms {
                    collect(&arm.patterns, found);
                    arm.body.words(found);
                }
            }
            Kind::For(_, words, body) => {
                collect(words.as_deref().unwrap_or_default(), found);
                body.words(found);
            }
            Kind::Count(header, body) => {
                header.collect(found);
                body.words(found);
            }
            Kind::While(_, condition, body) => {
                condition.words(found);
                body.words(found);
            }
            Kind::Function(_, body) => body.words(found),
            Kind::Test(words) => collect(words, found),
            Kind::Arithmetic(word) => word.collect(found),
        }
        for redirect in &self.redirects {
            redirect.target.collect(found);
            if let Some(body) = redirect.body.as_ref().and_then(|body| body.get()) {
                body.collect(found);
            }
        }
    }
}

fn collect<'a>(words: &'a [Word], found: &mut Vec<&'a Word>) {
    for word in words {
        word.collect(found);
    }
}

impl Word {
    fn collect<'a>(&'a self, found: &mut Vec<&'a Word>) {
        found.push(self);
        for part in &self.parts {
            match &part.kind {
                PartKind::Text => {}
                PartKind::Parameter(parameter) => {
                    if let Some(operand) = &parameter.operand {
                        operand.collect(found);
                    }
                }
                PartKind::Command(script) | PartKind::Process(script, _) => {
                    script.body.words(found);
                }
                PartKind::Arithmetic(word) => word.collect(found),
            }
        }
    }
}
