//! The event stream of a strict YAML 1.2 reader. The only file that knows which reader it is.

use std::ops::Range;

use granit_parser::{ErrorKind, Event as ParserEvent, Options, Parser, ScalarStyle, ScanError, StructureStyle};

use super::Style;
use super::limit::{DEPTH_MAX, NODES_MAX};
use crate::diagnostic::Code;

/// One event. Ids are the reader's own, one for each definition of an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    DocumentStart,
    Scalar {
        text: String,
        style: Style,
        anchor: Option<usize>,
        tag: Option<Range<usize>>,
    },
    SequenceStart {
        anchor: Option<usize>,
        tag: Option<Range<usize>>,
    },
    SequenceEnd,
    MappingStart {
        flow: bool,
        anchor: Option<usize>,
        tag: Option<Range<usize>>,
    },
    MappingEnd,
    /// `None`: no such anchor stands before it.
    Alias {
        anchor: Option<usize>,
    },
    Comment,
}

/// Why the reader stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub code: Code,
    pub offset: usize,
    pub message: &'static str,
    pub help: &'static str,
    /// What the reader itself said.
    pub detail: String,
    /// Reading on with that place mended would fail in the same way.
    pub hopeless: bool,
}

/// The events of a text, each with its byte range, until the end or the first failure.
pub(super) fn events(text: &str) -> impl Iterator<Item = Result<(Event, Range<usize>), Failure>> {
    let options: Options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: NODES_MAX,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    Parser::new_from_str_with_options(text, options).filter_map(|next| match next {
        Ok((event, span)) => {
            let tag = span.tag_span().and_then(|tag| tag.byte_range());
            // A reader of a whole text always knows its byte offsets.
            let range = span.byte_range().unwrap_or(0..0);
            convert(event, tag).map(|event| Ok((event, range)))
        }
        Err(error) => Some(Err(failure(&error))),
    })
}

fn convert(event: ParserEvent<'_>, tag: Option<Range<usize>>) -> Option<Event> {
    let named = |id: usize| (id != 0).then_some(id);
    Some(match event {
        ParserEvent::DocumentStart(..) => Event::DocumentStart,
        ParserEvent::Scalar(text, style, anchor, _) => Event::Scalar {
            text: text.into_owned(),
            style: self::style(style),
            anchor: named(anchor),
            tag,
        },
        ParserEvent::SequenceStart(_, anchor, _) => Event::SequenceStart {
            anchor: named(anchor),
            tag,
        },
        ParserEvent::SequenceEnd => Event::SequenceEnd,
        ParserEvent::MappingStart(style, anchor, _) => Event::MappingStart {
            flow: style == StructureStyle::Flow,
            anchor: named(anchor),
            tag,
        },
        ParserEvent::MappingEnd => Event::MappingEnd,
        ParserEvent::Alias(id) => Event::Alias { anchor: Some(id) },
        ParserEvent::UnresolvedAlias(_) => Event::Alias { anchor: None },
        ParserEvent::Comment(..) => Event::Comment,
        // The bounds of the stream and of a document; what a later version may add only describes the presentation.
        _ => return None,
    })
}

fn style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn failure(error: &ScanError) -> Failure {
    let (code, message, help) = words(error.kind());
    Failure {
        code,
        offset: error.marker().byte_offset().unwrap_or(0),
        message,
        help,
        detail: error.info(),
        hopeless: code == Code::TooLarge,
    }
}

/// A code, what is wrong, and what would be right.
type Words = (Code, &'static str, &'static str);

/// What the failure means for the person who wrote the file.
fn words(kind: &ErrorKind) -> Words {
    in_a_value(kind).or_else(|| between_lines(kind)).unwrap_or((
        Code::YamlSyntax,
        "this cannot be read as YAML",
        "compare it with the lines round it, or put the value in quotes",
    ))
}

/// Failures inside one value.
fn in_a_value(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as K;
    Some(match kind {
        K::TabInBlockIndentation | K::TabInIndentation | K::TabNotAllowed | K::TabInPlainScalar | K::TabAtBlockScalarStart => (
            Code::TabIndentation,
            "a tab stands where YAML takes only blanks",
            "indent with blanks",
        ),
        K::DirectiveDisallowed | K::MissingDocumentEndBeforeDirective => (
            Code::Directive,
            "a line that begins with `%` is a YAML directive, which this file may not have",
            "delete the line",
        ),
        K::MissingAnchorOrAliasName => (
            Code::ReservedStart,
            "`&` and `*` before a value name an anchor, and the name is missing",
            "put the value in quotes",
        ),
        K::UnexpectedCharacter { .. } => (
            Code::ReservedStart,
            "a value cannot begin with this sign",
            "put the value in quotes",
        ),
        K::RecursionLimitExceeded | K::AnchorCountOverflow | K::TooManyComments => (
            Code::TooLarge,
            "mappings and lists are nested too deeply",
            "name the inner parts elsewhere, or split the file",
        ),
        K::UnclosedQuotedScalar | K::InvalidQuotedScalarIndent | K::DocumentIndicatorInQuotedScalar => (
            Code::NeverClosed,
            "a quote is not closed before the value ends",
            "close the quote; lines after the first are indented deeper than the key",
        ),
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar | K::InvalidBlockScalarHeader => (
            Code::ValueGoesOn,
            "something follows a value that is already complete",
            "put the whole value in quotes",
        ),
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidUnicodeEscape
        | K::InvalidLowSurrogate
        | K::InvalidLowSurrogateHexEscape
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate => (
            Code::Escape,
            "a `\\` in this text begins an escape that does not exist",
            "write `\\\\` for a backslash, or use single quotes",
        ),
        K::ExpectedTagBang
        | K::InvalidTagTerminator
        | K::InvalidGlobalTagCharacter
        | K::UndeclaredTagHandle
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte => (
            Code::Tag,
            "a value that begins with `!` is a YAML tag, which means nothing here",
            "put the value in quotes",
        ),
        _ => return None,
    })
}

/// Failures of keys, items and brackets among one another.
fn between_lines(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as K;
    Some(match kind {
        K::UnclosedFlowCollection { .. }
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofImplicitFlowMapping
        | K::MismatchedFlowCollectionEnd { .. } => (
            Code::NeverClosed,
            "a bracket or brace is not closed",
            "close it, or put the value in quotes",
        ),
        K::MisplacedFlowCollectionEnd => (
            Code::StrayClosing,
            "a closing bracket without an opening one",
            "delete it, or put the value in quotes",
        ),
        K::MappingValueNotAllowed | K::InvalidColonPlacement => (
            Code::ColonInValue,
            "a colon stands where no key can be",
            "put the value in quotes, or begin a new line for the key",
        ),
        K::BlockSequenceEntryNotAllowed | K::BlockEntryInFlowCollection => (
            Code::YamlSyntax,
            "a list item (`- `) cannot stand here",
            "begin the list on a new line, or write it as `[a, b]`",
        ),
        K::ExpectedBlockMappingKey | K::InvalidIndentation | K::ExpectedDocumentStart | K::ExpectedBlockSequenceEntry => (
            Code::Indentation,
            "this line does not belong to the mapping or list above it",
            "indent it like its siblings",
        ),
        K::SimpleKeyExpected | K::InvalidSimpleKey => (
            Code::YamlSyntax,
            "this line is not `key: value`",
            "write a key, a colon and a blank before the value",
        ),
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => (
            Code::YamlSyntax,
            "between braces or brackets a comma is missing here",
            "write a comma, or put the value in quotes",
        ),
        _ => return None,
    })
}

/// Whether the text keeps to the letter of the rules for indentation, which the reader takes lightly between brackets.
#[cfg(test)]
pub(super) fn is_strictly_indented(text: &str) -> bool {
    let options = granit_parser::options! { strict_indentation: true, emit_unresolved_aliases: true };
    Parser::new_from_str_with_options(text, options).all(|next| next.is_ok())
}
