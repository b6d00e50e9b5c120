//! Sessions: where a person is signed in, for themselves to see and to end.
//!
//! Logins with a browser and families of refresh tokens. Shown from read models; ended on their
//! own streams.

use domain::{
    Time,
    id::{FamilyId, LoginId, OauthClientId, UserId},
    login::{EndCause, Login},
    token_family::{Command, RevocationCause, Revoke, TokenFamily},
    user::User,
};
use projections::{logins, token_families};
use store::Position;

use super::{App, Caller, Request, Via, session_tokens::signed_in};
use crate::error::Error;

/// One place where somebody is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub via: Via,
    /// How they proved who they are, e.g. `password`.
    pub method: String,
    pub started_at: Time,
    /// Where that is known: to the day.
    pub last_used_at: Option<Time>,
    pub expires_at: Time,
    /// Whether the caller is signed in by it.
    pub current: bool,
    /// The /24 or /48 it began from, where that is known.
    pub network: Option<String>,
    /// The application that acts for them through it, where one does.
    pub client: Option<OauthClientId>,
}

impl App {
    /// Returns where the caller is signed in, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] for agents and services, who are nowhere signed in.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>, Error> {
        let (user, current) = signed_in(caller)?;
        let at = self.clock.now();
        let loaded = self.folds.get::<User>(user).await?;
        let person = loaded.state.person().ok_or(Error::NotFound)?;
        let browsers = logins::of_user(&self.db, user, at).await?;
        let families = token_families::of_user(&self.db, user, at).await?;
        let browsers = browsers.into_iter().filter(|row| {
            // What ends a login without a word in its own stream.
            person.accepts_credentials_of(row.user_revision)
        });
        let browsers = browsers.map(|row| Session {
            via: Via::Login(row.id),
            method: row.method,
            started_at: row.started_at,
            last_used_at: None,
            expires_at: row.expires_at,
            current: current == Via::Login(row.id),
            network: row.network,
            client: None,
        });
        let families = families.into_iter().map(|row| Session {
            via: Via::Family(row.id),
            method: row.kind,
            started_at: row.started_at,
            last_used_at: Some(row.last_used_at),
            expires_at: row.expires_at,
            current: current == Via::Family(row.id),
            network: None,
            client: row.client,
        });
        let mut sessions: Vec<_> = browsers.chain(families).collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.started_at));
        Ok(sessions)
    }

    /// Ends one of the caller's own sessions; again, it changes nothing.
    ///
    /// Returns its position, and whether it had not ended.
    pub async fn revoke_session(
        &self,
        request: &Request,
        which: Via,
    ) -> Result<(bool, Option<Position>), Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let (user, _) = signed_in(request.caller()?)?;
            match which {
                Via::Login(id) => app.revoke_login(&request, user, id).await,
                Via::Family(id) => app.revoke_family(&request, user, id).await,
            }
        })
        .await
    }

    async fn revoke_login(
        &self,
        request: &Request,
        user: UserId,
        id: LoginId,
    ) -> Result<(bool, Option<Position>), Error> {
        let loaded = self.folds.get::<Login>(id).await?;
        let session = loaded.state.session().filter(|session| session.started.user == user);
        let live = session.ok_or(Error::NotFound)?.ended.is_none();
        let undertaking = self.undertake(request, "RevokeSession", None)?.afresh();
        let position = self.end_login_of(&undertaking, id, EndCause::User).await?;
        Ok((live, position))
    }

    async fn revoke_family(
        &self,
        request: &Request,
        user: UserId,
        id: FamilyId,
    ) -> Result<(bool, Option<Position>), Error> {
        let loaded = self.folds.get::<TokenFamily>(id).await?;
        loaded.state.family().filter(|family| family.user == user).ok_or(Error::NotFound)?;
        let undertaking = self.undertake(request, "RevokeSession", None)?.afresh();
        let context = undertaking.on::<TokenFamily>(id).await?;
        let revoke = Command::Revoke(Revoke { cause: RevocationCause::User });
        let revoked = self.log.execute::<TokenFamily>(id, &revoke, &context).await?;
        self.folds.forget::<TokenFamily>(id);
        Ok((!revoked.events.is_empty(), revoked.position))
    }
}
