use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{DAY, HOUR, MINUTE, after, times, vault_ref},
    testing::{given, noon},
};

#[test]
fn the_first_key_signs_at_once() {
    given::<Keyring>([]).when(&announce(1)).then([announced(1, 0), activated(1)]);
}

#[test]
fn a_later_key_is_published_before_it_signs() {
    let announced = announced(2, 10 * MINUTE);
    given::<Keyring>(first()).when(&announce(2)).then([announced.clone()]);
    given::<Keyring>(with(&[announced])).when(&announce(2)).then_nothing();
}

#[test]
fn a_name_stands_for_one_key() {
    let Command::Announce(announce) = announce(1) else { unreachable!() };
    let other = Command::Announce(Announce { provider_ref: vault_ref(9), ..announce });
    given::<Keyring>(first()).when(&other).then_rejected(&Rejection::AlreadyAnnounced);
}

#[test]
fn a_key_takes_over_once_every_cache_knows_it() {
    let history = with(&[announced(2, 10 * MINUTE)]);
    given::<Keyring>(&history)
        .when(&activate(2, 10 * MINUTE - 1))
        .then_rejected(&Rejection::TooSoon);
    given::<Keyring>(&history).when(&activate(2, 10 * MINUTE)).then([activated(2), retired(1)]);
    given::<Keyring>(first()).when(&activate(1, 0)).then_nothing();
    given::<Keyring>(first()).when(&activate(7, 0)).then_rejected(&Rejection::NotFound);
}

#[test]
fn one_key_signs_and_the_one_before_is_still_believed() {
    let keyring = fold(&with(&[announced(2, MINUTE), activated(2), retired(1)]));
    assert_eq!(keyring.active().unwrap().kid, kid(2));
    assert_eq!(keyring.published().count(), 2);
}

#[test]
fn a_key_that_signs_is_not_withdrawn() {
    let retire = |number| Command::Retire(Retire { kid: kid(number), drop_at: after(DAY) });
    given::<Keyring>(first()).when(&retire(1)).then_rejected(&Rejection::Active);
    given::<Keyring>(first()).when(&retire(2)).then_rejected(&Rejection::NotFound);
    let announced = announced(2, MINUTE);
    given::<Keyring>(with(std::slice::from_ref(&announced))).when(&retire(2)).then([retired(2)]);
    given::<Keyring>(with(&[announced, retired(2)])).when(&retire(2)).then_nothing();
}

#[test]
fn a_retired_key_signs_no_more() {
    let history = with(&[announced(2, MINUTE), activated(2), retired(1)]);
    given::<Keyring>(history).when(&activate(1, HOUR)).then_rejected(&Rejection::Finished);
}

#[test]
fn a_key_is_dropped_when_its_signatures_have_expired() {
    let drop = |number, seconds| Command::Drop { kid: kid(number), at: after(seconds) };
    let history = with(&[announced(2, MINUTE), activated(2), retired(1)]);
    given::<Keyring>(&history).when(&drop(1, DAY - 1)).then_rejected(&Rejection::StillNeeded);
    given::<Keyring>(&history).when(&drop(1, DAY)).then([dropped(1)]);
    given::<Keyring>(&history).when(&drop(2, DAY)).then_rejected(&Rejection::StillNeeded);
    given::<Keyring>(&history).when(&drop(7, DAY)).then_nothing();
}

#[test]
fn a_compromised_key_is_believed_no_more_and_the_next_one_signs_at_once() {
    let compromise = Command::Compromise { kid: kid(1) };
    given::<Keyring>(first()).when(&compromise).then([compromised(1)]);
    given::<Keyring>(with(&[compromised(1)])).when(&compromise).then_nothing();
    given::<Keyring>([]).when(&compromise).then_rejected(&Rejection::NotFound);

    assert_eq!(fold(&with(&[compromised(1)])).published().count(), 0);
    given::<Keyring>(with(&[compromised(1)]))
        .when(&announce(2))
        .then([announced(2, 0), activated(2)]);
}

#[test]
fn there_is_one_keyring() {
    assert_eq!(KeyringId.to_string().parse(), Ok(KeyringId));
    assert!("other".parse::<KeyringId>().is_err());
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..40)) {
        laws::hold::<Keyring>(&commands);
    }

    #[test]
    fn never_do_two_keys_sign(commands in vec(commands(), 0..40)) {
        let mut keyring = Keyring::default();
        for command in commands {
            for event in keyring.decide(&command).unwrap_or_default() {
                keyring = keyring.evolve(&event, noon());
            }
            let signing = keyring.keys.iter().filter(|key| key.state == KeyState::Active);
            prop_assert!(signing.count() <= 1);
        }
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1..4_u8).prop_map(announce),
        (1..4_u8, 0..2 * DAY).prop_map(|(number, seconds)| activate(number, seconds)),
        (1..4_u8, times()).prop_map(|(number, drop_at)| {
            Command::Retire(Retire { kid: kid(number), drop_at })
        }),
        (1..4_u8, times()).prop_map(|(number, at)| Command::Drop { kid: kid(number), at }),
        (1..4_u8).prop_map(|number| Command::Compromise { kid: kid(number) }),
    ]
}

fn fold(history: &[Event]) -> Keyring {
    Keyring::fold(history.iter().map(|event| (event, noon())))
}

fn first() -> Vec<Event> {
    vec![announced(1, 0), activated(1)]
}

fn with(more: &[Event]) -> Vec<Event> {
    [first(), more.to_vec()].concat()
}

fn kid(number: u8) -> Kid {
    Kid::new(format!("key-{number}"))
}

fn jwk() -> PublicJwk {
    PublicJwk::Rsa { n: "0vx7".into(), e: "AQAB".into() }
}

fn announce(number: u8) -> Command {
    Command::Announce(Announce {
        kid: kid(number),
        public_jwk: jwk(),
        provider_ref: vault_ref(number.into()),
        lead: TimeDelta::minutes(10),
        at: noon(),
    })
}

fn announced(number: u8, seconds: i64) -> Event {
    Event::Announced {
        kid: kid(number),
        public_jwk: jwk(),
        activates_at: after(seconds),
        provider_ref: vault_ref(number.into()),
    }
}

fn activate(number: u8, seconds: i64) -> Command {
    let (kid, at) = (kid(number), after(seconds));
    Command::Activate(Activate { kid, former_drops_at: after(DAY), at })
}

fn activated(number: u8) -> Event {
    Event::Activated { kid: kid(number) }
}

fn retired(number: u8) -> Event {
    Event::Retired { kid: kid(number), drop_at: after(DAY) }
}

fn dropped(number: u8) -> Event {
    Event::Dropped { kid: kid(number) }
}

fn compromised(number: u8) -> Event {
    Event::Compromised { kid: kid(number) }
}
