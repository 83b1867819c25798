//! A first look at the tokens: what would exhaust the parser, which brackets belong together, and one repair.

use std::borrow::Cow;

use minijinja::machinery::{self, Token};
use minijinja::syntax::SyntaxConfig;

use crate::expression::limits::{EXPRESSION_TOKENS_MAX, PREFIXES_IN_A_ROW_MAX};
use crate::expression::problem::{Problem, ProblemKind};
use crate::expression::span::Span;

/// Braces round a whole expression blanked out, so that every other byte keeps its place; `None` if there are none.
///
/// No expression begins with `{{`, since the key of an object is text, so nothing is taken for braces that is not.
pub(super) fn without_outer_braces(source: &str) -> Option<String> {
    let trimmed = source.trim();
    let inner = trimmed.strip_prefix("{{")?.strip_suffix("}}")?;
    let before = source.len() - source.trim_start().len() + 2;
    let after = source.len() - before - inner.len();
    Some(format!("{}{inner}{}", " ".repeat(before), " ".repeat(after)))
}

/// The part of the text between two offsets, widened to whole characters.
pub(super) fn window(source: &str, start: usize, end: usize) -> &str {
    &source[whole_characters(source, start, end).range()]
}

/// The span between two offsets, cut to the text and widened to whole characters.
pub(super) fn whole_characters(source: &str, start: usize, end: usize) -> Span {
    let mut start = start.min(source.len());
    let mut end = end.min(source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    while !source.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start, end)
}

/// Where the brackets of an expression stand, and which `none` needs help.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Byte ranges from each opening bracket to the end of its closing one.
    brackets: Vec<Span>,
    /// Starts of the word `none` where the parser would take what follows for an argument.
    isolated_none: Vec<usize>,
}

impl Layout {
    /// Scans as far as there are tokens; what is no token is the parser's to report.
    pub(super) fn of(source: &str) -> Result<Layout, Problem> {
        let mut layout = Layout::default();
        let mut open: Vec<usize> = Vec::new();
        let mut prefixes = 0;
        let mut previous = [Word::Other, Word::Other];
        let mut none_at = None;
        let tokens = machinery::tokenize(source, true, SyntaxConfig::default()).map_while(Result::ok);
        for (count, (token, place)) in tokens.enumerate() {
            let span = Span::new(place.start_offset as usize, place.end_offset as usize);
            if count >= EXPRESSION_TOKENS_MAX {
                let message = format!("the expression has more than {EXPRESSION_TOKENS_MAX} words and signs");
                return Err(Problem::new(ProblemKind::TooLarge, span, message));
            }
            let word = Word::of(&token);
            prefixes = if matches!(word, Word::Not) || matches!(token, Token::Minus) {
                prefixes + 1
            } else {
                0
            };
            if prefixes > PREFIXES_IN_A_ROW_MAX {
                return Err(Problem::new(ProblemKind::TooLarge, span, "too many `not` or `-` in a row"));
            }
            match token {
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => open.push(span.start),
                Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                    layout.brackets.extend(open.pop().map(|start| Span::new(start, span.end)));
                }
                _ => {}
            }
            if let Some(start) = none_at.take()
                && word.would_be_an_argument()
            {
                layout.isolated_none.push(start);
            }
            let tested = matches!(previous, [_, Word::Is] | [Word::Is, Word::Not]);
            if tested && matches!(token, Token::Ident("none")) {
                none_at = Some(span.start);
            }
            previous = [previous[1], word];
        }
        Ok(layout)
    }

    /// The text as the parser can read it, of the same length.
    ///
    /// MiniJinja takes a name after a test for its argument, so that `x is none if y else z` would not be read. An empty
    /// list of arguments ends the test; `no()` has room for one where `none` stood. Lowering looks at the true text.
    pub(super) fn readable<'text>(&self, source: &'text str) -> Cow<'text, str> {
        if self.isolated_none.is_empty() {
            return Cow::Borrowed(source);
        }
        let mut text = source.to_owned();
        for start in &self.isolated_none {
            text.replace_range(*start..start + "none".len(), "no()");
        }
        Cow::Owned(text)
    }

    /// The span widened until every bracket in it has its partner.
    pub(super) fn balanced(&self, mut span: Span) -> Span {
        loop {
            let cut = self.brackets.iter().find(|bracket| {
                let (opens, closes) = (bracket.start, bracket.end - 1);
                let inside = |at: usize| at >= span.start && at < span.end;
                inside(opens) != inside(closes)
            });
            match cut {
                Some(bracket) => span = span.to(*bracket),
                None => return span,
            }
        }
    }
}

/// What matters of a word for the repair of `is none`.
#[derive(Clone, Copy)]
enum Word {
    Is,
    Not,
    /// A word after which a test without arguments ends.
    Connective,
    /// Any other name.
    Name,
    Other,
}

impl Word {
    fn of(token: &Token<'_>) -> Word {
        match token {
            Token::Ident("is") => Word::Is,
            Token::Ident("not") => Word::Not,
            Token::Ident("and" | "or" | "else") => Word::Connective,
            Token::Ident(_) => Word::Name,
            _ => Word::Other,
        }
    }

    fn would_be_an_argument(self) -> bool {
        matches!(self, Word::Name | Word::Not)
    }
}
