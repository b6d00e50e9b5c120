//! Sign-in: a person's key and password for a login of their own.
//!
//! Unknown key, wrong password, deactivated: one answer at one cost. A lock for wrong guesses
//! refuses only new sign-ins, never a token, and it holds on every node because it is an event.

use domain::{
    Secret, Time,
    actor::Actor,
    id::{FamilyId, UserId},
    opaque_token::{self, Kind},
    secret::SecretHash,
    token_family::{self, RotationMode, Started, TokenFamily},
    user::{Cause, Command, Lock, LockCause, Person, User},
};
use store::{Auth, Loaded, Position, random};
use uuid::Builder;

use super::{
    App, Request,
    access_tokens::AccessToken,
    passwords::{Hash, Turn},
    request::Undertaking,
};
use crate::{config::Registration, error::Error};

/// What `/authenticate` is asked.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub user_key: String,
    pub password: Secret<String>,
    /// Whether all earlier logins end with this one.
    pub revoke_others: bool,
}

/// A login: a short-lived access token and the refresh token that renews it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub access: AccessToken,
    pub refresh_token: Secret<String>,
    pub family: FamilyId,
    pub position: Option<Position>,
}

impl App {
    /// Begins a login.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCredentials`]; [`Error::RateLimited`] for the network, and for the person
    /// after five wrong passwords in a row; [`Error::Overloaded`].
    pub async fn authenticate(
        &self,
        request: &Request,
        sign_in: SignIn,
    ) -> Result<SignedIn, Error> {
        self.throttle.authentications.admit(request.client.ip, self.clock.now())?;
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let known = opaque_token::read_user_key(&sign_in.user_key).map(UserId::from_uuid);
            let id = known.unwrap_or_else(|| app.nobody(&sign_in.user_key));
            let person = app.prove(&request, id, &sign_in.password).await?;
            app.begin_family(&request, id, &person, sign_in.revoke_others).await
        })
        .await
    }

    /// Returns the person `id`, if this is their password.
    ///
    /// # Errors
    ///
    /// As [`App::authenticate`], save for the network's limit, which is asked before.
    pub(super) async fn prove(
        &self,
        request: &Request,
        id: UserId,
        password: &Secret<String>,
    ) -> Result<Person, Error> {
        let user = self.log.load::<User>(id).await?;
        let hash = self.password_hash(&user).await?;
        let turn = self.passwords.turn().await?;
        self.guess(&turn, request, id, &user, password, hash).await?;
        drop(turn);
        // Who is not linked is refused as if they were nobody, at the same cost.
        let linked = self.settings.registration == Registration::Linked;
        let person = user.state.person().filter(|it| !linked || it.clerk_user.is_some());
        person.cloned().ok_or(Error::InvalidCredentials)
    }

    /// Judges one password of `id`, within their budget; a wrong one may lock their sign-ins.
    pub(super) async fn guess(
        &self,
        turn: &Turn,
        request: &Request,
        id: UserId,
        user: &Loaded<User>,
        password: &Secret<String>,
        hash: Option<Hash>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let person = user.state.person();
        // Another node may have set it.
        if let Some(lock) = person.and_then(|person| person.locked).filter(|l| now < l.until) {
            let retry_after = self.clock.until(lock.until);
            return Err(Error::RateLimited { retry_after, policy: None });
        }
        let attempt = self.throttle.guesses.begin(id, now);
        let attempt =
            attempt.map_err(|retry_after| Error::RateLimited { retry_after, policy: None })?;
        let right = turn.verify(password, hash).await?;
        if right && person.is_none_or(Person::is_active) {
            attempt.succeeded();
            return Ok(());
        }
        if let (Some(until), Some(_)) = (attempt.failed(now), person) {
            self.lock_sign_ins(request, id, until).await?;
        }
        Err(Error::InvalidCredentials)
    }

    /// Records a lock: once a lock, not once a guess.
    async fn lock_sign_ins(&self, request: &Request, id: UserId, until: Time) -> Result<(), Error> {
        let actor = Actor::system("throttle");
        // Of its own, whatever the request's idempotency key: each lock is another.
        let request = Request { idempotency_key: None, ..request.clone() };
        let undertaking = self.undertake_as(&request, "LockUser", actor, "", Some(id.into()));
        let (cause, at) = (LockCause::Guessing, undertaking.at());
        let context = undertaking.on::<User>(id).await?;
        let lock = Command::Lock(Lock { until, cause, at });
        self.log.execute::<User>(id, &lock, &context).await?;
        Ok(())
    }

    async fn begin_family(
        &self,
        request: &Request,
        id: UserId,
        person: &Person,
        revoke_others: bool,
    ) -> Result<SignedIn, Error> {
        // A login whose answer was lost is begun again; its secret could not be told twice.
        let request = Request { idempotency_key: None, ..request.clone() };
        let actor = Actor::user(id);
        let auth = Auth { method: "password".into(), credential_id: id.public() };
        let undertaking =
            self.undertake_as(&request, "Authenticate", actor, "", Some(id.into())).with_auth(auth);
        let person = if revoke_others { &self.end_logins(&undertaking, id).await? } else { person };
        let family = FamilyId::derived(undertaking.command_id(), "token_family");
        let refresh_token = opaque_token::write(Kind::Refresh, family.as_uuid(), &random::bytes());
        let start = self.start(id, person, &refresh_token, undertaking.at());
        let context = undertaking.step("family").on::<TokenFamily>(family).await?;
        let started = self.log.execute_new::<TokenFamily>(family, &start, &context).await?;
        let access = self.issue_access_token(id, person, family).await?;
        Ok(SignedIn { access, refresh_token, family, position: started.position })
    }

    /// Ends every login there is; returns the person as they are then.
    async fn end_logins(&self, undertaking: &Undertaking<'_>, id: UserId) -> Result<Person, Error> {
        let context = undertaking.step("credentials_ended").on::<User>(id).await?;
        let end = Command::EndCredentials { cause: Cause::User };
        let committed = self.log.execute::<User>(id, &end, &context).await?;
        self.folds.forget::<User>(id);
        committed.state.person().cloned().ok_or(Error::InvalidCredentials)
    }

    fn start(
        &self,
        user: UserId,
        person: &Person,
        refresh_token: &Secret<String>,
        at: Time,
    ) -> token_family::Command {
        let settings = &self.settings.tokens;
        token_family::Command::Start(Started {
            kind: token_family::Kind::Register,
            user,
            user_revision: person.revision,
            secret_sha256: SecretHash::of(refresh_token.expose()),
            absolute_expires_at: at + settings.refresh_absolute,
            idle_ttl_s: u32::try_from(settings.refresh_idle.as_secs()).unwrap_or(u32::MAX),
            rotation: RotationMode::Manual,
            oauth: None,
        })
    }

    /// An id that stands for a key or a name nobody has, so that it costs and counts what a known
    /// one does.
    pub(super) fn nobody(&self, presented: &str) -> UserId {
        let mac = self.vault.hmac("nobody", &[presented.as_bytes()]);
        let half = *mac.first_chunk().expect("32 bytes are more than 16");
        UserId::from_uuid(Builder::from_custom_bytes(half).into_uuid())
    }
}
