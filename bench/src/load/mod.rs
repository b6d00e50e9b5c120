//! Load: many callers at once, and what they saw.

pub(crate) mod connection;
mod histogram;
pub(crate) mod http;
pub(crate) mod process;

use std::time::Duration;

use anyhow::Result;
use tokio::{
    runtime,
    task::{JoinSet, spawn_blocking},
};

pub(crate) use histogram::{Latencies, Quantiles};

/// Carries a load on one thread of its own.
///
/// There its callers take turns, while the threads of a shared runtime would run some of them again and
/// again and let others wait; and of a small machine's processors it leaves one to what is measured.
pub(crate) async fn alone<L>(load: L) -> Result<L::Output>
where
    L: Future<Output: Send> + Send + 'static,
{
    let thread = runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(spawn_blocking(move || thread.block_on(load)).await?)
}

/// Carries all callers [`alone`]; returns what they saw together.
pub(crate) async fn together<C>(callers: Vec<C>) -> Result<Latencies>
where
    C: Future<Output = Result<Latencies>> + Send + 'static,
{
    alone(async { gather(callers.into_iter().collect()).await }).await?
}

/// Waits for all callers; returns what they saw together.
pub(crate) async fn gather(mut callers: JoinSet<Result<Latencies>>) -> Result<Latencies> {
    let mut all = Latencies::default();
    while let Some(latencies) = callers.join_next().await {
        all.merge(latencies??);
    }
    Ok(all)
}

/// How many a second that were.
#[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
