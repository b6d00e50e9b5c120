//! Codes: issued on a person's consent, redeemed once (RFC 6749 4.1).
//!
//! Redeeming is two appends: the code's, which one caller wins, and then the family's. Who dies in
//! between leaves a code that is spent; its repetition ends the family before it ever starts.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::TimeDelta;
use domain::{
    Secret,
    auth_code::{self, AuthCode, AuthCodeId, Redeem},
    id::FamilyId,
    opaque_token,
    pkce::CodeVerifier,
    scope::OauthScopes,
    secret::SecretHash,
    token_family::{
        self, Kind, OauthBinding, RevocationCause, Revoke, RotationMode, Started, TokenFamily,
    },
    user::Person,
};
use fail::fail_point;
use store::{ExecuteError, Position, random};

use super::{
    client_auth::KnownClient,
    invalid_grant, refused,
    standing::Rests,
    tokens::{Issued, OnBehalf},
};
use crate::{
    app::{
        App, Request,
        request::{Undertaking, stream_of},
    },
    error::Error,
};

/// How long a code may be on its way.
pub(super) const LIFE: TimeDelta = TimeDelta::seconds(60);

/// What a client presents for its first tokens.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub code: Secret<String>,
    pub redirect_uri: Option<String>,
    pub verifier: Option<Secret<String>>,
    /// Nothing, or some of what was granted.
    pub scopes: Option<OauthScopes>,
}

/// What a code that was redeemed begins.
struct Begun<'a> {
    family: FamilyId,
    person: &'a Person,
    scopes: OauthScopes,
    nonce: Option<String>,
}

/// A code's text; its stream is named by its hash.
pub(super) fn new_code() -> Secret<String> {
    Secret::new(BASE64URL.encode(random::bytes::<32>().expose()))
}

impl App {
    /// Redeems a code for tokens.
    ///
    /// # Errors
    ///
    /// `invalid_grant` for whatever is wrong with the code; `invalid_scope`.
    pub async fn redeem_code(
        &self,
        request: &Request,
        client: &KnownClient,
        redemption: Redemption,
    ) -> Result<Issued, Error> {
        let (app, request, client) = (self.clone(), request.clone(), client.clone());
        self.uncancelled(async move { app.redeem(&request, &client, redemption).await }).await
    }

    async fn redeem(
        &self,
        request: &Request,
        client: &KnownClient,
        redemption: Redemption,
    ) -> Result<Issued, Error> {
        let id = AuthCodeId::of(&redemption.code);
        let loaded = self.log.load::<AuthCode>(id).await?;
        let code = loaded.state.code().ok_or_else(|| invalid_grant("the code is unknown"))?;
        let issued = &code.issued;
        let undertaking = self.redeeming(request, client, issued);
        let family = FamilyId::derived(undertaking.command_id(), "token_family");
        let redeem = Redeem {
            client: client.id,
            redirect_uri: redemption.redirect_uri,
            verifier: redemption.verifier.map(|text| CodeVerifier::parse(text.expose())),
            family_id: family,
            at: undertaking.at(),
        };
        // Who is refused for something else must not have spent the code.
        let scopes = redemption.scopes.filter(|scopes| !scopes.is_empty());
        let scopes = scopes.unwrap_or_else(|| issued.scopes.clone());
        if code.redeemed.is_none() && !scopes.is_subset(&issued.scopes) {
            return Err(refused("invalid_scope", "this scope was not granted"));
        }
        let rests = Rests {
            user: issued.user,
            user_revision: issued.user_revision,
            client: issued.client,
            grant_revision: issued.grant_revision,
        };
        let person = self.standing(rests).await?;
        let command = auth_code::Command::Redeem(redeem);
        let context = undertaking.on::<AuthCode>(id).await?;
        match self.log.execute::<AuthCode>(id, &command, &context).await {
            Ok(_) => {}
            Err(ExecuteError::Rejected(auth_code::Rejection::Redeemed(family))) => {
                return self.replayed(&undertaking, id, family).await;
            }
            Err(ExecuteError::Rejected(rejection)) => {
                return Err(invalid_grant(rejection.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        fail_point!("oauth.redeemed");
        // A code whose person or consent ended is spent all the same: it is good for nothing else.
        let person = person.ok_or_else(|| invalid_grant("the access was revoked"))?;
        let nonce = match &issued.nonce {
            None => None,
            Some(nonce) => {
                self.vault.open_sealed(&stream_of::<AuthCode>(id), "nonce", nonce).await?
            }
        };
        let begun = Begun { family, person: &person, scopes, nonce };
        self.begin_application_family(&undertaking, client, issued, begun).await
    }

    async fn begin_application_family(
        &self,
        undertaking: &Undertaking<'_>,
        client: &KnownClient,
        issued: &auth_code::Issued,
        Begun { family, person, scopes, nonce }: Begun<'_>,
    ) -> Result<Issued, Error> {
        let refresh_token =
            opaque_token::write(opaque_token::Kind::Refresh, family.as_uuid(), &random::bytes());
        let settings = &self.settings.tokens;
        let start = token_family::Command::Start(Started {
            kind: Kind::Oauth,
            user: issued.user,
            user_revision: issued.user_revision,
            secret_sha256: SecretHash::of(refresh_token.expose()),
            absolute_expires_at: undertaking.at() + settings.refresh_absolute,
            idle_ttl_s: u32::try_from(settings.refresh_idle.as_secs()).unwrap_or(u32::MAX),
            rotation: RotationMode::OnUse,
            oauth: Some(Box::new(OauthBinding {
                client: client.id,
                grant_revision: issued.grant_revision,
                scopes: scopes.clone(),
                auth_time: issued.auth_time,
            })),
        });
        let context = undertaking.step("family").on::<TokenFamily>(family).await?;
        let position = match self.log.execute::<TokenFamily>(family, &start, &context).await {
            Ok(started) => started.position,
            // The code came back before we were done. This is still its one redemption; what it
            // brings is dead by the time it arrives.
            Err(ExecuteError::Rejected(token_family::Rejection::Revoked)) => None,
            Err(error) => return Err(error.into()),
        };
        fail_point!("oauth.begun");
        let whom = OnBehalf { user: issued.user, person, auth_time: issued.auth_time };
        let access = self.application_token(client, Some(whom), &scopes, family).await?;
        let id_token = self.id_token(client, whom, &scopes, &access, nonce.as_deref()).await?;
        let refresh_token = Some(refresh_token);
        Ok(Issued { refresh_token, id_token, position, ..access.issued(client, scopes) })
    }

    /// A code came back: whoever it was, what it began must end.
    async fn replayed(
        &self,
        undertaking: &Undertaking<'_>,
        id: AuthCodeId,
        family: FamilyId,
    ) -> Result<Issued, Error> {
        let cause = RevocationCause::CodeReplay;
        let context = undertaking.step("revoke").on::<TokenFamily>(family).await?;
        let revoke = token_family::Command::Revoke(Revoke { cause });
        self.log.execute::<TokenFamily>(family, &revoke, &context).await?;
        self.folds.forget::<TokenFamily>(family);
        // Last, so that what is on record was also done.
        let context = undertaking.step("replay").on::<AuthCode>(id).await?;
        self.log.execute::<AuthCode>(id, &auth_code::Command::Replay, &context).await?;
        Err(invalid_grant("the code was redeemed before; all that came of it is revoked"))
    }

    fn redeeming<'a>(
        &'a self,
        request: &'a Request,
        client: &KnownClient,
        issued: &auth_code::Issued,
    ) -> Undertaking<'a> {
        // A repetition is a replay, so no key makes it the same command.
        self.undertake_as(
            request,
            "ExchangeAuthorizationCode",
            client.actor(),
            "",
            Some(issued.user.into()),
        )
        .afresh()
        .with_auth(client.auth())
        .for_user(issued.user)
    }

    /// Where the log stands with a code; for its issuing.
    pub(super) async fn issue_code(
        &self,
        undertaking: &Undertaking<'_>,
        code: &Secret<String>,
        issued: auth_code::Issued,
    ) -> Result<Option<Position>, Error> {
        let id = AuthCodeId::of(code);
        let context = undertaking.step("code").on::<AuthCode>(id).await?;
        let command = auth_code::Command::Issue(Box::new(issued));
        Ok(self.log.execute::<AuthCode>(id, &command, &context).await?.position)
    }

    /// Seals a nonce for the code that will carry it.
    pub(super) async fn seal_nonce(
        &self,
        user: domain::id::UserId,
        code: &Secret<String>,
        nonce: Option<String>,
    ) -> Result<Option<domain::Sealed<String>>, Error> {
        let Some(nonce) = nonce else { return Ok(None) };
        let stream = stream_of::<AuthCode>(AuthCodeId::of(code));
        Ok(Some(self.vault.seal(user.into(), &stream, "nonce", &nonce).await?))
    }
}
