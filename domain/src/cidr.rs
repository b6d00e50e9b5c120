//! The networks a credential may be used from.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::aggregate::Rejection;

/// Up to 32 networks; none means from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cidrs(Vec<IpNet>);

/// Why a list of networks is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCidrs {
    #[error("a network is an address, or an address and the length of its prefix")]
    Malformed,
    #[error("at most {} networks can be named", Cidrs::MOST)]
    TooMany,
}

impl Rejection for InvalidCidrs {
    fn code(&self) -> &'static str {
        "INVALID_INPUT"
    }
}

impl Cidrs {
    /// The most networks a list may name.
    pub const MOST: usize = 32;

    /// Reads networks such as `10.0.0.0/8`; a bare address is a network of its own.
    ///
    /// Bits beyond the prefix are cleared, so that equal networks are written equally.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidCidrs> {
        let mut networks = Vec::new();
        for text in texts {
            if networks.len() == Self::MOST {
                return Err(InvalidCidrs::TooMany);
            }
            networks.push(network(text.trim()).ok_or(InvalidCidrs::Malformed)?);
        }
        networks.sort_unstable();
        networks.dedup();
        Ok(Self(networks))
    }

    /// Tells whether the credential may be used from `ip`.
    ///
    /// An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&ip))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.0.iter().copied()
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network: IpNet =
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_network_means_from_anywhere() {
        assert!(Cidrs::default().allows("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn only_the_named_networks_are_allowed() {
        let office = Cidrs::parse(["10.1.2.3/8", "2001:db8::/32", "192.0.2.7"]).unwrap();
        for inside in ["10.255.0.1", "::ffff:10.0.0.1", "2001:db8::1", "192.0.2.7"] {
            assert!(office.allows(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.8", "::1"] {
            assert!(!office.allows(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn equal_networks_are_written_equally_and_once() {
        let twice = Cidrs::parse(["10.1.2.3/8", "10.0.0.0/8"]).unwrap();
        assert_eq!(serde_json::to_string(&twice).unwrap(), r#"["10.0.0.0/8"]"#);
    }

    #[test]
    fn what_is_no_network_and_what_is_too_many_are_refused() {
        for wrong in ["", "10.0.0.0/33", "example.org", "10.0.0"] {
            assert_eq!(Cidrs::parse([wrong]), Err(InvalidCidrs::Malformed));
        }
        assert_eq!(Cidrs::parse(["10.0.0.1"; 33]), Err(InvalidCidrs::TooMany));
    }
}
