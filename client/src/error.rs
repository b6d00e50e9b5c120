//! What can go wrong, told apart by what to do about it.

use std::time::Duration;

use reqwest::{Response, header::RETRY_AFTER};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `https`, or `http`; nothing else is a service.
    #[error("this is no address of a service")]
    Address,
    /// The credential is good for nothing any more: somebody has to sign in again.
    #[error("the login has ended; sign in again")]
    Finished,
    /// The service said no, and will say so again.
    #[error("refused ({status} {code}): {description}")]
    Refused {
        status: u16,
        /// A stable word, e.g. `user_id_taken`.
        code: String,
        /// For whoever develops; it never repeats what was sent.
        description: String,
    },
    /// May pass by itself.
    #[error("the service is busy; try again after {} s", retry_after.as_secs())]
    Busy { retry_after: Duration },
    /// May pass by itself.
    #[error("the service does not answer")]
    Unreachable(#[from] reqwest::Error),
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Reads an answer, or why there is none.
pub(crate) async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    let seconds = response.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.parse().ok());
    let retry_after = Duration::from_secs(seconds.unwrap_or(1));
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(Error::Busy { retry_after });
    }
    let Body { error, error_description } = response.json().await.unwrap_or_default();
    if matches!(&*error, "invalid_grant" | "invalid_token") {
        return Err(Error::Finished);
    }
    Err(Error::Refused { status: status.as_u16(), code: error, description: error_description })
}
