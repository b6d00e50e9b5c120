//! A connection that lets the calls on it speak first.
//!
//! The runtime polls whoever was woken last before all others. So a connection was polled, and wrote to
//! its socket, after each of the many calls that had something to say at the same moment: a thousand
//! followers cost a thousand writes for one event.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// A future that is polled one turn after it was woken, behind all that was ready before.
#[derive(Debug)]
pub(crate) struct Patient<F> {
    inner: F,
    waited: bool,
}

impl<F> Patient<F> {
    pub(crate) const fn new(inner: F) -> Self {
        Self { inner, waited: false }
    }

    pub(crate) const fn inner(&mut self) -> &mut F {
        &mut self.inner
    }
}

impl<F: Future + Unpin> Future for Patient<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.waited {
            self.waited = true;
            // Woken while it runs, a task goes to the end of the queue.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waited = false;
        Pin::new(&mut self.inner).poll(cx)
    }
}
