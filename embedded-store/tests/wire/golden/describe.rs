//! Answers as the recorded ones are written down.

use super::compare::at;
use embedded_store::protocol::event_store::client::{
    streams::{
        AppendResp, BatchAppendResp, DeleteResp, ReadResp, TombstoneResp, append_resp,
        batch_append_resp, delete_resp,
        read_resp::{Content, ReadEvent, read_event},
        tombstone_resp,
    },
    uuid::Value as UuidValue,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use tonic::{Status, metadata::KeyAndValueRef};

/// Headers that belong to the transport.
const TRANSPORT: [&str; 7] =
    ["date", "server", "content-type", "content-length", "grpc-", "trailer", "transfer"];

pub(super) fn failure(status: &Status) -> Value {
    let trailers: Map<String, Value> = status
        .metadata()
        .iter()
        .filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => {
                Some((key.to_string(), json!(value.to_str().ok()?)))
            }
            KeyAndValueRef::Binary(..) => None,
        })
        .filter(|(key, _)| !TRANSPORT.iter().any(|prefix| key.starts_with(prefix)))
        .collect();
    // SCREAMING_SNAKE_CASE, as the clients that recorded the answers have it.
    let code = format!("{:?}", status.code());
    let code = code.chars().enumerate().fold(String::new(), |mut name, (index, letter)| {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
        name
    });
    json!({ "status": code, "message": status.message(), "trailers": trailers })
}

pub(super) fn error(status: &Status) -> Value {
    json!({ "error": failure(status) })
}

pub(super) fn appended(answer: &AppendResp) -> Value {
    use append_resp::{
        Result::{Success, WrongExpectedVersion},
        success::{CurrentRevisionOption, PositionOption},
        wrong_expected_version::{
            CurrentRevisionOption as Current, ExpectedRevisionOption as Wanted,
        },
    };
    match answer.result.as_ref().unwrap() {
        Success(success) => {
            let revision = match success.current_revision_option.as_ref().unwrap() {
                CurrentRevisionOption::CurrentRevision(revision) => revision.to_string(),
                CurrentRevisionOption::NoStream(_) => "no_stream".into(),
            };
            let position = match success.position_option.as_ref().unwrap() {
                PositionOption::Position(position) => at(position.commit_position),
                PositionOption::NoPosition(_) => json!("none"),
            };
            json!({ "success": { "revision": revision, "position": position } })
        }
        WrongExpectedVersion(conflict) => {
            let current = match conflict.current_revision_option.as_ref().unwrap() {
                Current::CurrentRevision(revision) => revision.to_string(),
                Current::CurrentNoStream(_) => "no_stream".into(),
            };
            let expected = match conflict.expected_revision_option.as_ref().unwrap() {
                Wanted::ExpectedRevision(revision) => revision.to_string(),
                Wanted::ExpectedAny(_) => "any".into(),
                Wanted::ExpectedStreamExists(_) => "exists".into(),
                Wanted::ExpectedNoStream(_) => "no_stream".into(),
            };
            json!({ "wrongExpectedVersion": { "current": current, "expected": expected } })
        }
    }
}

/// Where an append ended.
pub(super) fn append_position(answer: &AppendResp) -> Option<u64> {
    let Some(append_resp::Result::Success(success)) = &answer.result else { return None };
    match success.position_option.as_ref()? {
        append_resp::success::PositionOption::Position(position) => Some(position.commit_position),
        append_resp::success::PositionOption::NoPosition(_) => None,
    }
}

pub(super) fn batch_appended(answer: &BatchAppendResp) -> Value {
    use batch_append_resp::{
        Result::{Error, Success},
        success::{CurrentRevisionOption, PositionOption},
    };
    match answer.result.as_ref().unwrap() {
        Error(status) => json!({ "batchError": {
            "code": status.code,
            "message": status.message,
            "detail": status.details.as_ref().map_or("none", |details| &details.type_url),
        } }),
        Success(success) => {
            let revision = match success.current_revision_option.as_ref().unwrap() {
                CurrentRevisionOption::CurrentRevision(revision) => revision.to_string(),
                CurrentRevisionOption::NoStream(()) => "no_stream".into(),
            };
            let position = match success.position_option.as_ref().unwrap() {
                PositionOption::Position(position) => at(position.commit_position),
                PositionOption::NoPosition(()) => json!("none"),
            };
            json!({ "batchSuccess": { "revision": revision, "position": position } })
        }
    }
}

pub(super) fn deleted(answer: &DeleteResp) -> Value {
    removed(match answer.position_option.as_ref().unwrap() {
        delete_resp::PositionOption::Position(position) => Some(position.commit_position),
        delete_resp::PositionOption::NoPosition(_) => None,
    })
}

pub(super) fn tombstoned(answer: &TombstoneResp) -> Value {
    removed(match answer.position_option.as_ref().unwrap() {
        tombstone_resp::PositionOption::Position(position) => Some(position.commit_position),
        tombstone_resp::PositionOption::NoPosition(_) => None,
    })
}

fn removed(position: Option<u64>) -> Value {
    json!({ "reply": { "position": position.map_or(json!("none"), at) } })
}

/// A message of a read, as far as it concerns this run.
pub(super) fn message(
    answer: &ReadResp,
    ids: &HashMap<String, String>,
    nonce: &str,
) -> Option<Value> {
    let name = |identifier: &Option<_>| {
        let identifier: &embedded_store::protocol::event_store::client::StreamIdentifier =
            identifier.as_ref().unwrap();
        String::from_utf8(identifier.stream_name.to_vec()).unwrap()
    };
    Some(match answer.content.as_ref().unwrap() {
        Content::Event(event) => return mine(event, ids, nonce),
        Content::Confirmation(_) => json!({ "confirmation": true }),
        Content::Checkpoint(checkpoint) => {
            json!({ "checkpoint": at(checkpoint.commit_position) })
        }
        Content::StreamNotFound(stream) => {
            json!({ "notFound": name(&stream.stream_identifier) })
        }
        Content::FirstStreamPosition(first) => json!({ "first": first.to_string() }),
        Content::LastStreamPosition(last) => json!({ "last": last.to_string() }),
        Content::LastAllStreamPosition(_) => json!({ "lastAll": true }),
        Content::CaughtUp(_) => json!({ "caughtUp": true }),
        Content::FellBehind(_) => json!({ "other": 9 }),
    })
}

fn mine(event: &ReadEvent, ids: &HashMap<String, String>, nonce: &str) -> Option<Value> {
    let mut described = Map::new();
    for (key, event) in [("event", &event.event), ("link", &event.link)] {
        if let Some(event) = event {
            described.insert(key.into(), recorded(event, ids));
        }
    }
    let ours = described.values().any(|e| e["stream"].as_str().unwrap().contains(nonce));
    let position = match event.position.as_ref().unwrap() {
        read_event::Position::CommitPosition(position) => at(*position),
        read_event::Position::NoPosition(_) => json!("none"),
    };
    described.insert("position".into(), position);
    ours.then_some(Value::Object(described))
}

pub(super) fn recorded(event: &read_event::RecordedEvent, ids: &HashMap<String, String>) -> Value {
    let Some(UuidValue::String(id)) = &event.id.as_ref().unwrap().value else {
        panic!("ids were asked for as text")
    };
    let mut keys: Vec<_> = event.metadata.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let created = &event.metadata["created"];
    let ticks = (17..=18).contains(&created.len()) && created.bytes().all(|b| b.is_ascii_digit());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(200).collect::<String>();
    json!({
        "id": ids.get(id).map_or("other", String::as_str),
        "stream": text(&event.stream_identifier.as_ref().unwrap().stream_name),
        "revision": event.stream_revision.to_string(),
        "commit": at(event.commit_position),
        "prepare": at(event.prepare_position),
        "type": event.metadata["type"],
        "contentType": event.metadata["content-type"],
        "created": if ticks { "ticks" } else { created },
        "metaKeys": keys.join(","),
        "data": text(&event.data),
        "metadata": text(&event.custom_metadata),
    })
}
