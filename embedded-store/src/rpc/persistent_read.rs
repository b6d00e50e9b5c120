//! `PersistentSubscriptions.Read`: events one way, acknowledgements the other.

use super::{
    persistent::refused,
    persistent_settings::{named, of_all},
    status,
    wire::{self, IdFormat},
};
use crate::{
    persistent::{Command, Nack, Subscriptions, queue::Item, queue::ReaderId, settings::Key},
    protocol::event_store::client::{
        Empty,
        persistent_subscriptions::{
            ReadReq, ReadResp,
            read_req::{Content, nack::Action, options::StreamOption, options::uuid_option},
            read_resp::{
                self, ReadEvent, SubscriptionConfirmation, read_event::Count, read_event::Position,
            },
        },
    },
};
use futures::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Status, Streaming};
use uuid::Uuid;

pub(crate) async fn read(
    subscriptions: &Subscriptions,
    mut requests: Streaming<ReadReq>,
) -> Result<Deliveries, Status> {
    let Some(Content::Options(options)) = requests.message().await?.and_then(|m| m.content) else {
        return Err(status::unhandled());
    };
    let ids = match options.uuid_option.and_then(|option| option.content) {
        Some(uuid_option::Content::Structured(_)) => IdFormat::Structured,
        Some(uuid_option::Content::String(_)) | None => IdFormat::Text,
    };
    let key = match &options.stream_option {
        Some(StreamOption::StreamIdentifier(stream)) => named(stream, options.group_name)?,
        Some(StreamOption::All(_)) => of_all(options.group_name),
        None => return Err(status::unhandled()),
    };
    let group = subscriptions.find(&key).await.map_err(|failure| refused(failure, &key))?;
    let slots = usize::try_from(options.buffer_size).ok().filter(|slots| *slots > 0);
    let slots = slots.ok_or_else(status::unhandled)?;
    let (reply, connected) = oneshot::channel();
    let command = Command::Connect { slots, reply };
    group.send(command).await.map_err(|_| status::subscription_missing(&key))?;
    let (reader, events) = connected
        .await
        .map_err(|_| status::subscription_missing(&key))?
        .ok_or_else(|| status::too_many_subscribers(&key))?;
    let gone = CancellationToken::new();
    tokio::spawn(listen(requests, group, reader, gone.clone()));
    Ok(Deliveries { ids, confirmation: Some(key), events, ended: false, _gone: gone.drop_guard() })
}

/// Passes on what the reader answers, until it is gone.
async fn listen(
    mut requests: Streaming<ReadReq>,
    group: mpsc::Sender<Command>,
    reader: ReaderId,
    gone: CancellationToken,
) {
    loop {
        let request = tokio::select! {
            () = gone.cancelled() => break,
            request = requests.message() => request,
        };
        let command = match request {
            Ok(Some(request)) => answer(request),
            // It has nothing more to say, but may still listen.
            Ok(None) => {
                gone.cancelled().await;
                break;
            }
            Err(_) => break,
        };
        if let Some(command) = command
            && group.send(command).await.is_err()
        {
            return;
        }
    }
    // A group that has ended misses nobody.
    let _ = group.send(Command::Gone { reader }).await;
}

fn answer(request: ReadReq) -> Option<Command> {
    let ids = |ids: &[_]| -> Vec<Uuid> {
        ids.iter().filter_map(|id| wire::parse_uuid(Some(id))).collect()
    };
    match request.content? {
        Content::Options(_) => None,
        Content::Ack(ack) => Some(Command::Ack { ids: ids(&ack.ids) }),
        Content::Nack(nack) => {
            let how = match nack.action() {
                Action::Park => Nack::Park { reason: nack.reason.clone() },
                Action::Unknown | Action::Retry => Nack::Retry,
                Action::Skip | Action::Stop => Nack::Skip,
            };
            Some(Command::Nack { ids: ids(&nack.ids), how })
        }
    }
}

/// What a reader receives: the confirmation, then events, then why it ends.
pub(crate) struct Deliveries {
    ids: IdFormat,
    confirmation: Option<Key>,
    events: mpsc::Receiver<Result<Item, Status>>,
    ended: bool,
    /// Tells the group when the reader is gone.
    _gone: DropGuard,
}

impl Stream for Deliveries {
    type Item = Result<ReadResp, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(key) = self.confirmation.take() {
            let confirmation = SubscriptionConfirmation { subscription_id: key.to_string() };
            let content = read_resp::Content::SubscriptionConfirmation(confirmation);
            return Poll::Ready(Some(Ok(ReadResp { content: Some(content) })));
        }
        let ids = self.ids;
        self.events.poll_recv(cx).map(|delivery| match delivery {
            Some(Ok(item)) => Some(Ok(event(&item, ids))),
            Some(Err(reason)) => {
                self.ended = true;
                Some(Err(reason))
            }
            // Clients take an OK at the end for a broken server.
            None => {
                self.ended = true;
                Some(Err(status::shutting_down()))
            }
        })
    }
}

/// An event of a group; both it and its link stand where the original stands.
fn event(item: &Item, ids: IdFormat) -> ReadResp {
    let original = item.resolved.original().map(|event| wire::unsigned(event.position));
    let recorded = |event: &crate::log::event::Recorded| {
        let mut recorded = wire::recorded(event, ids);
        if let Some(position) = original {
            recorded.commit_position = position;
            recorded.prepare_position = position;
        }
        recorded
    };
    let event = ReadEvent {
        event: item.resolved.event.as_deref().map(recorded),
        link: item.resolved.link.as_deref().map(recorded),
        position: Some(original.map_or(Position::NoPosition(Empty {}), Position::CommitPosition)),
        count: Some(Count::RetryCount(item.retries)),
    };
    ReadResp { content: Some(read_resp::Content::Event(event)) }
}
