//! A person's mail address.

use std::fmt;
use std::sync::Arc;

/// Of a whole address, and of what stands before its `@`, in bytes: what mail servers take. (RFC 5321, 4.5.3.1)
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;

/// Of one part of a domain, in bytes. (RFC 1035, 2.3.4)
const LABEL_BYTES_MAX: usize = 63;

/// Where mail reaches somebody: `ada@lab.example`. It is personal data, so that `Debug` does not show it.
///
/// ```
/// use statewright_engine::mail::MailAddress;
///
/// let address: MailAddress = "ada@lab.example".parse().expect("it is an address");
/// assert_eq!(address.as_str(), "ada@lab.example");
/// assert_eq!(format!("{address:?}"), "MailAddress(hidden)");
/// assert!("ada".parse::<MailAddress>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(Arc<str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnAddress(&'static str);

impl MailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind its `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }
}

impl std::str::FromStr for MailAddress {
    type Err = NotAnAddress;

    /// Takes what every server does: a name of ASCII, as it stands in practice, without quotes or comments.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (local, domain) = text
            .rsplit_once('@')
            .ok_or(NotAnAddress("has no `@`; write it as `ada@lab.example`"))?;
        if text.len() > ADDRESS_BYTES_MAX || local.len() > LOCAL_BYTES_MAX {
            return Err(NotAnAddress("is longer than a mail address may be"));
        }
        if !local.split('.').all(is_atom) {
            return Err(NotAnAddress(
                "has something else than a name before its `@`; write it as `ada@lab.example`",
            ));
        }
        let labels: Vec<&str> = domain.split('.').collect();
        if labels.len() < 2 || !labels.iter().all(|label| is_label(label)) || labels.last().is_some_and(|top| is_number(top)) {
            return Err(NotAnAddress("has no domain behind its `@`; write it as `ada@lab.example`"));
        }
        Ok(MailAddress(text.into()))
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MailAddress(hidden)")
    }
}

/// RFC 5322, 3.2.3.
fn is_atom(text: &str) -> bool {
    let is_special = |character: char| "!#$%&'*+-/=?^_`{|}~".contains(character);
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || is_special(character))
}

fn is_label(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '-');
    plain && !text.is_empty() && text.len() <= LABEL_BYTES_MAX && !text.starts_with('-') && !text.ends_with('-')
}

fn is_number(text: &str) -> bool {
    text.chars().all(|character| character.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = text.parse::<MailAddress>().err().map(|error| error.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        check("ada@lab.example", None);
        check("ada.o'neil+tray-7@x1.lab.example", None);
        check("ada", Some("has no `@`; write it as `ada@lab.example`"));
        let name = Some("has something else than a name before its `@`; write it as `ada@lab.example`");
        check("@lab.example", name);
        check("a b@lab.example", name);
        check("ada@b@lab.example", name);
        check("ada\r\nBcc: x@lab.example", name);
        check("\"ada\"@lab.example", name);
        check(".ada@lab.example", name);
        let domain = Some("has no domain behind its `@`; write it as `ada@lab.example`");
        check("ada@", domain);
        check("ada@lab", domain);
        check("ada@127.0.0.1", domain);
        check("ada@-lab.example", domain);
        check("ada@lab..example", domain);
        check("ada@lab.example\n", domain);
        check(
            &format!("{}@lab.example", "a".repeat(65)),
            Some("is longer than a mail address may be"),
        );
        check(&format!("{}@lab.example", "a".repeat(64)), None);
    }
}
