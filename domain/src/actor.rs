//! Who did something.

use serde::{Deserialize, Serialize};

use crate::id::{OauthClientId, ServiceCredentialId, TokenId, UserId};

/// Someone who can act, by the name that is shown for good.
///
/// Holds no personal data: a person is a number here, and stays one after erasure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    /// The public form of an id (`usr_…`), or a name where there is no id.
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    User,
    AgentToken,
    OauthClient,
    ServiceCredential,
    /// The service itself, e.g. a reactor that finishes what a crash left.
    System,
    /// Whoever runs the service, on its own machine.
    Operator,
}

impl ActorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::AgentToken => "AGENT_TOKEN",
            Self::OauthClient => "OAUTH_CLIENT",
            Self::ServiceCredential => "SERVICE_CREDENTIAL",
            Self::System => "SYSTEM",
            Self::Operator => "OPERATOR",
        }
    }
}

impl Actor {
    pub fn user(id: UserId) -> Self {
        Self { kind: ActorKind::User, id: id.public() }
    }

    pub fn agent_token(id: TokenId) -> Self {
        Self { kind: ActorKind::AgentToken, id: id.public() }
    }

    pub fn oauth_client(id: OauthClientId) -> Self {
        Self { kind: ActorKind::OauthClient, id: id.public() }
    }

    pub fn service_credential(id: ServiceCredentialId) -> Self {
        Self { kind: ActorKind::ServiceCredential, id: id.public() }
    }

    /// A part of the service, by its name in the code.
    pub fn system(part: &str) -> Self {
        Self { kind: ActorKind::System, id: part.to_owned() }
    }

    /// The account on the service's machine, e.g. `uid:1000`.
    pub fn operator(account: &str) -> Self {
        Self { kind: ActorKind::Operator, id: account.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_it_is_called() {
        for kind in [ActorKind::User, ActorKind::AgentToken, ActorKind::OauthClient] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
