//! Text in several parts: where one function needs more than one thing from outside.

/// Between two parts of an input.
const SEPARATOR: &str = "\n%%\n";

/// The input as text, if it is any. What is no UTF-8 is refused at the door, by code that is not ours.
pub(crate) fn of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The part before the separator, and what stands after it.
pub(crate) fn parts(text: &str) -> (&str, Option<&str>) {
    match text.split_once(SEPARATOR) {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    }
}
