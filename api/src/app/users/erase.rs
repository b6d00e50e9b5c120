//! Erasure, as it is asked for: nobody can sign in as the person from here on.
//!
//! All else is the reactor `people`'s: it revokes, disconnects, and destroys the keys that what is
//! personal is sealed under.

use domain::{
    id::{UserId, WorkspaceId},
    role::Permission,
    user::{self, Cause, User},
};
use store::{Context, ExecuteError, Position};

use super::App;
use crate::{app::Request, error::Error};

impl App {
    /// Lets the caller be forgotten, for good. No reason is asked for: it would be sealed under the
    /// key that is destroyed.
    ///
    /// Returns the position of what was decided. `workspace` is where they act; everybody may do
    /// this in their own, and it is for nobody else to decide, whatever their role.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] without `subject:erase`; [`Error::NotFound`] for anybody but the caller;
    /// `CONFIRMATION_MISMATCH` unless `confirm` is `erase`, a space, and the person's public id.
    pub async fn erase_subject(
        &self,
        request: &Request,
        workspace: WorkspaceId,
        subject: UserId,
        confirm: &str,
    ) -> Result<Option<Position>, Error> {
        let caller = request.caller()?;
        self.access(caller, workspace, Permission::SubjectErase).await?;
        if caller.user() != Some(subject) {
            return Err(Error::NotFound);
        }
        let expected = format!("erase {}", subject.public());
        if confirm != expected {
            let message = format!("to go on, confirm with `{expected}`");
            return Err(Error::Rejected { code: "CONFIRMATION_MISMATCH", message });
        }
        let (app, request) = (self.clone(), request.clone());
        self.uncancelled(async move {
            let undertaking = app.undertake(&request, "EraseSubject", None)?;
            let context = undertaking.on::<User>(subject).await?;
            Ok(app.begin_erasure(subject, &context).await?)
        })
        .await
    }

    /// Deactivates a person for good. Again, it changes nothing.
    pub(in crate::app) async fn begin_erasure(
        &self,
        user: UserId,
        context: &Context,
    ) -> Result<Option<Position>, ExecuteError<user::Rejection>> {
        let deactivate = user::Command::Deactivate { cause: Cause::Erased };
        let outcome = self.log.execute::<User>(user, &deactivate, context).await;
        self.folds.forget::<User>(user);
        Ok(outcome?.position)
    }
}
