//! A log on its own: the embedded server as a process, so that it can be killed.
//!
//! `log-server FILE PORT` prints `listening on esdb://…` and serves until it is ended.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use embedded_store::EmbeddedStore;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().context("which file?")?;
    let port = arguments.next().context("which port?")?.parse()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let store = EmbeddedStore::builder().path(file).listen(address).start().await?;
    println!("listening on {}", store.url());
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?.recv().await;
    store.shutdown().await;
    Ok(())
}
