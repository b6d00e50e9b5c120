//! Logins that go on: a refresh token for new access tokens, and for its own successor.
//!
//! Whoever renews a login is told no for good only when the login is finished; what may pass is
//! an [`Error::Overloaded`] or another 503, because clients take any 4xx for a logout.

use domain::{
    Secret,
    actor::Actor,
    id::FamilyId,
    opaque_token::{self, Kind},
    secret::SecretHash,
    token_family::{Command, Family, Liveness, Presented, Rotate, TokenFamily, Use},
    user::{Person, User},
};
use store::{Auth, Context, ExecuteError, Position, random};

use super::{App, Request, access_tokens::AccessToken, sign_in::SignedIn};
use crate::error::Error;

/// What `/refresh` answers.
#[derive(Clone, Debug)]
pub struct Refreshed {
    pub access: AccessToken,
    pub position: Option<Position>,
}

/// A login that may go on, and the refresh token that was presented for it.
struct Login {
    id: FamilyId,
    family: Box<Family>,
    presented: SecretHash,
    person: Person,
    position: Option<Position>,
}

impl App {
    /// Issues another access token; the refresh token stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidGrant`] if the login is finished; all else may pass.
    pub async fn refresh(
        &self,
        request: &Request,
        refresh_token: Secret<String>,
    ) -> Result<Refreshed, Error> {
        let (app, asked) = (self.clone(), request.clone());
        self.renew(request, async move {
            let login = app.login(&refresh_token).await?;
            if login.family.check(&login.presented) != Presented::Current {
                return Err(Error::InvalidGrant);
            }
            let context = app.renewal(&asked, "RefreshAccess", &login);
            let noted = app.note_use(login.id, &login.family, login.presented, context).await?;
            let position = noted.or(login.position);
            let user = login.family.user;
            let access = app.issue_access_token(user, &login.person, login.id).await?;
            Ok(Refreshed { access, position })
        })
        .await
    }

    /// Replaces a refresh token.
    ///
    /// The same request again (by its idempotency key) within 30 s gets the same successor; the
    /// replaced token is good for nothing else, and revokes nothing.
    pub async fn rotate_refresh_token(
        &self,
        request: &Request,
        refresh_token: Secret<String>,
    ) -> Result<SignedIn, Error> {
        let (app, asked) = (self.clone(), request.clone());
        self.renew(request, async move {
            let login = app.login(&refresh_token).await?;
            let id = login.id;
            let successor = app.successor(&asked, id, &refresh_token);
            let access = app.issue_access_token(login.family.user, &login.person, id).await?;
            let context = app.renewal(&asked, "RotateRefreshToken", &login).await?;
            let rotate = Command::Rotate(Rotate {
                presented: login.presented,
                next: SecretHash::of(successor.expose()),
                access: Some((access.jti, access.expires_at)),
                at: context.occurred_at,
            });
            let rotated = app.log.execute::<TokenFamily>(id, &rotate, &context).await;
            let rotated = rotated.map_err(finished)?;
            let position = rotated.position;
            app.folds.advance::<TokenFamily>(id, rotated);
            Ok(SignedIn { access, refresh_token: successor, family: id, position })
        })
        .await
    }

    /// Runs a renewal, and makes of its failure what clients of it understand.
    async fn renew<T: Send + 'static>(
        &self,
        request: &Request,
        renewal: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        // Guessing 256 bits is hopeless, but each guess costs a read; only refusals are counted.
        let (ip, refusals) = (request.client.ip, &self.throttle.refusals);
        if refusals.peek(ip, self.clock.now()).retry_after.is_some() {
            return Err(Error::Overloaded);
        }
        self.uncancelled(renewal).await.map_err(|error| match error {
            Error::InvalidGrant => {
                refusals.take(ip, self.clock.now());
                Error::InvalidGrant
            }
            Error::Contended | Error::VersionConflict { .. } => Error::Overloaded,
            error => error,
        })
    }

    /// Reads the login of a refresh token, of whichever generation.
    async fn login(&self, refresh_token: &Secret<String>) -> Result<Login, Error> {
        let token = opaque_token::read(refresh_token.expose());
        let token = token.filter(|token| token.kind == Kind::Refresh).ok_or(Error::InvalidGrant)?;
        let (id, presented) = (FamilyId::from_uuid(token.id), token.hash);
        let loaded = self.folds.latest::<TokenFamily>(id, &self.live).await?;
        let TokenFamily::Started(family) = &loaded.state else { return Err(Error::InvalidGrant) };
        let live = family.liveness(self.clock.now()) == Liveness::Live;
        if !live || family.check(&presented) == Presented::Unknown {
            return Err(Error::InvalidGrant);
        }
        let user = self.folds.get::<User>(family.user).await?;
        let person = user.state.person().ok_or(Error::InvalidGrant)?;
        if !person.accepts_credentials_of(family.user_revision) {
            return Err(Error::InvalidGrant);
        }
        let (family, person, position) = (family.clone(), person.clone(), loaded.position);
        Ok(Login { id, family, presented, person, position })
    }

    /// Puts the day's first use of a refresh token on record, in a `context` that is made only then;
    /// all other uses write nothing. Returns where it lies.
    pub(in crate::app) async fn note_use(
        &self,
        id: FamilyId,
        family: &Family,
        presented: SecretHash,
        context: impl Future<Output = Result<Context, Error>>,
    ) -> Result<Option<Position>, Error> {
        if self.clock.now().date_naive() <= family.last_used {
            return Ok(None);
        }
        let context = context.await?;
        let used = Command::Use(Use { presented, at: context.occurred_at });
        let committed = self.log.execute::<TokenFamily>(id, &used, &context).await;
        Ok(committed.map_err(finished)?.position)
    }

    /// The context of a renewal. Which generation was presented decides it, not whether this
    /// command was seen before; so its id is never derived.
    async fn renewal(
        &self,
        request: &Request,
        command: &'static str,
        login: &Login,
    ) -> Result<Context, Error> {
        let request = Request { idempotency_key: None, ..request.clone() };
        let user = login.family.user;
        let credential_id = login.id.public();
        self.undertake_as(&request, command, Actor::user(user), "", Some(user.into()))
            .with_auth(Auth { method: "refresh_token".into(), credential_id })
            .on::<TokenFamily>(login.id)
            .await
    }

    /// The refresh token that follows: the same for a repetition of the same request, so that it
    /// needs to be stored nowhere, and for no other request.
    fn successor(
        &self,
        request: &Request,
        family: FamilyId,
        presented: &Secret<String>,
    ) -> Secret<String> {
        let secret = match &request.idempotency_key {
            None => random::bytes(),
            Some(key) => {
                // No client, as yet: this grant is nobody's in particular.
                let parts = [b"".as_slice(), presented.expose().as_bytes(), key.as_bytes()];
                Secret::new(self.vault.hmac("refresh", &parts))
            }
        };
        opaque_token::write(Kind::Refresh, family.as_uuid(), &secret)
    }
}

/// Whatever rule refuses a renewal, the login is finished for whoever presented that token.
fn finished<R>(error: ExecuteError<R>) -> Error
where
    Error: From<ExecuteError<R>>,
{
    match error {
        ExecuteError::Rejected(_) => Error::InvalidGrant,
        error => error.into(),
    }
}
