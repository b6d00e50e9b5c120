//! Target: where a connected account goes, and what is taken for it before it appears.

use domain::{
    account_quota::{self, AccountQuota, Place},
    connected_account::{ConnectedAccount, Status},
    id::{CommandId, ConnectedAccountId, VaultRef},
    keyed_id::PlatformIdentityId,
    platform_identity::{self, PlatformIdentity},
};
use store::{Expected, VaultError};

use super::Connecting;
use crate::{
    app::platforms::{Identity, Tokens},
    error::Error,
};

/// Where the account goes.
pub(super) struct Target {
    pub(super) account_id: ConnectedAccountId,
    pub(super) identity: PlatformIdentityId,
    pub(super) vault_ref: VaultRef,
    /// What the vault holds there.
    expected: Expected,
    /// The account is there, and needs what was brought.
    pub(super) again: bool,
    /// Who holds the identity and is gone.
    replacing: Option<ConnectedAccountId>,
}

impl Connecting<'_> {
    /// Finds out whether the identity is new here, needs to be connected again, or is taken.
    pub(super) async fn target(&self, identity: &Identity) -> Result<Target, Error> {
        let app = self.app;
        let workspace = self.started.workspace_id;
        let identity = app.identity_of(workspace, &self.platform.name, &identity.user_id);
        let command = CommandId::from_uuid(self.attempt.as_uuid());
        let new = Target {
            account_id: ConnectedAccountId::derived(command, "account"),
            identity,
            vault_ref: VaultRef::derived(command, "tokens"),
            expected: Expected::New,
            again: false,
            replacing: None,
        };
        let holder = app.log.load::<PlatformIdentity>(identity).await?.state.holder();
        let Some(holder) = holder else { return Ok(new) };
        let held = app.log.load::<ConnectedAccount>(holder).await?.state;
        let account = match &held {
            ConnectedAccount::Unconnected => return Err(already_connected()),
            ConnectedAccount::Abandoned => return Ok(Target { replacing: Some(holder), ..new }),
            ConnectedAccount::Connected(account) => account,
        };
        match account.status {
            Status::Connected => Err(already_connected()),
            Status::Disconnected { .. } => Ok(Target { replacing: Some(holder), ..new }),
            Status::NeedsReconnect { .. } => {
                let vault_ref = account.connection.vault_ref;
                let stored = app.vault.get_secret(vault_ref).await?;
                let again = Target { account_id: holder, again: true, ..new };
                // Where the old tokens are lost, their place is too.
                Ok(match stored {
                    Some(stored) => {
                        Target { vault_ref, expected: Expected::Version(stored.version), ..again }
                    }
                    None => again,
                })
            }
        }
    }

    /// Takes a place of the plan, then the identity.
    pub(super) async fn reserve(&self, target: &Target, limit: u32) -> Result<(), Error> {
        let (app, workspace, account_id) = (self.app, self.started.workspace_id, target.account_id);
        let (identity, vault_ref, taken_by) = (target.identity, target.vault_ref, self.user);
        let place = Place { identity, vault_ref, taken_by };
        let take = account_quota::Command::Take { account_id, place, limit };
        let context = self.undertaking.step("place").on::<AccountQuota>(workspace).await?;
        app.log.execute::<AccountQuota>(workspace, &take, &context).await?;
        let replacing = target.replacing;
        let reserve = platform_identity::Command::Reserve { account_id, replacing };
        let context = self.undertaking.step("identity").on::<PlatformIdentity>(identity).await?;
        match app.log.execute::<PlatformIdentity>(identity, &reserve, &context).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let step = self.undertaking.step("place back");
                let context = step.on::<AccountQuota>(workspace).await?;
                let free = account_quota::Command::Free { account_id };
                app.log.execute::<AccountQuota>(workspace, &free, &context).await?;
                Err(error.into())
            }
        }
    }

    /// Lets the vault have the tokens; returns the version that it holds then.
    pub(super) async fn keep(&self, target: &Target, tokens: &Tokens) -> Result<u64, Error> {
        let bytes = tokens.encode().map_err(|error| Error::Internal(error.into()))?;
        let step = self.undertaking.step("vault");
        let (subject, expected) = (self.user.into(), target.expected);
        let vault = &self.app.vault;
        let put =
            vault.put_secret(target.vault_ref, subject, bytes.expose(), expected, step.bare());
        match put.await {
            // Somebody else connects it again at the same time, and was faster.
            Err(VaultError::VersionConflict { .. }) => Err(already_connected()),
            outcome => Ok(outcome?),
        }
    }
}

fn already_connected() -> Error {
    Error::rejected(&platform_identity::Rejection::Taken)
}
