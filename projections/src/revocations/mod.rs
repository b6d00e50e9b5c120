//! Revocations: every credential that died before its time, in the log's order.

mod batch;
mod feed;
mod query;
#[cfg(test)]
mod tests;

use domain::{
    Aggregate, agent_token::AgentToken, keyring::Keyring, oauth_client::OauthClient,
    service_credential::ServiceCredential, token_family::TokenFamily, user::User,
};
use sqlx::PgConnection;

use self::batch::Batch;
pub use self::{
    feed::{FeedRow, feed},
    query::{RevocationRow, after},
};
use crate::{
    entry::Entry,
    error::ApplyError,
    model::{OnPoison, ReadModel},
    text::unexpected,
};

pub(crate) enum Revocations {}

impl ReadModel for Revocations {
    const NAME: &'static str = "revocations";
    const VERSION: i32 = 3;
    const TABLES: &'static str = include_str!("../../../migrations/read_models/revocations.sql");
    const CATEGORIES: &'static [&'static str] = &[
        AgentToken::CATEGORY,
        TokenFamily::CATEGORY,
        User::CATEGORY,
        ServiceCredential::CATEGORY,
        OauthClient::CATEGORY,
        Keyring::CATEGORY,
    ];
    const ON_POISON: OnPoison = OnPoison::Halt;

    async fn apply(events: &[&Entry], tx: &mut PgConnection) -> Result<(), ApplyError> {
        let mut batch = Batch::default();
        for entry in events {
            if let Some(id) = entry.event.id_of::<AgentToken>() {
                batch.token(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<TokenFamily>() {
                batch.family(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<User>() {
                batch.user(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<ServiceCredential>() {
                batch.service_credential(id, &entry.event.decode()?, entry);
            } else if let Some(id) = entry.event.id_of::<OauthClient>() {
                batch.client(id, &entry.event.decode()?, entry);
            } else if entry.event.category() == Keyring::CATEGORY {
                batch.signing_key(&entry.event.decode()?, entry);
            }
        }
        batch.write(tx).await
    }
}

/// What kind of credential died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    AgentToken,
    TokenFamily,
    AccessToken,
    /// All that was issued to a person so far.
    User,
    ServiceCredential,
    /// All that was issued to an application so far; it may come to life again.
    Client,
    /// All that it ever signed.
    SigningKey,
}

impl CredentialKind {
    const ALL: [Self; 7] = [
        Self::AgentToken,
        Self::TokenFamily,
        Self::AccessToken,
        Self::User,
        Self::ServiceCredential,
        Self::Client,
        Self::SigningKey,
    ];

    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentToken => "AGENT_TOKEN",
            Self::TokenFamily => "TOKEN_FAMILY",
            Self::AccessToken => "ACCESS_TOKEN",
            Self::User => "USER",
            Self::ServiceCredential => "SERVICE_CREDENTIAL",
            Self::Client => "CLIENT",
            Self::SigningKey => "SIGNING_KEY",
        }
    }

    fn of(name: &str) -> sqlx::Result<Self> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        kind.ok_or_else(|| unexpected("kind"))
    }
}
