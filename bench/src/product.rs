//! The product with a data folder of its own, and a way to its log.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use domain::Secret;
use eventstore::Client;
use store::{Log, LogConfig, MasterKeys, Vault};
use tempfile::TempDir;

use crate::{scenario::Settings, seed, server::Server};

/// A running service and its folder, removed with it.
pub(crate) struct Product {
    pub server: Server,
    binary: std::path::PathBuf,
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Product {
    /// Starts it with nothing in its folder.
    pub(crate) fn start(settings: &Settings) -> Result<Self> {
        Self::start_with(settings, Vec::new())
    }

    /// The same with more in its environment, e.g. a Postgres server.
    pub(crate) fn start_with(
        settings: &Settings,
        mut environment: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        // Enough that a verification of any seeded token can be a cache hit.
        environment.push(("KEYLEDGER_CACHE_AGENT_TOKENS", settings.tokens.to_string()));
        let folder = tempfile::Builder::new().prefix("keyledger-bench-").tempdir()?;
        let binary = settings.binary.clone();
        ensure!(binary.exists(), "{} is not built", binary.display());
        let server = serve(&binary, folder.path(), &environment)?;
        Ok(Self { server, binary, folder, environment })
    }

    /// Ends the process as a crash would, and starts it again on the same folder.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.server.kill();
        self.server = serve(&self.binary, self.folder.path(), &self.environment)?;
        Ok(())
    }

    /// Appends `count` live tokens to its log; returns their texts.
    pub(crate) async fn seed(&self, count: usize) -> Result<Vec<String>> {
        let data = self.folder.path();
        let url = log_address(data)?;
        let bulk = Client::new(url.expose().parse()?)?;
        let config = LogConfig {
            url,
            node: "bench".into(),
            build: "bench",
            deadline: Duration::from_secs(30),
        };
        let log = Log::connect(config).await?;
        let keys = MasterKeys::parse(std::fs::read_to_string(data.join(MASTER_KEY))?.trim())?;
        let vault = Vault::open(&log, keys, false).await?;
        seed::tokens(&log, &bulk, &vault, count).await
    }

    /// Waits until the read models have seen all that the log held when this was called.
    pub(crate) async fn caught_up(&self) -> Result<()> {
        loop {
            let printed = self.command(&["projections", "list", "--json"])?;
            let models: serde_json::Value = serde_json::from_str(&printed)?;
            let models = models.as_array().context("not a list")?;
            if models.iter().all(|model| model["position"] == model["head"]) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Runs one of the product's commands beside the running server; returns what it printed.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(self.folder.path());
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Makes a credential that may verify tokens.
    pub(crate) fn verifier(&self) -> Result<String> {
        let printed = self.command(&[
            "service-credential",
            "create",
            "--name",
            "bench",
            "--scope",
            "tokens:verify",
            "--json",
        ])?;
        let answer: serde_json::Value = serde_json::from_str(&printed)?;
        answer["secret"].as_str().map(str::to_owned).context("no secret was printed")
    }
}

/// Files of the data folder that the product keeps its ways in.
const MASTER_KEY: &str = "master.key";
const LOG_ADDRESS: &str = "log.url";

fn log_address(data: &Path) -> Result<Secret<String>> {
    let text = std::fs::read_to_string(data.join(LOG_ADDRESS))?;
    Ok(Secret::new(text.trim().to_owned()))
}

fn serve(binary: &Path, data: &Path, environment: &[(&'static str, String)]) -> Result<Server> {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Server::product(binary, data, &environment)
}
