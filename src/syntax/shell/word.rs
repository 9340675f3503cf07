//! Words: quotes are removed, every byte is accounted for, and what the shell would fill in becomes a variable.

use std::ops::Range;

use crate::text::{Decoder, Filling, HOLE, Spell, Variable};

use super::parse::{Parser, is_meta};
use super::spell;
use super::tree::{Dialect, List, Parameter, Part, PartKind, ProblemKind, Quote, Script, Word};

/// How much of an expansion a message shows.
const SHOWN: usize = 60;

/// Where a word ends, and what quotes in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// A word of a command.
    Command,
    /// The inside of `"…"`.
    Double,
    /// Behind the operator of `${…}`; true inside `"…"`.
    Operand(bool),
    /// The inside of `$(( ))` and `(( ))`.
    Arithmetic,
    /// The pattern behind `=~`.
    Regex,
    /// A here-document that expands.
    Document(bool),
}

impl Mode {
    fn quote(self) -> Quote {
        match self {
            Self::Command | Self::Regex | Self::Operand(false) => Quote::Bare,
            Self::Double | Self::Operand(true) | Self::Arithmetic | Self::Document(_) => {
                Quote::Double
            }
        }
    }

    fn spell(self) -> Spell {
        match self {
            Self::Command => spell::bare,
            Self::Double => spell::double,
            _ => spell::refused,
        }
    }
}

struct Build {
    decoder: Decoder,
    parts: Vec<Part>,
    start: usize,
    mode: Mode,
    known: bool,
    globs: bool,
    /// A bare `{` was seen, and behind it a `,` or `..`.
    brace: (bool, bool),
    /// Where an empty word would be filled in.
    inside: Option<(usize, Spell)>,
}

impl Build {
    fn copy(&mut self, range: Range<usize>, quote: Quote, spell: Spell) {
        let at = self.decoder.so_far().len();
        self.decoder.copy(range.clone(), spell);
        self.text(at, range, quote);
    }

    fn atom(&mut self, range: Range<usize>, text: &str, quote: Quote, spell: Spell) {
        let at = self.decoder.so_far().len();
        self.decoder.atom(range.clone(), text, spell);
        self.text(at, range, quote);
    }

    fn text(&mut self, at: usize, range: Range<usize>, quote: Quote) {
        let end = self.decoder.so_far().len();
        if let Some(last) = self.parts.last_mut()
            && matches!(last.kind, PartKind::Text)
            && last.quote == quote
            && last.range.end == range.start
        {
            last.range.end = range.end;
            last.at.end = end;
            return;
        }
        self.parts.push(Part {
            range,
            at: at..end,
            quote,
            kind: PartKind::Text,
        });
    }
}

impl Parser {
    /// A word of a command.
    pub(super) fn word(&mut self) -> Word {
        self.read(Mode::Command)
    }

    /// The pattern behind `=~`.
    pub(super) fn regex(&mut self) -> Word {
        self.read(Mode::Regex)
    }

    /// An operator of `[[ ]]` as a word.
    pub(super) fn operator(&mut self, len: usize) -> Word {
        let mut build = self.start(Mode::Regex);
        let range = self.at..self.at + len;
        build.copy(range.clone(), Quote::Bare, spell::refused);
        self.at = range.end;
        self.finish(build)
    }

    /// An expression up to its `))`, which is taken.
    pub(super) fn arithmetic(&mut self, opened: usize) -> Word {
        let word = self.read(Mode::Arithmetic);
        if self.starts("))") {
            self.at += 2;
        } else {
            self.problem(opened..self.at, ProblemKind::Unterminated("arithmetic"));
        }
        word
    }

    /// Whether the `((` whose inside starts `skip` bytes ahead is closed by `))`; else it opens two lists.
    pub(super) fn is_arithmetic(&self, skip: usize) -> bool {
        let mut open = 0usize;
        let mut rest = self.rest().iter().skip(skip);
        while let Some(byte) = rest.next() {
            match byte {
                b'\\' => {
                    rest.next();
                }
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => return rest.next() == Some(&b')'),
                _ => {}
            }
        }
        false
    }

    /// The body of a here-document.
    pub(super) fn document(&mut self, range: Range<usize>, expands: bool, tabs: bool) -> Word {
        let end = self.end;
        self.at = range.start;
        self.end = range.end.max(range.start);
        let word = if expands && self.enter() {
            let word = self.read(Mode::Document(tabs));
            self.depth -= 1;
            word
        } else {
            let mut build = self.start(Mode::Document(tabs));
            while self.at < self.end {
                self.tabs(tabs);
                let rest = self.rest();
                let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len + 1);
                build.copy(self.at..self.at + len, Quote::Single, spell::refused);
                self.at += len;
            }
            self.finish(build)
        };
        self.end = end;
        word
    }

    /// Passes over the tabs that `<<-` takes away.
    fn tabs(&mut self, tabs: bool) {
        while tabs && self.peek() == Some(b'\t') {
            self.at += 1;
        }
    }

    fn start(&self, mode: Mode) -> Build {
        Build {
            decoder: self.script.decoder(mode.spell()),
            parts: Vec::new(),
            start: self.at,
            mode,
            known: true,
            globs: false,
            brace: (false, false),
            inside: None,
        }
    }

    fn finish(&self, mut build: Build) -> Word {
        if build.decoder.so_far().is_empty()
            && let Some((at, spell)) = build.inside
        {
            build.decoder.atom(at..at, "", spell);
        }
        let range = build.start..self.at.max(build.start);
        let first = self.holes.partition_point(|hole| hole.end <= range.start);
        let hole = self
            .holes
            .get(first)
            .is_some_and(|hole| hole.start < range.end);
        Word {
            source: self.script.clone(),
            range,
            text: build.decoder.finish(),
            parts: build.parts,
            globs: build.globs,
            known: build.known && !hole,
        }
    }

    fn read(&mut self, mode: Mode) -> Word {
        let mut build = self.start(mode);
        if let Mode::Document(tabs) = mode {
            self.tabs(tabs);
        }
        if mode == Mode::Command && matches!(self.peek(), Some(b'<' | b'>')) && self.starts_word() {
            self.process(&mut build);
        }
        if mode == Mode::Command && self.peek() == Some(b'~') {
            build.known = false;
        }
        self.pieces(&mut build, mode);
        self.finish(build)
    }

    /// `<( … )`
    fn process(&mut self, build: &mut Build) {
        let opened = self.at;
        let output = self.peek() == Some(b'>');
        self.at += 2;
        let script = self.inside(opened, "process substitution");
        self.variable(
            build,
            opened,
            None,
            PartKind::Process(Box::new(script), output),
            Mode::Command,
        );
    }

    /// A list up to its `)` as a script of its own.
    fn inside(&mut self, opened: usize, what: &'static str) -> Script {
        let body = if self.enter() {
            let body = self.enclosed(opened, what);
            self.depth -= 1;
            body
        } else {
            List::default()
        };
        Script {
            text: self.script.clone(),
            body,
            problems: Vec::new(),
        }
    }

    /// Notes that the bytes from `start` to here are filled in by the shell.
    fn variable(
        &self,
        build: &mut Build,
        start: usize,
        name: Option<String>,
        kind: PartKind,
        mode: Mode,
    ) {
        let range = start..self.at;
        let at = build.decoder.so_far().len();
        let text = self.slice(range.clone());
        let shown = if text.len() > SHOWN {
            let mut end = SHOWN;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            format!("{}…", &text[..end])
        } else {
            text.to_owned()
        };
        let variable = Variable {
            shown,
            name,
            filling: Filling::Unknown,
        };
        build
            .decoder
            .variable(range.clone(), variable, None, mode.spell());
        build.known = false;
        build.parts.push(Part {
            range,
            at: at..build.decoder.so_far().len(),
            quote: mode.quote(),
            kind,
        });
    }

    /// Reads pieces up to what ends this mode.
    fn pieces(&mut self, build: &mut Build, mode: Mode) {
        let quote = mode.quote();
        let spell = mode.spell();
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            let ends = match mode {
                Mode::Command => is_meta(byte),
                Mode::Double => byte == b'"',
                Mode::Operand(_) => byte == b'}',
                Mode::Arithmetic => match byte {
                    b'(' => {
                        open += 1;
                        false
                    }
                    b')' if open > 0 => {
                        open -= 1;
                        false
                    }
                    b')' => true,
                    _ => false,
                },
                Mode::Regex => match byte {
                    b'(' => {
                        open += 1;
                        false
                    }
                    b')' if open > 0 => {
                        open -= 1;
                        false
                    }
                    b' ' | b'\t' => open == 0,
                    b'\n' | b';' | b'&' | b')' => true,
                    _ => false,
                },
                Mode::Document(_) => false,
            };
            if ends {
                return;
            }
            let single = quote == Quote::Bare;
            let double = !matches!(mode, Mode::Double | Mode::Document(_));
            match byte {
                b'\\' => self.escape(build, mode),
                b'\'' if single => self.single(build, mode),
                b'"' if double => self.double(build),
                b'`' => self.backtick(build, mode),
                b'$' => self.dollar(build, mode),
                b'\n' if matches!(mode, Mode::Document(true)) => {
                    build.copy(self.at..self.at + 1, quote, spell);
                    self.at += 1;
                    self.tabs(true);
                }
                _ => {
                    let rest = self.rest();
                    let len = rest
                        .iter()
                        .skip(1)
                        .position(|byte| is_special(*byte))
                        .map_or(rest.len(), |len| len + 1);
                    if quote == Quote::Bare {
                        self.patterns(build, len);
                    }
                    build.copy(self.at..self.at + len, quote, spell);
                    self.at += len;
                }
            }
        }
    }

    /// Notes what a bare run does beside standing for itself.
    fn patterns(&self, build: &mut Build, len: usize) {
        let run = self.rest().get(..len).unwrap_or_default();
        build.globs |= run.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
        if self.dialect != Dialect::Bash || build.mode != Mode::Command {
            return;
        }
        match run.first() {
            Some(b'{') => build.brace = (true, false),
            Some(b'}') if build.brace == (true, true) => build.known = false,
            _ => {}
        }
        let separates = run.contains(&b',') || run.windows(2).any(|pair| pair == b"..");
        build.brace.1 |= build.brace.0 && separates;
    }

    fn escape(&mut self, build: &mut Build, mode: Mode) {
        let start = self.at;
        let quote = mode.quote();
        let rest = self.slice(start + 1..self.end);
        let Some(next) = rest.chars().next() else {
            build.copy(start..start + 1, quote, mode.spell());
            self.at += 1;
            return;
        };
        let end = start + 1 + next.len_utf8();
        let escapes = match mode {
            Mode::Command | Mode::Operand(false) | Mode::Regex => true,
            Mode::Double => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            Mode::Operand(true) => matches!(next, '$' | '`' | '"' | '\\' | '\n' | '}'),
            Mode::Arithmetic | Mode::Document(_) => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        if !escapes {
            build.copy(start..start + 1, quote, mode.spell());
            self.at += 1;
            return;
        }
        self.at = end;
        if next == '\n' {
            return;
        }
        let text = self.slice(start + 1..end).to_owned();
        // What is escaped stands for itself, and so does an escaped part of a regex.
        build.atom(start..end, &text, quote, mode.spell());
        if quote == Quote::Bare
            && let Some(last) = build.parts.last_mut()
        {
            if last.range.start == start {
                last.quote = Quote::Single;
            } else {
                last.range.end = start;
                last.at.end -= text.len();
                let at = last.at.end..last.at.end + text.len();
                build.parts.push(Part {
                    range: start..end,
                    at,
                    quote: Quote::Single,
                    kind: PartKind::Text,
                });
            }
        }
    }

    fn single(&mut self, build: &mut Build, mode: Mode) {
        let opened = self.at;
        let spell = if mode == Mode::Command {
            spell::single
        } else {
            spell::refused
        };
        self.at += 1;
        let rest = self.rest();
        let len = memchr::memchr(b'\'', rest);
        let end = self.at + len.unwrap_or(rest.len());
        build.inside.get_or_insert((self.at, spell));
        if self.at < end {
            build.copy(self.at..end, Quote::Single, spell);
        }
        self.at = end;
        if len.is_some() {
            self.at += 1;
        } else {
            self.problem(opened..end, ProblemKind::Unterminated("single quote"));
        }
    }

    fn double(&mut self, build: &mut Build) {
        let opened = self.at;
        self.at += 1;
        build.inside.get_or_insert((self.at, spell::double));
        if self.enter() {
            self.pieces(build, Mode::Double);
            self.depth -= 1;
        }
        if self.peek() == Some(b'"') {
            self.at += 1;
        } else {
            self.problem(opened..self.at, ProblemKind::Unterminated("double quote"));
        }
    }

    /// `$'…'` as bash and ash read it.
    fn ansi(&mut self, build: &mut Build) {
        let opened = self.at;
        self.at += 2;
        build.inside.get_or_insert((self.at, spell::ansi));
        loop {
            let rest = self.rest();
            let len = memchr::memchr2(b'\'', b'\\', rest).unwrap_or(rest.len());
            if len > 0 {
                build.copy(self.at..self.at + len, Quote::Ansi, spell::ansi);
                self.at += len;
            }
            match self.peek() {
                Some(b'\\') => {
                    let (len, text) = ansi_escape(self.slice(self.at..self.end));
                    let range = self.at..self.at + len;
                    self.at = range.end;
                    if let Some(text) = text {
                        build.atom(range, &text, Quote::Ansi, spell::ansi);
                    } else {
                        self.variable(build, range.start, None, PartKind::Text, Mode::Regex);
                    }
                }
                Some(_) => {
                    self.at += 1;
                    return;
                }
                None => {
                    self.problem(opened..self.at, ProblemKind::Unterminated("single quote"));
                    return;
                }
            }
        }
    }

    fn backtick(&mut self, build: &mut Build, mode: Mode) {
        let opened = self.at;
        self.at += 1;
        let start = self.at;
        let quoted = mode.quote() == Quote::Double;
        let mut decoder = self.script.decoder(spell::backtick);
        let mut closed = false;
        while let Some(byte) = self.peek() {
            if byte == b'`' {
                closed = true;
                break;
            }
            if byte == b'\\' {
                let rest = self.slice(self.at + 1..self.end);
                let next = rest.chars().next();
                let len = 1 + next.map_or(0, char::len_utf8);
                let text = match next {
                    Some('`' | '\\' | '$') => self.slice(self.at + 1..self.at + len),
                    Some('"') if quoted => "\"",
                    _ => self.slice(self.at..self.at + len),
                }
                .to_owned();
                decoder.atom(self.at..self.at + len, &text, spell::backtick);
                self.at += len;
            } else {
                let rest = self.rest();
                let len = memchr::memchr2(b'`', b'\\', rest).unwrap_or(rest.len());
                decoder.copy(self.at..self.at + len, spell::backtick);
                self.at += len;
            }
        }
        let text = decoder.finish();
        let first = self.holes.partition_point(|hole| hole.end <= start);
        let unknown = self
            .holes
            .get(first)
            .is_some_and(|hole| hole.start < self.at);
        let holes = if unknown {
            text.as_str()
                .match_indices(HOLE)
                .map(|(at, hole)| at..at + hole.len())
                .collect()
        } else {
            Vec::new()
        };
        if closed {
            self.at += 1;
        } else {
            self.problem(opened..self.at, ProblemKind::Unterminated("backtick"));
        }
        let mut script = Script {
            text: text.clone(),
            body: List::default(),
            problems: Vec::new(),
        };
        let end = self.at;
        if self.enter() {
            let mut parser = Parser::new(text.clone(), self.dialect, holes, self.depth);
            script.body = parser.whole();
            self.depth -= 1;
            // Ranges count bytes of this script; the span says where in it the inner problem lies.
            for problem in parser.problems {
                self.problems.push(super::tree::Problem {
                    range: opened..end,
                    ..problem
                });
            }
        }
        self.at = self.at.max(end);
        self.variable(
            build,
            opened,
            None,
            PartKind::Command(Box::new(script)),
            mode,
        );
    }

    fn dollar(&mut self, build: &mut Build, mode: Mode) {
        let start = self.at;
        let bare = mode.quote() == Quote::Bare;
        let Some(next) = self.peek_at(1) else {
            build.copy(start..start + 1, mode.quote(), mode.spell());
            self.at += 1;
            return;
        };
        match next {
            b'(' => {
                if self.peek_at(2) == Some(b'(') && self.is_arithmetic(3) {
                    self.at += 3;
                    let word = if self.enter() {
                        let word = self.arithmetic(start);
                        self.depth -= 1;
                        word
                    } else {
                        self.finish(self.start(Mode::Arithmetic))
                    };
                    let kind = PartKind::Arithmetic(Box::new(word));
                    self.variable(build, start, None, kind, mode);
                } else {
                    self.at += 2;
                    let script = self.inside(start, "command substitution");
                    let kind = PartKind::Command(Box::new(script));
                    self.variable(build, start, None, kind, mode);
                }
            }
            b'{' => self.braced(build, mode),
            b'\'' if bare && mode == Mode::Command && self.dialect != Dialect::Dash => {
                self.ansi(build);
            }
            b'"' if bare && self.dialect == Dialect::Bash => self.at += 1,
            _ => {
                let len = name_len(self.rest().get(1..).unwrap_or_default());
                if len == 0 {
                    build.copy(start..start + 1, mode.quote(), mode.spell());
                    self.at += 1;
                    return;
                }
                self.at += 1 + len;
                let name = self.slice(start + 1..self.at).to_owned();
                let parameter = Parameter {
                    name: name.clone(),
                    ..Parameter::default()
                };
                let kind = PartKind::Parameter(parameter);
                self.variable(build, start, Some(name), kind, mode);
            }
        }
    }

    /// `${…}`
    fn braced(&mut self, build: &mut Build, mode: Mode) {
        let start = self.at;
        self.at += 2;
        let mut parameter = Parameter::default();
        if self.peek() == Some(b'#') {
            let len = name_len(self.rest().get(1..).unwrap_or_default());
            if len > 0 && matches!(self.peek_at(1 + len), Some(b'}' | b'[')) {
                parameter.length = true;
                self.at += 1;
            }
        } else if self.peek() == Some(b'!') {
            let next = self.peek_at(1);
            if next.is_some_and(|next| next == b'_' || next.is_ascii_alphanumeric()) {
                parameter.indirect = true;
                self.at += 1;
            }
        }
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        let len = if digits > 0 {
            digits
        } else {
            name_len(self.rest())
        };
        self.slice(self.at..self.at + len)
            .clone_into(&mut parameter.name);
        self.at += len;
        let mut bad = len == 0;
        if self.peek() == Some(b'[') && !bad {
            parameter.indexed = true;
            let rest = self.rest();
            let len = memchr::memchr2(b']', b'\n', rest).unwrap_or(rest.len());
            self.at = (self.at + len + 1).min(self.end);
        }
        if self.peek().is_some_and(|byte| byte != b'}') {
            let operator = OPERATORS
                .into_iter()
                .find(|operator| self.starts(operator))
                .unwrap_or_default();
            bad |= operator.is_empty();
            self.at += operator.len();
            parameter.operator = operator;
            // A pattern is quoted by its own quotes, whatever stands around the expansion.
            let pattern = operator.starts_with(['%', '#', '/', '^', ',']);
            let quoted = mode.quote() == Quote::Double && !pattern;
            if self.enter() {
                let operand = self.read(Mode::Operand(quoted));
                self.depth -= 1;
                parameter.operand = Some(Box::new(operand));
            }
        }
        if self.peek() == Some(b'}') {
            self.at += 1;
            if bad {
                self.problem(start..self.at, ProblemKind::BadSubstitution);
            }
        } else {
            self.problem(
                start..self.at,
                ProblemKind::Unterminated("parameter expansion"),
            );
        }
        let name = parameter.name.clone();
        let kind = PartKind::Parameter(parameter);
        self.variable(build, start, Some(name), kind, mode);
    }
}

/// The operators of `${x…}`, the longer before the shorter.
const OPERATORS: [&str; 23] = [
    ":-", ":=", ":?", ":+", "%%", "##", "//", "/#", "/%", "^^", ",,", "-", "=", "?", "+", "%", "#",
    "/", "^", ",", "@", ":", "*",
];

/// The length of the parameter name that starts here: a name, one digit, or one special character.
fn name_len(rest: &[u8]) -> usize {
    match rest.first() {
        Some(byte) if *byte == b'_' || byte.is_ascii_alphabetic() => rest
            .iter()
            .take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric())
            .count(),
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        _ => 0,
    }
}

/// Whether the byte may end a run of plain text in some mode.
fn is_special(byte: u8) -> bool {
    is_meta(byte) || matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`' | b'{' | b'}')
}

/// The length of the escape at the start, and what it says; None for a byte that is no text.
fn ansi_escape(text: &str) -> (usize, Option<String>) {
    let mut chars = text.chars();
    chars.next();
    let Some(next) = chars.next() else {
        return (1, Some("\\".to_owned()));
    };
    let rest = chars.as_str();
    let digits = |radix: u32, most: usize, text: &str| {
        text.chars()
            .take(most)
            .take_while(|char| char.is_digit(radix))
            .count()
    };
    let number = |radix: u32, text: &str, ascii: bool| {
        u32::from_str_radix(text, radix)
            .ok()
            .filter(|code| *code != 0 && (!ascii || *code < 128))
            .and_then(char::from_u32)
            .map(String::from)
    };
    let one = |char: char| (1 + next.len_utf8(), Some(char.to_string()));
    match next {
        'n' => one('\n'),
        't' => one('\t'),
        'r' => one('\r'),
        'a' => one('\u{7}'),
        'b' => one('\u{8}'),
        'e' | 'E' => one('\u{1b}'),
        'f' => one('\u{c}'),
        'v' => one('\u{b}'),
        '\\' | '\'' | '"' | '?' => one(next),
        '0'..='7' => {
            let len = digits(8, 3, &text[1..]);
            (1 + len, number(8, &text[1..=len], true))
        }
        'x' | 'u' | 'U' => {
            let most = match next {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let len = digits(16, most, rest);
            if len == 0 {
                (2, Some(text[..2].to_owned()))
            } else {
                (2 + len, number(16, &rest[..len], next == 'x'))
            }
        }
        'c' => (2 + rest.chars().next().map_or(0, char::len_utf8), None),
        _ => (
            1 + next.len_utf8(),
            Some(text[..=next.len_utf8()].to_owned()),
        ),
    }
}
