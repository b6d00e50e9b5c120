//! What has happened to a session token, in the words the log keeps.

use serde::{Deserialize, Serialize};

use super::Channel;
use crate::{
    StoredEvent, Time,
    id::{FamilyId, LoginId, UserId, WorkspaceId},
    secret::SecretHash,
    user,
};

/// The name in quotes is in the log for good; the variant may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "session_token.issued")]
    Issued(Box<Issued>),
}

/// All that is ever said of a session token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    pub user: UserId,
    pub workspace: WorkspaceId,
    pub secret_sha256: SecretHash,
    /// The token ends with it.
    #[serde(flatten)]
    pub via: Via,
    pub expires_at: Time,
    /// What the page wants it for; for those who read the history.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<Channel>,
    /// What the decision knew of the user; a later end of credentials voids the token.
    pub user_revision: user::Revision,
}

/// What a person is signed in with: their access ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The family whose access token they present.
    Family(FamilyId),
    /// The login of their browser.
    Login(LoginId),
}

impl StoredEvent for Event {}
