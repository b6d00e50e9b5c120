//! People over GraphQL.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use domain::id::UserId;
use projections::users::{self, UserRow};

use super::{
    ask::Ask,
    command_answer::announce,
    error::{Refused, UserError, not_found, settle},
    scalar::{DateTime, Position},
};
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

#[derive(InputObject)]
pub(crate) struct EraseSubjectInput {
    user_id: ID,
    /// `erase`, a space, and that id: so that nobody does this by mistake.
    confirm: String,
    client_mutation_id: Option<String>,
}

#[derive(Default, SimpleObject)]
pub(crate) struct EraseSubjectPayload {
    position: Option<Position>,
    user_errors: Vec<UserError>,
    client_mutation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct UserMutation;

#[Object]
impl UserMutation {
    /// Forgets the caller, for good. From the answer on nobody signs in as them; within moments their
    /// tokens are revoked, their accounts disconnected, and the keys destroyed that what is known
    /// of them is sealed under, in history too. Takes `subject:erase` where they act, and is nobody
    /// else's to do.
    async fn erase_subject(
        &self,
        ctx: &Context<'_>,
        input: EraseSubjectInput,
    ) -> async_graphql::Result<EraseSubjectPayload> {
        let erased = settle(erase(ctx, &input).await.map_err(Refused::from))?;
        let client_mutation_id = input.client_mutation_id;
        Ok(match erased {
            Ok(position) => {
                let position = announce(ctx, position);
                EraseSubjectPayload { position, client_mutation_id, ..Default::default() }
            }
            Err(user_errors) => {
                EraseSubjectPayload { user_errors, client_mutation_id, ..Default::default() }
            }
        })
    }
}

async fn erase(
    ctx: &Context<'_>,
    input: &EraseSubjectInput,
) -> Result<Option<store::Position>, Error> {
    let request = ctx.command(None)?;
    let subject = UserId::from_public(&input.user_id).map_err(not_found)?;
    let workspace = ctx.workspace_id(None)?;
    ctx.app().erase_subject(&request, workspace, subject, &input.confirm).await
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
