//! Subscription: the log's events as they come, read on a thread that can be given up.
//!
//! The crate's subscription spins for ever without yielding if a server ends it
//! with OK, and cannot be polled again once a poll was dropped. So it has a
//! thread, a runtime and a client of its own, and speaks through a channel:
//! closing the channel is all it takes to be rid of it, and a thread that spins
//! takes nobody with it.

use std::{io, sync::Arc, thread};

use eventstore::{
    Client, ClientSettings, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter,
};
use tokio::{runtime::Builder, select, sync::mpsc};

use super::Item;
use crate::Position;

/// How many frames may wait for the reader; then the server is not read any further.
const WAITING: usize = 2_048;
/// How many events the server considers between two checkpoints.
const WINDOW: u32 = 500;

#[expect(clippy::large_enum_variant, reason = "nearly every frame is an event")]
pub(super) enum Frame {
    Confirmed,
    Item(Item),
    /// No event of ours lies between the last one and here.
    Checkpoint(Position),
    CaughtUp,
    FellBehind,
}

/// Subscribes to the streams whose names begin with one of `prefixes`, from just after `after`.
///
/// The channel closes when the subscription has ended, for whatever reason.
pub(super) fn start(
    settings: ClientSettings,
    prefixes: Arc<[String]>,
    after: Option<Position>,
) -> io::Result<mpsc::Receiver<Frame>> {
    let (frames, received) = mpsc::channel(WAITING);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("log-follower".into()).spawn(move || {
        let start = after.unwrap_or(Position::START).into();
        let filter = prefixes
            .iter()
            .fold(SubscriptionFilter::on_stream_name(), SubscriptionFilter::add_prefix)
            .max(WINDOW);
        let options = SubscribeToAllOptions::default().position(start).filter(filter);
        if let Err(error) = runtime.block_on(run(settings, options, frames)) {
            tracing::warn!(%error, "the subscription to the event log has ended");
        }
        runtime.shutdown_background();
    })?;
    Ok(received)
}

/// Returns when nobody listens any more.
async fn run(
    settings: ClientSettings,
    options: SubscribeToAllOptions,
    frames: mpsc::Sender<Frame>,
) -> eventstore::Result<()> {
    let mut subscription = Client::new(settings)?.subscribe_to_all(&options).await;
    loop {
        let event = select! {
            biased;
            () = frames.closed() => return Ok(()),
            event = subscription.next_subscription_event() => event?,
        };
        let frame = match event {
            SubscriptionEvent::Confirmed(_) => Frame::Confirmed,
            SubscriptionEvent::EventAppeared(resolved) => match resolved.event {
                Some(stored) => Frame::Item(Item::from(stored)),
                // Links are not resolved, so there is no event without one.
                None => continue,
            },
            SubscriptionEvent::Checkpoint(position) => Frame::Checkpoint(position.into()),
            SubscriptionEvent::CaughtUp => Frame::CaughtUp,
            SubscriptionEvent::FellBehind => Frame::FellBehind,
            SubscriptionEvent::FirstStreamPosition(_)
            | SubscriptionEvent::LastStreamPosition(_)
            | SubscriptionEvent::LastAllPosition(_) => continue,
        };
        if frames.send(frame).await.is_err() {
            return Ok(());
        }
    }
}
