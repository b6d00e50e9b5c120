//! P7: the read model of agent tokens from nothing, on a Postgres server.

use std::time::Instant;

use anyhow::Result;
use sqlx::{Executor, PgPool};
use uuid::Uuid;
use xtask::postgres::Server as Postgres;

use super::{Settings, keep};
use crate::{
    load::process,
    product::Product,
    report::{Limit, Row},
};

/// Rows of one statement, as many as the product's own batches hold.
const BATCH: usize = 1000;

pub(super) async fn run(settings: &Settings) -> Result<Vec<Row>> {
    let postgres = tokio::task::spawn_blocking(Postgres::start).await??;
    let limit = upserts(&postgres, settings.history).await?;
    let product = Product::start_with(settings, vec![("KEYLEDGER_DATABASE_URL", postgres.url())])?;
    product.seed(settings.history).await?;
    product.caught_up().await?;

    let begun = Instant::now();
    product.command(&["projections", "rebuild", "agent_tokens"])?;
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let figure = settings.history as f64 / begun.elapsed().as_secs_f64();
    let mut rows = Vec::new();
    let row = Row {
        scenario: "P7",
        what: format!("rebuild of agent_tokens, {} tokens", settings.history),
        figure,
        unit: "/s",
        limit: Some(Limit { name: "UNNEST upserts of such rows", figure: limit }),
        latency: None,
        cpu_us: None,
        memory_mb: Some(process::megabytes(process::resident(product.server.id())?)),
        goal: "at least 0.4 of the limit",
    };
    keep(&mut rows, row);
    Ok(rows)
}

/// Rows of a token's size upserted a second, in batches, into a table with the same indexes.
async fn upserts(postgres: &Postgres, count: usize) -> Result<f64> {
    let pool = PgPool::connect(&postgres.url()).await?;
    pool.execute(
        "create table bench_token (id uuid primary key, workspace uuid not null, name text not null,
             hint text not null, scopes text[] not null, created_at timestamptz not null);
         create index on bench_token (workspace, created_at desc)",
    )
    .await?;
    let workspace = Uuid::nil();
    let begun = Instant::now();
    for _ in 0..count / BATCH {
        let ids: Vec<Uuid> = (0..BATCH).map(|_| store::random::uuid()).collect();
        sqlx::query(
            "insert into bench_token
             select id, $2, 'bench', 'nxa_...0000', '{ws:connect}', now() from unnest($1) id
             on conflict (id) do update set name = excluded.name",
        )
        .bind(ids)
        .bind(workspace)
        .execute(&pool)
        .await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    pool.execute("drop table bench_token").await?;
    pool.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let rate = count as f64 / seconds;
    Ok(rate)
}
