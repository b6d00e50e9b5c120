//! Workspace scope: whose rows a query may see.

use domain::id::WorkspaceId;

/// The one workspace whose rows a query returns; every query over tenants' rows takes one.
///
/// Making one is a statement: the caller was found to be allowed to see this workspace. It is made
/// from a workspace that was authorised, never from an id that a request merely named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkspaceScope(WorkspaceId);

impl WorkspaceScope {
    /// The rows of `workspace`, for a caller who may see them.
    pub const fn of(workspace: WorkspaceId) -> Self {
        Self(workspace)
    }

    pub(crate) const fn as_uuid(self) -> uuid::Uuid {
        self.0.as_uuid()
    }
}

#[cfg(test)]
mod tests;
