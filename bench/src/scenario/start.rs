//! P12: how long `serve` takes to be ready.

use anyhow::Result;

use super::{Settings, keep};
use crate::{load::process, product::Product, report::Row};

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut product = Product::start(settings)?;
    keep(&mut rows, row(&product, "start, empty folder".into(), "under 1 s")?);

    product.seed(settings.history).await?;
    product.caught_up().await?;
    product.restart()?;
    let what = format!("start, {} tokens projected", settings.history);
    keep(&mut rows, row(&product, what, "under 2 s (at 1,000,000 events)")?);
    Ok(rows)
}

fn row(product: &Product, what: String, goal: &'static str) -> Result<Row> {
    Ok(Row {
        scenario: "P12",
        what,
        figure: product.server.ready_after.as_secs_f64() * 1000.0,
        unit: "ms",
        limit: None,
        latency: None,
        cpu_us: None,
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal,
    })
}
