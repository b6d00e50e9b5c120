//! Page info: whether there is more, as Relay wants it said.

use async_graphql::SimpleObject;
use projections::Page;

use super::scalar::Cursor;

#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<Cursor>,
    end_cursor: Option<Cursor>,
}

impl PageInfo {
    pub(super) fn of<T>(page: &Page<T>) -> Self {
        Self {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: page.edges.first().map(|edge| Cursor(edge.cursor.clone())),
            end_cursor: page.edges.last().map(|edge| Cursor(edge.cursor.clone())),
        }
    }
}
