//! Where the issuer's endpoints are (RFC 8414), and why they are not found.

use serde::Deserialize;
use url::{Host, Url};

use crate::{Config, PATIENCE};

/// No answer of the issuer's is longer, the feed's apart.
const LONGEST: usize = 256 * 1024;

/// Why a resource server can not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// `https`, or `http` on this machine; without query and fragment.
    #[error("the issuer, or an endpoint it names, is no URL that can be trusted")]
    Address,
    #[error("the issuer does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The service credential is unknown or revoked, or has no scope `tokens:verify`.
    #[error("the issuer does not accept the service credential")]
    Credential,
    #[error("the issuer's answer is not what it should be: {0}")]
    Answer(&'static str),
}

impl From<reqwest::Error> for ConnectError {
    fn from(error: reqwest::Error) -> Self {
        // It may quote the address, which holds nothing secret; the credential is in a header.
        Self::Unreachable(error)
    }
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
    revocation_feed_uri: String,
}

pub(crate) struct Endpoints {
    pub(crate) jwks_uri: Url,
    pub(crate) revocation_feed_uri: Url,
}

pub(crate) async fn discover(
    http: &reqwest::Client,
    config: &Config,
) -> Result<Endpoints, ConnectError> {
    trusted(&config.issuer)?;
    let base = config.issuer.trim_end_matches('/');
    let address = format!("{base}/.well-known/openid-configuration");
    let response = http.get(address).timeout(PATIENCE).send().await?.error_for_status()?;
    let body = bounded(response, LONGEST).await?;
    let document: Document = serde_json::from_slice(&body)
        .map_err(|_| ConnectError::Answer("it is no discovery document"))?;
    // Whoever else answers there is not who is trusted (RFC 8414 3.3).
    if document.issuer != config.issuer {
        return Err(ConnectError::Answer("it is another issuer's"));
    }
    Ok(Endpoints {
        jwks_uri: trusted(&document.jwks_uri)?,
        revocation_feed_uri: trusted(&document.revocation_feed_uri)?,
    })
}

/// Reads an address where nobody in between can answer.
fn trusted(text: &str) -> Result<Url, ConnectError> {
    let url = Url::parse(text).map_err(|_| ConnectError::Address)?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
    let is_plain = url.query().is_none() && url.fragment().is_none();
    if is_safe && is_plain { Ok(url) } else { Err(ConnectError::Address) }
}

/// Reads a body of at most `longest` bytes.
pub(crate) async fn bounded(
    mut response: reqwest::Response,
    longest: usize,
) -> Result<Vec<u8>, ConnectError> {
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > longest {
            return Err(ConnectError::Answer("it is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_where_nobody_is_in_between() {
        for good in ["https://id.example", "http://127.0.0.1:8080", "http://localhost/x"] {
            assert!(trusted(good).is_ok(), "{good}");
        }
        for bad in ["http://id.example", "ftp://localhost", "https://id.example?x", "id.example"] {
            assert!(trusted(bad).is_err(), "{bad}");
        }
    }
}
