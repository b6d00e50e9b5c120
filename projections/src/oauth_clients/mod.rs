//! OAuth clients: applications, for operators to look at.
//!
//! What an application may do is decided on its stream, never here.

mod query;

use domain::{
    Aggregate, Time,
    id::OauthClientId,
    oauth_client::{Changes, ClaimsProfile, Event, Homepage, OauthClient, Registration},
    redirect_uri::RedirectUri,
    scope::OauthScopes,
    text::{AppName, Reason},
};
use sqlx::PgConnection;

use crate::{
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
};

pub use query::{ClientRow, SecretRow, all, named, page};

pub(crate) enum OauthClients {}

impl ReadModel for OauthClients {
    const NAME: &'static str = "oauth_clients";
    const VERSION: i32 = 2;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/oauth_clients.sql");
    const CATEGORIES: &'static [&'static str] = &[OauthClient::CATEGORY];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<OauthClient>() {
                apply(id, &entry.event.decode()?, entry, tx).await?;
            }
        }
        Ok(())
    }
}

async fn apply(
    id: OauthClientId,
    event: &Event,
    entry: &Entry,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let client = id.as_uuid();
    match event {
        Event::Registered(registration) => register(id, registration, entry.at(), tx).await?,
        Event::Updated { changed } => change(id, changed, tx).await?,
        Event::SecretAdded { secret_id, hint, secret_sha256: _ } => {
            sqlx::query!(
                "insert into oauth_client_secret (secret_id, client, hint, added_at)
                 values ($1, $2, $3, $4)",
                secret_id.as_uuid(),
                client,
                hint,
                entry.at(),
            )
            .execute(&mut *tx)
            .await?;
        }
        Event::SecretExpired { secret_id, at } => {
            sqlx::query!(
                "update oauth_client_secret set expires_at = $2 where secret_id = $1",
                secret_id.as_uuid(),
                at,
            )
            .execute(&mut *tx)
            .await?;
        }
        Event::Suspended { reason } => {
            sqlx::query!(
                "update oauth_client set suspended_at = $2, suspended_reason = $3
                  where client = $1",
                client,
                entry.at(),
                reason.opened().map(Reason::as_str),
            )
            .execute(&mut *tx)
            .await?;
        }
        Event::Reinstated {} => {
            sqlx::query!(
                "update oauth_client set suspended_at = null, suspended_reason = null
                  where client = $1",
                client,
            )
            .execute(&mut *tx)
            .await?;
        }
    }
    sqlx::query!(
        "update oauth_client set revision = $2 where client = $1",
        client,
        entry.event.revision.cast_signed(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn register(
    id: OauthClientId,
    registration: &Registration,
    at: Time,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    sqlx::query!(
        "insert into oauth_client (client, application_id, client_id, kind, name, homepage,
                                   redirect_uris, scopes, access_ttl, require_pkce,
                                   rotate_refresh_tokens, claims_profile, registered_at, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)",
        id.as_uuid(),
        registration.application_id.cast_signed(),
        registration.client_id.as_str(),
        registration.kind.as_str(),
        registration.name.as_str(),
        registration.homepage.as_ref().map(Homepage::as_str),
        &texts(&registration.redirect_uris),
        &names(&registration.scopes),
        registration.access_ttl.seconds().cast_signed(),
        registration.require_pkce,
        registration.rotate_refresh_tokens,
        registration.claims_profile.as_str(),
        at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn change(
    id: OauthClientId,
    changes: &Changes,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let uris = changes.redirect_uris.as_deref().map(texts);
    let scopes = changes.scopes.as_ref().map(names);
    sqlx::query!(
        "update oauth_client set
            name = coalesce($2, name),
            redirect_uris = coalesce($3, redirect_uris),
            scopes = coalesce($4, scopes),
            access_ttl = coalesce($5, access_ttl),
            require_pkce = coalesce($6, require_pkce),
            rotate_refresh_tokens = coalesce($7, rotate_refresh_tokens),
            claims_profile = coalesce($8, claims_profile),
            homepage = coalesce($9, homepage)
          where client = $1",
        id.as_uuid(),
        changes.name.as_ref().map(AppName::as_str),
        uris.as_deref(),
        scopes.as_deref(),
        changes.access_ttl.map(|ttl| ttl.seconds().cast_signed()),
        changes.require_pkce,
        changes.rotate_refresh_tokens,
        changes.claims_profile.map(ClaimsProfile::as_str),
        changes.homepage.as_ref().map(Homepage::as_str),
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn texts(uris: &[RedirectUri]) -> Vec<String> {
    uris.iter().map(ToString::to_string).collect()
}

fn names(scopes: &OauthScopes) -> Vec<String> {
    scopes.iter().map(|scope| scope.to_string()).collect()
}
