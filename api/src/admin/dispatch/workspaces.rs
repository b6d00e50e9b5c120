//! Plans and members, as an operator changes them.

use domain::{
    id::{UserId, WorkspaceId},
    workspace::Workspace,
};
use serde_json::{Value, json};

use super::people;
use crate::{
    admin::operation::{MemberOperation, Membership, SetPlan},
    app::{App, Changed, Request, workspaces::Newcomer},
    error::Error,
};

pub(super) async fn set_plan(app: &App, request: &Request, set: SetPlan) -> Result<Value, Error> {
    let id = people::workspace(app, &set.workspace).await?;
    let changed = app.change_plan(request, id, set.plan).await?;
    Ok(json!({
        "workspace": id.public(),
        "plan": changed.state.open().map(|open| open.plan),
        "position": changed.position,
    }))
}

pub(super) async fn member(
    app: &App,
    request: &Request,
    operation: MemberOperation,
) -> Result<Value, Error> {
    let (MemberOperation::Add(Membership { workspace, user, role })
    | MemberOperation::SetRole(Membership { workspace, user, role })) = &operation;
    let id = people::workspace(app, workspace).await?;
    let user = people::user(app, user).await?;
    let changed = match operation {
        MemberOperation::Add(_) => {
            app.add_member(request, id, Newcomer::Known(user), *role).await?
        }
        MemberOperation::SetRole(_) => app.change_member_role(request, id, user, *role).await?,
    };
    Ok(member_of(id, user, &changed))
}

fn member_of(id: WorkspaceId, user: UserId, changed: &Changed<Workspace>) -> Value {
    json!({
        "workspace": id.public(),
        "user": user.public(),
        "role": changed.state.role_of(user),
        "position": changed.position,
    })
}
