//! Scenarios as they stand in the files.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    pub(super) steps: Vec<Step>,
}

/// What a genuine server answered to a step.
#[derive(Debug, Deserialize)]
pub(super) struct Recorded {
    pub(super) result: Value,
}

/// A call and its arguments; which of them count depends on the call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Step {
    #[serde(rename = "do")]
    pub(super) call: String,
    /// `@` stands for what makes the name unique to the run; absent means `$all`.
    pub(super) stream: Option<String>,
    pub(super) expected: Option<Value>,
    pub(super) events: Vec<Event>,
    /// Events of a batch that is sent in several requests.
    pub(super) parts: Vec<Vec<Event>>,
    /// The metadata that a `meta` step writes.
    pub(super) json: Value,
    pub(super) from: Value,
    pub(super) count: Option<u64>,
    pub(super) backwards: bool,
    pub(super) resolve: bool,
    pub(super) compatibility: Option<u32>,
    pub(super) filter: Option<Filter>,
    /// What happens while a subscription is open.
    pub(super) during: Vec<Step>,
    pub(super) ms: u64,
    pub(super) group: String,
    pub(super) settings: GroupSettings,
    /// How many events a group's reader has room for.
    pub(super) buffer: Option<i32>,
    /// What its reader answers to each event, and to those after.
    pub(super) answers: Vec<String>,
    pub(super) answer: Option<String>,
    pub(super) record_only: bool,
    pub(super) any_error: bool,
    pub(super) ignore: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// A number or a word; the same one is the same id.
    pub(super) id: Value,
    /// `null` leaves it out, absence means `A`.
    #[serde(rename = "type", default = "type_a")]
    pub(super) kind: Value,
    #[serde(default = "json")]
    pub(super) content_type: Value,
    #[serde(default)]
    pub(super) data: Value,
    #[serde(default)]
    pub(super) metadata: Value,
}

/// What of a group's settings is not the usual.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GroupSettings {
    pub(super) resolve: bool,
    pub(super) max_retry: Option<i32>,
    pub(super) max_checkpoint: Option<i32>,
    pub(super) max_subscribers: i32,
    pub(super) read_batch: Option<i32>,
    pub(super) history: Option<i32>,
    pub(super) timeout_ms: Option<i32>,
    pub(super) strategy: Option<i32>,
    pub(super) consumer_strategy: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    pub(super) on: String,
    #[serde(default)]
    pub(super) regex: String,
    #[serde(default)]
    pub(super) prefix: Vec<String>,
    /// Absent means the server's own; `null` leaves it out, which is an error.
    #[serde(default = "own")]
    pub(super) window: Value,
    #[serde(default = "one")]
    pub(super) multiplier: u32,
}

fn type_a() -> Value {
    "A".into()
}

fn json() -> Value {
    "application/json".into()
}

fn own() -> Value {
    "count".into()
}

fn one() -> u32 {
    1
}
