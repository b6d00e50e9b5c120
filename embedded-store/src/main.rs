//! The program: a log served on its own, for clients on this machine.

use clap::{Parser, Subcommand};
use embedded_store::EmbeddedStore;
use std::{error::Error, io, net::SocketAddr, path::PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// EventStoreDB's gRPC protocol in one process, over SQLite.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves a log until it is told to stop.
    Serve {
        /// The database file, made if it is not there. Without, the log is in memory.
        #[arg(long, value_name = "FILE")]
        db: Option<PathBuf>,
        /// Where to listen; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:2113", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// The host that clients in discovery mode are told to connect to.
        #[arg(long, value_name = "HOST")]
        advertise: Option<String>,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match Arguments::parse().command {
        Command::Serve { db, listen, advertise } => {
            let mut builder = EmbeddedStore::builder().listen(listen);
            if let Some(file) = db {
                builder = builder.path(file);
            }
            if let Some(host) = advertise {
                builder = builder.advertise(host);
            }
            serve(builder.start().await?).await
        }
    }
}

async fn serve(store: EmbeddedStore) -> Result<(), Box<dyn Error>> {
    println!("listening on {}", store.address());
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    store.shutdown().await;
    Ok(())
}
