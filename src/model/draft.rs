//! Writing in the author's hand: a new test, a new setting, a new key, in the style of what stands there.

pub use crate::model::place::Place;
use crate::syntax::quote;
use crate::text::{Edit, HOLE, Span, Traced};

/// New text that may carry over pieces of the old, with their variables as the author wrote them.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Kept(Traced),
}

impl Draft {
    /// New text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Text(text.into())],
        }
    }

    /// Text of the user's file, carried over.
    pub fn kept(text: &Traced) -> Self {
        Self {
            parts: vec![Part::Kept(text.clone())],
        }
    }

    /// The words as a shell reads them back: joined by blanks, quoted where they must be, operators left alone.
    ///
    /// A word with a `$` keeps its meaning for the shell: whoever writes `$PORT` among the words wants its value.
    /// None where a word cannot be quoted so.
    pub fn command_line(words: &[Traced]) -> Option<Self> {
        let mut draft = Self::default();
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                draft = draft.then(" ");
            }
            let quote = quotes(word.as_str())?;
            draft = draft.then(quote).then_kept(word).then(quote);
        }
        Some(draft)
    }

    /// Adds new text.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Adds text of the user's file.
    #[must_use]
    pub fn then_kept(mut self, text: &Traced) -> Self {
        self.parts.push(Part::Kept(text.clone()));
        self
    }

    /// Adds another draft.
    #[must_use]
    pub fn followed_by(mut self, other: Draft) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// Where the text comes from, where it is one piece of the user's file and nothing else.
    fn whole(&self) -> Option<Span> {
        match &self.parts[..] {
            [Part::Kept(text)] => Some(text.span()),
            _ => None,
        }
    }

    /// The text, where nothing of it is carried over.
    pub fn new_text(&self) -> Option<&str> {
        match &self.parts[..] {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with `escape` applied to what is literal and variables as they are written.
    fn spelled(&self, escape: fn(&str) -> String) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(&escape(text)),
                Part::Kept(text) => {
                    let mut done = 0;
                    for (range, variable) in text.variables() {
                        if range.start < done {
                            continue;
                        }
                        out.push_str(&escape(&text.as_str()[done..range.start]));
                        out.push_str(&variable.shown);
                        done = range.end;
                    }
                    out.push_str(&escape(&text.as_str()[done..]));
                }
            }
        }
        out
    }
}

/// A test to be written.
#[derive(Clone, Debug)]
pub enum NewTest {
    /// Words that are run as they are.
    Exec(Vec<Draft>),
    /// Text for the shell.
    Shell(Draft),
}

impl NewTest {
    /// The value of `test:`, where none stands yet.
    pub fn yaml(&self) -> String {
        let (first, words) = match self {
            Self::Exec(words) => ("CMD", words.as_slice()),
            Self::Shell(script) => ("CMD-SHELL", std::slice::from_ref(script)),
        };
        let words: Vec<String> = std::iter::once(quote::yaml_double(first))
            .chain(
                words
                    .iter()
                    .map(|word| quote::yaml_double(&word.spelled(double_dollar))),
            )
            .collect();
        format!("[{}]", words.join(", "))
    }
}

/// How a test is written now.
#[derive(Clone, Debug)]
pub enum Notation {
    /// A YAML value in the Compose file.
    Yaml {
        /// The bytes of the whole value.
        span: Span,
        /// String, flow list or block list.
        shape: YamlShape,
        /// How its strings are quoted.
        quote: YamlQuote,
        /// Whether the value itself stands inside a flow collection.
        in_flow: bool,
        /// The items of a list, each with its quotes; empty for a string.
        items: Vec<Span>,
    },
    /// The text after `CMD` of a HEALTHCHECK.
    Dockerfile {
        /// The bytes after `CMD` and its blanks, to the end of the instruction.
        span: Span,
    },
    /// Written in a way that cannot be written anew (an alias, a merge of files).
    Fixed,
}

/// The shapes that a YAML test can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YamlShape {
    /// One string.
    String,
    /// `[a, b]`.
    FlowList,
    /// `- a` lines; what stands before each dash.
    BlockList {
        /// The blanks before the dash.
        indent: String,
        /// `\n` or `\r\n`.
        newline: &'static str,
    },
}

/// How strings are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YamlQuote {
    /// No quotes; a text that needs them gets single ones.
    Plain,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `|` or `>`: written anew in double quotes.
    Block,
}

impl Notation {
    /// The bytes that say the test.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Yaml { span, .. } | Self::Dockerfile { span } => Some(*span),
            Self::Fixed => None,
        }
    }

    /// Puts `test` in place of the old one, in the style of the old one.
    ///
    /// None where that cannot be said there, for example a comment line inside the old text that would be lost.
    pub fn rewrite(&self, test: &NewTest) -> Option<Edit> {
        match self {
            Self::Fixed => None,
            Self::Dockerfile { span } => {
                let text = match test {
                    NewTest::Exec(words) => json(words),
                    NewTest::Shell(script) => script.spelled(str::to_owned),
                };
                (!text.contains(['\n', '\r'])).then(|| Edit::replace(*span, text))
            }
            Self::Yaml { .. } => self.rewrite_yaml(test),
        }
    }

    fn rewrite_yaml(&self, test: &NewTest) -> Option<Edit> {
        let Self::Yaml {
            span,
            shape,
            quote,
            in_flow,
            items,
        } = self
        else {
            return None;
        };
        let word = |draft: &Draft| {
            let text = draft.spelled(double_dollar);
            match shape {
                YamlShape::BlockList { .. } => scalar(&text, *quote, *in_flow),
                YamlShape::String | YamlShape::FlowList => scalar(&text, listed(*quote), true),
            }
        };
        let between = match shape {
            YamlShape::BlockList { indent, newline } => format!("{newline}{indent}- "),
            YamlShape::String | YamlShape::FlowList => ", ".to_owned(),
        };
        let words: Vec<String> = match test {
            NewTest::Shell(script) if *shape == YamlShape::String => {
                let text = script.spelled(double_dollar);
                return Some(Edit::replace(*span, scalar(&text, *quote, *in_flow)));
            }
            NewTest::Exec(words) => {
                if let Some(edit) = few_words(items, words, &between, &word) {
                    return Some(edit);
                }
                std::iter::once(word(&Draft::text("CMD")))
                    .chain(words.iter().map(&word))
                    .collect()
            }
            NewTest::Shell(script) => vec![word(&Draft::text("CMD-SHELL")), word(script)],
        };
        let text = words.join(&between);
        // `[ a, b ]` keeps its blanks.
        let roomy = items
            .first()
            .is_some_and(|first| first.start == span.start + 2)
            && items.last().is_some_and(|last| last.end + 2 == span.end);
        Some(Edit::replace(
            *span,
            match shape {
                YamlShape::BlockList { .. } => format!("- {text}"),
                YamlShape::FlowList if roomy => format!("[ {text} ]"),
                YamlShape::String | YamlShape::FlowList => format!("[{text}]"),
            },
        ))
    }
}

/// Changes only the words of a list that are new, where those before and behind them stay as they are.
///
/// None where that is not possible, or where the list has no `CMD` that could stay.
fn few_words(
    items: &[Span],
    words: &[Draft],
    between: &str,
    spell: &dyn Fn(&Draft) -> String,
) -> Option<Edit> {
    let is = |draft: &Draft, item: &Span| draft.whole().is_some_and(|span| covers(*item, span));
    let first = items.first()?;
    if words.len() == items.len() && words.iter().zip(items).all(|(word, item)| is(word, item)) {
        // All are kept, and only `CMD` is missing in front.
        let head = format!("{}{between}", spell(&Draft::text("CMD")));
        return Some(Edit::insert_before(*first, head));
    }
    // The first item is the `CMD` in front, or the `CMD-SHELL` that it takes the place of.
    let (head, old) = items.split_first()?;
    let same = |pair: &(&Draft, &Span)| is(pair.0, pair.1);
    if head.len() > "'CMD'".len() {
        let kept = words.len() == old.len() && words.iter().zip(old).all(|pair| same(&pair));
        return kept.then(|| Edit::replace(*head, spell(&Draft::text("CMD"))));
    }
    let before = words.iter().zip(old).take_while(same).count();
    let most = words.len().min(old.len()) - before;
    let behind = words
        .iter()
        .rev()
        .zip(old.iter().rev())
        .take(most)
        .take_while(same)
        .count();
    if before + behind == 0 {
        return None;
    }
    let new: Vec<String> = words[before..words.len() - behind]
        .iter()
        .map(spell)
        .collect();
    let gone = &old[before..old.len() - behind];
    let left = before.checked_sub(1).map_or(*head, |at| old[at]);
    match (gone.first(), gone.last()) {
        (Some(from), Some(to)) if !new.is_empty() => {
            Some(Edit::replace(from.join(*to), new.join(between)))
        }
        (Some(_), Some(to)) => Some(Edit::delete(left.at_end().join(to.at_end()))),
        _ => Some(Edit::insert_after(
            left,
            new.iter()
                .flat_map(|word| [between, word])
                .collect::<String>(),
        )),
    }
}

/// Whether the span is all of an item but its quotes.
fn covers(item: Span, span: Span) -> bool {
    item.contains(span) && span.len() + 2 >= item.len()
}

/// The quotes that a word needs on a shell's command line, empty where it needs none; None where no quotes serve.
fn quotes(word: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%$?~#{}".contains(c) || c == HOLE;
    if is_operator(word) || (!word.is_empty() && word.chars().all(plain) && !word.starts_with('#'))
    {
        // A bare `?` or `{}` is left as people write it in URLs: no file is called so.
        Some("")
    } else if word.contains(['$', '\'']) {
        (!word.contains(['"', '\\', '`'])).then_some("\"")
    } else {
        Some("'")
    }
}

/// Whether a word standing alone can only be meant for a shell: an operator, or one with its tail, `|| exit 1`.
pub fn is_operator(word: &str) -> bool {
    matches!(word, "||" | "&&" | "|" | ";" | "&" | ">" | ">>" | "<")
        || ["|| ", "&& "].iter().any(|start| word.starts_with(start))
        || word
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '&')
            .starts_with('>')
            && !word.contains(char::is_whitespace)
}

/// Takes out an entry of a mapping or a flag, with its line, comma or blank, so that nothing odd is left behind.
///
/// None where the entry shares its line with something that cannot be told.
pub fn removal(text: &str, entry: Span) -> Option<Edit> {
    let range = entry.range();
    let before = text.get(..range.start)?;
    let after = text.get(range.end..)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = after.find('\n').map_or(after.len(), |at| at + 1);
    let alone_before = before[line_start..].trim().is_empty();
    let trailing = after[..line_end].trim();
    let whole_line = alone_before && (trailing.is_empty() || trailing.starts_with('#'));
    let (start, end) = if whole_line {
        (line_start, range.end + line_end)
    } else if text[range.clone()].starts_with("--") {
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        (range.start - blanks, range.end)
    } else if let Some(rest) = after.trim_start_matches(' ').strip_prefix(',') {
        let rest = rest.trim_start_matches(' ');
        (range.start, text.len() - rest.len())
    } else if before.trim_end_matches(' ').ends_with(',') {
        let kept = before.trim_end_matches(' ');
        (kept.len() - 1, range.end)
    } else {
        return None;
    };
    Some(Edit::delete(Span::new(entry.source, start, end)))
}

/// A duration as people write it: `90s` is `1m30s`.
pub fn duration(value: std::time::Duration) -> String {
    crate::syntax::duration::Duration::from(value).to_string()
}

fn double_dollar(text: &str) -> String {
    text.replace('$', "$$")
}

/// Words as the engine's JSON shows them: `["CMD", "curl"]`.
pub fn json_list(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quote::json(word)).collect();
    format!("[{}]", words.join(", "))
}

fn json(words: &[Draft]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|word| word.spelled(str::to_owned))
        .collect();
    json_list(&words)
}

/// The quotes for a list's items: a list written anew is always quoted, as people write them.
fn listed(quote: YamlQuote) -> YamlQuote {
    match quote {
        YamlQuote::Single => YamlQuote::Single,
        _ => YamlQuote::Double,
    }
}

fn scalar(text: &str, style: YamlQuote, in_flow: bool) -> String {
    match style {
        YamlQuote::Plain if quote::yaml_plain_is_safe(text, in_flow) => text.to_owned(),
        YamlQuote::Plain | YamlQuote::Single if !text.contains(['\n', '\r', '\t']) => {
            quote::yaml_single(text)
        }
        _ => quote::yaml_double(text),
    }
}
