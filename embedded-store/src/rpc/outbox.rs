//! The outbox: pages of messages on their way to one reader.
//!
//! It holds one page, so that a slow reader slows its own reading and costs bounded memory. A read
//! works ahead in a task of its own; a follower works within its reader's, for an event that a thousand
//! wait for would wake two thousand tasks otherwise.

use super::{
    answer::Answer,
    wire::{IdFormat, Message},
};
use futures::Stream;
use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    vec,
};
use tokio::sync::mpsc;
use tonic::Status;

/// The reader has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Where a read puts what it found.
#[derive(Debug)]
pub(crate) struct Outbox {
    pages: mpsc::Sender<Result<Vec<Message>, Status>>,
}

impl Outbox {
    /// Waits until the reader has taken the page before.
    pub(crate) async fn send(&self, page: Vec<Message>) -> Result<(), Gone> {
        if page.is_empty() {
            return Ok(());
        }
        self.pages.send(Ok(page)).await.map_err(|_| Gone)
    }

    /// Tells the reader why there is no more, if it is still there.
    pub(crate) async fn end(self, status: Status) {
        // A reader that has gone needs no reason.
        let _ = self.pages.send(Err(status)).await;
    }
}

/// Where a follower puts what it found, for the reader whose task it works in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tray(Arc<Mutex<Option<Vec<Message>>>>);

impl Tray {
    /// Waits until the reader has taken the page.
    pub(crate) async fn put(&self, page: Vec<Message>) {
        if page.is_empty() {
            return;
        }
        *self.hold() = Some(page);
        // Nobody needs to be woken: who takes it asks for more.
        poll_fn(|_| if self.hold().is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn take(&self) -> Option<Vec<Message>> {
        self.hold().take()
    }

    fn hold(&self) -> MutexGuard<'_, Option<Vec<Message>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A follower at work; it ends with what its reader is told.
type Work = Pin<Box<dyn Future<Output = Result<Infallible, Status>> + Send>>;

/// Where the pages come from that follow the first.
enum Source {
    /// There are none.
    None,
    Read(mpsc::Receiver<Result<Vec<Message>, Status>>),
    Follower(Work, Tray),
}

/// What a reader receives.
pub(crate) struct Messages {
    ids: IdFormat,
    page: vec::IntoIter<Message>,
    source: Source,
}

impl Messages {
    /// All there is to say.
    pub(crate) fn complete(ids: IdFormat, page: Vec<Message>) -> Self {
        Self::new(ids, page, Source::None)
    }

    /// A first page, and an outbox for those that follow.
    pub(crate) fn begin(ids: IdFormat, page: Vec<Message>) -> (Outbox, Self) {
        let (sender, pages) = mpsc::channel(1);
        (Outbox { pages: sender }, Self::new(ids, page, Source::Read(pages)))
    }

    /// A first page, and a follower for those that come after it.
    pub(crate) fn follow<F>(
        ids: IdFormat,
        page: Vec<Message>,
        follower: impl FnOnce(Tray) -> F,
    ) -> Self
    where
        F: Future<Output = Result<Infallible, Status>> + Send + 'static,
    {
        let tray = Tray::default();
        Self::new(ids, page, Source::Follower(Box::pin(follower(tray.clone())), tray))
    }

    fn new(ids: IdFormat, page: Vec<Message>, source: Source) -> Self {
        Self { ids, page: page.into_iter(), source }
    }

    /// The next page, for a reader in this process; nothing at the end, whatever its reason. May be
    /// dropped while it waits; nothing is lost.
    pub(crate) async fn next_page(&mut self) -> Option<Vec<Message>> {
        let begun: Vec<_> = self.page.by_ref().collect();
        if !begun.is_empty() {
            return Some(begun);
        }
        match poll_fn(|cx| self.poll_page(cx)).await? {
            Ok(page) => Some(page),
            Err(status) => {
                tracing::debug!(%status, "a reading has ended");
                None
            }
        }
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<Message>, Status>>> {
        let next = match &mut self.source {
            Source::None => None,
            Source::Read(pages) => ready!(pages.poll_recv(cx)),
            Source::Follower(work, tray) => match work.as_mut().poll(cx) {
                Poll::Ready(Err(status)) => Some(Err(status)),
                Poll::Pending => match tray.take() {
                    Some(page) => Some(Ok(page)),
                    None => return Poll::Pending,
                },
            },
        };
        if !matches!(next, Some(Ok(_))) {
            self.source = Source::None;
        }
        Poll::Ready(next)
    }
}

impl Stream for Messages {
    type Item = Result<Answer, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(message) = self.page.next() {
                return Poll::Ready(Some(Ok(Answer::new(message, self.ids))));
            }
            match ready!(self.poll_page(cx)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("page", &self.page).finish_non_exhaustive()
    }
}
