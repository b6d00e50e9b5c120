//! The limit of whatever is decided durably: appends through the product's client, to a store in the
//! same process, as the product has it.

use std::time::{Duration, Instant};

use anyhow::Result;
use embedded_store::EmbeddedStore;
use eventstore::{AppendToStreamOptions, Client, EventData, ExpectedRevision};
use tokio::task::JoinSet;

use super::Raw;
use crate::load::process::Meter;

/// Each of `callers` does `first`, then appends an event of a token's size to a new stream. The store's
/// processor time counts as well.
pub(crate) async fn measure<F>(callers: usize, duration: Duration, first: F) -> Result<Raw>
where
    F: Fn() -> Result<()> + Clone + Send + Sync + 'static,
{
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::builder().path(folder.path().join("limit.db")).start().await?;
    let client = Client::new(store.url().parse()?)?;
    let meter = Meter::start(std::process::id())?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (client, first) = (client.clone(), first.clone());
        tasks.spawn(async move {
            let options =
                AppendToStreamOptions::default().expected_revision(ExpectedRevision::NoStream);
            let mut count = 0_u32;
            while begun.elapsed() < duration {
                first()?;
                let event = EventData::binary("limit", vec![0; 800].into());
                let stream = format!("limit-{}", store::random::uuid());
                client.append_to_stream(stream, &options, event).await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut count = 0;
    while let Some(some) = tasks.join_next().await {
        count += some??;
    }
    let per_second = f64::from(count) / begun.elapsed().as_secs_f64();
    let cpu_us = meter.per_operation(usize::try_from(count)?)?;
    store.shutdown().await;
    Ok(Raw { per_second, cpu_us })
}
