//! Mail goes out over SMTP: with TLS and a sign-in, one connection a letter.
//!
//! # Purpose
//! [`Smtp`] is the engine's [`MailTransport`]: it hands a letter to one configured server and says what came of it.
//!
//! # Invariants
//! - The same letter has the same Message-ID whenever it is sent.
//! - A letter is sent in the clear only where that was configured by name ([`Encryption::None`], or a server without STARTTLS under
//!   [`Encryption::Opportunistic`]); a sign-in never is.
//! - Nothing waits without a bound.
//! - What the server says is kept to a line of its words, without addresses; the password is shown nowhere.
//!
//! # Deliberately absent
//! No pool: a digest makes few letters of many, and a connection that was left open is the one that fails. No HTML, no attachments. Bounces
//! that arrive later are mail to the sender's address, and are read there.

mod configuration;
mod smtp;
mod words;

pub use configuration::{Encryption, Login, Password, SmtpConfiguration, Unusable};
pub use smtp::Smtp;
pub use statewright_engine::mail::{Letter, MailAddress, MailFailure, MailTransport};
