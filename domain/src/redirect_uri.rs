//! Redirect URIs: where a person's browser may be sent with a code.
//!
//! A request names a registered URI byte for byte (RFC 9700 4.1.3). The one exception is the port
//! of an application that listens on the person's own machine (RFC 8252 7.3): `http` to
//! `127.0.0.1`, `[::1]` or `localhost`, none of which stands for another.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::aggregate::Rejection;

/// A URI as it is registered: in its normal form, so that a comparison of bytes is one of meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Why a URI can not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    #[error("a redirect URI is absolute, in its normal form, of at most 512 ASCII characters")]
    Malformed,
    #[error("a redirect URI has neither a fragment nor a `*`")]
    Open,
    #[error("a redirect URI names neither a user nor a password")]
    Credentials,
    #[error("plain http is only for localhost, 127.0.0.1 and [::1]")]
    Plain,
    #[error("nothing can be redirected to this scheme safely")]
    Scheme,
}

impl Rejection for InvalidRedirectUri {
    fn code(&self) -> &'static str {
        "REDIRECT_URI_INVALID"
    }
}

/// Schemes by which a browser would run or read what it is sent to (RFC 8252 8.4, and more).
const DENIED: [&str; 15] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "filesystem",
    "blob",
    "about",
    "view-source",
    "ws",
    "wss",
    "ftp",
    "intent",
    "content",
    "jar",
    "mailto",
];
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl RedirectUri {
    const LONGEST: usize = 512;

    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        use InvalidRedirectUri as Invalid;
        if text.len() > Self::LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Invalid::Malformed);
        }
        if text.contains(['#', '*']) {
            return Err(Invalid::Open);
        }
        let url = Url::parse(text).map_err(|_| Invalid::Malformed)?;
        if DENIED.contains(&url.scheme()) {
            return Err(Invalid::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(Invalid::Credentials);
        }
        // Other spellings of a host, a port or a path would never be met by the same bytes.
        let normal = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        if !normal || text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}']) {
            return Err(Invalid::Malformed);
        }
        let own = url.host_str().is_some_and(|host| LOOPBACK.contains(&host));
        if url.scheme() == "http" && !own {
            return Err(Invalid::Plain);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a request may name `requested`.
    pub fn matches(&self, requested: &str) -> bool {
        if self.0 == requested {
            return true;
        }
        let Some((before, after)) = self.around_port() else { return false };
        let Some(rest) = requested.strip_prefix(before) else { return false };
        match rest.strip_prefix(':') {
            None => rest == after,
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = rest.split_at(digits);
                let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
                is_port && rest == after
            }
        }
    }

    /// The page of an application on the web, which nobody else can answer at.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The origin of the web page, where it is one (RFC 6454 6.2).
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(|url| url.origin().ascii_serialization())
    }

    /// What stands before and after the port, of a listener on the person's own machine.
    fn around_port(&self) -> Option<(&str, &str)> {
        let host = LOOPBACK.into_iter().find(|host| {
            let rest = self.0.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
            rest.is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-')
            })
        })?;
        let (before, rest) = self.0.split_at("http://".len() + host.len());
        let after = rest.strip_prefix(':').map_or(rest, |rest| {
            rest.trim_start_matches(|character: char| character.is_ascii_digit())
        });
        Some((before, after))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands between `//` and the path.
fn authority(text: &str) -> &str {
    let rest = text.split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(registered: &str, requested: &str) -> bool {
        RedirectUri::parse(registered).unwrap().matches(requested)
    }

    #[test]
    fn a_page_on_the_web_is_met_by_its_own_bytes_and_no_others() {
        let page = "https://app.example/cb";
        assert!(matches(page, page));
        for other in [
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example/cb#x",
            "https://app.example/CB",
            "https://app.example/c%62",
            "https://APP.example/cb",
            "HTTPS://app.example/cb",
            "https://app.example:443/cb",
            "https://u@app.example/cb",
            "https://app.example.evil.example/cb",
            "https://evil.example/https://app.example/cb",
            "https://app.example/cb/../cb",
            "https://app.example\\cb",
            "http://app.example/cb",
            " https://app.example/cb",
            "",
        ] {
            assert!(!matches(page, other), "{other}");
        }
        let query = "https://app.example/cb?tenant=1";
        assert!(matches(query, query));
        assert!(!matches(query, "https://app.example/cb?tenant=2"));
    }

    #[test]
    fn a_listener_on_ones_own_machine_may_have_any_port() {
        assert!(matches("http://localhost:8089/callback", "http://localhost:1337/callback"));
        assert!(matches("http://localhost:8089/callback", "http://localhost/callback"));
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
        assert!(matches("http://[::1]/cb", "http://[::1]:5/cb"));
        assert!(matches("http://127.0.0.1/cb?a=1", "http://127.0.0.1:5/cb?a=1"));
    }

    #[test]
    fn nothing_but_the_port_may_differ() {
        for other in [
            "http://localhost:51004/cb",
            "http://[::1]:5/cb",
            "http://127.0.0.2/cb",
            "http://127.0.0.1:5/cb/",
            "http://127.0.0.1:5/cb?x",
            "http://u@127.0.0.1:5/cb",
            "http://127.0.0.1:5@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:05/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:5x/cb",
            "http://127.0.0.1:+5/cb",
            "https://127.0.0.1:5/cb",
            "http://127.1:5/cb",
            "http://2130706433:5/cb",
        ] {
            assert!(!matches("http://127.0.0.1/cb", other), "{other}");
        }
        assert!(!matches("https://127.0.0.1/cb", "https://127.0.0.1:5/cb"));
        assert!(!matches("https://localhost/cb", "https://localhost:5/cb"));
    }

    #[test]
    fn a_scheme_of_its_own_is_met_by_its_own_bytes() {
        for own in ["nxm://oauth/callback", "com.example.app:/oauth2redirect"] {
            assert!(matches(own, own));
            assert!(!matches(own, &format!("{own}/")));
        }
        assert!(!matches("nxm://oauth/callback", "nxm://oauth:80/callback"));
    }

    #[test]
    fn what_could_be_led_astray_is_not_registered() {
        use InvalidRedirectUri as Invalid;
        for (text, why) in [
            ("http://app.example/cb", Invalid::Plain),
            ("http://localhost.evil.example/cb", Invalid::Plain),
            ("http://10.0.0.1/cb", Invalid::Plain),
            ("https://app.example/cb#x", Invalid::Open),
            ("https://*.example/cb", Invalid::Open),
            ("https://user@app.example/cb", Invalid::Credentials),
            ("https://user:word@app.example/cb", Invalid::Credentials),
            ("https://@app.example/cb", Invalid::Credentials),
            ("nxm://user@oauth/callback", Invalid::Credentials),
            ("javascript:alert(1)", Invalid::Scheme),
            ("JavaScript:alert(1)", Invalid::Scheme),
            ("data:text/html,x", Invalid::Scheme),
            ("vbscript:x", Invalid::Scheme),
            ("file:///etc/passwd", Invalid::Scheme),
            ("blob:https://app.example/x", Invalid::Scheme),
            ("about:blank", Invalid::Scheme),
            ("ws://app.example/", Invalid::Scheme),
            ("wss://app.example/", Invalid::Scheme),
            ("ftp://app.example/", Invalid::Scheme),
            ("intent://x", Invalid::Scheme),
            ("/callback", Invalid::Malformed),
            ("", Invalid::Malformed),
            ("https://", Invalid::Malformed),
            ("https://App.Example/cb", Invalid::Malformed),
            ("HTTPS://app.example/cb", Invalid::Malformed),
            ("https://app.example:443/cb", Invalid::Malformed),
            ("https://app.example/a/../cb", Invalid::Malformed),
            ("https://app.example\\cb", Invalid::Malformed),
            ("https://bücher.example/cb", Invalid::Malformed),
            ("https://app.example/c b", Invalid::Malformed),
            ("https://app.example/cb\r\nX: y", Invalid::Malformed),
            ("https://app.example/cb\0", Invalid::Malformed),
        ] {
            assert_eq!(RedirectUri::parse(text), Err(why), "{text:?}");
        }
        assert!(RedirectUri::parse(&format!("https://a.example/{}", "x".repeat(600))).is_err());
        assert!(RedirectUri::parse("https://xn--bcher-kva.example/cb").is_ok());
    }

    #[test]
    fn the_origin_of_a_page_is_known_and_of_nothing_else() {
        let origin = |text| RedirectUri::parse(text).unwrap().origin();
        assert_eq!(origin("https://app.example/cb").as_deref(), Some("https://app.example"));
        assert_eq!(origin("http://localhost:8089/cb").as_deref(), Some("http://localhost:8089"));
        assert_eq!(origin("nxm://oauth/callback"), None);
    }
}
