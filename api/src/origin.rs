//! Origin: which web pages may speak for their visitors.
//!
//! Agents send no `Origin`; what sends one is a browser, and a page of somebody else must neither
//! open a socket nor use the cookie that its visitor's browser sends along.

use http::{HeaderMap, header};
use url::{Host, Url};

use crate::{app::App, error::Error};

/// Refuses a page that is neither of the service's own address nor on the list.
pub(crate) fn check(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    let settings = &app.settings;
    let listed = settings.public_url.iter().chain(&settings.graphql.origins);
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    let allowed = origin.is_some_and(|origin| {
        // A service without an address in the world is somebody's own, on their own machine.
        let own = settings.public_url.as_ref().is_none_or(is_loopback) && is_loopback(&origin);
        own || is_listed(&origin, listed)
    });
    if allowed { Ok(()) } else { Err(refused()) }
}

/// The same, and refuses a request that does not say which page it is from: what a cookie vouches
/// for changes nothing unless a page of ours asks.
pub(crate) fn require(app: &App, headers: &HeaderMap) -> Result<(), Error> {
    if headers.contains_key(header::ORIGIN) { check(app, headers) } else { Err(refused()) }
}

fn refused() -> Error {
    let description = "pages of this origin may not do that";
    Error::SocketRefused { status: 403, code: "origin_not_allowed", description }
}

fn is_listed<'a>(origin: &Url, mut listed: impl Iterator<Item = &'a Url>) -> bool {
    listed.any(|url| url.origin().is_tuple() && url.origin() == origin.origin())
}

pub(crate) fn is_loopback(origin: &Url) -> bool {
    match origin.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_like_it() {
        let listed = [url("https://keys.example/app")];
        assert!(is_listed(&url("https://keys.example"), listed.iter()));
        assert!(is_listed(&url("https://keys.example:443"), listed.iter()));
        for other in
            ["http://keys.example", "https://keys.example:8443", "https://keys.example.evil.test"]
        {
            assert!(!is_listed(&url(other), listed.iter()), "{other}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for own in ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:80"] {
            assert!(is_loopback(&url(own)), "{own}");
        }
        assert!(!is_loopback(&url("http://localhost.evil.test")));
    }
}
