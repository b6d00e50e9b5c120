//! From an append to those who follow, at a fixed rate, with one and with a thousand followers.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::{task::JoinSet, time};

use super::{
    super::{Settings, keep},
    name,
};
use crate::{
    follower::{Connection, Follower},
    load::{Latencies, gather, process},
    log::{self, Log, SIZE},
    report::{Limit, Row},
    server::Server,
};

/// Followers that share a connection.
const SHARING: usize = 100;

/// Appends a second: few enough that a thousand followers can be told on a small machine.
const RATE: [(usize, u32); 2] = [(1, 500), (1000, 20)];

pub(crate) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (followers, rate) in RATE {
        let folder = tempfile::tempdir()?;
        let bare = Server::limit(&["limit-stream"])?;
        let limit = measure(&bare.address, followers, rate, settings.duration).await?.quantiles();
        drop(bare);
        let log = Log::start(&folder.path().join("log.db")).await?;
        let told = measure(&log.server.address, followers, rate, settings.duration).await?;
        let quantiles = told.quantiles();
        let row = Row {
            scenario: "P5",
            what: format!("append to follower, {followers} of them, {rate} appends/s"),
            figure: quantiles.p99,
            unit: "ms",
            limit: Some(Limit { name: "bare tonic streams, nothing kept", figure: limit.p99 }),
            latency: Some(quantiles),
            cpu_us: None,
            memory_mb: Some(process::megabytes(process::resident(log.server.id())?)),
            goal: "p99 under 10 ms",
        };
        keep(&mut rows, row);
    }
    Ok(rows)
}

async fn measure(
    address: &str,
    followers: usize,
    rate: u32,
    duration: Duration,
) -> Result<Latencies> {
    let origin = Instant::now();
    let appends = usize::try_from(u64::from(rate) * duration.as_secs().max(1))?;
    let mut tasks = JoinSet::new();
    for first in (0..followers).step_by(SHARING) {
        let connection = Connection::open(address).await?;
        for _ in first..followers.min(first + SHARING) {
            let follower = Follower::start(connection.clone()).await?;
            tasks.spawn(listen(follower, appends, origin));
        }
    }
    let client = log::connect(address).await?;
    // At a fixed rate, whether or not the last one was answered: a stall delays what comes behind it.
    let mut due = time::interval(Duration::from_secs(1) / rate);
    let mut sending = JoinSet::new();
    for n in 0..appends {
        due.tick().await;
        let mut client = client.clone();
        let mut data = vec![b'x'; SIZE];
        let now = u64::try_from(origin.elapsed().as_nanos())?;
        data[..8].copy_from_slice(&now.to_le_bytes());
        sending.spawn(async move { log::append(&mut client, name(n), data).await });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    gather(tasks).await
}

/// How long each of so many events was under way, by the time it carries.
async fn listen(mut follower: Follower, events: usize, origin: Instant) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..events {
        let told = follower.next().await?;
        let sent = told.first_chunk().context("no time")?;
        let sent = Duration::from_nanos(u64::from_le_bytes(*sent));
        latencies.push(origin.elapsed().saturating_sub(sent));
    }
    Ok(latencies)
}
