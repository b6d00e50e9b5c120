//! Texts as columns hold them: opened fields, actors, lists.

use std::fmt::Display;

use domain::{
    Sealed,
    actor::{Actor, ActorKind},
};

/// Returns what a sealed field says, or nothing where its key is destroyed.
pub(crate) fn opened<T: Display>(field: &Sealed<T>) -> Option<String> {
    field.opened().map(ToString::to_string)
}

/// Writes an actor as its kind, a space and its id.
pub(crate) fn actor(actor: &Actor) -> String {
    format!("{} {}", actor.kind.as_str(), actor.id)
}

/// Reads what [`actor`] wrote.
pub(crate) fn read_actor(text: &str) -> sqlx::Result<Actor> {
    let (kind, id) = text.split_once(' ').ok_or_else(|| unexpected("actor"))?;
    let kind = read_kind(kind).ok_or_else(|| unexpected("actor"))?;
    Ok(Actor { kind, id: id.to_owned() })
}

fn read_kind(text: &str) -> Option<ActorKind> {
    use ActorKind::{AgentToken, OauthClient, Operator, ServiceCredential, System, User};
    [User, AgentToken, OauthClient, ServiceCredential, System, Operator]
        .into_iter()
        .find(|kind| kind.as_str() == text)
}

/// Writes a list, separated by spaces.
pub(crate) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

/// A column that our own `apply` wrote holds something else.
pub(crate) fn unexpected(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "not as it was written".into() }
}
