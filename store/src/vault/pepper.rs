//! Pepper: one secret of 256 bits, for HMACs of what could be guessed.
//!
//! It lies in `secret-pepper`, directly under the master key: wrapped again when
//! that changes, itself never changed. Without it no name, code or command id
//! can be found again, so a log is bound to its pepper for good.

use aws_lc_rs::hmac;
use domain::{Secret, actor::Actor, id::CommandId};
use uuid::Uuid;

use super::{
    MasterKeys, VaultError,
    master_key::{Unwrapped, Wrapped},
    stream::Held,
};
use crate::{
    Context, Log, Unavailable,
    connection::Failure,
    page::{self, Direction},
    random,
};

const STREAM: &str = "secret-pepper";
const WRAPPED: &str = "pepper.wrapped";

pub(super) struct Pepper(hmac::Key);

impl Pepper {
    /// Reads the pepper; makes it where that is allowed and the log is empty.
    pub(super) async fn open(
        log: &Log,
        keys: &MasterKeys,
        may_create: bool,
    ) -> Result<Self, VaultError> {
        match log.vault_read::<Wrapped>(STREAM).await? {
            Held::Value { value, revision, .. } => {
                let Unwrapped { key, outdated } = keys
                    .unwrap(STREAM, &value)
                    .ok_or_else(|| VaultError::WrongMasterKey { stream: STREAM.into() })?;
                if outdated {
                    wrap(log, keys, &key, Some(revision)).await?;
                }
                Ok(Self::new(&key))
            }
            Held::Nothing if may_create && is_empty(log).await? => Self::create(log, keys).await,
            Held::Nothing | Held::Destroyed => Err(VaultError::NoPepper),
        }
    }

    async fn create(log: &Log, keys: &MasterKeys) -> Result<Self, VaultError> {
        let key = random::bytes();
        if wrap(log, keys, &key, None).await? {
            return Ok(Self::new(&key));
        }
        // Another node was faster: its pepper is the pepper.
        match log.vault_read::<Wrapped>(STREAM).await? {
            Held::Value { value, .. } => keys
                .unwrap(STREAM, &value)
                .map(|unwrapped| Self::new(&unwrapped.key))
                .ok_or_else(|| VaultError::WrongMasterKey { stream: STREAM.into() }),
            Held::Nothing | Held::Destroyed => Err(VaultError::NoPepper),
        }
    }

    fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// Lengths go in too, so that no two lists of parts give the same input.
    pub(super) fn hmac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }
}

/// Wraps the pepper with the newest master key, where it is not yet; `false`: there was nothing to
/// do.
pub(super) async fn rewrap(log: &Log, keys: &MasterKeys) -> Result<bool, VaultError> {
    let held = log.vault_read::<Wrapped>(STREAM).await?;
    let Held::Value { value, revision, .. } = held else { return Err(VaultError::NoPepper) };
    let Unwrapped { key, outdated } = keys
        .unwrap(STREAM, &value)
        .ok_or_else(|| VaultError::WrongMasterKey { stream: STREAM.into() })?;
    if outdated { wrap(log, keys, &key, Some(revision)).await } else { Ok(false) }
}

/// Writes the pepper under the newest master key; `false`: another node was faster.
async fn wrap(
    log: &Log,
    keys: &MasterKeys,
    key: &Secret<[u8; 32]>,
    expected: Option<u64>,
) -> Result<bool, VaultError> {
    let (wrapped, context) = (keys.wrap(STREAM, key), own_context());
    match log.vault_write(STREAM, expected, WRAPPED, &wrapped, &context).await? {
        Ok(_) => Ok(true),
        Err(Failure::Conflict { .. }) => Ok(false),
        Err(failure) => Err(Unavailable::from(failure).into()),
    }
}

/// Whether nobody has ever written anything; what the server itself writes does not count.
async fn is_empty(log: &Log) -> Result<bool, VaultError> {
    const PAGE: usize = 100;
    let mut from = None;
    loop {
        let end = log.connection().deadline();
        let read = page::of_all(log.connection(), end, from, Direction::Forwards, PAGE);
        let page = read.await.map_err(Unavailable::from)?;
        if page.iter().any(|event| !event.stream_id.starts_with('$')) {
            return Ok(false);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = Some(last.position.into()),
            _ => return Ok(true),
        }
    }
}

/// The context of what the vault does when it is opened, on nobody's behalf.
#[expect(clippy::disallowed_methods, reason = "no command, so none that brings the time along")]
pub(super) fn own_context() -> Context {
    let id: Uuid = random::uuid();
    Context {
        command_id: CommandId::from_uuid(id),
        command: "OpenVault",
        correlation_id: id,
        causation_id: None,
        actor: Actor::system("vault"),
        on_behalf_of: None,
        workspace_id: None,
        occurred_at: chrono::Utc::now(),
        client: None,
        auth: None,
    }
}
