//! A group: an actor that takes events from its source, hands them out, and keeps its books.

use super::{
    books::Books,
    queue::{Item, Queue, ReaderId},
    readers::{Delivery, Readers},
    settings::{self, Key, Settings, Source, StartFrom},
};
use crate::{
    log::{Log, Refusal, links::Resolved},
    rpc::{AllFollower, IdFormat, Message, Messages, Origin, StreamFollower, Window},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, MissedTickBehavior},
};
use tonic::Status;
use uuid::Uuid;

/// How often a group looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// How many commands wait at most.
const COMMANDS: usize = 256;

/// How a reader that cannot handle an event wants it dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nack {
    Retry,
    Park { reason: String },
    Skip,
}

/// What a group is told. A reply that nobody waits for any more is dropped.
#[derive(Debug)]
pub(crate) enum Command {
    /// A reader with room for so many events; refused if there are enough of them.
    Connect {
        slots: usize,
        reply: oneshot::Sender<Option<(ReaderId, mpsc::Receiver<Delivery>)>>,
    },
    Ack {
        ids: Vec<Uuid>,
    },
    Nack {
        ids: Vec<Uuid>,
        how: Nack,
    },
    Gone {
        reader: ReaderId,
    },
    Info {
        reply: oneshot::Sender<Info>,
    },
    Replay {
        stop_at: Option<i64>,
        reply: oneshot::Sender<Result<(), String>>,
    },
    /// Ends the group, and tells its readers why.
    Stop {
        reason: Status,
        reply: oneshot::Sender<()>,
    },
}

/// How a group is doing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Info {
    pub(crate) behind: bool,
    pub(crate) total: i64,
    /// Of each reader: its slots, what it has, what it received.
    pub(crate) readers: Vec<(usize, usize, i64)>,
    pub(crate) checkpoint: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) waiting: usize,
    pub(crate) again: usize,
    pub(crate) delivered: usize,
    pub(crate) parked: i64,
}

/// The actor.
pub(crate) struct Group {
    all: bool,
    settings: Settings,
    books: Books,
    /// Nothing once the source has come to its end.
    feed: Option<Messages>,
    queue: Queue,
    readers: Readers,
    total: i64,
    /// How many events were handled since the last checkpoint, which one it was, and when.
    handled: i32,
    checkpoint: Option<i64>,
    checked: Instant,
}

impl Group {
    /// Starts the group where it ended, or where its settings say.
    pub(crate) async fn start(
        log: Arc<Log>,
        key: &Key,
        source: &Source,
        settings: Settings,
    ) -> Result<mpsc::Sender<Command>, Status> {
        let all = *source == Source::All;
        let books = Books::new(Arc::clone(&log), &key.to_string(), all);
        let checkpoint = books.checkpoint().await?;
        let from = match (checkpoint, settings.start_from) {
            (Some(place), _) => Origin::At(place),
            (None, StartFrom::End) => Origin::End,
            // A follower begins after a place, a group at it.
            (None, StartFrom::At(place)) if place > 0 => Origin::At(place - 1),
            (None, StartFrom::At(_)) => Origin::Start,
        };
        let group = Self {
            all,
            feed: follow(log, source, from, &settings).await?,
            settings,
            books,
            queue: Queue::new(checkpoint),
            readers: Readers::default(),
            total: 0,
            handled: 0,
            checkpoint,
            checked: Instant::now(),
        };
        let (commands, waiting) = mpsc::channel(COMMANDS);
        tokio::spawn(group.run(waiting));
        Ok(commands)
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut tick = time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let room = self.has_room();
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Stop { reason, reply }) => {
                        for reader in self.readers.iter() {
                            // A reader that is gone needs no reason.
                            let _ = reader.events.try_send(Err(reason.clone()));
                        }
                        let _ = reply.send(());
                        return;
                    }
                    Some(command) => self.obey(command).await,
                    None => return,
                },
                page = next_page(&mut self.feed), if room => self.receive(page),
                _ = tick.tick() => self.look_at_the_clock().await,
            }
            self.hand_out();
        }
    }

    fn has_room(&self) -> bool {
        self.feed.is_some() && self.queue.waiting() < self.settings.buffer()
    }

    /// Takes a page of the source; without one the source has come to its end.
    fn receive(&mut self, page: Option<Vec<Message>>) {
        let Some(page) = page else {
            self.feed = None;
            return;
        };
        for message in page {
            match message {
                Message::Event(resolved) => {
                    let Some(original) = resolved.original() else { continue };
                    let place = if self.all { original.position } else { original.revision };
                    self.queue.push(resolved, place);
                }
                Message::Checkpoint(position) => self.queue.skip_to(position),
                _ => {}
            }
        }
    }

    fn hand_out(&mut self) {
        let strategy = self.settings.named_consumer_strategy;
        let readers = &mut self.readers;
        let out = self.queue.hand_out(Instant::now(), |item| readers.pick(strategy, item));
        for (id, item) in out {
            self.total += 1;
            if let Some(reader) = self.readers.iter().find(|reader| reader.id == id) {
                // A reader that does not take what it has room for is gone, and will be missed.
                let _ = reader.events.try_send(Ok(item));
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Connect { slots, reply } => {
                // A reader that is gone before it is answered is missed at the next event.
                let _ = reply.send(self.connect(slots));
            }
            Command::Ack { ids } => {
                for id in ids {
                    self.done(id);
                }
                self.check(true).await;
            }
            Command::Nack { ids, how } => {
                for id in ids {
                    match &how {
                        Nack::Skip => self.done(id),
                        Nack::Retry => self.retry(id).await,
                        Nack::Park { reason } => {
                            let reason = format!("Client explicitly NAK'ed message.\n{reason}");
                            if let Some(item) = self.take_back(id) {
                                self.park(item, &reason).await;
                            }
                        }
                    }
                }
                self.check(true).await;
            }
            Command::Gone { reader } => {
                for id in self.queue.of_reader(reader) {
                    self.retry(id).await;
                }
                self.readers.disconnect(reader);
            }
            Command::Info { reply } => {
                let _ = reply.send(self.info().await);
            }
            Command::Replay { stop_at, reply } => {
                let _ = reply.send(self.replay(stop_at).await);
            }
            Command::Stop { .. } => {}
        }
    }

    fn connect(&mut self, slots: usize) -> Option<(ReaderId, mpsc::Receiver<Delivery>)> {
        let most = usize::try_from(self.settings.max_subscriber_count).unwrap_or(0);
        if most > 0 && self.readers.len() >= most {
            return None;
        }
        // One place more than it may have: for the reason why it ends.
        let (events, received) = mpsc::channel(slots + 1);
        Some((self.readers.connect(events, slots), received))
    }

    fn done(&mut self, id: Uuid) {
        if let Some((reader, _)) = self.queue.done(id) {
            self.readers.answered(reader);
            self.handled += 1;
        }
    }

    fn take_back(&mut self, id: Uuid) -> Option<Item> {
        let (reader, item) = self.queue.take_back(id)?;
        self.readers.answered(reader);
        Some(item)
    }

    async fn retry(&mut self, id: Uuid) {
        let Some(item) = self.take_back(id) else { return };
        let most = self.settings.max_retry_count;
        if item.retries >= most {
            self.park(item, &format!("Reached retry count of {most}")).await;
        } else {
            self.queue.try_again(item);
        }
    }

    /// Puts an event aside, or has it tried again if that cannot be written.
    async fn park(&mut self, item: Item, reason: &str) {
        match self.books.park(&item, reason).await {
            Ok(()) => {
                self.queue.close(&item);
                self.handled += 1;
            }
            Err(refusal) => {
                tracing::error!(%refusal, "an event could not be parked");
                self.queue.try_again(item);
            }
        }
    }

    async fn replay(&mut self, stop_at: Option<i64>) -> Result<(), String> {
        let (parked, end) = self.books.parked(stop_at).await.map_err(|e| e.to_string())?;
        if end > 0 {
            self.books.forget_parked(end).await.map_err(|e: Refusal| e.to_string())?;
        }
        let replay = |resolved: Resolved| self.queue.replay(resolved);
        parked.into_iter().for_each(replay);
        Ok(())
    }

    async fn look_at_the_clock(&mut self) {
        for id in self.queue.overdue(Instant::now(), self.settings.message_timeout) {
            self.retry(id).await;
        }
        self.check(false).await;
    }

    /// Writes down how far the group is: after so many events, or after so long.
    async fn check(&mut self, by_count: bool) {
        let after = self.settings.check_point_after;
        let due = if by_count {
            self.handled >= self.settings.max_check_point_count.max(1)
        } else {
            !after.is_zero()
                && self.handled >= self.settings.min_check_point_count.max(1)
                && self.checked.elapsed() >= after
        };
        let Some(place) = self.queue.checkpoint().filter(|_| due) else { return };
        if self.checkpoint == Some(place) {
            return;
        }
        match self.books.write_checkpoint(place).await {
            Ok(()) => {
                self.checkpoint = Some(place);
                self.handled = 0;
                self.checked = Instant::now();
            }
            Err(refusal) => tracing::error!(%refusal, "a checkpoint could not be written"),
        }
    }

    async fn info(&mut self) -> Info {
        let readers = self.readers.iter();
        Info {
            behind: self.queue.waiting() >= self.settings.buffer(),
            total: self.total,
            readers: readers.map(|reader| (reader.slots, reader.has, reader.received)).collect(),
            checkpoint: self.checkpoint,
            last: self.queue.last_place(),
            waiting: self.queue.waiting(),
            again: self.queue.again(),
            delivered: self.queue.delivered(),
            parked: self.books.parked_count().await.unwrap_or_default(),
        }
    }
}

/// The next page of the source; nothing at its end.
async fn next_page(feed: &mut Option<Messages>) -> Option<Vec<Message>> {
    feed.as_mut()?.next_page().await
}

/// Follows the source; a stream that is gone for good gives nothing.
async fn follow(
    log: Arc<Log>,
    source: &Source,
    from: Origin<i64>,
    settings: &Settings,
) -> Result<Option<Messages>, Status> {
    let resolve = settings.resolve_link_tos;
    match source {
        Source::All => {
            let filter = settings.filter.as_ref().and_then(settings::FilterSettings::compile);
            let filter = filter.map(|filter| (filter, Window::default()));
            Ok(Some(AllFollower::start(log, IdFormat::Text, from, resolve, filter)))
        }
        Source::Stream(stream) => {
            let stream = stream.clone();
            match StreamFollower::start(log, IdFormat::Text, stream, from, resolve).await {
                Ok(messages) => Ok(Some(messages)),
                Err(status) if status.code() == tonic::Code::FailedPrecondition => Ok(None),
                Err(status) => Err(status),
            }
        }
    }
}
