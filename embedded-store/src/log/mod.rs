//! The log: events in one total order, in SQLite, written by one thread and read by many.
//!
//! An append is answered after its commit. What follows the log is woken by the head's move and reads
//! pages from where it stands, from the tail in memory or from the database.

mod chore;
pub(crate) mod clock;
mod counters;
mod database;
pub(crate) mod event;
pub(crate) mod expected;
mod generations;
mod group;
mod heads;
pub(crate) mod links;
mod lock;
mod metadata;
pub(crate) mod offline;
pub(crate) mod read_all;
pub(crate) mod read_stream;
pub(crate) mod readers;
mod recent;
mod record;
pub(crate) mod removal;
mod schema;
mod stream_name;
mod tail;
mod writer;

pub(crate) use chore::Chore;
pub(crate) use counters::Counters;
pub(crate) use database::Place;
pub(crate) use group::{Appended, Refusal};
pub(crate) use lock::Lock;
pub(crate) use stream_name::StreamName;
pub(crate) use writer::Write;

use crate::Error;
use database::Database;
use event::{Position, Recorded};
use readers::{Readers, Unreadable};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};
use tail::Tail;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;
use writer::{Job, Writer};

/// The open log.
pub(crate) struct Log {
    pub(crate) readers: Readers,
    connections: u32,
    tail: Arc<Tail>,
    head: watch::Receiver<Position>,
    pub(crate) counters: Arc<Counters>,
    /// What names this log for ever.
    pub(crate) instance: Uuid,
    writer: Mutex<Option<Running>>,
}

/// The writer's thread, and what it needs to live.
struct Running {
    queue: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
    connection: database::Shared,
    lock: Option<Lock>,
}

impl Log {
    /// Opens the log, or makes it.
    pub(crate) fn open(place: &Place) -> Result<Self, Error> {
        let Database { writer, readers, lock } = Database::open(place)?;
        let (head, instance) = {
            let sql = writer.lock().unwrap_or_else(PoisonError::into_inner);
            (schema::head(&sql)?, schema::instance(&sql)?)
        };
        let tail = Arc::new(Tail::new(head));
        let (announce, head) = watch::channel(head);
        let counters = Arc::new(Counters::default());
        let scribe =
            Writer::new(writer.clone(), Arc::clone(&tail), announce, Arc::clone(&counters))?;
        let (queue, jobs) = mpsc::channel(writer::QUEUE);
        let thread = thread::Builder::new()
            .name("embedded-store-writer".into())
            .spawn(move || scribe.run(jobs))
            .map_err(Error::Thread)?;
        Ok(Self {
            connections: u32::try_from(readers.len()).unwrap_or(1),
            readers: Readers::new(readers),
            tail,
            head,
            counters,
            instance,
            writer: Mutex::new(Some(Running { queue, thread, connection: writer, lock })),
        })
    }

    /// Writes, and answers once it is on the disk.
    pub(crate) async fn write(&self, write: Write) -> Result<Appended, Refusal> {
        self.submit(write).await?.await
    }

    /// Hands a write to the writer, after those handed over before; the answer comes once it is on
    /// the disk. A write is not taken back if nobody waits for its answer.
    pub(crate) async fn submit(
        &self,
        write: Write,
    ) -> Result<impl Future<Output = Result<Appended, Refusal>> + Send + use<>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(Job::Write { write, reply }).await?;
        Ok(async { answer.await.map_err(|_| Refusal::Closed)? })
    }

    /// Does a chore of a scavenge, after the writes handed over before.
    pub(crate) async fn chore(&self, chore: Chore) -> Result<u32, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(Job::Chore { chore, reply }).await?;
        answer.await.map_err(|_| Refusal::Closed)?
    }

    async fn hand_over(&self, job: Job) -> Result<(), Refusal> {
        let queue = self.queue().ok_or(Refusal::Closed)?;
        queue.send(job).await.map_err(|_| Refusal::Closed)
    }

    /// Where the writer takes its jobs; nothing once the log is closed.
    fn queue(&self) -> Option<mpsc::Sender<Job>> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map(|running| running.queue.clone())
    }

    /// How many writes wait for the writer.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// How large the database is, in bytes, without what is still in the write-ahead log only.
    pub(crate) async fn file_size(&self) -> Result<u64, Unreadable> {
        self.readers.query(|page| schema::size(page.sql)).await
    }

    /// Where the log ends, now and whenever it moves.
    pub(crate) fn head(&self) -> watch::Receiver<Position> {
        self.head.clone()
    }

    /// The newest events after `position`; nothing if the tail in memory begins later than that.
    pub(crate) fn tail(&self, position: Position, limit: usize) -> Option<Vec<Arc<Recorded>>> {
        self.tail.after(position, limit)
    }

    /// Finishes what was accepted, then closes the file and gives it free.
    pub(crate) async fn close(&self) {
        let running = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { queue, thread, connection, lock }) = running else { return };
        drop(queue);
        self.readers.close(self.connections).await;
        let closed = tokio::task::spawn_blocking(move || {
            let finished = thread.join();
            let sql = connection.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = chore::checkpoint(&sql) {
                tracing::warn!(%error, "the write-ahead log stays beside the log");
            }
            drop(sql);
            drop(connection);
            drop(lock);
            finished
        });
        if !matches!(closed.await, Ok(Ok(()))) {
            tracing::error!("the log's writer had panicked");
        }
    }
}
