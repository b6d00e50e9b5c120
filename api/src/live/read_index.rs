//! Read index: where the log ended at some moment after a question, so that whoever has come that far
//! answers it as the log itself would (Raft, 6.4, calls it so).
//!
//! One read of the log's head serves all who asked before it began: the more ask, the less each of
//! them costs.

use store::{Log, Position};
use tokio::sync::{mpsc, oneshot};

/// How many may wait for the next read; more wait for a place.
const WAITING: usize = 1_024;

pub(super) struct ReadIndex {
    asks: mpsc::Sender<oneshot::Sender<Position>>,
}

impl ReadIndex {
    /// Answers until it is dropped.
    pub(super) fn start(log: Log) -> Self {
        let (asks, mut asked) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut waiting: Vec<oneshot::Sender<Position>> = Vec::new();
            while asked.recv_many(&mut waiting, WAITING).await > 0 {
                match log.head().await {
                    Ok(head) => {
                        for ask in waiting.drain(..) {
                            // Who has hung up needs no answer.
                            let _ = ask.send(head.unwrap_or(Position::START));
                        }
                    }
                    // They learn it by the end of their channels.
                    Err(_) => waiting.clear(),
                }
            }
        });
        Self { asks }
    }

    /// Returns where the log ended after this was called; `None` if it did not answer.
    pub(super) async fn get(&self) -> Option<Position> {
        let (ask, answer) = oneshot::channel();
        self.asks.send(ask).await.ok()?;
        answer.await.ok()
    }
}
