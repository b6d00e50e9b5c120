//! P8: a page of twenty tokens over GraphQL, from a Postgres server.

use std::sync::Arc;

use anyhow::Result;
use sqlx::{Executor, PgPool};
use xtask::postgres::Server as Postgres;

use super::{Settings, keep};
use crate::{
    client::Person,
    load::{
        connection,
        http::{Requests, Until, closed_loop, open_loop},
        process::{self, Meter},
    },
    product::Product,
    report::{Limit, Row},
    server::Server,
};

const CALLERS: usize = 64;
const TOKENS: usize = 40;
const PAGE: &str = "{ agentTokens(first: 20) {
    nodes { id name hint status createdAt } pageInfo { hasNextPage endCursor } } }";

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await??;
    let limit = lookups(&postgres, settings).await?;
    let product = Product::start_with(settings, vec![("KEYLEDGER_DATABASE_URL", postgres.url())])?;
    let mut person = Person::register(&product.server.address, 1).await?;
    for _ in 0..TOKENS {
        person.create_token().await?;
    }
    product.caught_up().await?;

    let requests: Requests = Arc::new(vec![person.query(PAGE)]);
    let (address, until) = (&product.server.address, Until::Elapsed(settings.duration));
    let meter = Meter::start(product.server.id())?;
    let run = closed_loop(address, &requests, CALLERS, until, b"\"hasNextPage\":true").await?;
    let cpu_us = Some(meter.per_operation(run.latencies.len())?);
    let offered = run.per_second / 2.0;
    let latencies = open_loop(address, &requests, CALLERS, offered, settings.duration).await?;
    let mut rows = Vec::new();
    keep(
        &mut rows,
        Row {
            scenario: "P8",
            what: format!("a page of 20 tokens, {CALLERS} callers"),
            figure: run.per_second,
            unit: "/s",
            limit: Some(Limit { name: "axum and one lookup in Postgres", figure: limit }),
            cpu_us,
            latency: Some(latencies.quantiles()),
            memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
            goal: "at least 0.5 of the limit",
        },
    );
    Ok(rows)
}

/// Requests a second of a bare handler that reads one row by its key, of as many as there are
/// tokens in the history.
async fn lookups(postgres: &Postgres, settings: &Settings) -> Result<f64> {
    let pool = PgPool::connect(&postgres.url()).await?;
    pool.execute("create table bench_row (id bigint primary key, name text not null)").await?;
    sqlx::query("insert into bench_row select id, 'bench' from generate_series(1, $1::bigint) id")
        .bind(i64::try_from(settings.history)?)
        .execute(&pool)
        .await?;
    pool.execute("analyze bench_row").await?;
    pool.close().await;
    let bare = Server::limit(&["limit-postgres", &postgres.url()])?;
    let request = connection::post("/lookup", &[], "{}");
    let until = Until::Elapsed(settings.duration);
    let requests: Requests = Arc::new(vec![request]);
    Ok(closed_loop(&bare.address, &requests, CALLERS, until, b"bench").await?.per_second)
}
