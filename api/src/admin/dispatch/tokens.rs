//! Agent tokens, as an operator handles them.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Time,
    agent_token::{AgentToken, Issued},
    cidr::Cidrs,
    id::TokenId,
    role::Permission,
    scope::Scopes,
    text::{Reason, TokenName},
};
use projections::{
    PageError, PageRequest, WorkspaceScope,
    agent_tokens::{self, Filter, Order, TokenRow, TokenStatus},
    page::LARGEST_PAGE,
};
use serde_json::{Value, json};

use super::{people, time};
use crate::{
    admin::operation::{ListTokens, RevokeToken, RevokeUnused, TokenOperation},
    app::{
        App, Changed, Request,
        agent_tokens::{CreateToken, RevokeAll, RevokedAll},
    },
    error::Error,
};

/// How long to wait for the read model to show what was written before the list was asked for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn token(
    app: &App,
    request: &Request,
    operation: TokenOperation,
) -> Result<Value, Error> {
    match operation {
        TokenOperation::Create(create) => {
            let created = app.create_token(request, parse(app, create).await?).await?;
            let mut answer = describe(&created.token);
            // The one place where an operator sees it.
            answer["secret"] = json!(created.secret.map(|secret| secret.expose().clone()));
            Ok(answer)
        }
        TokenOperation::List(list) => self::list(app, request, list).await,
        TokenOperation::Revoke(RevokeToken { id, reason }) => {
            let (id, reason) = (token_id(&id)?, parse_reason(reason.as_deref())?);
            Ok(describe(&app.revoke_token(request, id, reason).await?))
        }
        TokenOperation::RevokeUnused(RevokeUnused { workspace, days, reason }) => {
            let which = RevokeAll {
                workspace: people::workspace(app, &workspace).await?,
                created_by: None,
                unused_since: Some(days_ago(app, days)),
                reason: parse_reason(reason.as_deref())?,
            };
            let RevokedAll { revoked, position } = app.revoke_all_tokens(request, which).await?;
            let revoked: Vec<_> = revoked.into_iter().map(TokenId::public).collect();
            Ok(json!({ "revoked": revoked, "position": position }))
        }
    }
}

fn parse_reason(text: Option<&str>) -> Result<Option<Reason>, Error> {
    Reason::parse(text.unwrap_or_default()).map_err(|refusal| Error::rejected(&refusal))
}

fn days_ago(app: &App, days: u16) -> Time {
    app.clock.now() - TimeDelta::days(days.into())
}

async fn parse(
    app: &App,
    create: crate::admin::operation::CreateToken,
) -> Result<CreateToken, Error> {
    let cidrs = create.allowed_cidrs.iter().map(String::as_str);
    let scopes = match create.scopes {
        scopes if scopes.is_empty() => Scopes::default(),
        scopes => Scopes::from_iter(scopes),
    };
    Ok(CreateToken {
        workspace: people::workspace(app, &create.workspace).await?,
        name: TokenName::parse(&create.name).map_err(|refusal| Error::rejected(&refusal))?,
        expires_at: create.expires_at,
        scopes,
        allowed_cidrs: Cidrs::parse(cidrs).map_err(|refusal| Error::rejected(&refusal))?,
        acts_as: match &create.acts_as {
            Some(user) => Some(people::user(app, user).await?),
            None => None,
        },
    })
}

async fn list(app: &App, request: &Request, asked: ListTokens) -> Result<Value, Error> {
    let workspace = people::workspace(app, &asked.workspace).await?;
    app.access(request.caller()?, workspace, Permission::TokensRead).await?;
    if let Some(head) = app.log.head().await?
        && !app.projections.wait_for("agent_tokens", head, PATIENCE).await
    {
        return Err(Error::StaleRead { position: Some(head) });
    }
    let filter = match asked.unused_for {
        None => Filter::default(),
        Some(days) => {
            app.flush_usage().await;
            Filter {
                status: vec![TokenStatus::Active, TokenStatus::Suspended],
                unused_since: Some(days_ago(app, days)),
                ..Filter::default()
            }
        }
    };
    let mut tokens = Vec::new();
    let mut page = PageRequest::first(LARGEST_PAGE);
    loop {
        let (scope, at) = (WorkspaceScope::of(workspace), app.clock.now());
        let rows = agent_tokens::page(&app.db, scope, &filter, Order::default(), &page, at).await;
        let rows = rows.map_err(unexpected)?;
        tokens.extend(rows.edges.iter().map(|edge| row(&edge.node)));
        let last = rows.edges.last().filter(|_| rows.has_next).map(|edge| &edge.cursor);
        let Some(cursor) = last else { return Ok(tokens.into()) };
        page = PageRequest::parse(None, Some(cursor), None, None, LARGEST_PAGE)
            .map_err(|error| unexpected(error.into()))?;
    }
}

fn row(token: &TokenRow) -> Value {
    json!({
        "id": token.id.public(),
        "name": token.name,
        "status": token.status.as_str(),
        "hint": token.hint,
        "scopes": token.scopes,
        "created_at": time(token.created_at),
        "expires_at": token.expires_at.map(time),
        "last_used_at": token.last_used_at.map(time),
    })
}

fn describe(token: &Changed<AgentToken>) -> Value {
    let mut answer = json!({ "id": token.id.public(), "position": token.position });
    if let Some(Issued { workspace_id, acts_as, hint, scopes, expires_at, revoked, .. }) =
        token.state.issued()
    {
        answer["workspace"] = workspace_id.public().into();
        answer["acts_as"] = acts_as.public().into();
        answer["hint"] = hint.clone().into();
        answer["scopes"] = json!(scopes);
        answer["expires_at"] = json!(expires_at.map(time));
        answer["revoked_at"] = json!(revoked.as_ref().map(|revoked| time(revoked.revoked_at)));
    }
    answer
}

/// Pages are asked for by cursors of our own.
fn unexpected(error: PageError) -> Error {
    match error {
        PageError::Invalid(invalid) => Error::Internal(invalid.into()),
        PageError::Unavailable(error) => error.into(),
    }
}

/// Reads the id of a token. A secret in its place is not repeated in the answer.
fn token_id(text: &str) -> Result<TokenId, Error> {
    TokenId::from_public(text)
        .map_err(|_| Error::invalid("expected the id of a token, `tok_…`; never its secret"))
}
