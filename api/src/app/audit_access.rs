//! Audit access: that the history was read or exported is itself history.

use domain::{
    audit_access::{AuditAccess, AuditAccessId, Command, Range},
    digest::Digest,
    id::WorkspaceId,
};
use serde::Serialize;
use store::Position;

use super::{App, Request};
use crate::error::Error;

impl App {
    /// Records that the caller read the history of `workspace` (of all, if none) through `filter`,
    /// which itself is only kept as a hash, and was shown `count` events.
    ///
    /// Once a query, or once a subscription. Returns where it lies, so that a subscription can
    /// leave out the event that it caused.
    pub async fn record_audit_read(
        &self,
        request: &Request,
        workspace: Option<WorkspaceId>,
        filter: &(impl Serialize + Sync),
        count: u64,
    ) -> Result<Option<Position>, Error> {
        let filter = serde_json::to_vec(filter).map_err(|error| Error::Internal(error.into()))?;
        let command = Command::RecordRead { filter_hash: Digest::of(filter), count };
        self.record_access(request, "ReadAudit", workspace, command).await
    }

    /// Records that the caller was given a file of the history.
    pub async fn record_audit_export(
        &self,
        request: &Request,
        workspace: Option<WorkspaceId>,
        range: Range,
        sha256: Digest,
    ) -> Result<Option<Position>, Error> {
        let command = Command::RecordExport { range, sha256 };
        self.record_access(request, "ExportAudit", workspace, command).await
    }

    async fn record_access(
        &self,
        request: &Request,
        name: &'static str,
        workspace: Option<WorkspaceId>,
        command: Command,
    ) -> Result<Option<Position>, Error> {
        // Each reading is another, whatever key the request carries.
        let request = Request { idempotency_key: None, ..request.clone() };
        let app = self.clone();
        self.uncancelled(async move {
            let undertaking = app.undertake(&request, name, workspace)?;
            let id = AuditAccessId { workspace, day: undertaking.at().date_naive() };
            let context = undertaking.on::<AuditAccess>(id).await?;
            let recorded = app.log.execute::<AuditAccess>(id, &command, &context).await?;
            Ok(recorded.position)
        })
        .await
    }
}
