//! Page: a bounded run of stored events, as they lie in the log.

use eventstore::{
    Client, Error, ReadAllOptions, ReadEvent, ReadStream, ReadStreamOptions, RecordedEvent,
    StreamPosition,
};
use fail::fail_point;
use tokio::time::Instant;

use crate::{
    Position,
    connection::{Connection, Failure},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forwards,
    Backwards,
}

/// A page of one stream.
#[derive(Debug, Default)]
pub(crate) struct StreamPage {
    pub(crate) events: Vec<RecordedEvent>,
    /// The number of the stream's newest event, readable or not; `None`: there is no such stream.
    pub(crate) last: Option<u64>,
}

/// Reads at most `max` events of `stream`, the one at `from` first; `None` is the end of it.
pub(crate) async fn of_stream(
    connection: &Connection,
    end: Instant,
    stream: &str,
    from: Option<u64>,
    direction: Direction,
    max: usize,
) -> Result<StreamPage, Failure> {
    let options = ReadStreamOptions::default()
        .position(from.map_or(StreamPosition::End, StreamPosition::Position))
        .max_count(max);
    let options = match direction {
        Direction::Forwards => options.forwards(),
        Direction::Backwards => options.backwards(),
    };
    let read = connection
        .call(end, |client: Client| {
            let (stream, options) = (stream.to_owned(), options.clone());
            async move {
                let mut page = StreamPage::default();
                // The same error as a status would be a node that knows no leader; a stream that
                // does not exist is a message, and so comes later.
                let mut read = client.read_stream(stream, &options).await?;
                match collect(&mut read, &mut page).await {
                    Ok(()) => Ok(page),
                    Err(Error::ResourceNotFound) => Ok(StreamPage::default()),
                    Err(error) => Err(error),
                }
            }
        })
        .await;
    fail_point!("read.after");
    read
}

/// Reads at most `max` events of the whole log: forwards those at `from` and later (`None`: from
/// the beginning), backwards those before `from` (`None`: from the end).
pub(crate) async fn of_all(
    connection: &Connection,
    end: Instant,
    from: Option<Position>,
    direction: Direction,
    max: usize,
) -> Result<Vec<RecordedEvent>, Failure> {
    let from = from.map(StreamPosition::from);
    let options = ReadAllOptions::default();
    let options = match direction {
        Direction::Forwards => options.position(from.unwrap_or(StreamPosition::Start)).forwards(),
        Direction::Backwards => options.position(from.unwrap_or(StreamPosition::End)).backwards(),
    }
    .max_count(max);
    connection
        .call(end, |client: Client| {
            let options = options.clone();
            async move {
                let mut page = StreamPage::default();
                collect(&mut client.read_all(&options).await?, &mut page).await?;
                Ok(page.events)
            }
        })
        .await
}

async fn collect(read: &mut ReadStream, page: &mut StreamPage) -> eventstore::Result<()> {
    while let Some(message) = read.next_read_event().await? {
        match message {
            // Links are never resolved here, so what was read is what was written.
            ReadEvent::Event(resolved) => page.events.extend(resolved.event),
            ReadEvent::LastStreamPosition(last) => page.last = Some(last),
            ReadEvent::FirstStreamPosition(_) | ReadEvent::LastAllStreamPosition(_) => {}
        }
    }
    Ok(())
}
