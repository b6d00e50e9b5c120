//! Logins with a browser: begun by name and password, held by a cookie, ended by its person.
//!
//! Refusals, cost and budgets are those of `/authenticate`. The cookie is a secret like any other
//! token: the log has its SHA-256, and its stream says whether it still counts.

use std::sync::Arc;

use domain::{
    Secret,
    actor::Actor,
    id::{LoginId, UserId},
    login::{Command, EndCause, Login, Method, Started},
    opaque_token::{self, Kind, Presented},
    secret::SecretHash,
    user::{Person, User},
    username::Username,
};
use store::{Auth, Loaded, Position, random};

use super::{
    App, Caller, Request, Via, Who,
    bearer::{auth, vouched},
};
use crate::error::Error;

/// A login that has just begun.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub user: UserId,
    pub login: LoginId,
    /// What the browser keeps; told once.
    pub cookie: Secret<String>,
    pub expires_at: domain::Time,
    pub position: Option<Position>,
}

/// A login that still counts, and whose it is.
#[derive(Clone, Debug)]
pub struct LiveLogin {
    pub id: LoginId,
    pub started: Started,
    pub person: Person,
}

impl App {
    /// Begins a login with a browser; the one that `replaced` stands for ends with it, so that no
    /// cookie from before outlives the proof of who is there.
    ///
    /// # Errors
    ///
    /// As [`App::authenticate`].
    pub async fn log_in(
        &self,
        request: &Request,
        name: &str,
        password: Secret<String>,
        replaced: Option<Secret<String>>,
    ) -> Result<LoggedIn, Error> {
        self.throttle.authentications.admit(request.client.ip, self.clock.now())?;
        let (app, request, name) = (self.clone(), request.clone(), name.to_owned());
        self.uncancelled(async move {
            let id = app.named_or_nobody(&name).await?;
            let person = app.prove(&request, id, &password).await?;
            let begun = app.begin_login(&request, id, &person).await?;
            if let Some(replaced) = replaced {
                app.end_login(&request, &replaced, EndCause::Replaced).await?;
            }
            Ok(begun)
        })
        .await
    }

    /// Ends the login of a cookie; one that stands for none, or has ended, changes nothing.
    pub async fn log_out(&self, request: &Request, cookie: &Secret<String>) -> Result<(), Error> {
        let (app, request, cookie) = (self.clone(), request.clone(), cookie.clone());
        self.uncancelled(async move {
            app.end_login(&request, &cookie, EndCause::SignedOut).await?;
            Ok(())
        })
        .await
    }

    /// Returns the login that a cookie stands for, if it counts now.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] for whatever is wrong with it; [`Error::Stale`] if that can not
    /// be told.
    pub async fn login_of(&self, cookie: &Secret<String>) -> Result<LiveLogin, Error> {
        let (id, loaded) = self.presented_login(cookie).await?;
        self.live_login(id, &loaded).await
    }

    /// Returns a login while it counts.
    pub(super) async fn live_login(
        &self,
        id: LoginId,
        loaded: &Loaded<Login>,
    ) -> Result<LiveLogin, Error> {
        let session = loaded.state.session().ok_or(Error::Unauthenticated)?;
        let user = self.folds.get::<User>(session.started.user).await.map_err(vouched)?;
        let person = user.state.person().ok_or(Error::Unauthenticated)?;
        if !session.is_live(person, self.clock.now()) {
            return Err(Error::Unauthenticated);
        }
        Ok(LiveLogin { id, started: session.started.clone(), person: person.clone() })
    }

    /// Makes a caller of a login cookie. Whether the page that sent it may, is asked elsewhere.
    pub async fn caller_from_cookie(&self, cookie: &Secret<String>) -> Result<Caller, Error> {
        let login = self.login_of(cookie).await?;
        Ok(Caller {
            who: Who::User { id: login.started.user, via: Via::Login(login.id) },
            auth: auth("login", login.id.public()),
            until: Some(login.started.expires_at),
        })
    }

    /// Who has a name; somebody who does not exist, where nobody has.
    async fn named_or_nobody(&self, name: &str) -> Result<UserId, Error> {
        let holder = match Username::parse(name) {
            Ok(name) => self.user_named(&name).await?,
            Err(_) => None,
        };
        Ok(holder.unwrap_or_else(|| self.nobody(name)))
    }

    async fn begin_login(
        &self,
        request: &Request,
        user: UserId,
        person: &Person,
    ) -> Result<LoggedIn, Error> {
        // A login whose answer was lost is begun again; its secret could not be told twice.
        let request = Request { idempotency_key: None, ..request.clone() };
        let proof = Auth { method: "password".into(), credential_id: user.public() };
        let undertaking = self
            .undertake_as(&request, "Login", Actor::user(user), "", Some(user.into()))
            .with_auth(proof);
        let (at, id) = (undertaking.at(), LoginId::derived(undertaking.command_id(), "login"));
        let cookie = opaque_token::write(Kind::Login, id.as_uuid(), &random::bytes());
        let expires_at = at + self.settings.login_ttl;
        let start = Command::Start(Started {
            user,
            method: Method::Password,
            amr: vec!["pwd".into()],
            auth_time: at,
            secret_sha256: Some(SecretHash::of(cookie.expose())),
            expires_at,
            user_revision: person.revision,
        });
        let context = undertaking.on::<Login>(id).await?;
        let started = self.log.execute::<Login>(id, &start, &context).await?;
        Ok(LoggedIn { user, login: id, cookie, expires_at, position: started.position })
    }

    async fn end_login(
        &self,
        request: &Request,
        cookie: &Secret<String>,
        cause: EndCause,
    ) -> Result<(), Error> {
        let (id, loaded) = match self.presented_login(cookie).await {
            Ok(found) => found,
            Err(Error::Unauthenticated) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(session) = loaded.state.session() else { return Ok(()) };
        let user = session.started.user;
        let proof = auth("login", id.public());
        let undertaking = self
            .undertake_as(request, "Logout", Actor::user(user), "", Some(user.into()))
            .with_auth(proof)
            .afresh();
        self.end_login_of(&undertaking, id, cause).await?;
        Ok(())
    }

    /// Ends a login whose person is known to ask for it.
    pub(super) async fn end_login_of(
        &self,
        undertaking: &super::request::Undertaking<'_>,
        id: LoginId,
        cause: EndCause,
    ) -> Result<Option<Position>, Error> {
        let context = undertaking.on::<Login>(id).await?;
        let ended = self.log.execute::<Login>(id, &Command::End { cause }, &context).await?;
        self.folds.forget::<Login>(id);
        Ok(ended.position)
    }

    /// Reads the login whose cookie was presented.
    async fn presented_login(
        &self,
        cookie: &Secret<String>,
    ) -> Result<(LoginId, Arc<Loaded<Login>>), Error> {
        let presented = opaque_token::read(cookie.expose());
        let presented = presented.filter(|Presented { kind, .. }| *kind == Kind::Login);
        let presented = presented.ok_or(Error::Unauthenticated)?;
        let id = LoginId::from_uuid(presented.id);
        let loaded = self.folds.get::<Login>(id).await.map_err(vouched)?;
        let session = loaded.state.session();
        let known = session.and_then(|session| session.started.secret_sha256);
        if known == Some(presented.hash) { Ok((id, loaded)) } else { Err(Error::Unauthenticated) }
    }
}
