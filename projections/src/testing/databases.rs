//! Databases for tests: PGlite, and a server where one is named.

use std::future::Future;

use domain::Secret;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{Database, DatabaseConfig};

/// Names a server on which tests may make databases.
const SERVER: &str = "KEYLEDGER_TEST_DATABASE_URL";

/// Runs a test on PGlite, and on a server.
pub(crate) async fn on_each_database<Test, Run>(test: Test)
where
    Test: Fn(Database) -> Run,
    Run: Future<Output = ()>,
{
    on_pglite(&test).await;
    match server() {
        Some(url) => on_server(&url, &test).await,
        None => println!("NOT RUN on a database server: {SERVER} is not set"),
    }
}

/// Opens PGlite in `folder`.
pub(crate) async fn embedded(folder: &std::path::Path) -> Database {
    let config = DatabaseConfig { url: None, data_dir: folder.to_owned(), connections: 1 };
    Database::open(config).await.expect("PGlite opens")
}

#[expect(clippy::disallowed_methods, reason = "the test's own setting, not the service's")]
fn server() -> Option<String> {
    std::env::var(SERVER).ok()
}

async fn on_pglite<Run: Future<Output = ()>>(test: &impl Fn(Database) -> Run) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = embedded(folder.path()).await;
    test(db.clone()).await;
    db.close().await;
}

async fn on_server<Run: Future<Output = ()>>(url: &str, test: &impl Fn(Database) -> Run) {
    let name = format!("keyledger_test_{}", store::random::uuid().simple());
    let mut admin = PgConnection::connect(url).await.expect("the server answers");
    admin.execute(AssertSqlSafe(format!("create database {name}"))).await.expect("a database");
    let (server, query) = url.split_once('?').unwrap_or((url, ""));
    let server = server.rsplit_once('/').expect("the url names a database").0;
    let url = Secret::new(format!("{server}/{name}?{query}"));
    let config = DatabaseConfig { url: Some(url), data_dir: "unused".into(), connections: 4 };
    let db = Database::open(config).await.expect("the url is one");
    test(db.clone()).await;
    db.close().await;
    let drop = format!("drop database {name} with (force)");
    admin.execute(AssertSqlSafe(drop)).await.expect("the database goes");
}
