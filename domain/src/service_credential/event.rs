//! What has happened to a service credential, in the words the log keeps.

use serde::{Deserialize, Serialize};

use crate::{
    StoredEvent, Time, actor::Actor, id::WorkspaceId, scope::ServiceScopes, secret::SecretHash,
    text::TokenName,
};

/// The names in quotes are in the log for good; the variants may be renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "service_credential.created")]
    Created(Box<Created>),
    #[serde(rename = "service_credential.revoked")]
    Revoked { by: Actor },
}

/// All that is said of a credential once and for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Names a machine's job and no person, so it is not sealed.
    pub name: TokenName,
    pub secret_sha256: SecretHash,
    /// Prefix and last four characters: `nxv_...Q2F9`.
    pub hint: String,
    pub scopes: ServiceScopes,
    /// The only workspace it may act in; `None` for the operator's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workspace_id: Option<WorkspaceId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Time>,
}

impl StoredEvent for Event {}
