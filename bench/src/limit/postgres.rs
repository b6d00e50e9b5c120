//! A bare handler that reads one row of a table by its key.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::Result;
use axum::{Router, extract::State, http::StatusCode, routing::post};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::net::TcpListener;

/// As many as the product has for queries.
const CONNECTIONS: u32 = 16;
/// Jumps about the table, so that no lookup finds the pages of the one before.
const STRIDE: i64 = 7_919;

struct Table {
    pool: PgPool,
    rows: i64,
    next: AtomicI64,
}

/// Serves until the process ends; prints the address like the product does.
pub(crate) async fn serve(listen: SocketAddr, url: &str) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    let rows = sqlx::query_scalar("select count(*) from bench_row").fetch_one(&pool).await?;
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let table = Arc::new(Table { pool, rows, next: AtomicI64::new(0) });
    let router = Router::new().route("/lookup", post(lookup)).with_state(table);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn lookup(State(table): State<Arc<Table>>) -> Result<String, StatusCode> {
    let id = table.next.fetch_add(STRIDE, Ordering::Relaxed) % table.rows + 1;
    let found = sqlx::query_scalar("select name from bench_row where id = $1").bind(id);
    found.fetch_one(&table.pool).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}
