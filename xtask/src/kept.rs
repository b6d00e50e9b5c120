//! A child process that cannot outlive us.
//!
//! A shell stands between us and it and reads from a pipe that only we hold open. When the pipe
//! closes, however we ended, the shell ends the child. The child's own standard input is empty.

use std::{
    ffi::OsStr,
    fmt::Display,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

/// Starts the program, waits for the pipe to close, ends the program. `$0` is the signal to end it
/// with; the program follows. Its process id is said before it is there to say anything itself.
const KEEPER: &str = r#"
sh -c 'echo $$; exec "$@"' sh "$@" &
cat >/dev/null
kill -s "$0" $! 2>/dev/null
wait $!
"#;

/// How to start a child; what is not set is inherited.
#[derive(Debug)]
pub struct Program {
    keeper: Command,
}

impl Program {
    /// A program to be ended with `signal` (`QUIT`, `KILL` …) when we drop it or die.
    pub fn new(program: impl AsRef<OsStr>, signal: &str) -> Self {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, signal]).arg(program);
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped());
        Self { keeper }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.keeper.arg(argument);
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.keeper.args(arguments);
        self
    }

    /// One more variable of the environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.keeper.env(name, value);
        self
    }

    /// One variable fewer.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.keeper.env_remove(name);
        self
    }

    /// Where it runs.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.keeper.current_dir(folder);
        self
    }

    /// As whom it runs.
    pub fn user(mut self, user: u32, group: u32) -> Self {
        self.keeper.uid(user).gid(group);
        self
    }

    /// Where its standard error goes.
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.keeper.stderr(to);
        self
    }

    /// Starts it.
    pub fn spawn(mut self) -> Result<Kept> {
        let mut keeper = self.keeper.spawn().context("could not start `sh`")?;
        let mut output = BufReader::new(keeper.stdout.take().context("it is piped")?);
        let mut id = String::new();
        output.read_line(&mut id)?;
        let id = id.trim().parse().context("the shell did not say what it started")?;
        Ok(Kept { keeper, id, output: Some(output) })
    }
}

/// A running child. Dropped, it is ended.
#[derive(Debug)]
pub struct Kept {
    keeper: Child,
    id: u32,
    output: Option<BufReader<ChildStdout>>,
}

impl Kept {
    /// Its process id.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Its standard output, which can be taken once. Untaken, it may fill up and stop the child.
    pub fn take_output(&mut self) -> Option<BufReader<ChildStdout>> {
        self.output.take()
    }

    /// Sends it a signal by name, e.g. `TERM`, `KILL`, `STOP`.
    pub fn signal(&self, signal: impl Display) -> Result<()> {
        let (signal, id) = (signal.to_string(), self.id.to_string());
        let sent = Command::new("kill").args(["-s", &signal, &id]).status()?;
        ensure!(sent.success(), "no process {id} to send {signal} to");
        Ok(())
    }

    /// Whether it runs (or hangs, but is there).
    pub fn runs(&self) -> bool {
        // The shell has it as a child until it is waited for, and waits only when told to end.
        std::fs::read_to_string(format!("/proc/{}/stat", self.id))
            .is_ok_and(|stat| !stat.rsplit(')').next().is_some_and(|it| it.starts_with(" Z")))
    }

    /// Ends it and waits until it is gone.
    pub fn end(mut self) -> Result<()> {
        self.close()
    }

    fn close(&mut self) -> Result<()> {
        drop(self.keeper.stdin.take());
        self.keeper.wait()?;
        Ok(())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            eprintln!("process {} could not be ended: {error:#}", self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_child_is_gone() -> Result<()> {
        let child = Program::new("sleep", "KILL").arg("60").spawn()?;
        assert!(child.runs());
        let id = child.id();
        drop(child);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
        Ok(())
    }

    #[test]
    fn its_output_is_read_from_the_first_line_on() -> Result<()> {
        let mut child = Program::new("echo", "KILL").arg("ready").spawn()?;
        let mut output = child.take_output().context("once")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        assert_eq!(line, "ready\n");
        Ok(())
    }
}
