//! Past: a read model as it stood at a position, in a schema of its own until it was read.

use sqlx::Connection as _;
use store::Position;

use super::{RebuildError, Rebuilder};
use crate::{
    batch::Target,
    checkpoint,
    database::Database,
    model,
    schema::{self, Row},
};

/// Blocks of a table that are read at once: some hundred kilobytes.
const BLOCKS: u32 = 16;

/// The rows of a read model as they stood. To be [discarded](Self::discard) when they were read;
/// what a crash leaves behind is replaced by the next of its name.
#[derive(Debug)]
pub struct Past {
    db: Database,
    schema: String,
    /// Those still to be read, the next at the end.
    tables: Vec<String>,
    /// The next block of that table.
    block: u32,
}

impl Rebuilder {
    /// Makes `read_model` as it stood just after the event at `until`, beside the live one.
    ///
    /// What was sealed with keys that are destroyed since then is blank. `progress` hears, from 0
    /// to 1, how much of the log is done.
    pub async fn at(
        &self,
        read_model: &str,
        until: Position,
        progress: impl FnMut(f64) + Send,
    ) -> Result<Past, RebuildError> {
        let model = model::named(read_model).ok_or(RebuildError::Unknown)?;
        if self.log.head().await? < Some(until) {
            return Err(RebuildError::Ahead);
        }
        let target = Target { model, schema: format!("{}_at", model.name) };
        self.fill(&target, Some(until), progress).await?;
        let mut connection = self.db.projecting().acquire().await?;
        let mut tables = schema::tables(&mut connection, &target.schema).await?;
        tables.reverse();
        Ok(Past { db: self.db.clone(), schema: target.schema, tables, block: 0 })
    }
}

impl Past {
    /// Returns some rows; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, RebuildError> {
        let Some(table) = self.tables.last() else { return Ok(None) };
        let mut connection = self.db.projecting().acquire().await?;
        let blocks = self.block..self.block + BLOCKS;
        let page = schema::rows(&mut connection, &self.schema, table, blocks).await?;
        if page.last {
            self.tables.pop();
            self.block = 0;
        } else {
            self.block += BLOCKS;
        }
        Ok(Some(page.rows))
    }

    /// Drops the schema.
    pub async fn discard(self) -> Result<(), RebuildError> {
        let mut connection = self.db.projecting().acquire().await?;
        let mut tx = connection.begin().await?;
        schema::drop(&mut tx, &self.schema).await?;
        checkpoint::forget(&mut tx, &self.schema).await?;
        Ok(tx.commit().await?)
    }
}
