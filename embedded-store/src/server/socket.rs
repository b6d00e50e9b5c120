//! A socket that acknowledges at once, and writes what was said together in one go.
//!
//! Clients that leave Nagle's algorithm on (the Rust client does) send a request's head, and its body
//! only when the head is acknowledged. The kernel would delay that by 40 ms, for there is no answer to
//! send it with.
//!
//! The HTTP/2 library writes each frame by itself where a socket can write several pieces at once, and
//! puts small frames together where it can not. Of what a thousand followers are told, each is small.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf},
    net::TcpStream,
};

/// What is gathered before it is written, in bytes: a frame as large as they come, and its head.
const GATHERED: usize = 20 << 10;

/// A connection without delays in either direction.
#[derive(Debug)]
pub(crate) struct Socket(BufWriter<TcpStream>);

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection delays small answers");
        }
        let socket = Self(BufWriter::with_capacity(GATHERED, stream));
        socket.acknowledge_at_once();
        socket
    }

    /// The kernel forgets this after a while, so it is told again after each read.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn acknowledge_at_once(&self) {
        if let Err(error) = self.0.get_ref().set_quickack(true) {
            tracing::trace!(%error, "a connection delays acknowledgements");
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn acknowledge_at_once(&self) {}
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.0).poll_read(cx, buffer))?;
        self.acknowledge_at_once();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        false
    }
}
