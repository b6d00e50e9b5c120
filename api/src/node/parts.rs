//! Parts: everything behind the ways in: the log, the vault, the read models, what follows them.
//!
//! A command of the command line starts them by itself when no server runs.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Context;
use domain::Secret;
use projections::{Database, DatabaseConfig, Progress, ProjectionState, ProjectionStatus, Runner};
use store::{Log, LogConfig, Vault};
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;

use super::{data_folder::DataFolder, master_key};
use crate::{
    app::{
        App, Folds, Freshness, Resources,
        identity::Identity,
        numbers::Numbers,
        oauth,
        outbound::Outbound,
        pairing::{Guesses, LiveCodes, Turns},
        passwords::Passwords,
        platforms::Platforms,
        signing_keys::SigningKeys,
        throttle::Throttle,
        usage::Usage,
    },
    clock::Clock,
    config::{Config, ProviderConfig},
    live::Live,
};

/// How long one operation of the log may take, all tries together.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long the start waits for the tables of the read models.
const TABLES: Duration = Duration::from_secs(5);
/// How long sockets may take to be told that the node stops.
const GOODBYE: Duration = Duration::from_secs(2);

/// A service without its ways in.
pub struct Parts {
    app: App,
    folder: DataFolder,
    #[cfg(feature = "embedded")]
    embedded: Option<embedded_store::EmbeddedStore>,
    working: JoinSet<()>,
    stop: CancellationToken,
}

impl Parts {
    /// Starts the parts of a service that is not served.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        Self::start_with(config, Clock::default(), None).await
    }

    pub(crate) async fn start_with(
        config: Config,
        clock: Clock,
        served_at: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let folder = DataFolder::take(&config.data)?;
        let stop = CancellationToken::new();
        let started = Started::log(&config, &folder).await?;
        let log = connect(&config, started.url.clone()).await?;
        let keys = master_key::find(&config, &folder, &log).await?;
        let vault = Vault::open(&log, keys, true).await.context("the vault does not open")?;
        let db = Database::open(DatabaseConfig {
            url: config.database_url.clone(),
            data_dir: folder.path().to_owned(),
            connections: config.database_connections,
        })
        .await?;
        let mut working = JoinSet::new();
        let runner = Runner::new(&db, &log, &vault);
        let progress = runner.progress();
        working.spawn(runner.run(stop.clone()));
        tables(&db, &progress).await;
        let app = assemble(config, clock, served_at, (log, vault, db, progress), &stop).await?;
        working.spawn(app.clone().keep_usage(stop.clone()));
        working.spawn(app.clone().keep_keys(stop.clone()));
        working.spawn(app.clone().count_live_codes(stop.clone()));
        Ok(Self {
            app,
            folder,
            #[cfg(feature = "embedded")]
            embedded: started.embedded,
            working,
            stop,
        })
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    /// The folder that is theirs alone.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops them in the order in which they lean on each other.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.app.live.connections().closed(GOODBYE).await;
        while self.working.join_next().await.is_some() {}
        self.app.db.close().await;
        #[cfg(feature = "embedded")]
        if let Some(embedded) = self.embedded.take() {
            embedded.shutdown().await;
        }
    }
}

/// The log's address, and the log itself where it is embedded.
struct Started {
    url: Secret<String>,
    #[cfg(feature = "embedded")]
    embedded: Option<embedded_store::EmbeddedStore>,
}

impl Started {
    #[cfg(feature = "embedded")]
    async fn log(config: &Config, folder: &DataFolder) -> anyhow::Result<Self> {
        if let Some(url) = &config.eventstore {
            return Ok(Self { url: url.clone(), embedded: None });
        }
        let (embedded, url) = super::embedded::start(folder).await?;
        Ok(Self { url, embedded: Some(embedded) })
    }

    #[cfg(not(feature = "embedded"))]
    async fn log(config: &Config, _: &DataFolder) -> anyhow::Result<Self> {
        let url = config.eventstore.clone();
        let url = url.context("this build has no log of its own: set KEYLEDGER_EVENTSTORE")?;
        Ok(Self { url })
    }
}

async fn connect(config: &Config, url: Secret<String>) -> anyhow::Result<Log> {
    let embedded = config.eventstore.is_none();
    let config = LogConfig {
        url,
        node: config.node.clone(),
        build: concat!("keyledger/", env!("CARGO_PKG_VERSION")),
        deadline: DEADLINE,
    };
    let log = Log::connect(config).await.context("the event log can not be reached")?;
    if embedded {
        log.scavenge_after_destroying();
    }
    Ok(log)
}

/// Waits until queries find their tables; not for a database that is away, which nothing but
/// queries needs.
async fn tables(db: &Database, progress: &Progress) {
    if !db.is_up().await {
        tracing::warn!("the database does not answer; queries will when it does");
        return;
    }
    let missing = |status: &ProjectionStatus| status.state == ProjectionState::Missing;
    let made = async {
        loop {
            let changed = progress.changed();
            if !progress.statuses().iter().any(missing) {
                return;
            }
            changed.await;
        }
    };
    let _ = time::timeout(TABLES, made).await;
}

type Stores = (Log, Vault, Database, Progress);

async fn assemble(
    config: Config,
    clock: Clock,
    served_at: Option<SocketAddr>,
    (log, vault, db, projections): Stores,
    stop: &CancellationToken,
) -> anyhow::Result<App> {
    let mut settings = config.settings;
    if let (None, Some(address)) = (&settings.public_url, served_at) {
        settings.public_url = format!("http://{address}").parse().ok();
        // Not pinned: where there is no port of its own it changes with every start.
        settings.issuer = format!("http://{address}").parse().ok();
    } else if let Some(issuer) = &settings.issuer {
        oauth::issuer::pin(&log, &clock, issuer.clone(), config.accept_issuer_change).await?;
    }
    let freshness = Freshness::new(settings.max_staleness);
    let folds = Folds::new(log.clone(), freshness.clone(), config.folds);
    let live = {
        let (folds, freshness) = (folds.clone(), freshness.clone());
        Live::start(&log, folds, freshness, clock.clone(), stop.clone()).await?
    };
    let keys = SigningKeys::open(&log, &vault, &clock, &settings.tokens).await?;
    let throttle = Throttle::new(&settings.limits);
    let outbound = Outbound::new()?;
    let ProviderConfig { folder, credentials } = config.providers;
    let platforms = Platforms::open(folder.as_deref(), credentials, &outbound)?;
    let identity = Identity::open(config.identity, &outbound)?;
    Ok(App::new(Resources {
        log,
        vault,
        db,
        projections,
        clock,
        settings,
        folds,
        freshness,
        live,
        keys,
        passwords: Passwords::new(),
        throttle,
        numbers: Numbers::default(),
        usage: Usage::default(),
        outbound,
        platforms,
        guesses: Guesses::default(),
        exchanges: Turns::default(),
        live_codes: LiveCodes::default(),
        identity,
    }))
}
