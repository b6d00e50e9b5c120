//! Peer: where a request came from, by the connection, or by a proxy that is trusted to say.

use std::{net::IpAddr, sync::Arc};

use axum::http::{HeaderMap, header::USER_AGENT};
use ipnet::IpNet;

use crate::app::ClientInfo;

/// The longest user agent that is kept.
const LONGEST_AGENT: usize = 256;

/// The proxies whose word is taken for where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<[IpNet]>);

impl Proxies {
    pub fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// Follows `X-Forwarded-For` from its end for as long as trusted proxies wrote it.
    ///
    /// What stands further left was written by who knows whom.
    pub fn origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let mut origin = peer;
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let hops = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','));
        for hop in hops {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            origin = hop.to_canonical();
            if !self.trusts(origin) {
                break;
            }
        }
        origin
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// What is kept of where a request came from.
pub fn client_of(ip: IpAddr, headers: &HeaderMap) -> ClientInfo {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let user_agent = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect());
    ClientInfo { ip: Some(ip), user_agent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        Proxies::new(&trusted).origin(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(origin(&[], "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_says_who_came() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(origin(&proxies, "10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(origin(&proxies, "10.0.0.1", &["203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(origin(&proxies, "::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_the_client_itself_wrote_is_not_believed() {
        let proxies = ["10.0.0.0/8"];
        let forged = ["198.51.100.7, 203.0.113.9"];
        assert_eq!(origin(&proxies, "10.0.0.1", &forged), "203.0.113.9");
        assert_eq!(origin(&proxies, "10.0.0.1", &["198.51.100.7", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(origin(&proxies, "10.0.0.1", &["nonsense"]), "10.0.0.1");
    }
}
