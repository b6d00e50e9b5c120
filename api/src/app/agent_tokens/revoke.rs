//! Revocation: at once, for good, one token or many.

use domain::{
    Sealed, Time,
    actor::ActorKind,
    agent_token::{AgentToken, Command, RevocationReason, Revoke},
    id::{SubjectId, TokenId, UserId, WorkspaceId},
    role::Permission,
    text::Reason,
    workspace_quota::{FreedCause, WorkspaceQuota},
};
use projections::WorkspaceScope;
use store::Position;

use super::{App, Changed, Request, Undertaking, stream_of};
use crate::error::Error;

/// The tokens that somebody wants gone.
#[derive(Clone, Debug)]
pub struct RevokeAll {
    pub workspace: WorkspaceId,
    /// Only those that this member created.
    pub created_by: Option<UserId>,
    /// Only those that were not used since.
    pub unused_since: Option<Time>,
    pub reason: Option<Reason>,
}

/// What became of them.
#[derive(Clone, Debug, Default)]
pub struct RevokedAll {
    /// Those that had worked until now.
    pub revoked: Vec<TokenId>,
    pub position: Option<Position>,
}

impl App {
    /// Revokes a token: this node refuses it from the answer on. Again, it changes nothing.
    pub async fn revoke_token(
        &self,
        request: &Request,
        id: TokenId,
        reason: Option<Reason>,
    ) -> Result<Changed<AgentToken>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let (access, _) = app.token_to_manage(&request, id).await?;
            let undertaking = app.undertake(&request, "RevokeToken", Some(access.workspace))?;
            let (token, _) =
                app.revoke(&undertaking, access.workspace, id, reason.as_ref()).await?;
            Ok(token)
        })
        .await
    }

    /// Revokes all tokens of a workspace that work, or those the filters leave.
    ///
    /// Which ones there are is read from the quota's stream, not from a table: a token created a
    /// moment ago is among them.
    pub async fn revoke_all_tokens(
        &self,
        request: &Request,
        which: RevokeAll,
    ) -> Result<RevokedAll, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move { app.revoke_all(&request, which).await }).await
    }

    async fn revoke_all(&self, request: &Request, which: RevokeAll) -> Result<RevokedAll, Error> {
        let workspace = which.workspace;
        self.access(request.caller()?, workspace, Permission::TokensManage).await?;
        let undertaking = self.undertake(request, "RevokeAllTokens", Some(workspace))?;
        let quota = self.log.load::<WorkspaceQuota>(workspace).await?.state;
        let mut tokens: Vec<TokenId> = match which.created_by {
            Some(creator) => quota.live_of(creator, undertaking.at()).map(|(id, _)| id).collect(),
            None => quota.live(undertaking.at()).map(|(id, _)| id).collect(),
        };
        if let Some(since) = which.unused_since {
            let unused = self.unused_since(workspace, since).await?;
            tokens.retain(|id| unused.contains(id));
        }
        let mut outcome = RevokedAll::default();
        for id in tokens {
            let step = undertaking.step(&id.to_string());
            match self.revoke(&step, workspace, id, which.reason.as_ref()).await {
                Ok((token, changed)) => {
                    outcome.revoked.extend(changed.then_some(id));
                    outcome.position = outcome.position.max(token.position);
                }
                // Its slot is taken but it has not appeared; nobody holds its secret yet.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(outcome)
    }

    /// Revokes one token and frees its slot; tells whether it had not been revoked.
    pub(super) async fn revoke(
        &self,
        undertaking: &Undertaking<'_>,
        workspace: WorkspaceId,
        id: TokenId,
        reason: Option<&Reason>,
    ) -> Result<(Changed<AgentToken>, bool), Error> {
        let why = match undertaking.bare().actor.kind {
            ActorKind::Operator => RevocationReason::Operator,
            _ => RevocationReason::User,
        };
        self.revoke_because(undertaking, workspace, id, why, reason).await
    }

    /// The same for a reason of its own.
    pub(in crate::app) async fn revoke_because(
        &self,
        undertaking: &Undertaking<'_>,
        workspace: WorkspaceId,
        id: TokenId,
        reason: RevocationReason,
        note: Option<&Reason>,
    ) -> Result<(Changed<AgentToken>, bool), Error> {
        let note = match note {
            Some(note) => Some(self.seal_note(workspace, id, note).await?),
            None => None,
        };
        let by = undertaking.bare().actor.clone();
        let command = Command::Revoke(Revoke { reason, note, by });
        let context = undertaking.on::<AgentToken>(id).await?;
        let committed = self.log.execute::<AgentToken>(id, &command, &context).await?;
        // The follower will say so too; the next request must not have to wait for it.
        self.folds.forget::<AgentToken>(id);
        let changed = !committed.events.is_empty();
        let step = undertaking.step(&format!("slot freed {id}"));
        self.free_slot(&step, workspace, id, FreedCause::Revoked).await?;
        Ok((Changed::new(id, committed), changed))
    }

    async fn seal_note(
        &self,
        workspace: WorkspaceId,
        id: TokenId,
        reason: &Reason,
    ) -> Result<Sealed<Reason>, Error> {
        let (subject, stream) = (SubjectId::from(workspace), stream_of::<AgentToken>(id));
        Ok(self.vault.seal(subject, &stream, "note", reason).await?)
    }

    /// The one selection that a table makes: when a token was last used is not in the log.
    async fn unused_since(
        &self,
        workspace: WorkspaceId,
        since: Time,
    ) -> Result<Vec<TokenId>, Error> {
        self.flush_usage().await;
        let scope = WorkspaceScope::of(workspace);
        Ok(projections::agent_tokens::ids_unused_since(&self.db, scope, since, self.clock.now())
            .await?)
    }
}
