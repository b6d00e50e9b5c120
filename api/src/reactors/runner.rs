//! Runner: follows the log for one reactor, and works off its agenda while this node may act.

use std::time::Duration;

use fail::fail_point;
use store::{Batch, Follower, Item, Position};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    Reactor, ReactorStatus,
    agenda::{Agenda, Cause},
    lease::Lease,
    steps::Steps,
};
use crate::{app::App, error::Error};

/// How many events are read at once.
const BATCH: usize = 500;
/// After how many events that asked for nothing the cursor moves all the same, so that a restart
/// need not read them again.
const MOVES_AFTER: usize = 1_000;
/// How long to wait for events, or for a task that is due, before looking again.
const PAUSE: Duration = Duration::from_secs(1);

struct Runner<R: Reactor> {
    app: App,
    agenda: Agenda<R::Task>,
    lease: Lease,
    /// Everything up to here was noted.
    reached: Option<Position>,
    /// The end of the event before one that this release cannot read: a restart must meet it
    /// again, hence not `reached`.
    unreadable: Option<Position>,
    since_moved: usize,
}

/// Runs the reactor `R` until `stop`.
pub(super) async fn run<R: Reactor>(
    app: App,
    holder: String,
    status: watch::Sender<ReactorStatus>,
    stop: CancellationToken,
) {
    let Some(lease) = stop.run_until_cancelled(begin::<R>(&app, &holder)).await else { return };
    let reached = lease.position();
    let mut follower = app.log.follow(reached, R::CATEGORIES);
    let agenda = Agenda::default();
    let mut runner = Runner::<R> { app, agenda, lease, reached, unreadable: None, since_moved: 0 };
    while let Some(caught_up) = stop.run_until_cancelled(runner.read(&mut follower)).await {
        if caught_up {
            runner.work(&stop).await;
        }
        status.send_replace(runner.status());
    }
    runner.move_cursor().await;
}

/// Reads where the reactor stands, as soon as the log answers.
async fn begin<R: Reactor>(app: &App, holder: &str) -> Lease {
    loop {
        match Lease::read(app, R::NAME, holder).await {
            Ok(lease) => return lease,
            Err(error) => {
                error.log();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl<R: Reactor> Runner<R> {
    /// Notes what has come, if anything does before the next task is due. Tells whether there is
    /// nothing more to note.
    async fn read(&mut self, follower: &mut Follower) -> bool {
        let due = self.agenda.next_due().map_or(PAUSE, |due| self.app.clock.until(due).min(PAUSE));
        let Ok(batch) = tokio::time::timeout(due, follower.next_batch(BATCH)).await else {
            return true;
        };
        self.note(&batch);
        if self.since_moved >= MOVES_AFTER {
            self.move_cursor().await;
        }
        batch.caught_up
    }

    fn note(&mut self, batch: &Batch) {
        self.since_moved += batch.events.len();
        for item in &batch.events {
            let noted = match item {
                Item::Event(event) => {
                    let cause = Cause {
                        event_id: event.event_id,
                        correlation_id: event.metadata.correlation_id,
                        position: event.position,
                        before: self.reached,
                    };
                    R::note(event, cause, &mut self.agenda).map_err(|error| error.to_string())
                }
                Item::Unreadable(unreadable) => Err(unreadable.to_string()),
            };
            if let Err(error) = noted {
                tracing::error!(error, reactor = %R::NAME, "an event can not be acted upon");
                self.unreadable.get_or_insert(self.reached.unwrap_or(Position::START));
            }
            self.reached = Some(item.position());
        }
        self.reached = self.reached.max(Some(batch.reached));
    }

    /// Does what is due, as long as this node may act.
    async fn work(&mut self, stop: &CancellationToken) {
        let mut done = false;
        while let Some((task, entry)) = self.agenda.due(self.app.clock.now()) {
            match self.lease.hold(&self.app).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    error.log();
                    break;
                }
            }
            match self.act(task, entry.cause).await {
                Ok(()) => self.agenda.settle(task),
                Err(error) => {
                    error.log();
                    tracing::warn!(reactor = %R::NAME, ?task, failures = entry.failures, "not done");
                    self.agenda.failed(task, self.app.clock.now());
                }
            }
            done = true;
        }
        if done {
            self.move_cursor().await;
        }
    }

    /// In a task of its own: neither a stop nor a panic cuts a step in two.
    async fn act(&self, task: R::Task, cause: Cause) -> Result<(), Error> {
        let app = self.app.clone();
        self.app
            .uncancelled(async move {
                fail_point!("reactor.before");
                let done = R::act(Steps { app: &app, name: R::NAME, cause: &cause }, task).await;
                fail_point!("reactor.after");
                done
            })
            .await
    }

    /// Moves the cursor to before the oldest thing that is left to do.
    async fn move_cursor(&mut self) {
        self.since_moved = 0;
        let low_water = self.agenda.low_water(self.reached);
        let low_water = self.unreadable.map_or(low_water, |before| low_water.min(Some(before)));
        fail_point!("cursor.before");
        if let Some(position) = low_water
            && let Err(error) = self.lease.advance(&self.app, position).await
        {
            error.log();
        }
    }

    fn status(&self) -> ReactorStatus {
        ReactorStatus {
            name: R::NAME,
            reached: self.reached,
            waiting: self.agenda.len(),
            stuck: self.agenda.stuck(),
            acts_until: self.lease.held_until(),
        }
    }
}
