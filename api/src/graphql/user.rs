//! People over GraphQL.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ID, Object, dataloader::Loader};
use domain::id::UserId;
use projections::users::{self, UserRow};

use super::scalar::DateTime;
use crate::{app::App, error::Error};

/// A person.
#[derive(Clone, Debug)]
pub(crate) struct User(UserRow);

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self(row)
    }
}

#[Object]
impl User {
    pub(super) async fn id(&self) -> ID {
        self.0.id.public().into()
    }

    /// Counts from 1, with gaps; never given twice.
    async fn number(&self) -> u64 {
        self.0.number
    }

    /// The name they sign in with, as they typed it; null once they are erased.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// What the identity provider calls them.
    async fn display_name(&self) -> Option<&str> {
        self.0.display_name.as_deref()
    }

    async fn image_url(&self) -> Option<&str> {
        self.0.image_url.as_deref()
    }

    async fn joined_at(&self) -> DateTime {
        self.0.joined_at.into()
    }

    /// What the community calls them; apart from roles in workspaces.
    async fn membership_roles(&self) -> &[String] {
        &self.0.membership_roles
    }

    async fn premium_expiry(&self) -> Option<DateTime> {
        self.0.premium_expiry.map(DateTime)
    }

    async fn deactivated_at(&self) -> Option<DateTime> {
        self.0.deactivated_at.map(DateTime)
    }
}

/// Loads the people of one operation together.
pub(super) struct Users(App);

impl Users {
    pub(super) fn new(app: App) -> Self {
        Self(app)
    }
}

impl Loader<UserId> for Users {
    type Value = UserRow;
    type Error = Arc<projections::Unavailable>;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, UserRow>, Self::Error> {
        let rows = users::by_ids(&self.0.db, ids).await.map_err(Arc::new)?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl From<Arc<projections::Unavailable>> for Error {
    fn from(error: Arc<projections::Unavailable>) -> Self {
        Self::Unavailable(error.into())
    }
}
