//! P1 and P2: verifications a second, from the cache and from the log.

use std::{sync::Arc, time::Duration};

use anyhow::Result;

use super::{Settings, keep};
use crate::{
    limit,
    load::{
        connection,
        http::{Requests, Until, closed_loop, open_loop},
        process::{self, Meter},
    },
    product::Product,
    report::{Limit, Row},
    server::Server,
};

const VALID: &[u8] = b"\"valid\":true";
/// Tokens verified for the cold figure; each is cold only once.
const COLD: usize = 20_000;

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut product = Product::start(settings)?;
    let tokens = product.seed(settings.tokens).await?;
    let verifier = product.verifier()?;
    let requests = requests(&tokens, &verifier);

    product.restart()?;
    keep(&mut rows, cold(&product, &requests, settings.duration).await?);

    closed_loop(&product.server.address, &requests, 64, Until::Done, VALID).await?;
    for callers in [64, 256] {
        keep(&mut rows, hot(&product, &requests, callers, settings.duration).await?);
    }
    Ok(rows)
}

/// Writes a verification of each token.
pub(super) fn requests(tokens: &[String], verifier: &str) -> Requests {
    let authorization = format!("Bearer {verifier}");
    let headers = [("authorization", authorization.as_str())];
    let request = |token: &String| {
        let body = format!(r#"{{"token":"{token}","scope":"ws:connect"}}"#);
        connection::post("/api/agent-tokens/verify", &headers, &body)
    };
    Arc::new(tokens.iter().map(request).collect())
}

/// Verifications from the cache beside the bare handler that reads the same body.
pub(super) async fn hot(
    product: &Product,
    requests: &Requests,
    callers: usize,
    duration: Duration,
) -> Result<Row> {
    let bare = Server::limit(&["limit-http"])?;
    let until = Until::Elapsed(duration);
    let limit = closed_loop(&bare.address, requests, callers, until, VALID).await?;
    drop(bare);
    let meter = Meter::start(product.server.id())?;
    let run = closed_loop(&product.server.address, requests, callers, until, VALID).await?;
    let cpu_us = Some(meter.per_operation(run.latencies.len())?);
    // Half of what it can do, offered steadily: a stall shows, a queue of our own making does not.
    let offered = run.per_second / 2.0;
    let latencies =
        open_loop(&product.server.address, requests, callers, offered, duration).await?;
    Ok(Row {
        scenario: "P1",
        what: format!("verify, cached, {callers} connections"),
        figure: run.per_second,
        unit: "/s",
        limit: Some(Limit { name: "bare axum handler", figure: limit.per_second }),
        cpu_us,
        latency: Some(latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "at least 0.85 of the limit",
    })
}

async fn cold(product: &Product, requests: &Requests, duration: Duration) -> Result<Row> {
    let bare = Server::limit(&["limit-grpc"])?;
    let limit = limit::grpc::measure(&bare.address, 64, duration).await?;
    drop(bare);
    let requests: Requests = Arc::new(requests.iter().take(COLD).cloned().collect());
    let meter = Meter::start(product.server.id())?;
    let run = closed_loop(&product.server.address, &requests, 64, Until::Done, VALID).await?;
    Ok(Row {
        scenario: "P2",
        what: "verify, folded from the log, 64 connections".into(),
        figure: run.per_second,
        unit: "/s",
        limit: Some(Limit { name: "bare tonic call", figure: limit.per_second }),
        cpu_us: Some(meter.per_operation(run.latencies.len())?),
        latency: Some(run.latencies.quantiles()),
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "at least 0.15 of the limit",
    })
}
