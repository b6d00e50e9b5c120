//! Opened: folded states with their sealed fields open, for people to read.
//!
//! Never written back: an opened field has no way into an event. A field whose key is destroyed
//! comes out blank.

use domain::{
    Sealed,
    agent_token::{AgentToken, Issued},
    id::{TokenId, WorkspaceId},
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

async fn reopen<T: DeserializeOwned + Clone + Sync>(
    vault: &Vault,
    stream: &str,
    field: &str,
    sealed: &Sealed<T>,
) -> Result<Sealed<T>, VaultError> {
    let value = vault.open_sealed(stream, field, sealed).await?;
    Ok(value.map_or(Sealed::Blank, Sealed::Open))
}
