use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{connected_account, connected_accounts, times},
    testing::given,
};

#[test]
fn an_identity_is_held_by_one_account() {
    given::<PlatformIdentity>([]).when(&reserve(1, None)).then([reserved(1)]);
    given::<PlatformIdentity>([reserved(1)]).when(&reserve(1, None)).then_nothing();
    given::<PlatformIdentity>([reserved(1)])
        .when(&reserve(2, None))
        .then_rejected(&Rejection::Taken);
}

#[test]
fn a_holder_that_is_gone_is_replaced() {
    given::<PlatformIdentity>([reserved(1)]).when(&reserve(2, Some(1))).then([reserved(2)]);
    given::<PlatformIdentity>([reserved(3)])
        .when(&reserve(2, Some(1)))
        .then_rejected(&Rejection::Taken);
}

#[test]
fn only_its_holder_releases_it() {
    given::<PlatformIdentity>([reserved(1)]).when(&release(1)).then([released(1)]);
    given::<PlatformIdentity>([reserved(1)]).when(&release(2)).then_nothing();
    given::<PlatformIdentity>([]).when(&release(1)).then_nothing();
    given::<PlatformIdentity>([reserved(1), released(1)])
        .when(&reserve(2, None))
        .then([reserved(2)]);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<PlatformIdentity>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (connected_accounts(), option::of(connected_accounts()))
            .prop_map(|(account_id, replacing)| Command::Reserve { account_id, replacing }),
        connected_accounts().prop_map(|account_id| Command::Release { account_id }),
    ]
}

fn reserve(number: u128, replacing: Option<u128>) -> Command {
    let replacing = replacing.map(connected_account);
    Command::Reserve { account_id: connected_account(number), replacing }
}

fn release(number: u128) -> Command {
    Command::Release { account_id: connected_account(number) }
}

fn reserved(number: u128) -> Event {
    Event::Reserved { account_id: connected_account(number) }
}

fn released(number: u128) -> Event {
    Event::Released { account_id: connected_account(number) }
}
