use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    digest::Digest,
    laws,
    platform::PlatformScopes,
    samples::{MINUTE, after, connected_account, hash, sealed, times, user, users, workspace},
    testing::{given, noon},
};

#[test]
fn a_state_is_good_once() {
    given::<ConnectAttempt>([]).when(&start()).then([started()]);
    given::<ConnectAttempt>([started()]).when(&claim()).then([Event::Claimed {}]);
    given::<ConnectAttempt>([started(), Event::Claimed {}])
        .when(&claim())
        .then_rejected(&Rejection::StateMismatch);
    given::<ConnectAttempt>([started(), Event::Claimed {}, completed()])
        .when(&claim())
        .then_rejected(&Rejection::StateMismatch);
}

#[test]
fn a_foreign_forged_or_late_state_is_refused() {
    let honest = claimed_by();
    let wrong = [
        Claim { user: user(2), ..honest.clone() },
        Claim { session_hmac: Digest::of("another session"), ..honest.clone() },
        Claim { state_sha256: hash(2), ..honest.clone() },
        Claim { platform: "discord".parse().unwrap(), ..honest.clone() },
        Claim { at: after(10 * MINUTE), ..honest },
    ];
    for claim in wrong {
        given::<ConnectAttempt>([started()])
            .when(&Command::Claim(claim))
            .then_rejected(&Rejection::StateMismatch);
    }
    given::<ConnectAttempt>([]).when(&claim()).then_rejected(&Rejection::StateMismatch);
}

#[test]
fn what_was_claimed_is_completed_or_refused_once() {
    let claimed = [started(), Event::Claimed {}];
    given::<ConnectAttempt>(claimed.clone()).when(&complete()).then([completed()]);
    given::<ConnectAttempt>(claimed.clone()).when(&refuse()).then([refused()]);
    let done = [started(), Event::Claimed {}, completed()];
    given::<ConnectAttempt>(done.clone()).when(&complete()).then_nothing();
    given::<ConnectAttempt>(done).when(&refuse()).then_nothing();
    given::<ConnectAttempt>([started()]).when(&complete()).then_rejected(&Rejection::StateMismatch);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..12)) {
        laws::hold::<ConnectAttempt>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(start()),
        (users(), times())
            .prop_map(|(user, at)| { Command::Claim(Claim { user, at, ..claimed_by() }) }),
        Just(complete()),
        Just(refuse()),
    ]
}

fn facts() -> Started {
    Started {
        workspace_id: workspace(),
        platform: "twitch".parse().unwrap(),
        state_sha256: hash(1),
        user: user(1),
        session_hmac: Digest::of("session"),
        scopes: PlatformScopes::parse(["bits:read"]).unwrap(),
        return_to: Some(sealed("/settings")),
        expires_at: after(10 * MINUTE),
    }
}

fn start() -> Command {
    Command::Start(facts())
}

fn started() -> Event {
    Event::Started(Box::new(facts()))
}

fn claimed_by() -> Claim {
    let Started { platform, state_sha256, user, session_hmac, .. } = facts();
    Claim { platform, state_sha256, user, session_hmac, at: noon() }
}

fn claim() -> Command {
    Command::Claim(claimed_by())
}

fn complete() -> Command {
    Command::Complete { account_id: connected_account(1) }
}

fn completed() -> Event {
    Event::Completed { account_id: connected_account(1) }
}

fn refuse() -> Command {
    Command::Refuse { cause: RefusalCause::ProviderError }
}

fn refused() -> Event {
    Event::Refused { cause: RefusalCause::ProviderError }
}
