//! What has happened to an authorization code, in the words the log keeps.

use serde::{Deserialize, Serialize};

use crate::{
    Sealed, StoredEvent, Time,
    id::{FamilyId, OauthClientId, UserId},
    oauth_grant,
    pkce::CodeChallenge,
    scope::OauthScopes,
    user,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "auth_code.issued")]
    Issued(Box<Issued>),
    #[serde(rename = "auth_code.redeemed")]
    Redeemed { family_id: FamilyId },
    /// It came back after it was redeemed: its family is revoked. Once a code.
    #[serde(rename = "auth_code.replayed")]
    Replayed {},
}

/// All that a code stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    pub client: OauthClientId,
    pub user: UserId,
    /// What the decision knew of the person, and of their grant: what ends later voids the code.
    pub user_revision: user::Revision,
    pub grant_revision: oauth_grant::Revision,
    /// Where the browser was sent, port included.
    pub redirect_uri: String,
    /// Whether the request named it, and so the redemption must.
    pub redirect_uri_stated: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub challenge: Option<CodeChallenge>,
    pub scopes: OauthScopes,
    /// To be given back in the `id_token`; the client's own text, so it is sealed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<Sealed<String>>,
    /// When the person last proved who they are.
    pub auth_time: Time,
    pub expires_at: Time,
}

impl StoredEvent for Event {}
