//! What a fuzzer reaches: requests from bytes to the log's own types, without a server.

use super::{append, batch_append, expected, persistent_settings, read_request, wire};
use crate::protocol::event_store::client::{
    persistent_subscriptions::{CreateReq, UpdateReq},
    streams::{AppendReq, BatchAppendReq, DeleteReq, ReadReq, TombstoneReq, append_req::Content},
};
use prost::Message as _;

/// Takes the bytes for a request of one kind or another.
pub fn request(which: u8, bytes: &[u8]) {
    // Only that nothing panics counts here; what is refused is refused.
    match which % 7 {
        0 => drop(ReadReq::decode(bytes).map(read_request::Request::parse)),
        1 => drop(AppendReq::decode(bytes).map(|request| match request.content {
            Some(Content::Options(options)) => {
                let stream = wire::stream_name(options.stream_identifier.as_ref());
                stream.is_ok()
                    && expected::of_append(options.expected_stream_revision.as_ref()).is_ok()
            }
            Some(Content::ProposedMessage(message)) => append::proposed(message).is_ok(),
            None => false,
        })),
        2 => drop(BatchAppendReq::decode(bytes).map(batch_append::understand)),
        3 => drop(CreateReq::decode(bytes).map(persistent_settings::create)),
        4 => drop(UpdateReq::decode(bytes).map(persistent_settings::update)),
        5 => drop(DeleteReq::decode(bytes).map(|request| {
            let options = request.options.unwrap_or_default();
            (
                wire::stream_name(options.stream_identifier.as_ref()).is_ok(),
                expected::of_delete(options.expected_stream_revision.as_ref()).is_ok(),
            )
        })),
        _ => drop(TombstoneReq::decode(bytes).map(|request| {
            let options = request.options.unwrap_or_default();
            (
                wire::stream_name(options.stream_identifier.as_ref()).is_ok(),
                expected::of_tombstone(options.expected_stream_revision.as_ref()).is_ok(),
            )
        })),
    }
}
