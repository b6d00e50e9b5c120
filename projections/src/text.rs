//! Texts as columns hold them: opened fields, actors, lists.

use std::{
    fmt::Display,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use domain::{
    Sealed,
    actor::{Actor, ActorKind},
};

/// Returns what a sealed field says, or nothing where its key is destroyed.
pub(crate) fn opened<T: Display>(field: &Sealed<T>) -> Option<String> {
    field.opened().map(ToString::to_string)
}

/// Writes the network of an address, as coarsely as it is ever shown: its /24 or /48.
pub(crate) fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("{}/24", Ipv4Addr::from_bits(ip.to_bits() & 0xffff_ff00)),
        IpAddr::V6(ip) => format!("{}/48", Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_hides_who_is_in_it() {
        let of = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
    }
}
