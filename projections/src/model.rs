//! Read models: what all of them have in common, and the list of them.

use std::future::Future;

use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::{
    agent_tokens::AgentTokens, audit_events::AuditEvents, connected_accounts::ConnectedAccounts,
    entry::Entry, error::ApplyError, logins::Logins, oauth_authorizations::OauthAuthorizations,
    oauth_clients::OauthClients, pairing_codes::PairingCodes, revocations::Revocations,
    token_families::TokenFamilies, users::Users, workspaces::Workspaces,
};

/// Tables that say what the log says, laid out for some questions.
///
/// A read model lies in a Postgres schema of its own and is whole in it: nothing refers to another
/// schema, so that it can be filled beside the live one and take its place.
pub(crate) trait ReadModel: 'static {
    /// Names the schema, and the checkpoint.
    const NAME: &'static str;
    /// Of the tables and of `apply`. Raise it when either changes: the rows are then rebuilt.
    const VERSION: i32;
    /// The tables, by unqualified names that no other read model uses.
    const TABLES: &'static str;
    /// Whose events it wants, by the categories of their streams.
    const CATEGORIES: &'static [&'static str];
    const ON_POISON: OnPoison;

    /// Brings the rows up to `events`, which are in the log's order and all later than the rows.
    ///
    /// The transaction finds the tables by their unqualified names. It is all there is to work
    /// with, so a read model can have no effects.
    fn apply(
        events: &[&Entry],
        tx: &mut PgConnection,
    ) -> impl Future<Output = Result<(), ApplyError>> + Send;
}

/// What becomes of a read model when an event is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnPoison {
    /// It stops and says so: no rows are better than wrong ones.
    Halt,
    /// The event's whole stream is put aside, and all others go on.
    Park,
}

type Apply =
    for<'a> fn(&'a [&'a Entry], &'a mut PgConnection) -> BoxFuture<'a, Result<(), ApplyError>>;

/// A read model as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) version: i32,
    pub(crate) tables: &'static str,
    pub(crate) categories: &'static [&'static str],
    pub(crate) on_poison: OnPoison,
    pub(crate) apply: Apply,
}

impl Model {
    const fn of<M: ReadModel>() -> Self {
        Self {
            name: M::NAME,
            version: M::VERSION,
            tables: M::TABLES,
            categories: M::CATEGORIES,
            on_poison: M::ON_POISON,
            apply: |events, tx| Box::pin(M::apply(events, tx)),
        }
    }

    /// The schema in which a rebuild gathers the rows.
    pub(crate) fn next_schema(&self) -> String {
        format!("{}_next", self.name)
    }

    pub(crate) fn wants(&self, category: &str) -> bool {
        self.categories.contains(&category)
    }
}

static ALL: [Model; 11] = [
    Model::of::<Users>(),
    Model::of::<Workspaces>(),
    Model::of::<AgentTokens>(),
    Model::of::<TokenFamilies>(),
    Model::of::<Logins>(),
    Model::of::<ConnectedAccounts>(),
    Model::of::<OauthClients>(),
    Model::of::<OauthAuthorizations>(),
    Model::of::<PairingCodes>(),
    Model::of::<Revocations>(),
    Model::of::<AuditEvents>(),
];

/// Returns every read model.
pub(crate) const fn all() -> &'static [Model] {
    &ALL
}

/// Returns the read model of that name.
pub(crate) fn named(name: &str) -> Option<&'static Model> {
    ALL.iter().find(|model| model.name == name)
}

/// Returns every category that some read model wants.
pub(crate) fn categories() -> Vec<&'static str> {
    let mut categories: Vec<_> = ALL.iter().flat_map(|model| model.categories).copied().collect();
    categories.sort_unstable();
    categories.dedup();
    categories
}

#[cfg(test)]
mod tests;
