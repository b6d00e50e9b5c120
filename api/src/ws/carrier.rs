//! Carrier: how a client hands its token over when it opens a socket.
//!
//! In the query (as a token, the oldest contract, or a ticket), in `Authorization`, or as the sub-protocol
//! `bearer.<token>`, which is all that a browser can set. A token in more than one of them is
//! refused: which one counts must not be a guess.

use domain::Secret;
use http::{HeaderMap, HeaderValue, Uri, header};

/// The sub-protocol that a client may name so that its token is not echoed to it.
const PROTOCOL: &str = "keyledger";
const BEARER_PROTOCOL: &str = "bearer.";

/// What the opening request says.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) token: Option<Secret<String>>,
    /// The sub-protocol to agree to, where one was offered that is ours.
    pub(super) protocol: Option<HeaderValue>,
    /// `?errors=close`: refuse by closing, since browsers cannot read a refused upgrade.
    pub(super) errors_close: bool,
}

/// The opening request hands over more than one token, or one that is no text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

impl Carried {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, Ambiguous> {
        let mut tokens = Vec::new();
        let mut errors_close = false;
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()) {
            match &*name {
                "token" | "ticket" => tokens.push(Secret::new(value.into_owned())),
                "errors" => errors_close = value == "close",
                _ => {}
            }
        }
        for value in headers.get_all(header::AUTHORIZATION) {
            tokens.push(bearer(value).ok_or(Ambiguous)?);
        }
        let (token, protocol) = protocols(headers);
        tokens.extend(token);
        if tokens.len() > 1 {
            return Err(Ambiguous);
        }
        Ok(Self { token: tokens.pop(), protocol, errors_close })
    }
}

fn bearer(value: &HeaderValue) -> Option<Secret<String>> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
}

/// Returns the token among the offered sub-protocols, and which of them to agree to.
fn protocols(headers: &HeaderMap) -> (Option<Secret<String>>, Option<HeaderValue>) {
    let offers: Vec<&str> = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let token = offers.iter().find_map(|offer| offer.strip_prefix(BEARER_PROTOCOL));
    let plain = offers.contains(&PROTOCOL).then(|| HeaderValue::from_static(PROTOCOL));
    // A browser gives up unless one of its offers is agreed to.
    let echoed = token.and_then(|token| {
        let mut value = HeaderValue::from_str(&format!("{BEARER_PROTOCOL}{token}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    });
    (token.map(|token| Secret::new(token.to_owned())), plain.or(echoed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, headers: &[(&'static str, &str)]) -> Result<Carried, Ambiguous> {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), value.parse::<HeaderValue>().unwrap())
        });
        Carried::read(&uri.parse().unwrap(), &headers.collect())
    }

    fn token(carried: &Carried) -> Option<&str> {
        carried.token.as_ref().map(|token| token.expose().as_str())
    }

    #[test]
    fn each_carrier_hands_the_token_over() {
        assert_eq!(token(&read("/ws?token=nxa%5F1", &[]).unwrap()), Some("nxa_1"));
        let header = read("/ws", &[("authorization", "bearer nxa_1")]).unwrap();
        assert_eq!(token(&header), Some("nxa_1"));
        let protocol = read("/ws", &[("sec-websocket-protocol", "bearer.nxa_1")]).unwrap();
        assert_eq!(token(&protocol), Some("nxa_1"));
        assert_eq!(token(&read("/ws?ticket=nxt_1", &[]).unwrap()), Some("nxt_1"));
        assert_eq!(token(&read("/ws", &[]).unwrap()), None);
    }

    #[test]
    fn two_tokens_are_refused() {
        let twice = read("/ws?token=nxa_1", &[("authorization", "Bearer nxa_2")]);
        assert_eq!(twice.unwrap_err(), Ambiguous);
        assert_eq!(read("/ws?token=nxa_1&token=nxa_2", &[]).unwrap_err(), Ambiguous);
        assert_eq!(read("/ws?token=nxa_1&ticket=nxt_2", &[]).unwrap_err(), Ambiguous);
        assert_eq!(read("/ws", &[("authorization", "Basic eDp5")]).unwrap_err(), Ambiguous);
    }

    #[test]
    fn our_own_protocol_is_agreed_to_rather_than_the_token_echoed() {
        let both = read("/ws", &[("sec-websocket-protocol", "bearer.nxa_1, keyledger")]).unwrap();
        assert_eq!(both.protocol.unwrap(), PROTOCOL);
        let alone = read("/ws", &[("sec-websocket-protocol", "bearer.nxa_1")]).unwrap();
        assert!(alone.protocol.unwrap().is_sensitive());
    }

    #[test]
    fn a_browser_asks_for_errors_it_can_read() {
        assert!(read("/ws?errors=close", &[]).unwrap().errors_close);
        assert!(!read("/ws?errors=open", &[]).unwrap().errors_close);
    }
}
