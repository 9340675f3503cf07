//! The parser's errors in plain words: what is wrong and what to do.

use granit_parser::ErrorKind;

/// Whether the error is that of a tab in the place of spaces.
pub(super) fn is_about_tabs(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabInIndentation
            | E::TabInPlainScalar
            | E::TabAtBlockScalarStart
    )
}

/// What is wrong and what to do about it, for one error of the parser.
pub(super) fn explain(kind: &ErrorKind) -> String {
    use ErrorKind as E;
    let words = match kind {
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabInPlainScalar
        | E::TabAtBlockScalarStart => "a tab stands where YAML wants spaces: indent with spaces",
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::InvalidMappingValueWhitespace => {
            "`: ` starts a value where none can stand: put quotes around the text, or mend the indentation"
        }
        E::InvalidQuotedScalarIndent => {
            "the text in quotes goes on up to here, further left than its key: its quote is probably never closed"
        }
        E::UnclosedQuotedScalar => "this quote is never closed: add the closing quote",
        E::UnclosedFlowCollection { .. }
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping => {
            "this bracket is never closed: add the closing one"
        }
        E::MisplacedFlowCollectionEnd | E::MismatchedFlowCollectionEnd { .. } => {
            "this bracket closes nothing that is open: remove it, or open it before"
        }
        E::ExpectedFlowSequenceSeparator => {
            "between two items of a list in brackets a comma is missing, or the bracket is not closed"
        }
        E::ExpectedFlowMappingSeparator => {
            "between two entries in braces a comma is missing, or the brace is not closed"
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            "text follows the closing quote: a quoted value ends at its quote, so quote the whole value"
        }
        E::InvalidIndentation
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent
        | E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::BlockSequenceEntryNotAllowed
        | E::MappingKeyNotAllowed => {
            "the line does not fit the lines above it: check its indentation"
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            "this is neither a key nor part of a value: add `:` behind the key, or indent the line under its value"
        }
        E::UnexpectedCharacter {
            character: '@' | '`',
        }
        | E::ExpectedNodeContent => "a value cannot start like this: put quotes around it",
        E::UnexpectedCharacter { .. } => {
            "this character cannot stand here: remove it, or put the value in double quotes"
        }
        E::RecursionLimitExceeded => {
            "values are nested more than 255 levels deep: nobody writes that by hand, so the file is not read"
        }
        E::UnknownAnchor => "this alias names an anchor that is not defined before it",
        E::CommentInterceptedScalar => {
            "a comment stands inside a value of several lines: move the comment above the value"
        }
        E::CommentNotSeparated => "a comment needs a space in front of its `#`",
        E::BomInsideDocument => "a byte order mark stands inside the text: remove it",
        E::DocumentIndicatorInQuotedScalar => {
            "a line `---` or `...` stands inside quotes: the quote is probably not closed"
        }
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => {
            "behind `|` or `>` only `+`, `-` and one digit may stand: write the text on the next line"
        }
        other => return format!("this is not YAML: {other}"),
    };
    words.to_owned()
}
