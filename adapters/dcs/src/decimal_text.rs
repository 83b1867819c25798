//! Exact decimal numbers as text. The workflow language has no binary fractions: 0.28 against 0.13 must not fail a lens by an error of
//! representation, so a number of a record stays the digits it was sent with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits::DECIMAL_DIGITS_MAX;

/// A plain decimal number in canonical text: no `+`, no leading zeros but one before the point, no `-0`; trailing zeros stay, since they
/// tell the sender's precision. JSON: a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DecimalText(String);

/// The text is no plain decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a plain decimal number of at most {DECIMAL_DIGITS_MAX} digits")]
pub struct NotADecimal {
    pub text: String,
}

impl DecimalText {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DecimalText {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<DecimalText, NotADecimal> {
        canonical(text.trim())
            .map(DecimalText)
            .ok_or_else(|| NotADecimal { text: text.to_owned() })
    }
}

impl TryFrom<String> for DecimalText {
    type Error = NotADecimal;

    fn try_from(text: String) -> Result<DecimalText, NotADecimal> {
        text.parse()
    }
}

impl From<DecimalText> for String {
    fn from(number: DecimalText) -> String {
        number.0
    }
}

impl fmt::Display for DecimalText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn canonical(text: &str) -> Option<String> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = whole.len() + fraction.len();
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if digits == 0 || digits > DECIMAL_DIGITS_MAX || !all_digits {
        return None;
    }
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|byte| byte == b'0');
    let sign = if negative && !is_zero { "-" } else { "" };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let number = text.parse::<DecimalText>().ok();
        assert_eq!(number.as_ref().map(DecimalText::as_str), expected, "{text}");
    }

    #[test]
    fn keeps_the_digits_and_drops_the_dress() {
        for (text, expected) in [
            ("-0.47", "-0.47"),
            ("+1.250", "1.250"),
            (" 137.00 ", "137.00"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("-0.00", "0.00"),
            ("-0", "0"),
            ("0", "0"),
        ] {
            check(text, Some(expected));
        }
    }

    #[test]
    fn refuses_what_is_not_a_plain_number() {
        for text in [
            "",
            ".",
            "-",
            "1e3",
            "1,5",
            "--1",
            "+-1",
            "1.2.3",
            "PLANO",
            "0x1",
            "NaN",
            "\u{661}",
            "12345678901234567890123456789",
        ] {
            check(text, None);
        }
    }
}
