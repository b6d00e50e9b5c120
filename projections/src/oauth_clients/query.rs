//! What is asked of applications. For operators, and for what a person's own lists name:
//! applications belong to no workspace.

use std::collections::HashMap;

use domain::{
    Time,
    id::{ClientSecretId, OauthClientId},
};
use uuid::Uuid;

use super::OauthClients;
use crate::{
    Result,
    database::Database,
    model::ReadModel,
    page::{self, Cursor, Page, PageError, PageRequest},
};

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

struct Found {
    client: Uuid,
    application_id: i64,
    client_id: String,
    kind: String,
    name: String,
    redirect_uris: Vec<String>,
    scopes: Vec<String>,
    access_ttl: i32,
    require_pkce: bool,
    rotate_refresh_tokens: bool,
    claims_profile: String,
    registered_at: Time,
    suspended_at: Option<Time>,
    suspended_reason: Option<String>,
    revision: i64,
}

impl Found {
    fn with(self, secrets: Vec<SecretRow>) -> ClientRow {
        ClientRow {
            id: OauthClientId::from_uuid(self.client),
            application_id: self.application_id.cast_unsigned(),
            client_id: self.client_id,
            kind: self.kind,
            name: self.name,
            redirect_uris: self.redirect_uris,
            scopes: self.scopes,
            access_ttl: self.access_ttl.cast_unsigned(),
            require_pkce: self.require_pkce,
            rotate_refresh_tokens: self.rotate_refresh_tokens,
            claims_profile: self.claims_profile,
            registered_at: self.registered_at,
            suspended: self.suspended_at.is_some(),
            suspended_reason: self.suspended_reason,
            revision: self.revision.cast_unsigned(),
            secrets,
        }
    }
}

macro_rules! clients {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Found,
            "select client, application_id, client_id, kind, name, redirect_uris, scopes, access_ttl,
                    require_pkce, rotate_refresh_tokens, claims_profile, registered_at, suspended_at,
                    suspended_reason, revision
               from oauth_client " + $tail,
            $($argument),*
        )
    };
}

/// Returns a piece of the list of all applications, in the order they were registered in.
pub async fn page(db: &Database, request: &PageRequest) -> Result<Page<ClientRow>, PageError> {
    const ORDER: &str = "application";
    let from = request.from(ORDER)?;
    let position = page::position(db.queries(), OauthClients::NAME, from).await?;
    let (row, limit) = (from.map(|from| from.row), request.limit());
    let found = if request.backwards() {
        clients!(
            "where $1::bigint is null or application_id < $1
             order by application_id desc limit $2",
            row,
            limit,
        )
        .fetch_all(db.queries())
        .await?
    } else {
        clients!(
            "where $1::bigint is null or application_id > $1
             order by application_id limit $2",
            row,
            limit,
        )
        .fetch_all(db.queries())
        .await?
    };
    let page = request.page(with_secrets(db, found).await?, position, |client| {
        Cursor::of(ORDER, client.application_id.cast_signed(), position)
    });
    Ok(page)
}

/// Returns all applications, in the order they were registered in.
pub async fn all(db: &Database) -> Result<Vec<ClientRow>> {
    let found = clients!("order by application_id",).fetch_all(db.queries()).await?;
    Ok(with_secrets(db, found).await?)
}

/// Returns those of the applications that are known, by their id.
pub async fn named(
    db: &Database,
    ids: impl IntoIterator<Item = OauthClientId>,
) -> Result<HashMap<OauthClientId, ClientRow>> {
    let ids: Vec<_> = ids.into_iter().map(OauthClientId::as_uuid).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = clients!("where client = any($1)", &ids).fetch_all(db.queries()).await?;
    let clients = with_secrets(db, found).await?;
    Ok(clients.into_iter().map(|client| (client.id, client)).collect())
}

async fn with_secrets(db: &Database, found: Vec<Found>) -> sqlx::Result<Vec<ClientRow>> {
    let ids: Vec<_> = found.iter().map(|row| row.client).collect();
    let rows = sqlx::query!(
        "select * from oauth_client_secret where client = any($1) order by added_at, secret_id",
        &ids,
    )
    .fetch_all(db.queries())
    .await?;
    let mut secrets: HashMap<Uuid, Vec<SecretRow>> = HashMap::new();
    for row in rows {
        secrets.entry(row.client).or_default().push(SecretRow {
            id: ClientSecretId::from_uuid(row.secret_id),
            hint: row.hint,
            added_at: row.added_at,
            expires_at: row.expires_at,
        });
    }
    let clients = found.into_iter().map(|row| {
        let secrets = secrets.remove(&row.client).unwrap_or_default();
        row.with(secrets)
    });
    Ok(clients.collect())
}
