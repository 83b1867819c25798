//! Credentials, and keeping them out of everything that is shown.

use std::fmt;
use std::sync::Arc;

/// What stands where a secret stood.
const HIDDEN: &str = "(hidden)";

/// A part of a header this short is taken for a word of the language when it is met in a text, not for a credential.
const PART_CHARACTERS_MIN: usize = 4;

/// The value of a header that no one may see: a token, a key, a password.
///
/// Neither `Debug` nor `Display` shows it.
///
/// ```
/// use statewright_http::Secret;
///
/// let secret = Secret::new("Bearer 5f3759df");
/// assert_eq!(format!("{secret} {secret:?}"), "(hidden) Secret(hidden)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The whole value of the header, with its scheme if it has one: `Bearer 5f3759df`.
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Secret(value.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The text without this secret: neither the whole value stays in it, nor the credential behind the scheme.
    pub(crate) fn hide_in(&self, text: &str) -> String {
        let credentials = self.0.split_whitespace().skip(1);
        let parts = credentials.filter(|part| part.chars().count() >= PART_CHARACTERS_MIN);
        let whole = Some(&*self.0).filter(|whole| !whole.is_empty());
        whole
            .into_iter()
            .chain(parts)
            .fold(text.to_owned(), |text, part| text.replace(part, HIDDEN))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret{HIDDEN}")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: &str, text: &str, expected: &str) {
        assert_eq!(Secret::new(secret).hide_in(text), expected, "{text}");
    }

    #[test]
    fn a_text_keeps_neither_the_value_nor_the_credential_in_it() {
        check("Bearer 5f3759df", "got `Bearer 5f3759df`", "got `(hidden)`");
        check(
            "Bearer 5f3759df",
            "the token 5f3759df has expired",
            "the token (hidden) has expired",
        );
        check("5f3759df", "5f3759df, 5f3759df", "(hidden), (hidden)");
    }

    #[test]
    fn the_rest_of_a_text_stays() {
        check("Bearer 5f3759df", "a Bearer token is needed", "a Bearer token is needed");
        check("Scheme a b", "a b c", "a b c");
        check("", "nothing to hide", "nothing to hide");
    }
}
