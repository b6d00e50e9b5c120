//! Pairing codes over GraphQL. The code itself is in one payload, once; no field ever shows it.

mod list;
mod mutation;
mod subscription;

use async_graphql::{Context, ID, Object};
use domain::{
    Time,
    id::TokenId,
    pairing::{self, PairingId},
    role::Permission,
};
use projections::{
    WorkspaceScope,
    pairing_codes::{self as rows, PairingRow},
};
use store::Loaded;

pub(super) use self::list::connection;
pub(crate) use self::{
    list::PairingCodeConnection, mutation::PairingMutation, subscription::PairingSubscription,
};
use super::{
    actor::Actor,
    agent_token::AgentToken,
    ask::{Ask, OrGraphql},
    scalar::DateTime,
};
use crate::{app::Changed, error::Error};

/// One pairing: a code that was generated, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct PairingCode(PairingRow);

impl From<PairingRow> for PairingCode {
    fn from(row: PairingRow) -> Self {
        Self(row)
    }
}

impl PairingCode {
    /// One that has just been generated.
    fn generated(id: PairingId, created_at: Time, expires_at: Time) -> Self {
        Self(PairingRow {
            id,
            created_at,
            expires_at,
            used_at: None,
            token: None,
            cancelled_at: None,
            superseded_at: None,
        })
    }

    /// The last one of its person, as its stream has it.
    fn folded(id: PairingId, code: &pairing::Code) -> Self {
        let mut shown = Self::generated(id, code.generated_at, code.generated.expires_at);
        match &code.outcome {
            pairing::Outcome::Open => {}
            pairing::Outcome::Cancelled(at) => shown.0.cancelled_at = Some(*at),
            pairing::Outcome::Exchanged { exchanged, at, issued } => {
                shown.0.used_at = Some(*at);
                shown.0.token = issued.then_some(exchanged.token_id);
            }
        }
        shown
    }
}

/// One pairing: a code that was generated, and what became of it.
#[Object]
impl PairingCode {
    pub(super) async fn id(&self) -> ID {
        self.0.id.public().into()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    async fn created_by(&self) -> Actor {
        self.0.id.by.user.into()
    }

    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was exchanged for a token.
    async fn used_at(&self) -> Option<DateTime> {
        self.0.used_at.map(DateTime)
    }

    async fn cancelled_at(&self) -> Option<DateTime> {
        self.0.cancelled_at.map(DateTime)
    }

    /// When its person generated another.
    async fn superseded_at(&self) -> Option<DateTime> {
        self.0.superseded_at.map(DateTime)
    }

    /// The token that it became.
    async fn agent_token(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AgentToken>> {
        let Some(token) = self.0.token else { return Ok(None) };
        agent_token(ctx, token).await.or_graphql()
    }
}

async fn agent_token(ctx: &Context<'_>, id: TokenId) -> Result<Option<AgentToken>, Error> {
    let app = ctx.app();
    // From its own stream: no read model need have come as far as this pairing has.
    match app.token(&ctx.asked().request, id, Permission::TokensRead).await {
        Ok((_, loaded)) => {
            let Loaded { state, revision, position, .. } = (*loaded).clone();
            let at = app.token_changed(Changed { id, state, revision, position }).await?;
            Ok(AgentToken::folded(at))
        }
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Finds a pairing of a workspace in which the caller may read tokens.
pub(super) async fn readable(ctx: &Context<'_>, id: PairingId) -> Result<PairingCode, Error> {
    let workspace = id.by.workspace;
    ctx.app().access(ctx.caller()?, workspace, Permission::TokensRead).await?;
    ctx.settled("pairing_codes", None).await?;
    let row = rows::by_id(&ctx.app().db, WorkspaceScope::of(workspace), id).await?;
    row.map(PairingCode::from).ok_or(Error::NotFound)
}
