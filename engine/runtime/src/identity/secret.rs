//! Text that nobody is to read but whoever compares it.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password, a code, or what a browser holds. It is wiped when it is let go of, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }

    /// What it says: for whoever hashes it, or shows it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// With each character written in one way: keyboards write the same letter in several.
    pub(super) fn normalised(&self) -> Secret {
        Secret::new(self.0.nfc().collect())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_printed() {
        let check = |printed: String| assert_eq!(printed, "Secret");
        check(format!("{:?}", Secret::from("correct horse battery")));
    }

    #[test]
    fn a_letter_is_the_same_however_it_was_typed() {
        let check = |typed: &str, expected: &str| assert_eq!(Secret::from(typed).normalised().reveal(), expected);
        check("u\u{308}bung", "\u{fc}bung");
        check("übung", "\u{fc}bung");
        check("plain", "plain");
    }
}
