use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{times, vault_ref},
    testing::given,
};

#[test]
fn a_subject_has_one_key() {
    given::<Subject>([]).when(&create(1)).then([created(1)]);
    given::<Subject>([created(1)]).when(&create(1)).then_nothing();
    given::<Subject>([created(1)]).when(&create(2)).then_rejected(&Rejection::AlreadyKeyed);
}

#[test]
fn a_key_is_destroyed_only_where_erasure_was_asked_for() {
    let history = [created(1), requested()];
    given::<Subject>([created(1)]).when(&Command::RequestErasure).then([requested()]);
    given::<Subject>(history.clone()).when(&Command::RequestErasure).then_nothing();
    given::<Subject>(history).when(&destroy()).then([destroyed()]);
    given::<Subject>([created(1)]).when(&destroy()).then_rejected(&Rejection::NotRequested);
}

#[test]
fn nothing_is_erased_of_a_subject_without_a_key() {
    for command in [Command::RequestErasure, destroy()] {
        given::<Subject>([]).when(&command).then_rejected(&Rejection::NotFound);
    }
}

#[test]
fn an_erased_subject_stays_erased() {
    let history = [created(1), requested(), destroyed()];
    for command in [Command::RequestErasure, destroy()] {
        given::<Subject>(history.clone()).when(&command).then_nothing();
    }
    given::<Subject>(history).when(&create(2)).then_rejected(&Rejection::Erased);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<Subject>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![(1..3_u128).prop_map(create), Just(Command::RequestErasure), Just(destroy())]
}

fn create(number: u128) -> Command {
    Command::CreateKey { key_ref: vault_ref(number) }
}

fn created(number: u128) -> Event {
    Event::KeyCreated { key_ref: vault_ref(number) }
}

fn requested() -> Event {
    Event::ErasureRequested {}
}

fn destroy() -> Command {
    Command::DestroyKey { receipt_hash: Digest::of("receipt") }
}

fn destroyed() -> Event {
    Event::KeyDestroyed { receipt_hash: Digest::of("receipt") }
}
