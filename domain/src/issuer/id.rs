//! What an issuer may be called, and the name of the one stream that pins it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::id::InvalidId;

/// The address of a web site without a path, byte for byte as it was configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issuer(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address such as https://keyledger.example, without a path")]
pub struct InvalidIssuer;

impl Issuer {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of `path`, which begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0.trim_end_matches('/'))
    }

    /// Tells whether what is sent there can not be read on the way.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for Issuer {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer)?;
        let named = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        // In its normal form but for the slash, so that no reader spells it otherwise.
        let normal = url.as_str().trim_end_matches('/') == text.trim_end_matches('/');
        if named && bare && normal && url.password().is_none() {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIssuer)
        }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// There is one; its stream is `issuer-main`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PinId;

impl fmt::Display for PinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("main")
    }
}

impl FromStr for PinId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == "main" { Ok(Self) } else { Err(InvalidId) }
    }
}
