//! Mail: what people are told reaches them outside the program as well.

mod address;
mod transport;

pub use self::address::{MailAddress, NotAnAddress};
pub use self::transport::{Letter, MailFailure, MailTransport};
