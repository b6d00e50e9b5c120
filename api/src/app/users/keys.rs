//! The keys that a person's and a workspace's data are sealed under.
//!
//! Each is made in the vault first and then said to be there; what an earlier try did stays.

use domain::{
    id::{SubjectId, UserId, VaultRef, WorkspaceId},
    subject::{self, Subject},
};
use store::{Context, VaultError};

use crate::{
    app::{App, request::Undertaking},
    error::Error,
};

impl App {
    /// Makes a person's key and that of their personal workspace; tells whether both are there,
    /// which a key that was destroyed never is again.
    pub(in crate::app) async fn create_keys(
        &self,
        undertaking: &Undertaking<'_>,
        user: UserId,
    ) -> Result<bool, Error> {
        for subject in [SubjectId::from(user), SubjectId::from(WorkspaceId::personal(user))] {
            let step = undertaking.step(&format!("key {subject}"));
            match self.vault.create_subject_key(subject, step.bare()).await {
                Err(VaultError::KeyGone) => return Ok(false),
                outcome => outcome?,
            }
            // The client is sealed under the key that was just made.
            let context = step.on::<Subject>(subject).await?;
            self.tell_of_key(subject, &context).await?;
        }
        Ok(true)
    }

    /// Makes a workspace's key, without a request of anyone's.
    pub(crate) async fn create_workspace_key(
        &self,
        workspace: WorkspaceId,
        context: &Context,
    ) -> Result<(), Error> {
        let subject = SubjectId::from(workspace);
        self.vault.create_subject_key(subject, context).await?;
        self.tell_of_key(subject, &context.step("key")).await
    }

    async fn tell_of_key(&self, subject: SubjectId, context: &Context) -> Result<(), Error> {
        let key_ref = VaultRef::from_uuid(subject.as_uuid());
        let create = subject::Command::CreateKey { key_ref };
        self.log.execute::<Subject>(subject, &create, context).await?;
        Ok(())
    }
}
