use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{DAY, MINUTE, after, times, user, users},
    testing::{given, noon},
};

#[test]
fn a_free_name_is_reserved_once() {
    given::<UserHandle>([]).when(&reserve(1, noon())).then([reserved(1)]);
    given::<UserHandle>([reserved(1)]).when(&reserve(1, noon())).then_nothing();
    given::<UserHandle>([reserved(1)]).when(&reserve(2, noon())).then_rejected(&Rejection::Taken);
}

#[test]
fn a_name_given_back_is_free_again_after_its_time() {
    let history = [reserved(1), released()];
    given::<UserHandle>(&history)
        .when(&reserve(2, after(90 * DAY - 1)))
        .then_rejected(&Rejection::Taken);
    given::<UserHandle>(&history).when(&reserve(2, after(90 * DAY))).then([reserved(2)]);
}

#[test]
fn a_registration_that_died_is_replaced_after_five_minutes_by_whoever_names_it() {
    let replace = |whom, at| {
        let (user_id, replacing) = (user(2), Some(user(whom)));
        Command::Reserve(Reserve { user_id, replacing, at })
    };
    let history = [reserved(1)];
    given::<UserHandle>(&history).when(&replace(1, after(5 * MINUTE))).then([reserved(2)]);
    for (whom, seconds) in [(1, 5 * MINUTE - 1), (3, 5 * MINUTE)] {
        given::<UserHandle>(&history)
            .when(&replace(whom, after(seconds)))
            .then_rejected(&Rejection::Taken);
    }
}

#[test]
fn only_its_holder_gives_a_name_back() {
    given::<UserHandle>([reserved(1)]).when(&release(1)).then([released()]);
    given::<UserHandle>([reserved(1), released()]).when(&release(1)).then_nothing();
    given::<UserHandle>([]).when(&release(1)).then_nothing();
    given::<UserHandle>([reserved(1)]).when(&release(2)).then_rejected(&Rejection::NotHeld);
}

#[test]
fn a_name_tells_its_holder() {
    let held = UserHandle::fold([(&reserved(1), noon())]);
    assert_eq!(held.holder(), Some(user(1)));
    assert_eq!(held.evolve(&released(), noon()).holder(), None);
}

#[test]
fn the_name_of_a_stream_is_thirty_two_digits() {
    let id = HandleId::from_bytes([0xab; 16]);
    assert_eq!(id.to_string(), "ab".repeat(16));
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["", "ab", &"AB".repeat(16), &"ab".repeat(17)] {
        assert!(wrong.parse::<HandleId>().is_err());
    }
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<UserHandle>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (users(), option::of(users()), times()).prop_map(|(user_id, replacing, at)| {
            Command::Reserve(Reserve { user_id, replacing, at })
        }),
        (users(), times()).prop_map(|(user_id, reusable_at)| {
            Command::Release(Release { user_id, reusable_at })
        }),
    ]
}

fn reserve(who: u128, at: Time) -> Command {
    Command::Reserve(Reserve { user_id: user(who), replacing: None, at })
}

fn reserved(who: u128) -> Event {
    Event::Reserved { user_id: user(who) }
}

fn release(who: u128) -> Command {
    Command::Release(Release { user_id: user(who), reusable_at: after(90 * DAY) })
}

fn released() -> Event {
    Event::Released { reusable_at: after(90 * DAY) }
}
