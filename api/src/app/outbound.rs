//! Outbound: the one way in which the service asks others something over HTTP.
//!
//! Bounded in every way: how long a connection and an answer may take, how large the answer may
//! be, and where it may come from. Redirects are answers, never followed; without TLS only this
//! machine is asked. An error says what was wrong, never what was said.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header::ACCEPT};
use url::{Host, Url};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request may take from its beginning to the last byte of its answer.
const TOTAL: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const LARGEST: usize = 256 * 1024;

/// A client that asks others.
#[derive(Clone, Debug)]
pub struct Outbound(reqwest::Client);

/// Why there is no answer that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    #[error("only https, or this machine, is asked")]
    NotAllowed,
    #[error("there is no connection, or it broke")]
    Unreachable,
    #[error("the answer took too long")]
    Timeout,
    #[error("the answer is too large")]
    TooLarge,
    #[error("the other side failed")]
    ServerError,
}

impl Outbound {
    /// # Errors
    ///
    /// If the machine's TLS can not be set up.
    pub fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("keyledger/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Sends a request and reads its answer.
    ///
    /// A status that says that the other side failed or is overloaded (500 and above, 429) is an
    /// error; all others are answers.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        if !is_allowed(request.uri()) {
            return Err(OutboundError::NotAllowed);
        }
        let request = request.try_into().map_err(|_| OutboundError::NotAllowed)?;
        let mut answer = self.0.execute(request).await.map_err(|error| failure(&error))?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(OutboundError::ServerError);
        }
        let mut response = Response::builder().status(status);
        if let Some(headers) = response.headers_mut() {
            *headers = answer.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            append(&mut body, &chunk)?;
        }
        response.body(body).map_err(|_| OutboundError::Unreachable)
    }

    /// Fetches a document.
    pub async fn get(
        &self,
        url: &Url,
        mut headers: HeaderMap,
    ) -> Result<Response<Vec<u8>>, OutboundError> {
        headers.entry(ACCEPT).or_insert(http::HeaderValue::from_static("application/json"));
        let mut request = Request::builder().method(Method::GET).uri(url.as_str());
        if let Some(all) = request.headers_mut() {
            *all = headers;
        }
        self.send(request.body(vec![]).map_err(|_| OutboundError::NotAllowed)?).await
    }
}

fn append(body: &mut Vec<u8>, chunk: &Bytes) -> Result<(), OutboundError> {
    if body.len() + chunk.len() > LARGEST {
        return Err(OutboundError::TooLarge);
    }
    body.extend_from_slice(chunk);
    Ok(())
}

fn failure(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() { OutboundError::Timeout } else { OutboundError::Unreachable }
}

fn is_allowed(uri: &Uri) -> bool {
    uri.to_string().parse::<Url>().is_ok_and(|url| may_be_asked(&url))
}

/// Tells whether an address is reached by TLS, or is this machine's own.
pub fn may_be_asked(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(ip))) => IpAddr::from(ip).is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => IpAddr::from(ip).is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_asked_by_tls_and_only_this_machine_without() {
        let may = |url: &str| may_be_asked(&url.parse().unwrap());
        assert!(may("https://id.twitch.tv/oauth2/token"));
        assert!(
            may("http://127.0.0.1:9000/token") && may("http://[::1]/") && may("http://localhost/")
        );
        assert!(!may("http://id.twitch.tv/") && !may("http://10.0.0.1/"));
        assert!(!may("http://localhost.example/") && !may("ftp://127.0.0.1/"));
    }
}
