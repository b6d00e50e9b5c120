//! Request bodies that end only where their client ended them.
//!
//! The gRPC library takes a cancelled request for one that has come to its end. An append would then
//! write the events that had come so far, so here a body without its end is an error.

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tonic::Status;

/// The body of an HTTP/2 request.
#[derive(Debug)]
pub(crate) struct Whole(pub(crate) Incoming);

impl Body for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
            Some(Ok(frame)) => Poll::Ready(Some(Ok(frame))),
            None if self.0.is_end_stream() => Poll::Ready(None),
            Some(Err(_)) | None => Poll::Ready(Some(Err(broken_off()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Not `Cancelled`, which the library would take for the end.
fn broken_off() -> Status {
    Status::aborted("the client broke off the call")
}
