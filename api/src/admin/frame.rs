//! What travels through the operators' socket: one JSON object a line.
//!
//! The client sends one [`Operation`](super::Operation) and the server answers with frames: any
//! number of `progress` and `item`, then exactly one of `done` and `failed`. A connection that
//! ends without one of these was cut off.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// How far a long operation has come, in whatever unit `total` has.
    Progress { done: u64, total: u64 },
    /// One of many results, in order.
    Item(Value),
    /// It was carried out; this is what came of it.
    Done(Value),
    /// It was not, and why.
    Failed(Failure),
}

/// Why an operation was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct Failure {
    /// A stable name for programs, as in the GraphQL API.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// Where an operation reports to while it runs.
///
/// Bounded: who reads slowly slows the operation down instead of filling the memory.
#[derive(Clone, Debug)]
pub struct Reports(mpsc::Sender<Frame>);

/// Nobody listens any more, so there is no point in going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("whoever asked has gone away")]
pub struct GoneAway;

impl Reports {
    /// Returns where to report, and where the frames come out.
    pub fn channel() -> (Self, mpsc::Receiver<Frame>) {
        let (sender, receiver) = mpsc::channel(64);
        (Self(sender), receiver)
    }

    /// Hands over one of many results.
    pub async fn item(&self, item: Value) -> Result<(), GoneAway> {
        self.0.send(Frame::Item(item)).await.map_err(|_| GoneAway)
    }

    /// Says how far it has come; dropped when the reader is behind, since the next one says more.
    pub fn progress(&self, done: u64, total: u64) {
        let _ = self.0.try_send(Frame::Progress { done, total });
    }

    /// Whether anybody still listens.
    pub fn is_heard(&self) -> bool {
        !self.0.is_closed()
    }

    /// Says how it ended.
    pub async fn end(self, outcome: Result<Value, Failure>) {
        let last = outcome.map_or_else(Frame::Failed, Frame::Done);
        // A reader that went away does not care how it ended.
        let _ = self.0.send(last).await;
    }
}
