//! Readers: a few connections that answer queries on threads of their own, one page at a time.
//!
//! No query outlives its page, so a slow client holds neither a connection nor a snapshot.

use super::{
    StreamName, database::Shared, event::Recorded, generations::Generations, heads::StreamKey,
    record,
};
use rusqlite::{Connection, Params};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{sync::Semaphore, task};

/// How many names a reader remembers, at least.
const NAMES: usize = 8_192;

/// How large a page is at most, in bytes of events (one event may be larger).
const PAGE_BYTES: usize = 128 << 10;

/// The log cannot be read: the disk or SQLite failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be read: {0}")]
pub(crate) struct Unreadable(String);

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

/// The pool of reading connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Readers {
    free: Arc<Mutex<Vec<Reader>>>,
    permits: Arc<Semaphore>,
}

/// A reading connection and what it remembers.
pub(crate) struct Reader {
    connection: Shared,
    names: Generations<StreamKey, StreamName>,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Shared>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        let free = connections
            .into_iter()
            .map(|connection| Reader { connection, names: Generations::new(NAMES) })
            .collect();
        Self { free: Arc::new(Mutex::new(free)), permits }
    }

    /// Runs a query on a thread that may block.
    pub(crate) async fn query<T, F>(&self, query: F) -> Result<T, Unreadable>
    where
        T: Send + 'static,
        F: FnOnce(&mut Page<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let closed = || Unreadable("the log is closed".into());
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let free = Arc::clone(&self.free);
        task::spawn_blocking(move || {
            let mut reader = pop(&free).ok_or_else(closed)?;
            let answer = {
                let sql = reader.connection.lock().unwrap_or_else(PoisonError::into_inner);
                query(&mut Page { sql: &sql, names: &mut reader.names })
            };
            free.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            drop(permit);
            answer.map_err(|error| {
                tracing::error!(%error, "a read failed");
                error.into()
            })
        })
        .await
        .map_err(|_| closed())?
    }

    /// Takes no further query, waits for those that run, and gives the connections free.
    pub(crate) async fn close(&self, connections: u32) {
        let all = self.permits.acquire_many(connections).await;
        self.permits.close();
        drop(all);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn pop(free: &Mutex<Vec<Reader>>) -> Option<Reader> {
    free.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// What a query works with.
pub(crate) struct Page<'a> {
    pub(crate) sql: &'a Connection,
    names: &'a mut Generations<StreamKey, StreamName>,
}

impl Page<'_> {
    /// Reads rows of `columns!()` until `enough` says so, the rows end, or the page is full.
    /// Says whether the rows ended.
    pub(crate) fn events(
        &mut self,
        query: &str,
        parameters: impl Params,
        limit: usize,
    ) -> rusqlite::Result<Events> {
        let mut statement = self.sql.prepare_cached(query)?;
        let mut rows = statement.query(parameters)?;
        let mut events = Vec::new();
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            if events.len() == limit || bytes >= PAGE_BYTES {
                return Ok(Events { events, complete: false });
            }
            let key = record::stream(row)?;
            let name = self.name(key)?;
            let event = record::read(row, name)?;
            bytes += event.weight();
            events.push(Arc::new(event));
        }
        Ok(Events { events, complete: true })
    }

    fn name(&mut self, key: StreamKey) -> rusqlite::Result<StreamName> {
        if let Some(name) = self.names.get(&key) {
            return Ok(name.clone());
        }
        let name = self
            .sql
            .prepare_cached("SELECT name FROM streams WHERE id = ?1")?
            .query_row([key / 2], |row| {
                Ok(StreamName::stored(row.get_ref(0)?.as_str()?, key % 2 == 1))
            })?;
        self.names.insert(key, name.clone());
        Ok(name)
    }
}

/// How many rows to ask for: one more than the page takes, which tells whether there are more.
pub(crate) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

/// A page of events.
pub(crate) struct Events {
    pub(crate) events: Vec<Arc<Recorded>>,
    /// No row was left out for want of room.
    pub(crate) complete: bool,
}
