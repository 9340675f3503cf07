//! Regular expressions as grep, sed and awk read them: a tree with places, the tool's own complaint, and what it matches.

mod bracket;
mod construct;
mod matching;
mod parse;
mod tree;

pub use construct::{Construct, Meaning, OverEscape};
pub use matching::Matching;
pub use parse::parse;
pub use tree::{Kind, Node, Set, SetItem};

use std::ops::Range;

/// The program that is given the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// grep: a newline separates patterns.
    Grep,
    /// sed: `\n` and `\t` are the characters.
    Sed,
    /// awk: escapes as in its strings. The awks differ, so fewer answers are known.
    Awk,
}

/// Whose regular expressions the program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// GNU's: GNU grep and sed, and BusyBox where it is linked with glibc.
    Gnu,
    /// musl's (descended from TRE): BusyBox on Alpine.
    Musl,
}

/// Which of the three languages the options choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// POSIX basic: grep and sed without options.
    Basic,
    /// POSIX extended: `-E`, egrep, awk.
    Extended,
    /// Perl's: `grep -P`. Only its validity is read, and that loosely; what it matches stays unknown.
    Perl,
}

/// Everything that decides what a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    /// The program.
    pub tool: Tool,
    /// The library behind it.
    pub dialect: Dialect,
    /// The language.
    pub syntax: Syntax,
}

/// A pattern as one program reads it. Ranges are bytes of [`Regex::text`].
#[derive(Clone, Debug)]
pub struct Regex {
    /// The pattern as it reaches the program.
    pub text: String,
    /// The program.
    pub reader: Reader,
    /// What it means; [`Kind::Unknown`] where nobody can say.
    pub root: Node,
    /// Why the program refuses it. A pattern with a hole has none: what fills the hole might mend it.
    pub fault: Option<Fault>,
    /// Everything in it that another program reads otherwise, in the order of the text.
    pub constructs: Vec<(Range<usize>, Construct)>,
}

/// Why a program refuses a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// The bytes of the culprit: the bracket that nothing closes, the repetition of nothing.
    pub range: Range<usize>,
}

/// What can be wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A group that nothing closes.
    UnclosedGroup,
    /// The end of a group that nothing opens.
    UnopenedGroup,
    /// `[` without its `]`.
    UnclosedBracket,
    /// `[:space:]` outside brackets, which GNU grep refuses with advice.
    BareClass,
    /// `[[:foo:]]`.
    UnknownClass,
    /// `[z-a]`.
    RangeOrder,
    /// A backslash with nothing behind it.
    TrailingBackslash,
    /// `*`, `+`, `?` or `{` with nothing in front that could be repeated.
    NothingToRepeat,
    /// `\{` that nothing closes.
    UnclosedBrace,
    /// Braces that do not hold one number, or two in order.
    BadBrace,
    /// A repetition count beyond what the program allows.
    TooManyRepeats,
    /// `\2` without a second group in front.
    BadBackReference,
}

impl Regex {
    /// The words that the program prints (after its name), for example `Unmatched ( or \(`.
    pub fn complaint(&self) -> Option<String> {
        self.complaint_about(&self.text)
    }

    /// As [`Self::complaint`], with `shown` where the program quotes the pattern, which may hold what must stay secret.
    pub fn complaint_about(&self, shown: &str) -> Option<String> {
        let fault = self.fault.as_ref()?;
        let kind = fault.kind;
        let culprit = self.text.get(fault.range.start..).unwrap_or_default();
        let words = match (self.reader.syntax, self.reader.dialect) {
            (Syntax::Perl, _) => kind.perl_words(),
            // glibc gives up in another place where nothing at all stands in the brackets.
            (_, Dialect::Gnu) if matches!(culprit, "[" | "[^") => "Invalid regular expression",
            (_, Dialect::Gnu) => kind.gnu_words(),
            (_, Dialect::Musl) => kind.musl_words(),
        };
        Some(match (self.reader.dialect, self.reader.syntax) {
            // BusyBox quotes the pattern first.
            (Dialect::Musl, Syntax::Basic | Syntax::Extended) => {
                format!("bad regex '{shown}': {words}")
            }
            _ => words.to_owned(),
        })
    }
}

impl FaultKind {
    /// As GNU grep and sed say it (glibc `posix/regcomp.c`, gnulib `dfa.c`).
    fn gnu_words(self) -> &'static str {
        match self {
            Self::UnclosedGroup => r"Unmatched ( or \(",
            Self::UnopenedGroup => r"Unmatched ) or \)",
            Self::UnclosedBracket => "Unmatched [, [^, [:, [., or [=",
            Self::BareClass => "character class syntax is [[:space:]], not [:space:]",
            Self::UnknownClass => "Invalid character class name",
            Self::RangeOrder => "Invalid range end",
            Self::TrailingBackslash => "Trailing backslash",
            Self::NothingToRepeat => "Invalid preceding regular expression",
            Self::UnclosedBrace => r"Unmatched \{",
            Self::BadBrace => r"Invalid content of \{\}",
            Self::TooManyRepeats => "Regular expression too big",
            Self::BadBackReference => "Invalid back reference",
        }
    }

    /// As musl's `regerror` says it.
    fn musl_words(self) -> &'static str {
        match self {
            Self::UnclosedGroup | Self::UnopenedGroup => "Missing ')'",
            Self::UnclosedBracket => "Missing ']'",
            Self::BareClass | Self::UnknownClass => "Unknown character class name",
            Self::RangeOrder => "Invalid character range",
            Self::TrailingBackslash => "Trailing backslash",
            Self::NothingToRepeat => "Repetition not preceded by valid expression",
            Self::UnclosedBrace | Self::BadBrace | Self::TooManyRepeats => "Invalid contents of {}",
            Self::BadBackReference => "Invalid back reference",
        }
    }

    /// As PCRE2 says it.
    fn perl_words(self) -> &'static str {
        match self {
            Self::UnclosedGroup => "missing closing parenthesis",
            Self::UnopenedGroup => "unmatched closing parenthesis",
            Self::UnclosedBracket => "missing terminating ] for character class",
            Self::BareClass => "POSIX named classes are supported only within a class",
            Self::UnknownClass => "unknown POSIX class name",
            Self::RangeOrder => "range out of order in character class",
            Self::TrailingBackslash => r"\ at end of pattern",
            Self::NothingToRepeat => "quantifier does not follow a repeatable item",
            Self::UnclosedBrace | Self::BadBrace => "numbers out of order in {} quantifier",
            Self::TooManyRepeats => "number too big in {} quantifier",
            Self::BadBackReference => "reference to non-existent subpattern",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn grep(dialect: Dialect, syntax: Syntax) -> Reader {
        Reader {
            tool: Tool::Grep,
            dialect,
            syntax,
        }
    }

    const GNU: Reader = grep(Dialect::Gnu, Syntax::Basic);
    const GNU_E: Reader = grep(Dialect::Gnu, Syntax::Extended);
    const MUSL: Reader = grep(Dialect::Musl, Syntax::Basic);
    const MUSL_E: Reader = grep(Dialect::Musl, Syntax::Extended);
    const ALL: [Reader; 4] = [GNU, GNU_E, MUSL, MUSL_E];

    fn finds(pattern: &str, line: &str, reader: Reader) -> Option<bool> {
        parse(pattern, reader).matches(line, Matching::default())
    }

    /// What BusyBox grep on Alpine was seen to do, beside GNU grep.
    #[test]
    fn musl_and_gnu_part_ways_where_they_really_do() {
        for (pattern, line, reader, found) in [
            (r"\s", "a b", MUSL, true),
            (r"\w", "ab", MUSL, true),
            (r"\d", "5", GNU, false),
            (r"\d", "5", MUSL, true),
            (r"\d", "d", GNU, true),
            (r"\d", "d", MUSL, false),
            (r"\d+", "200", GNU_E, false),
            (r"\d+", "200", MUSL_E, true),
            (r"\bok\b", "ok", MUSL, true),
            (r"a\|b", "b", MUSL, true),
            ("a|b", "b", MUSL, false),
            (r"\t", "t", GNU, true),
            (r"\t", "\t", MUSL, true),
            ("{\"status\"", "{\"status\":1}", MUSL, true),
            ("{\"status\"", "{\"status\":1}", GNU_E, true),
            ("(?i)ok", "OK", GNU_E, false),
            (r#"\"ok\""#, "\"ok\"", GNU, true),
            (r#"\"ok\""#, "\"ok\"", MUSL, true),
        ] {
            assert_eq!(
                finds(pattern, line, reader),
                Some(found),
                "{pattern} {line} {reader:?}"
            );
        }
    }

    #[test]
    fn each_program_complains_in_its_own_words() {
        for (pattern, reader, words) in [
            ("(", GNU_E, r"Unmatched ( or \("),
            (r"\)", GNU, r"Unmatched ) or \)"),
            ("[a", GNU, "Unmatched [, [^, [:, [., or [="),
            (r"a\", GNU_E, "Trailing backslash"),
            ("a{2,1}", GNU_E, r"Invalid content of \{\}"),
            (
                "[:space:]",
                GNU,
                "character class syntax is [[:space:]], not [:space:]",
            ),
            (
                "{\"x\"",
                MUSL_E,
                "bad regex '{\"x\"': Repetition not preceded by valid expression",
            ),
            (
                "(?i)ok",
                MUSL_E,
                "bad regex '(?i)ok': Repetition not preceded by valid expression",
            ),
            ("a{,2}", MUSL_E, "bad regex 'a{,2}': Invalid contents of {}"),
            ("a{1", MUSL_E, "bad regex 'a{1': Invalid contents of {}"),
            (
                r"\{x",
                MUSL,
                r"bad regex '\{x': Repetition not preceded by valid expression",
            ),
            ("(", MUSL_E, "bad regex '(': Missing ')'"),
        ] {
            assert_eq!(
                parse(pattern, reader).complaint().as_deref(),
                Some(words),
                "{pattern}"
            );
        }
        for pattern in [
            "",
            "ok",
            "[[:space:]]*",
            "\"success\":[[:space:]]*true",
            "a.*b$",
            "^[^]x-z]*",
        ] {
            for reader in ALL {
                assert_eq!(parse(pattern, reader).fault, None, "{pattern}");
            }
        }
    }

    #[test]
    fn a_fault_points_at_its_culprit() {
        for (pattern, reader, culprit) in [
            ("ab(cd", GNU_E, "("),
            ("ab[cd", GNU, "["),
            (r"ab\", GNU, r"\"),
            ("x[z-a]", GNU, "z-a"),
            ("x[[:foo:]]", GNU, "[:foo:]"),
            ("x|*y", MUSL_E, "*"),
            ("ok\n(x", GNU_E, "("),
            (r"a\{x\}", GNU, r"\{"),
        ] {
            let fault = parse(pattern, reader).fault.unwrap();
            assert_eq!(&pattern[fault.range], culprit, "{pattern}");
        }
    }

    #[test]
    fn a_doubled_backslash_asks_for_a_real_one() {
        for reader in ALL {
            let regex = parse(r#""success":\\s*true"#, reader);
            assert!(regex.requires_backslash());
            let [found] = &regex.over_escapes()[..] else {
                panic!("one place, not {:?}", regex.over_escapes());
            };
            assert_eq!(&regex.text[found.range.clone()], r"\\s");
            assert_eq!(
                (found.letter, found.meant.as_str(), found.required),
                ('s', "[[:space:]]", true)
            );
            assert_eq!(
                regex.matches(r#""success": true"#, Matching::default()),
                Some(false)
            );
            assert!(!parse(r"\s*true", reader).requires_backslash());
            assert_eq!(parse("a\\\\s\u{fffc}", reader).over_escapes().len(), 1);
            assert!(!parse("a\\\\s\u{fffc}", reader).requires_backslash());
        }
        let either = parse(r"a\\s|b", GNU_E);
        assert!(!either.requires_backslash());
        assert!(!either.over_escapes()[0].required);
        assert!(!parse(r"(a\\d)?b", GNU_E).requires_backslash());
        assert!(parse(r"(a\\d)+b", GNU_E).requires_backslash());
    }

    #[test]
    fn what_differs_is_named_with_a_spelling_that_does_not() {
        let construct = |pattern: &str, reader| {
            let regex = parse(pattern, reader);
            let (range, construct) = regex.constructs.first().cloned().unwrap();
            (
                construct,
                construct.meaning(reader),
                construct.portable(&pattern[range]),
            )
        };
        let digits = Some("[0-9]".to_owned());
        assert_eq!(
            construct(r"\d", GNU),
            (Construct::ClassEscape('d'), Meaning::Letter, digits.clone())
        );
        assert_eq!(
            construct(r"\d", MUSL),
            (Construct::ClassEscape('d'), Meaning::Usual, digits)
        );
        assert_eq!(construct(r"\t", GNU).1, Meaning::Letter);
        assert_eq!(construct(r"\t", MUSL).1, Meaning::Usual);
        assert_eq!(
            construct("{\"x", GNU_E),
            (Construct::Brace, Meaning::Letter, Some("\\{".to_owned()))
        );
        assert_eq!(construct("a{,2}", MUSL_E).1, Meaning::Refused);
        assert_eq!(construct("a{,2}", GNU_E).2.as_deref(), Some("{0,2}"));
        assert_eq!(construct("*a", GNU_E).1, Meaning::Ignored);
        assert_eq!(construct("*a", MUSL_E).1, Meaning::Refused);
        assert_eq!(construct("(?i)a", GNU_E).0, Construct::PerlGroup);
        assert_eq!(
            construct(r"[^\s]", GNU),
            (
                Construct::EscapeInBracket('s'),
                Meaning::Both,
                Some("[:space:]".to_owned())
            )
        );
        assert_eq!(parse("[[:space:]]a{2}", GNU_E).constructs, []);
    }

    #[test]
    fn nobody_knows_what_a_hole_matches() {
        for reader in ALL {
            assert_eq!(finds("ok\u{fffc}", "ok", reader), None);
            assert_eq!(parse("(\u{fffc}[", reader).fault, None);
        }
        let perl = grep(Dialect::Gnu, Syntax::Perl);
        assert_eq!(finds("(?i)ok", "OK", perl), None);
        assert_eq!(parse("(?i)ok", perl).fault, None);
        assert_eq!(
            parse("(ok", perl).complaint().as_deref(),
            Some("missing closing parenthesis")
        );
        assert_eq!(finds(r"\(a\)\1", "b", GNU), Some(false));
        assert_eq!(finds(r"\(a\)\1", "aa", GNU), None);
    }

    #[test]
    fn options_of_grep_change_what_matches() {
        let matches = |pattern, line, ignore_case, whole_line| {
            parse(pattern, GNU)
                .matches(
                    line,
                    Matching {
                        ignore_case,
                        whole_line,
                    },
                )
                .unwrap()
        };
        assert!(matches("ok", "it is OK", true, false));
        assert!(matches("[a-c]", "B", true, false));
        assert!(!matches("[^b]", "B", true, false));
        assert!(!matches("ok", "ok.", false, true));
        assert!(matches("o\\|ok", "ok", false, true));
        assert_eq!(parse("^$", GNU).matches_empty_line(), Some(true));
        assert_eq!(parse(".", GNU).matches_empty_line(), Some(false));
    }

    #[test]
    fn no_pattern_makes_it_panic_or_run_away() {
        let pieces = [
            "\\", "(", ")", "[", "]", "{", "}", "*", "|", "^", "$", "1", ",", "a", ":", "é",
            "\u{fffc}", "?", "\n", "n",
        ];
        let tools = [Tool::Grep, Tool::Sed, Tool::Awk];
        for seed in 0..40_000_usize {
            let mut left = seed;
            let mut text = String::new();
            while left > 0 {
                text.push_str(pieces[left % pieces.len()]);
                left /= pieces.len();
            }
            let dialect = [Dialect::Gnu, Dialect::Musl][seed % 2];
            for syntax in [Syntax::Basic, Syntax::Extended, Syntax::Perl] {
                let regex = parse(
                    &text,
                    Reader {
                        tool: tools[seed % 3],
                        dialect,
                        syntax,
                    },
                );
                assert!(
                    regex
                        .fault
                        .iter()
                        .all(|fault| text.get(fault.range.clone()).is_some())
                );
                assert!(
                    regex
                        .constructs
                        .iter()
                        .all(|(range, _)| text.get(range.clone()).is_some())
                );
                assert!(
                    regex
                        .over_escapes()
                        .iter()
                        .all(|found| text.get(found.range.clone()).is_some())
                );
                regex.matches("a1\\é", Matching::default());
            }
        }
        for piece in [
            "(",
            "[",
            "a{2}",
            "(a*)*",
            "[[:",
            "\\(",
            "((a{200}){200}){200}",
            "(((){255}){255}){255}",
            "[[.",
            "a|",
            "\\\\s",
        ] {
            let text = piece.repeat(20_000);
            for reader in ALL {
                let regex = parse(&text, reader);
                regex.over_escapes();
                regex.matches(
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
                    Matching::default(),
                );
            }
        }
    }
}
