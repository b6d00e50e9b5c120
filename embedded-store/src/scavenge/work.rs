//! The work of a scavenge: every stream once, then the free space, then the write-ahead log.

use crate::log::{Chore, Log, Refusal, StreamName, readers::Unreadable, removal};
use std::time::Duration;
use tokio::time;
use tokio_util::sync::CancellationToken;

/// How many streams are looked at in one go.
const STREAMS: u32 = 256;

/// How often the write-ahead log is tried to be emptied while others read.
const ATTEMPTS: u32 = 100;

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// What a scavenge did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) streams: u64,
    pub(crate) events: u64,
    /// Bytes given back to the file system.
    pub(crate) bytes: u64,
}

/// Why a scavenge did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Read(#[from] Unreadable),
    #[error(transparent)]
    Write(#[from] Refusal),
    #[error("the write-ahead log could not be emptied: readers were in the way")]
    Busy,
}

/// Removes what is due in every stream; ends early when it is told to stop.
pub(crate) async fn scavenge(log: &Log, stop: &CancellationToken) -> Result<Done, Failure> {
    let mut done = Done::default();
    let before = log.file_size().await?;
    let mut after = 0;
    while !stop.is_cancelled() {
        let (seen, due) = log.readers.query(move |page| due(page.sql, after)).await?;
        let Some(last) = seen else { break };
        after = last;
        for stream in due {
            let removed = remove(log, &stream, stop).await?;
            done.events += removed;
            done.streams += u64::from(removed > 0);
        }
    }
    while !stop.is_cancelled() && log.chore(Chore::GiveBack).await? > 0 {}
    if done.events > 0 && !stop.is_cancelled() {
        log.chore(Chore::Rewrite).await?;
    }
    empty_write_ahead_log(log).await?;
    done.bytes = before.saturating_sub(log.file_size().await?);
    Ok(done)
}

/// The last row looked at, and the streams there that have something to remove.
fn due(sql: &rusqlite::Connection, after: i64) -> rusqlite::Result<(Option<i64>, Vec<StreamName>)> {
    let streams = removal::streams(sql, after, STREAMS)?;
    let last = streams.last().map(|(row, _)| *row);
    let mut due = Vec::new();
    for (_, name) in streams {
        if removal::is_due(sql, &name)? {
            due.push(StreamName::stored(&name, false));
        }
    }
    Ok((last, due))
}

async fn remove(log: &Log, stream: &StreamName, stop: &CancellationToken) -> Result<u64, Failure> {
    let mut all = 0;
    while !stop.is_cancelled() {
        match log.chore(Chore::Remove(stream.clone())).await? {
            0 => break,
            removed => all += u64::from(removed),
        }
    }
    Ok(all)
}

/// Also what was removed lies there until then.
async fn empty_write_ahead_log(log: &Log) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        if log.chore(Chore::Checkpoint).await? == 0 {
            return Ok(());
        }
        time::sleep(PAUSE).await;
    }
    Err(Failure::Busy)
}
