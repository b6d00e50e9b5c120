//! Summarise: the whole state as one event, so that a fold need not read further back.
//!
//! It deletes nothing and changes nothing, so it may fail: the next one is tried
//! as many events later.

use domain::{Aggregate, StoredEvent, actor::Actor, id::CommandId};
use tokio::time::Instant;

use crate::{Context, Log, fold::Folded};

/// How many events a fold reads at most, give or take one append, and as many again for each summary
/// that failed.
const EVERY: usize = 100;

/// How large a summary may be, in bytes: a server takes 1 MiB in one append by default. A state that
/// is larger is folded from the last one that fitted, by a node that does not remember it.
const LARGEST: usize = 1_000_000;

impl Log {
    /// Appends a summary where one is due, `before` being where the last append began; returns the
    /// state the stream is left at.
    pub(crate) async fn summarise<A: Aggregate>(
        &self,
        stream: &str,
        before: &Folded<A>,
        folded: Folded<A>,
        context: &Context,
        end: Instant,
    ) -> Folded<A> {
        let due = before.since_summary / EVERY < folded.since_summary / EVERY;
        if A::Event::SUMMARY.is_none() || !due {
            return folded;
        }
        let Some(summary) = folded.state.summarise() else { return folded };
        let context = Context {
            command_id: CommandId::derived(context.command_id, "summarise"),
            command: "Summarise",
            actor: Actor::system("store"),
            on_behalf_of: None,
            client: None,
            auth: None,
            ..context.clone()
        };
        let appended = match self.draft(stream, &folded, &[summary], &context) {
            Ok(draft) if draft.size > LARGEST => {
                tracing::debug!(stream, size = draft.size, "a state is too large for a summary");
                return folded;
            }
            Ok(draft) => self.append(stream, folded.revision, draft, end).await,
            Err(error) => {
                tracing::error!(%error, stream, "a summary can not be written");
                return folded;
            }
        };
        appended.unwrap_or_else(|failure| {
            tracing::debug!(?failure, stream, "no summary was written this time");
            folded
        })
    }
}
