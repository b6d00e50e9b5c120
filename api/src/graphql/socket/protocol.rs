//! Protocol: the messages of `graphql-transport-ws`.

use async_graphql::{Response, ServerError, Variables};
use domain::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// The longest id a client may give an operation.
const LONGEST_ID: usize = 128;

/// The sub-protocol's name.
pub(super) const NAME: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Credentials>,
    },
    Ping {
        #[serde(default)]
        payload: Option<Credentials>,
    },
    Pong {},
    Subscribe {
        id: OperationId,
        payload: Operation,
    },
    Complete {
        id: OperationId,
    },
}

/// Who a client says it is. Other members are ignored.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Credentials {
    /// `Bearer …`
    #[serde(default, deserialize_with = "secret", alias = "Authorization")]
    pub(super) authorization: Option<Secret<String>>,
    /// The workspace where no argument names one; browsers cannot set `X-Workspace`.
    #[serde(default)]
    pub(super) workspace: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) query: String,
    #[serde(default, rename = "operationName")]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) variables: Option<Variables>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct OperationId(String);

impl TryFrom<String> for OperationId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || text.len() > LONGEST_ID {
            return Err("an id has 1 to 128 bytes");
        }
        Ok(Self(text))
    }
}

impl Incoming {
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

impl Credentials {
    /// The credential behind `Bearer`.
    pub(super) fn bearer(&self) -> Option<Secret<String>> {
        let (scheme, credential) = self.authorization.as_ref()?.expose().split_once(' ')?;
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        bearer.then(|| Secret::new(credential.trim().to_owned()))
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

pub(super) fn ack(position: store::Position, expires_at: Option<domain::Time>) -> String {
    let payload = json!({ "position": position, "expiresAt": expires_at });
    json!({ "type": "connection_ack", "payload": payload }).to_string()
}

pub(super) fn ping() -> String {
    json!({ "type": "ping" }).to_string()
}

pub(super) fn pong() -> String {
    json!({ "type": "pong" }).to_string()
}

/// Answers a ping that brought a new credential: how long that one lasts.
pub(super) fn renewed(expires_at: Option<domain::Time>) -> String {
    json!({ "type": "pong", "payload": { "expiresAt": expires_at } }).to_string()
}

/// An answer, and whether it ends the operation: one that failed before it had anything to say.
pub(super) fn answer(id: &OperationId, response: &Response, is_first: bool) -> (String, bool) {
    let failed =
        is_first && response.is_err() && matches!(response.data, async_graphql::Value::Null);
    if failed {
        return (error(id, &response.errors), true);
    }
    let payload = serde_json::to_value(response).unwrap_or(Value::Null);
    (json!({ "type": "next", "id": id.0, "payload": payload }).to_string(), false)
}

pub(super) fn error(id: &OperationId, errors: &[ServerError]) -> String {
    json!({ "type": "error", "id": id.0, "payload": errors }).to_string()
}

pub(super) fn complete(id: &OperationId) -> String {
    json!({ "type": "complete", "id": id.0 }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> OperationId {
        OperationId::try_from("1".to_owned()).unwrap()
    }

    #[test]
    fn a_credential_is_found_and_not_printed() {
        let text = r#"{"type":"connection_init","payload":{"authorization":"Bearer abc","x":1}}"#;
        let message = Incoming::parse(text).unwrap();
        assert!(!format!("{message:?}").contains("abc"));
        let Incoming::ConnectionInit { payload: Some(credentials) } = message else {
            panic!("it is a connection_init")
        };
        assert_eq!(credentials.bearer().unwrap().expose(), "abc");
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for wrong in ["", "{}", r#"{"type":"start"}"#, r#"{"type":"subscribe","id":""}"#, "[]"] {
            assert!(Incoming::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_fails_before_it_begins_is_an_error_and_ends_it() {
        let failed = Response::from_errors(vec![ServerError::new("no", None)]);
        let (text, ends) = answer(&id(), &failed, true);
        assert!(ends && text.contains(r#""type":"error""#));
        let (text, ends) = answer(&id(), &failed, false);
        assert!(!ends && text.contains(r#""type":"next""#));
    }
}
