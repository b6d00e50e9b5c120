//! Execute: carries a command to an aggregate: load, decide, append.
//!
//! The expected revision of the append is the only arbiter. Whoever loses to
//! another writer decides again, on the new state.

use std::time::Duration;

use domain::Aggregate;
use tokio::time::{Instant, sleep};

use crate::{
    Context, ExecuteError, Log, Position, Unavailable,
    connection::{Failure, jittered},
    fold::Folded,
    load::stream_name,
};

/// How often a command is decided before its caller hears of the conflict.
const ATTEMPTS: u32 = 10;

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Committed<A: Aggregate> {
    /// The stream's state now, the command carried out.
    pub state: A,
    /// What the command brought about; nothing, where there was nothing to do.
    pub events: Vec<A::Event>,
    /// The number of the stream's newest event at `state`; `None`: the stream is empty.
    pub revision: Option<u64>,
    /// Where the newest event of `state` lies; a reader that has seen this has seen the command.
    pub position: Option<Position>,
    /// The command had been carried out before; found by its command id.
    pub repeated: bool,
}

impl<A: Aggregate> Committed<A> {
    fn new(folded: Folded<A>, events: Vec<A::Event>, repeated: bool) -> Self {
        let Folded { state, revision, position, .. } = folded;
        Self { state, events, revision, position, repeated }
    }
}

/// What a caller knows of the stream it wants changed.
#[derive(Clone, Copy)]
enum Expectation {
    Anything,
    Revision(Option<u64>),
}

impl Log {
    /// Loads `id`'s aggregate, lets it decide on `command`, appends the outcome.
    ///
    /// A context stands for one command on one stream: if the stream holds events of its command
    /// id since the last summary, they are the answer and nothing is decided. Several commands of
    /// one request on the same stream each need a [`Context::step`].
    pub async fn execute<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        self.carry_out(id, command, context, Expectation::Anything).await
    }

    /// The same for a caller who saw the stream at `expected_revision` (`None`: saw it empty), and
    /// wants nothing done if it is elsewhere.
    pub async fn execute_at<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
        expected_revision: Option<u64>,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        self.carry_out(id, command, context, Expectation::Revision(expected_revision)).await
    }

    #[tracing::instrument(skip_all, fields(stream, command = context.command))]
    async fn carry_out<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
        expectation: Expectation,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        let stream = stream_name::<A>(id);
        tracing::Span::current().record("stream", &stream);
        let end = self.connection().deadline();
        let _turn = self.inner.queues.enter(&stream, end).await?;

        for attempt in 0..ATTEMPTS {
            let (gathered, folded) = self.fold::<A>(&stream, end).await?;
            if folded.commands.contains(&context.command_id) {
                let events = gathered.events_of(context.command_id);
                return Ok(Committed::new(folded, events, true));
            }
            if let Expectation::Revision(expected) = expectation
                && expected != folded.revision
            {
                return Err(ExecuteError::VersionConflict { current: folded.revision });
            }
            let events = folded.state.decide(command).map_err(ExecuteError::Rejected)?;
            if events.is_empty() {
                return Ok(Committed::new(folded, events, false));
            }
            match self.commit(&stream, &folded, &events, context, end).await? {
                Some(committed) => {
                    let committed = self.summarise(&stream, committed, context, end).await;
                    return Ok(Committed::new(committed, events, false));
                }
                None => sleep(jittered(Duration::from_millis(4) * attempt)).await,
            }
        }
        Err(ExecuteError::Contended)
    }

    /// Appends what was decided; `None`: another writer was faster.
    async fn commit<A: Aggregate>(
        &self,
        stream: &str,
        folded: &Folded<A>,
        events: &[A::Event],
        context: &Context,
        end: Instant,
    ) -> Result<Option<Folded<A>>, ExecuteError<A::Rejection>> {
        let draft =
            self.draft(stream, folded, events, context).map_err(ExecuteError::Unwritable)?;
        if folded.revision.is_none() {
            self.retain(stream, A::RETENTION, end).await.map_err(Unavailable::from)?;
        }
        match self.append(stream, folded.revision, draft, end).await {
            Ok(committed) => Ok(Some(committed)),
            Err(Failure::Conflict { .. }) => Ok(None),
            Err(failure @ (Failure::Deleted | Failure::Unavailable(_))) => {
                Err(Unavailable::from(failure).into())
            }
        }
    }
}
