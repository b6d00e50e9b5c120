//! Authorizations: what people let applications do, for them to see and to take back.
//!
//! Whether a consent still counts is decided on its stream, never here.

use domain::{
    Aggregate, Time,
    id::{OauthClientId, UserId},
    oauth_client::{self, OauthClient},
    oauth_grant::{Event, GrantId, OauthGrant},
    scope::OauthScopes,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    database::Database,
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    page::{self, Cursor, InvalidPage, Page, PageError, PageRequest},
    text::unexpected,
};

pub(crate) enum OauthAuthorizations {}

impl ReadModel for OauthAuthorizations {
    const NAME: &'static str = "oauth_authorizations";
    const VERSION: i32 = 1;
    const TABLES: &'static str =
        include_str!("../../migrations/read_models/oauth_authorizations.sql");
    const CATEGORIES: &'static [&'static str] = &[OauthGrant::CATEGORY, OauthClient::CATEGORY];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        for entry in events {
            if let Some(id) = entry.event.id_of::<OauthGrant>() {
                apply(id, &entry.event.decode()?, entry.at(), tx).await?;
            } else if let Some(id) = entry.event.id_of::<OauthClient>() {
                name(id, &entry.event.decode()?, tx).await?;
            }
        }
        Ok(())
    }
}

async fn apply(
    id: GrantId,
    event: &Event,
    at: Time,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    let (user, client) = (id.user.as_uuid(), id.client.as_uuid());
    match event {
        Event::Consented { scopes, via: _ } => {
            let scopes: Vec<String> = scopes.iter().map(|scope| scope.to_string()).collect();
            sqlx::query!(
                "insert into oauth_authorization (user_id, client, scopes, since)
                 values ($1, $2, $3, $4)
                 on conflict (user_id, client) do update set scopes = excluded.scopes",
                user,
                client,
                &scopes,
                at,
            )
            .execute(tx)
            .await?;
        }
        Event::Revoked { .. } => {
            sqlx::query!(
                "delete from oauth_authorization where user_id = $1 and client = $2",
                user,
                client,
            )
            .execute(tx)
            .await?;
        }
    }
    Ok(())
}

async fn name(
    id: OauthClientId,
    event: &oauth_client::Event,
    tx: &mut PgConnection,
) -> Result<(), ApplyError> {
    use oauth_client::Event;
    let name = match event {
        Event::Registered(registration) => Some(&registration.name),
        Event::Updated { changed } => changed.name.as_ref(),
        Event::SecretAdded { .. }
        | Event::SecretExpired { .. }
        | Event::Suspended { .. }
        | Event::Reinstated {} => None,
    };
    if let Some(name) = name {
        sqlx::query!(
            "insert into oauth_authorized_client (client, name) values ($1, $2)
             on conflict (client) do update set name = excluded.name",
            id.as_uuid(),
            name.as_str(),
        )
        .execute(tx)
        .await?;
    }
    Ok(())
}

/// What one person lets one application do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRow {
    pub client: OauthClientId,
    /// What the application is called.
    pub name: String,
    pub scopes: OauthScopes,
    /// Since the last revocation, if there was one.
    pub since: Time,
}

/// Returns a piece of the list of what `user` lets applications do, the newest first; forwards only.
///
/// A person's own: whoever calls this is that person.
pub async fn page(
    db: &Database,
    user: UserId,
    request: &PageRequest,
) -> Result<Page<AuthorizationRow>, PageError> {
    const ORDER: &str = "since";
    let from = request.from(ORDER)?;
    let place = from.map(|from| {
        let since = Time::from_timestamp_micros(from.number).ok_or(InvalidPage::Cursor)?;
        let client = from.text.parse::<Uuid>().map_err(|_| InvalidPage::Cursor)?;
        Ok::<_, InvalidPage>((since, client))
    });
    let (since, client) = place.transpose()?.unzip();
    let position = page::position(db.queries(), OauthAuthorizations::NAME, from).await?;
    let found = sqlx::query!(
        r#"select client as "client!", name as "name!", scopes as "scopes!", since as "since!"
             from oauth_authorization
             join oauth_authorized_client using (client)
            where user_id = $1
              and ($2::timestamptz is null or since < $2 or (since = $2 and client > $3::uuid))
            order by since desc, client
            limit $4"#,
        user.as_uuid(),
        since,
        client,
        request.limit(),
    )
    .fetch_all(db.queries())
    .await?;
    let page = request.page(found, position, |row| Cursor {
        order: ORDER.into(),
        text: row.client.to_string(),
        number: row.since.timestamp_micros(),
        row: 0,
        position: page::in_cursor(position),
    });
    let page = page.try_map(|row| {
        let scopes = OauthScopes::parse(row.scopes.iter().map(String::as_str));
        Ok::<_, sqlx::Error>(AuthorizationRow {
            client: OauthClientId::from_uuid(row.client),
            name: row.name,
            scopes: scopes.map_err(|_| unexpected("scopes"))?,
            since: row.since,
        })
    });
    Ok(page?)
}
