//! The command line's end of the operators' socket.

use std::{io, path::Path};

use futures::{SinkExt, StreamExt};
use tokio::net::UnixStream;
use tokio_util::codec::{Framed, LinesCodec};

use super::{Frame, Operation, SOCKET};

/// A connection to the server that runs in a data folder.
#[derive(Debug)]
pub struct Connection(Framed<UnixStream, LinesCodec>);

impl Connection {
    /// Connects to the server of `folder`; `None` if none runs there.
    ///
    /// # Errors
    ///
    /// If a server runs there that this user may not speak to.
    pub async fn open(folder: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(folder.join(SOCKET)).await {
            Ok(stream) => Ok(Some(Self(Framed::new(stream, LinesCodec::new())))),
            Err(error) => match error.kind() {
                // A server that was killed leaves its socket behind.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Asks for `operation`; the answer comes by [`next`](Self::next).
    pub async fn ask(&mut self, operation: &Operation) -> anyhow::Result<()> {
        Ok(self.0.send(serde_json::to_string(operation)?).await?)
    }

    /// Returns the next line of the answer; `None` when the server hung up.
    pub async fn next(&mut self) -> anyhow::Result<Option<Frame>> {
        let Some(line) = self.0.next().await else { return Ok(None) };
        Ok(Some(serde_json::from_str(&line?)?))
    }
}
