//! Disconnecting: on record at once; a reactor revokes at the platform and destroys the tokens.

use domain::{
    connected_account::{Command, ConnectedAccount},
    id::ConnectedAccountId,
    role::Permission,
};

use crate::{
    app::{App, Changed, Request},
    error::Error,
};

impl App {
    /// Disconnects an account; a second time changes nothing.
    pub async fn disconnect_account(
        &self,
        request: &Request,
        id: ConnectedAccountId,
        revoke_at_provider: bool,
    ) -> Result<Changed<ConnectedAccount>, Error> {
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let caller = request.caller()?;
            let (access, _) = app.connected_account(caller, id, Permission::AccountsManage).await?;
            let undertaking =
                app.undertake(&request, "DisconnectAccount", Some(access.workspace))?;
            let command = Command::Disconnect { by: caller.actor(), revoke_at_provider };
            let context = undertaking.on::<ConnectedAccount>(id).await?;
            let committed = app.log.execute::<ConnectedAccount>(id, &command, &context).await?;
            Ok(Changed::new(id, committed))
        })
        .await
    }
}
