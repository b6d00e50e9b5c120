//! Bearer: from a presented credential to a [`Caller`].
//!
//! Of a credential nothing is believed but whom it names; whether it still stands is read from
//! the folded streams, which the node's follower keeps current.

use std::sync::Arc;

use domain::{
    Secret,
    id::{ServiceCredentialId, WorkspaceId},
    opaque_token::{self, Kind, Presented},
    scope::{AgentScope, ServiceScope},
    service_credential::{Issued, ServiceCredential, Status},
    token_family::TokenFamily,
    user::User,
};
use store::{Auth, Loaded, ReadError};

use super::{App, Caller, ClientInfo, Via, Who, verify::Code};
use crate::error::Error;

/// What someone presents to say who they are.
#[derive(Clone, Debug)]
pub enum Proof {
    /// What stands behind `Bearer`.
    Bearer(Secret<String>),
    /// The cookie of a login with a browser.
    Cookie(Secret<String>),
    /// A session token; good for sockets alone.
    Session(Secret<String>),
}

impl App {
    /// Makes a caller of what was presented.
    ///
    /// # Errors
    ///
    /// As [`App::caller_from_bearer`].
    pub async fn caller_from(&self, proof: &Proof, client: &ClientInfo) -> Result<Caller, Error> {
        match proof {
            Proof::Bearer(credential) => self.caller_from_bearer(credential, client).await,
            Proof::Cookie(cookie) => self.caller_from_cookie(cookie).await,
            Proof::Session(token) => self.caller_from_session_token(token).await,
        }
    }

    /// Makes a caller of what stands behind `Bearer`: an agent token with scope `graphql`, a
    /// service credential, or an access token of our own.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] for whatever is wrong with the credential; [`Error::Stale`] if
    /// that can not be told.
    pub async fn caller_from_bearer(
        &self,
        credential: &Secret<String>,
        client: &ClientInfo,
    ) -> Result<Caller, Error> {
        let text = credential.expose();
        match opaque_token::read(text) {
            Some(Presented { kind: Kind::Agent, .. }) => self.agent(text, client).await,
            Some(presented @ Presented { kind: Kind::Service, .. }) => {
                self.service(&presented).await
            }
            // Good for other doors, not for this one.
            Some(Presented {
                kind: Kind::Refresh | Kind::Login | Kind::Session | Kind::Ticket | Kind::Client,
                ..
            }) => Err(Error::Unauthenticated),
            None => match self.person(text).await {
                // None of ours; it may be of the identity provider.
                Err(Error::Unauthenticated) => self.caller_from_session(text, client).await,
                outcome => outcome,
            },
        }
    }

    async fn agent(&self, text: &str, client: &ClientInfo) -> Result<Caller, Error> {
        let verdict = self.verify(text, AgentScope::Graphql, client.ip).await?;
        match (verdict.code, verdict.token()) {
            (Code::Valid, Some((id, token))) => Ok(Caller {
                who: Who::AgentToken {
                    id,
                    workspace: token.workspace_id,
                    acts_as: token.acts_as,
                    scopes: token.scopes.clone(),
                },
                auth: auth("agent_token", id.public()),
                until: token.ends_at(),
            }),
            (Code::InsufficientScope, _) => {
                Err(Error::Forbidden { permission: AgentScope::Graphql.as_str() })
            }
            (Code::RateLimited, _) => Err(Error::Overloaded),
            _ => Err(Error::Unauthenticated),
        }
    }

    async fn service(&self, presented: &Presented) -> Result<Caller, Error> {
        let (id, loaded) = self.service_credential(presented).await?;
        let created = &issued(&loaded)?.created;
        let (scopes, workspace) = (created.scopes.clone(), created.workspace_id);
        let who = Who::Service { id, scopes, workspace };
        Ok(Caller { who, auth: auth("service_credential", id.public()), until: created.expires_at })
    }

    /// Admits a service with `scope` and nobody else; returns the only workspace it may reach, if
    /// it is bound to one. For the busiest endpoint: a [`Caller`] would be made to be thrown away.
    pub async fn service_with(
        &self,
        credential: &str,
        scope: ServiceScope,
    ) -> Result<Option<WorkspaceId>, Error> {
        let presented = opaque_token::read(credential).filter(|it| it.kind == Kind::Service);
        let Some(presented) = presented else {
            // Whoever is somebody, but no service, is told so.
            let credential = Secret::new(credential.to_owned());
            self.caller_from_bearer(&credential, &ClientInfo::default()).await?;
            return Err(Error::Forbidden { permission: scope.as_str() });
        };
        let (_, loaded) = self.service_credential(&presented).await?;
        let created = &issued(&loaded)?.created;
        if created.scopes.contains(scope) {
            Ok(created.workspace_id)
        } else {
            Err(Error::Forbidden { permission: scope.as_str() })
        }
    }

    /// Reads a service credential that is what was presented, and works.
    async fn service_credential(
        &self,
        presented: &Presented,
    ) -> Result<(ServiceCredentialId, Arc<Loaded<ServiceCredential>>), Error> {
        let id = ServiceCredentialId::from_uuid(presented.id);
        let loaded = self.folds.get::<ServiceCredential>(id).await.map_err(vouched)?;
        let credential = issued(&loaded)?;
        let known = credential.created.secret_sha256 == presented.hash;
        if known && credential.status(self.clock.now()) == Status::Active {
            Ok((id, loaded))
        } else {
            Err(Error::Unauthenticated)
        }
    }

    /// Makes a caller of an access token: its login must live, and its person be who it says.
    async fn person(&self, text: &str) -> Result<Caller, Error> {
        let named = self.named_by(text)?;
        let family_id = named.family;
        if let Some(client) = named.client {
            let user = self.application_access(&named).await.map_err(vouched)?;
            let user = user.flatten().ok_or(Error::Unauthenticated)?;
            let (scopes, auth) = (named.scopes(), auth("oauth", family_id.public()));
            let who = Who::OauthClient { client, user, family: family_id, scopes };
            return Ok(Caller { who, auth, until: named.until() });
        }
        let family = self.folds.get::<TokenFamily>(family_id).await.map_err(vouched)?;
        let family = family.state.family().ok_or(Error::Unauthenticated)?;
        let revoked = family.revoked.is_some() || family.has_revoked_access(named.jti());
        if revoked || family.oauth.is_some() {
            return Err(Error::Unauthenticated);
        }
        let id = family.user;
        let user = self.folds.get::<User>(id).await.map_err(vouched)?;
        let person = user.state.person().filter(|person| named.is(person));
        person.ok_or(Error::Unauthenticated)?;
        let who = Who::User { id, via: Via::Family(family_id) };
        let auth = auth("access_token", family_id.public());
        Ok(Caller { who, auth, until: named.until() })
    }
}

fn issued(loaded: &Loaded<ServiceCredential>) -> Result<&Issued, Error> {
    loaded.state.issued().ok_or(Error::Unauthenticated)
}

pub(super) fn auth(method: &str, credential_id: String) -> Auth {
    Auth { method: method.to_owned(), credential_id }
}

/// Without the log, nothing can be said of a credential that is not remembered.
pub(super) fn vouched(error: ReadError) -> Error {
    match error {
        ReadError::Unavailable(_) => Error::Stale,
        error @ ReadError::Unreadable(_) => error.into(),
    }
}
