//! Asking a service: the one that runs in the data folder, or one started for the occasion.

use serde_json::Value;
use tokio::sync::mpsc;

use super::{output::Output, progress::Progress};
use crate::{
    admin::{
        Frame, Operation, Reports,
        client::Connection,
        dispatch::{Operator, carry_out},
        server::own_uid,
    },
    config::{Config, LogConfig},
    node::Parts,
    telemetry,
};

/// Carries out `operation` and prints what came of it.
pub(super) async fn ask(
    config: Config,
    operation: Operation,
    output: Output,
) -> anyhow::Result<()> {
    let outcome = hear(config, operation, |item| output.value(&item)).await?;
    output.value(&outcome)?;
    if outcome.get("secret").is_some() && !output.is_json() {
        eprintln!("Keep the secret now: it is shown this once and stored nowhere.");
    }
    Ok(())
}

/// Carries out `operation`, hands each of its results to `item`, and returns its outcome.
///
/// # Errors
///
/// If it was refused, if the service could not be reached or started, and whatever `item` fails
/// with.
pub(super) async fn hear(
    config: Config,
    operation: Operation,
    item: impl FnMut(Value) -> anyhow::Result<()>,
) -> anyhow::Result<Value> {
    match Connection::open(&config.data).await {
        Ok(Some(mut server)) => {
            server.ask(&operation).await?;
            let mut source = Source::Server(server);
            attend(&mut source, item).await
        }
        Ok(None) => {
            telemetry::log(&LogConfig { filter: "warn".to_owned(), ..config.log.clone() })?;
            let parts = Parts::start(config).await?;
            let (reports, frames) = Reports::channel();
            let (app, operator) = (parts.app().clone(), Operator { uid: own_uid()? });
            let work =
                tokio::spawn(async move { carry_out(&app, operator, operation, reports).await });
            let outcome = attend(&mut Source::Own(frames), item).await;
            // A command goes on though its report was not wanted; the parts must outlive it.
            let worked = work.await;
            parts.stop().await;
            worked?;
            outcome
        }
        Err(error) => {
            let folder = config.data.display();
            Err(anyhow::Error::from(error).context(format!(
                "a server runs in {folder}, but this user may not speak to it; \
                 run the command as the user who runs the server, or as root"
            )))
        }
    }
}

enum Source {
    Server(Connection),
    Own(mpsc::Receiver<Frame>),
}

impl Source {
    async fn next(&mut self) -> anyhow::Result<Option<Frame>> {
        match self {
            Self::Server(server) => server.next().await,
            Self::Own(frames) => Ok(frames.recv().await),
        }
    }
}

async fn attend(
    source: &mut Source,
    mut item: impl FnMut(Value) -> anyhow::Result<()>,
) -> anyhow::Result<Value> {
    let (progress, mut items) = (Progress::new(), 0);
    loop {
        match source.next().await? {
            Some(Frame::Progress { done, total }) => progress.report(done, total),
            Some(Frame::Item(value)) => {
                item(value)?;
                items += 1;
                progress.count(items);
            }
            Some(Frame::Done(outcome)) => return Ok(outcome),
            Some(Frame::Failed(failure)) => return Err(failure.into()),
            None => anyhow::bail!(
                "the server hung up before it had answered; \
                 what was asked may have been carried out, so look before asking again"
            ),
        }
    }
}
