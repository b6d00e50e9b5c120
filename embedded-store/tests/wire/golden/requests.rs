//! Requests as a scenario's steps describe them.

use super::script::{Event, Filter, Step};
use embedded_store::protocol::event_store::client::{
    Empty, StreamIdentifier, Uuid as ProtoUuid,
    streams::{
        AppendReq, BatchAppendReq, DeleteReq, ReadReq, TombstoneReq, append_req, batch_append_req,
        delete_req, read_req, tombstone_req,
    },
    uuid::Value as UuidValue,
};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Makes the names, ids and positions of one run.
pub(super) struct Names {
    pub(super) nonce: String,
    /// What each id stands for in the scenario.
    pub(super) ids: HashMap<String, String>,
    /// Where the append of each step ended.
    pub(super) positions: HashMap<usize, u64>,
}

impl Names {
    pub(super) fn stream(&self, name: &str) -> String {
        if name.starts_with("$all") {
            return name.into();
        }
        name.replace('@', &format!("-{}", self.nonce))
    }

    pub(super) fn identifier(&self, name: &str) -> StreamIdentifier {
        StreamIdentifier { stream_name: self.stream(name).into_bytes().into() }
    }

    pub(super) fn id(&mut self, id: &Value) -> ProtoUuid {
        let word = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let uuid = if word == "nil" {
            Uuid::nil()
        } else {
            Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{word}", self.nonce).as_bytes())
        };
        self.ids.insert(uuid.to_string(), format!("id:{word}"));
        ProtoUuid { value: Some(UuidValue::String(uuid.to_string())) }
    }

    fn payload(&self, value: &Value) -> Vec<u8> {
        if let Some(size) = value.get("size").and_then(Value::as_u64) {
            return vec![b'x'; usize::try_from(size).unwrap()];
        }
        if let Some(link) = value.get("link") {
            return format!("{}@{}", link[0], self.stream(link[1].as_str().unwrap())).into();
        }
        match value {
            Value::Null => Vec::new(),
            Value::String(text) => self.stream(text).into(),
            other => other.to_string().into(),
        }
    }

    pub(super) fn proposed(&mut self, event: &Event) -> append_req::ProposedMessage {
        let properties = [("type", &event.kind), ("content-type", &event.content_type)];
        append_req::ProposedMessage {
            id: Some(self.id(&event.id)),
            metadata: properties
                .into_iter()
                .filter_map(|(key, value)| Some((key.into(), value.as_str()?.into())))
                .collect(),
            custom_metadata: self.payload(&event.metadata).into(),
            data: self.payload(&event.data).into(),
        }
    }

    pub(super) fn append(&mut self, step: &Step, stream: &str) -> Vec<AppendReq> {
        use append_req::{Content, Options, options::ExpectedStreamRevision as Choice};
        let options = Options {
            stream_identifier: Some(self.identifier(stream)),
            expected_stream_revision: expected(step).map(|expected| match expected {
                Expected::Exact(revision) => Choice::Revision(revision),
                Expected::NoStream => Choice::NoStream(Empty {}),
                Expected::Exists => Choice::StreamExists(Empty {}),
                Expected::Any => Choice::Any(Empty {}),
            }),
        };
        let mut requests = vec![Content::Options(options)];
        requests.extend(step.events.iter().map(|e| Content::ProposedMessage(self.proposed(e))));
        requests.into_iter().map(|content| AppendReq { content: Some(content) }).collect()
    }

    pub(super) fn batch(&mut self, step: &Step, correlation: usize) -> Vec<BatchAppendReq> {
        use batch_append_req::{
            Options, ProposedMessage, options::ExpectedStreamPosition as Choice,
        };
        let id = self.id(&format!("batch{correlation}").into());
        let mut options = Some(Options {
            stream_identifier: Some(self.identifier(step.stream.as_deref().unwrap())),
            expected_stream_position: expected(step).map(|expected| match expected {
                Expected::Exact(revision) => Choice::StreamPosition(revision),
                Expected::NoStream => Choice::NoStream(()),
                Expected::Exists => Choice::StreamExists(()),
                Expected::Any => Choice::Any(()),
            }),
            deadline_option: None,
        });
        let whole = std::slice::from_ref(&step.events);
        let parts = if step.parts.is_empty() { whole } else { &step.parts[..] };
        let last = parts.len() - 1;
        let mut requests = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let messages = part.iter().map(|event| {
                let append_req::ProposedMessage { id, metadata, custom_metadata, data } =
                    self.proposed(event);
                ProposedMessage { id, metadata, custom_metadata, data }
            });
            requests.push(BatchAppendReq {
                correlation_id: Some(id.clone()),
                options: options.take(),
                proposed_messages: messages.collect(),
                is_final: index == last,
            });
        }
        requests
    }

    pub(super) fn delete(&self, step: &Step) -> DeleteReq {
        use delete_req::{Options, options::ExpectedStreamRevision as Choice};
        let choice = expected(step).map(|expected| match expected {
            Expected::Exact(revision) => Choice::Revision(revision),
            Expected::NoStream => Choice::NoStream(Empty {}),
            Expected::Exists => Choice::StreamExists(Empty {}),
            Expected::Any => Choice::Any(Empty {}),
        });
        let stream_identifier = Some(self.identifier(step.stream.as_deref().unwrap()));
        DeleteReq { options: Some(Options { stream_identifier, expected_stream_revision: choice }) }
    }

    pub(super) fn tombstone(&self, step: &Step) -> TombstoneReq {
        use tombstone_req::{Options, options::ExpectedStreamRevision as Choice};
        let choice = expected(step).map(|expected| match expected {
            Expected::Exact(revision) => Choice::Revision(revision),
            Expected::NoStream => Choice::NoStream(Empty {}),
            Expected::Exists => Choice::StreamExists(Empty {}),
            Expected::Any => Choice::Any(Empty {}),
        });
        let stream_identifier = Some(self.identifier(step.stream.as_deref().unwrap()));
        TombstoneReq {
            options: Some(Options { stream_identifier, expected_stream_revision: choice }),
        }
    }

    pub(super) fn read(&self, step: &Step, subscription: bool) -> ReadReq {
        use read_req::options::{
            ControlOption, CountOption, FilterOption, SubscriptionOptions, UuidOption, uuid_option,
        };
        let count = if subscription {
            CountOption::Subscription(SubscriptionOptions {})
        } else {
            CountOption::Count(step.count.unwrap_or(1000))
        };
        let filter = match &step.filter {
            Some(filter) => FilterOption::Filter(self.filter(filter)),
            None => FilterOption::NoFilter(Empty {}),
        };
        let ids = UuidOption { content: Some(uuid_option::Content::String(Empty {})) };
        ReadReq {
            options: Some(read_req::Options {
                stream_option: Some(self.place(step)),
                read_direction: i32::from(step.backwards),
                resolve_links: step.resolve,
                count_option: Some(count),
                filter_option: Some(filter),
                uuid_option: Some(ids),
                control_option: step
                    .compatibility
                    .map(|compatibility| ControlOption { compatibility }),
            }),
        }
    }

    fn place(&self, step: &Step) -> read_req::options::StreamOption {
        use read_req::options::{
            AllOptions, Position, StreamOption, StreamOptions, all_options::AllOption,
            stream_options::RevisionOption,
        };
        if let Some(stream) = &step.stream {
            let revision = match (step.from.as_u64(), step.from.as_str()) {
                (Some(revision), _) => RevisionOption::Revision(revision),
                (None, Some("end")) => RevisionOption::End(Empty {}),
                _ => RevisionOption::Start(Empty {}),
            };
            let stream_identifier = Some(self.identifier(stream));
            return StreamOption::Stream(StreamOptions {
                stream_identifier,
                revision_option: Some(revision),
            });
        }
        let place = match (self.position(&step.from), step.from.as_str()) {
            (Some(position), _) => AllOption::Position(Position {
                commit_position: position,
                prepare_position: position,
            }),
            (None, Some("end")) => AllOption::End(Empty {}),
            _ => AllOption::Start(Empty {}),
        };
        StreamOption::All(AllOptions { all_option: Some(place) })
    }

    /// `{"step": 3, "plus": 1}`: one beyond where the append of step 3 ended.
    pub(super) fn position(&self, from: &Value) -> Option<u64> {
        let step = usize::try_from(from.get("step")?.as_u64()?).ok()?;
        Some(self.positions[&step] + from.get("plus").and_then(Value::as_u64).unwrap_or(0))
    }

    pub(super) fn filter(&self, filter: &Filter) -> read_req::options::FilterOptions {
        use read_req::options::{
            FilterOptions,
            filter_options::{Expression, Filter as By, Window},
        };
        let expression = Expression {
            regex: self.stream(&filter.regex),
            prefix: filter.prefix.iter().map(|prefix| self.stream(prefix)).collect(),
        };
        FilterOptions {
            filter: Some(match filter.on.as_str() {
                "type" => By::EventType(expression),
                _ => By::StreamIdentifier(expression),
            }),
            window: match (&filter.window, filter.window.as_u64()) {
                (_, Some(max)) => Some(Window::Max(u32::try_from(max).unwrap())),
                (Value::Null, None) => None,
                _ => Some(Window::Count(Empty {})),
            },
            checkpoint_interval_multiplier: filter.multiplier,
        }
    }
}

/// What a step expects of the stream; nothing leaves the choice unset.
enum Expected {
    Any,
    Exists,
    NoStream,
    Exact(u64),
}

fn expected(step: &Step) -> Option<Expected> {
    let Some(expected) = &step.expected else { return Some(Expected::Any) };
    let digits = expected.as_str().and_then(|text| text.parse().ok());
    match (expected.as_u64().or(digits), expected.as_str()) {
        (Some(revision), _) => Some(Expected::Exact(revision)),
        (None, Some("no_stream")) => Some(Expected::NoStream),
        (None, Some("exists")) => Some(Expected::Exists),
        (None, Some("unset")) => None,
        _ => Some(Expected::Any),
    }
}
