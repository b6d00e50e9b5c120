//! The reactor `accounts`: connections that a command left half done, and what follows a
//! disconnection.
//!
//! A place whose account never appeared is freed, and with it the identity and the tokens. The
//! tokens of an account that is disconnected are revoked at the platform, where that was asked
//! for and the platform answers within an hour; then they are destroyed, whatever it answered.

use chrono::TimeDelta;
use domain::{
    Aggregate,
    account_quota::{self, AccountQuota, Place},
    connected_account::{self, Account, Command, ConnectedAccount, Status},
    event::DecodeError,
    id::{ConnectedAccountId, VaultRef, WorkspaceId},
    keyed_id::PlatformIdentityId,
    platform_identity::{self, PlatformIdentity},
    reactor_cursor::ReactorName,
};
use store::{ExecuteError, Recorded};

use super::{
    Reactor,
    agenda::{Agenda, Cause},
    is_summary,
    steps::Steps,
};
use crate::{app::platforms::Tokens, error::Error};

pub(super) struct Accounts;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Task {
    /// A place was taken, and its account has not appeared.
    Connection { workspace: WorkspaceId, account: ConnectedAccountId },
    /// An account was disconnected, and the vault still holds its tokens.
    Disconnection { account: ConnectedAccountId },
}

/// No command takes that long: whoever has not finished by then never will.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::seconds(45);
/// How long a platform that does not answer is asked to revoke.
const REVOKED_WITHIN: TimeDelta = TimeDelta::hours(1);

impl Reactor for Accounts {
    const NAME: ReactorName = ReactorName::new("accounts");
    const CATEGORIES: &'static [&'static str] =
        &[ConnectedAccount::CATEGORY, AccountQuota::CATEGORY];
    type Task = Task;

    fn note(event: &Recorded, cause: Cause, agenda: &mut Agenda<Task>) -> Result<(), DecodeError> {
        if is_summary::<ConnectedAccount>(event) || is_summary::<AccountQuota>(event) {
            Ok(())
        } else if let Some(account) = event.id_of::<ConnectedAccount>() {
            note_account(account, event, cause, agenda)
        } else if let Some(workspace) = event.id_of::<AccountQuota>() {
            note_place(workspace, event, cause, agenda)
        } else {
            Ok(())
        }
    }

    async fn act(steps: Steps<'_>, task: Task) -> Result<(), Error> {
        match task {
            Task::Connection { workspace, account } => give_up(steps, workspace, account).await,
            Task::Disconnection { account } => finish(steps, account).await,
        }
    }
}

fn note_account(
    account: ConnectedAccountId,
    event: &Recorded,
    cause: Cause,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    use connected_account::Event;
    match event.decode::<Event>()? {
        Event::Connected(connection) => {
            let workspace = connection.workspace_id;
            agenda.settle(Task::Connection { workspace, account });
        }
        Event::Disconnected { .. } => {
            let due = event.metadata.occurred_at;
            agenda.add(Task::Disconnection { account }, due, cause);
        }
        Event::SecretDestroyed { .. } => agenda.settle(Task::Disconnection { account }),
        Event::RefreshStarted { .. }
        | Event::Refreshed { .. }
        | Event::RefreshFailed { .. }
        | Event::NeedsReconnect { .. }
        | Event::Abandoned {}
        | Event::Summarised(_) => {}
    }
    Ok(())
}

fn note_place(
    workspace: WorkspaceId,
    event: &Recorded,
    cause: Cause,
    agenda: &mut Agenda<Task>,
) -> Result<(), DecodeError> {
    match event.decode::<account_quota::Event>()? {
        account_quota::Event::Taken { account_id: account, .. } => {
            let due = event.metadata.occurred_at + GIVEN_UP_AFTER;
            agenda.add(Task::Connection { workspace, account }, due, cause);
        }
        account_quota::Event::Freed { account_id: account } => {
            agenda.settle(Task::Connection { workspace, account });
        }
        account_quota::Event::Summarised(_) => {}
    }
    Ok(())
}

/// Makes the id of an account that never appeared unusable, and undoes what was done for it.
async fn give_up(
    steps: Steps<'_>,
    workspace: WorkspaceId,
    account: ConnectedAccountId,
) -> Result<(), Error> {
    let context = steps.context("AbandonAccount", "abandon", Some(workspace));
    match steps.app.log.execute::<ConnectedAccount>(account, &Command::Abandon, &context).await {
        Ok(_) => {}
        Err(ExecuteError::Rejected(connected_account::Rejection::AlreadyConnected)) => {
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    let quota = steps.app.log.load::<AccountQuota>(workspace).await?.state;
    let Some(Place { identity, vault_ref, .. }) = quota.places.get(&account).copied() else {
        return Ok(());
    };
    clear(steps, workspace, account, identity, vault_ref).await
}

/// Does what follows a disconnection.
async fn finish(steps: Steps<'_>, id: ConnectedAccountId) -> Result<(), Error> {
    let state = steps.app.log.load::<ConnectedAccount>(id).await?.state;
    let Some(account) = state.account() else { return Ok(()) };
    let Status::Disconnected { at, revoke_at_provider, destroyed: false } = account.status else {
        return Ok(());
    };
    let in_time = steps.now() - at < REVOKED_WITHIN;
    let revoked_at_provider = revoke_at_provider && revoke(steps, account, in_time).await?;
    let connection = &account.connection;
    let (workspace, identity) = (connection.workspace_id, connection.identity);
    clear(steps, workspace, id, identity, connection.vault_ref).await?;
    let context = steps.context("DisconnectAccount", "destroyed", Some(workspace));
    let command = Command::DestroySecret { revoked_at_provider };
    steps.app.log.execute::<ConnectedAccount>(id, &command, &context).await?;
    Ok(())
}

/// Asks the platform to forget what it granted; tells whether it did.
async fn revoke(steps: Steps<'_>, account: &Account, in_time: bool) -> Result<bool, Error> {
    let app = steps.app;
    let Some(platform) = app.platforms.get(&account.connection.platform) else { return Ok(false) };
    let Some(stored) = app.vault.get_secret(account.connection.vault_ref).await? else {
        return Ok(false);
    };
    let tokens = Tokens::decode(&stored.secret).map_err(|error| Error::Internal(error.into()))?;
    match platform.revoke(&tokens).await {
        Ok(revoked) => Ok(revoked),
        Err(failure) if in_time => Err(Error::Unavailable(failure.into())),
        Err(_) => Ok(false),
    }
}

/// Destroys the tokens and gives identity and place back; all of it may be done already.
async fn clear(
    steps: Steps<'_>,
    workspace: WorkspaceId,
    account_id: ConnectedAccountId,
    identity: PlatformIdentityId,
    vault_ref: VaultRef,
) -> Result<(), Error> {
    let app = steps.app;
    app.vault.destroy_secret(vault_ref).await?;
    let release = platform_identity::Command::Release { account_id };
    let context = steps.context("ReleaseIdentity", "identity", Some(workspace));
    app.log.execute::<PlatformIdentity>(identity, &release, &context).await?;
    let free = account_quota::Command::Free { account_id };
    let context = steps.context("FreePlace", "place", Some(workspace));
    app.log.execute::<AccountQuota>(workspace, &free, &context).await?;
    Ok(())
}
