//! The operators' socket of a running server.
//!
//! It lies in the data folder, which is this user's alone (0700), and is itself 0600. The kernel
//! says who is at the other end; only this process's own user and root are let in. What one asks
//! goes on when they hang up, unless it is a long report that nobody would read.

use std::{
    fs::Permissions,
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_util::{
    codec::{Framed, LinesCodec},
    sync::CancellationToken,
};

use super::{
    Frame, Operation, Reports, SOCKET,
    dispatch::{Operator, carry_out},
    frame::Failure,
};
use crate::app::App;

/// The longest line an operator may send.
const LONGEST: usize = 64 * 1024;
/// How many operators are served at the same time; others wait.
const MOST: usize = 16;
/// How long one may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer that is under way at the stop may still take; a long report is cut off.
const GRACE: Duration = Duration::from_secs(5);

/// The socket, ready to be served; its file is removed when this is dropped.
#[derive(Debug)]
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    own_uid: u32,
}

impl AdminSocket {
    /// Opens the socket in `folder`.
    ///
    /// The caller holds the folder's lock, so a socket that is already there belongs to nobody.
    pub fn bind(folder: &Path) -> io::Result<Self> {
        let path = folder.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path, own_uid: own_uid()? })
    }

    /// Serves operators until `stop`, then lets those who are being served finish.
    pub async fn serve(self, app: App, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(MOST));
        let mut served = JoinSet::new();
        while let Some(accepted) = stop.run_until_cancelled(self.accept(&places)).await {
            while served.try_join_next().is_some() {}
            let Ok((stream, place)) = accepted else {
                // Out of file descriptors, most likely: let some be closed.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let (app, own_uid, stop) = (app.clone(), self.own_uid, stop.clone());
            served.spawn(async move {
                tokio::select! {
                    answered = answer(stream, &app, own_uid) => {
                        if let Err(error) = answered {
                            tracing::debug!(%error, "an operator hung up");
                        }
                    }
                    () = grace_after(&stop) => {}
                }
                drop(place);
            });
        }
        while served.join_next().await.is_some() {}
    }

    /// Waits for an operator, and for a place to serve them at.
    async fn accept(
        &self,
        places: &Arc<Semaphore>,
    ) -> io::Result<(UnixStream, OwnedSemaphorePermit)> {
        let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, place))
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // If it stays behind, the next start removes it under the folder's lock.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Returns the user id of this process, which is what the kernel says of a socket to itself.
pub fn own_uid() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

async fn answer(stream: UnixStream, app: &App, own_uid: u32) -> anyhow::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(LONGEST));
    if uid != own_uid && uid != 0 {
        tracing::warn!(operator.uid = uid, "a stranger was turned away from the operators' socket");
        let refused = failure("FORBIDDEN", "only the user who runs the service and root may ask");
        return send(&mut lines, &refused).await;
    }
    let Some(line) = timeout(PATIENCE, lines.next()).await? else { return Ok(()) };
    let Ok(operation) = serde_json::from_str::<Operation>(&line?) else {
        let refused = failure(
            "BAD_USER_INPUT",
            "the server does not know this request; use the command line of the same release",
        );
        return send(&mut lines, &refused).await;
    };
    // In a task of its own, so that a command goes on when the operator hangs up. A report does
    // not: it notices that nobody takes its frames.
    let (reports, mut frames) = Reports::channel();
    let (app, operator) = (app.clone(), Operator { uid });
    tokio::spawn(async move { carry_out(&app, operator, operation, reports).await });
    while let Some(frame) = frames.recv().await {
        send(&mut lines, &frame).await?;
        if matches!(frame, Frame::Done(_) | Frame::Failed(_)) {
            return Ok(());
        }
    }
    send(&mut lines, &failure("INTERNAL", "the operation broke off; the server's log says why"))
        .await
}

/// Ends some seconds after `stop`, so that what is under way may finish.
async fn grace_after(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

async fn send(lines: &mut Framed<UnixStream, LinesCodec>, frame: &Frame) -> anyhow::Result<()> {
    Ok(lines.send(serde_json::to_string(frame)?).await?)
}

fn failure(code: &str, message: &str) -> Frame {
    Frame::Failed(Failure { code: code.to_owned(), message: message.to_owned() })
}
