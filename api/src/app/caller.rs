//! Caller: who asks. Made once, in [`bearer`](super::bearer), from the credential they present.

use domain::{
    Time,
    actor::Actor,
    id::{
        FamilyId, OauthClientId, ServiceCredentialId, SessionTokenId, SubjectId, TokenId, UserId,
        WorkspaceId,
    },
    scope::{OauthScope, OauthScopes, Scopes, ServiceScope, ServiceScopes},
};
use store::Auth;

pub use domain::session_token::Via;

use crate::error::Error;

/// Someone who has said who they are.
#[derive(Clone, Debug)]
pub struct Caller {
    pub who: Who,
    /// How they said so.
    pub auth: Auth,
    /// When what they said it with ends by itself.
    pub until: Option<Time>,
}

/// The kinds of callers.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    User {
        id: UserId,
        /// What they signed in with.
        via: Via,
    },
    /// An agent, in the name of a person; it only reads.
    AgentToken { id: TokenId, workspace: WorkspaceId, acts_as: UserId, scopes: Scopes },
    /// An application, in the name of a person, as far as they allowed.
    OauthClient { client: OauthClientId, user: UserId, family: FamilyId, scopes: OauthScopes },
    /// A page that a person has open in one workspace; it only reads, and only over a socket.
    SessionToken { id: SessionTokenId, workspace: WorkspaceId, user: UserId, via: Via },
    /// Another service; without a workspace it is the operator's.
    Service { id: ServiceCredentialId, scopes: ServiceScopes, workspace: Option<WorkspaceId> },
    /// An account on the service's own machine.
    Operator { uid: u32 },
}

impl Caller {
    /// The operator with the user id that the kernel vouches for.
    pub fn operator(uid: u32) -> Self {
        let auth = Auth { method: "unix_socket".into(), credential_id: format!("uid:{uid}") };
        Self { who: Who::Operator { uid }, auth, until: None }
    }

    /// The name under which history remembers them.
    pub fn actor(&self) -> Actor {
        match &self.who {
            Who::User { id, .. } | Who::SessionToken { user: id, .. } => Actor::user(*id),
            Who::AgentToken { id, .. } => Actor::agent_token(*id),
            Who::OauthClient { client, .. } => Actor::oauth_client(*client),
            Who::Service { id, .. } => Actor::service_credential(*id),
            Who::Operator { uid } => Actor::operator(&format!("uid:{uid}")),
        }
    }

    /// The person in whose name they act, where that is not themselves.
    pub fn on_behalf_of(&self) -> Option<Actor> {
        match &self.who {
            Who::AgentToken { acts_as: user, .. } | Who::OauthClient { user, .. } => {
                Some(Actor::user(*user))
            }
            Who::User { .. }
            | Who::SessionToken { .. }
            | Who::Service { .. }
            | Who::Operator { .. } => None,
        }
    }

    /// The person whose rights they use.
    pub fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::User { id, .. }
            | Who::SessionToken { user: id, .. }
            | Who::AgentToken { acts_as: id, .. }
            | Who::OauthClient { user: id, .. } => Some(*id),
            Who::Service { .. } | Who::Operator { .. } => None,
        }
    }

    /// The workspace that they name, else their own.
    pub fn workspace(&self, named: Option<&str>) -> Result<WorkspaceId, Error> {
        if let Some(named) = named {
            return WorkspaceId::from_public(named).map_err(|_| Error::NotFound);
        }
        match &self.who {
            Who::User { id, .. } | Who::OauthClient { user: id, .. } => {
                Ok(WorkspaceId::personal(*id))
            }
            Who::AgentToken { workspace, .. } | Who::SessionToken { workspace, .. } => {
                Ok(*workspace)
            }
            Who::Service { workspace, .. } => workspace.ok_or(Error::NotFound),
            Who::Operator { .. } => Err(Error::NotFound),
        }
    }

    /// Under whose key what is known of their machine is sealed.
    pub fn subject(&self) -> SubjectId {
        match &self.who {
            Who::User { id, .. }
            | Who::SessionToken { user: id, .. }
            | Who::AgentToken { acts_as: id, .. }
            | Who::OauthClient { user: id, .. } => (*id).into(),
            Who::Service { workspace: Some(workspace), .. } => (*workspace).into(),
            Who::Service { workspace: None, .. } | Who::Operator { .. } => SubjectId::SYSTEM,
        }
    }

    /// Refuses an application that was not let near GraphQL.
    pub fn require_graphql(&self) -> Result<(), Error> {
        match &self.who {
            Who::OauthClient { scopes, .. } if !scopes.contains(OauthScope::Graphql) => {
                Err(Error::Forbidden { permission: OauthScope::Graphql.as_str() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses whoever is neither the operator nor a service of theirs with `scope`.
    pub fn require_operator(&self, scope: ServiceScope) -> Result<(), Error> {
        match &self.who {
            Who::Operator { .. } => Ok(()),
            Who::Service { scopes, workspace: None, .. } if scopes.contains(scope) => Ok(()),
            _ => Err(Error::Forbidden { permission: scope.as_str() }),
        }
    }

    /// Refuses whoever is no service with `scope`.
    pub fn require_service(&self, scope: ServiceScope) -> Result<(), Error> {
        match &self.who {
            Who::Service { scopes, .. } if scopes.contains(scope) => Ok(()),
            _ => Err(Error::Forbidden { permission: scope.as_str() }),
        }
    }
}
