//! Service credentials: for other services; only an operator makes them.

use domain::{
    Secret, Time,
    id::{ServiceCredentialId, WorkspaceId},
    opaque_token::{self, Kind},
    scope::{ServiceScope, ServiceScopes},
    secret::SecretHash,
    service_credential::{Command, Create, Created, Revoke, ServiceCredential},
    text::TokenName,
};
use store::random;

use super::{App, Changed, Request, Who};
use crate::error::Error;

/// A credential that an operator asks for.
#[derive(Clone, Debug)]
pub struct CreateServiceCredential {
    pub name: TokenName,
    pub scopes: ServiceScopes,
    /// The only workspace it may reach; every workspace, if left out.
    pub workspace: Option<WorkspaceId>,
    pub expires_at: Option<Time>,
}

/// A credential, and its secret where this is the first answer to the command.
#[derive(Clone, Debug)]
pub struct CreatedServiceCredential {
    pub credential: Changed<ServiceCredential>,
    pub secret: Option<Secret<String>>,
}

impl App {
    /// Creates a credential for another service.
    pub async fn create_service_credential(
        &self,
        request: &Request,
        create: CreateServiceCredential,
    ) -> Result<CreatedServiceCredential, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            operator_only(&request)?;
            let undertaking =
                app.undertake(&request, "CreateServiceCredential", create.workspace)?;
            let id = ServiceCredentialId::derived(undertaking.command_id(), "service_credential");
            let secret = opaque_token::write(Kind::Service, id.as_uuid(), &random::bytes());
            let credential = Created {
                name: create.name,
                secret_sha256: SecretHash::of(secret.expose()),
                hint: opaque_token::hint(&secret),
                scopes: create.scopes,
                workspace_id: create.workspace,
                expires_at: create.expires_at,
            };
            let command = Command::Create(Create { credential, at: undertaking.at() });
            let context = undertaking.on::<ServiceCredential>(id).await?;
            let created = app.log.execute::<ServiceCredential>(id, &command, &context).await?;
            let secret = (!created.repeated).then_some(secret);
            Ok(CreatedServiceCredential { credential: Changed::new(id, created), secret })
        })
        .await
    }

    /// Revokes a credential at once and for good; again, it changes nothing.
    pub async fn revoke_service_credential(
        &self,
        request: &Request,
        id: ServiceCredentialId,
    ) -> Result<Changed<ServiceCredential>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            operator_only(&request)?;
            let loaded = app.log.load::<ServiceCredential>(id).await?;
            let credential = loaded.state.issued().ok_or(Error::NotFound)?;
            let workspace = credential.created.workspace_id;
            let undertaking = app.undertake(&request, "RevokeServiceCredential", workspace)?;
            let command = Command::Revoke(Revoke { by: undertaking.bare().actor.clone() });
            let context = undertaking.on::<ServiceCredential>(id).await?;
            let revoked = app.log.execute::<ServiceCredential>(id, &command, &context).await?;
            app.folds.forget::<ServiceCredential>(id);
            Ok(Changed::new(id, revoked))
        })
        .await
    }
}

fn operator_only(request: &Request) -> Result<(), Error> {
    match request.caller()?.who {
        Who::Operator { .. } => Ok(()),
        _ => Err(Error::Forbidden { permission: ServiceScope::ClientsManage.as_str() }),
    }
}
