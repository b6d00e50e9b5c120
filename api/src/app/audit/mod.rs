//! The audit: the history as it happened, and the states it passed through.
//!
//! Law: nothing is read here without a record of who read it; secrets are not in the history, and
//! personal data only while its key exists.

mod diff;
mod export;
mod history;
mod nouns;
mod recent;
mod replay;
mod shown;

use domain::{
    id::WorkspaceId,
    role::Permission,
    sealed::{BLANK, OPENED, SEALED},
};
use serde::Serialize;
use serde_json::Value;
use store::{AsOf, Position};

pub use self::{
    diff::Change,
    export::{Export, Exported},
    history::Filter,
    replay::{Replay, Replayed},
};
use super::{App, Request, Who};
use crate::error::Error;

/// The state of a stream as it stood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reached {
    pub stream: String,
    /// The newest event that counts; none if the stream was empty then.
    pub revision: Option<u64>,
    pub position: Option<Position>,
    #[serde(rename = "reached")]
    pub state: Value,
}

impl App {
    /// Begins to export the events that `filter` wants, from after `after` on; `open` opens what
    /// is sealed. The reading is recorded before anything is read.
    pub async fn export(
        &self,
        request: &Request,
        filter: Filter,
        after: Option<Position>,
        open: bool,
    ) -> Result<Export, Error> {
        self.may_read(request, filter.workspace, Permission::AuditExport).await?;
        self.record_read(request, &filter).await?;
        Export::begin(self, filter, after, open).await
    }

    /// Begins to replay the events that `filter` wants; `sealed` leaves what is sealed. The
    /// reading is recorded before anything is read.
    pub async fn replay(
        &self,
        request: &Request,
        filter: Filter,
        sealed: bool,
    ) -> Result<Replay, Error> {
        self.may_read(request, filter.workspace, Permission::AuditRead).await?;
        self.record_read(request, &filter).await?;
        Replay::begin(self, filter, sealed).await
    }

    /// Returns the state of a stream as it stood at `at`, or as it is. For operators.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for a stream that no noun has.
    pub async fn state_of(
        &self,
        request: &Request,
        stream: &str,
        at: Option<AsOf>,
        sealed: bool,
    ) -> Result<Reached, Error> {
        self.may_read(request, None, Permission::AuditRead).await?;
        let filter = Filter { streams: vec![stream.to_owned()], until: at, ..Filter::default() };
        self.record_read(request, &filter).await?;
        self.reached(stream, at, sealed).await
    }

    /// Returns the state that a stream had reached at the end of a replay, which is recorded.
    pub(super) async fn reached(
        &self,
        stream: &str,
        at: Option<AsOf>,
        sealed: bool,
    ) -> Result<Reached, Error> {
        let state = nouns::state_of(&self.log, stream, at).await?.ok_or(Error::NotFound)?;
        let mut shown = state.shown();
        if !sealed {
            self.vault.open_fields(stream, &mut shown).await?;
        }
        plain(&mut shown);
        let (revision, position) = (state.revision, state.position);
        Ok(Reached { stream: stream.to_owned(), revision, position, state: shown })
    }

    /// Lets the caller read all rows of a read model as they stood, and records that they did. For
    /// operators.
    pub async fn record_rows_read(
        &self,
        request: &Request,
        read_model: &str,
        at: Position,
    ) -> Result<(), Error> {
        self.may_read(request, None, Permission::AuditRead).await?;
        self.record_audit_read(request, None, &(read_model, at), 0).await.map(drop)
    }

    /// Everybody's history is the operator's to read; a workspace's, whoever's role permits it.
    async fn may_read(
        &self,
        request: &Request,
        workspace: Option<WorkspaceId>,
        permission: Permission,
    ) -> Result<(), Error> {
        let caller = request.caller()?;
        match (workspace, &caller.who) {
            (_, Who::Operator { .. }) => Ok(()),
            (Some(workspace), _) => self.access(caller, workspace, permission).await.map(drop),
            (None, _) => Err(Error::forbidden(permission)),
        }
    }

    /// A replay is read like a subscription: how much will be shown is not known yet.
    async fn record_read(&self, request: &Request, filter: &Filter) -> Result<(), Error> {
        let asked = format!("{filter:?}");
        self.record_audit_read(request, filter.workspace, &asked, 0).await.map(drop)
    }
}

/// Turns opened fields into plain values, erased ones into `"[erased]"`, and sealed ones into
/// their ciphertext, so that a reader sees a value or that there is none.
fn plain(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.len() == 1 {
                if let Some(opened) = members.remove(OPENED) {
                    *value = opened;
                    return;
                }
                if members.contains_key(BLANK) {
                    *value = "[erased]".into();
                    return;
                }
                if let Some(text) = members.get(SEALED).and_then(|sealed| sealed["text"].as_str()) {
                    *value = format!("[sealed {text}]").into();
                    return;
                }
            }
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reader_sees_a_value_or_that_there_is_none() {
        let mut value = json!({
            "name": { OPENED: "laptop" },
            "notes": [{ BLANK: true }, { SEALED: { "subject": "s", "nonce": "n", "text": "abc" } }],
            "revision": 3,
        });
        plain(&mut value);
        let expected =
            json!({ "name": "laptop", "notes": ["[erased]", "[sealed abc]"], "revision": 3 });
        assert_eq!(value, expected);
    }
}
