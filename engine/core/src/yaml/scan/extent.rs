//! How far a value reaches: for YAML, and for the person who wrote it.

use super::text::Text;

/// Bytes a value is followed in search of its end: nobody writes a longer one on one line without quotes, and the search
/// must not cost the length of a hostile line for each of its values.
pub(super) const VALUE_BYTES_MAX: usize = 1_000;

/// Where a value stands, which decides what ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// After `key: ` or `- `: to the end of the line.
    Block,
    /// The value of a key between braces: to a comma or the closing brace.
    FlowValue,
    /// A key between braces or an item between brackets: also to a colon.
    FlowItem,
}

/// Where the value that begins at `start` ends for someone who counts its own brackets, quotes and templates to it.
/// Without the blanks at its end; always in the same line.
pub(super) fn meant_end(text: Text<'_>, start: usize, place: Place) -> usize {
    let balanced = reach(text, start, place, true);
    let end = balanced
        .or_else(|| reach(text, start, place, false))
        .unwrap_or_else(|| window_end(text, start));
    text.trim_end(start, end)
}

/// Where YAML ends an unquoted value between braces or brackets, and the sign that ends it (0 for the line's end).
pub(super) fn plain_end(text: Text<'_>, start: usize) -> (usize, u8) {
    let mut at = start;
    while !text.is_end(at) {
        let sign = text.at(at);
        let ends = match sign {
            b',' | b'[' | b']' | b'{' | b'}' => true,
            b':' => is_flow_colon(text, at),
            b'#' => text.is_hash(at),
            _ => false,
        };
        if ends {
            return (at, sign);
        }
        at += 1;
    }
    (at, 0)
}

/// Whether the colon here separates a key from its value between braces or brackets.
pub(super) fn is_flow_colon(text: Text<'_>, at: usize) -> bool {
    text.at(at) == b':' && (text.is_blank_or_end(at + 1) || matches!(text.at(at + 1), b',' | b'[' | b']' | b'{' | b'}'))
}

/// The end of the template that begins here with `{{`, if it ends in this line.
pub(super) fn template_end(text: Text<'_>, start: usize) -> Option<usize> {
    if !text.starts_with(start, "{{") {
        return None;
    }
    let mut at = start + 2;
    let end = window_end(text, start);
    while at < end {
        if text.starts_with(at, "}}") {
            return Some(at + 2);
        }
        at = string_end(text, at).unwrap_or(at + 1);
    }
    None
}

/// The end of the quoted string that begins here, if one does and it ends in this line. An apostrophe is no beginning.
fn string_end(text: Text<'_>, at: usize) -> Option<usize> {
    let quote = text.at(at);
    if !matches!(quote, b'"' | b'\'')
        || text
            .slice(0, at)
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '\'' | '"'))
    {
        return None;
    }
    (at + 1..window_end(text, at))
        .find(|next| text.at(*next) == quote)
        .map(|next| next + 1)
}

/// The end of the line, or of what is looked at of it.
fn window_end(text: Text<'_>, start: usize) -> usize {
    let end = text.line_end(start);
    if end - start <= VALUE_BYTES_MAX {
        end
    } else {
        text.boundary(start + VALUE_BYTES_MAX)
    }
}

/// Goes on to what ends the value. `None` when brackets are counted and one of them is not closed.
fn reach(text: Text<'_>, start: usize, place: Place, counted: bool) -> Option<usize> {
    let mut open: Vec<u8> = Vec::new();
    let mut at = start;
    let last = window_end(text, start);
    while at < last {
        if let Some(end) = template_end(text, at).or_else(|| string_end(text, at)) {
            at = end;
            continue;
        }
        if text.is_comment(at) {
            break;
        }
        let sign = text.at(at);
        if place != Place::Block {
            match sign {
                b'(' | b'[' | b'{' if counted => open.push(sign),
                b')' if open.last() == Some(&b'(') => {
                    open.pop();
                }
                b']' | b'}' => {
                    let opening = if sign == b']' { b'[' } else { b'{' };
                    match open.iter().rposition(|found| *found == opening) {
                        Some(index) => open.truncate(index),
                        None => break,
                    }
                }
                b',' if open.is_empty() => break,
                b':' if place == Place::FlowItem && open.is_empty() && is_flow_colon(text, at) => {
                    break;
                }
                _ => {}
            }
        }
        at += 1;
    }
    open.is_empty().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::super::text::breaks;
    use super::*;

    fn check(line: &str, place: Place, meant: &str, plain: &str) {
        let breaks = breaks(line);
        let text = Text::new(line, &breaks);
        assert_eq!(&line[..meant_end(text, 0, place)], meant);
        assert_eq!(&line[..plain_end(text, 0).0], plain);
    }

    #[test]
    fn a_value_keeps_its_own_brackets_and_templates() {
        check(
            "Mount {{ order_no }}, for: [x]}",
            Place::FlowValue,
            "Mount {{ order_no }}",
            "Mount ",
        );
        check(
            "table('p', severity).max}",
            Place::FlowValue,
            "table('p', severity).max",
            "table('p'",
        );
        check("lenses[0].x, b}", Place::FlowValue, "lenses[0].x", "lenses");
        check(
            "{{ a | join(', ') }} of {{ '}}' }}, b",
            Place::FlowValue,
            "{{ a | join(', ') }} of {{ '}}' }}",
            "",
        );
        check("a == \"b, c\", d}", Place::FlowValue, "a == \"b, c\"", "a == \"b");
    }

    #[test]
    fn an_unbalanced_bracket_or_apostrophe_does_not_swallow_the_rest() {
        check("smile :(, b}", Place::FlowValue, "smile :(", "smile :(");
        check("Don't, it's, x}", Place::FlowValue, "Don't", "Don't");
        check("a) b, c", Place::FlowValue, "a) b", "a) b");
    }

    #[test]
    fn a_colon_ends_a_key_and_not_a_value() {
        check("a b: c, d", Place::FlowItem, "a b", "a b");
        check("a b: c, d", Place::FlowValue, "a b: c", "a b");
        check("08:30, x", Place::FlowItem, "08:30", "08:30");
    }

    #[test]
    fn a_comment_ends_a_value_when_it_looks_like_one() {
        check("x == 1   # why", Place::Block, "x == 1", "x == 1   ");
        check("Lot #4 released", Place::Block, "Lot #4 released", "Lot ");
        check("a, b: c", Place::Block, "a, b: c", "a");
    }
}
