//! The outbox: pages of messages on their way to one reader.
//!
//! It holds one page, so that a slow reader slows its own reading and costs bounded memory.

use super::{
    answer::Answer,
    wire::{IdFormat, Message},
};
use futures::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};
use tokio::sync::mpsc;
use tonic::Status;

/// The reader has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Why a reading ends before its reader does.
#[derive(Debug)]
pub(crate) enum End {
    /// Nobody listens any more.
    Gone,
    /// The reader is told this.
    Failed(Box<Status>),
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::Failed(Box::new(status))
    }
}

/// Where a reading puts what it found.
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

    /// Returns once the reader has gone.
    pub(crate) async fn gone(&self) {
        self.pages.closed().await;
    }

    /// Tells the reader why there is no more, if it is still there.
    pub(crate) async fn end(self, end: End) {
        if let End::Failed(status) = end {
            // A reader that has gone needs no reason.
            let _ = self.pages.send(Err(*status)).await;
        }
    }
}

/// What a reader receives.
#[derive(Debug)]
pub(crate) struct Messages {
    ids: IdFormat,
    page: vec::IntoIter<Message>,
    pages: Option<mpsc::Receiver<Result<Vec<Message>, Status>>>,
}

impl Messages {
    /// All there is to say.
    pub(crate) fn complete(ids: IdFormat, page: Vec<Message>) -> Self {
        Self { ids, page: page.into_iter(), pages: None }
    }

    /// A first page, and an outbox for those that follow.
    pub(crate) fn begin(ids: IdFormat, page: Vec<Message>) -> (Outbox, Self) {
        let (sender, pages) = mpsc::channel(1);
        (Outbox { pages: sender }, Self { ids, page: page.into_iter(), pages: Some(pages) })
    }
}

impl Messages {
    /// The next page, for a reader in this process; nothing at the end, whatever its reason.
    pub(crate) async fn next_page(&mut self) -> Option<Vec<Message>> {
        let begun: Vec<_> = self.page.by_ref().collect();
        if !begun.is_empty() {
            return Some(begun);
        }
        match self.pages.as_mut()?.recv().await? {
            Ok(page) => Some(page),
            Err(status) => {
                tracing::debug!(%status, "a reading has ended");
                None
            }
        }
    }
}

impl Stream for Messages {
    type Item = Result<Answer, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(message) = self.page.next() {
                return Poll::Ready(Some(Ok(Answer::new(message, self.ids))));
            }
            let Some(pages) = &mut self.pages else { return Poll::Ready(None) };
            match ready!(pages.poll_recv(cx)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(status)) => {
                    self.pages = None;
                    return Poll::Ready(Some(Err(status)));
                }
                None => {
                    self.pages = None;
                    return Poll::Ready(None);
                }
            }
        }
    }
}
