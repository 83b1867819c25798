//! Keys that the language does not know.

use super::{Entry, Kind, Mapping, Node, Scalar, Style, quoted};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};

/// Known keys named in the help when none is near: more would not be read.
const KEYS_LISTED_MAX: usize = 20;

/// Blanks between two parts of a split value that a repair may bridge.
const GAP_BYTES_MAX: usize = 8;

/// Whether a key is a note of the author's own, which is ignored everywhere.
pub fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// An unknown key: the nearest known one is proposed, or all are named.
pub fn unknown_key(key: &Scalar, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UnknownKey, key.span, format!("unknown key `{}`", key.text));
    match nearest(&key.text, known.iter().copied()) {
        Some(nearest) => diagnostic
            .help(format!("write `{nearest}`, if that is meant"))
            .repair(key.span, nearest),
        None if known.is_empty() => diagnostic.help("take it away; a note of your own begins with `x-`"),
        None => {
            let listed: Vec<String> = known.iter().take(KEYS_LISTED_MAX).map(|key| format!("`{key}`")).collect();
            let more = if known.len() > KEYS_LISTED_MAX { ", …" } else { "" };
            diagnostic.help(format!(
                "the keys here are {}{more}; a note of your own begins with `x-`",
                listed.join(", ")
            ))
        }
    }
}

/// Whether an unknown key is what a comma split off from the value before it: `{otherwise: No, never}`. Gives the diagnostic with
/// the quoted value; for each key split off from one value the same.
pub fn comma_split(mapping: &Mapping, entry: &Entry) -> Option<Diagnostic> {
    let index = mapping.iter().position(|known| known.key.span == entry.key.span)?;
    if !mapping.flow || !is_split(entry) {
        return None;
    }
    let before = mapping.entries.get(..index)?;
    let owner = before.iter().rposition(|entry| !is_split(entry))?;
    let value = mapping.entries.get(owner).filter(|entry| entry.colon)?.value.as_scalar()?;
    if value.style != Style::Plain {
        return None;
    }
    let parts = mapping.entries.get(owner + 1..)?.iter().take_while(|entry| is_split(entry));
    let mut whole = value.raw.to_string();
    let mut end = value.span.end;
    for part in parts {
        // The gap is the comma and the blanks behind it.
        let gap = part.key.span.start.checked_sub(end + 1)?;
        whole.push(',');
        whole.push_str(&" ".repeat(gap.min(GAP_BYTES_MAX)));
        whole.push_str(&part.key.raw);
        end = part.key.span.end;
    }
    let comma = Span::new(value.span.file, value.span.end..value.span.end + 1);
    let name = mapping.entries.get(owner)?.name();
    Some(
        Diagnostic::error(
            Code::CommaSplitsValue,
            comma,
            format!("the comma splits the value of `{name}`: between braces it begins the next key"),
        )
        .help("put the value in quotes")
        .repair(Span::new(value.span.file, value.span.start..end), quoted(&whole)),
    )
}

fn is_split(entry: &Entry) -> bool {
    !entry.colon && matches!(entry.value, Node { kind: Kind::Empty, .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;
    use crate::yaml::parse;

    const KNOWN: &[&str] = &["title", "for", "due", "by", "onDone", "otherwise"];

    fn check(source: &str, expected: &str) {
        let (node, _) = parse(FileId(0), source);
        let mapping = node.as_mapping().expect("the source is a mapping");
        let found: Vec<String> = mapping
            .iter()
            .filter(|entry| !KNOWN.contains(&entry.name()))
            .map(|entry| comma_split(mapping, entry).unwrap_or_else(|| unknown_key(&entry.key, KNOWN)))
            .map(|d| {
                format!(
                    "{} {:?} {}",
                    d.code,
                    &source[d.span.range()],
                    d.repair.map_or_else(String::new, |repair| repair.text)
                )
            })
            .collect();
        assert_eq!(found.join("; "), expected, "{source}");
    }

    #[test]
    fn the_nearest_known_key_is_proposed() {
        check("titel: x", "SW-0201 \"titel\" title");
        check("on_done: x", "SW-0201 \"on_done\" onDone");
        check("fro: x", "SW-0201 \"fro\" for");
        check("workflow: x", "SW-0201 \"workflow\" ");
        check("zz: x", "SW-0201 \"zz\" ");
    }

    #[test]
    fn a_key_that_a_comma_split_off_is_told_from_an_unknown_one() {
        check("{otherwise: No, never}", "SW-0103 \",\" \"No, never\"");
        check(
            "{otherwise: No,never, ever, for: x}",
            "SW-0103 \",\" \"No,never, ever\"; SW-0103 \",\" \"No,never, ever\"",
        );
        check("{otherwise: 'No', never}", "SW-0201 \"never\" ");
        check("{otherwise: No, never: x}", "SW-0201 \"never\" ");
        check("{otherwise: No, never: }", "SW-0201 \"never\" ");
        check("{never}", "SW-0201 \"never\" ");
    }
}
