//! The reactor `tokens`: slots and tokens that a command left half done, and overlaps that end.
//!
//! A command takes a slot, lets the token appear, and frees the slot after the token's end; where
//! it died in between, this finishes what it began. A rotation that died after the replacement
//! appeared is completed, since somebody wanted the old token to end; one that died before is
//! undone.

use chrono::TimeDelta;
use domain::{
    Aggregate,
    agent_token::{self, AgentToken, Origin, RevocationReason, Rotate},
    event::DecodeError,
    id::{TokenId, WorkspaceId},
    reactor_cursor::ReactorName,
    workspace_quota::{self, FreedCause, WorkspaceQuota},
};
use store::{ExecuteError, Recorded};

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    is_summary,
    steps::Steps,
};
use crate::error::Error;

pub(super) struct Tokens;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// A slot was taken, and its token has not appeared.
    Creation { workspace: WorkspaceId, token: TokenId },
    /// A slot was passed on or a replacement appeared, and the old token does not say that it is
    /// replaced.
    Rotation { workspace: WorkspaceId, old: TokenId, new: TokenId },
    /// The old token of a rotation works until its overlap ends.
    Overlap { token: TokenId },
    /// A token was revoked, and its slot is not free.
    Revocation { token: TokenId },
}

/// No command takes that long: whoever has not finished by then never will.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::seconds(45);
/// The same for the last step of a revocation, which matters to nobody but the next creation.
const FREED_AFTER: TimeDelta = TimeDelta::seconds(30);

impl Reactor for Tokens {
    const NAME: ReactorName = ReactorName::new("tokens");
    const CATEGORIES: &'static [&'static str] = &[AgentToken::CATEGORY, WorkspaceQuota::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        if is_summary::<AgentToken>(event) || is_summary::<WorkspaceQuota>(event) {
            Ok(())
        } else if let Some(token) = event.id_of::<AgentToken>() {
            note_token(token, event, cause, agenda)
        } else if let Some(workspace) = event.id_of::<WorkspaceQuota>() {
            note_slot(workspace, event, cause, agenda)
        } else {
            Ok(())
        }
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        match task {
            Task::Creation { workspace, token } => give_up(steps, workspace, token).await.map(drop),
            Task::Rotation { workspace, old, new } => {
                finish_rotation(steps, workspace, old, new).await
            }
            // So that those who watch learn of it.
            Task::Overlap { token } => match workspace_of(steps, token).await? {
                Some(workspace) => {
                    steps.revoke_token(workspace, token, RevocationReason::Rotated).await
                }
                None => Ok(()),
            },
            Task::Revocation { token } => match workspace_of(steps, token).await? {
                Some(workspace) => steps.free_slot(workspace, token, FreedCause::Revoked).await,
                None => Ok(()),
            },
        }
    }
}

fn note_token(
    token: TokenId,
    event: &Recorded,
    cause: Cause,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    match event.decode::<agent_token::Event>()? {
        agent_token::Event::Created(created) => {
            let workspace = created.workspace_id;
            agenda.settle(Task::Creation { workspace, token });
            if let Origin::Rotation(old) = created.origin {
                let due = event.metadata.occurred_at + GIVEN_UP_AFTER;
                agenda.add(Task::Rotation { workspace, old, new: token }, due, cause);
            }
        }
        agent_token::Event::Rotated { replaced_by: new, overlap_ends_at } => {
            if let Some(workspace) = event.metadata.workspace_id {
                agenda.settle(Task::Rotation { workspace, old: token, new });
            }
            agenda.add(Task::Overlap { token }, overlap_ends_at, cause);
        }
        agent_token::Event::Revoked { .. } => {
            agenda.settle(Task::Overlap { token });
            let due = event.metadata.occurred_at + FREED_AFTER;
            agenda.add(Task::Revocation { token }, due, cause);
        }
        agent_token::Event::Renamed { .. }
        | agent_token::Event::UsageObserved { .. }
        | agent_token::Event::Abandoned {}
        | agent_token::Event::Summarised(_) => {}
    }
    Ok(())
}

fn note_slot(
    workspace: WorkspaceId,
    event: &Recorded,
    cause: Cause,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    let due = event.metadata.occurred_at + GIVEN_UP_AFTER;
    match event.decode::<workspace_quota::Event>()? {
        workspace_quota::Event::Taken { token_id: token, .. } => {
            agenda.add(Task::Creation { workspace, token }, due, cause);
        }
        workspace_quota::Event::Passed { from: old, to: new, .. } => {
            agenda.add(Task::Rotation { workspace, old, new }, due, cause);
        }
        workspace_quota::Event::Freed { token_id: token, .. } => {
            agenda.settle(Task::Creation { workspace, token });
            agenda.settle(Task::Revocation { token });
        }
        workspace_quota::Event::Summarised(_) => {}
    }
    Ok(())
}

/// Makes the id of a token that never appeared unusable and frees its slot; tells whether it had
/// never appeared.
async fn give_up(steps: Steps<'_>, workspace: WorkspaceId, token: TokenId) -> Result<bool, Error> {
    let context = steps.context("AbandonToken", "abandon", Some(workspace));
    let command = agent_token::Command::Abandon;
    match steps.app.log.execute::<AgentToken>(token, &command, &context).await {
        Ok(_) => {
            steps.free_slot(workspace, token, FreedCause::Abandoned).await?;
            Ok(true)
        }
        Err(ExecuteError::Rejected(agent_token::Rejection::AlreadyCreated)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn finish_rotation(
    steps: Steps<'_>,
    workspace: WorkspaceId,
    old: TokenId,
    new: TokenId,
) -> Result<(), Error> {
    if give_up(steps, workspace, new).await? {
        return Ok(());
    }
    let at = steps.now();
    let quota = steps.app.log.load::<WorkspaceQuota>(workspace).await?.state;
    let passed = quota.slots.get(old).and_then(|slot| slot.passed);
    let overlap_ends_at = passed.map_or(at, |passed| passed.overlap_ends_at);
    let rotate = Rotate { replaced_by: new, overlap_ends_at, by: steps.actor(), at };
    let context = steps.context("RotateToken", "rotated", Some(workspace));
    let command = agent_token::Command::Rotate(rotate);
    match steps.app.log.execute::<AgentToken>(old, &command, &context).await {
        // What ended it may have been a revocation, or another rotation that came first.
        Ok(_) | Err(ExecuteError::Rejected(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn workspace_of(steps: Steps<'_>, token: TokenId) -> Result<Option<WorkspaceId>, Error> {
    let token = steps.app.log.load::<AgentToken>(token).await?.state;
    Ok(token.issued().map(|token| token.workspace_id))
}
