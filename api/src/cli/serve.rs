//! `serve` and `migrate`.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    admin::client::Connection,
    config::Config,
    node::{Node, Parts},
    telemetry,
};

/// Runs the service until it is told to stop.
pub(super) async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::log(&config.log)?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let node = Node::start(config).await?;
    let mut stdout = std::io::stdout();
    // Whoever started the service may have closed its stdout; that is no reason to stop.
    let _ = writeln!(stdout, "listening on http://{}", node.address());
    let _ = stdout.flush();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    node.shutdown().await;
    Ok(())
}

/// Brings the schema of Postgres up to this release.
pub(super) async fn migrate(config: Config) -> anyhow::Result<()> {
    if Connection::open(&config.data).await?.is_some() {
        eprintln!("a server runs here: it brought the schema up to its release when it started");
        return Ok(());
    }
    let parts = Parts::start(config).await?;
    parts.app().db.migrate().await?;
    parts.stop().await;
    eprintln!("the schema is that of this release");
    Ok(())
}
