//! Steps: what reactors append, and under which ids.

use domain::{
    Time,
    actor::Actor,
    agent_token::{self, AgentToken, RevocationReason, Revoke},
    id::{CommandId, TokenId, WorkspaceId},
    reactor_cursor::ReactorName,
    workspace_quota::{self, FreeSlot, FreedCause, WorkspaceQuota},
};
use store::Context;

use super::agenda::Cause;
use crate::{app::App, error::Error};

/// The steps that a reactor takes on account of one event.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    pub(super) app: &'a App,
    pub(super) name: ReactorName,
    pub(super) cause: &'a Cause,
}

impl Steps<'_> {
    /// Who acts.
    pub(super) fn actor(&self) -> Actor {
        Actor::system(self.name.as_str())
    }

    pub(super) fn now(&self) -> Time {
        self.app.clock.now()
    }

    /// The context of a step.
    ///
    /// Its command id comes from the cause and the step's name, so a restart repeats without
    /// effect.
    pub(super) fn context(
        &self,
        command: &'static str,
        step: &str,
        workspace: Option<WorkspaceId>,
    ) -> Context {
        let cause = CommandId::from_uuid(self.cause.event_id);
        Context {
            command_id: CommandId::derived(cause, &format!("{} {step}", self.name)),
            command,
            correlation_id: self.cause.correlation_id,
            causation_id: Some(self.cause.event_id),
            actor: self.actor(),
            on_behalf_of: None,
            workspace_id: workspace,
            occurred_at: self.now(),
            client: None,
            auth: None,
        }
    }

    /// Revokes a token and frees its slot; each only if that is left to do.
    pub(super) async fn revoke_token(
        &self,
        workspace: WorkspaceId,
        token: TokenId,
        reason: RevocationReason,
    ) -> Result<(), Error> {
        let revoke = Revoke { reason, note: None, by: self.actor() };
        let context = self.context("RevokeToken", &format!("revoke {token}"), Some(workspace));
        let command = agent_token::Command::Revoke(revoke);
        self.app.log.execute::<AgentToken>(token, &command, &context).await?;
        self.free_slot(workspace, token, FreedCause::Revoked).await
    }

    /// Frees a slot, unless it is free.
    pub(super) async fn free_slot(
        &self,
        workspace: WorkspaceId,
        token_id: TokenId,
        cause: FreedCause,
    ) -> Result<(), Error> {
        let context = self.context("FreeSlot", &format!("free {token_id}"), Some(workspace));
        let command = workspace_quota::Command::FreeSlot(FreeSlot { token_id, cause });
        self.app.log.execute::<WorkspaceQuota>(workspace, &command, &context).await?;
        Ok(())
    }
}
