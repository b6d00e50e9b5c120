//! Reactors: they finish what a crash left half done, and bring about what time brings about.
//!
//! Law: a reactor reacts to events alone and only moves forward; its cursor is in the log
//! (`reactor_cursor-{name}`) and nothing rewinds it. What it does is decided again on the log when
//! it does it, under a command id that its cause gives, so doing it twice is doing it once. Of all
//! nodes one acts, the others stand by.
//!
//! Read in this order: [`agenda`], [`runner`], then one reactor, e.g. [`tokens`].

mod accounts;
pub mod agenda;
mod grants;
mod keys;
mod lease;
mod pairings;
mod people;
mod refreshes;
mod runner;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;

use domain::{Aggregate, StoredEvent, Time, event::DecodeError, reactor_cursor::ReactorName};
use store::{Position, Recorded, random};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::{
    agenda::{Agenda, Cause},
    steps::Steps,
};
use crate::{app::App, error::Error};

/// One kind of unfinished business.
trait Reactor: Send + Sync + 'static {
    /// Names the cursor; in the log for good.
    const NAME: ReactorName;
    /// The streams it reads.
    const CATEGORIES: &'static [&'static str];
    type Task: Copy + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync;

    /// Notes what `event` asks for, and what it settles. Has no effect on anything but the agenda.
    fn note(
        event: &Recorded,
        cause: Cause,
        agenda: &mut Agenda<Self::Task>,
    ) -> Result<(), DecodeError>;

    /// Does one task. Must do no harm when the task is done, or not needed any more.
    fn act(steps: Steps<'_>, task: Self::Task) -> impl Future<Output = Result<(), Error>> + Send;
}

/// How a reactor is doing on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorStatus {
    pub name: ReactorName,
    /// What it has read; none before the first event.
    pub reached: Option<Position>,
    /// Tasks that are not done yet, most of them not due yet.
    pub waiting: usize,
    /// Tasks that failed again and again.
    pub stuck: usize,
    /// Until when this node may act.
    pub acts_until: Option<Time>,
}

/// How all reactors of a node are doing; clones share it.
#[derive(Clone, Debug, Default)]
pub struct ReactorStatuses(Vec<watch::Receiver<ReactorStatus>>);

/// The reactors of a node.
#[derive(Debug, Default)]
pub struct Reactors {
    statuses: ReactorStatuses,
    tasks: JoinSet<()>,
}

impl ReactorStatuses {
    /// How each is doing now.
    pub fn now(&self) -> Vec<ReactorStatus> {
        self.0.iter().map(|status| *status.borrow()).collect()
    }
}

impl Reactors {
    /// Starts all reactors of `node`; they run until `stop`, through every outage of the log.
    pub fn start(app: &App, node: &str, stop: &CancellationToken) -> Self {
        let mut reactors = Self::default();
        // Nodes may be given the same name; the holder of a lease must be told from all others.
        let holder = format!("{node}/{}", random::uuid().simple());
        reactors.add::<tokens::Tokens>(app, &holder, stop);
        reactors.add::<people::People>(app, &holder, stop);
        reactors.add::<pairings::Pairings>(app, &holder, stop);
        reactors.add::<grants::Grants>(app, &holder, stop);
        reactors.add::<keys::Keys>(app, &holder, stop);
        reactors.add::<accounts::Accounts>(app, &holder, stop);
        reactors.tasks.spawn(refreshes::run(app.clone(), holder, stop.clone()));
        reactors
    }

    /// How they are doing; may be kept and asked at any time.
    pub fn statuses(&self) -> ReactorStatuses {
        self.statuses.clone()
    }

    /// Waits until all have stopped.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    fn add<R: Reactor>(&mut self, app: &App, holder: &str, stop: &CancellationToken) {
        let (status, seen) = watch::channel(ReactorStatus {
            name: R::NAME,
            reached: None,
            waiting: 0,
            stuck: 0,
            acts_until: None,
        });
        self.statuses.0.push(seen);
        self.tasks.spawn(runner::run::<R>(app.clone(), holder.to_owned(), status, stop.clone()));
    }
}

/// Tells whether an event of `A` says nothing new: a summary repeats, and one of another release
/// need not be understood.
fn is_summary<A: Aggregate>(event: &Recorded) -> bool {
    A::Event::SUMMARY.is_some_and(|summary| summary.event_type == event.event_type)
}
