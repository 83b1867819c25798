//! Words that sentences about expressions share, whether they are said before it runs or when it does.

use super::ast::{Arithmetic, Node};
use crate::value::Kind;

/// Characters of a term's text that a sentence quotes.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// The text of a node in backquotes, on one line and not too long.
pub(super) fn quoted(source: &str, node: &Node) -> String {
    let words: Vec<&str> = node.span.text(source).split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((cut, _)) => format!("`{}…`", &line[..cut]),
        None => format!("`{line}`"),
    }
}

/// What to write instead, for the slips that are usual; empty, or beginning with a semicolon.
pub(super) fn comparison_advice(left: Kind, right: Kind) -> &'static str {
    let has = |kind| left == kind || right == kind;
    match () {
        () if has(Kind::Date) && has(Kind::Instant) => "; compare days with `date(x)`, or moments with `start_of_day(x)`",
        () if has(Kind::Text) && has(Kind::Instant) => "; text becomes a moment with `instant(x)`",
        () if has(Kind::Text) && has(Kind::Date) => "; text becomes a date with `date(x)`",
        () if has(Kind::Text) && (has(Kind::Integer) || has(Kind::Decimal)) => "; text becomes a number with `decimal(x)`",
        () if has(Kind::Duration) && (has(Kind::Integer) || has(Kind::Decimal)) => "; write the duration, such as `hours(2)`",
        () => "",
    }
}

/// What to write instead, for the slips that are usual; empty, or beginning with a semicolon.
pub(super) fn arithmetic_advice(operator: Arithmetic, left: Kind, right: Kind) -> &'static str {
    let has = |kind| left == kind || right == kind;
    let number = has(Kind::Integer) || has(Kind::Decimal);
    match () {
        () if operator == Arithmetic::Add && has(Kind::Text) => "; text is joined with `~`",
        () if has(Kind::Date) && number => "; write `days(n)`",
        () if has(Kind::Instant) && number => "; write `hours(n)` or `days(n)`",
        () if has(Kind::Date) && has(Kind::Instant) => "; make a date of the moment with `date(x)`",
        () if has(Kind::Text) && number => "; text becomes a number with `decimal(x)`",
        () => "",
    }
}
