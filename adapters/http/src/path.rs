//! Paths with places for fields of the input: `/orders/{order}/labels`.

use std::collections::BTreeSet;

use statewright_core::value::Value;

use crate::percent;

/// A key or a name; longer than this it is a document, which belongs into the body.
const PATH_FIELD_BYTES_MAX: usize = 1_024;

/// The segments of a path, each of pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field(String),
}

impl Path {
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Path, String> {
        let Some(text) = text.strip_prefix('/') else {
            return Err("a path begins with `/`".to_owned());
        };
        let segments: Vec<Vec<Piece>> = text.split('/').map(pieces).collect::<Result<_, _>>()?;
        if segments
            .split_last()
            .is_some_and(|(_, before)| before.iter().any(Vec::is_empty))
        {
            return Err("`//` is an empty segment".to_owned());
        }
        if text.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err("`.` and `..` are not segments of a path that is meant as it stands".to_owned());
        }
        Ok(Path { segments })
    }

    pub fn fields(&self) -> BTreeSet<&str> {
        self.segments.iter().flatten().filter_map(Piece::field).collect()
    }

    /// The path for this input; each field stays within its segment, whatever is in it.
    ///
    /// # Errors
    /// The field that cannot stand in a path, and why, as a sentence without the field's value.
    pub fn fill(&self, input: &Value) -> Result<String, (String, String)> {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            let start = path.len();
            for piece in segment {
                match piece {
                    Piece::Literal(text) => path.push_str(text),
                    Piece::Field(name) => {
                        let text = segment_text(input, name).map_err(|why| (name.clone(), why))?;
                        percent::encode(&text, &mut path);
                    }
                }
            }
            let field = segment.iter().find_map(Piece::field);
            if let (Some(name), "." | "..") = (field, &path[start..]) {
                return Err((
                    name.to_owned(),
                    format!("`{name}` would lead to another path than the one configured"),
                ));
            }
        }
        Ok(path)
    }
}

impl Piece {
    fn field(&self) -> Option<&str> {
        match self {
            Piece::Field(name) => Some(name),
            Piece::Literal(_) => None,
        }
    }
}

/// A value as it stands in a URL; none for what has no text of its own: null, lists and objects.
pub(crate) fn url_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::List(_) | Value::Object(_) => None,
        Value::Text(text) => Some(text.to_string()),
        // Everything else is plain in JSON, or plain in quotes.
        other => Some(
            statewright_core::value::interface::to_interface(other)
                .trim_matches('"')
                .to_owned(),
        ),
    }
}

fn segment_text(input: &Value, name: &str) -> Result<String, String> {
    let value = input.field(name).unwrap_or(&Value::Null);
    let Some(text) = url_text(value) else {
        let is = value.kind().described();
        return Err(format!(
            "`{name}` stands in the path and is {is}; it must be text, a number or a date"
        ));
    };
    match text.len() {
        0 => Err(format!("`{name}` stands in the path and is empty text")),
        length if length > PATH_FIELD_BYTES_MAX => Err(format!(
            "`{name}` stands in the path and has {length} bytes, more than {PATH_FIELD_BYTES_MAX}"
        )),
        _ => Ok(text),
    }
}

/// The pieces of one segment; none if it is empty.
fn pieces(segment: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = segment;
    while !rest.is_empty() {
        let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if let Some(strange) = literal.chars().find(|character| !is_literal(*character)) {
            return Err(format!("`{strange}` cannot stand in a path"));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.to_owned()));
        }
        rest = match after.strip_prefix('{') {
            None => after,
            Some(opened) => {
                let (name, after) = opened.split_once('}').ok_or_else(|| format!("`{{{opened}` has no `}}`"))?;
                if !is_field_name(name) {
                    return Err(format!("`{{{name}}}` is not the name of a field in braces"));
                }
                pieces.push(Piece::Field(name.to_owned()));
                after
            }
        };
    }
    Ok(pieces)
}

/// What a segment may hold as it is (RFC 3986, `pchar`). An encoded character is refused: `%2F` is not what it seems.
fn is_literal(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(character)
}

/// What can be the name of an input's field.
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use statewright_core::value::json;

    use super::*;

    fn check(path: &str, input: &str, expected: &str) {
        let input = json::read(input).expect("JSON");
        let filled = Path::parse(path).and_then(|path| path.fill(&input).map_err(|(field, why)| format!("{field}: {why}")));
        assert_eq!(filled.unwrap_or_else(|problem| problem), expected, "{path}");
    }

    #[test]
    fn a_field_stays_in_its_segment() {
        check("/orders/{order}/labels", r#"{"order": "A-1"}"#, "/orders/A-1/labels");
        check(
            "/o/{order}",
            r#"{"order": "a/../b?c#d %2F"}"#,
            "/o/a%2F..%2Fb%3Fc%23d%20%252F",
        );
        check("/o/{order}", "{\"order\": \"a\\r\\nX-Evil: 1\"}", "/o/a%0D%0AX-Evil%3A%201");
        check("/{a}-{b}:start", r#"{"a": 7, "b": 1.50}"#, "/7-1.50:start");
        check("/{yes}", r#"{"yes": true}"#, "/true");
        check("/", "{}", "/");
        check("/a/", "{}", "/a/");
    }

    #[test]
    fn a_field_that_leads_elsewhere_or_nowhere_is_refused() {
        check(
            "/a/{x}",
            r#"{"x": ".."}"#,
            "x: `x` would lead to another path than the one configured",
        );
        check(
            "/.{x}",
            r#"{"x": "."}"#,
            "x: `x` would lead to another path than the one configured",
        );
        check(
            "/{x}{y}/a",
            r#"{"x": ".", "y": "."}"#,
            "x: `x` would lead to another path than the one configured",
        );
        check("/a/{x}", r#"{"x": ""}"#, "x: `x` stands in the path and is empty text");
        check(
            "/a/{x}",
            "{}",
            "x: `x` stands in the path and is empty; it must be text, a number or a date",
        );
        check(
            "/a/{x}",
            r#"{"x": ["b"]}"#,
            "x: `x` stands in the path and is a list; it must be text, a number or a date",
        );
        let long = format!(r#"{{"x": "{}"}}"#, "y".repeat(1_025));
        check(
            "/a/{x}",
            &long,
            "x: `x` stands in the path and has 1025 bytes, more than 1024",
        );
    }

    #[test]
    fn a_path_that_cannot_be_meant_is_refused() {
        check("a", "{}", "a path begins with `/`");
        check("/a//b", "{}", "`//` is an empty segment");
        check("//evil.example", "{}", "`//` is an empty segment");
        check(
            "/a/../b",
            "{}",
            "`.` and `..` are not segments of a path that is meant as it stands",
        );
        check("/a?b", "{}", "`?` cannot stand in a path");
        check("/a%2e", "{}", "`%` cannot stand in a path");
        check("/ü", "{}", "`ü` cannot stand in a path");
        check("/{a", "{}", "`{a` has no `}`");
        check("/a}", "{}", "`}` cannot stand in a path");
        check("/{}", "{}", "`{}` is not the name of a field in braces");
        check("/{a b}", "{}", "`{a b}` is not the name of a field in braces");
    }
}
