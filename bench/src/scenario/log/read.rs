//! P6: events of 500 bytes a second from a read of `$all`.

use std::time::Instant;

use anyhow::Result;

use super::{
    super::{Settings, keep},
    fill,
};
use crate::{
    load::{
        process::{self, Meter},
        rate,
    },
    log::{self, Log},
    report::{Limit, Row},
    server::Server,
};

/// Events that are read.
const EVENTS: usize = 500_000;

pub(crate) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let mut log = Log::start(&folder.path().join("log.db")).await?;
    fill(&mut log.client, EVENTS.min(settings.events)).await?;
    let mut rows = Vec::new();
    keep(&mut rows, measure(&mut log, "$all forwards").await?);
    Ok(rows)
}

/// Reads all there is, beside a bare stream of as many messages.
pub(super) async fn measure(log: &mut Log, what: &str) -> Result<Row> {
    // Once, so that the file is in the operating system's cache.
    log::read_all(&mut log.client).await?;
    let meter = Meter::start(log.server.id())?;
    let begun = Instant::now();
    let events = log::read_all(&mut log.client).await?;
    let figure = rate(events, begun.elapsed());
    let cpu = meter.per_operation(events)?;
    let bare = Server::limit(&["limit-stream"])?;
    let mut client = log::connect(&bare.address).await?;
    let begun = Instant::now();
    log::read_count(&mut client, events).await?;
    let limit = rate(events, begun.elapsed());
    Ok(Row {
        scenario: "P6",
        what: format!("{what}, {events} events of {} bytes", log::SIZE),
        figure,
        unit: "/s",
        limit: Some(Limit { name: "a bare tonic server stream", figure: limit }),
        latency: None,
        cpu_us: Some(cpu),
        memory_mb: Some(process::megabytes(process::resident(log.server.id())?)),
        goal: "at least half of the bare stream",
    })
}
