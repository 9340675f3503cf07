//! Tokens become statements. What is not in this small grammar is refused with the word that nobody reads.

mod expressions;
mod lines;
mod steps;

use super::Language;
use super::token::{Kind, Place, Token, tokens};
use super::tree::Block;

/// Why a script is not read.
pub(super) enum Fault {
    /// The first word that nobody reads here.
    Unread(String),
    /// The word that its own language refuses, before it runs any of it.
    Broken(String, Place),
}

/// The statements of a script.
pub(super) fn read(text: &str, language: Language) -> Result<Block, Fault> {
    let tokens = tokens(text, language).map_err(Fault::Unread)?;
    let mut reader = Reader::new(tokens, language);
    let block = match language {
        Language::Python => reader.lines_of(0),
        _ => reader.steps(&[]),
    };
    match (block, reader.broken) {
        (_, Some(place)) => Err(Fault::Broken(
            text.get(place.start..place.end)
                .unwrap_or_default()
                .to_owned(),
            place,
        )),
        (Err(word), None) => Err(Fault::Unread(word)),
        (Ok(_), None) if !matches!(reader.kind(), Kind::End) => Err(Fault::Unread(reader.shown())),
        (Ok(block), None) => Ok(block),
    }
}

pub(super) struct Reader {
    tokens: Vec<Token>,
    at: usize,
    language: Language,
    depth: usize,
    /// How many values, operators, members and calls were read.
    links: usize,
    /// Inside of an `async` function, where `await` may stand.
    waits: bool,
    /// The word that the language refuses.
    broken: Option<Place>,
}

type Read<T> = Result<T, String>;

impl Reader {
    fn new(tokens: Vec<Token>, language: Language) -> Self {
        Self {
            tokens,
            at: 0,
            language,
            depth: 0,
            links: 0,
            waits: false,
            broken: None,
        }
    }

    fn kind(&self) -> &Kind {
        self.tokens
            .get(self.at)
            .map_or(&Kind::End, |token| &token.kind)
    }

    fn kind_at(&self, ahead: usize) -> &Kind {
        self.tokens
            .get(self.at + ahead)
            .map_or(&Kind::End, |token| &token.kind)
    }

    fn apart(&self) -> bool {
        self.tokens.get(self.at).is_none_or(|token| token.apart)
    }

    /// Where the token before this one stands.
    fn place_before(&self) -> Place {
        let before = self.at.checked_sub(1);
        let token = before.and_then(|at| self.tokens.get(at));
        token.map_or_else(Place::default, |token| token.place)
    }

    /// The word that stands here, for messages.
    fn shown(&self) -> String {
        match self.kind() {
            Kind::Word(word) => word.clone(),
            Kind::Number(number) => number.to_string(),
            Kind::Sign(sign) => (*sign).to_owned(),
            Kind::Text(_) => "a text".to_owned(),
            Kind::Pattern => "a pattern".to_owned(),
            Kind::Line(_) => "the end of a line".to_owned(),
            Kind::End => "the end of the script".to_owned(),
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.kind(), Kind::Sign(found) if *found == sign)
    }

    fn word(&self) -> Option<&str> {
        match self.kind() {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let here = self.is(sign);
        self.at += usize::from(here);
        here
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let here = self.is_word(word);
        self.at += usize::from(here);
        here
    }

    fn expect(&mut self, sign: &str) -> Read<()> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.shown())
        }
    }

    fn name(&mut self) -> Read<String> {
        match self.kind() {
            Kind::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.shown()),
        }
    }

    /// Line ends mean nothing here.
    fn skip_lines(&mut self) {
        if self.language != Language::Python {
            while matches!(self.kind(), Kind::Line(_)) {
                self.at += 1;
            }
        }
    }

    /// `(a, b)` behind the name of a function.
    fn parameters(&mut self) -> Read<Vec<String>> {
        self.expect("(")?;
        let mut names = Vec::new();
        while !self.takes(")") {
            names.push(self.name()?);
            if !self.is(")") {
                self.expect(",")?;
            }
        }
        Ok(names)
    }
}
