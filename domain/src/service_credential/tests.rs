use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    laws,
    samples::{DAY, after, hash, times, workspace},
    scope::{ServiceScope, ServiceScopes},
    testing::{given, noon},
    text::TokenName,
};

#[test]
fn a_credential_is_created_once() {
    given::<ServiceCredential>([]).when(&create(None)).then([created(None)]);
    given::<ServiceCredential>([created(None)])
        .when(&create(None))
        .then_rejected(&Rejection::AlreadyCreated);
}

#[test]
fn a_credential_is_not_born_expired() {
    given::<ServiceCredential>([])
        .when(&create(Some(after(DAY))))
        .then([created(Some(after(DAY)))]);
    given::<ServiceCredential>([])
        .when(&create(Some(noon())))
        .then_rejected(&Rejection::ExpiresInPast);
}

#[test]
fn a_credential_is_good_for_something() {
    let credential = Created { scopes: ServiceScopes::from_iter([]), ..facts(None) };
    given::<ServiceCredential>([])
        .when(&Command::Create(Create { credential, at: noon() }))
        .then_rejected(&Rejection::NoScopes);
}

#[test]
fn revoking_twice_is_revoking_once() {
    given::<ServiceCredential>([created(None)]).when(&revoke()).then([revoked()]);
    given::<ServiceCredential>([created(None), revoked()]).when(&revoke()).then_nothing();
    given::<ServiceCredential>([]).when(&revoke()).then_rejected(&Rejection::NotFound);
}

#[test]
fn expiry_comes_with_time_and_revocation_goes_before_it() {
    let status = |history: &[Event], at| {
        let state = ServiceCredential::fold(history.iter().map(|event| (event, noon())));
        state.issued().unwrap().status(at)
    };
    let history = [created(Some(after(DAY))), revoked()];
    assert_eq!(status(&history[..1], after(DAY - 1)), Status::Active);
    assert_eq!(status(&history[..1], after(DAY)), Status::Expired);
    assert_eq!(status(&history, after(DAY)), Status::Revoked);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..20)) {
        laws::hold::<ServiceCredential>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        option::of(times()).prop_map(create),
        option::of(times()).prop_map(|expires_at| {
            let credential = Created { workspace_id: Some(workspace()), ..facts(expires_at) };
            Command::Create(Create { credential, at: noon() })
        }),
        Just(revoke()),
    ]
}

fn facts(expires_at: Option<Time>) -> Created {
    Created {
        name: TokenName::parse("mod manager").unwrap(),
        secret_sha256: hash(1),
        hint: "nxv_...Q2F9".into(),
        scopes: ServiceScopes::from_iter([ServiceScope::TokensVerify]),
        workspace_id: None,
        expires_at,
    }
}

fn create(expires_at: Option<Time>) -> Command {
    Command::Create(Create { credential: facts(expires_at), at: noon() })
}

fn created(expires_at: Option<Time>) -> Event {
    Event::Created(Box::new(facts(expires_at)))
}

fn revoke() -> Command {
    Command::Revoke(Revoke { by: Actor::operator("uid:1000") })
}

fn revoked() -> Event {
    Event::Revoked { by: Actor::operator("uid:1000") }
}
