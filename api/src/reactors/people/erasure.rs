//! Erasure: what is left to do of somebody whose deactivation is for good.
//!
//! Tokens first, then accounts on platforms, so that these can still be told; then the keys. What
//! was sealed under them is blank from then on, and the history still verifies.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    connected_account::{self, ConnectedAccount, Status},
    digest::Digest,
    id::{ConnectedAccountId, SubjectId, UserId, WorkspaceId},
    subject::{self, Subject},
    user::{self, Person, User},
    user_handle::{self, Release, UserHandle},
    workspace::Workspace,
};
use projections::connected_accounts;
use store::ExecuteError;
use tokio::time::{Instant, sleep};

use super::{PATIENCE, revoke_tokens};
use crate::{error::Error, reactors::steps::Steps};

/// How long the platforms may take to be told; the keys do not wait for one that is away.
const TOLD_WITHIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(200);
/// A name is kept back this long, so that nobody is taken for who had it before.
const KEPT_BACK: TimeDelta = TimeDelta::days(90);

/// Forgets a person; each step may be done already.
pub(super) async fn erase(steps: Steps<'_>, user: UserId) -> Result<(), Error> {
    let app = steps.app;
    let state = app.log.load::<User>(user).await?.state;
    if state.person().is_none_or(|person: &Person| !person.is_erasing() || person.erased) {
        return Ok(());
    }
    revoke_tokens(steps, user).await?;
    disconnect(steps, user).await?;
    if let Some(name) = app.username(user, &state).await? {
        let release = Release { user_id: user, reusable_at: steps.now() + KEPT_BACK };
        let context = steps.context("ReleaseHandle", "handle", None);
        let (handle, release) = (app.handle_of(&name), user_handle::Command::Release(release));
        match app.log.execute::<UserHandle>(handle, &release, &context).await {
            // Who signs in elsewhere holds no name.
            Ok(_) | Err(ExecuteError::Rejected(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let receipt_hash = Digest::of(format!("{user} {}", steps.cause.event_id));
    let mut keys_destroyed = 0;
    for subject in subjects(steps, user).await? {
        destroy(steps, subject, receipt_hash).await?;
        keys_destroyed += 1;
    }
    let erase = user::Command::Erase { keys_destroyed, receipt_hash };
    let context = steps.context("EraseSubject", "erased", None);
    app.log.execute::<User>(user, &erase, &context).await?;
    Ok(())
}

/// Disconnects what they connected, and waits a little until the platforms are told.
async fn disconnect(steps: Steps<'_>, user: UserId) -> Result<(), Error> {
    let (app, seen) = (steps.app, steps.cause.position);
    if !app.projections.wait_for("connected_accounts", seen, PATIENCE).await {
        return Err(Error::StaleRead { position: Some(seen) });
    }
    let accounts = connected_accounts::of_person(&app.db, user).await?;
    for id in &accounts {
        let command =
            connected_account::Command::Disconnect { by: steps.actor(), revoke_at_provider: true };
        let context = steps.context("DisconnectAccount", &format!("disconnect {id}"), None);
        app.log.execute::<ConnectedAccount>(*id, &command, &context).await?;
    }
    let end = Instant::now() + TOLD_WITHIN;
    for id in accounts {
        while Instant::now() < end && !is_gone(steps, id).await? {
            sleep(LOOK).await;
        }
    }
    Ok(())
}

async fn is_gone(steps: Steps<'_>, id: ConnectedAccountId) -> Result<bool, Error> {
    let state = steps.app.log.load::<ConnectedAccount>(id).await?.state;
    let status = state.account().map(|account| account.status);
    Ok(matches!(status, None | Some(Status::Disconnected { destroyed: true, .. })))
}

/// The person, and the workspace that nobody else belongs to.
async fn subjects(steps: Steps<'_>, user: UserId) -> Result<Vec<SubjectId>, Error> {
    let personal = WorkspaceId::personal(user);
    let workspace = steps.app.log.load::<Workspace>(personal).await?.state;
    let alone = workspace.open().is_some_and(|open| open.members.keys().all(|id| *id == user));
    let person = SubjectId::from(user);
    Ok(if alone { vec![person, personal.into()] } else { vec![person] })
}

async fn destroy(steps: Steps<'_>, id: SubjectId, receipt_hash: Digest) -> Result<(), Error> {
    let app = steps.app;
    let step = |name: &str| steps.context("EraseSubject", &format!("{name} {id}"), None);
    let (request, context) = (subject::Command::RequestErasure, step("request"));
    match app.log.execute::<Subject>(id, &request, &context).await {
        // Made in a hurry, it was never put on record.
        Ok(_) | Err(ExecuteError::Rejected(subject::Rejection::NotFound)) => {}
        Err(error) => return Err(error.into()),
    }
    app.vault.destroy_subject_key(id).await?;
    let (destroyed, context) = (subject::Command::DestroyKey { receipt_hash }, step("destroyed"));
    match app.log.execute::<Subject>(id, &destroyed, &context).await {
        Ok(_) | Err(ExecuteError::Rejected(subject::Rejection::NotFound)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
