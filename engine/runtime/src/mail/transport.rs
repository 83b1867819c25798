//! What a mail server looks like to the engine.

use std::sync::Arc;

use async_trait::async_trait;

use super::MailAddress;

/// One mail to one person, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What stands left of the `@` in its Message-ID: the same whenever the same letter is sent, so that a repetition can be recognised.
    /// Letters, digits, `-` and `.`.
    pub id: Arc<str>,
    pub to: MailAddress,
    /// One line.
    pub subject: String,
    /// Plain text; lines end with `\n`.
    pub body: String,
}

/// Why a letter was not sent. The words hold no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    /// Trying again may help: no connection, an answer of 4xx, credentials that are not taken.
    #[error("{0}")]
    Temporary(String),
    /// Trying again cannot help: the server understood and refuses this letter.
    #[error("{0}")]
    Refused(String),
}

/// Hands letters to a mail server. It may be given the same letter again, always under the same id.
#[async_trait]
pub trait MailTransport: Send + Sync + 'static {
    async fn send(&self, letter: &Letter) -> Result<(), MailFailure>;
}
