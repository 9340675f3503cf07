//! A script becomes words, numbers, texts and signs; five languages differ in their quotes, comments and names only.

use crate::text::HOLE;

use super::Language;

/// A piece of a text: what stands there, or an expression whose value is put in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// The source of the expression.
    Value(String),
    /// Something that nobody reads.
    Unknown,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword; Perl's and PHP's with their sigil.
    Word(String),
    Number(f64),
    Text(Vec<Piece>),
    /// A regular expression between slashes.
    Pattern,
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of a line, where that means something, and how far the next one is indented.
    Line(usize),
    End,
}

/// Where a word stands in its script, in bytes; empty where nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub start: usize,
    pub end: usize,
}

impl Place {
    pub fn is_nowhere(self) -> bool {
        self.start == self.end
    }
}

/// A token, where it stands, and whether a blank stands before it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub place: Place,
    pub apart: bool,
}

/// Signs, the longer ones before those that they start with.
const SIGNS: &[&str] = &[
    "===", "!==", "<=>", "**=", "...", "||=", "&&=", "??=", "?->", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "=>", "->", "::", "+=", "-=", "*=", "/=", ".=", "++", "--", "**", "//", "<<",
    ">>", "=~", "!~", "?:", ":=", "(", ")", "[", "]", "{", "}", ".", ",", ";", ":", "=", "<", ">",
    "+", "-", "*", "/", "%", "!", "?", "&", "|", "^", "~", "@", "\\", "$",
];

/// Behind these words an expression begins, so a slash opens a pattern.
const BEFORE_VALUES: &[&str] = &[
    "return", "and", "or", "not", "if", "unless", "in", "throw", "await",
];

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the token began that is being read.
    start: usize,
    language: Language,
    tokens: Vec<Token>,
    /// How many brackets are open: inside them a line's end means nothing to Python.
    open: usize,
}

/// The tokens, or the word that nobody reads.
pub(super) fn tokens(text: &str, language: Language) -> Result<Vec<Token>, String> {
    let mut reader = Reader {
        text,
        at: 0,
        start: 0,
        language,
        tokens: Vec::new(),
        open: 0,
    };
    if language == Language::Python {
        let indent = reader.indent();
        reader.add(Kind::Line(indent), true);
    }
    while reader.at < text.len() {
        reader.next()?;
    }
    reader.add(Kind::Line(0), true);
    reader.add(Kind::End, true);
    Ok(reader.tokens)
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn add(&mut self, kind: Kind, apart: bool) {
        // Of several ends of lines the last one says how the next line is indented.
        if let (Kind::Line(_), Some(Kind::Line(_))) = (&kind, self.tokens.last().map(|it| &it.kind))
        {
            self.tokens.pop();
        }
        let place = Place {
            start: self.start,
            end: self.at,
        };
        self.tokens.push(Token { kind, place, apart });
    }

    /// Blanks at the start of a line.
    fn indent(&mut self) -> usize {
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        self.at += blanks;
        blanks
    }

    fn comment(&self) -> bool {
        let rest = self.rest();
        match self.language {
            Language::JavaScript => rest.starts_with("//"),
            Language::Php => rest.starts_with("//") || rest.starts_with('#'),
            _ => rest.starts_with('#'),
        }
    }

    /// Whether a value may begin here, so that a slash is no division.
    fn expects_value(&self) -> bool {
        match self.tokens.last().map(|token| &token.kind) {
            Some(Kind::Word(word)) => BEFORE_VALUES.contains(&word.as_str()),
            Some(Kind::Sign(sign)) => !matches!(*sign, ")" | "]" | "}"),
            Some(Kind::Number(_) | Kind::Text(_) | Kind::Pattern) => false,
            _ => true,
        }
    }

    fn next(&mut self) -> Result<(), String> {
        let apart = self.indent() > 0;
        self.start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(());
        };
        if self.comment() {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            return Ok(());
        }
        if self.rest().starts_with("/*") && self.language != Language::Python {
            let end = self.rest().find("*/").ok_or("/*")?;
            self.at += end + 2;
            return Ok(());
        }
        if matches!(first, '\n' | '\r') {
            self.at += 1;
            self.line();
            return Ok(());
        }
        if first == '\\' && self.rest().starts_with("\\\n") {
            self.at += 2;
            return Ok(());
        }
        if first == HOLE {
            // A variable that was put in where a value stands, most often a port.
            self.at += first.len_utf8();
            self.add(Kind::Word(HOLE.to_string()), apart);
            return Ok(());
        }
        if self.quoted(apart)? {
            return Ok(());
        }
        if first.is_ascii_digit() {
            return self.number(apart);
        }
        let sigil = matches!(self.language, Language::Php | Language::Perl) && first == '$';
        if first == '_' || first.is_alphabetic() || sigil {
            self.word(apart, sigil);
            return Ok(());
        }
        if first == '/' && self.language != Language::Python && self.expects_value() {
            return self.pattern(apart);
        }
        let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) else {
            return Err(first.to_string());
        };
        self.at += sign.len();
        match *sign {
            "(" | "[" | "{" => self.open += 1,
            ")" | "]" | "}" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.add(Kind::Sign(sign), apart);
        Ok(())
    }

    fn line(&mut self) {
        match self.language {
            Language::Python if self.open > 0 => {}
            Language::Python => {
                let indent = self.indent();
                // A blank line and a comment say nothing of the indentation.
                if !self.rest().starts_with(['\n', '\r'])
                    && !self.comment()
                    && !self.rest().is_empty()
                {
                    self.add(Kind::Line(indent), true);
                }
            }
            _ => self.add(Kind::Line(0), true),
        }
    }

    fn number(&mut self, apart: bool) -> Result<(), String> {
        let rest = self.rest();
        let mut end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '_'))
            .unwrap_or(rest.len());
        let fraction = rest.get(end..).unwrap_or_default();
        if fraction.starts_with('.') && fraction[1..].starts_with(|c: char| c.is_ascii_digit()) {
            end += 1;
            end += fraction[1..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(fraction.len() - 1);
        }
        let shown: String = rest[..end].chars().filter(|c| *c != '_').collect();
        let odd = rest[end..].starts_with(|c: char| c.is_alphanumeric());
        match shown.parse() {
            Ok(number) if !odd => {
                self.at += end;
                self.add(Kind::Number(number), apart);
                Ok(())
            }
            _ => Err(shown),
        }
    }

    fn word(&mut self, apart: bool, sigil: bool) {
        let rest = self.rest();
        let from = usize::from(sigil);
        let mut end = from
            + rest[from..]
                .find(|c: char| !(c == '_' || c.is_alphanumeric()))
                .unwrap_or(rest.len() - from);
        // Perl's special variables: `$@`, `$!`.
        if sigil && end == 1 && rest[1..].starts_with(['@', '!', '?']) {
            end = 2;
        }
        if self.language == Language::Ruby
            && rest[end..].starts_with(['?', '!'])
            && !rest[end + 1..].starts_with('=')
            && !rest[end..].starts_with("?:")
        {
            let after = rest[end + 1..].chars().next();
            // `ok ? 0 : 1` is a choice, `ok? ? 0 : 1` a name before one.
            if after.is_none_or(|c| matches!(c, ' ' | ')' | ';' | '.' | '(' | '\n' | ',' | '}')) {
                end += 1;
            }
        }
        let word = rest[..end].to_owned();
        self.at += end;
        self.add(Kind::Word(word), apart);
    }

    fn pattern(&mut self, apart: bool) -> Result<(), String> {
        let mut escaped = false;
        let rest = self.rest();
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                '\n' => break,
                '/' if !escaped => {
                    let end = rest[at + 1..]
                        .find(|c: char| !c.is_ascii_alphabetic())
                        .map_or(rest.len(), |more| at + 1 + more);
                    self.at += end;
                    self.add(Kind::Pattern, apart);
                    return Ok(());
                }
                _ => escaped = c == '\\' && !escaped,
            }
        }
        Err("/".to_owned())
    }

    /// A text in quotes; false where none begins here.
    fn quoted(&mut self, apart: bool) -> Result<bool, String> {
        let rest = self.rest();
        let mut prefix = 0;
        let mut raw = false;
        let mut filled = false;
        if self.language == Language::Python {
            let letters = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let known = |c: char| matches!(c.to_ascii_lowercase(), 'r' | 'f' | 'b' | 'u');
            if letters <= 2 && rest[..letters].chars().all(known) {
                prefix = letters;
                raw = rest[..letters].contains(['r', 'R']);
                filled = rest[..letters].contains(['f', 'F']);
            }
        }
        let Some(quote) = rest[prefix..].chars().next().filter(|c| match c {
            '"' | '\'' => true,
            '`' => self.language == Language::JavaScript,
            _ => false,
        }) else {
            return Ok(false);
        };
        let mut close = quote.to_string();
        if self.language == Language::Python && rest[prefix..].starts_with(&close.repeat(3)) {
            close = close.repeat(3);
        }
        let fills = match self.language {
            Language::Python => filled.then_some("{"),
            Language::JavaScript => (quote == '`').then_some("${"),
            Language::Ruby => (quote == '"').then_some("#{"),
            Language::Php | Language::Perl => (quote == '"').then_some("$"),
        };
        let body = rest[prefix + close.len()..].to_owned();
        let (pieces, length) = self
            .pieces(&body, &close, fills, raw)
            .ok_or_else(|| close.clone())?;
        self.at += prefix + close.len() + length;
        self.add(Kind::Text(pieces), apart);
        Ok(true)
    }

    /// The pieces of a text up to its closing quote, and how many bytes they and the quote take.
    fn pieces(
        &self,
        body: &str,
        close: &str,
        fills: Option<&str>,
        raw: bool,
    ) -> Option<(Vec<Piece>, usize)> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        loop {
            let rest = body.get(at..)?;
            if rest.starts_with(close) {
                if !text.is_empty() {
                    pieces.push(Piece::Text(text));
                }
                return Some((pieces, at + close.len()));
            }
            let c = rest.chars().next()?;
            let doubled = self.language == Language::Python
                && (rest.starts_with("{{") || rest.starts_with("}}"));
            if fills.is_some() && doubled {
                text.push(c);
                at += 2;
                continue;
            }
            if let Some(fills) = fills.filter(|fills| rest.starts_with(*fills)) {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                at += fills.len();
                if fills == "$" {
                    let name = body[at..].trim_start_matches('{');
                    at = body.len() - name.len();
                    let end = name
                        .find(|c: char| !(c == '_' || c.is_alphanumeric()))
                        .unwrap_or(name.len());
                    at += end;
                    if body[at..].starts_with('}') {
                        at += 1;
                    }
                    pieces.push(Piece::Unknown);
                    continue;
                }
                let end = filling_end(&body[at..])?;
                let inside = &body[at..at + end];
                at += end + 1;
                pieces.push(if inside.contains('\n') {
                    Piece::Unknown
                } else {
                    Piece::Value(inside.to_owned())
                });
                continue;
            }
            at += c.len_utf8();
            if c != '\\' || raw {
                text.push(c);
                continue;
            }
            let escaped = body.get(at..)?.chars().next()?;
            at += escaped.len_utf8();
            match escaped {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                '\n' => {}
                c if c.is_ascii_alphanumeric() => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Unknown);
                }
                c => text.push(c),
            }
        }
    }
}

/// Where the expression in a text ends: before the brace that closes it.
fn filling_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (Some(_) | None, _) => {}
        }
    }
    None
}
