//! JSON text, as bodies, answers and files bring it.

use statewright_core::value::{Value, canonical, interface, json, limits, order};

use crate::{Target, text};

pub(crate) const TARGET: Target = Target {
    name: "json",
    hold,
    pieces: &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\\u0000",
        "1",
        "-",
        "-0",
        ".5",
        "e",
        "E+1",
        "e-9",
        "1e28",
        "9007199254740993",
        "true",
        "false",
        "null",
        "é",
        "😀",
        "\"a\":",
        "{\"$decimal\":\"1.5\"}",
        "{\"$object\":",
        "{\"$date\":\"2026-02-29\"}",
        "\"$personal\"",
        "\n",
        " ",
    ],
};

fn hold(bytes: &[u8]) {
    let Some(source) = text::of(bytes) else { return };
    match json::read(source) {
        Ok(value) => reads_back(&value),
        Err(error) => {
            assert!(
                source.is_char_boundary(error.offset),
                "the place {} lies outside",
                error.offset
            );
            assert!(!error.to_string().is_empty());
        }
    }
    match canonical::read_canonical(source) {
        Ok(value) => assert_eq!(canonical::to_canonical(&value), source, "canonical text has one spelling"),
        Err(error) => assert!(
            source.is_char_boundary(error.offset),
            "the place {} lies outside",
            error.offset
        ),
    }
}

/// A value comes back from each of its forms.
pub(crate) fn reads_back(value: &Value) {
    let text = canonical::to_canonical(value);
    match canonical::read_canonical(&text) {
        Ok(again) => assert_eq!(again, *value, "{text}"),
        // Its canonical form may be longer and deeper than what it was read from; then it is too large to be kept, and said to be.
        Err(error) => assert!(is_too_large(value, &text), "{error}: {text}"),
    }
    let shown = interface::to_interface(value);
    if let Ok(again) = json::read(&shown) {
        assert_eq!(
            interface::to_interface(&again),
            shown,
            "the form for interfaces is JSON and stays as it is"
        );
    } else {
        assert!(is_too_large(value, &shown), "{shown}");
    }
    assert!(order::same(value, &value.clone()), "{text} is the same as itself");
}

fn is_too_large(value: &Value, text: &str) -> bool {
    text.len() > limits::JSON_BYTES_MAX || limits::check(value).is_err()
}
