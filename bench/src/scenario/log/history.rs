//! P11: a long log opened, written and read beside a short one; what it costs in time and memory.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    super::{Settings, keep},
    TURNS, appends, fill, name, read,
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
    let mut short = opened(&folder.path().join("short.db"), SHORT, &mut rows).await?;
    let mut long = opened(&folder.path().join("long.db"), settings.events, &mut rows).await?;
    let (mut of_short, mut of_long) = (Costs::default(), Costs::default());
    for _ in 0..TURNS {
        of_short.add(&mut short, settings.duration / TURNS).await?;
        of_long.add(&mut long, settings.duration / TURNS).await?;
    }
    for (what, short, long) in [
        ("append", of_short.appends, of_long.appends),
        ("read of a stream", of_short.reads, of_long.reads),
    ] {
        let (short, long) = (short.quantiles(), long.quantiles());
        let row = Row {
            what: format!("{what} after {} events beside {SHORT}", settings.events),
            limit: Some(Limit { name: "the short history", figure: short.p50 }),
            ..row(long.p50, "ms p50", "ratio within 0.8 and 1.2", Some(long))
        };
        keep(&mut rows, row);
    }
    for (log, events) in [(&mut short, SHORT), (&mut long, settings.events)] {
        let all = read::measure(log, "$all of a long log").await?;
        keep(&mut rows, Row { scenario: "P11", ..all });
        let memory = process::megabytes(process::resident(log.server.id())?);
        let what = format!("memory after reading {events} events");
        let row = row(memory, "MB", "under 200 MB", None);
        keep(&mut rows, Row { what, memory_mb: Some(memory), ..row });
    }
    Ok(rows)
}

/// Fills a log and opens it again; killed, so that what is in the write-ahead log has to be dealt with
/// as well.
async fn opened(file: &Path, events: usize, rows: &mut Vec<Row>) -> Result<Log> {
    let mut log = Log::start(file).await?;
    fill(&mut log.client, events).await?;
    log.server.kill();
    let log = Log::start(file).await?;
    let took = log.server.ready_after.as_secs_f64() * 1000.0;
    let what = format!("opening a log of {events} events");
    keep(rows, Row { what, ..row(took, "ms", "under 1 s", None) });
    Ok(log)
}

/// What an append and a read of a stream cost one caller.
#[derive(Default)]
struct Costs {
    appends: Latencies,
    reads: Latencies,
}

impl Costs {
    async fn add(&mut self, log: &mut Log, duration: Duration) -> Result<()> {
        self.appends.merge(appends(&log.server.address, 1, duration).await?.latencies);
        self.reads.merge(reads(log, duration).await?);
        Ok(())
    }
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
