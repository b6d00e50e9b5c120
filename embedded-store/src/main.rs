//! The program: a log served on its own, for clients on this machine, and what can be done with its file.

mod offline;

use clap::{Parser, Subcommand};
use embedded_store::EmbeddedStore;
use std::{error::Error, io, net::SocketAddr, path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

/// An event is allocated by the thread that receives it and freed by the one that writes it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Checks that the file is whole and every record is what was written; ends with 1 if not.
    Verify {
        /// The database file.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Writes every record as a line of JSON.
    Export {
        /// The database file.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// Where to write; without, to standard output. A file that is there is replaced.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Makes a new log of what `export` wrote, whole or not at all.
    Import {
        /// The database file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// What to read; without, standard input.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Says what a log is: its size, its events, its age.
    Info {
        /// The database file.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("embedded-store: {}", chain(&*error));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Serve { db, listen, advertise } => {
            let mut builder = EmbeddedStore::builder().listen(listen);
            if let Some(file) = db {
                builder = builder.path(file);
            }
            if let Some(host) = advertise {
                builder = builder.advertise(host);
            }
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(async { serve(builder.start().await?).await })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify { db } => offline::verify(&db),
        Command::Export { db, to } => offline::export(&db, to.as_deref()),
        Command::Import { db, from } => offline::import(&db, from.as_deref()),
        Command::Info { db } => offline::info(&db),
    }
}

async fn serve(store: EmbeddedStore) -> Result<(), Box<dyn Error>> {
    println!("listening on {}", store.address());
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        () = store.stopped() => {}
    }
    store.shutdown().await;
    Ok(())
}

/// An error and what caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
