//! What has happened to a family of refresh tokens, in the words the log keeps.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Summary;
use crate::{
    Sealed, StoredEvent, Time, event,
    id::{OauthClientId, UserId},
    oauth_grant,
    scope::OauthScopes,
    secret::SecretHash,
    user,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "family.started")]
    Started(Started),
    /// At most one a day, for the idle expiry.
    #[serde(rename = "family.used")]
    Used { day: NaiveDate },
    #[serde(rename = "family.rotated")]
    Rotated {
        /// Counts from 1, the generation that the family started with.
        generation: u64,
        secret_sha256: SecretHash,
        /// The access token that was issued along with it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        access_jti: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        access_expires_at: Option<Time>,
    },
    /// A rotation was asked for again, and answered again; once per generation.
    #[serde(rename = "family.retry_tolerated")]
    RetryTolerated { generation: u64 },
    /// A generation came back that was replaced long ago; once per current generation.
    #[serde(rename = "family.reuse_detected")]
    ReuseDetected {
        presented_generation: u64,
        /// The caller's /24 or /48.
        network: Sealed<String>,
    },
    /// One access token died before its time.
    #[serde(rename = "family.access_token_revoked")]
    AccessTokenRevoked { jti: Uuid, exp: Time },
    /// Final. May come before `family.started`, which then never comes.
    #[serde(rename = "family.revoked")]
    Revoked { cause: RevocationCause },
    #[serde(rename = "token_family.summarised")]
    Summarised(Box<Summary>),
}

/// All that is said of a family once and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub kind: Kind,
    pub user: UserId,
    /// What the decision knew of the user; a later end of credentials voids the family.
    pub user_revision: user::Revision,
    pub secret_sha256: SecretHash,
    pub absolute_expires_at: Time,
    /// Seconds without use after which the family expires.
    pub idle_ttl_s: u32,
    pub rotation: RotationMode,
    /// The application that acts through it, where it is one's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth: Option<Box<OauthBinding>>,
}

/// Which application a family is for, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthBinding {
    pub client: OauthClientId,
    /// What the decision knew of the person's grant; a later revocation voids the family.
    pub grant_revision: oauth_grant::Revision,
    pub scopes: OauthScopes,
    /// When the person had last proved who they are.
    pub auth_time: Time,
}

/// How a family began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By name and password, at `/authenticate` or `/login`.
    Register,
    /// By a person's consent to an application, at `/oauth/authorize`.
    Oauth,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Oauth => "oauth",
        }
    }
}

/// When a refresh token is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationMode {
    /// Only when asked. A replaced one is refused, and revokes nothing.
    Manual,
    /// Whenever it is used. A replaced one that comes back revokes the family (RFC 9700 4.14.2).
    OnUse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationCause {
    /// Its person wished it so.
    User,
    Client,
    Admin,
    Reuse,
    CodeReplay,
    Erased,
    KeyCompromised,
    Replaced,
}

impl RevocationCause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Admin => "admin",
            Self::Reuse => "reuse",
            Self::CodeReplay => "code_replay",
            Self::Erased => "erased",
            Self::KeyCompromised => "key_compromised",
            Self::Replaced => "replaced",
        }
    }
}

impl StoredEvent for Event {
    const SUMMARY: Option<event::Summary> =
        Some(event::Summary { event_type: "token_family.summarised", schema: 1 });
}
