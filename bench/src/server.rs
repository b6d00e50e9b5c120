//! A process under measurement: started, waited for, stopped.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens: `host:port`.
    pub address: String,
    /// From the start of the process until it said that it listens.
    pub ready_after: Duration,
}

impl Server {
    /// Starts this program again as one of the limits.
    pub(crate) fn limit(arguments: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments);
        Self::start(command)
    }

    /// Starts the product on `data`, with an ENTERPRISE plan for whoever registers.
    pub(crate) fn product(
        binary: &Path,
        data: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.env("KEYLEDGER_DEFAULT_PLAN", "enterprise");
        command.env("KEYLEDGER_LOG", "warn");
        // Registrations are limited by network; the generator speaks for many.
        command.env("KEYLEDGER_TRUSTED_PROXIES", "127.0.0.1/32");
        command.envs(environment.iter().copied());
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            if let Some((_, address)) = line?.split_once("listening on http://") {
                let (address, ready_after) = (address.trim().to_owned(), begun.elapsed());
                // A full pipe would stop the server.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, address, ready_after });
            }
        }
        bail!("the server ended before it listened")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Server {
    /// Ends the process at once, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
