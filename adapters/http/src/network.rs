//! Networks of addresses, and which of them are not the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

/// IPv4 addresses with a purpose of their own (IANA's special-purpose registry, RFC 6890 and later), as a clause: "is …".
const SPECIAL_V4: &[(Network, &str)] = &[
    (v4([0, 0, 0, 0], 8), "of this host itself"),
    (v4([10, 0, 0, 0], 8), "in a private network"),
    (v4([100, 64, 0, 0], 10), "in a provider's shared network"),
    (v4([127, 0, 0, 0], 8), "a loopback address"),
    (v4([169, 254, 0, 0], 16), "a link-local address"),
    (v4([172, 16, 0, 0], 12), "in a private network"),
    (v4([192, 0, 0, 0], 24), "reserved for protocols"),
    (v4([192, 0, 2, 0], 24), "reserved for documentation"),
    (v4([192, 88, 99, 0], 24), "reserved for relays"),
    (v4([192, 168, 0, 0], 16), "in a private network"),
    (v4([198, 18, 0, 0], 15), "reserved for measurements"),
    (v4([198, 51, 100, 0], 24), "reserved for documentation"),
    (v4([203, 0, 113, 0], 24), "reserved for documentation"),
    (v4([224, 0, 0, 0], 4), "a multicast address"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// The same for IPv6. Of what is not listed, only `GLOBAL_V6` is public.
const SPECIAL_V6: &[(Network, &str)] = &[
    (single_v6(Ipv6Addr::UNSPECIFIED), "of this host itself"),
    (single_v6(Ipv6Addr::LOCALHOST), "a loopback address"),
    (v6([0x2001, 0], 23), "reserved for protocols"),
    (v6([0x2001, 0xdb8], 32), "reserved for documentation"),
    (v6([0x2002, 0], 16), "reserved for relays"),
    (v6([0x3fff, 0], 20), "reserved for documentation"),
    (v6([0xfc00, 0], 7), "in a private network"),
    (v6([0xfe80, 0], 10), "a link-local address"),
    (v6([0xff00, 0], 8), "a multicast address"),
];

/// Where all public IPv6 addresses are.
const GLOBAL_V6: Network = v6([0x2000, 0], 3);

/// Under which a translator (RFC 6052) shows IPv4 addresses to an IPv6 network: the last 32 bits are the address meant.
const TRANSLATED_V4: Network = v6([0x64, 0xff9b], 96);

impl Network {
    /// `10.2.0.0/16`, `fd00::/8`, or a single address.
    ///
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str) -> Result<Network, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(format!("`{text}` is not a network; write it as `10.2.0.0/16` or `fd00::/8`"));
        };
        if address != address.to_canonical() {
            return Err(format!("`{text}` is IPv4 written as IPv6; write it as IPv4"));
        }
        let prefix_max = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix.map(str::parse::<u8>) {
            None => prefix_max,
            Some(Ok(prefix)) if prefix <= prefix_max => prefix,
            Some(_) => return Err(format!("`{text}` needs a number from 0 to {prefix_max} after the `/`")),
        };
        if aligned(address) & !mask(prefix) != 0 {
            return Err(format!(
                "`{text}` has bits set behind the first {prefix}; for one address leave `/{prefix}` out"
            ));
        }
        Ok(Network { address, prefix })
    }

    /// Whether an address is in it. The two families of addresses have nothing in common.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && (aligned(self.address) ^ aligned(address)) & mask(self.prefix) == 0
    }
}

/// The IPv4 address that an address stands for in the end: written as IPv6, or shown by a translator. Any other is itself.
pub(crate) fn meant(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(translated) if TRANSLATED_V4.contains(translated.into()) => {
            let [.., a, b, c, d] = translated.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        canonical => canonical,
    }
}

/// What an address is if it is not public, as a clause: "is …".
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    let address = meant(address);
    let listed = if address.is_ipv4() { SPECIAL_V4 } else { SPECIAL_V6 };
    match listed.iter().find(|(network, _)| network.contains(address)) {
        Some((_, clause)) => Some(clause),
        None if address.is_ipv6() && !GLOBAL_V6.contains(address) => Some("not a public address"),
        None => None,
    }
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Network {
    Network {
        address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        prefix,
    }
}

const fn v6([first, second]: [u16; 2], prefix: u8) -> Network {
    Network {
        address: IpAddr::V6(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)),
        prefix,
    }
}

const fn single_v6(address: Ipv6Addr) -> Network {
    Network {
        address: IpAddr::V6(address),
        prefix: 128,
    }
}

/// An address's bits, from the top of 128.
fn aligned(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `prefix` of 128 bits.
fn mask(prefix: u8) -> u128 {
    // No bits at all would be a shift by 128, which does not exist.
    u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(special(address(text)), expected, "{text}");
    }

    #[test]
    fn the_edges_of_what_is_not_public_are_where_the_registry_has_them() {
        for public in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1",
            "2001:200::1",
            "2003::1",
            "3ffe::1",
        ] {
            check(public, None);
        }
        check("0.0.0.0", Some("of this host itself"));
        check("10.0.0.0", Some("in a private network"));
        check("10.255.255.255", Some("in a private network"));
        check("100.64.0.0", Some("in a provider's shared network"));
        check("127.0.0.1", Some("a loopback address"));
        check("127.255.255.255", Some("a loopback address"));
        check("169.254.169.254", Some("a link-local address"));
        check("172.16.0.1", Some("in a private network"));
        check("172.31.255.255", Some("in a private network"));
        check("192.168.255.255", Some("in a private network"));
        check("198.19.255.255", Some("reserved for measurements"));
        check("224.0.0.1", Some("a multicast address"));
        check("255.255.255.255", Some("reserved"));
        check("::", Some("of this host itself"));
        check("::1", Some("a loopback address"));
        check("fd12::1", Some("in a private network"));
        check("fe80::1", Some("a link-local address"));
        check("febf::1", Some("a link-local address"));
        check("ff02::1", Some("a multicast address"));
        check("2001:db8::1", Some("reserved for documentation"));
        check("4000::1", Some("not a public address"));
        check("::7f00:1", Some("not a public address"));
    }

    #[test]
    fn an_ipv4_address_in_an_ipv6_one_is_what_it_is_in_ipv4() {
        check("::ffff:127.0.0.1", Some("a loopback address"));
        check("::ffff:10.1.2.3", Some("in a private network"));
        check("::ffff:1.1.1.1", None);
        check("64:ff9b::169.254.169.254", Some("a link-local address"));
        check("64:ff9b::1.1.1.1", None);
        check("2002:7f00:1::", Some("reserved for relays"));
    }

    #[test]
    fn a_network_has_what_begins_like_it() {
        let contains = |network: &str, text: &str| Network::parse(network).expect("a network").contains(address(text));
        assert!(contains("10.2.0.0/16", "10.2.255.255") && !contains("10.2.0.0/16", "10.3.0.0"));
        assert!(contains("0.0.0.0/0", "255.1.2.3") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("10.0.0.7", "10.0.0.7") && !contains("10.0.0.7", "10.0.0.6"));
        assert!(contains("fd00::/9", "fd7f::1") && !contains("fd00::/9", "fd80::1"));
    }

    #[test]
    fn what_is_not_a_network_is_said() {
        let wrong = |text: &str| Network::parse(text).expect_err("not a network");
        assert_eq!(
            wrong("localhost"),
            "`localhost` is not a network; write it as `10.2.0.0/16` or `fd00::/8`"
        );
        assert_eq!(
            wrong("10.0.0.0/33"),
            "`10.0.0.0/33` needs a number from 0 to 32 after the `/`"
        );
        assert_eq!(wrong("::/x"), "`::/x` needs a number from 0 to 128 after the `/`");
        assert_eq!(
            wrong("10.0.0.7/8"),
            "`10.0.0.7/8` has bits set behind the first 8; for one address leave `/8` out"
        );
        assert_eq!(
            wrong("::ffff:10.0.0.0/104"),
            "`::ffff:10.0.0.0/104` is IPv4 written as IPv6; write it as IPv4"
        );
    }
}
