//! Opened: folded states with their sealed fields open, for people to read.
//!
//! Never written back: an opened field has no way into an event. A field whose key is destroyed
//! comes out blank.

use domain::{
    Sealed,
    agent_token::{AgentToken, Issued},
    connected_account::{Account, ConnectedAccount},
    id::{ConnectedAccountId, TokenId, WorkspaceId},
    workspace::{Open, Workspace},
};
use serde::de::DeserializeOwned;
use store::{Vault, VaultError};

use super::request::stream_of;

/// Opens a token's name and the note on its revocation.
pub async fn token(vault: &Vault, id: TokenId, token: &Issued) -> Result<Issued, VaultError> {
    let stream = stream_of::<AgentToken>(id);
    let mut token = token.clone();
    token.name = reopen(vault, &stream, "name", &token.name).await?;
    if let Some(revoked) = &mut token.revoked
        && let Some(note) = &revoked.note
    {
        revoked.note = Some(reopen(vault, &stream, "note", note).await?);
    }
    Ok(token)
}

/// Opens a workspace's name.
pub async fn workspace(vault: &Vault, id: WorkspaceId, open: &Open) -> Result<Open, VaultError> {
    let stream = stream_of::<Workspace>(id);
    let name = reopen(vault, &stream, "name", &open.name).await?;
    Ok(Open { name, ..open.clone() })
}

/// Opens who an account is at its platform.
pub async fn connected_account(
    vault: &Vault,
    id: ConnectedAccountId,
    account: &Account,
) -> Result<Account, VaultError> {
    let stream = stream_of::<ConnectedAccount>(id);
    let mut account = account.clone();
    let connection = &mut account.connection;
    let user_id = &connection.platform_user_id;
    connection.platform_user_id = reopen(vault, &stream, "platform_user_id", user_id).await?;
    if let Some(name) = &connection.platform_username {
        connection.platform_username =
            Some(reopen(vault, &stream, "platform_username", name).await?);
    }
    Ok(account)
}

async fn reopen<T: DeserializeOwned + Clone + Sync>(
    vault: &Vault,
    stream: &str,
    field: &str,
    sealed: &Sealed<T>,
) -> Result<Sealed<T>, VaultError> {
    let value = vault.open_sealed(stream, field, sealed).await?;
    Ok(value.map_or(Sealed::Blank, Sealed::Open))
}
