//! How a mail server is reached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use statewright_engine::mail::MailAddress;

/// How long one answer of the server may take if nothing else is said: servers look a sender up before they answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Whether a letter is encrypted on its way to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte, on a port of its own (465).
    Implicit,
    /// Begins in the clear and goes on encrypted (STARTTLS), or not at all.
    #[default]
    Required,
    /// Encrypted if the server offers it. Whoever stands in between can take that away.
    Opportunistic,
    /// Never: for a relay on this machine.
    None,
}

impl Encryption {
    /// The port that servers have for it.
    pub fn port(self) -> u16 {
        match self {
            Encryption::Implicit => 465,
            Encryption::Required => 587,
            Encryption::Opportunistic | Encryption::None => 25,
        }
    }
}

/// What is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<str>);

impl Password {
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Password(value.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(hidden)")
    }
}

/// Who signs in to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Password,
}

#[derive(Clone, Debug)]
pub struct SmtpConfiguration {
    /// A name or an address.
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// The name that the server's certificate has; None: `host`.
    pub certificate_name: Option<String>,
    /// PEM of the authorities that are believed; None: those of the public web.
    pub authorities: Option<Vec<u8>>,
    pub login: Option<Login>,
    pub from: MailAddress,
    /// What the sender is called.
    pub from_name: Option<String>,
    /// For one answer of the server.
    pub timeout: Duration,
}

/// Why these settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(crate) String);

impl SmtpConfiguration {
    pub fn new(host: impl Into<String>, encryption: Encryption, from: MailAddress) -> Self {
        SmtpConfiguration {
            host: host.into(),
            port: encryption.port(),
            encryption,
            certificate_name: None,
            authorities: None,
            login: None,
            from,
            from_name: None,
            timeout: TIMEOUT,
        }
    }
}
