//! Credentials of other services, as an operator makes and ends them.

use domain::{
    id::{ServiceCredentialId, WorkspaceId},
    scope::ServiceScopes,
    service_credential::ServiceCredential,
    text::TokenName,
};
use serde_json::{Value, json};

use super::{people, time};
use crate::{
    admin::operation::{
        CreateServiceCredential as Asked, RevokeServiceCredential, ServiceCredentialOperation,
    },
    app::{App, Changed, Request, service_credentials::CreateServiceCredential},
    error::Error,
};

pub(super) async fn service_credential(
    app: &App,
    request: &Request,
    operation: ServiceCredentialOperation,
) -> Result<Value, Error> {
    match operation {
        ServiceCredentialOperation::Create(asked) => {
            let create = parse(app, asked).await?;
            let created = app.create_service_credential(request, create).await?;
            let mut answer = describe(&created.credential);
            // The one place where an operator sees it.
            answer["secret"] = json!(created.secret.map(|secret| secret.expose().clone()));
            Ok(answer)
        }
        ServiceCredentialOperation::Revoke(RevokeServiceCredential { id }) => {
            let id = ServiceCredentialId::from_public(&id).map_err(|_| {
                Error::invalid("expected the id of a credential, `svc_…`; never its secret")
            })?;
            Ok(describe(&app.revoke_service_credential(request, id).await?))
        }
    }
}

async fn parse(app: &App, asked: Asked) -> Result<CreateServiceCredential, Error> {
    Ok(CreateServiceCredential {
        name: TokenName::parse(&asked.name).map_err(|refusal| Error::rejected(&refusal))?,
        scopes: ServiceScopes::from_iter(asked.scopes),
        workspace: match &asked.workspace {
            Some(workspace) => Some(people::workspace(app, workspace).await?),
            None => None,
        },
        expires_at: asked.expires_at,
    })
}

fn describe(credential: &Changed<ServiceCredential>) -> Value {
    let mut answer = json!({ "id": credential.id.public(), "position": credential.position });
    if let Some(issued) = credential.state.issued() {
        let created = &issued.created;
        answer["name"] = created.name.as_str().into();
        answer["hint"] = created.hint.clone().into();
        answer["scopes"] = json!(created.scopes);
        answer["workspace"] = json!(created.workspace_id.map(WorkspaceId::public));
        answer["expires_at"] = json!(created.expires_at.map(time));
        answer["revoked_at"] = json!(issued.revoked.as_ref().map(|revoked| time(revoked.at)));
    }
    answer
}
