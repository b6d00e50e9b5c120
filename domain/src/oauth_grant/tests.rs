use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    id::OauthClientId,
    laws,
    samples::{times, user},
    scope::OauthScope::{self, Graphql, Openid, Profile},
    testing::{given, noon},
};

#[test]
fn a_consent_is_recorded_once() {
    given::<OauthGrant>([]).when(&consent(&[Openid])).then([consented(&[Openid])]);
    given::<OauthGrant>([consented(&[Openid])]).when(&consent(&[Openid])).then_nothing();
    given::<OauthGrant>([consented(&[Openid])]).when(&consent(&[])).then_nothing();
}

#[test]
fn a_consent_to_nothing_in_particular_is_a_consent() {
    given::<OauthGrant>([]).when(&consent(&[])).then([consented(&[])]);
}

#[test]
fn a_consent_to_more_keeps_what_was_allowed_before() {
    given::<OauthGrant>([consented(&[Openid])])
        .when(&consent(&[Profile]))
        .then([consented(&[Openid, Profile])]);
}

#[test]
fn revoking_voids_what_was_decided_before_and_a_new_consent_does_not_bring_it_back() {
    let grant = fold(&[consented(&[Openid])]);
    let before = grant.revision();
    assert!(grant.accepts(before));
    assert!(!fold(&[consented(&[Openid]), revoked()]).accepts(before));
    let again = fold(&[consented(&[Openid]), revoked(), consented(&[Graphql])]);
    assert!(!again.accepts(before) && again.accepts(again.revision()));
    assert!(!again.covers(&scopes(&[Openid])), "what was revoked is asked for again");
}

#[test]
fn revoking_twice_is_revoking_once() {
    let history = [consented(&[Openid])];
    given::<OauthGrant>(&history).when(&revoke()).then([revoked()]);
    given::<OauthGrant>([consented(&[Openid]), revoked()]).when(&revoke()).then_nothing();
    given::<OauthGrant>([]).when(&revoke()).then_nothing();
}

#[test]
fn a_grant_is_named_by_person_and_application() {
    let id = GrantId { user: user(7), client: OauthClientId::from_uuid(Uuid::from_u128(9)) };
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(GrantId::from_public(&id.public()), Ok(id));
    assert!(GrantId::from_public("aut_").is_err());
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..30)) {
        laws::hold::<OauthGrant>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let some = proptest::sample::subsequence(vec![Openid, Profile, Graphql], 0..=3);
    prop_oneof![3 => some.prop_map(|scopes| consent(&scopes)), 1 => Just(revoke())]
}

fn fold(history: &[Event]) -> OauthGrant {
    OauthGrant::fold(history.iter().map(|event| (event, noon())))
}

fn scopes(scopes: &[OauthScope]) -> OauthScopes {
    scopes.iter().copied().collect()
}

fn consent(allowed: &[OauthScope]) -> Command {
    Command::Consent { scopes: scopes(allowed), via: Via::ConsentPage }
}

fn consented(allowed: &[OauthScope]) -> Event {
    Event::Consented { scopes: scopes(allowed), via: Via::ConsentPage }
}

fn revoke() -> Command {
    Command::Revoke { by: Actor::user(user(1)), cause: Cause::User }
}

fn revoked() -> Event {
    Event::Revoked { by: Actor::user(user(1)), cause: Cause::User }
}
