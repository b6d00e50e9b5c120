//! A Postgres server of our own: from the installed binaries, in a temporary folder.
//!
//! It never runs as root (Postgres refuses to): root starts it as the user `postgres`.
//! It cannot outlive us, see [`kept`](crate::kept).

use std::{
    fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::{
    kept::{Kept, Program},
    process::output,
    tools::is_root,
};

/// How long a server may take until it accepts connections, or until it has ended.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server; dropped, it is stopped and its folder removed.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    binaries: PathBuf,
    port: u16,
    process: Option<Kept>,
}

impl Server {
    /// Creates a cluster and starts it on a free port of the loopback interface.
    pub fn start() -> Result<Self> {
        let binaries = binaries().context("no Postgres server binaries; see `cargo xtask test`")?;
        let folder = tempfile::Builder::new().prefix("keyledger-postgres-").tempdir()?;
        if let Some((user, group)) = account()? {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { folder, binaries, port, process: None };
        server.initialise()?;
        server.start_again()?;
        Ok(server)
    }

    /// Where the programs lie that go with it, e.g. `psql`.
    pub fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// Address of its `postgres` database, for its superuser.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// Address of one of its databases.
    pub fn database_url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it as a crash would: without a checkpoint, cutting every connection.
    pub fn stop(&mut self) -> Result<()> {
        // `QUIT` is what Postgres calls an immediate shutdown.
        self.process.take().map_or(Ok(()), Kept::end)
    }

    /// Starts it on the same port with the same data, after [`Self::stop`].
    pub fn start_again(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "the server is running");
        let log = self.folder.path().join("server.log");
        let log = fs::File::options().create(true).append(true).open(log)?;
        let mut program = Program::new(self.binaries.join("postgres"), "QUIT")
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path())
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-N", "400"])
            // A crash of the process loses nothing without it; only a crash of the machine does.
            .args(["-c", "fsync=off"])
            .current_dir(self.folder.path())
            .stderr(log);
        if let Some((user, group)) = account()? {
            program = program.user(user, group);
        }
        self.process = Some(program.spawn()?);
        self.wait_until_it_accepts()
    }

    fn initialise(&self) -> Result<()> {
        let mut command = Command::new(self.binaries.join("initdb"));
        if let Some((user, group)) = account()? {
            command.uid(user).gid(group);
        }
        let made = command
            .current_dir(self.folder.path())
            .arg("-D")
            .arg(self.data())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
            .output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Ok(())
    }

    fn wait_until_it_accepts(&self) -> Result<()> {
        let probe = self.binaries.join("pg_isready").to_string_lossy().into_owned();
        let port = self.port.to_string();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if output(&probe, &["-q", "-h", "127.0.0.1", "-p", &port]).is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        bail!("Postgres did not start within {} s:\n{log}", PATIENCE.as_secs())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("the Postgres server could not be stopped: {error:#}");
        }
    }
}

/// Where the server's binaries lie: on the path, or where Debian puts them, newest first.
pub fn binaries() -> Option<PathBuf> {
    let on_path = output("pg_config", &["--bindir"]).map(PathBuf::from);
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|it| it.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort_by_key(|bin| std::cmp::Reverse(major_version(bin)));
    on_path.into_iter().chain(installed).find(|bin| bin.join("initdb").exists())
}

fn major_version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// The user and group a server runs as: our own (`None`), or `postgres` where we are root.
fn account() -> Result<Option<(u32, u32)>> {
    if !is_root() {
        return Ok(None);
    }
    let id = |flag| output("id", &[flag, "postgres"])?.parse().ok();
    let both = id("-u").zip(id("-g"));
    Ok(Some(both.context("Postgres refuses to run as root, and there is no user `postgres`")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_server_starts_again_on_the_same_port() -> Result<()> {
        crate::tools::ensure_postgres()?;
        let mut server = Server::start()?;
        let url = server.url();
        server.stop()?;
        server.start_again()?;
        assert_eq!(server.url(), url);
        Ok(())
    }
}
