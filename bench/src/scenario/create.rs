//! P3: tokens created a second by 64 callers, over GraphQL, durable.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Settings, keep};
use crate::{
    client::Person,
    limit,
    load::{
        http::{Requests, Until, closed_loop, open_loop},
        process::{self, Meter},
    },
    product::Product,
    report::{Limit, Row},
};

const CALLERS: usize = 64;
/// A workspace holds 500 tokens at most, so there are enough people for all that can be created.
const PEOPLE: usize = 128;

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let product = Product::start_with(
        settings,
        vec![("KEYLEDGER_PLAN_ENTERPRISE_TOKENS", "100000".to_owned())],
    )?;
    let mut rows = Vec::new();
    keep(&mut rows, measure(&product, settings.duration).await?);
    Ok(rows)
}

/// Tokens created a second beside bare appends through the same log server, two for each token.
pub(super) async fn measure(product: &Product, duration: Duration) -> Result<Row> {
    let requests = requests(&product.server.address).await?;
    let limit = limit::appends::measure(CALLERS, duration, || Ok(())).await?.per_second / 2.0;
    let meter = Meter::start(product.server.id())?;
    let until = Until::Elapsed(duration);
    let address = &product.server.address;
    let run = closed_loop(address, &requests, CALLERS, until, b"\"userErrors\":[]").await?;
    let cpu_us = Some(meter.per_operation(run.latencies.len())?);
    let latencies = open_loop(address, &requests, CALLERS, run.per_second / 2.0, duration).await?;
    Ok(Row {
        scenario: "P3",
        what: format!("createToken, {CALLERS} callers"),
        figure: run.per_second,
        unit: "/s",
        limit: Some(Limit { name: "two bare durable appends", figure: limit }),
        cpu_us,
        latency: Some(latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "1.5 times cqrs-es' create with view (4,600/s where it was measured)",
    })
}

async fn requests(address: &str) -> Result<Requests> {
    let mut tasks = JoinSet::new();
    // As many at once as passwords are hashed at once; more would be refused.
    let permits = Arc::new(tokio::sync::Semaphore::new(8));
    let salt = usize::from(Uuid::from_u128(u128::from(std::process::id())).as_bytes()[15]);
    for number in 0..PEOPLE {
        let (address, permits) = (address.to_owned(), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            anyhow::Ok(
                Person::register(&address, salt * PEOPLE + number).await?.create_token_request(),
            )
        });
    }
    let mut requests = Vec::new();
    while let Some(request) = tasks.join_next().await {
        requests.push(request??);
    }
    Ok(Arc::new(requests))
}
