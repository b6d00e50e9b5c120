use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    laws,
    pairing_code::Alphabet,
    samples::{MINUTE, after, hash, sealed, sealed_texts, times, token, tokens, user},
    testing::{given, noon},
};

#[test]
fn a_new_code_supersedes_the_one_before() {
    given::<Pairing>([]).when(&generate(0)).then([generated(0)]);
    given::<Pairing>([generated(0)])
        .when(&generate(1))
        .then([Event::CodeSuperseded {}, generated(1)]);
    for closed in [Event::CodeCancelled {}, exchanged()] {
        given::<Pairing>([generated(0), closed]).when(&generate(2)).then([generated(2)]);
    }
}

#[test]
fn a_number_is_never_given_twice() {
    given::<Pairing>([generated(5), Event::CodeCancelled {}])
        .when(&generate(2))
        .then([generated(6)]);
}

#[test]
fn a_code_is_exchanged_once() {
    given::<Pairing>([generated(0)]).when(&exchange(0, MINUTE)).then([exchanged()]);
    given::<Pairing>([generated(0), exchanged()])
        .when(&exchange(0, MINUTE))
        .then_rejected(&Rejection::Used);
}

#[test]
fn a_code_that_is_expired_cancelled_or_superseded_is_not_exchanged() {
    given::<Pairing>([generated(0)])
        .when(&exchange(0, 5 * MINUTE))
        .then_rejected(&Rejection::Expired);
    given::<Pairing>([generated(0), Event::CodeCancelled {}])
        .when(&exchange(0, MINUTE))
        .then_rejected(&Rejection::Expired);
    given::<Pairing>([generated(0), Event::CodeSuperseded {}, generated(2)])
        .when(&exchange(0, MINUTE))
        .then_rejected(&Rejection::Expired);
}

#[test]
fn cancelling_twice_is_cancelling_once_and_what_is_used_stays_used() {
    let cancel = Command::Cancel { number: 3 };
    given::<Pairing>([generated(3)]).when(&cancel).then([Event::CodeCancelled {}]);
    given::<Pairing>([generated(3), Event::CodeCancelled {}]).when(&cancel).then_nothing();
    given::<Pairing>([generated(3), Event::CodeSuperseded {}, generated(5)])
        .when(&cancel)
        .then_nothing();
    given::<Pairing>([generated(3), exchanged()]).when(&cancel).then_rejected(&Rejection::Used);
    given::<Pairing>([generated(1)]).when(&cancel).then_rejected(&Rejection::NotFound);
}

#[test]
fn an_exchange_is_closed_once_one_way_or_the_other() {
    let issued = Event::TokenIssued { token_id: token(1) };
    let abandoned = Event::ExchangeAbandoned { token_id: token(1) };
    let open = [generated(0), exchanged()];
    given::<Pairing>(&open).when(&issue()).then([issued.clone()]);
    given::<Pairing>(&open).when(&abandon()).then([abandoned.clone()]);
    let with = |event: &Event| [generated(0), exchanged(), event.clone()];
    given::<Pairing>(with(&issued)).when(&issue()).then_nothing();
    given::<Pairing>(with(&issued)).when(&abandon()).then_nothing();
    given::<Pairing>(with(&abandoned)).when(&abandon()).then_nothing();
    given::<Pairing>(with(&abandoned)).when(&issue()).then_rejected(&Rejection::Abandoned);
    given::<Pairing>([generated(0)]).when(&issue()).then_rejected(&Rejection::Abandoned);
    given::<Pairing>([generated(0)]).when(&abandon()).then_nothing();
}

#[test]
fn a_new_code_does_not_make_an_open_exchange_forgotten() {
    let open = [generated(0), exchanged(), generated(2)];
    given::<Pairing>(&open).when(&issue()).then([Event::TokenIssued { token_id: token(1) }]);
    let abandoned = Event::ExchangeAbandoned { token_id: token(1) };
    given::<Pairing>(&open).when(&abandon()).then([abandoned]);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..30)) {
        laws::hold::<Pairing>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let number = || 0..4_u64;
    prop_oneof![
        (number(), option::of(sealed_texts()), option::of(times()), times()).prop_map(
            |(number_from, token_name, token_expires_at, at)| {
                let expires_at = at + chrono::TimeDelta::minutes(5);
                Command::Generate(Generate {
                    created_by: user(1),
                    alphabet: Alphabet::Crockford,
                    expires_at,
                    token_name,
                    token_expires_at,
                    number_from,
                    at,
                })
            }
        ),
        number().prop_map(|number| Command::Cancel { number }),
        (number(), tokens(), option::of(sealed_texts()), times()).prop_map(
            |(number, token_id, device_name, at)| {
                let exchanged = Exchanged { token_id, secret_sha256: hash(1), device_name };
                Command::Exchange(Exchange { number, exchanged, at })
            }
        ),
        tokens().prop_map(|token_id| Command::Issue { token_id }),
        tokens().prop_map(|token_id| Command::Abandon { token_id }),
    ]
}

fn generate(number_from: u64) -> Command {
    Command::Generate(Generate {
        created_by: user(1),
        alphabet: Alphabet::Digits,
        expires_at: after(5 * MINUTE),
        token_name: Some(sealed("name")),
        token_expires_at: None,
        number_from,
        at: noon(),
    })
}

fn generated(number: u64) -> Event {
    Event::CodeGenerated(Box::new(Generated {
        number,
        created_by: user(1),
        alphabet: Alphabet::Digits,
        expires_at: after(5 * MINUTE),
        token_name: Some(sealed("name")),
        token_expires_at: None,
    }))
}

fn facts() -> Exchanged {
    Exchanged { token_id: token(1), secret_sha256: hash(1), device_name: Some(sealed("device")) }
}

fn exchange(number: u64, seconds: i64) -> Command {
    Command::Exchange(Exchange { number, exchanged: facts(), at: after(seconds) })
}

fn exchanged() -> Event {
    Event::CodeExchanged(Box::new(facts()))
}

fn issue() -> Command {
    Command::Issue { token_id: token(1) }
}

fn abandon() -> Command {
    Command::Abandon { token_id: token(1) }
}
