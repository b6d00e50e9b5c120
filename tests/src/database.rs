//! Databases of a test's own, on the Postgres server that the test command started.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Where `cargo xtask test` says that its server is.
pub const SERVER: &str = "KEYLEDGER_TEST_DATABASE_URL";

/// Address of a server that any test may use; none where the tests were started without one.
pub fn server() -> Option<String> {
    std::env::var_os(SERVER).and_then(|it| it.into_string().ok())
}

/// Makes an empty database on `server` and returns its address.
pub async fn create(server: &str) -> Result<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("keyledger_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await?;
    connection.close().await?;
    let (base, _) = server.rsplit_once('/').context("the address names no database")?;
    Ok(format!("{base}/{name}"))
}
