//! OAuth clients: applications, for operators to look at.
//!
//! What an application may do is decided on its stream, never here.

use domain::{
    Aggregate, Time,
    id::{ClientSecretId, OauthClientId},
    oauth_client::{Changes, ClaimsProfile, Event, Homepage, OauthClient, Registration},
    redirect_uri::RedirectUri,
    scope::OauthScopes,
    text::{AppName, Reason},
};
use sqlx::PgConnection;

use crate::{
    Result,
    database::Database,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    page::LARGEST_PAGE,
};

pub(crate) enum OauthClients {}

impl ReadModel for OauthClients {
    const NAME: &'static str = "oauth_clients";
    const VERSION: i32 = 2;
    const TABLES: &'static str = include_str!("../../migrations/read_models/oauth_clients.sql");
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

/// One application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    pub id: OauthClientId,
    pub application_id: u64,
    pub client_id: String,
    pub kind: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub scopes: Vec<String>,
    pub access_ttl: u32,
    pub require_pkce: bool,
    pub rotate_refresh_tokens: bool,
    pub claims_profile: String,
    pub registered_at: Time,
    pub suspended: bool,
    pub suspended_reason: Option<String>,
    pub revision: u64,
    /// Oldest first.
    pub secrets: Vec<SecretRow>,
}

/// One secret of an application; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    pub id: ClientSecretId,
    pub hint: String,
    pub added_at: Time,
    pub expires_at: Option<Time>,
}

/// Returns applications by their number, after `after`, at most a hundred; or one of them.
///
/// For operators: applications belong to no workspace.
pub async fn list(
    db: &Database,
    after: Option<u64>,
    only: Option<OauthClientId>,
) -> Result<Vec<ClientRow>> {
    let found = sqlx::query!(
        "select * from oauth_client
          where application_id > $1 and ($2::uuid is null or client = $2)
          order by application_id limit $3",
        after.unwrap_or(0).cast_signed(),
        only.map(OauthClientId::as_uuid),
        i64::from(LARGEST_PAGE),
    )
    .fetch_all(db.queries())
    .await?;
    let ids: Vec<_> = found.iter().map(|row| row.client).collect();
    let secrets = sqlx::query!(
        "select * from oauth_client_secret where client = any($1) order by added_at, secret_id",
        &ids,
    )
    .fetch_all(db.queries())
    .await?;
    let secrets_of = |client| {
        let own = secrets.iter().filter(move |row| row.client == client);
        own.map(|row| SecretRow {
            id: ClientSecretId::from_uuid(row.secret_id),
            hint: row.hint.clone(),
            added_at: row.added_at,
            expires_at: row.expires_at,
        })
        .collect()
    };
    let rows = found.into_iter().map(|row| ClientRow {
        id: OauthClientId::from_uuid(row.client),
        application_id: row.application_id.cast_unsigned(),
        client_id: row.client_id,
        kind: row.kind,
        name: row.name,
        redirect_uris: row.redirect_uris,
        scopes: row.scopes,
        access_ttl: row.access_ttl.cast_unsigned(),
        require_pkce: row.require_pkce,
        rotate_refresh_tokens: row.rotate_refresh_tokens,
        claims_profile: row.claims_profile,
        registered_at: row.registered_at,
        suspended: row.suspended_at.is_some(),
        suspended_reason: row.suspended_reason,
        revision: row.revision.cast_unsigned(),
        secrets: secrets_of(row.client),
    });
    Ok(rows.collect())
}
