//! P5, P6 and P11's part of the embedded log: appends, reads, followers, a long history.

pub(super) mod append;
pub(super) mod history;
pub(super) mod live;
pub(super) mod read;

use std::time::{Duration, Instant};

use anyhow::Result;
use embedded_store::protocol::event_store::client::streams::streams_client::StreamsClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::{
    load::{Latencies, alone, gather, http::Run, rate},
    log::{self, SIZE},
};

/// Events of one batch that fills a log.
const FILLING: usize = 500;

/// In so many turns both are measured, so that a machine that is slow for a while is so for both.
const TURNS: u32 = 10;

/// Streams that are written round and round.
const STREAMS: usize = 10_000;

fn name(n: usize) -> String {
    format!("measured-{}", n % STREAMS)
}

/// Fills a log with so many events, each batch a stream's.
async fn fill(client: &mut StreamsClient<Channel>, events: usize) -> Result<()> {
    log::append_batches(client, name, events.div_ceil(FILLING), FILLING, 8).await
}

/// Each of `callers` appends its next event when the last one is acknowledged, over one connection.
async fn appends(address: &str, callers: usize, duration: Duration) -> Result<Run> {
    let address = address.to_owned();
    alone(async move {
        let client = log::connect(&address).await?;
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            let mut client = client.clone();
            tasks.spawn(async move {
                let (mut latencies, mut n) = (Latencies::default(), caller);
                while begun.elapsed() < duration {
                    let sent = Instant::now();
                    log::append(&mut client, name(n), vec![b'x'; SIZE]).await?;
                    latencies.push(sent.elapsed());
                    n += callers;
                }
                anyhow::Ok(latencies)
            });
        }
        let latencies = gather(tasks).await?;
        Ok(Run { per_second: rate(latencies.len(), begun.elapsed()), latencies })
    })
    .await?
}
