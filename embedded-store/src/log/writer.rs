//! The one writer: a thread that commits all waiting writes together and answers after the commit.
//!
//! A write that fails takes its group with it and nothing of the group stays; the next group starts
//! from what is committed. A scavenge's chores are done in between, one at a time.

use super::{
    StreamName,
    chore::Chore,
    counters::Counters,
    database::Shared,
    event::{Position, Proposed, Recorded},
    expected::Expected,
    group::{self, Answer, Appended, Group, Refusal},
    heads::Heads,
    recent::Recent,
    tail::Tail,
};
use rusqlite::TransactionBehavior;
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

/// What the writer has to do, and who waits for it.
pub(crate) enum Job {
    Write { write: Write, reply: oneshot::Sender<Result<Appended, Refusal>> },
    Chore { chore: Chore, reply: oneshot::Sender<Result<u32, Refusal>> },
}

type Waiting = (Write, oneshot::Sender<Result<Appended, Refusal>>);

/// What the writer's thread owns.
pub(crate) struct Writer {
    connection: Shared,
    heads: Heads,
    recent: Recent,
    tail: Arc<Tail>,
    head: watch::Sender<Position>,
    counters: Arc<Counters>,
    /// The time of the newest event, in ticks.
    created: i64,
}

impl Writer {
    pub(crate) fn new(
        connection: Shared,
        tail: Arc<Tail>,
        head: watch::Sender<Position>,
        counters: Arc<Counters>,
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
        Ok(Self { connection, heads: Heads::new(), recent, tail, head, counters, created })
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let (mut group, mut bytes) = (Vec::new(), 0);
            let mut next = Some(first);
            let mut between = None;
            while let Some(job) = next {
                match job {
                    Job::Write { write, reply } => {
                        bytes += write.size();
                        group.push((write, reply));
                    }
                    Job::Chore { chore, reply } => {
                        between = Some((chore, reply));
                        break;
                    }
                }
                let full = group.len() == GROUP_WRITES || bytes >= GROUP_BYTES;
                next = if full { None } else { queue.try_recv().ok() };
            }
            if !group.is_empty() {
                self.commit(group);
            }
            if let Some((chore, reply)) = between {
                // Whoever no longer waits has stopped the scavenge.
                let _ = reply.send(self.do_chore(chore));
            }
        }
    }

    fn do_chore(&mut self, chore: Chore) -> Result<u32, Refusal> {
        let removes = matches!(chore, Chore::Remove(_));
        let head = *self.head.borrow();
        let done = {
            let mut sql = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            chore.run(&mut sql, head)
        };
        if removes && let Ok(removed @ 1..) = done {
            self.counters.removed.add(removed as usize);
            self.tail.forget();
        }
        done.map_err(|error| {
            tracing::error!(%error, "the log refused a scavenge's chore");
            Refusal::Storage(error.to_string())
        })
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        let (writes, replies): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        match self.transact(writes) {
            Ok(committed) => {
                self.counters.commits.add(1);
                self.counters.events.add(committed.inserted.len());
                self.counters.bytes.add(committed.inserted.iter().map(|e| e.size()).sum());
                self.tail.extend(committed.inserted);
                self.head.send_replace(committed.head);
                for (reply, answer) in replies.into_iter().zip(committed.answers) {
                    // Whoever no longer waits has its answer in the log.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                tracing::error!(%error, writes = replies.len(), "the log refused a group of writes");
                self.counters.refusals.add(1);
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
