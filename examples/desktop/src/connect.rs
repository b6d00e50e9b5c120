//! The connection: what it brings is printed, and how far it was is kept.

use anyhow::Result;
use client::{Ended, Socket};

use crate::{pair::Paired, store::Store};

/// Stays connected until the token is not accepted any more.
pub(crate) async fn stay(store: &Store, mut paired: Paired) -> Result<Ended> {
    let socket = Socket::new(paired.websocket_url.as_str(), &paired.token, "self");
    let mut socket = socket.after(paired.cursor.clone());
    loop {
        match socket.next().await {
            Ok(frame) => println!("{frame}"),
            Err(ended) => return Ok(ended),
        }
        // The next connection begins where this one ended, also after a restart.
        if socket.cursor() != paired.cursor.as_deref() {
            paired.cursor = socket.cursor().map(str::to_owned);
            store.write(&paired)?;
        }
    }
}
