//! What has happened to a login, in the words the log keeps.

use serde::{Deserialize, Serialize};

use crate::{StoredEvent, Time, id::UserId, secret::SecretHash, user};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "login.started")]
    Started(Box<Started>),
    /// Final. May come before `login.started`, which then never comes.
    #[serde(rename = "login.ended")]
    Ended { cause: EndCause },
}

/// All that is said of a login once and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub user: UserId,
    pub method: Method,
    /// Authentication method references (RFC 8176), e.g. `pwd`.
    pub amr: Vec<String>,
    /// When the person proved who they are.
    pub auth_time: Time,
    /// Of the whole cookie; none where another service keeps the browser's session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret_sha256: Option<SecretHash>,
    pub expires_at: Time,
    /// What the decision knew of the user; a later end of credentials voids the login.
    pub user_revision: user::Revision,
}

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By name and password, at `/login`.
    Password,
    /// At the identity provider, whose session it is.
    Provider,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "provider",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Signed out with the same browser.
    SignedOut,
    /// Ended by its person from elsewhere.
    User,
    /// Another login began in the same browser.
    Replaced,
    /// The identity provider ended its session.
    Provider,
}

impl EndCause {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::User => "user",
            Self::Replaced => "replaced",
            Self::Provider => "provider",
        }
    }
}

impl StoredEvent for Event {}
