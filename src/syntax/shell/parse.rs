//! Commands: every text gives a tree, and what a shell would refuse is written down beside it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::text::{Filling, HOLE, Traced};

use super::tree::{
    Arm, Assignment, Command, Dialect, Item, Join, Kind, List, Pipeline, Problem, ProblemKind,
    Redirect, RedirectKind, Script, Simple, Value, Word,
};

/// Deeper nesting than this ends the reading; nobody writes it, and the stack must hold.
const DEPTH: usize = 60;
/// A text that is no shell at all needs no longer list of what is wrong with it.
const PROBLEMS: usize = 50;

/// Reads `text` as a shell of this dialect does. Every text gives a tree.
pub fn parse(text: &Traced, dialect: Dialect) -> Script {
    let holes = if text.as_str().contains(HOLE) {
        text.variables()
            .into_iter()
            .filter(|(_, variable)| variable.filling == Filling::Unknown)
            .map(|(range, _)| range)
            .collect()
    } else {
        Vec::new()
    };
    let mut parser = Parser::new(text.clone(), dialect, holes, 0);
    let body = parser.whole();
    parser.problems.sort_by_key(|problem| problem.range.start);
    Script {
        text: text.clone(),
        body,
        problems: parser.problems,
    }
}

/// What may end a list, for the construct that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Words(&'static [&'static str]),
    Parenthesis,
    /// What is outside a substitution ends nothing inside it.
    Wall,
}

struct Document {
    delimiter: String,
    expands: bool,
    tabs: bool,
    start: Range<usize>,
    body: Arc<OnceLock<Word>>,
}

pub(super) struct Parser {
    pub(super) script: Traced,
    pub(super) dialect: Dialect,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) problems: Vec<Problem>,
    pub(super) depth: usize,
    /// What nobody knows in the text, in order.
    pub(super) holes: Vec<Range<usize>>,
    frames: Vec<Frame>,
    pending: Vec<Document>,
}

impl Parser {
    pub(super) fn new(
        script: Traced,
        dialect: Dialect,
        holes: Vec<Range<usize>>,
        depth: usize,
    ) -> Self {
        let end = script.len();
        Self {
            script,
            dialect,
            at: 0,
            end,
            problems: Vec::new(),
            depth,
            holes,
            frames: Vec::new(),
            pending: Vec::new(),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end {
            self.script.as_str().as_bytes().get(at).copied()
        } else {
            None
        }
    }

    pub(super) fn starts(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    pub(super) fn rest(&self) -> &[u8] {
        self.script
            .as_str()
            .as_bytes()
            .get(self.at..self.end)
            .unwrap_or_default()
    }

    /// The text of a range; ranges of the grammar start and end beside ASCII, so they never cut a character.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.script.as_str().get(range).unwrap_or_default()
    }

    pub(super) fn problem(&mut self, range: Range<usize>, kind: ProblemKind) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(Problem {
                span: self.script.span_of(range.clone()),
                range,
                kind,
            });
        }
    }

    /// One level deeper, unless that is too deep: then the rest of the text goes unread.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth < DEPTH {
            self.depth += 1;
            return true;
        }
        if self.at < self.end {
            self.problem(self.at..self.end, ProblemKind::TooDeep);
        }
        self.at = self.end;
        false
    }

    /// Passes over blanks and line continuations.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                _ => break,
            }
        }
        if self.peek() == Some(b'#') {
            let line = self.rest();
            self.at += memchr::memchr(b'\n', line).unwrap_or(line.len());
        }
    }

    /// Passes over blanks, comments and line ends; here-documents begin behind a line end.
    fn lines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.at += 1;
            self.documents();
        }
    }

    /// The reserved word that stands here.
    fn reserved(&self) -> Option<&'static str> {
        let rest = self.rest();
        let len = rest
            .iter()
            .take(9)
            .position(|byte| is_meta(*byte))
            .unwrap_or(rest.len().min(9));
        let word = rest.get(..len)?;
        [
            "if", "then", "elif", "else", "fi", "do", "done", "case", "esac", "while", "until",
            "for", "function", "{", "}", "!", "[[",
        ]
        .into_iter()
        .find(|reserved| reserved.as_bytes() == word)
        .filter(|word| self.dialect != Dialect::Dash || !matches!(*word, "function" | "[["))
    }

    /// Whether what stands here ends a list that is being read, this one or one around it.
    fn stops(&self) -> bool {
        let open = || {
            self.frames
                .iter()
                .rev()
                .take_while(|frame| **frame != Frame::Wall)
        };
        match self.peek() {
            None => true,
            Some(b')') => open().any(|frame| *frame == Frame::Parenthesis),
            Some(b';') if matches!(self.peek_at(1), Some(b';' | b'&')) => {
                open().any(|frame| matches!(frame, Frame::Words(words) if words.contains(&";;")))
            }
            Some(_) => self.reserved().is_some_and(|word| {
                open().any(|frame| matches!(frame, Frame::Words(words) if words.contains(&word)))
            }),
        }
    }

    /// A list up to what ends it.
    fn until(&mut self, frame: Frame) -> List {
        self.frames.push(frame);
        let list = self.list();
        self.frames.pop();
        list
    }

    /// The inside of `( )` and of a substitution, with the closing parenthesis.
    pub(super) fn enclosed(&mut self, opened: usize, what: &'static str) -> List {
        self.frames.push(Frame::Wall);
        let list = self.until(Frame::Parenthesis);
        self.frames.pop();
        if self.peek() == Some(b')') {
            self.at += 1;
        } else {
            self.problem(opened..self.at, ProblemKind::Unterminated(what));
        }
        list
    }

    /// Everything up to the end of the text.
    pub(super) fn whole(&mut self) -> List {
        let list = self.list();
        self.documents();
        list
    }

    fn list(&mut self) -> List {
        let mut items = Vec::new();
        self.lines();
        let start = self.at;
        let mut end = start;
        while !self.stops() {
            let before = self.at;
            if self.starts_command() {
                items.push(self.item());
                end = self.at;
            }
            if self.at == before {
                self.unexpected();
            }
            self.blanks();
            match self.peek() {
                Some(b';') if !matches!(self.peek_at(1), Some(b';' | b'&')) => self.at += 1,
                Some(b'&' | b'\n') | None => {}
                _ if self.stops() || items.last().is_some_and(|item| item.background.is_some()) => {
                }
                _ => {
                    // Something stands behind a command that was complete, as in `( a ) b`.
                    if self.starts_command() {
                        let len = self.rest().iter().position(|byte| is_meta(*byte));
                        let end = len.map_or(self.end, |len| self.at + len.max(1));
                        let word = self.slice(self.at..end).to_owned();
                        self.problem(self.at..end, ProblemKind::Unexpected(word));
                    }
                }
            }
            self.lines();
        }
        List {
            items,
            range: start..end,
        }
    }

    fn starts_command(&self) -> bool {
        match self.peek() {
            None | Some(b'\n' | b'|' | b';' | b')') => false,
            Some(b'&') => self.both_output(),
            Some(_) => true,
        }
    }

    /// Whether `&>` stands here and is one operator.
    fn both_output(&self) -> bool {
        self.dialect != Dialect::Dash && self.starts("&>")
    }

    /// Notes the operator that stands here, and passes over it.
    fn unexpected(&mut self) {
        let len = ["&&", "||", ";;", "|&"]
            .iter()
            .find(|operator| self.starts(operator))
            .map_or(1, |operator| operator.len());
        let mut end = (self.at + len).min(self.end);
        while !self.script.as_str().is_char_boundary(end) {
            end += 1;
        }
        let text = self.slice(self.at..end).to_owned();
        self.problem(self.at..end, ProblemKind::Unexpected(text));
        self.at = end;
    }

    fn item(&mut self) -> Item {
        let first = self.pipeline();
        let mut rest = Vec::new();
        let mut background = None;
        loop {
            self.blanks();
            let or = self.starts("||");
            if or || self.starts("&&") {
                let range = self.at..self.at + 2;
                self.at += 2;
                self.lines();
                if self.stops() || !self.starts_command() {
                    self.problem(range, ProblemKind::Missing("a command"));
                    break;
                }
                rest.push((Join { or, range }, self.pipeline()));
                continue;
            }
            if self.peek() == Some(b'&') && !self.both_output() {
                background = Some(self.at..self.at + 1);
                self.at += 1;
            }
            break;
        }
        Item {
            first,
            rest,
            background,
        }
    }

    fn pipeline(&mut self) -> Pipeline {
        let start = self.at;
        let mut not = Vec::new();
        while self.reserved() == Some("!") {
            not.push(self.at..self.at + 1);
            self.at += 1;
            self.blanks();
        }
        let mut commands = vec![self.command()];
        let mut pipes = Vec::new();
        loop {
            let end = self.at;
            self.blanks();
            let both = self.dialect == Dialect::Bash && self.starts("|&");
            if !self.starts("|") || self.starts("||") {
                return Pipeline {
                    not,
                    commands,
                    pipes,
                    range: start..end,
                };
            }
            let range = self.at..self.at + 1 + usize::from(both);
            self.at = range.end;
            self.lines();
            if self.stops() || !self.starts_command() {
                self.problem(range, ProblemKind::Missing("a command"));
                return Pipeline {
                    not,
                    commands,
                    pipes,
                    range: start..end,
                };
            }
            pipes.push((range, both));
            commands.push(self.command());
        }
    }

    fn command(&mut self) -> Command {
        let start = self.at;
        let mut redirects = Vec::new();
        let kind = if self.enter() {
            let kind = self.kind(&mut redirects);
            self.depth -= 1;
            kind
        } else {
            Kind::Simple(Simple::default())
        };
        if !matches!(kind, Kind::Simple(_) | Kind::Function(..)) {
            loop {
                let end = self.at;
                self.blanks();
                let Some(redirect) = self.redirect() else {
                    self.at = end;
                    break;
                };
                redirects.push(redirect);
            }
        }
        Command {
            kind,
            redirects,
            range: start..self.at,
        }
    }

    fn kind(&mut self, redirects: &mut Vec<Redirect>) -> Kind {
        let start = self.at;
        if self.starts("((") && self.dialect == Dialect::Bash && self.is_arithmetic(2) {
            self.at += 2;
            let word = self.arithmetic(start);
            return Kind::Arithmetic(Box::new(word));
        }
        if self.peek() == Some(b'(') {
            self.at += 1;
            return Kind::Subshell(self.enclosed(start, "`(`"));
        }
        let Some(word) = self.reserved() else {
            return self.simple(redirects);
        };
        self.at += word.len();
        match word {
            "{" => {
                let list = self.until(Frame::Words(&["}"]));
                self.close("}", start, "`{`");
                Kind::Group(list)
            }
            "if" => self.conditional(start),
            "while" | "until" => {
                let condition = self.until(Frame::Words(&["do"]));
                let body = self.body(start);
                Kind::While(word == "until", condition, body)
            }
            "for" => self.each(start),
            "case" => self.case(start),
            "function" => {
                self.blanks();
                let name = self.bare_name();
                self.blanks();
                if self.starts("(") {
                    self.at += 1;
                    self.blanks();
                    self.close_parenthesis();
                }
                self.function(name)
            }
            "[[" => self.test(start),
            _ => {
                // `then`, `done`, `}` and the like with nothing before them.
                self.problem(start..self.at, ProblemKind::Unexpected(word.to_owned()));
                self.at = start;
                self.simple(redirects)
            }
        }
    }

    fn close(&mut self, word: &'static str, opened: usize, what: &'static str) {
        if self.reserved() == Some(word) {
            self.at += word.len();
        } else {
            self.problem(opened..self.at, ProblemKind::Unterminated(what));
        }
    }

    fn close_parenthesis(&mut self) {
        if self.peek() == Some(b')') {
            self.at += 1;
        } else {
            self.problem(self.at..self.at, ProblemKind::Missing("`)`"));
        }
    }

    fn conditional(&mut self, start: usize) -> Kind {
        let mut arms = Vec::new();
        loop {
            let condition = self.until(Frame::Words(&["then", "fi"]));
            if self.reserved() != Some("then") {
                let kind = if self.at < self.end {
                    ProblemKind::Missing("`then`")
                } else {
                    ProblemKind::Unterminated("`if`")
                };
                self.problem(start..self.at, kind);
                if self.reserved() == Some("fi") {
                    self.at += 2;
                }
                arms.push((condition, List::default()));
                return Kind::If(arms, None);
            }
            self.at += "then".len();
            let body = self.until(Frame::Words(&["elif", "else", "fi"]));
            arms.push((condition, body));
            match self.reserved() {
                Some("elif") => self.at += "elif".len(),
                Some("else") => {
                    self.at += "else".len();
                    let otherwise = self.until(Frame::Words(&["fi"]));
                    self.close("fi", start, "`if`");
                    return Kind::If(arms, Some(otherwise));
                }
                _ => {
                    self.close("fi", start, "`if`");
                    return Kind::If(arms, None);
                }
            }
        }
    }

    /// `do … done`, or in bash `{ … }` behind a `for`.
    fn body(&mut self, start: usize) -> List {
        self.lines();
        match self.reserved() {
            Some("do") => {
                self.at += 2;
                let body = self.until(Frame::Words(&["done"]));
                self.close("done", start, "loop");
                body
            }
            _ if self.at < self.end => {
                self.problem(start..self.at, ProblemKind::Missing("`do`"));
                List::default()
            }
            _ => {
                self.problem(start..self.at, ProblemKind::Unterminated("loop"));
                List::default()
            }
        }
    }

    fn each(&mut self, start: usize) -> Kind {
        self.blanks();
        if self.starts("((") && self.dialect == Dialect::Bash && self.is_arithmetic(2) {
            let opened = self.at;
            self.at += 2;
            let header = self.arithmetic(opened);
            self.blanks();
            if self.peek() == Some(b';') {
                self.at += 1;
            }
            let body = self.body(start);
            return Kind::Count(Box::new(header), body);
        }
        let name = self.bare_name();
        self.lines();
        let mut words = None;
        if self.bare_word_is("in") {
            self.at += 2;
            words = Some(self.words_in_line());
        }
        self.blanks();
        if self.peek() == Some(b';') {
            self.at += 1;
        }
        let body = self.body(start);
        Kind::For(name, words, body)
    }

    fn words_in_line(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            if !self.starts_word() {
                return words;
            }
            words.push(self.word());
        }
    }

    fn bare_word_is(&self, word: &str) -> bool {
        self.starts(word) && self.peek_at(word.len()).is_none_or(is_meta)
    }

    /// A name as `for` and `function` take it: the bytes up to the next blank or operator.
    fn bare_name(&mut self) -> String {
        let rest = self.rest();
        let len = rest
            .iter()
            .position(|byte| is_meta(*byte))
            .unwrap_or(rest.len());
        let range = self.at..self.at + len;
        if range.is_empty() {
            self.problem(range.clone(), ProblemKind::Missing("a name"));
        }
        self.at = range.end;
        self.slice(range).to_owned()
    }

    fn function(&mut self, name: String) -> Kind {
        self.lines();
        if self.stops() || !self.starts_command() {
            self.problem(self.at..self.at, ProblemKind::Missing("a command"));
            return Kind::Simple(Simple::default());
        }
        Kind::Function(name, Box::new(self.command()))
    }

    fn case(&mut self, start: usize) -> Kind {
        self.blanks();
        let subject = self.word();
        self.lines();
        if self.bare_word_is("in") {
            self.at += 2;
        } else {
            self.problem(self.at..self.at, ProblemKind::Missing("`in`"));
        }
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.reserved() == Some("esac") {
                self.at += "esac".len();
                return Kind::Case(subject, arms);
            }
            let before = self.at;
            if self.peek() == Some(b'(') {
                self.at += 1;
                self.blanks();
            }
            let mut patterns = Vec::new();
            while self.starts_word() {
                patterns.push(self.word());
                self.blanks();
                if self.peek() != Some(b'|') {
                    break;
                }
                self.at += 1;
                self.blanks();
            }
            if self.at == self.end {
                self.problem(start..self.at, ProblemKind::Unterminated("`case`"));
                return Kind::Case(subject, arms);
            }
            self.close_parenthesis();
            let body = self.until(Frame::Words(&[";;", "esac"]));
            let falls = self.starts(";&") || self.starts(";;&");
            if self.starts(";;&") {
                self.at += 3;
            } else if self.starts(";;") || self.starts(";&") {
                self.at += 2;
            }
            arms.push(Arm {
                patterns,
                body,
                falls,
            });
            if self.at == before {
                self.problem(start..self.at, ProblemKind::Unterminated("`case`"));
                return Kind::Case(subject, arms);
            }
        }
    }

    /// The inside of `[[ ]]`: words and operators, each as a word.
    fn test(&mut self, start: usize) -> Kind {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.blanks();
            while self.peek() == Some(b'\n') {
                self.at += 1;
                self.blanks();
            }
            if self.bare_word_is("]]") {
                self.at += 2;
                return Kind::Test(words);
            }
            let regex = words.last().is_some_and(|word| word.raw() == "=~");
            match self.peek() {
                None => break,
                Some(b'&' | b'|' | b'(' | b')' | b'<' | b'>') if !regex => {
                    let len = if self.starts("&&") || self.starts("||") {
                        2
                    } else {
                        1
                    };
                    let operator = self.operator(len);
                    words.push(operator);
                }
                Some(b';') if !regex => break,
                Some(_) => {
                    let before = self.at;
                    words.push(if regex { self.regex() } else { self.word() });
                    if self.at == before {
                        break;
                    }
                }
            }
        }
        self.problem(start..self.at, ProblemKind::Unterminated("`[[`"));
        Kind::Test(words)
    }

    fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Kind {
        let mut simple = Simple::default();
        let mut end = self.at;
        loop {
            if let Some(redirect) = self.redirect() {
                redirects.push(redirect);
            } else if !self.starts_word() {
                break;
            } else if let Some(len) = self.assignment().filter(|_| simple.words.is_empty()) {
                simple.assignments.push(self.assign(len));
            } else {
                simple.words.push(self.word());
                let [name] = simple.words.as_slice() else {
                    end = self.at;
                    self.blanks();
                    continue;
                };
                let name = name.literal().map(str::to_owned);
                end = self.at;
                self.blanks();
                if self.peek() == Some(b'(')
                    && simple.assignments.is_empty()
                    && let Some(name) = name
                {
                    let opened = self.at;
                    self.at += 1;
                    self.blanks();
                    if self.peek() == Some(b')') {
                        self.at += 1;
                        return self.function(name);
                    }
                    self.at = opened;
                }
                continue;
            }
            end = self.at;
            self.blanks();
        }
        self.at = end;
        Kind::Simple(simple)
    }

    /// The length of `name=` or `name+=` here.
    fn assignment(&self) -> Option<usize> {
        let rest = self.rest();
        let len = rest
            .iter()
            .take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric())
            .count();
        if len == 0 || rest.first().is_none_or(u8::is_ascii_digit) {
            return None;
        }
        match (rest.get(len), rest.get(len + 1)) {
            (Some(b'='), _) => Some(len + 1),
            (Some(b'+'), Some(b'=')) if self.dialect == Dialect::Bash => Some(len + 2),
            _ => None,
        }
    }

    fn assign(&mut self, len: usize) -> Assignment {
        let start = self.at;
        let head = self.slice(start..start + len);
        let name = head.trim_end_matches(['=', '+']).to_owned();
        let append = head.ends_with("+=");
        self.at += len;
        let value = if self.peek() == Some(b'(') && self.dialect == Dialect::Bash {
            let opened = self.at;
            self.at += 1;
            let mut words = Vec::new();
            loop {
                self.lines();
                if !self.starts_word() {
                    break;
                }
                words.push(self.word());
            }
            if self.peek() == Some(b')') {
                self.at += 1;
            } else {
                self.problem(opened..self.at, ProblemKind::Unterminated("array"));
            }
            Value::Array(words)
        } else {
            Value::Word(self.word())
        };
        Assignment {
            name,
            append,
            value,
            range: start..self.at,
        }
    }

    /// A redirection, if one stands here.
    fn redirect(&mut self) -> Option<Redirect> {
        let start = self.at;
        let digits = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let mut at = digits;
        if digits == 0 && self.dialect == Dialect::Bash && self.peek() == Some(b'{') {
            let name = self
                .rest()
                .iter()
                .skip(1)
                .take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric())
                .count();
            if name > 0 && self.peek_at(name + 1) == Some(b'}') {
                at = name + 2;
            }
        }
        let rest = self.rest().get(at..)?;
        let known = self.dialect != Dialect::Dash;
        let here_strings = self.dialect == Dialect::Bash;
        let (kind, len, tabs) = match rest {
            [b'&', b'>', b'>', ..] if at == 0 && known => {
                (RedirectKind::AppendOutputAndErrors, 3, false)
            }
            [b'&', b'>', ..] if at == 0 && known => (RedirectKind::OutputAndErrors, 2, false),
            [b'<' | b'>', b'(', ..] if known => return None,
            [b'<', b'<', b'<', ..] if here_strings => (RedirectKind::HereString, 3, false),
            [b'<', b'<', b'-', ..] => (RedirectKind::HereDocument, 3, true),
            [b'<', b'<', ..] => (RedirectKind::HereDocument, 2, false),
            [b'<', b'>', ..] => (RedirectKind::Both, 2, false),
            [b'<', b'&', ..] => (RedirectKind::DuplicateInput, 2, false),
            [b'<', ..] => (RedirectKind::Input, 1, false),
            [b'>', b'>', ..] => (RedirectKind::Append, 2, false),
            [b'>', b'&', ..] => (RedirectKind::DuplicateOutput, 2, false),
            [b'>', b'|', ..] => (RedirectKind::Output, 2, false),
            [b'>', ..] => (RedirectKind::Output, 1, false),
            _ => return None,
        };
        let fd = (at > 0).then(|| self.slice(start..start + at).to_owned());
        self.at += at + len;
        let operator = start..self.at;
        self.blanks();
        if !self.starts_word() {
            self.problem(operator, ProblemKind::Missing("a word"));
        }
        let target = self.word();
        let body = (kind == RedirectKind::HereDocument).then(|| {
            let raw = target.raw();
            let expands = !raw.contains(['\'', '"', '\\']);
            let delimiter = if expands {
                raw.to_owned()
            } else {
                target.text.as_str().to_owned()
            };
            let body = Arc::new(OnceLock::new());
            self.pending.push(Document {
                delimiter,
                expands,
                tabs,
                start: start..self.at,
                body: Arc::clone(&body),
            });
            body
        });
        Some(Redirect {
            fd,
            kind,
            target,
            body,
            range: start..self.at,
        })
    }

    /// Reads the here-documents that begin on this line, if any do.
    fn documents(&mut self) {
        for document in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut line = start;
            let mut found = false;
            while line < self.end {
                let rest = self.script.as_str().as_bytes().get(line..self.end);
                let rest = rest.unwrap_or_default();
                let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let mut text = rest.get(..len).unwrap_or_default();
                while document.tabs && text.first() == Some(&b'\t') {
                    text = text.get(1..).unwrap_or_default();
                }
                self.at = (line + len + 1).min(self.end);
                if text == document.delimiter.as_bytes() {
                    found = true;
                    break;
                }
                line = self.at;
            }
            let next = self.at;
            if !found {
                line = self.end;
                self.problem(document.start, ProblemKind::Unterminated("here-document"));
            }
            let body = self.document(start..line, document.expands, document.tabs);
            self.at = next;
            // The cell was made for this document and is set here alone.
            let _ = document.body.set(body);
        }
    }

    pub(super) fn starts_word(&self) -> bool {
        match self.peek() {
            Some(b'<' | b'>') => self.dialect != Dialect::Dash && self.peek_at(1) == Some(b'('),
            Some(byte) => !is_meta(byte),
            None => false,
        }
    }
}

/// Whether the byte ends a bare word.
pub(super) fn is_meta(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
    )
}
