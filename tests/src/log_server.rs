//! A log server of a test's own, to be killed, hung and started again on its port.

use std::{io::BufRead as _, net::TcpListener, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use xtask::kept::{Kept, Program};

use crate::service::binary;

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct LogServer {
    folder: TempDir,
    port: u16,
    url: String,
    process: Option<Kept>,
}

impl LogServer {
    /// Starts one with an empty log.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("keyledger-log-").tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { folder, port, url: String::new(), process: None };
        server.start_again()?;
        Ok(server)
    }

    /// `esdb://…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Kept::end)
    }

    /// Starts it on the same port with the same log, after [`Self::kill`].
    pub fn start_again(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "it is running");
        let mut process = Program::new(binary("log-server"), "KILL")
            .arg(self.file())
            .arg(self.port.to_string())
            .spawn()?;
        let mut output = process.take_output().context("the output can be read once")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").context(line.clone())?;
        url.clone_into(&mut self.url);
        self.process = Some(process);
        Ok(())
    }

    /// Makes it hang, without a word to its clients.
    pub fn hang(&self) -> Result<()> {
        self.process.as_ref().context("it is not running")?.signal("STOP")
    }

    /// Lets it go on after [`Self::hang`].
    pub fn wake(&self) -> Result<()> {
        self.process.as_ref().context("it is not running")?.signal("CONT")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("log.db")
    }
}
