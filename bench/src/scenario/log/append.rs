//! P5: durable appends a second, one event each, and in batches.

use std::time::Instant;

use anyhow::Result;

use super::{
    super::{Settings, keep},
    TURNS, appends, name,
};
use crate::{
    limit,
    load::{
        Latencies,
        process::{self, Meter},
        rate,
    },
    log::{self, Log, SIZE},
    report::{Limit, Row},
    server::Server,
};

pub(crate) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let folder = tempfile::tempdir()?;
    let log = Log::start(&folder.path().join("log.db")).await?;
    let echo = Server::limit(&["limit-grpc"])?;
    for callers in [1, 16, 64, 256] {
        let events = log.figure("es.writer.events").await?;
        let commits = log.figure("es.writer.commits").await?;
        let meter = Meter::start(log.server.id())?;
        let (mut figure, mut limit, mut latencies) = (0.0, 0.0, Latencies::default());
        for _ in 0..TURNS {
            let turn = settings.duration / TURNS;
            let bare = limit::grpc::measure(&echo.address, callers, turn).await?;
            limit += bare.per_second / f64::from(TURNS);
            let run = appends(&log.server.address, callers, turn).await?;
            figure += run.per_second / f64::from(TURNS);
            latencies.merge(run.latencies);
        }
        let cpu = meter.per_operation(latencies.len())?;
        let events = log.figure("es.writer.events").await? - events;
        let commits = log.figure("es.writer.commits").await? - commits;
        let group = usize::try_from(events / commits.max(1))?;
        let row = Row {
            scenario: "P5",
            what: format!("appends, {callers} callers ({group} in a commit)"),
            figure,
            unit: "/s",
            limit: Some(Limit { name: "a bare tonic call", figure: limit }),
            latency: Some(latencies.quantiles()),
            cpu_us: Some(cpu),
            memory_mb: Some(process::megabytes(process::resident(log.server.id())?)),
            goal: "at least 0.5 of the bare call at 64 callers",
        };
        let (figure, duration) = (row.figure, settings.duration);
        keep(&mut rows, row);
        let raw =
            tokio::task::spawn_blocking(move || limit::sqlite::measure(group, SIZE, duration));
        keep(&mut rows, beside_sqlite(format!("the same, {callers} callers"), figure, raw.await??));
    }
    for (size, inflight) in [(1, 64), (64, 64)] {
        keep(&mut rows, batches(&log, size, inflight, settings).await?);
    }
    Ok(rows)
}

fn beside_sqlite(what: String, figure: f64, raw: f64) -> Row {
    Row {
        scenario: "P5",
        what,
        figure,
        unit: "/s",
        limit: Some(Limit { name: "bare SQLite with the same grouping", figure: raw }),
        latency: None,
        cpu_us: None,
        memory_mb: None,
        goal: "",
    }
}

async fn batches(log: &Log, size: usize, inflight: usize, settings: &Settings) -> Result<Row> {
    let mut client = log.client.clone();
    let (begun, mut events) = (Instant::now(), 0);
    while begun.elapsed() < settings.duration {
        // About as much each time, whatever the size of a batch.
        let batches = 32_768 / size;
        log::append_batches(&mut client, name, batches, size, inflight).await?;
        events += batches * size;
    }
    let figure = rate(events, begun.elapsed());
    let (group, duration) = (size * inflight, settings.duration);
    let raw = tokio::task::spawn_blocking(move || limit::sqlite::measure(group, SIZE, duration));
    let what = format!("batches of {size} events, {inflight} in flight");
    Ok(beside_sqlite(what, figure, raw.await??))
}
