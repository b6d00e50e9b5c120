//! Statuses: what a call is refused with, and the trailers by which clients tell the reason.

use crate::{
    log::{StreamName, expected::Expected},
    persistent::settings::Key,
};
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// An answer that fails. Boxed, since a status is large and failing is rare.
pub(crate) fn exception(
    code: Code,
    message: impl Into<String>,
    name: &str,
    trailers: &[(&'static str, &str)],
) -> Status {
    let mut metadata = MetadataMap::new();
    for (key, value) in [("exception", name)].iter().chain(trailers) {
        // A trailer is ASCII; a name that is not stands in the message only.
        if let Ok(value) = MetadataValue::try_from(*value) {
            metadata.insert(*key, value);
        }
    }
    Status::with_metadata(code, message, metadata)
}

/// What a genuine server says where its own code throws.
pub(crate) fn unhandled() -> Status {
    Status::unknown("Exception was thrown by handler.")
}

pub(crate) fn unauthenticated() -> Status {
    Status::unauthenticated("Unauthenticated")
}

pub(crate) fn access_denied() -> Status {
    exception(Code::PermissionDenied, "Access Denied", "access-denied", &[])
}

pub(crate) fn stream_deleted(stream: &StreamName) -> Status {
    exception(
        Code::FailedPrecondition,
        format!("Event stream '{stream}' is deleted."),
        "stream-deleted",
        &[("stream-name", stream.as_str())],
    )
}

/// The conflict of a delete or a tombstone; the text says "Delete" for both, and clients parse it.
pub(crate) fn wrong_expected_version(
    stream: &StreamName,
    expected: Expected,
    actual: i64,
) -> Status {
    let (expected, actual) = (expected.number().to_string(), actual.to_string());
    exception(
        Code::FailedPrecondition,
        format!(
            "Delete failed due to WrongExpectedVersion. Stream: {stream}, \
             Expected version: {expected}, Actual version: {actual}"
        ),
        "wrong-expected-version",
        &[
            ("stream-name", stream.as_str()),
            ("expected-version", &expected),
            ("actual-version", &actual),
        ],
    )
}

pub(crate) fn missing_metadata(property: &str) -> Status {
    exception(
        Code::InvalidArgument,
        format!("Required Metadata Property '{property}' is missing"),
        "missing-required-metadata-property",
        &[("required-metadata-properties", "type,content-type")],
    )
}

pub(crate) fn maximum_append_size_exceeded(limit: usize) -> Status {
    let limit = limit.to_string();
    exception(
        Code::InvalidArgument,
        format!("Maximum Append Size of {limit} Exceeded."),
        "maximum-append-size-exceeded",
        &[("maximum-append-size", &limit)],
    )
}

/// A oneof or an enum has a value that means nothing here.
pub(crate) fn invalid(value: &str, of_type: &str) -> Status {
    Status::invalid_argument(format!("'{value}' is not a valid {of_type}"))
}

/// The disk or SQLite failed; nothing was written, or nothing could be read.
pub(crate) fn storage(reason: &str) -> Status {
    Status::unavailable(format!("The log is unavailable: {reason}"))
}

pub(crate) fn scavenge_not_found(id: &str) -> Status {
    let trailers = [("scavenge-id", id)];
    exception(Code::NotFound, "Scavenge id was invalid.", "scavenge-not-found", &trailers)
}

/// The call exists, and this server does not answer it.
pub(crate) fn not_here(what: &str) -> Status {
    Status::unimplemented(format!("{what} is not implemented"))
}

pub(crate) fn shutting_down() -> Status {
    Status::unavailable("Server Is Shutting Down")
}

pub(crate) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("Deadline Exceeded")
}

/// A status about a group of a persistent subscription.
fn of_group(code: Code, key: &Key, what: &str, name: &str) -> Status {
    let Key { source, group } = key;
    exception(
        code,
        format!("Subscription group {group} on stream {source} {what}"),
        name,
        &[("stream-name", source), ("group-name", group)],
    )
}

pub(crate) fn subscription_exists(key: &Key) -> Status {
    of_group(Code::AlreadyExists, key, "exists.", "persistent-subscription-exists")
}

pub(crate) fn subscription_missing(key: &Key) -> Status {
    let name = "persistent-subscription-does-not-exist";
    of_group(Code::NotFound, key, "does not exist.", name)
}

pub(crate) fn subscription_dropped(key: &Key) -> Status {
    of_group(Code::Cancelled, key, "was dropped.", "persistent-subscription-dropped")
}

pub(crate) fn too_many_subscribers(key: &Key) -> Status {
    let Key { source, group } = key;
    exception(
        Code::FailedPrecondition,
        format!("Maximum subscriptions reached for subscription group {group} on stream {source}."),
        "maximum-subscribers-reached",
        &[("stream-name", source), ("group-name", group)],
    )
}

pub(crate) fn subscription_failed(key: &Key, reason: &str) -> Status {
    let Key { source, group } = key;
    exception(
        Code::Internal,
        format!("Subscription group {group} on stream {source} failed: '{reason}'"),
        "persistent-subscription-failed",
        &[("stream-name", source), ("group-name", group), ("reason", reason)],
    )
}
