//! Session tokens: issued to whoever is signed in, for one workspace and a few minutes.
//!
//! Whether one counts rests on its own stream, on the login or family it was asked for by, on its
//! person and on their membership; all of them folded.

use domain::{
    Secret, Time,
    id::{SessionTokenId, UserId, WorkspaceId},
    login::Login,
    opaque_token::{self, Kind},
    secret::SecretHash,
    session_token::{Channel, Issue, Issued, SessionToken, Via},
    token_family::{Liveness, TokenFamily},
    user::{Person, User},
    workspace::Workspace,
};
use store::random;

use super::{
    App, Caller, Request, Who,
    bearer::{auth, vouched},
};
use crate::error::Error;

/// A token that has just been issued, told once.
#[derive(Clone, Debug)]
pub struct IssuedSessionToken {
    pub token: Secret<String>,
    pub expires_in: u64,
}

/// Why what somebody is signed in with does not count any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Their login or family ended, or they may not act any more.
    Session,
    /// They do not belong to the workspace any more.
    Membership,
}

impl App {
    /// Issues a session token for one of the caller's workspaces.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] for whoever is not signed in as a person; [`Error::RateLimited`].
    pub async fn create_session_token(
        &self,
        request: &Request,
        workspace: Option<WorkspaceId>,
        channel: Option<Channel>,
    ) -> Result<IssuedSessionToken, Error> {
        let (user, via) = signed_in(request.caller()?)?;
        self.throttle.session_tokens.admit(request.client.ip, self.clock.now())?;
        let workspace = workspace.unwrap_or_else(|| WorkspaceId::personal(user));
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            app.access_of(user, workspace).await?;
            let loaded = app.folds.get::<User>(user).await?;
            let person = loaded.state.person().ok_or(Error::Unauthenticated)?;
            let undertaking =
                app.undertake(&request, "CreateSessionToken", Some(workspace))?.afresh();
            let id = SessionTokenId::derived(undertaking.command_id(), "session_token");
            let token = opaque_token::write(Kind::Session, id.as_uuid(), &random::bytes());
            let ttl = app.settings.session_token_ttl;
            let issue = Issue(Issued {
                user,
                workspace,
                secret_sha256: SecretHash::of(token.expose()),
                via,
                expires_at: undertaking.at() + ttl,
                channel,
                user_revision: person.revision,
            });
            let context = undertaking.on::<SessionToken>(id).await?;
            app.log.execute::<SessionToken>(id, &issue, &context).await?;
            Ok(IssuedSessionToken { token, expires_in: ttl.as_secs() })
        })
        .await
    }

    /// Makes a caller of a session token.
    pub(super) async fn caller_from_session_token(
        &self,
        token: &Secret<String>,
    ) -> Result<Caller, Error> {
        let (id, issued) = self.session_token(token.expose()).await?;
        if issued.expires_at <= self.clock.now() || self.session_end(&issued).await?.is_some() {
            return Err(Error::Unauthenticated);
        }
        let Issued { user, workspace, via, expires_at, .. } = issued;
        Ok(Caller {
            who: Who::SessionToken { id, workspace, user, via },
            auth: auth("session_token", id.public()),
            until: Some(expires_at),
        })
    }

    /// Reads the session token that was presented, whether it still counts or not.
    pub(crate) async fn session_token(
        &self,
        text: &str,
    ) -> Result<(SessionTokenId, Issued), Error> {
        let presented = opaque_token::read(text).filter(|it| it.kind == Kind::Session);
        let presented = presented.ok_or(Error::Unauthenticated)?;
        let id = SessionTokenId::from_uuid(presented.id);
        let loaded = self.folds.get::<SessionToken>(id).await.map_err(vouched)?;
        let issued = loaded.state.issued().filter(|it| it.secret_sha256 == presented.hash);
        Ok((id, issued.cloned().ok_or(Error::Unauthenticated)?))
    }

    /// Returns why a session token does not count any more, expiry apart.
    pub(crate) async fn session_end(&self, issued: &Issued) -> Result<Option<Ended>, Error> {
        let loaded = self.folds.get::<User>(issued.user).await.map_err(vouched)?;
        let person = loaded.state.person();
        let voided = person.is_none_or(|it| !it.accepts_credentials_of(issued.user_revision));
        if voided {
            return Ok(Some(Ended::Session));
        }
        self.membership_end(issued.user, issued.via, issued.workspace).await
    }

    /// Returns why somebody who is signed in, or was, is not in a workspace any more.
    pub(crate) async fn membership_end(
        &self,
        user: UserId,
        via: Via,
        workspace: WorkspaceId,
    ) -> Result<Option<Ended>, Error> {
        let loaded = self.folds.get::<User>(user).await.map_err(vouched)?;
        let at = self.clock.now();
        let live = match loaded.state.person() {
            Some(person) => self.is_signed_in(user, person, via, at).await?,
            None => false,
        };
        if !live {
            return Ok(Some(Ended::Session));
        }
        let loaded = self.folds.get::<Workspace>(workspace).await.map_err(vouched)?;
        let member = loaded.state.open().is_some_and(|open| open.role_of(user).is_some());
        Ok((!member).then_some(Ended::Membership))
    }

    async fn is_signed_in(
        &self,
        user: UserId,
        person: &Person,
        via: Via,
        at: Time,
    ) -> Result<bool, Error> {
        match via {
            Via::Login(id) => {
                let login = self.folds.get::<Login>(id).await.map_err(vouched)?;
                let session = login.state.session();
                Ok(session.is_some_and(|it| it.started.user == user && it.is_live(person, at)))
            }
            Via::Family(id) => {
                let family = self.folds.get::<TokenFamily>(id).await.map_err(vouched)?;
                Ok(family.state.family().is_some_and(|family| {
                    family.user == user
                        && family.liveness(at) == Liveness::Live
                        && person.accepts_credentials_of(family.user_revision)
                }))
            }
        }
    }
}

/// The person who asks, and what they are signed in with.
pub(super) fn signed_in(caller: &Caller) -> Result<(UserId, Via), Error> {
    match caller.who {
        Who::User { id, via } => Ok((id, via)),
        Who::AgentToken { .. }
        | Who::OauthClient { .. }
        | Who::SessionToken { .. }
        | Who::Service { .. }
        | Who::Operator { .. } => Err(Error::Forbidden { permission: "session" }),
    }
}
