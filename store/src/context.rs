//! Context: who asks for a change and on account of what; it becomes the metadata of the events.

use domain::{
    Sealed, Time,
    actor::Actor,
    id::{CommandId, WorkspaceId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What `execute` writes beside each event of a command.
#[derive(Clone, Debug)]
pub struct Context {
    /// The same for each repetition of the command; a stream that has seen it is not changed again.
    pub command_id: CommandId,
    /// The command's name, e.g. `CreateToken`.
    pub command: &'static str,
    /// The request that all this belongs to.
    pub correlation_id: Uuid,
    /// The event that a reactor acts upon.
    pub causation_id: Option<Uuid>,
    pub actor: Actor,
    pub on_behalf_of: Option<Actor>,
    /// The tenant; none only on streams that belong to no tenant.
    pub workspace_id: Option<WorkspaceId>,
    /// The command handler's clock.
    pub occurred_at: Time,
    /// Where the actor came from, sealed under the actor's subject key.
    pub client: Option<Sealed<Client>>,
    pub auth: Option<Auth>,
}

impl Context {
    /// Returns the context of one step of a saga: its command id is derived from this one's and
    /// the step's `name`, so that the saga can be run again from its beginning.
    pub fn step(&self, name: &str) -> Self {
        Self { command_id: CommandId::derived(self.command_id, name), ..self.clone() }
    }
}

/// Where an actor came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_agent: Option<String>,
}

/// How an actor was authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auth {
    /// E.g. `password`, `agent_token`.
    pub method: String,
    /// The credential's id; never the credential.
    pub credential_id: String,
}
