use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{connected_account, connected_accounts, identity, times, user, vault_ref},
    testing::given,
};

#[test]
fn places_are_taken_up_to_the_limit() {
    given::<AccountQuota>([]).when(&take(1, 2)).then([taken(1)]);
    given::<AccountQuota>([taken(1)]).when(&take(2, 2)).then([taken(2)]);
    given::<AccountQuota>([taken(1), taken(2)])
        .when(&take(3, 2))
        .then_rejected(&Rejection::LimitReached);
}

#[test]
fn taking_a_place_again_is_taking_it_once() {
    given::<AccountQuota>([taken(1)]).when(&take(1, 1)).then_nothing();
}

#[test]
fn a_freed_place_is_free() {
    given::<AccountQuota>([taken(1)]).when(&free(1)).then([freed(1)]);
    given::<AccountQuota>([taken(1), freed(1)]).when(&free(1)).then_nothing();
    given::<AccountQuota>([taken(1), freed(1)]).when(&take(2, 1)).then([taken(2)]);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..30)) {
        laws::hold::<AccountQuota>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (connected_accounts(), 0..4_u32).prop_map(|(account_id, limit)| Command::Take {
            account_id,
            place: place(),
            limit
        }),
        connected_accounts().prop_map(|account_id| Command::Free { account_id }),
    ]
}

fn place() -> Place {
    Place { identity: identity(1), vault_ref: vault_ref(1), taken_by: user(1) }
}

fn take(number: u128, limit: u32) -> Command {
    Command::Take { account_id: connected_account(number), place: place(), limit }
}

fn free(number: u128) -> Command {
    Command::Free { account_id: connected_account(number) }
}

fn taken(number: u128) -> Event {
    Event::Taken { account_id: connected_account(number), place: place() }
}

fn freed(number: u128) -> Event {
    Event::Freed { account_id: connected_account(number) }
}
