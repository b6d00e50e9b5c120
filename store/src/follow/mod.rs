//! Follower: hands every event of some categories, in order, to whoever follows the log.
//!
//! It never ends and never fails: when the log goes away it comes back by
//! itself, and goes on behind the last event it got, so that nothing is missed
//! and nothing comes twice.

mod heartbeat;
mod status;
mod subscription;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{select, sync::mpsc, time::sleep_until};

pub use self::status::FollowerStatus;
use self::{
    heartbeat::{Beat, Heartbeat},
    subscription::Frame,
};
use eventstore::RecordedEvent;

use crate::{Log, Position, Recorded, Unreadable, connection::Backoff};

/// How long a subscription may hold back an event that is in the log; doubled each time that its
/// successor brings nothing either.
const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_PATIENCE: Duration = Duration::from_mins(1);

/// One item of a batch.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is an event")]
pub enum Item {
    Event(Recorded),
    /// Not for the log to skip: whoever follows decides whether to park it or to halt.
    Unreadable(Unreadable),
}

impl From<RecordedEvent> for Item {
    fn from(stored: RecordedEvent) -> Self {
        Recorded::try_from(stored).map_or_else(Self::Unreadable, Self::Event)
    }
}

impl Item {
    pub const fn position(&self) -> Position {
        match self {
            Self::Event(event) => event.position,
            Self::Unreadable(event) => event.position,
        }
    }
}

/// What came since the last batch.
#[derive(Debug)]
pub struct Batch {
    /// In the log's order; empty where only the position moved on, or the end was reached.
    pub events: Vec<Item>,
    /// Everything up to here has been handed out; [`Position::START`] for an empty log.
    pub reached: Position,
    /// Nothing more was waiting when the batch was made.
    pub caught_up: bool,
}

/// Events after some position, then new ones as they come.
pub struct Follower {
    log: Log,
    prefixes: Arc<[String]>,
    status: FollowerStatus,
    heartbeat: Heartbeat,
    frames: Option<mpsc::Receiver<Frame>>,
    backoff: Backoff,
    retry_at: Instant,
    /// The position of the last event or checkpoint that came.
    received: Option<Position>,
    waiting: VecDeque<Item>,
    /// There is something to tell beside the events that wait.
    moved: bool,
    live: bool,
    /// No frame has come since the last beat.
    quiet: bool,
    missing_since: Option<Instant>,
    patience: Duration,
    /// Once the reader has all up to this head, it knew everything when the head was asked for.
    unconfirmed: Option<(Instant, Position)>,
}

impl Log {
    /// Follows the streams of `categories` from just after `after`, or from the log's beginning.
    ///
    /// Subscribes when the first batch is asked for.
    pub fn follow(&self, after: Option<Position>, categories: &[&str]) -> Follower {
        let prefixes: Arc<[String]> =
            categories.iter().map(|category| format!("{category}-")).collect();
        Follower {
            log: self.clone(),
            status: FollowerStatus::new(after),
            heartbeat: Heartbeat::new(self.clone(), Arc::clone(&prefixes)),
            prefixes,
            frames: None,
            backoff: new_backoff(),
            retry_at: Instant::now(),
            received: after,
            waiting: VecDeque::new(),
            moved: false,
            live: false,
            quiet: false,
            missing_since: None,
            patience: PATIENCE,
            unconfirmed: None,
        }
    }
}

fn new_backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(2))
}

impl Follower {
    /// Waits for events, at most `max`, or for the position to move on.
    ///
    /// Asking for the next batch says that the last one is dealt with. May be dropped while it
    /// waits; nothing is lost.
    pub async fn next_batch(&mut self, max: usize) -> Batch {
        loop {
            self.confirm();
            self.drain(max);
            if self.moved || !self.waiting.is_empty() {
                return self.hand_out(max);
            }
            self.subscribe();
            select! {
                frame = next_frame(&mut self.frames) => match frame {
                    Some(frame) => self.receive(frame),
                    None => self.disconnect("it ended"),
                },
                () = sleep_until(self.retry_at.into()), if self.frames.is_none() => {}
                beat = self.heartbeat.next(self.received, self.quiet) => self.feel(beat),
            }
        }
    }

    pub fn status(&self) -> FollowerStatus {
        self.status.clone()
    }

    fn subscribe(&mut self) {
        if self.frames.is_some() || Instant::now() < self.retry_at {
            return;
        }
        let settings = self.log.connection().settings().clone();
        match subscription::start(settings, Arc::clone(&self.prefixes), self.received) {
            Ok(frames) => self.frames = Some(frames),
            Err(error) => {
                tracing::error!(%error, "there is no thread to follow the event log");
                self.retry_at = Instant::now() + self.backoff.next();
            }
        }
    }

    /// Takes what has come, without waiting.
    fn drain(&mut self, max: usize) {
        while self.waiting.len() < max
            && let Some(frame) = self.frames.as_mut().and_then(|frames| frames.try_recv().ok())
        {
            self.receive(frame);
        }
    }

    fn receive(&mut self, frame: Frame) {
        self.status.frame();
        self.quiet = false;
        self.missing_since = None;
        match frame {
            Frame::Confirmed => {
                self.status.connect(true);
                self.backoff = new_backoff();
            }
            Frame::Item(item) => {
                self.patience = PATIENCE;
                if self.advance(item.position()) {
                    self.waiting.push_back(item);
                }
            }
            Frame::Checkpoint(position) => self.moved |= self.advance(position),
            Frame::CaughtUp => {
                self.moved |= !self.live;
                self.live = true;
            }
            Frame::FellBehind => self.live = false,
        }
    }

    /// Moves on to `position`; `false`: it was there already, after a reconnect.
    fn advance(&mut self, position: Position) -> bool {
        let forwards = self.received.is_none_or(|received| received < position);
        if forwards {
            self.received = Some(position);
        }
        forwards
    }

    fn hand_out(&mut self, max: usize) -> Batch {
        let count = self.waiting.len().min(max);
        let events: Vec<Item> = self.waiting.drain(..count).collect();
        let emptied = self.waiting.is_empty();
        let reached = match events.last() {
            Some(last) if !emptied => last.position(),
            _ => self.received.unwrap_or(Position::START),
        };
        if emptied {
            self.moved = false;
        }
        self.status.reach(reached);
        let more = self.frames.as_ref().is_some_and(|frames| !frames.is_empty());
        Batch { events, reached, caught_up: self.live && emptied && !more }
    }

    fn disconnect(&mut self, why: &'static str) {
        self.frames = None;
        self.live = false;
        self.missing_since = None;
        self.status.connect(false);
        self.retry_at = Instant::now() + self.backoff.next();
        metrics::counter!("keyledger_log_resubscriptions_total").increment(1);
        tracing::info!(why, "the event log is subscribed to again");
    }

    /// Draws the conclusions from a beat.
    fn feel(&mut self, beat: Option<Beat>) {
        let was_quiet = std::mem::replace(&mut self.quiet, true);
        // While the log does not answer, nothing can be said about the subscription.
        let Some(beat) = beat else { return };
        if let Some(clear) = beat.clear_to {
            self.moved |= self.advance(clear);
        }
        if self.received.unwrap_or(Position::START) >= beat.head && !self.live {
            self.live = true;
            self.moved = true;
        }
        if beat.missing && was_quiet && self.frames.is_some() {
            let since = *self.missing_since.get_or_insert(beat.asked);
            if since.elapsed() >= self.patience {
                self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
                self.disconnect("it held back an event");
            }
        }
        // An older one stays until it is reached: under load the head is always a little ahead.
        self.unconfirmed.get_or_insert((beat.asked, beat.head));
        if let Some(age) = self.status.confirmed() {
            metrics::histogram!("keyledger_log_follower_age_seconds").record(age.as_secs_f64());
        }
    }

    /// The reader has come back, so it has dealt with all that was handed out.
    fn confirm(&mut self) {
        if let Some((asked, head)) = self.unconfirmed
            && self.waiting.is_empty()
            && !self.moved
            && self.received.unwrap_or(Position::START) >= head
        {
            self.status.confirm(asked);
            self.unconfirmed = None;
        }
    }
}

async fn next_frame(frames: &mut Option<mpsc::Receiver<Frame>>) -> Option<Frame> {
    match frames {
        Some(frames) => frames.recv().await,
        None => std::future::pending().await,
    }
}
