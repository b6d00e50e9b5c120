//! Queries of the audit: the history in pages, and why a token is accepted or refused.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::{id::TokenId, role::Permission};

use super::{AuditEvent, AuditEventConnection, AuditFilter, Filter, connection, opened, record};
use crate::{
    app::verify::Code,
    error::Error,
    graphql::{
        agent_token::Paging,
        ask::{Ask, OrGraphql},
        error,
        scalar::{Cursor, DateTime, Position},
    },
};

/// Why a token is accepted or refused.
#[derive(Debug, SimpleObject)]
pub(crate) struct TokenExplanation {
    valid: bool,
    /// The same codes as `/api/agent-tokens/verify` answers.
    code: String,
    /// The event but for which the code would be another, for those who may read the audit.
    decided_by: Option<AuditEvent>,
    /// The newest event that was taken into account.
    evaluated_at: Position,
}

#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// What happened in the workspace. Reading it is itself recorded.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)")] first: Option<i32>,
        after: Option<Cursor>,
        last: Option<i32>,
        before: Option<Cursor>,
        filter: Option<AuditFilter>,
    ) -> async_graphql::Result<AuditEventConnection> {
        let access = ctx.access(None, Permission::AuditRead).await.or_graphql()?;
        let filter = filter.unwrap_or_default().parse().or_graphql()?;
        // The default is for who asks for no other page.
        let first = first.filter(|_| last.is_none() && before.is_none());
        let paging = Paging { first, after, last, before };
        connection(ctx, &access, filter, paging).await.or_graphql()
    }

    /// Why a token is accepted or refused, now or at a time.
    async fn explain_token(
        &self,
        ctx: &Context<'_>,
        id: ID,
        at: Option<DateTime>,
    ) -> async_graphql::Result<TokenExplanation> {
        explain(ctx, &id, at).await.or_graphql()
    }
}

async fn explain(
    ctx: &Context<'_>,
    id: &ID,
    at: Option<DateTime>,
) -> Result<TokenExplanation, Error> {
    let (app, request) = (ctx.app(), &ctx.asked().request);
    let id = TokenId::from_public(id).map_err(error::not_found)?;
    let explanation = app.explain_token(request, id, at.map(|at| at.0)).await?;
    let decided_by = match explanation.decided_by {
        Some(event) if ctx.look_ahead().field("decidedBy").exists() => {
            let (access, _) = app.token(request, id, Permission::TokensRead).await?;
            if access.permits(Permission::AuditRead) {
                let filter = Filter { streams: vec![event.stream.clone()], ..Filter::default() };
                record(ctx, &access, &filter, 1).await?;
                Some(opened(&app.vault, event).await?)
            } else {
                None
            }
        }
        _ => None,
    };
    Ok(TokenExplanation {
        valid: explanation.code == Code::Valid,
        code: explanation.code.as_str().to_owned(),
        decided_by,
        evaluated_at: explanation.evaluated_at.into(),
    })
}
