//! Steps on persistent subscriptions.

use super::{
    describe,
    requests::Names,
    script::{GroupSettings, Step},
};
use embedded_store::protocol::event_store::client::{
    Empty,
    persistent_subscriptions::{
        AllOptions, CreateReq, DeleteReq, GetInfoReq, Position as AllPosition, ReadReq, ReadResp,
        ReplayParkedReq, Settings, StreamOptions, UpdateReq, all_options, create_req, delete_req,
        get_info_req,
        read_req::{self, Ack, Content, Nack, nack::Action},
        read_resp, replay_parked_req, settings, stream_options, update_req,
    },
};
use serde_json::{Value, json};

pub(super) fn create(names: &Names, step: &Step) -> CreateReq {
    use create_req::{Options, options::StreamOption};
    let source = match &step.stream {
        Some(stream) => StreamOption::Stream(of_stream(names, step, stream)),
        None => StreamOption::All(of_all(names, step)),
    };
    CreateReq {
        options: Some(Options {
            stream_option: Some(source),
            stream_identifier: None,
            group_name: step.group.clone(),
            settings: Some(settings_of(&step.settings)),
        }),
    }
}

pub(super) fn update(names: &Names, step: &Step) -> UpdateReq {
    use update_req::{Options, options::StreamOption};
    let source = match &step.stream {
        Some(stream) => StreamOption::Stream(of_stream(names, step, stream)),
        None => StreamOption::All(of_all(names, step)),
    };
    UpdateReq {
        options: Some(Options {
            stream_option: Some(source),
            stream_identifier: None,
            group_name: step.group.clone(),
            settings: Some(settings_of(&step.settings)),
        }),
    }
}

fn of_stream(names: &Names, step: &Step, stream: &str) -> StreamOptions {
    use stream_options::RevisionOption;
    let start = match (step.from.as_u64(), step.from.as_str()) {
        (Some(revision), _) => RevisionOption::Revision(revision),
        (None, Some("end")) => RevisionOption::End(Empty {}),
        _ => RevisionOption::Start(Empty {}),
    };
    StreamOptions {
        stream_identifier: Some(names.identifier(stream)),
        revision_option: Some(start),
    }
}

fn of_all(names: &Names, step: &Step) -> AllOptions {
    use all_options::{AllOption, FilterOption};
    let start = match (names.position(&step.from), step.from.as_str()) {
        (Some(position), _) => AllOption::Position(AllPosition {
            commit_position: position,
            prepare_position: position,
        }),
        (None, Some("end")) => AllOption::End(Empty {}),
        _ => AllOption::Start(Empty {}),
    };
    let filter = match &step.filter {
        Some(filter) => FilterOption::Filter(names.filter(filter)),
        None => FilterOption::NoFilter(Empty {}),
    };
    AllOptions { all_option: Some(start), filter_option: Some(filter) }
}

fn settings_of(asked: &GroupSettings) -> Settings {
    Settings {
        resolve_links: asked.resolve,
        max_retry_count: asked.max_retry.unwrap_or(10),
        min_checkpoint_count: 1,
        max_checkpoint_count: asked.max_checkpoint.unwrap_or(1),
        max_subscriber_count: asked.max_subscribers,
        live_buffer_size: 500,
        read_batch_size: asked.read_batch.unwrap_or(20),
        history_buffer_size: asked.history.unwrap_or(500),
        message_timeout: Some(settings::MessageTimeout::MessageTimeoutMs(
            asked.timeout_ms.unwrap_or(30_000),
        )),
        checkpoint_after: Some(settings::CheckpointAfter::CheckpointAfterMs(1000)),
        named_consumer_strategy: asked.strategy.unwrap_or(1),
        consumer_strategy: asked.consumer_strategy.clone(),
        ..Settings::default()
    }
}

pub(super) fn delete(names: &Names, step: &Step) -> DeleteReq {
    use delete_req::{Options, options::StreamOption};
    let source = match &step.stream {
        Some(stream) => StreamOption::StreamIdentifier(names.identifier(stream)),
        None => StreamOption::All(Empty {}),
    };
    DeleteReq {
        options: Some(Options { stream_option: Some(source), group_name: step.group.clone() }),
    }
}

pub(super) fn info(names: &Names, step: &Step) -> GetInfoReq {
    use get_info_req::{Options, options::StreamOption};
    let source = match &step.stream {
        Some(stream) => StreamOption::StreamIdentifier(names.identifier(stream)),
        None => StreamOption::All(Empty {}),
    };
    GetInfoReq {
        options: Some(Options { stream_option: Some(source), group_name: step.group.clone() }),
    }
}

pub(super) fn replay(names: &Names, step: &Step) -> ReplayParkedReq {
    use replay_parked_req::{
        Options,
        options::{StopAtOption, StreamOption},
    };
    let source = match &step.stream {
        Some(stream) => StreamOption::StreamIdentifier(names.identifier(stream)),
        None => StreamOption::All(Empty {}),
    };
    ReplayParkedReq {
        options: Some(Options {
            group_name: step.group.clone(),
            stream_option: Some(source),
            stop_at_option: Some(StopAtOption::NoLimit(Empty {})),
        }),
    }
}

pub(super) fn connect(names: &Names, step: &Step) -> ReadReq {
    use read_req::options::{StreamOption, UuidOption, uuid_option};
    let source = match &step.stream {
        Some(stream) => StreamOption::StreamIdentifier(names.identifier(stream)),
        None => StreamOption::All(Empty {}),
    };
    let options = read_req::Options {
        stream_option: Some(source),
        group_name: step.group.clone(),
        buffer_size: step.buffer.unwrap_or(10),
        uuid_option: Some(UuidOption { content: Some(uuid_option::Content::String(Empty {})) }),
    };
    ReadReq { content: Some(Content::Options(options)) }
}

/// How the step's `nth` event is answered, if it is.
pub(super) fn answer(step: &Step, nth: usize, event: &read_resp::ReadEvent) -> Option<ReadReq> {
    let original = event.link.as_ref().or(event.event.as_ref())?;
    let ids = vec![original.id.clone()?];
    let action = match step.answers.get(nth).or(step.answer.as_ref()).map_or("ack", |a| a) {
        "none" => return None,
        "ack" => {
            let ack = Ack { id: bytes::Bytes::new(), ids };
            return Some(ReadReq { content: Some(Content::Ack(ack)) });
        }
        "park" => Action::Park,
        "retry" => Action::Retry,
        "skip" => Action::Skip,
        "stop" => Action::Stop,
        other => panic!("no reader answers {other}"),
    };
    let nack = Nack { id: bytes::Bytes::new(), ids, action: action.into(), reason: "why".into() };
    Some(ReadReq { content: Some(Content::Nack(nack)) })
}

/// A message, as far as it concerns this run.
pub(super) fn message(names: &Names, answer: &ReadResp) -> Option<Value> {
    match answer.content.as_ref().unwrap() {
        read_resp::Content::SubscriptionConfirmation(_) => Some(json!({ "confirmation": true })),
        read_resp::Content::Event(event) => {
            let mut described = serde_json::Map::new();
            for (key, event) in [("event", &event.event), ("link", &event.link)] {
                if let Some(event) = event {
                    described.insert(key.into(), describe::recorded(event, &names.ids));
                }
            }
            let ours = Value::Object(described.clone()).to_string().contains(&names.nonce);
            let retries = match event.count.as_ref().unwrap() {
                read_resp::read_event::Count::RetryCount(count) => json!(count),
                read_resp::read_event::Count::NoRetryCount(_) => json!("none"),
            };
            described.insert("retries".into(), retries);
            ours.then_some(Value::Object(described))
        }
    }
}
