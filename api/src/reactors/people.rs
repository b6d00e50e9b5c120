//! The reactor `people`: registrations that a command left half done, and people who may not act
//! any more.
//!
//! A person who exists without a workspace is given the personal one. The tokens of a person who
//! is deactivated are suspended by that alone; here they are revoked, for good. Who is to be
//! forgotten loses their connected accounts and then the key that all of theirs is sealed under.

mod erasure;

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Aggregate,
    agent_token::RevocationReason,
    event::DecodeError,
    id::{UserId, WorkspaceId},
    reactor_cursor::ReactorName,
    text::WorkspaceName,
    user::{self, User},
    workspace::{self, Workspace},
    workspace_quota::WorkspaceQuota,
};
use projections::workspaces;
use store::{ExecuteError, Recorded};

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    is_summary,
    steps::Steps,
};
use crate::{app::request::stream_of, error::Error};

pub(super) struct People;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// Somebody registered, and their workspace has not appeared.
    Registration { user: UserId },
    /// Somebody was deactivated, and has tokens.
    Deactivation { user: UserId },
    /// Somebody is to be forgotten.
    Erasure { user: UserId },
}

/// No registration takes that long: whoever has not finished by then never will.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::seconds(45);
/// How long to wait for the read model that says where somebody is a member.
const PATIENCE: Duration = Duration::from_secs(5);

impl Reactor for People {
    const NAME: ReactorName = ReactorName::new("people");
    const CATEGORIES: &'static [&'static str] = &[User::CATEGORY, Workspace::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        if is_summary::<User>(event) || is_summary::<Workspace>(event) {
            Ok(())
        } else if let Some(user) = event.id_of::<User>() {
            note_user(user, event, cause, agenda)
        } else if let Some(workspace) = event.id_of::<Workspace>() {
            note_workspace(workspace, event, agenda)
        } else {
            Ok(())
        }
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        match task {
            Task::Registration { user } => create_workspace(steps, user).await,
            Task::Deactivation { user } => revoke_tokens(steps, user).await,
            Task::Erasure { user } => erasure::erase(steps, user).await,
        }
    }
}

fn note_user(
    user: UserId,
    event: &Recorded,
    cause: Cause,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    let at = event.metadata.occurred_at;
    match event.decode::<user::Event>()? {
        user::Event::Registered { .. } => {
            agenda.add(Task::Registration { user }, at + GIVEN_UP_AFTER, cause);
        }
        user::Event::Deactivated { cause: why } => {
            agenda.add(Task::Deactivation { user }, at, cause);
            if why == user::Cause::Erased {
                agenda.add(Task::Erasure { user }, at, cause);
            }
        }
        user::Event::Erased { .. } => agenda.settle(Task::Erasure { user }),
        user::Event::Reactivated { .. } => agenda.settle(Task::Deactivation { user }),
        user::Event::CredentialSet(_)
        | user::Event::MembershipChanged(_)
        | user::Event::Locked { .. }
        | user::Event::Unlocked {}
        | user::Event::CredentialsEnded { .. }
        | user::Event::ClerkLinked { .. }
        | user::Event::ProfileChanged { .. }
        | user::Event::ProfileChangeIgnored { .. }
        | user::Event::Abandoned {}
        | user::Event::Summarised(_) => {}
    }
    Ok(())
}

fn note_workspace(
    workspace: WorkspaceId,
    event: &Recorded,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    match event.decode::<workspace::Event>()? {
        workspace::Event::Created { owner: user, .. }
            if WorkspaceId::personal(user) == workspace =>
        {
            agenda.settle(Task::Registration { user });
        }
        workspace::Event::Created { .. }
        | workspace::Event::Renamed { .. }
        | workspace::Event::PlanChanged { .. }
        | workspace::Event::PolicyChanged(_)
        | workspace::Event::MemberAdded { .. }
        | workspace::Event::MemberRoleChanged { .. }
        | workspace::Event::MemberRemoved { .. }
        | workspace::Event::Abandoned {}
        | workspace::Event::Summarised(_) => {}
    }
    Ok(())
}

/// Gives a person the workspace that the last step of a registration would have.
async fn create_workspace(steps: Steps<'_>, owner: UserId) -> Result<(), Error> {
    let app = steps.app;
    let user = app.log.load::<User>(owner).await?.state;
    // Erased in the meantime: nobody needs a workspace any more.
    let Some(name) = app.username(owner, &user).await? else { return Ok(()) };
    let name = WorkspaceName::parse(name.as_str()).map_err(|refusal| Error::rejected(&refusal))?;
    let id = WorkspaceId::personal(owner);
    let context = steps.context("RegisterUser", "workspace", Some(id));
    app.create_workspace_key(id, &context).await?;
    let stream = stream_of::<Workspace>(id);
    let name = app.vault.seal(id.into(), &stream, "name", &name).await?;
    let plan = app.settings.default_plan;
    let create = workspace::Create { owner, name, plan };
    let command = workspace::Command::Create(create);
    match app.log.execute::<Workspace>(id, &command, &context).await {
        Ok(_) | Err(ExecuteError::Rejected(workspace::Rejection::AlreadyCreated)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Revokes the tokens that a person made, in every workspace they belong to.
async fn revoke_tokens(steps: Steps<'_>, creator: UserId) -> Result<(), Error> {
    let app = steps.app;
    let user = app.log.load::<User>(creator).await?.state;
    if user.person().is_none_or(user::Person::is_active) {
        return Ok(());
    }
    // Where somebody belongs is selected from a read model that has seen the deactivation; which
    // tokens they have there, from the log.
    let seen = steps.cause.position;
    if !app.projections.wait_for("workspaces", seen, PATIENCE).await {
        return Err(Error::StaleRead { position: Some(seen) });
    }
    let mut homes: Vec<WorkspaceId> = workspaces::memberships_of(&app.db, creator)
        .await?
        .iter()
        .map(|membership| membership.workspace.id)
        .collect();
    homes.push(WorkspaceId::personal(creator));
    homes.sort_unstable();
    homes.dedup();
    for workspace in homes {
        let quota = app.log.load::<WorkspaceQuota>(workspace).await?.state;
        let tokens: Vec<_> = quota.live_of(creator, steps.now()).map(|(id, _)| id).collect();
        for token in tokens {
            steps.revoke_token(workspace, token, RevocationReason::OwnerDeactivated).await?;
        }
    }
    Ok(())
}
