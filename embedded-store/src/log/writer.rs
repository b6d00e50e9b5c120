//! The one writer: a thread that commits all waiting writes together and answers after the commit.
//!
//! A write that fails takes its group with it and nothing of the group stays; the next group starts
//! from what is committed.

use super::{
    StreamName,
    database::Shared,
    event::{Position, Proposed, Recorded},
    expected::Expected,
    group::{self, Answer, Appended, Group, Refusal},
    heads::Heads,
    recent::Recent,
    tail::Tail,
};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::{Arc, PoisonError};
use tokio::sync::{mpsc, oneshot, watch};

/// How many writes wait at most before their callers do.
pub(crate) const QUEUE: usize = 1024;

/// How many writes commit together at most.
const GROUP_WRITES: usize = 512;

/// A group takes no further write once its events are this large, in bytes.
const GROUP_BYTES: usize = 4 << 20;

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Write {
    Append { stream: StreamName, expected: Expected, events: Vec<Proposed> },
    Delete { stream: StreamName, expected: Expected },
    Tombstone { stream: StreamName, expected: Expected },
}

impl Write {
    fn size(&self) -> usize {
        match self {
            Self::Append { events, .. } => events.iter().map(Proposed::size).sum(),
            Self::Delete { .. } | Self::Tombstone { .. } => 0,
        }
    }
}

/// A write and who waits for it.
pub(crate) struct Job {
    pub(crate) write: Write,
    pub(crate) reply: oneshot::Sender<Result<Appended, Refusal>>,
}

/// What the writer's thread owns.
pub(crate) struct Writer {
    connection: Shared,
    heads: Heads,
    recent: Recent,
    tail: Arc<Tail>,
    head: watch::Sender<Position>,
    /// The time of the newest event, in ticks.
    created: i64,
}

impl Writer {
    pub(crate) fn new(
        connection: Shared,
        tail: Arc<Tail>,
        head: watch::Sender<Position>,
    ) -> rusqlite::Result<Self> {
        let (recent, created) = {
            let sql = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let created = sql.query_row(
                "SELECT ifnull((SELECT created FROM events ORDER BY position DESC LIMIT 1), 0)",
                [],
                |row| row.get(0),
            )?;
            (Recent::load(&sql)?, created)
        };
        Ok(Self { connection, heads: Heads::new(), recent, tail, head, created })
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let mut bytes = first.write.size();
            let mut jobs = vec![first];
            while jobs.len() < GROUP_WRITES && bytes < GROUP_BYTES {
                let Ok(job) = queue.try_recv() else { break };
                bytes += job.write.size();
                jobs.push(job);
            }
            self.commit(jobs);
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let (writes, replies): (Vec<_>, Vec<_>) =
            jobs.into_iter().map(|job| (job.write, job.reply)).unzip();
        match self.transact(writes) {
            Ok(committed) => {
                self.tail.extend(committed.inserted);
                self.head.send_replace(committed.head);
                for (reply, answer) in replies.into_iter().zip(committed.answers) {
                    // Whoever no longer waits has its answer in the log.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                tracing::error!(%error, writes = replies.len(), "the log refused a group of writes");
                self.heads.clear();
                self.recent.clear();
                for reply in replies {
                    let _ = reply.send(Err(Refusal::Storage(error.to_string())));
                }
            }
        }
    }

    fn transact(&mut self, writes: Vec<Write>) -> rusqlite::Result<Committed> {
        let mut sql = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = sql.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let created = group::time(self.created);
        let mut group = Group {
            sql: &transaction,
            heads: &mut self.heads,
            recent: &mut self.recent,
            head: *self.head.borrow(),
            created,
            inserted: Vec::new(),
        };
        let answers =
            writes.into_iter().map(|write| perform(&mut group, write)).collect::<Result<_, _>>()?;
        let Group { head, inserted, .. } = group;
        transaction.commit()?;
        self.created = created;
        Ok(Committed { answers, head, inserted })
    }
}

struct Committed {
    answers: Vec<Result<Appended, Refusal>>,
    head: Position,
    inserted: Vec<Arc<Recorded>>,
}

fn perform(group: &mut Group<'_>, write: Write) -> Answer {
    match write {
        Write::Append { stream, expected, events } => group.append(&stream, expected, events),
        Write::Delete { stream, expected } => group.delete(&stream, expected),
        Write::Tombstone { stream, expected } => group.tombstone(&stream, expected),
    }
}

/// Gives what is in the write-ahead log to the database, so that the file alone is the whole log.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
