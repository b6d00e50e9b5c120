//! Revocation: what those who guard a door need to know at once.

use domain::{
    actor::Actor,
    agent_token,
    service_credential::{self, ServiceCredential},
};

use super::{Change, Message};

/// A credential that was accepted and is not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub kind: CredentialKind,
    /// The credential's public id.
    pub credential_id: String,
    pub reason: &'static str,
    pub revoked_by: Actor,
}

/// What kind of credential ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    AgentToken,
    ServiceCredential,
}

impl CredentialKind {
    /// Its public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentToken => "AGENT_TOKEN",
            Self::ServiceCredential => "SERVICE_CREDENTIAL",
        }
    }
}

impl Revocation {
    pub(super) fn of(message: &Message) -> Option<Self> {
        match &message.change {
            Change::AgentToken(id, event) => match &**event {
                agent_token::Event::Revoked { reason, revoked_by, .. } => Some(Self {
                    kind: CredentialKind::AgentToken,
                    credential_id: id.public(),
                    reason: reason.as_str(),
                    revoked_by: revoked_by.clone(),
                }),
                agent_token::Event::Created(_)
                | agent_token::Event::Renamed { .. }
                | agent_token::Event::UsageObserved { .. }
                | agent_token::Event::Rotated { .. }
                | agent_token::Event::Abandoned {}
                | agent_token::Event::Summarised(_) => None,
            },
            Change::ConnectedAccount(..) => None,
            Change::Other => Self::of_service_credential(message),
        }
    }

    fn of_service_credential(message: &Message) -> Option<Self> {
        let id = message.event.id_of::<ServiceCredential>()?;
        match message.event.decode().ok()? {
            service_credential::Event::Revoked { .. } => Some(Self {
                kind: CredentialKind::ServiceCredential,
                credential_id: id.public(),
                reason: "revoked",
                revoked_by: message.event.metadata.actor.clone(),
            }),
            service_credential::Event::Created { .. } => None,
        }
    }
}
