//! OAuth: applications that act in the name of people (RFC 6749, RFC 9700, OpenID Connect Core).
//!
//! Law: a refusal for good is told only when the log itself was asked. What a cache says against a
//! credential is looked up once more, since clients take any 4xx for a logout; whatever may pass
//! is a 503.
//!
//! Read in this order: [`clients`], [`client_auth`], [`authorize`], [`codes`], [`refresh`].

pub mod authorize;
pub mod client_auth;
pub mod clients;
pub mod codes;
pub mod feed;
pub mod grants;
pub mod interaction;
pub mod introspect;
pub mod issuer;
pub mod refresh;
pub mod reply;
pub mod revoke;
pub mod standing;
pub mod tokens;
pub mod userinfo;

use domain::scope::OauthScopes;

use crate::error::Error;

/// Reads scopes between spaces; nothing is an empty set.
pub fn scopes(text: &str) -> Result<OauthScopes, Error> {
    let names = text.split(' ').filter(|name| !name.is_empty());
    OauthScopes::parse(names).map_err(|_| refused("invalid_scope", "a scope is unknown"))
}

/// An error of RFC 6749 5.2 that is the client's own doing.
pub fn refused(
    code: &'static str,
    description: impl Into<std::borrow::Cow<'static, str>>,
) -> Error {
    Error::Invalid { code, description: description.into() }
}

/// A grant that is finished, or never was one.
pub(super) fn invalid_grant(description: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    refused("invalid_grant", description)
}
