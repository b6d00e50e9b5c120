//! Sessions of the identity provider: from a JWT to a [`Caller`].
//!
//! The first request of somebody who is not known makes them known. A session is a login here too,
//! so that its end, told by a webhook, ends what hangs on it, whichever of the two comes first.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    Secret, Time,
    clerk_user::{ClerkUser, ClerkUserId},
    id::{LoginId, UserId},
    login::{self, Login},
    user::{Person, User},
};
use store::ExecuteError;
use uuid::Builder;

use super::IdentityProvider;
use crate::{
    app::{
        App, Caller, ClientInfo, Request, Via, Who,
        bearer::{auth, vouched},
        jwt::SessionClaims,
        logins::LiveLogin,
    },
    error::Error,
};

/// A session is kept on record this long; less than the log keeps a login.
const KEPT: TimeDelta = TimeDelta::days(89);

impl App {
    /// Makes a caller of a session of the identity provider, if there is one and this is of it.
    pub(in crate::app) async fn caller_from_session(
        &self,
        token: &str,
        client: &ClientInfo,
    ) -> Result<Caller, Error> {
        let provider = self.identity.provider.as_ref().ok_or(Error::Unauthenticated)?;
        let claims = self.session_claims(provider, token).await?;
        let clerk = self.clerk_user_id(provider.issuer(), &claims.sub);
        let known = self.folds.get::<ClerkUser>(clerk).await.map_err(vouched)?.state;
        let user = match known {
            ClerkUser::Bound { user_id } => user_id,
            ClerkUser::Deleted { .. } => return Err(Error::Unauthenticated),
            ClerkUser::Unknown => self.first_request(&claims, client).await?,
        };
        let loaded = self.folds.get::<User>(user).await.map_err(vouched)?;
        let person = if let Some(person) = loaded.state.person() {
            person.clone()
        } else {
            // Bound, and the rest was left by a crash.
            self.first_request(&claims, client).await?;
            let loaded = self.log.load::<User>(user).await?;
            loaded.state.person().cloned().ok_or(Error::Unauthenticated)?
        };
        if !person.is_active() {
            return Err(Error::Unauthenticated);
        }
        let login = self.session_login(provider.issuer(), &claims, user, &person).await?;
        self.org_claimed(provider.issuer(), &claims, user, client).await?;
        Ok(Caller {
            who: Who::User { id: user, via: Via::Login(login) },
            auth: auth("clerk_session", login.public()),
            until: Time::from_timestamp(claims.exp, 0),
        })
    }

    /// Returns the login that a session of the identity provider is here, while it counts.
    ///
    /// # Errors
    ///
    /// As [`App::login_of`].
    pub async fn login_of_session(
        &self,
        token: &Secret<String>,
        client: &ClientInfo,
    ) -> Result<LiveLogin, Error> {
        let caller = self.caller_from_session(token.expose(), client).await?;
        let Who::User { via: Via::Login(id), .. } = caller.who else {
            return Err(Error::Unauthenticated);
        };
        self.live_login(id, &*self.folds.get::<Login>(id).await.map_err(vouched)?).await
    }

    /// Returns whom a token of the identity provider names.
    pub(in crate::app) async fn session_claims(
        &self,
        provider: &Arc<IdentityProvider>,
        token: &str,
    ) -> Result<SessionClaims, Error> {
        let claims = provider.verify(token, self.clock.now()).await;
        claims.map_err(|refusal| {
            let why = refusal.as_str();
            metrics::counter!("keyledger_refused_sessions_total", "why" => why).increment(1);
            Error::Unauthenticated
        })
    }

    /// The stream that says who somebody of the identity provider is here.
    pub(in crate::app) fn clerk_user_id(&self, issuer: &str, sub: &str) -> ClerkUserId {
        ClerkUserId::of(&self.vault.hmac("clerk_user", &[issuer.as_bytes(), sub.as_bytes()]))
    }

    /// The login that a session of the identity provider is here.
    pub(super) fn session_login_id(&self, issuer: &str, sid: &str) -> LoginId {
        let mac = self.vault.hmac("clerk_session", &[issuer.as_bytes(), sid.as_bytes()]);
        let half = *mac.first_chunk().expect("32 bytes are more than 16");
        LoginId::from_uuid(Builder::from_custom_bytes(half).into_uuid())
    }

    async fn first_request(
        &self,
        claims: &SessionClaims,
        client: &ClientInfo,
    ) -> Result<UserId, Error> {
        let request = Request {
            id: store::random::uuid(),
            caller: None,
            client: client.clone(),
            idempotency_key: None,
        };
        let (app, sub) = (self.clone(), claims.sub.clone());
        let synced = self.uncancelled(async move { app.sync_user(&request, &sub, None).await });
        synced.await?.ok_or(Error::Unauthenticated)
    }

    /// Finds the login of a session that has not ended, and begins it where it is new.
    async fn session_login(
        &self,
        issuer: &str,
        claims: &SessionClaims,
        user: UserId,
        person: &Person,
    ) -> Result<LoginId, Error> {
        // An issuer without sessions signs people in anew with each token.
        let sid = claims.sid.clone().unwrap_or_else(|| format!("{}.{}", claims.sub, claims.iat));
        let id = self.session_login_id(issuer, &sid);
        let known = self.folds.get::<Login>(id).await.map_err(vouched)?.state.clone();
        if known.end().is_some() {
            return Err(Error::Unauthenticated);
        }
        if let Some(session) = known.session() {
            let live = session.started.user == user && session.is_live(person, self.clock.now());
            return if live { Ok(id) } else { Err(Error::Unauthenticated) };
        }
        let started = login::Started {
            user,
            method: login::Method::Provider,
            amr: vec![],
            auth_time: Time::from_timestamp(claims.iat, 0).unwrap_or_else(|| self.clock.now()),
            secret_sha256: None,
            expires_at: self.clock.now() + KEPT,
            user_revision: person.revision,
        };
        let context = self.system_context("StartSession", Some(user));
        let command = login::Command::Start(started);
        match self.log.execute::<Login>(id, &command, &context).await {
            Ok(_) | Err(ExecuteError::Rejected(login::Rejection::AlreadyStarted)) => Ok(id),
            Err(ExecuteError::Rejected(login::Rejection::Ended)) => Err(Error::Unauthenticated),
            Err(error) => Err(error.into()),
        }
    }
}
