//! Schemas: made, dropped, renamed and compared.
//!
//! The one place whose SQL is put together at run time, since a schema's name
//! can not be a parameter. The names are our own constants.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::model::Model;

/// Makes `schema` anew, with the tables of `model` in it and nothing in them.
pub(crate) async fn create(tx: &mut PgConnection, model: &Model, schema: &str) -> sqlx::Result<()> {
    drop(tx, schema).await?;
    run(tx, format!("create schema {schema}")).await?;
    enter(tx, schema).await?;
    run(tx, model.tables.to_owned()).await
}

/// Drops `schema` and all that is in it, if it is there.
pub(crate) async fn drop(tx: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    run(tx, format!("drop schema if exists {schema} cascade")).await
}

/// Lets unqualified names mean the tables of `schema` until the transaction ends.
pub(crate) async fn enter(tx: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    run(tx, format!("set local search_path = {schema}")).await
}

/// Gives the name `to` to the schema `from`.
pub(crate) async fn rename(tx: &mut PgConnection, from: &str, to: &str) -> sqlx::Result<()> {
    run(tx, format!("alter schema {from} rename to {to}")).await
}

/// Whether `schema` is there.
pub(crate) async fn exists(tx: &mut PgConnection, schema: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from pg_namespace where nspname = $1) as "exists!""#,
        schema,
    )
    .fetch_one(tx)
    .await
}

/// One row that stands in one of two schemas only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub table: String,
    /// Whether the live tables hold it, and the rebuilt ones do not.
    pub only_live: bool,
    /// The row, as JSON.
    pub row: String,
}

/// Returns rows that `live` and `other` do not share, at most `max` of each table.
pub(crate) async fn compare(
    tx: &mut PgConnection,
    live: &str,
    other: &str,
    max: u32,
) -> sqlx::Result<Vec<Difference>> {
    // As long as it takes: the tables may be large.
    run(tx, "set local statement_timeout = 0".to_owned()).await?;
    let mut differences = Vec::new();
    for table in tables(tx, live).await? {
        for (here, there) in [(live, other), (other, live)] {
            let sql = format!(
                "select to_jsonb(r)::text
                   from (select * from {here}.{table} except all select * from {there}.{table}) r
                  limit {max}"
            );
            let rows: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *tx).await?;
            differences.extend(rows.into_iter().map(|row| Difference {
                table: table.clone(),
                only_live: here == live,
                row,
            }));
        }
    }
    Ok(differences)
}

/// Returns the names of the tables in `schema`.
pub(crate) async fn tables(tx: &mut PgConnection, schema: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select relname::text as "name!" from pg_class
            where relnamespace = (select oid from pg_namespace where nspname = $1)
              and relkind = 'r' and not relispartition
            order by 1"#,
        schema,
    )
    .fetch_all(tx)
    .await
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub table: String,
    /// The row, as JSON.
    pub row: String,
}

/// Rows of a table, and whether none come behind them.
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) last: bool,
}

/// Returns the rows in some blocks of a table that nobody writes to.
pub(crate) async fn rows(
    tx: &mut PgConnection,
    schema: &str,
    table: &str,
    blocks: std::ops::Range<u32>,
) -> sqlx::Result<Rows> {
    let (start, end) = (blocks.start, blocks.end);
    let sql = format!(
        "select to_jsonb(r)::text from {schema}.{table} r
          where ctid >= '({start},0)'::tid and ctid < '({end},0)'::tid"
    );
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *tx).await?;
    let size = format!(
        "select pg_relation_size('{schema}.{table}') <= {end} * current_setting('block_size')::bigint"
    );
    let last = sqlx::query_scalar(AssertSqlSafe(size)).fetch_one(tx).await?;
    let rows = rows.into_iter().map(|row| Row { table: table.to_owned(), row }).collect();
    Ok(Rows { rows, last })
}

async fn run(tx: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    tx.execute(AssertSqlSafe(sql)).await.map(|_| ())
}
