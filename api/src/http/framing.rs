//! Framing: what the parser beneath us keeps to itself of how long a body is said to be.
//!
//! A request with both `Transfer-Encoding` and `Content-Length` is how one request hides inside
//! another from a proxy that believes the other of the two (RFC 9112 6.1, 6.3). hyper goes by the
//! former, takes the latter away and closes the connection afterwards; we refuse it. So what it
//! takes away is counted here, on its way in.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::http::{
    HeaderMap,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::Error;

/// How the line begins that is looked for.
const NAME: &[u8; 15] = b"content-length:";

/// A connection whose lines are looked at as they come in.
pub(super) struct Watched<S> {
    stream: S,
    /// The beginning of the line that is coming in.
    line: [u8; NAME.len()],
    begun: usize,
    lengths: Lengths,
}

/// The lines that named a length and of which the parser told nobody yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths(Arc<AtomicUsize>);

impl Lengths {
    /// Refuses the request that has just been parsed if its body has two lengths.
    ///
    /// A line of that name in the body of an earlier request, or in one that was sent ahead, counts
    /// too: whoever writes such a thing before a request in chunks has to connect anew.
    pub(super) fn agree(&self, headers: &HeaderMap) -> Result<(), Error> {
        if headers.contains_key(TRANSFER_ENCODING) {
            return match self.0.load(Ordering::Relaxed) {
                0 => Ok(()),
                _ => Err(Error::invalid("the body has a length and comes in chunks, too")),
            };
        }
        if headers.contains_key(CONTENT_LENGTH) {
            // Only the task that reads the connection counts, so nothing comes between.
            let told = self.0.load(Ordering::Relaxed).saturating_sub(1);
            self.0.store(told, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S) -> (Self, Lengths) {
        let lengths = Lengths::default();
        let watched = Self { stream, line: [0; NAME.len()], begun: 0, lengths: lengths.clone() };
        (watched, lengths)
    }

    fn see(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let wanted = (NAME.len() - self.begun).min(piece.len());
            if wanted > 0 {
                self.line[self.begun..self.begun + wanted].copy_from_slice(&piece[..wanted]);
                self.begun += wanted;
                if self.line.eq_ignore_ascii_case(NAME) && self.begun == NAME.len() {
                    self.lengths.0.fetch_add(1, Ordering::Relaxed);
                }
            }
            if piece.ends_with(b"\n") {
                self.begun = 0;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.see(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many lines named a length, however the bytes come.
    fn counted(text: &str) -> usize {
        let counts: Vec<usize> = [1, 3, 7, text.len()]
            .into_iter()
            .map(|size| {
                let (mut watched, lengths) = Watched::new(());
                text.as_bytes().chunks(size).for_each(|bytes| watched.see(bytes));
                lengths.0.load(Ordering::Relaxed)
            })
            .collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{text:?}: {counts:?}");
        counts[0]
    }

    #[test]
    fn a_line_that_names_a_length_is_seen_in_whatever_pieces_it_comes() {
        assert_eq!(counted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"), 1);
        assert_eq!(counted("POST / HTTP/1.1\ncontent-length:4\nCONTENT-LENGTH: 4\n\n"), 2);
        assert_eq!(counted("GET / HTTP/1.1\r\nX: Content-Length: 4\r\n\r\n"), 0);
        assert_eq!(counted("GET / HTTP/1.1\r\nContent-Lengths: 4\r\nContent-Leng\r\n\r\n"), 0);
    }

    #[test]
    fn a_request_has_one_length() {
        let headers = |names: &[axum::http::HeaderName]| -> HeaderMap {
            names.iter().map(|name| (name.clone(), "4".parse().unwrap())).collect()
        };
        let (mut watched, lengths) = Watched::new(());
        watched.see(b"Content-Length: 4\r\n");
        // What came before, and was told of, does no harm to what comes after.
        lengths.agree(&headers(&[CONTENT_LENGTH])).unwrap();
        lengths.agree(&headers(&[TRANSFER_ENCODING])).unwrap();
        // The parser takes the length away; ahead of it, another request may have been sent along.
        watched.see(b"Content-Length: 4\r\nContent-Length: 4\r\n");
        lengths.agree(&headers(&[CONTENT_LENGTH])).unwrap();
        lengths.agree(&headers(&[TRANSFER_ENCODING])).unwrap_err();
        lengths.agree(&headers(&[])).unwrap();
    }
}
