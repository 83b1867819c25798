//! Where clamd listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Host and port; a name is looked up for each connection.
    Tcp(String),
    Unix(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address of clamd is `tcp:HOST:PORT` or `unix:/PATH`")]
pub struct NotAnAddress;

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Address::Unix(path.into())),
                false => Err(NotAnAddress),
            };
        }
        let place = text.strip_prefix("tcp:").ok_or(NotAnAddress)?;
        let (host, port) = place.rsplit_once(':').ok_or(NotAnAddress)?;
        match !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) {
            true => Ok(Address::Tcp(place.to_owned())),
            false => Err(NotAnAddress),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(place) => write!(formatter, "tcp:{place}"),
            Address::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_its_kind() {
        let check = |text: &str, expected: Result<Address, NotAnAddress>| assert_eq!(text.parse(), expected, "{text}");
        check("tcp:127.0.0.1:3310", Ok(Address::Tcp("127.0.0.1:3310".into())));
        check("tcp:[::1]:3310", Ok(Address::Tcp("[::1]:3310".into())));
        check("tcp:scanner:3310", Ok(Address::Tcp("scanner:3310".into())));
        check(
            "unix:/run/clamav/clamd.ctl",
            Ok(Address::Unix("/run/clamav/clamd.ctl".into())),
        );
        for wrong in [
            "",
            "127.0.0.1:3310",
            "tcp:",
            "tcp::3310",
            "tcp:host",
            "tcp:host:0",
            "tcp:host:99999",
            "unix:x",
            "unix:",
        ] {
            check(wrong, Err(NotAnAddress));
        }
    }
}
