//! `--with`: the input of a start or an event, in whichever words are shortest.
//!
//! | written | means |
//! |---|---|
//! | `tray=104` | the field `tray` is the text `104` |
//! | `rush:=true` | the field `rush` is this JSON value |
//! | `rx.right.sphere=-0.50` | the same, inside objects |
//! | `{"tray": "104"}` | all fields of this object |
//! | `@FILE`, `@-` | all fields of the object in a file, or on standard input |

use std::io::Read;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_core::value::{Object, Value, json};

use crate::failure::Failure;
use crate::json::{member, member_items};

/// Puts an input together.
///
/// # Errors
/// A word that is none of the forms above, a file that cannot be read, a field inside something that is no object.
pub fn read_input(words: &[String]) -> Result<Object, Failure> {
    amend_input(Object::new(), words)
}

/// Puts words over an input that is there already: a path changes what it names and leaves the rest.
///
/// # Errors
/// As [`read_input`].
pub fn amend_input(mut input: Object, words: &[String]) -> Result<Object, Failure> {
    for word in words {
        take(&mut input, word)?;
    }
    Ok(input)
}

/// How refusals begin of fields that are no text in JSON.
const NOT_TEXT: [&str; 4] = [
    "must be a whole number",
    "must be `true` or `false`",
    "must be a list",
    "must be an object",
];

/// Says how to give as JSON what was given as text and refused as text.
pub fn hint_at_json(mut failure: Failure, words: &[String]) -> Failure {
    let refusals = failure
        .problem
        .as_ref()
        .map_or(&[][..], |problem| member_items(problem, "refusals"));
    let refused: Vec<&str> = refusals
        .iter()
        .filter(|refusal| NOT_TEXT.iter().any(|words| member(refusal, "sentence").starts_with(words)))
        .map(|refusal| member(refusal, "field"))
        .collect();
    let in_json: Vec<String> = words
        .iter()
        .filter(|word| !word.starts_with(['@', '{']))
        .filter_map(|word| word.split_once('='))
        .filter(|(name, _)| refused.contains(name))
        .filter(|(_, value)| json::read(value).is_ok_and(|value| value.as_text().is_none()))
        .map(|(name, value)| format!("`{name}:={value}`"))
        .collect();
    if !in_json.is_empty() {
        failure.hint = Some(format!("`=` gives text; to give anything else write {}", in_json.join(", ")));
    }
    failure
}

fn take(input: &mut Object, word: &str) -> Result<(), Failure> {
    if let Some(path) = word.strip_prefix('@') {
        input.extend(read_object(&read_file(path)?, path)?);
        return Ok(());
    }
    if word.trim_start().starts_with('{') {
        input.extend(read_object(word, word)?);
        return Ok(());
    }
    let Some((name, value)) = word.split_once('=') else {
        return Err(unreadable(word, "it is no input"));
    };
    match name.strip_suffix(':') {
        Some(name) => {
            let value = json::read(value).map_err(|error| {
                unreadable(word, &error.to_string()).hint(format!("What follows `:=` is JSON; for text write `{name}={value}`"))
            })?;
            put(input, name, value, word)
        }
        None => put(input, name, Value::from_text(value), word),
    }
}

fn put(fields: &mut Object, path: &str, value: Value, word: &str) -> Result<(), Failure> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    if name.is_empty() {
        return Err(unreadable(word, "a field's name is missing"));
    }
    let Some(rest) = rest else {
        fields.insert(name.into(), value);
        return Ok(());
    };
    let inner = fields.entry(name.into()).or_insert_with(|| Value::from_fields(Object::new()));
    match inner {
        Value::Object(inner) => put(Arc::make_mut(inner), rest, value, word),
        _ => Err(unreadable(word, &format!("`{name}` was given before, and is no object"))),
    }
}

fn read_file(path: &str) -> Result<String, Failure> {
    if path != "-" {
        return std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, error));
    }
    let mut text = String::new();
    // One byte more than may be read as JSON, so that what is too long is told so and not cut off.
    let read = std::io::stdin().take(JSON_BYTES_MAX as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::unreadable("standard input", error))?;
    Ok(text)
}

fn read_object(text: &str, shown: &str) -> Result<Object, Failure> {
    match json::read(text) {
        Ok(Value::Object(fields)) => Ok((*fields).clone()),
        Ok(other) => Err(unreadable(
            shown,
            &format!("it is {}, not an object", other.kind().described()),
        )),
        Err(error) => Err(unreadable(shown, &error.to_string())),
    }
}

fn unreadable(word: &str, why: &str) -> Failure {
    Failure::misused(Code::InputUnreadable, format!("`{word}`: {why}"))
        .hint("Write `FIELD=TEXT`, `FIELD:=JSON`, `{…}`, `@FILE` or `@-`; dots reach inside objects")
}

#[cfg(test)]
mod tests {
    use statewright_core::value::interface::to_interface;

    use super::*;

    fn check(words: &[&str], expected: &str) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = match read_input(&words) {
            Ok(input) => to_interface(&Value::from_fields(input)),
            Err(failure) => failure.sentence.clone(),
        };
        assert_eq!(found, expected, "{words:?}");
    }

    #[test]
    fn fields_objects_and_paths() {
        check(&[], "{}");
        check(&["tray=104", "rush:=true"], r#"{"rush":true,"tray":"104"}"#);
        check(&["note=a=b"], r#"{"note":"a=b"}"#);
        check(
            &["rx.right.sphere=-0.50", "rx.right.axis:=90", "rx.left={}"],
            r#"{"rx":{"left":"{}","right":{"axis":90,"sphere":"-0.50"}}}"#,
        );
        check(&[r#"{"tray": "1", "rush": false}"#, "tray=2"], r#"{"rush":false,"tray":"2"}"#);
        check(&[r#"eyes:=["right"]"#], r#"{"eyes":["right"]}"#);
    }

    #[test]
    fn words_change_what_they_name_and_leave_the_rest() {
        let given = read_object(r#"{"frame": {"a_mm": 51, "kind": "metal"}, "job": "A-1"}"#, "").expect("an object");
        let amended = amend_input(
            given,
            &["frame.kind=plastic".to_owned(), "frame.source=lab_supply".to_owned()],
        );
        let amended = amended.map(|input| to_interface(&Value::from_fields(input)));
        let expected = r#"{"frame":{"a_mm":51,"kind":"plastic","source":"lab_supply"},"job":"A-1"}"#;
        assert_eq!(amended.ok().as_deref(), Some(expected));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        check(&["tray"], "`tray`: it is no input");
        check(&["=1"], "`=1`: a field's name is missing");
        check(&["a..b=1"], "`a..b=1`: a field's name is missing");
        check(&["a=1", "a.b=2"], "`a.b=2`: `a` was given before, and is no object");
        check(&["rush:=yes"], "`rush:=yes`: at byte 0: found `y` where a value was expected");
        check(
            &["{\"a\":1,\"a\":2}"],
            "`{\"a\":1,\"a\":2}`: at byte 7: the key `a` stands twice",
        );
        check(
            &["@no-such-file"],
            "`no-such-file` cannot be read: No such file or directory (os error 2)",
        );
    }
}
