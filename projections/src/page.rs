//! Pages: a list in pieces, forwards or backwards, by opaque cursors (Relay's connections).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use store::Position;

use crate::checkpoint;

/// The most rows a page has.
pub const LARGEST_PAGE: u32 = 100;

/// Why a page can not be given: the caller's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPage {
    #[error("the cursor is not one of this list")]
    Cursor,
    #[error("a page has 1 to {LARGEST_PAGE} entries")]
    Size,
    #[error("a page is asked for by first and after, or by last and before")]
    Directions,
}

/// A place in a list: the sort key of a row, and what the list was when paging began.
///
/// Opaque outside. It reveals nothing that the row itself did not, and a forged one only starts
/// the caller's own list elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The list's order, so that a cursor of one order is refused by another.
    #[serde(rename = "o")]
    pub(crate) order: String,
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    pub(crate) text: String,
    #[serde(rename = "n", default)]
    pub(crate) number: i64,
    /// Tells rows with equal keys apart.
    #[serde(rename = "r")]
    pub(crate) row: i64,
    /// How far the read model had read when the first page was made.
    #[serde(rename = "p")]
    pub(crate) position: i64,
}

impl Cursor {
    /// The order of lists whose cursors are the log's positions, and serve to follow it too.
    pub(crate) const POSITION: &str = "position";

    /// The cursor of a list in the log's order.
    pub(crate) fn at(row: i64) -> Self {
        Self { order: Self::POSITION.into(), text: String::new(), number: 0, row, position: row }
    }

    /// The cursor of a list in the order of numbers that its rows have, each its own.
    pub(crate) fn of(order: &str, row: i64, position: Option<Position>) -> Self {
        Self {
            order: order.into(),
            text: String::new(),
            number: 0,
            row,
            position: in_cursor(position),
        }
    }

    /// How far the read model had read when the first page was made; `None` if it had read nothing.
    pub(crate) fn read_to(&self) -> Option<Position> {
        (self.position >= 0).then(|| checkpoint::from_sql(self.position))
    }

    fn encode(&self) -> String {
        if self.order == Self::POSITION {
            return checkpoint::from_sql(self.row).encode();
        }
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("a cursor is plain data"))
    }

    fn decode(text: &str) -> Option<Self> {
        if let Some(position) = Position::decode(text) {
            return Some(Self::at(checkpoint::to_sql(position)));
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// Which piece of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    size: u32,
    from: Option<Cursor>,
    backwards: bool,
    until: Option<Position>,
}

impl PageRequest {
    /// Reads Relay's four arguments; without `first` and `last` it is the first `default` rows.
    pub fn parse(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
        default: u32,
    ) -> Result<Self, InvalidPage> {
        let backwards = last.is_some() || before.is_some();
        if backwards && (first.is_some() || after.is_some()) {
            return Err(InvalidPage::Directions);
        }
        let size = match first.or(last) {
            None => default,
            Some(size) => u32::try_from(size).map_err(|_| InvalidPage::Size)?,
        };
        if !(1..=LARGEST_PAGE).contains(&size) {
            return Err(InvalidPage::Size);
        }
        let from = match after.or(before) {
            None => None,
            Some(text) => Some(Cursor::decode(text).ok_or(InvalidPage::Cursor)?),
        };
        Ok(Self { size, from, backwards, until: None })
    }

    /// The first `size` rows, at most [`LARGEST_PAGE`].
    pub fn first(size: u32) -> Self {
        Self { size: size.clamp(1, LARGEST_PAGE), from: None, backwards: false, until: None }
    }

    /// The same piece of the list as it was at `position`, where the list is one by creation.
    #[must_use]
    pub fn until(self, position: Position) -> Self {
        Self { until: Some(position), ..self }
    }

    /// How far the list goes: as far as the read model has read, or as far as was asked for.
    pub(crate) fn bounded(&self, position: Option<Position>) -> Option<Position> {
        match self.until {
            Some(until) => position.map(|position| position.min(until)),
            None => position,
        }
    }

    /// The earlier of what was asked for and of `position`, where the list is one by creation.
    pub(crate) fn until_at_most(&self, position: Option<Position>) -> Option<Position> {
        self.until.into_iter().chain(position).min()
    }

    pub(crate) const fn backwards(&self) -> bool {
        self.backwards
    }

    /// One row more than the page has, to learn whether there are more.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// Where the page begins in a list of this order.
    pub(crate) fn from(&self, order: &str) -> Result<Option<&Cursor>, InvalidPage> {
        match &self.from {
            Some(cursor) if cursor.order != order => Err(InvalidPage::Cursor),
            from => Ok(from.as_ref()),
        }
    }

    /// Makes a page of the rows found, which come in the order of the search.
    pub(crate) fn page<T>(
        &self,
        mut found: Vec<T>,
        position: Option<Position>,
        cursor: impl Fn(&T) -> Cursor,
    ) -> Page<T> {
        let size = self.size as usize;
        let more = found.len() > size;
        found.truncate(size);
        if self.backwards {
            found.reverse();
        }
        let (has_previous, has_next) =
            if self.backwards { (more, self.from.is_some()) } else { (self.from.is_some(), more) };
        let edges = found.into_iter().map(|node| Edge { cursor: cursor(&node).encode(), node });
        Page { edges: edges.collect(), has_previous, has_next, position }
    }
}

/// A piece of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub edges: Vec<Edge<T>>,
    pub has_previous: bool,
    pub has_next: bool,
    /// How far the read model had read when the first page of this list was made; `None` if it had
    /// read nothing.
    pub position: Option<Position>,
}

impl<T> Page<T> {
    /// The same piece, of other things.
    pub(crate) fn try_map<U, E>(self, map: impl Fn(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let Self { edges, has_previous, has_next, position } = self;
        let edges = edges.into_iter().map(|Edge { cursor, node }| {
            let node = map(node)?;
            Ok(Edge { cursor, node })
        });
        Ok(Page { edges: edges.collect::<Result<_, _>>()?, has_previous, has_next, position })
    }
}

/// A row, and its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge<T> {
    pub cursor: String,
    pub node: T,
}

/// Why a page was not given.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error(transparent)]
    Invalid(#[from] InvalidPage),
    #[error(transparent)]
    Unavailable(#[from] crate::Unavailable),
}

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

/// Returns how far a read model has read: for a first page from Postgres, else from its cursor.
pub(crate) async fn position(
    db: &sqlx::PgPool,
    read_model: &str,
    from: Option<&Cursor>,
) -> sqlx::Result<Option<Position>> {
    if let Some(cursor) = from {
        return Ok(cursor.read_to());
    }
    let position = sqlx::query_scalar!(
        "select position from engine.checkpoint where projection = $1",
        read_model,
    )
    .fetch_optional(db)
    .await?;
    Ok(position.flatten().map(checkpoint::from_sql))
}

/// A position for a cursor; -1 for none.
pub(crate) fn in_cursor(position: Option<Position>) -> i64 {
    position.map_or(-1, checkpoint::to_sql)
}

#[cfg(test)]
mod tests;
