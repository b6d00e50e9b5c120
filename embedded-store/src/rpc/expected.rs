//! What requests expect of a stream's revision: the same four choices in three messages.

use super::status;
use crate::{
    log::expected::Expected,
    protocol::event_store::client::streams::{
        append_req, batch_append_req, delete_req, tombstone_req,
    },
};
use tonic::Status;

/// A revision as a number of the log. The largest of all stands for "no stream".
fn exact(revision: u64) -> Result<Expected, Status> {
    if revision == u64::MAX {
        return Ok(Expected::NoStream);
    }
    i64::try_from(revision).map(Expected::Exact).map_err(|_| status::unhandled())
}

/// A oneof that was not set.
fn unset(message: &str) -> Status {
    let of_type = format!(
        "EventStore.Client.Streams.{message}+Types+Options+ExpectedStreamRevisionOneofCase"
    );
    status::invalid("None", &of_type)
}

macro_rules! parse {
    ($name:ident, $module:ident, $message:literal) => {
        /// The expectation of this message's options.
        pub(crate) fn $name(
            choice: Option<&$module::options::ExpectedStreamRevision>,
        ) -> Result<Expected, Status> {
            use $module::options::ExpectedStreamRevision as Choice;
            match choice {
                Some(Choice::Revision(revision)) => exact(*revision),
                Some(Choice::NoStream(_)) => Ok(Expected::NoStream),
                Some(Choice::Any(_)) => Ok(Expected::Any),
                Some(Choice::StreamExists(_)) => Ok(Expected::Exists),
                None => Err(unset($message)),
            }
        }
    };
}

parse!(of_append, append_req, "AppendReq");
parse!(of_delete, delete_req, "DeleteReq");
parse!(of_tombstone, tombstone_req, "TombstoneReq");

/// The expectation of a batch, whose words differ a little.
pub(crate) fn of_batch(
    choice: Option<&batch_append_req::options::ExpectedStreamPosition>,
) -> Result<Expected, Status> {
    use batch_append_req::options::ExpectedStreamPosition as Choice;
    match choice {
        Some(Choice::StreamPosition(revision)) => exact(*revision),
        Some(Choice::NoStream(())) => Ok(Expected::NoStream),
        Some(Choice::Any(())) => Ok(Expected::Any),
        Some(Choice::StreamExists(())) => Ok(Expected::Exists),
        None => Err(unset("BatchAppendReq")),
    }
}
