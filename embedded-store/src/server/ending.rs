//! Endings: a response body that ends with an error when its time is up or the server stops.
//!
//! Clients take an OK at the end of a subscription for a broken server, so a live stream never gets one.

use crate::rpc::status;
use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, body::BoxBody};

/// A body that may be cut short.
pub(crate) struct Ending {
    body: BoxBody,
    deadline: Option<Pin<Box<Sleep>>>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
}

impl Ending {
    pub(crate) fn new(
        body: BoxBody,
        deadline: Option<Pin<Box<Sleep>>>,
        stopping: WaitForCancellationFutureOwned,
    ) -> Self {
        Self { body, deadline, stopping: Box::pin(stopping), ended: false }
    }

    fn end(&mut self, status: &Status) -> Result<Frame<Bytes>, Status> {
        self.ended = true;
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Ok(Frame::trailers(trailers))
    }
}

impl Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(self.end(&status::deadline_exceeded())));
        }
        // What is ready goes out first: the answer to a write that is already on the disk.
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending() && self.stopping.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(self.end(&status::shutting_down())));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.ended { SizeHint::with_exact(0) } else { SizeHint::default() }
    }
}
