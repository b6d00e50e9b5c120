//! The name by which an application introduces itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{aggregate, id::OauthClientId};

/// A client identifier (RFC 6749 2.2): no secret, and never given to another application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client_id has 3 to 64 letters, digits and ._- and begins with a letter or a digit")]
pub struct InvalidClientId;

impl aggregate::Rejection for InvalidClientId {
    fn code(&self) -> &'static str {
        "INVALID_INPUT"
    }
}

/// Under which the ids of streams are derived from names. Never changed.
const NAMESPACE: Uuid = Uuid::from_u128(0x6b65_796c_6564_6765_725f_636c_6965_6e74);

impl ClientId {
    /// A name for an application that was given none.
    pub fn invented(uuid: Uuid) -> Self {
        Self(crate::base62::encode_uuid(uuid))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stream of the application of that name.
    pub fn stream(&self) -> OauthClientId {
        OauthClientId::from_uuid(Uuid::new_v5(&NAMESPACE, self.0.as_bytes()))
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if (3..=64).contains(&text.len()) && begins && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidClientId)
        }
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
