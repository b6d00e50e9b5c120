//! The program as a process of its own: to be killed, and to be kept short of space.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A server in a process of its own; killed when dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Serves `file`; returns where, as a connection string.
    pub(crate) fn start(file: &Path) -> (Self, String) {
        Self::launch(Command::new(env!("CARGO_BIN_EXE_embedded-store")), file)
    }

    /// The same, but no file may grow over so many blocks of 512 bytes: what is written beyond fails.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_limited(file: &Path, blocks: u32) -> (Self, String) {
        let mut shell = Command::new("sh");
        // The limit is soft, so that it can be lifted; the signal that tells of it would be deadly.
        shell.args(["-c", r#"trap "" XFSZ; ulimit -S -f "$0"; exec "$@""#, &blocks.to_string()]);
        shell.arg(env!("CARGO_BIN_EXE_embedded-store"));
        Self::launch(shell, file)
    }

    fn launch(mut command: Command, file: &Path) -> (Self, String) {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        (Self(child), format!("esdb://{address}?tls=false&discoveryInterval=1"))
    }

    /// Lets its files grow as they need.
    #[cfg(target_os = "linux")]
    pub(crate) fn lift_limit(&self) {
        let process = self.0.id().to_string();
        let lifted =
            Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited:"]).status();
        assert!(lifted.expect("util-linux is installed").success());
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
