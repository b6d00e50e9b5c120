//! The claims of an access token: each of one type, and all of one of three shapes.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Access, Config, Refusal, Why,
    jws::{ACCESS_TOKEN, Header},
};

/// How far the issuer's clock may be ahead of ours; never counts for an expiry.
const LEEWAY_S: i64 = 30;
/// Whole seconds that a JavaScript number can hold; anything else is no date of the issuer's.
const DATES: std::ops::Range<i64> = 1..1 << 53;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    pub(crate) sub: String,
    pub(crate) jti: String,
    iat: i64,
    pub(crate) exp: i64,
    /// The login, without which it is no access token.
    pub(crate) fam: String,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    aud: Option<Vec<String>>,
    /// Of an application's token.
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    #[serde(default)]
    pub(crate) scope: Option<String>,
    /// What was known of the person; a later end of their credentials voids the token.
    #[serde(default)]
    pub(crate) urev: Option<u64>,
    #[serde(default)]
    pub(crate) user: Option<Value>,
}

impl Claims {
    pub(crate) fn read(claims: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(claims).map_err(|_| Why::Claims.into())
    }

    /// Returns what the token is good for, if it is one of the issuer's for this audience.
    pub(crate) fn judge(
        self,
        header: &Header,
        config: &Config,
        now: i64,
    ) -> Result<Access, Refusal> {
        let is_standard = header.typ == ACCESS_TOKEN;
        let issuer = if is_standard { &config.issuer } else { &config.compat_issuer };
        // An application's token of the profile `compat` has no audience, and none of old had.
        let aimed = is_standard || self.client_id.is_none();
        let audience = aimed.then(|| vec![config.audience.clone()]);
        let is_application = self.client_id.is_some() && self.scope.is_some();
        let is_person = self.client_id.is_none() && self.scope.is_none() && self.nbf.is_some();
        // Whoever acts for a person says which of them it knew.
        let named = self.urev.is_some() || self.client_id.as_ref() == Some(&self.sub);
        let begins = self.nbf.unwrap_or(self.iat);
        let dated = [self.exp, self.iat, begins].iter().all(|date| DATES.contains(date));
        let is_whole = (is_application || is_person && !is_standard) && named && dated;
        if self.iss != *issuer {
            Err(Why::Issuer.into())
        } else if self.aud != audience {
            Err(Why::Audience.into())
        } else if !is_whole {
            Err(Why::Claims.into())
        } else if self.exp <= now {
            Err(Why::Expired.into())
        } else if begins > now + LEEWAY_S {
            Err(Why::NotYet.into())
        } else {
            Ok(Access(self))
        }
    }
}
