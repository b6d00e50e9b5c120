//! Agent tokens: created, renamed, rotated and revoked by those who may.
//!
//! A token takes a slot of its workspace before it appears and gives it back after it ended. What
//! a crash leaves in between, the reactor `quota` finishes.

mod create;
mod revoke;
mod rotate;

use std::sync::Arc;

use domain::{
    Sealed,
    agent_token::{AgentToken, Command, Issued, Rename},
    id::{SubjectId, TokenId, WorkspaceId},
    role::Permission,
    text::TokenName,
    workspace_quota::{self, FreeSlot, FreedCause, WorkspaceQuota},
};
use store::Loaded;

pub use self::{
    create::{CreateToken, CreatedToken},
    revoke::{RevokeAll, RevokedAll},
    rotate::RotateToken,
};
use super::{
    Access, App, Changed, Request,
    request::{Undertaking, stream_of},
};
use crate::error::Error;

impl App {
    /// Gives a token another name.
    ///
    /// # Errors
    ///
    /// `TOKEN_REVOKED`; [`Error::VersionConflict`] if the token is not at `expected_revision`.
    pub async fn rename_token(
        &self,
        request: &Request,
        id: TokenId,
        name: TokenName,
        expected_revision: Option<u64>,
    ) -> Result<Changed<AgentToken>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let (access, _) = app.token_to_manage(&request, id).await?;
            let undertaking = app.undertake(&request, "RenameToken", Some(access.workspace))?;
            let name = app.seal_token_name(access.workspace, id, &name).await?;
            let command = Command::Rename(Rename { name, at: undertaking.at() });
            let context = undertaking.on::<AgentToken>(id).await?;
            let committed = match expected_revision {
                Some(_) => app.log.execute_at(id, &command, &context, expected_revision).await?,
                None => app.log.execute(id, &command, &context).await?,
            };
            app.folds.forget::<AgentToken>(id);
            Ok(Changed::new(id, committed))
        })
        .await
    }

    /// Returns a token that the caller may manage, and their access to its workspace.
    async fn token_to_manage(
        &self,
        request: &Request,
        id: TokenId,
    ) -> Result<(Access, Arc<Loaded<AgentToken>>), Error> {
        self.token(request, id, Permission::TokensManage).await
    }

    /// Returns a token on which the caller has `permission`.
    ///
    /// A token of somebody else's workspace is not found.
    pub async fn token(
        &self,
        request: &Request,
        id: TokenId,
        permission: Permission,
    ) -> Result<(Access, Arc<Loaded<AgentToken>>), Error> {
        let loaded = self.folds.get::<AgentToken>(id).await?;
        let workspace = loaded.state.issued().ok_or(Error::NotFound)?.workspace_id;
        let access = self.access(request.caller()?, workspace, permission).await?;
        Ok((access, loaded))
    }

    /// Seals a name to its workspace, for the stream of the token.
    pub(in crate::app) async fn seal_token_name(
        &self,
        workspace: WorkspaceId,
        id: TokenId,
        name: &TokenName,
    ) -> Result<Sealed<TokenName>, Error> {
        let (subject, stream) = (SubjectId::from(workspace), stream_of::<AgentToken>(id));
        Ok(self.vault.seal(subject, &stream, "name", name).await?)
    }

    /// Gives the slot of `token` back to its workspace; a slot that is free stays free.
    pub(in crate::app) async fn free_slot(
        &self,
        undertaking: &Undertaking<'_>,
        workspace: WorkspaceId,
        token: TokenId,
        cause: FreedCause,
    ) -> Result<(), Error> {
        let free = workspace_quota::Command::FreeSlot(FreeSlot { token_id: token, cause });
        let context = undertaking.on::<WorkspaceQuota>(workspace).await?;
        self.log.execute::<WorkspaceQuota>(workspace, &free, &context).await?;
        Ok(())
    }
}

/// The token of a stream that is known to hold one.
fn issued(token: &AgentToken) -> Result<&Issued, Error> {
    token.issued().ok_or(Error::NotFound)
}
