//! Tokens of applications: access tokens in the shape the application knows, and `id_token`s.
//!
//! `compat` has the claims of old, byte for byte in shape and type; more members are ours.
//! `standard` is RFC 9068. Either is verified here by what it names, never by what it says.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use domain::{
    Secret, Time,
    id::{FamilyId, UserId},
    oauth_client::{ClaimsProfile, Client},
    scope::{OauthScope, OauthScopes},
    secret::SecretHash,
    user::{Person, Revision},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Position, random};
use uuid::Uuid;

use super::client_auth::KnownClient;
use crate::{
    app::{App, access_tokens::UserClaims, jwt},
    error::Error,
};

/// What `/oauth/token` answers.
#[derive(Clone, Debug)]
pub struct Issued {
    pub access_token: Secret<String>,
    /// Seconds; the same for every token of an application.
    pub expires_in: u32,
    /// None for an application that acts for itself.
    pub refresh_token: Option<Secret<String>>,
    pub id_token: Option<Secret<String>>,
    pub scopes: OauthScopes,
    pub created_at: Time,
    pub position: Option<Position>,
}

/// Whom an application acts for.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnBehalf<'a> {
    pub(super) user: UserId,
    pub(super) person: &'a Person,
    pub(super) auth_time: Time,
}

/// An access token of an application.
#[derive(Clone, Debug)]
pub(super) struct ApplicationToken {
    pub(super) text: Secret<String>,
    pub(super) jti: Uuid,
    pub(super) issued_at: Time,
    pub(super) expires_at: Time,
}

#[derive(Serialize)]
struct Claims<'a> {
    application_id: u64,
    exp: i64,
    iat: i64,
    jti: Uuid,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserClaims>,
    iss: &'a str,
    client_id: &'a str,
    scope: String,
    fam: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    urev: Option<Revision>,
    // Of the profile `standard` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    amr: [&'static str; 1],
}

impl ApplicationToken {
    /// What the application is answered; whatever else it gets is added.
    pub(super) fn issued(self, client: &KnownClient, scopes: OauthScopes) -> Issued {
        Issued {
            expires_in: client.client().registration.access_ttl.seconds(),
            access_token: self.text,
            refresh_token: None,
            id_token: None,
            scopes,
            created_at: self.issued_at,
            position: None,
        }
    }
}

impl App {
    /// Signs an access token for an application, in a person's name or in its own.
    pub(super) async fn application_token(
        &self,
        client: &KnownClient,
        for_whom: Option<OnBehalf<'_>>,
        scopes: &OauthScopes,
        family: FamilyId,
    ) -> Result<ApplicationToken, Error> {
        let registered: &Client = client.client();
        let registration = &registered.registration;
        let standard = registration.claims_profile == ClaimsProfile::Standard;
        let now = self.clock.now();
        let iat = now.timestamp();
        let exp = iat + i64::from(registration.access_ttl.seconds());
        let user = match for_whom {
            None => None,
            Some(OnBehalf { user, person, .. }) => {
                let mut claims = self.user_claims(user, person).await?;
                if standard && !scopes.contains(OauthScope::Profile) {
                    claims.username.clear();
                }
                Some(claims)
            }
        };
        let jti = random::uuid();
        let settings = &self.settings.tokens;
        let claims = Claims {
            application_id: registration.application_id,
            exp,
            iat,
            jti,
            sub: for_whom.map_or_else(
                || registration.client_id.to_string(),
                |whom| whom.person.number.to_string(),
            ),
            user,
            iss: if standard { self.settings.issuer() } else { &settings.issuer },
            client_id: registration.client_id.as_str(),
            scope: scopes.to_string(),
            fam: family.public(),
            urev: for_whom.map(|whom| whom.person.revision),
            aud: standard.then_some([settings.audience.as_str()]),
            auth_time: for_whom.filter(|_| standard).map(|whom| whom.auth_time.timestamp()),
        };
        let kind = if standard { jwt::ACCESS_TOKEN } else { jwt::TYPE };
        let text = self.keys.sign_as(kind, &claims)?;
        let expires_at = Time::from_timestamp(exp, 0).unwrap_or(now);
        Ok(ApplicationToken { text, jti, issued_at: now, expires_at })
    }

    /// Signs an `id_token`, where `openid` is among the scopes (OpenID Connect Core 2).
    pub(super) async fn id_token(
        &self,
        client: &KnownClient,
        whom: OnBehalf<'_>,
        scopes: &OauthScopes,
        access: &ApplicationToken,
        nonce: Option<&str>,
    ) -> Result<Option<Secret<String>>, Error> {
        if !scopes.contains(OauthScope::Openid) {
            return Ok(None);
        }
        let username = if scopes.contains(OauthScope::Profile) {
            Some(self.user_claims(whom.user, whom.person).await?.username)
        } else {
            None
        };
        let digest = Sha256::digest(access.text.expose());
        let claims = IdClaims {
            iss: self.settings.issuer(),
            sub: whom.person.number.to_string(),
            aud: client.client().registration.client_id.as_str(),
            exp: access.issued_at.timestamp() + 600,
            iat: access.issued_at.timestamp(),
            auth_time: whom.auth_time.timestamp(),
            nonce,
            at_hash: BASE64URL.encode(&digest[..16]),
            preferred_username: username,
            email: self.email(whom.user, whom.person, scopes).await?,
            amr: ["pwd"],
        };
        self.keys.sign_as(jwt::TYPE, &claims).map(Some)
    }

    /// The refresh token that follows the presented one: the same however often it is asked for,
    /// though nothing stores it. Nobody without the pepper can derive it.
    pub(super) fn application_successor(
        &self,
        client: &KnownClient,
        family: FamilyId,
        presented: &Secret<String>,
    ) -> (Secret<String>, SecretHash) {
        let id = client.id.as_uuid();
        let parts = [id.as_bytes().as_slice(), presented.expose().as_bytes()];
        let secret = Secret::new(self.vault.hmac("refresh", &parts));
        let text = domain::opaque_token::write(
            domain::opaque_token::Kind::Refresh,
            family.as_uuid(),
            &secret,
        );
        let hash = SecretHash::of(text.expose());
        (text, hash)
    }
}
