//! One field of a record: what stands between two semicolons.

use std::fmt;

/// Separates the fields of a record.
pub const FIELD_SEPARATOR: char = ';';
/// Separates the codes (sub-fields) of a field.
pub const CODE_SEPARATOR: char = ',';
/// Stands for a value the sender does not know.
pub const UNKNOWN: &str = "?";

/// A field as it was read. `Display` gives the text as it stands on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Nothing between the separators: no value.
    Null,
    /// `?`: a value there is, but the sender does not know it.
    Unknown,
    /// Text outside quotes, verbatim with its blanks; never empty. Codes are still joined by commas.
    Text(String),
    /// What stood between quotes, without them. Separators inside are part of the text.
    Quoted(String),
}

impl Field {
    /// A field that reads back as exactly this text: quoted only where it must be, null when empty.
    pub fn text(text: impl Into<String>) -> Field {
        let text = text.into();
        if text.is_empty() {
            return Field::Null;
        }
        let plain = Field::Text(text);
        let reads_back = split(&plain.to_string()) == [plain.clone()];
        let blanks_kept = plain.value() == plain.as_read();
        match plain {
            Field::Text(text) if !(reads_back && blanks_kept) => Field::Quoted(text),
            plain => plain,
        }
    }

    /// What the field means: its text without surrounding blanks (those inside quotes stay), or none when it is empty, blank or unknown.
    pub fn value(&self) -> Option<&str> {
        match self {
            Field::Null | Field::Unknown => None,
            Field::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            Field::Quoted(text) => Some(text),
        }
    }

    /// The field's text as read, `?` for unknown, none for null.
    pub fn as_read(&self) -> Option<&str> {
        match self {
            Field::Null => None,
            Field::Unknown => Some(UNKNOWN),
            Field::Text(text) | Field::Quoted(text) => Some(text),
        }
    }

    /// The field's codes (`0.02,7.79,0.40` has three). A quoted field is one code.
    pub fn codes(&self) -> Vec<Field> {
        match self {
            Field::Text(text) => split_outside_quotes(text, CODE_SEPARATOR)
                .into_iter()
                .map(from_token)
                .collect(),
            other => vec![other.clone()],
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Null => Ok(()),
            Field::Unknown => formatter.write_str(UNKNOWN),
            Field::Text(text) => formatter.write_str(text),
            Field::Quoted(text) => write!(formatter, "\"{text}\""),
        }
    }
}

/// The fields of a record's value: at least one, for an empty value is one null.
pub(crate) fn split(value: &str) -> Vec<Field> {
    split_outside_quotes(value, FIELD_SEPARATOR)
        .into_iter()
        .map(from_token)
        .collect()
}

fn from_token(token: &str) -> Field {
    if token.is_empty() {
        return Field::Null;
    }
    let trimmed = token.trim();
    if trimmed == UNKNOWN {
        return Field::Unknown;
    }
    let quoted = trimmed
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'));
    match quoted {
        Some(inner) => Field::Quoted(inner.to_owned()),
        None => Field::Text(token.to_owned()),
    }
}

/// Splits at the separator, except inside quotes. A quote opens only where a field or code begins and only if another one closes it, so
/// that inches and stray quotes in a text stay text.
fn split_outside_quotes(value: &str, separator: char) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut token_start = 0;
    let mut may_open = true;
    let mut position = 0;
    while let Some(character) = value[position..].chars().next() {
        let next = position + character.len_utf8();
        if character == '"' && may_open {
            may_open = false;
            if let Some(length) = value[next..].find('"') {
                position = next + length + 1;
                continue;
            }
        } else if character == separator {
            tokens.push(&value[token_start..position]);
            token_start = next;
            may_open = true;
        } else if character == FIELD_SEPARATOR || character == CODE_SEPARATOR {
            may_open = true;
        } else if !character.is_whitespace() {
            may_open = false;
        }
        position = next;
    }
    tokens.push(&value[token_start..]);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[Field]) {
        let fields = split(value);
        assert_eq!(fields, expected, "{value}");
        let written: Vec<String> = fields.iter().map(Field::to_string).collect();
        assert_eq!(split(&written.join(";")), expected, "written again: {value}");
    }

    fn text(text: &str) -> Field {
        Field::Text(text.into())
    }

    fn quoted(text: &str) -> Field {
        Field::Quoted(text.into())
    }

    #[test]
    fn splits_fields() {
        check("", &[Field::Null]);
        check("-0.47;0.43", &[text("-0.47"), text("0.43")]);
        check(";33", &[Field::Null, text("33")]);
        check("33;", &[text("33"), Field::Null]);
        check("?;2.00", &[Field::Unknown, text("2.00")]);
        check(" ? ;?x", &[Field::Unknown, text("?x")]);
        check(" ;", &[text(" "), Field::Null]);
        check("PR FF;PR FF", &[text("PR FF"), text("PR FF")]);
    }

    #[test]
    fn keeps_separators_inside_quotes() {
        check("\"30924\"", &[quoted("30924")]);
        check("\"a;b\";c", &[quoted("a;b"), text("c")]);
        check("\"\";\"?\"", &[quoted(""), quoted("?")]);
        check(" \" x \" ;1", &[quoted(" x "), text("1")]);
        check("1,\"a;b\";2", &[text("1,\"a;b\""), text("2")]);
        check("\"a\",\"b\"", &[text("\"a\",\"b\"")]);
    }

    #[test]
    fn leaves_a_stray_quote_alone() {
        check("5\";6", &[text("5\""), text("6")]);
        check("\"open;2", &[text("\"open"), text("2")]);
        check("O\"Neil;\"x", &[text("O\"Neil"), text("\"x")]);
    }

    #[test]
    fn gives_the_meaning_without_blanks() {
        assert_eq!(text(" 12 ").value(), Some("12"));
        assert_eq!(text("  ").value(), None);
        assert_eq!(quoted(" 12 ").value(), Some(" 12 "));
        assert_eq!(Field::Unknown.value(), None);
        assert_eq!(Field::Unknown.as_read(), Some("?"));
        assert_eq!(Field::Null.as_read(), None);
    }

    #[test]
    fn splits_codes() {
        assert_eq!(
            text("0.02,,\"a,b\",?").codes(),
            [text("0.02"), Field::Null, quoted("a,b"), Field::Unknown]
        );
        assert_eq!(quoted("a,b").codes(), [quoted("a,b")]);
    }

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(Field::text("12"), text("12"));
        assert_eq!(Field::text("1,2"), text("1,2"));
        assert_eq!(Field::text("a;b"), quoted("a;b"));
        assert_eq!(Field::text("?"), quoted("?"));
        assert_eq!(Field::text(" x"), quoted(" x"));
        assert_eq!(Field::text(""), Field::Null);
    }
}
