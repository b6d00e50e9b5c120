//! A running `keyledger serve`: the real binary, as a child process.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use xtask::kept::{Kept, Program};

use crate::{client::Client, setup::Setup};

/// How long a service may take until it listens, or until it has ended when asked to.
const PATIENCE: Duration = Duration::from_mins(1);

/// A node, on a free port. Dropped, it is killed.
#[derive(Debug)]
pub struct Service {
    setup: Setup,
    process: Option<Kept>,
    address: String,
    data: PathBuf,
    /// Kept so that it is removed at the end.
    _folder: Option<TempDir>,
}

impl Service {
    /// Starts one with the default setup.
    pub async fn start_default() -> Result<Self> {
        Setup::default().start().await
    }

    /// The one that all tests share which need nothing special and break nothing.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceLock<Service> = OnceLock::new();
        static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _one_at_a_time = STARTING.lock().await;
        if let Some(service) = SHARED.get() {
            return service;
        }
        let service = Setup::default().start().await.expect("the shared service starts");
        SHARED.get_or_init(|| service)
    }

    pub(crate) fn start(setup: Setup) -> Result<Self> {
        let folder = match &setup.data {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("keyledger-test-").tempdir()?),
        };
        let data = match (&setup.data, &folder) {
            (Some(data), _) => data.clone(),
            (None, Some(folder)) => folder.path().join("data"),
            (None, None) => bail!("no folder"),
        };
        let mut service =
            Self { setup, process: None, address: String::new(), data, _folder: folder };
        service.launch()?;
        Ok(service)
    }

    /// Starts it again with the same data, on a port that may be another.
    pub async fn start_again(self) -> Result<Self> {
        let again = move || {
            let mut service = self;
            ensure!(service.process.is_none(), "it is running");
            service.launch().map(|()| service)
        };
        tokio::task::spawn_blocking(again).await?
    }

    /// Kills it, as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Kept::end)
    }

    /// Asks it to end and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(process) = self.process.take() else { return Ok(()) };
        process.signal("TERM")?;
        let gone = || async { (!process.runs()).then_some(()) };
        crate::wait::within(PATIENCE, "the service to end", gone).await;
        process.end()
    }

    /// Whether it runs: it may have ended by itself.
    pub fn runs(&self) -> bool {
        self.process.as_ref().is_some_and(Kept::runs)
    }

    /// How many files and sockets it holds open.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn open_files(&self) -> usize {
        let id = self.process.as_ref().expect("it runs").id();
        fs::read_dir(format!("/proc/{id}/fd")).expect("its files can be seen").count()
    }

    /// Sends it a signal, e.g. `STOP`.
    pub fn signal(&self, signal: &str) -> Result<()> {
        self.process.as_ref().context("it is not running")?.signal(signal)
    }

    /// `http://127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A new caller, from a network of its own.
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// All that it ever wrote to its standard output and error.
    pub fn output(&self) -> String {
        let read = |name| fs::read_to_string(self.log(name)).unwrap_or_default();
        read("stdout") + &read("stderr")
    }

    /// Runs an operator's command beside it and returns what it printed, as JSON.
    pub fn operate(&self, arguments: &[&str]) -> Result<Value> {
        answer_of(self.command(), arguments)
    }

    /// The binary, set to this service's folder; for output that is no single JSON value.
    pub fn command(&self) -> Command {
        let mut command = command(&self.data);
        command.envs(self.setup.environment.iter().cloned());
        command
    }

    /// The history as an operator exports it, an event a line.
    ///
    /// # Panics
    ///
    /// If the command line refuses.
    pub fn exported(&self) -> String {
        let output = self.command().args(["audit", "export"]).output().expect("an export");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Waits until somebody is forgotten; returns the history with that.
    ///
    /// # Panics
    ///
    /// When the patience is at its end.
    pub async fn once_erased(&self) -> String {
        crate::wait::eventually("the erasure", || async {
            let exported = self.exported();
            exported.contains("user.erased").then_some(exported)
        })
        .await
    }

    /// A caller that may verify agent tokens.
    ///
    /// # Panics
    ///
    /// As [`Service::with_scope`].
    pub fn verifier(&self) -> Client {
        self.with_scope("tokens:verify")
    }

    /// A caller that is a service with one scope.
    ///
    /// # Panics
    ///
    /// If the command line refuses.
    pub fn with_scope(&self, scope: &str) -> Client {
        let create = ["service-credential", "create", "--name", "tests", "--scope", scope];
        let created = self.operate(&create).expect("a service credential");
        let secret = created["secret"].as_str().expect("its secret, once");
        self.client().with_bearer(secret)
    }

    fn launch(&mut self) -> Result<()> {
        fs::create_dir_all(self.logs())?;
        let stderr = File::options().create(true).append(true).open(self.log("stderr"))?;
        let mut program = Program::new(binary("keyledger"), "KILL");
        for name in inherited() {
            program = program.env_remove(name);
        }
        for (name, value) in &self.setup.environment {
            program = program.env(name, value);
        }
        let data = self.data.to_string_lossy();
        let mut process = program
            .args(["serve", "--listen", "127.0.0.1:0", "--data", &data])
            .stderr(stderr)
            .spawn()?;
        let output = process.take_output().context("the output can be read once")?;
        let listening = follow(output, self.log("stdout"))?;
        let Ok(address) = listening.recv_timeout(PATIENCE) else {
            bail!("it does not listen:\n{}", self.output())
        };
        self.address = address;
        self.process = Some(process);
        Ok(())
    }

    /// Beside the data folder, which is the service's own.
    fn logs(&self) -> PathBuf {
        self.data.with_extension("logs")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs().join(name)
    }
}

/// Copies what is printed into a file, and says the address once it is there.
fn follow(output: impl Read + Send + 'static, file: PathBuf) -> Result<mpsc::Receiver<String>> {
    let mut copy = File::options().create(true).append(true).open(file)?;
    let (say, listening) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody waits for a second address, and nobody misses a lost line of output.
            if let Some(address) = line.strip_prefix("listening on ") {
                let _ = say.send(address.trim().to_owned());
            }
            let _ = writeln!(copy, "{line}");
        }
    });
    Ok(listening)
}

/// Runs an operator's command on a data folder and returns what it printed, as JSON.
pub fn operate(data: &Path, arguments: &[&str]) -> Result<Value> {
    answer_of(command(data), arguments)
}

fn answer_of(mut command: Command, arguments: &[&str]) -> Result<Value> {
    let output = command.arg("--json").args(arguments).output()?;
    let (printed, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{arguments:?}: {complaint}");
    serde_json::from_str(&printed).with_context(|| format!("{arguments:?}: `{printed}`"))
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(binary("keyledger"));
    for name in inherited() {
        command.env_remove(name);
    }
    command.arg("--data").arg(data);
    command
}

/// A binary of the workspace, beside the one that runs.
///
/// # Panics
///
/// If it was not built.
pub fn binary(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("we run");
    while folder.pop() {
        let binary = folder.join(name);
        if binary.is_file() {
            return binary;
        }
    }
    panic!("no binary `{name}`: `cargo build --workspace --bins` makes it, `cargo xtask test` too")
}

/// Variables that were meant for somebody else.
fn inherited() -> Vec<std::ffi::OsString> {
    let ours = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("KEYLEDGER_");
    std::env::vars_os().map(|(name, _)| name).filter(ours).collect()
}
