//! Handle: what an operation may ask of the socket it came by.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use domain::{id::WorkspaceId, role::Permission};
use tokio::sync::Notify;

use crate::ws::Close;

/// One socket, as its operations see it.
#[derive(Default)]
pub(in crate::graphql) struct Socket {
    grants: Mutex<Grants>,
    closing: OnceLock<Close>,
    changed: Notify,
}

#[derive(Default)]
struct Grants {
    given: u64,
    held: Vec<(u64, WorkspaceId, Permission)>,
}

/// A permission that an operation lives by; given up when dropped.
pub(in crate::graphql) struct Grant {
    socket: Arc<Socket>,
    number: u64,
}

impl Socket {
    /// Lets the socket live only as long as its caller has `permission` in `workspace`.
    pub(in crate::graphql) fn grant(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        permission: Permission,
    ) -> Grant {
        let mut grants = self.lock();
        grants.given += 1;
        let number = grants.given;
        grants.held.push((number, workspace, permission));
        drop(grants);
        self.changed.notify_one();
        Grant { socket: Arc::clone(self), number }
    }

    /// Closes the socket; the first reason counts.
    pub(in crate::graphql) fn close(&self, why: Close) {
        let _ = self.closing.set(why);
        self.changed.notify_one();
    }

    /// Why it is to be closed, if someone said so.
    pub(super) fn closing(&self) -> Option<Close> {
        self.closing.get().copied()
    }

    pub(super) fn grants(&self) -> Vec<(WorkspaceId, Permission)> {
        let mut held: Vec<_> = self.lock().held.iter().map(|(_, id, may)| (*id, *may)).collect();
        held.dedup();
        held
    }

    /// Waits until a permission was granted or the socket is to be closed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.socket.lock().held.retain(|(number, ..)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_permission_is_watched_for_as_long_as_something_lives_by_it() {
        let socket = Arc::new(Socket::default());
        let workspace = WorkspaceId::from_uuid(Uuid::nil());
        let first = socket.grant(workspace, Permission::AuditRead);
        let second = socket.grant(workspace, Permission::TokensRead);
        drop(first);
        assert_eq!(socket.grants(), [(workspace, Permission::TokensRead)]);
        drop(second);
        assert!(socket.grants().is_empty());
    }

    #[test]
    fn the_first_reason_to_close_counts() {
        let socket = Socket::default();
        socket.close(Close::TOO_SLOW);
        socket.close(Close::RESTART);
        assert_eq!(socket.closing(), Some(Close::TOO_SLOW));
    }
}
