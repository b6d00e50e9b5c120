//! Which agent tokens are listed, and in which order.

use domain::{Time, id::UserId};
use store::Position;
use uuid::Uuid;

use super::TokenStatus;
use crate::checkpoint;

/// Which tokens are wanted; each field narrows the choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these; empty for all.
    pub status: Vec<TokenStatus>,
    /// Part of the name, in any case.
    pub name_contains: Option<String>,
    pub created_by: Option<UserId>,
    /// Not used since then; a token that was never used counts from its creation.
    pub unused_since: Option<Time>,
}

/// In which order tokens are listed; ties go by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: OrderBy,
    pub descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// The only one under which pages stay as they are while tokens are created.
    CreatedAt,
    /// In any case, by code points.
    Name,
    /// Never used is earliest.
    LastUsedAt,
    /// Never expiring is latest.
    ExpiresAt,
}

impl OrderBy {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
            Self::LastUsedAt => "last_used_at",
            Self::ExpiresAt => "expires_at",
        }
    }
}

/// The newest first.
impl Default for Order {
    fn default() -> Self {
        Self { by: OrderBy::CreatedAt, descending: true }
    }
}

/// A filter as Postgres takes it.
#[derive(Default)]
pub(super) struct Bound {
    pub(super) status: Option<Vec<String>>,
    pub(super) name: Option<String>,
    pub(super) created_by: Option<Uuid>,
    pub(super) unused_since: Option<Time>,
    /// Only tokens created by then.
    pub(super) until: Option<i64>,
}

impl Bound {
    pub(super) fn new(filter: &Filter, until: Option<Position>) -> Self {
        let status = filter.status.iter().map(|status| status.as_str().to_owned());
        Self {
            status: (!filter.status.is_empty()).then(|| status.collect()),
            name: filter.name_contains.clone(),
            created_by: filter.created_by.map(UserId::as_uuid),
            unused_since: filter.unused_since,
            until: until.map(checkpoint::to_sql),
        }
    }
}
