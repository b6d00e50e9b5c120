//! Why the server does not start.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why an embedded store could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process, or another store of this one, has the file open.
    #[error("the log {} is in use by another process", path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// A newer release wrote the file; this one would not understand it.
    #[error("the log has schema {found}, this release knows {known}: a newer release wrote it")]
    NewerSchema {
        /// The schema of the file.
        found: i64,
        /// The newest schema that this release knows.
        known: i64,
    },
    /// The file is an SQLite database of something else.
    #[error("{} is not the log of an embedded store", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("the log cannot be opened")]
    Storage(#[from] rusqlite::Error),
    /// The file system refused.
    #[error("{} cannot be opened", path.display())]
    File {
        /// The file that was tried.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the network said.
        #[source]
        source: io::Error,
    },
    /// The groups of persistent subscriptions that the log holds cannot be started.
    #[error("the persistent subscriptions cannot be started")]
    Groups(#[source] tonic::Status),
    /// The operating system gives no thread.
    #[error("the writer's thread cannot be started")]
    Thread(#[source] io::Error),
}
