use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{DAY, after, hash, hashes, person, times, user, users},
    testing::{given, noon},
    user::{self, Cause},
};

#[test]
fn a_login_starts_once() {
    given::<Login>([]).when(&start()).then([started()]);
    given::<Login>([started()]).when(&start()).then_rejected(&Rejection::AlreadyStarted);
}

#[test]
fn ending_twice_is_ending_once() {
    given::<Login>([started()]).when(&end()).then([ended()]);
    given::<Login>([started(), ended()]).when(&end()).then_nothing();
}

#[test]
fn a_login_that_ended_before_it_started_never_starts() {
    given::<Login>([]).when(&end()).then([ended()]);
    given::<Login>([ended()]).when(&start()).then_rejected(&Rejection::Ended);
}

#[test]
fn it_lives_until_its_end_or_its_expiry() {
    let live = |history: &[Event], at| session(history).is_live(&person(&[]), at);
    assert!(live(&[started()], after(DAY - 1)));
    assert!(!live(&[started()], after(DAY)));
    assert!(!live(&[started(), ended()], noon()));
}

#[test]
fn the_end_of_credentials_ends_it_and_so_does_a_deactivation() {
    let login = session(&[started()]);
    for event in [
        user::Event::CredentialsEnded { cause: Cause::User },
        user::Event::Deactivated { cause: Cause::Operator },
    ] {
        assert!(!login.is_live(&person(&[event]), noon()));
    }
    let back = [
        user::Event::Deactivated { cause: Cause::Operator },
        user::Event::Reactivated { cause: Cause::Operator },
    ];
    assert!(!login.is_live(&person(&back), noon()), "it does not come back to life");
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<Login>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        (users(), hashes(), any::<bool>()).prop_map(|(user, hash, has_cookie)| {
            let secret_sha256 = has_cookie.then_some(hash);
            Command::Start(Started { user, secret_sha256, ..facts() })
        }),
        Just(end()),
        Just(Command::End { cause: EndCause::Provider }),
    ]
}

fn session(history: &[Event]) -> Session {
    let state = Login::fold(history.iter().map(|event| (event, noon())));
    state.session().unwrap().clone()
}

fn facts() -> Started {
    Started {
        user: user(1),
        method: Method::Password,
        amr: vec!["pwd".into()],
        auth_time: noon(),
        secret_sha256: Some(hash(1)),
        expires_at: after(DAY),
        user_revision: user::Revision::from_number(1),
    }
}

fn start() -> Command {
    Command::Start(facts())
}

fn started() -> Event {
    Event::Started(Box::new(facts()))
}

fn end() -> Command {
    Command::End { cause: EndCause::SignedOut }
}

fn ended() -> Event {
    Event::Ended { cause: EndCause::SignedOut }
}
