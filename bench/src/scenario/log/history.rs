//! P11: a long log opened, written and read beside a short one; what it costs in time and memory.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    super::{Settings, keep},
    appends, fill, name, read,
};
use crate::{
    load::{Latencies, Quantiles, process},
    log::{self, Log},
    report::{Limit, Row},
};

/// The history that the long one is compared with.
const SHORT: usize = 10_000;

pub(crate) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let folder = tempfile::tempdir()?;
    let short = costs(&folder.path().join("short.db"), SHORT, settings, &mut rows).await?;
    let long = costs(&folder.path().join("long.db"), settings.events, settings, &mut rows).await?;
    for (what, short, long) in [("append", short.0, long.0), ("read of a stream", short.1, long.1)]
    {
        let row = Row {
            what: format!("{what} after {} events beside {SHORT}", settings.events),
            limit: Some(Limit { name: "the short history", figure: short.p50 }),
            ..row(long.p50, "ms p50", "ratio within 0.8 and 1.2", Some(long))
        };
        keep(&mut rows, row);
    }
    Ok(rows)
}

/// What an append and a read of a stream cost one caller, after so many events.
async fn costs(
    file: &Path,
    events: usize,
    settings: &Settings,
    rows: &mut Vec<Row>,
) -> Result<(Quantiles, Quantiles)> {
    let mut log = Log::start(file).await?;
    fill(&mut log.client, events).await?;
    log.server.kill();

    // Killed, so that what is in the write-ahead log has to be dealt with as well.
    let mut log = Log::start(file).await?;
    let opened = log.server.ready_after.as_secs_f64() * 1000.0;
    let what = format!("opening a log of {events} events");
    keep(rows, Row { what, ..row(opened, "ms", "under 1 s", None) });
    let written = appends(&log.client, 1, settings.duration).await?.latencies.quantiles();
    let read = reads(&mut log, settings.duration).await?.quantiles();
    let all = read::measure(&mut log, "$all of a long log").await?;
    keep(rows, Row { scenario: "P11", ..all });
    let memory = process::megabytes(process::resident(log.server.id())?);
    let what = format!("memory after reading {events} events");
    keep(rows, Row { what, memory_mb: Some(memory), ..row(memory, "MB", "under 200 MB", None) });
    Ok((written, read))
}

/// One caller reads the newest event of one stream after the other.
async fn reads(log: &mut Log, duration: Duration) -> Result<Latencies> {
    let (begun, mut latencies, mut n) = (Instant::now(), Latencies::default(), 0);
    while begun.elapsed() < duration {
        let sent = Instant::now();
        let events = log::read_newest(&mut log.client, name(n)).await?;
        latencies.push(sent.elapsed());
        ensure!(events == 1, "every stream has a newest event");
        // Only streams that the short history has as well.
        n = (n + 7) % (SHORT / super::FILLING);
    }
    Ok(latencies)
}

fn row(figure: f64, unit: &'static str, goal: &'static str, latency: Option<Quantiles>) -> Row {
    Row {
        scenario: "P11",
        what: String::new(),
        figure,
        unit,
        limit: None,
        latency,
        cpu_us: None,
        memory_mb: None,
        goal,
    }
}
