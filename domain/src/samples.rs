//! Values for tests: few of each kind, so that random commands meet one another.

use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    Aggregate, Sealed, Time,
    id::{ConnectedAccountId, SubjectId, TokenId, UserId, VaultRef, WorkspaceId},
    keyed_id::PlatformIdentityId,
    sealed::Ciphertext,
    secret::SecretHash,
    testing::noon,
    user::{self, Person, User},
};

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

/// A person of whom, after they registered, these things happened.
pub(crate) fn person(events: &[user::Event]) -> Person {
    let registered = user::Event::Registered {
        number: 1,
        handle: sealed("ada"),
        origin: user::Origin::Register,
        subject_key_id: user(1).into(),
    };
    let history = [registered].into_iter().chain(events.iter().cloned()).collect::<Vec<_>>();
    let state = User::fold(history.iter().map(|event| (event, noon())));
    state.person().expect("they registered").clone()
}

pub(crate) fn token(number: u128) -> TokenId {
    TokenId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::personal(user(1))
}

pub(crate) fn vault_ref(number: u128) -> VaultRef {
    VaultRef::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn connected_account(number: u128) -> ConnectedAccountId {
    ConnectedAccountId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn identity(number: u8) -> PlatformIdentityId {
    PlatformIdentityId::of(&[number; 32])
}

pub(crate) fn hash(number: u8) -> SecretHash {
    SecretHash::from_bytes([number; 32])
}

/// A field as the rules see it; `text` stands for its ciphertext.
pub(crate) fn sealed<T>(text: &str) -> Sealed<T> {
    let subject = SubjectId::from(user(1));
    Sealed::Closed(Ciphertext { subject, nonce: "bm9uY2U".into(), text: text.into() })
}

pub(crate) fn after(seconds: i64) -> Time {
    noon() + TimeDelta::seconds(seconds)
}

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn users() -> impl Strategy<Value = UserId> {
    (1..4_u128).prop_map(user)
}

pub(crate) fn tokens() -> impl Strategy<Value = TokenId> {
    (1..5_u128).prop_map(token)
}

pub(crate) fn connected_accounts() -> impl Strategy<Value = ConnectedAccountId> {
    (1..4_u128).prop_map(connected_account)
}

pub(crate) fn hashes() -> impl Strategy<Value = SecretHash> {
    (1..6_u8).prop_map(hash)
}

pub(crate) fn sealed_texts<T: Clone + std::fmt::Debug>() -> impl Strategy<Value = Sealed<T>> {
    prop_oneof![Just(sealed("one")), Just(sealed("two"))]
}

/// Moments of half a year, in no order: clocks of nodes differ.
pub(crate) fn times() -> impl Strategy<Value = Time> {
    prop_oneof![0..2 * HOUR, 0..180 * DAY].prop_map(after)
}
