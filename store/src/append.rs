//! Append: what was decided, put into the log behind what was read.

use domain::{Aggregate, Time, event};
use eventstore::{AppendToStreamOptions, EventData, ExpectedRevision, WriteResult};
use fail::fail_point;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{Context, Log, Metadata, chain, connection::Failure, fold::Folded};

/// Events ready to be sent, and the state they lead to.
pub(crate) struct Draft<A> {
    pub(crate) events: Vec<EventData>,
    /// Bytes of their data and metadata.
    pub(crate) size: usize,
    /// Its revision and position are still those before the append.
    pub(crate) after: Folded<A>,
}

impl Log {
    /// Puts `events` into the form in which they will lie behind what `before` was folded from.
    pub(crate) fn draft<A: Aggregate>(
        &self,
        stream: &str,
        before: &Folded<A>,
        events: &[A::Event],
        context: &Context,
    ) -> Result<Draft<A>, serde_json::Error> {
        let mut after = before.clone();
        let at = occurred_at(context.occurred_at, before.last_at);
        let (mut drafted, mut size) = (Vec::with_capacity(events.len()), 0);
        for (index, event) in events.iter().enumerate() {
            let encoded = event::encode(event)?;
            let metadata = self.metadata(context, encoded.schema, at, after.digest);
            let metadata = serde_json::to_vec(&metadata)?;
            let data = serde_json::to_vec(&encoded.data)?;
            after.digest = Some(chain::digest_of(&encoded.event_type, &metadata, &data));
            after.apply(event, &encoded.event_type, at, context.command_id);
            size += data.len() + metadata.len();
            drafted.push(
                EventData::json(&encoded.event_type, &encoded.data)?
                    .id(event_id(context, stream, index, &data))
                    .metadata(metadata.into()),
            );
        }
        Ok(Draft { events: drafted, size, after })
    }

    /// Appends a draft; on success its state has the revision and position of its last event.
    pub(crate) async fn append<A: Aggregate>(
        &self,
        stream: &str,
        expected: Option<u64>,
        draft: Draft<A>,
        end: Instant,
    ) -> Result<Folded<A>, Failure> {
        let Draft { events, mut after, .. } = draft;
        let written = self.append_raw(stream, expected, events, end).await?;
        after.revision = Some(written.next_expected_version);
        // Zero: the events were there already, and are so old that they are no longer readable.
        after.position = (written.position.commit > 0).then(|| written.position.into());
        Ok(after)
    }

    /// Appends events to `stream` where it ends at `expected` (`None`: where it is empty).
    ///
    /// May send them more than once; the log writes them once.
    pub(crate) async fn append_raw(
        &self,
        stream: &str,
        expected: Option<u64>,
        events: Vec<EventData>,
        end: Instant,
    ) -> Result<WriteResult, Failure> {
        let expected = expected.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        let options = AppendToStreamOptions::default().expected_revision(expected);
        let count = events.len() as u64;
        fail_point!("append.before");
        let written = self
            .connection()
            .call(end, |client| {
                let (stream, options, events) =
                    (stream.to_owned(), options.clone(), events.clone());
                async move { client.append_to_stream(stream, &options, events).await }
            })
            .await;
        fail_point!("append.after");
        match &written {
            Ok(_) => metrics::counter!("keyledger_log_appended_events_total").increment(count),
            Err(Failure::Conflict { .. }) => {
                metrics::counter!("keyledger_log_conflicts_total").increment(1);
            }
            Err(Failure::Deleted | Failure::Unavailable(_)) => {}
        }
        written
    }

    pub(crate) fn metadata(
        &self,
        context: &Context,
        schema: usize,
        occurred_at: Time,
        prev: Option<[u8; 32]>,
    ) -> Metadata {
        Metadata {
            schema,
            correlation_id: context.correlation_id,
            causation_id: context.causation_id,
            command_id: context.command_id,
            command: context.command.to_owned(),
            actor: context.actor.clone(),
            on_behalf_of: context.on_behalf_of.clone(),
            workspace_id: context.workspace_id,
            occurred_at,
            client: context.client.clone(),
            auth: context.auth.clone(),
            node: self.inner.node.clone(),
            build: self.inner.build.to_owned(),
            prev: prev.map(hex::encode),
        }
    }
}

/// Whole milliseconds, and never before the stream's last: a clock that jumped back brings nothing
/// back to life.
fn occurred_at(clock: Time, last: Option<Time>) -> Time {
    use chrono::SubsecRound;
    let clock = clock.trunc_subsecs(3);
    last.map_or(clock, |last| last.max(clock))
}

/// The same append sent again has the same ids; the same command with another secret has not.
pub(crate) fn event_id(context: &Context, stream: &str, index: usize, data: &[u8]) -> Uuid {
    let mut name = Vec::with_capacity(stream.len() + 8 + 32);
    name.extend_from_slice(stream.as_bytes());
    name.extend_from_slice(&(index as u64).to_be_bytes());
    name.extend_from_slice(&Sha256::digest(data));
    Uuid::new_v5(&context.command_id.as_uuid(), &name)
}
