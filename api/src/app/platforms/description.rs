//! Descriptions of platforms: data in TOML, so that a platform takes no code.

use std::collections::BTreeMap;

use domain::platform::PlatformScopes;
use serde::Deserialize;
use url::Url;

use crate::app::outbound::may_be_asked;

/// What is to be known of a platform, apart from who we are there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// For people.
    pub name: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    /// RFC 7009; none where the platform has none.
    pub revocation_endpoint: Option<Url>,
    /// Says, to whoever has an access token, whose it is.
    pub userinfo_endpoint: Url,
    /// Where in that answer the person's id is (RFC 6901); a text or a whole number.
    pub user_id: String,
    /// Where the name is that people know them by.
    pub username: Option<String>,
    /// Asked for unless something else is.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands between scopes when they are asked for.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// Whether the platform understands RFC 7636.
    #[serde(default = "yes")]
    pub pkce: bool,
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Where the platform sends browsers, if not to this service's own callback.
    pub redirect_uri: Option<Url>,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub authorization_parameters: BTreeMap<String, String>,
    /// Headers of the request for the person; `{client_id}` stands for ours.
    #[serde(default)]
    pub userinfo_headers: BTreeMap<String, String>,
    #[serde(default)]
    pub refresh: Refreshing,
    /// Which of the two tokens ends what was granted.
    #[serde(default)]
    pub revoke: Revoked,
}

/// How the service says who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_secret_basic`.
    #[default]
    Basic,
    /// `client_secret_post`.
    Body,
}

/// What a refresh does to the refresh token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refreshing {
    #[serde(default)]
    pub rotation: Rotation,
    /// What a platform says instead of `invalid_grant`.
    #[serde(default)]
    pub ended: Vec<Sign>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// An answer without a refresh token leaves the old one as it is (RFC 6749 6).
    #[default]
    Optional,
    /// An answer without a refresh token is none: the old one is spent.
    Always,
}

/// A member of an answer, and what it says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    pub pointer: String,
    pub value: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    #[default]
    RefreshToken,
    AccessToken,
}

impl Description {
    /// Reads a description; the text of the error is for an operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let endpoints =
            [&read.token_endpoint, &read.userinfo_endpoint, &read.authorization_endpoint];
        let asked = endpoints.into_iter().chain(&read.revocation_endpoint).all(may_be_asked);
        let pointers = [Some(&read.user_id), read.username.as_ref()];
        let signs = read.refresh.ended.iter().map(|sign| &sign.pointer);
        if !asked {
            Err("every endpoint is https, or http on this machine".into())
        } else if pointers.into_iter().flatten().chain(signs).any(|it| !it.starts_with('/')) {
            Err("user_id, username and pointer are JSON pointers, e.g. /data/0/id".into())
        } else if PlatformScopes::parse(read.scopes.iter().map(String::as_str)).is_err() {
            Err("a scope has 1 to 200 printable ASCII characters, without spaces".into())
        } else if read.name.is_empty() || read.name.chars().count() > 64 {
            Err("a name has 1 to 64 characters".into())
        } else {
            Ok(read)
        }
    }
}

fn space() -> String {
    " ".into()
}

const fn yes() -> bool {
    true
}
