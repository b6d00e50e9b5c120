//! Applications over GraphQL, for operators' services with `clients:manage`.

mod mutation;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use domain::{
    Time,
    id::{ClientSecretId, OauthClientId},
    oauth_client::Client,
};
use projections::{
    Edge, client_secret_usage,
    oauth_clients::{self as rows, ClientRow},
};

pub(crate) use self::mutation::OauthClientMutation;
use super::{
    agent_token::Paging,
    ask::{Ask, OrGraphql},
    page_info::PageInfo,
    scalar::{Cursor, DateTime},
};
use crate::{app::App, error::Error};

/// Entries of a page that does not say how many it wants.
const PAGE: u32 = 50;

/// Whether an application can keep a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::oauth_client::Kind")]
pub(crate) enum ClientKind {
    /// Runs on people's own machines.
    Public,
    /// Runs on a server.
    Private,
}

/// An application that may ask people for access.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct OauthClient {
    id: ID,
    /// `application_id` in its tokens.
    application_id: i32,
    client_id: String,
    name: String,
    kind: ClientKind,
    redirect_uris: Vec<String>,
    scopes: Vec<String>,
    require_pkce: bool,
    /// Whether a refresh token is replaced whenever it is used.
    rotate_refresh_tokens: bool,
    access_token_ttl_seconds: i32,
    claims_profile: String,
    suspended: bool,
    suspended_reason: Option<String>,
    /// Oldest first; none for whoever does not manage applications.
    secrets: Vec<ClientSecretInfo>,
    created_at: DateTime,
    /// For `expectedRevision`.
    revision: i32,
}

/// What may be known of a secret.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ClientSecretInfo {
    id: ID,
    /// Prefix and last four characters.
    hint: String,
    created_at: DateTime,
    expires_at: Option<DateTime>,
    #[graphql(skip)]
    secret: ClientSecretId,
    #[graphql(skip)]
    used: Use,
}

/// When a secret was last used.
#[derive(Clone, Copy, Debug)]
enum Use {
    /// Nobody has looked yet.
    Unknown,
    At(Option<Time>),
}

#[ComplexObject]
impl ClientSecretInfo {
    /// Some seconds behind; empty if it was never used.
    async fn last_used_at(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<DateTime>> {
        if let Use::At(used) = self.used {
            return Ok(used.map(DateTime));
        }
        let used = client_secret_usage::last_used(&ctx.app().db, &[self.secret]).await;
        Ok(used.or_graphql()?.get(&self.secret).copied().map(DateTime))
    }
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct OauthClientEdge {
    cursor: Cursor,
    node: OauthClient,
}

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct OauthClientConnection {
    edges: Vec<OauthClientEdge>,
    page_info: PageInfo,
}

impl OauthClient {
    pub(super) fn from_row(row: ClientRow) -> Self {
        let secrets = row.secrets.into_iter().map(|secret| ClientSecretInfo {
            id: secret.id.public().into(),
            hint: secret.hint,
            created_at: secret.added_at.into(),
            expires_at: secret.expires_at.map(DateTime),
            secret: secret.id,
            used: Use::Unknown,
        });
        Self {
            id: row.id.public().into(),
            application_id: number(row.application_id),
            client_id: row.client_id,
            name: row.name,
            kind: if row.kind == "public" { ClientKind::Public } else { ClientKind::Private },
            redirect_uris: row.redirect_uris,
            scopes: row.scopes,
            require_pkce: row.require_pkce,
            rotate_refresh_tokens: row.rotate_refresh_tokens,
            access_token_ttl_seconds: number(row.access_ttl.into()),
            claims_profile: row.claims_profile,
            suspended: row.suspended,
            suspended_reason: row.suspended_reason,
            secrets: secrets.collect(),
            created_at: row.registered_at.into(),
            revision: number(row.revision),
        }
    }

    /// As it was decided; the reason of a suspension is whoever's who opened it.
    pub(super) fn from_state(
        id: OauthClientId,
        client: &Client,
        suspended_reason: Option<String>,
        revision: Option<u64>,
    ) -> Self {
        let registration = &client.registration;
        let secrets = client.secrets.iter().map(|secret| ClientSecretInfo {
            id: secret.id.public().into(),
            hint: secret.hint.clone(),
            created_at: secret.added_at.into(),
            expires_at: secret.expires_at.map(DateTime),
            secret: secret.id,
            used: Use::Unknown,
        });
        Self {
            id: id.public().into(),
            application_id: number(registration.application_id),
            client_id: registration.client_id.to_string(),
            name: registration.name.to_string(),
            kind: registration.kind.into(),
            redirect_uris: registration.redirect_uris.iter().map(ToString::to_string).collect(),
            scopes: registration.scopes.iter().map(|scope| scope.to_string()).collect(),
            require_pkce: client.requires_pkce(),
            rotate_refresh_tokens: client.rotates_refresh_tokens(),
            access_token_ttl_seconds: number(registration.access_ttl.seconds().into()),
            claims_profile: registration.claims_profile.as_str().to_owned(),
            suspended: !client.is_active(),
            suspended_reason,
            secrets: secrets.collect(),
            created_at: client.registered_at.into(),
            revision: number(revision.unwrap_or(0)),
        }
    }

    /// The same for its people, who are shown nothing of how it proves who it is.
    pub(super) fn for_people(self) -> Self {
        Self { secrets: vec![], suspended_reason: None, ..self }
    }
}

/// Looks when their secrets were last used, of all at once.
async fn with_use(app: &App, clients: &mut [OauthClient]) -> Result<(), Error> {
    let mut shown: Vec<_> = clients.iter_mut().flat_map(|client| &mut client.secrets).collect();
    let ids: Vec<_> = shown.iter().map(|info| info.secret).collect();
    let used = client_secret_usage::last_used(&app.db, &ids).await?;
    for info in &mut shown {
        info.used = Use::At(used.get(&info.secret).copied());
    }
    Ok(())
}

fn number(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[derive(Default)]
pub(crate) struct OauthClientQuery;

#[Object]
impl OauthClientQuery {
    /// The applications, in the order they were registered in.
    async fn oauth_clients(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<OauthClientConnection> {
        oauth_clients(ctx, Paging { first, after, ..Paging::default() }).await.or_graphql()
    }
}

async fn oauth_clients(ctx: &Context<'_>, paging: Paging) -> Result<OauthClientConnection, Error> {
    ctx.app().may_manage_clients(ctx.caller()?)?;
    let request = paging.request(PAGE)?;
    ctx.settled("oauth_clients", None).await?;
    let page = rows::page(&ctx.app().db, &request).await?;
    let page_info = PageInfo::of(&page);
    let (cursors, mut nodes): (Vec<_>, Vec<_>) = page
        .edges
        .into_iter()
        .map(|Edge { cursor, node }| (Cursor(cursor), OauthClient::from_row(node)))
        .unzip();
    with_use(ctx.app(), &mut nodes).await?;
    let edges = cursors.into_iter().zip(nodes);
    let edges = edges.map(|(cursor, node)| OauthClientEdge { cursor, node }).collect();
    Ok(OauthClientConnection { edges, page_info })
}
