//! Frame: one JSON object on a `/ws` socket, in each direction.

use domain::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::Position;

/// The longest id a client may give a subscription.
const LONGEST_ID: usize = 64;

/// What a client may say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    Auth {
        #[serde(deserialize_with = "secret")]
        token: Secret<String>,
    },
    Reauth {
        #[serde(deserialize_with = "secret")]
        token: Secret<String>,
    },
    Subscribe {
        id: SubscriptionId,
        topic: String,
        #[serde(default)]
        after: Option<String>,
    },
    Ping {
        #[serde(default)]
        t: Value,
    },
    Pong {},
}

/// A client's name for one of its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SubscriptionId(String);

impl TryFrom<String> for SubscriptionId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || text.len() > LONGEST_ID {
            return Err("an id has 1 to 64 bytes");
        }
        Ok(Self(text))
    }
}

impl Incoming {
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

pub(super) fn subscribed(id: &SubscriptionId) -> String {
    json!({ "type": "subscribed", "id": id.0 }).to_string()
}

/// A refusal of one frame; `id` names the subscription it was for.
pub(super) fn error(id: Option<&SubscriptionId>, code: &str) -> String {
    match id {
        Some(id) => json!({ "type": "error", "id": id.0, "code": code }).to_string(),
        None => json!({ "type": "error", "code": code }).to_string(),
    }
}

/// An event; all but the id is the same for every subscriber, and comes ready from [`shared`].
pub(super) fn event(id: &SubscriptionId, shared: &str) -> String {
    format!(r#"{{"type":"event","id":{},{shared}"#, Value::from(&*id.0))
}

/// The part of an event's frame that does not depend on who reads it.
pub(super) fn shared(cursor: Position, topic: &str, data: &Value) -> String {
    let (cursor, topic) = (Value::from(cursor.encode()), Value::from(topic));
    format!(r#""cursor":{cursor},"topic":{topic},"data":{data}}}"#)
}

pub(super) fn caught_up(id: &SubscriptionId, cursor: Position) -> String {
    json!({ "type": "caught_up", "id": id.0, "cursor": cursor }).to_string()
}

/// Something that can not be read lies there; whether it was of the topic, nobody can say.
pub(super) fn unreadable(id: &SubscriptionId, cursor: Position) -> String {
    json!({ "type": "unreadable", "id": id.0, "cursor": cursor }).to_string()
}

pub(super) fn lagged(id: &SubscriptionId, skipped: u64, resume_from: Position) -> String {
    json!({ "type": "lagged", "id": id.0, "skipped": skipped, "resume_from": resume_from })
        .to_string()
}

pub(super) fn pong(t: &Value) -> String {
    json!({ "type": "pong", "t": t }).to_string()
}

pub(super) fn closing(why: super::Close) -> String {
    json!({ "type": "closing", "code": why.code, "reason": why.reason }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_json_object() {
        let id = SubscriptionId::try_from("a\"b".to_owned()).unwrap();
        let cursor = Position::from_u64(7);
        let frame = event(&id, &shared(cursor, "self", &json!({ "change": "renamed" })));
        let expected = json!({
            "type": "event", "id": "a\"b", "cursor": cursor.encode(), "topic": "self",
            "data": { "change": "renamed" },
        });
        assert_eq!(serde_json::from_str::<Value>(&frame).unwrap(), expected);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for wrong in
            ["", "{}", "[]", "7", r#"{"type":"publish"}"#, r#"{"type":"subscribe","id":7}"#]
        {
            assert!(Incoming::parse(wrong).is_none(), "{wrong}");
        }
        let endless = format!(r#"{{"type":"subscribe","topic":"self","id":"{}"}}"#, "x".repeat(65));
        assert!(Incoming::parse(&endless).is_none());
    }

    #[test]
    fn unknown_members_are_ignored_and_a_token_is_not_printed() {
        let frame = Incoming::parse(r#"{"type":"auth","token":"nxa_secret","more":1}"#).unwrap();
        assert!(!format!("{frame:?}").contains("nxa_secret"));
    }
}
