//! Execute: carries a command to an aggregate: load, decide, append.
//!
//! The expected revision of the append is the only arbiter. Whoever loses to
//! another writer decides again, on the new state.

use std::{sync::Arc, time::Duration};

use domain::{Aggregate, Time};
use tokio::time::{Instant, sleep};

use crate::{
    Context, ExecuteError, Loaded, Log, Position, ReadError, Unavailable,
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
    /// When the newest event of `state` happened.
    pub last_at: Option<Time>,
    /// The command had been carried out before; found by its command id.
    pub repeated: bool,
}

impl<A: Aggregate> Committed<A> {
    fn new(folded: &Folded<A>, events: Vec<A::Event>, repeated: bool) -> Self {
        let Loaded { state, revision, position, last_at } = folded.loaded();
        Self { state, events, revision, position, last_at, repeated }
    }

    /// The stream as the command left it.
    pub fn loaded(self) -> Loaded<A> {
        let Self { state, revision, position, last_at, .. } = self;
        Loaded { state, revision, position, last_at }
    }
}

/// What a caller knows of the stream it wants changed.
#[derive(Clone, Copy)]
enum Expectation {
    Anything,
    /// What this node left it as, most likely.
    Remembered,
    /// Nothing, most likely: the command itself names it.
    New,
    Revision(Option<u64>),
}

impl Expectation {
    fn is_met_by(self, revision: Option<u64>) -> bool {
        match self {
            Self::Anything | Self::Remembered | Self::New => true,
            Self::Revision(expected) => expected == revision,
        }
    }
}

/// A state that a command can be decided on.
struct Basis<A> {
    folded: Arc<Folded<A>>,
    /// Whether it was just read. Otherwise only an append that succeeds proves that it was right:
    /// nothing is refused on account of it.
    read: bool,
}

impl Log {
    /// Loads `id`'s aggregate, lets it decide on `command`, appends the outcome.
    ///
    /// A context stands for one command on one stream: if events of its command id are among the
    /// stream's last hundred, they are the answer and nothing is decided. Several commands of one
    /// request on the same stream each need a [`Context::step`].
    pub async fn execute<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        self.carry_out(id, command, context, Expectation::Anything).await
    }

    /// The same for a command that nobody can have sent before, since its id was just drawn: a long
    /// stream that this node knows is read only where it turns out to have changed.
    pub async fn execute_once<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        self.carry_out(id, command, context, Expectation::Remembered).await
    }

    /// The same for a stream that nobody but this command names, so that it is most likely empty:
    /// it is read only where it turns out not to be.
    ///
    /// To be used where the same command never decides the same events twice, e.g. since they hold
    /// a secret: else a repetition that brings what is there already is taken for the first.
    pub async fn execute_new<A: Aggregate>(
        &self,
        id: A::Id,
        command: &A::Command,
        context: &Context,
    ) -> Result<Committed<A>, ExecuteError<A::Rejection>> {
        self.carry_out(id, command, context, Expectation::New).await
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

        let mut guess = self.guess::<A>(&stream, expectation);
        for attempt in 0..ATTEMPTS {
            let Basis { folded, read } = match guess.take() {
                Some(folded) => Basis { folded, read: false },
                None => Basis { folded: self.fold::<A>(&stream, end).await?, read: true },
            };
            if folded.has_seen(context.command_id)
                && let Some(repeated) = self.find(&stream, context, end).await?
            {
                return Ok(repeated);
            }
            let met = expectation.is_met_by(folded.revision);
            let decided = if met { Some(folded.state.decide(command)) } else { None };
            match decided {
                Some(Ok(events)) if !events.is_empty() => {
                    match self.commit(&stream, &folded, events, context, end).await? {
                        Some(done) => return Ok(done),
                        // A wrong guess is nobody's contention.
                        None if !read => {}
                        None => sleep(jittered(Duration::from_millis(4) * attempt)).await,
                    }
                }
                _ if !read => {}
                Some(Ok(nothing)) => return Ok(Committed::new(&folded, nothing, false)),
                Some(Err(rejection)) => return Err(ExecuteError::Rejected(rejection)),
                None => return Err(ExecuteError::VersionConflict { current: folded.revision }),
            }
        }
        Err(ExecuteError::Contended)
    }

    /// What the stream most likely is, without asking: what this node left it as, or nothing.
    fn guess<A: Aggregate>(
        &self,
        stream: &str,
        expectation: Expectation,
    ) -> Option<Arc<Folded<A>>> {
        match expectation {
            Expectation::New => Some(Arc::new(Folded::unreadable(None))),
            Expectation::Remembered => self.inner.remembered.get(stream),
            // A command may have been carried out here by another node already.
            Expectation::Anything | Expectation::Revision(_) => None,
        }
    }

    /// Finds what the command brought about when it was carried out before.
    async fn find<A: Aggregate>(
        &self,
        stream: &str,
        context: &Context,
        end: Instant,
    ) -> Result<Option<Committed<A>>, ReadError> {
        let (gathered, last) = self.gather::<A>(stream, None, end).await?;
        let events = gathered.events_of(context.command_id)?;
        let found = !events.is_empty();
        Ok(found.then(|| Committed::new(&gathered.fold(last), events, true)))
    }

    /// Appends what was decided; `None`: another writer was faster.
    async fn commit<A: Aggregate>(
        &self,
        stream: &str,
        folded: &Folded<A>,
        events: Vec<A::Event>,
        context: &Context,
        end: Instant,
    ) -> Result<Option<Committed<A>>, ExecuteError<A::Rejection>> {
        let draft =
            self.draft(stream, folded, &events, context).map_err(ExecuteError::Unwritable)?;
        if folded.revision.is_none() {
            self.retain(stream, A::RETENTION, end).await.map_err(Unavailable::from)?;
        }
        let after = match self.append(stream, folded.revision, draft, end).await {
            Ok(after) => self.summarise(stream, folded, after, context, end).await,
            Err(Failure::Conflict { .. }) => return Ok(None),
            Err(failure @ (Failure::Deleted | Failure::Unavailable(_))) => {
                return Err(Unavailable::from(failure).into());
            }
        };
        let after = Arc::new(after);
        self.inner.remembered.put(stream, &after);
        Ok(Some(Committed::new(&after, events, false)))
    }
}
