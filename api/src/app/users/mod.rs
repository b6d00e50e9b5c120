//! People: who has which name, and what the outside may know of them.

mod erase;
mod keys;
mod link;
mod register;

use domain::{
    Secret,
    id::UserId,
    user::User,
    user_handle::{HandleId, UserHandle},
    username::Username,
};
use store::Loaded;

use super::{App, request::stream_of};
use crate::error::Error;

impl App {
    /// Returns who holds a name, whether their registration is complete or not.
    pub async fn user_named(&self, name: &Username) -> Result<Option<UserId>, Error> {
        let handle = self.log.load::<UserHandle>(self.handle_of(name)).await?;
        Ok(handle.state.holder())
    }

    /// Returns the name a person signs in with; none once they are erased.
    pub async fn username(&self, id: UserId, user: &User) -> Result<Option<Username>, Error> {
        let Some(person) = user.person() else { return Ok(None) };
        let stream = stream_of::<User>(id);
        Ok(self.vault.open_sealed(&stream, "handle", &person.handle).await?)
    }

    /// The stream that reserves a name: spellings that look alike share it, and nobody without
    /// the pepper can guess it.
    pub(crate) fn handle_of(&self, name: &Username) -> HandleId {
        let mac = self.vault.hmac("user_handle", &[name.folded().as_bytes()]);
        HandleId::from_bytes(*mac.first_chunk().expect("32 bytes are more than 16"))
    }

    /// Returns the hash of a person's password; none where nobody could sign in with one.
    pub(super) async fn password_hash(
        &self,
        user: &Loaded<User>,
    ) -> Result<Option<Secret<String>>, Error> {
        let credential = user.state.person().and_then(|person| person.credential.as_ref());
        // Unknown people cost the same reads as known ones.
        let nowhere = domain::id::VaultRef::from_uuid(uuid::Uuid::nil());
        let vault_ref = credential.map_or(nowhere, |credential| credential.vault_ref);
        self.stored_hash(vault_ref).await
    }

    async fn stored_hash(
        &self,
        vault_ref: domain::id::VaultRef,
    ) -> Result<Option<Secret<String>>, Error> {
        let Some(stored) = self.vault.get_secret(vault_ref).await? else { return Ok(None) };
        let text = String::from_utf8(stored.secret.expose().clone());
        text.map(|text| Some(Secret::new(text))).map_err(|error| Error::Internal(error.into()))
    }
}
