//! The builder of an embedded store.

use crate::{EmbeddedStore, Error, auth::Credentials, log::Place};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// Says how a store is to be started. By default: in memory, on a free port of 127.0.0.1, open to
/// whoever can connect.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) place: Place,
    pub(crate) listen: SocketAddr,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) advertise: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            place: Place::Memory,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: None,
            advertise: None,
        }
    }
}

impl Builder {
    /// Keeps the log in this file, made if it is not there. Beside it lie `-wal` and `-shm` of SQLite,
    /// and a `.lock` that keeps a second process out.
    pub fn path(mut self, file: impl Into<PathBuf>) -> Self {
        self.place = Place::File(file.into());
        self
    }

    /// Keeps the log in memory, for as long as the store runs.
    pub fn in_memory(mut self) -> Self {
        self.place = Place::Memory;
        self
    }

    /// Listens on this address; port 0 takes a free one.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Lets only those in who send this user and password (HTTP Basic). Without, everyone is.
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::new(user.into(), password.into()));
        self
    }

    /// Tells clients in discovery mode to connect to this host. Without, to the address listened on.
    pub fn advertise(mut self, host: impl Into<String>) -> Self {
        self.advertise = Some(host.into());
        self
    }

    /// Opens the log and listens. Returns once calls are answered.
    pub async fn start(self) -> Result<EmbeddedStore, Error> {
        EmbeddedStore::start(self).await
    }
}
