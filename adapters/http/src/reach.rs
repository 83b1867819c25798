//! Which addresses an adapter may connect to.

use std::net::IpAddr;

use crate::network::{Network, meant, special};

/// Public addresses, and the networks that the configuration names.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    /// False where secrets would cross the public internet in the clear.
    pub public: bool,
    pub networks: Vec<Network>,
}

/// An address that is out of reach, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutOfReach {
    #[error("{address} is {special}; if it is meant, name its network under `networks`")]
    Special { address: IpAddr, special: &'static str },
    #[error("{address} is public, and a secret is not sent there in the clear; use https")]
    InTheClear { address: IpAddr },
}

impl Reach {
    pub fn check(&self, address: IpAddr) -> Result<(), OutOfReach> {
        let meant = meant(address);
        if self.networks.iter().any(|network| network.contains(meant)) {
            return Ok(());
        }
        match special(meant) {
            Some(special) => Err(OutOfReach::Special { address, special }),
            None if self.public => Ok(()),
            None => Err(OutOfReach::InTheClear { address }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public: bool, networks: &[&str], address: &str, expected: &str) {
        let networks = networks.iter().map(|text| Network::parse(text).expect("a network")).collect();
        let checked = Reach { public, networks }.check(address.parse().expect("an address"));
        assert_eq!(
            checked.map_or_else(|refusal| refusal.to_string(), |()| "allowed".to_owned()),
            expected
        );
    }

    #[test]
    fn only_public_addresses_are_in_reach_unless_a_network_is_named() {
        check(true, &[], "1.1.1.1", "allowed");
        check(
            true,
            &[],
            "10.2.0.1",
            "10.2.0.1 is in a private network; if it is meant, name its network under `networks`",
        );
        check(true, &["10.2.0.0/16"], "10.2.0.1", "allowed");
        check(true, &["10.2.0.0/16"], "::ffff:10.2.0.1", "allowed");
        check(
            true,
            &["10.2.0.0/16", "::1"],
            "::ffff:10.3.0.1",
            "::ffff:10.3.0.1 is in a private network; if it is meant, name its network under `networks`",
        );
    }

    #[test]
    fn a_secret_in_the_clear_stays_in_the_networks_that_are_named() {
        check(
            false,
            &["10.2.0.0/16"],
            "1.1.1.1",
            "1.1.1.1 is public, and a secret is not sent there in the clear; use https",
        );
        check(false, &["10.2.0.0/16"], "10.2.0.1", "allowed");
        check(false, &["1.1.1.1"], "1.1.1.1", "allowed");
    }
}
