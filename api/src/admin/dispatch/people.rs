//! Whom and which workspace an operator means.

use domain::{
    id::{UserId, WorkspaceId},
    username::Username,
};

use crate::{
    admin::reference::{UserRef, WorkspaceRef},
    app::App,
    error::Error,
};

/// Returns whom `reference` names; whether they are registered is for the command to say.
pub(super) async fn user(app: &App, reference: &UserRef) -> Result<UserId, Error> {
    match reference {
        UserRef::Id(id) => Ok(*id),
        UserRef::Name(name) => {
            let name = Username::parse(name).map_err(|refusal| Error::rejected(&refusal))?;
            app.user_named(&name).await?.ok_or_else(|| Error::Rejected {
                code: "USER_NOT_FOUND",
                message: format!("nobody is registered as {}", name.as_str()),
            })
        }
    }
}

/// Returns the workspace that `reference` names.
pub(super) async fn workspace(app: &App, reference: &WorkspaceRef) -> Result<WorkspaceId, Error> {
    match reference {
        WorkspaceRef::Id(id) => Ok(*id),
        WorkspaceRef::PersonalOf(person) => Ok(WorkspaceId::personal(user(app, person).await?)),
    }
}
