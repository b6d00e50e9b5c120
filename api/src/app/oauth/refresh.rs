//! Refresh: a refresh token of an application for an access token and its successor.
//!
//! Which generation was presented decides (RFC 9700 4.14.2): the current one steps on; the one
//! before it, within half a minute, gets the same successor again, for an answer that was lost;
//! any other of the last fifty ends the family; all else is noise. Of a private application that
//! keeps its refresh tokens, the current one stays so, and only a day's first use is written.

use domain::{
    Secret,
    id::FamilyId,
    opaque_token,
    scope::OauthScopes,
    secret::SecretHash,
    token_family::{
        Command, DetectReuse, Family, Liveness, OauthBinding, Presented, Rejection, Rotate,
        TokenFamily,
    },
};
use fail::fail_point;
use store::{ExecuteError, Loaded, Position};

use super::{
    client_auth::KnownClient,
    invalid_grant, refused,
    standing::Rests,
    tokens::{ApplicationToken, Issued, OnBehalf},
};
use crate::{
    app::{
        App, Request,
        request::{Undertaking, stream_of},
    },
    error::Error,
};

/// A family that may go on, and the token that was presented for it.
struct Renewal {
    id: FamilyId,
    family: Box<Family>,
    binding: Box<OauthBinding>,
    presented: SecretHash,
    /// Which generation that is.
    generation: Presented,
    /// Where the newest event of the family lies.
    position: Option<Position>,
}

impl App {
    /// Renews the access of an application.
    ///
    /// # Errors
    ///
    /// `invalid_grant` if the access is finished; `invalid_scope`; all else may pass.
    pub async fn refresh_application(
        &self,
        request: &Request,
        client: &KnownClient,
        refresh_token: Secret<String>,
        scopes: Option<OauthScopes>,
    ) -> Result<Issued, Error> {
        let (ip, refusals) = (request.client.ip, &self.throttle.refusals);
        if refusals.peek(ip, self.clock.now()).retry_after.is_some() {
            return Err(Error::Overloaded);
        }
        let (app, request, client) = (self.clone(), request.clone(), client.clone());
        let renewing =
            async move { app.renew_for(&request, &client, &refresh_token, scopes).await };
        self.uncancelled(renewing).await.inspect_err(|error| {
            if matches!(error, Error::Invalid { code: "invalid_grant", .. }) {
                refusals.take(ip, self.clock.now());
            }
        })
    }

    async fn renew_for(
        &self,
        request: &Request,
        client: &KnownClient,
        refresh_token: &Secret<String>,
        scopes: Option<OauthScopes>,
    ) -> Result<Issued, Error> {
        let renewal = self.renewal_of(client, refresh_token).await?;
        let Renewal { id, family, binding, .. } = &renewal;
        let rests = Rests::of(family).ok_or_else(finished)?;
        let person = self.standing(rests).await?.ok_or_else(finished)?;
        let scopes = scopes.filter(|scopes| !scopes.is_empty());
        let scopes = scopes.unwrap_or_else(|| binding.scopes.clone());
        if !scopes.is_subset(&binding.scopes) {
            return Err(refused("invalid_scope", "this scope was not granted"));
        }
        let undertaking = self
            .undertake_as(
                request,
                "RefreshOauthTokens",
                client.actor(),
                "",
                Some(rests.user.into()),
            )
            .afresh()
            .with_auth(client.auth())
            .for_user(rests.user);
        if let Presented::Older(_) = renewal.generation {
            return self.reused(&undertaking, &renewal).await;
        }
        // Signed first: without a key nothing is spent.
        let auth_time = binding.auth_time;
        let whom = OnBehalf { user: rests.user, person: &person, auth_time };
        let access = self.application_token(client, Some(whom), &scopes, *id).await?;
        let id_token = self.id_token(client, whom, &scopes, &access, None).await?;
        let is_current = renewal.generation == Presented::Current;
        let (refresh_token, position) = if is_current && !client.client().rotates_refresh_tokens() {
            let context = undertaking.on::<TokenFamily>(*id);
            let noted = self.note_use(*id, family, renewal.presented, context).await;
            (refresh_token.clone(), noted.map_err(in_our_words)?.or(renewal.position))
        } else {
            let (successor, next) = self.application_successor(client, *id, refresh_token);
            (successor, self.step_on(&undertaking, &renewal, next, &access).await?)
        };
        let refresh_token = Some(refresh_token);
        Ok(Issued { refresh_token, id_token, position, ..access.issued(client, scopes) })
    }

    /// Replaces the refresh token that was presented.
    async fn step_on(
        &self,
        undertaking: &Undertaking<'_>,
        renewal: &Renewal,
        next: SecretHash,
        access: &ApplicationToken,
    ) -> Result<Option<Position>, Error> {
        let id = renewal.id;
        let rotate = Command::Rotate(Rotate {
            presented: renewal.presented,
            next,
            access: Some((access.jti, access.expires_at)),
            at: undertaking.at(),
        });
        let context = undertaking.on::<TokenFamily>(id).await?;
        let rotated = match self.log.execute_once::<TokenFamily>(id, &rotate, &context).await {
            Ok(rotated) => rotated,
            Err(ExecuteError::Rejected(Rejection::Replaced)) => {
                return self.reused(undertaking, renewal).await;
            }
            Err(ExecuteError::Rejected(_)) => return Err(finished()),
            Err(error) => return Err(error.into()),
        };
        fail_point!("oauth.rotated");
        let position = rotated.position;
        self.folds.advance::<TokenFamily>(id, rotated);
        Ok(position)
    }

    /// Finds the family of a refresh token that this client may present.
    async fn renewal_of(
        &self,
        client: &KnownClient,
        refresh_token: &Secret<String>,
    ) -> Result<Renewal, Error> {
        let token = opaque_token::read(refresh_token.expose());
        let token = token.filter(|token| token.kind == opaque_token::Kind::Refresh);
        let token = token.ok_or_else(finished)?;
        let (id, presented) = (FamilyId::from_uuid(token.id), token.hash);
        let renewal = |loaded: &Loaded<TokenFamily>| {
            let TokenFamily::Started(family) = &loaded.state else { return None };
            let binding = family.oauth.clone().filter(|binding| binding.client == client.id)?;
            let live = family.liveness(self.clock.now()) == Liveness::Live;
            let generation = family.check(&presented);
            if !live || generation == Presented::Unknown {
                return None;
            }
            let (family, position) = (family.clone(), loaded.position);
            Some(Renewal { id, family, binding, presented, generation, position })
        };
        // Whoever steps on proves by the append that what is remembered is true. All else, and each
        // refusal, needs to know how it is now.
        if client.client().rotates_refresh_tokens()
            && let Some(known) = self.folds.at_hand::<TokenFamily>(id)
            && let Some(renewal) = renewal(&known)
            && renewal.generation == Presented::Current
        {
            return Ok(renewal);
        }
        let loaded = self.folds.latest::<TokenFamily>(id, &self.live).await?;
        renewal(&loaded).ok_or_else(finished)
    }

    /// Two hold what one was given: the family ends, for both.
    async fn reused<T>(
        &self,
        undertaking: &Undertaking<'_>,
        renewal: &Renewal,
    ) -> Result<T, Error> {
        let id = renewal.id;
        let network = undertaking.network().unwrap_or_default();
        let stream = stream_of::<TokenFamily>(id);
        let user = renewal.family.user;
        let network = self.vault.seal(user.into(), &stream, "network", &network).await?;
        let detect = Command::DetectReuse(DetectReuse { presented: renewal.presented, network });
        let context = undertaking.step("reuse").on::<TokenFamily>(id).await?;
        self.log.execute::<TokenFamily>(id, &detect, &context).await?;
        self.folds.forget::<TokenFamily>(id);
        Err(invalid_grant("the refresh token was used before; the access is revoked"))
    }

    /// Issues a token to a private application in its own name (RFC 6749 4.4).
    pub async fn client_credentials(
        &self,
        client: &KnownClient,
        scopes: Option<OauthScopes>,
    ) -> Result<Issued, Error> {
        if !client.is_private() {
            return Err(refused("unauthorized_client", "only a private application may do that"));
        }
        // What is a person's to give, no application has by itself.
        if scopes.is_some_and(|scopes| !scopes.is_empty()) {
            return Err(refused("invalid_scope", "no scope is given without a person"));
        }
        let scopes = OauthScopes::empty();
        // A family that never starts; revoking the token forestalls it.
        let family = FamilyId::from_uuid(store::random::uuid());
        let access = self.application_token(client, None, &scopes, family).await?;
        Ok(access.issued(client, scopes))
    }
}

fn finished() -> Error {
    invalid_grant("the refresh token is not valid any more")
}

/// A login that is finished, as this endpoint says it.
fn in_our_words(error: Error) -> Error {
    if matches!(error, Error::InvalidGrant) { finished() } else { error }
}
