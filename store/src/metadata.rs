//! Metadata: what lies beside the payload of every event.

use domain::{
    Sealed, Time,
    actor::Actor,
    id::{CommandId, WorkspaceId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::context::{Auth, Client};

/// Who caused an event, when and where, and what came before it in its stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Which shape the payload has; see [`domain::event`].
    pub schema: usize,
    /// The request; EventStoreDB's own name, so that its tools show the graph.
    #[serde(rename = "$correlationId")]
    pub correlation_id: Uuid,
    /// The event that a reactor acted upon; EventStoreDB's own name.
    #[serde(rename = "$causationId", skip_serializing_if = "Option::is_none", default)]
    pub causation_id: Option<Uuid>,
    pub command_id: CommandId,
    pub command: String,
    pub actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workspace_id: Option<WorkspaceId>,
    /// Milliseconds; never earlier than that of the event before it in its stream.
    pub occurred_at: Time,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<Sealed<Client>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth: Option<Auth>,
    /// The node that appended it.
    pub node: String,
    /// The release that appended it.
    pub build: String,
    /// SHA-256 of the event before it in its stream, 64 hex digits; see [`crate::digest_of`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prev: Option<String>,
}
