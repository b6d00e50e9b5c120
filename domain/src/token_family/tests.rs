use chrono::NaiveDate;
use proptest::{collection::vec, option, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    id::OauthClientId,
    laws, oauth_grant,
    samples::{DAY, HOUR, after, hash, hashes, sealed, times, user},
    scope::{OauthScope, OauthScopes},
    testing::{given, noon},
    user::Revision,
};

#[test]
fn a_family_starts_once() {
    let start = Command::Start(start());
    given::<TokenFamily>([]).when(&start).then([started()]);
    given::<TokenFamily>([started()]).when(&start).then_rejected(&Rejection::AlreadyStarted);
}

#[test]
fn a_family_revoked_before_it_started_never_starts() {
    given::<TokenFamily>([]).when(&revoke()).then([revoked()]);
    given::<TokenFamily>([revoked()]).when(&revoke()).then_nothing();
    given::<TokenFamily>([revoked()])
        .when(&Command::Start(start()))
        .then_rejected(&Rejection::Revoked);
    given::<TokenFamily>([revoked()]).when(&use_of(1, 0)).then_rejected(&Rejection::Revoked);
}

#[test]
fn use_is_recorded_once_a_day() {
    given::<TokenFamily>([started()]).when(&use_of(1, HOUR)).then_nothing();
    given::<TokenFamily>([started()]).when(&use_of(1, DAY)).then([used(1)]);
    given::<TokenFamily>([started(), used(1)]).when(&use_of(1, DAY + HOUR)).then_nothing();
}

#[test]
fn a_token_that_was_replaced_or_never_issued_is_refused() {
    let history = [started(), rotated(2)];
    given::<TokenFamily>(&history).when(&use_of(2, 0)).then_nothing();
    given::<TokenFamily>(&history).when(&use_of(1, 0)).then_rejected(&Rejection::Replaced);
    given::<TokenFamily>(&history).when(&use_of(77, 0)).then_rejected(&Rejection::Unknown);
    given::<TokenFamily>([]).when(&use_of(1, 0)).then_rejected(&Rejection::NotFound);
}

#[test]
fn a_rotation_steps_to_the_next_generation() {
    given::<TokenFamily>([started()]).when(&rotate(1, 2, 0)).then([rotated(2)]);
    given::<TokenFamily>([started(), rotated(2)]).when(&rotate(2, 3, 0)).then([rotated(3)]);
}

#[test]
fn a_lost_answer_may_be_asked_for_again_within_half_a_minute() {
    let history = [started(), rotated(2)];
    given::<TokenFamily>(&history).when(&rotate(1, 2, 29)).then([tolerated(2)]);
    given::<TokenFamily>([started(), rotated(2), tolerated(2)])
        .when(&rotate(1, 2, 29))
        .then_nothing();
    given::<TokenFamily>(&history).when(&rotate(1, 2, 30)).then_rejected(&Rejection::Replaced);
}

#[test]
fn a_replaced_token_leads_nobody_to_another_successor() {
    let history = [started(), rotated(2), rotated(3)];
    given::<TokenFamily>(&history).when(&rotate(2, 9, 0)).then_rejected(&Rejection::Replaced);
    given::<TokenFamily>(&history).when(&rotate(1, 3, 0)).then_rejected(&Rejection::Replaced);
    given::<TokenFamily>(&history).when(&rotate(77, 3, 0)).then_rejected(&Rejection::Unknown);
}

#[test]
fn reuse_is_recorded_once_and_revokes_nothing() {
    let history = [started(), rotated(2)];
    given::<TokenFamily>(&history).when(&detect(1)).then([reused(1)]);
    given::<TokenFamily>([started(), rotated(2), reused(1)]).when(&detect(1)).then_nothing();
    given::<TokenFamily>(&history).when(&detect(2)).then_nothing();
    given::<TokenFamily>(&history).when(&detect(77)).then_nothing();
    let family = family(&[started(), rotated(2), reused(1)]);
    assert_eq!(family.liveness(noon()), Liveness::Live);
}

#[test]
fn reuse_of_an_applications_token_ends_the_family() {
    let history = [Event::Started(applications()), rotated(2)];
    let revoked = Event::Revoked { cause: RevocationCause::Reuse };
    given::<TokenFamily>(&history).when(&detect(1)).then([reused(1), revoked]);
    given::<TokenFamily>(&history).when(&detect(2)).then_nothing();
    given::<TokenFamily>(&history).when(&detect(77)).then_nothing();
}

#[test]
fn generations_are_told_apart_and_noise_is_none() {
    let mut history = vec![started()];
    history.extend((2..=60).map(rotated));
    let family = family(&history);
    assert_eq!(family.generation(), 60);
    assert_eq!(family.check(&hash(60)), Presented::Current);
    assert_eq!(family.check(&hash(59)), Presented::Previous(59));
    assert_eq!(family.check(&hash(11)), Presented::Older(11));
    assert_eq!(family.check(&hash(10)), Presented::Unknown);
    assert_eq!(family.check(&hash(77)), Presented::Unknown);
}

#[test]
fn a_family_expires_when_it_is_idle() {
    // Noon of the first day, and 30 days of patience from midnight on.
    let idle = family(&[started()]);
    assert_eq!(idle.liveness(after(30 * DAY + DAY / 2 - 1)), Liveness::Live);
    assert_eq!(idle.liveness(after(30 * DAY + DAY / 2)), Liveness::Expired);
    given::<TokenFamily>([started()]).when(&use_of(1, 31 * DAY)).then_rejected(&Rejection::Expired);
    assert_eq!(family(&[started(), used(5)]).liveness(after(31 * DAY)), Liveness::Live);
}

#[test]
fn a_family_expires_however_much_it_is_used() {
    let mut history = vec![started()];
    history.extend((1..=90).map(used));
    let busy = family(&history);
    assert_eq!(busy.liveness(after(90 * DAY - 1)), Liveness::Live);
    assert_eq!(busy.liveness(after(90 * DAY)), Liveness::Expired);
    assert_eq!(busy.expires_at(), after(90 * DAY));
}

#[test]
fn revoking_twice_is_revoking_once() {
    given::<TokenFamily>([started()]).when(&revoke()).then([revoked()]);
    given::<TokenFamily>([started(), revoked()]).when(&revoke()).then_nothing();
    for command in [use_of(1, 0), rotate(1, 2, 0)] {
        given::<TokenFamily>([started(), revoked()])
            .when(&command)
            .then_rejected(&Rejection::Revoked);
    }
}

#[test]
fn one_access_token_can_die_alone() {
    let kill = Command::RevokeAccessToken(RevokeAccessToken { jti: jti(), exp: after(HOUR) });
    let killed = Event::AccessTokenRevoked { jti: jti(), exp: after(HOUR) };
    given::<TokenFamily>([started()]).when(&kill).then([killed.clone()]);
    given::<TokenFamily>([started(), killed.clone()]).when(&kill).then_nothing();
    given::<TokenFamily>([started(), revoked()]).when(&kill).then_nothing();
    given::<TokenFamily>([]).when(&kill).then_rejected(&Rejection::NotFound);
    assert!(family(&[started(), killed]).has_revoked_access(jti()));
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..80)) {
        laws::hold::<TokenFamily>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    let access = || option::of(times().prop_map(|at| (jti(), at)));
    prop_oneof![
        2 => (hashes(), any::<bool>()).prop_map(|(secret_sha256, applications_own)| {
            let started = if applications_own { applications() } else { start() };
            Command::Start(Started { secret_sha256, ..started })
        }),
        4 => (hashes(), times()).prop_map(|(presented, at)| Command::Use(Use { presented, at })),
        16 => (hashes(), hashes(), access(), times()).prop_map(|(presented, next, access, at)| {
            Command::Rotate(Rotate { presented, next, access, at })
        }),
        2 => hashes().prop_map(|presented| {
            let network = sealed("192.0.2.0/24");
            Command::DetectReuse(DetectReuse { presented, network })
        }),
        1 => times().prop_map(|exp| {
            Command::RevokeAccessToken(RevokeAccessToken { jti: jti(), exp })
        }),
        1 => Just(revoke()),
    ]
}

fn family(history: &[Event]) -> Family {
    TokenFamily::fold(history.iter().map(|event| (event, noon()))).family().unwrap().clone()
}

fn jti() -> Uuid {
    Uuid::from_u128(0xe1)
}

fn day(number: i64) -> NaiveDate {
    after(number * DAY).date_naive()
}

fn start() -> Started {
    Started {
        kind: Kind::Register,
        user: user(1),
        user_revision: Revision::from_number(2),
        secret_sha256: hash(1),
        absolute_expires_at: after(90 * DAY),
        idle_ttl_s: 30 * 86_400,
        rotation: RotationMode::Manual,
        oauth: None,
    }
}

fn applications() -> Started {
    let oauth = OauthBinding {
        client: OauthClientId::from_uuid(Uuid::from_u128(9)),
        grant_revision: oauth_grant::Revision::from_number(1),
        scopes: OauthScopes::from_iter([OauthScope::Openid]),
        auth_time: noon(),
    };
    let oauth = Some(Box::new(oauth));
    Started { kind: Kind::Oauth, rotation: RotationMode::OnUse, oauth, ..start() }
}

fn started() -> Event {
    Event::Started(start())
}

fn use_of(generation: u8, seconds: i64) -> Command {
    Command::Use(Use { presented: hash(generation), at: after(seconds) })
}

fn used(number: i64) -> Event {
    Event::Used { day: day(number) }
}

fn rotate(presented: u8, next: u8, seconds: i64) -> Command {
    let (presented, next) = (hash(presented), hash(next));
    Command::Rotate(Rotate { presented, next, access: None, at: after(seconds) })
}

fn rotated(generation: u8) -> Event {
    Event::Rotated {
        generation: generation.into(),
        secret_sha256: hash(generation),
        access_jti: None,
        access_expires_at: None,
    }
}

fn tolerated(generation: u64) -> Event {
    Event::RetryTolerated { generation }
}

fn detect(presented: u8) -> Command {
    let (presented, network) = (hash(presented), sealed("192.0.2.0/24"));
    Command::DetectReuse(DetectReuse { presented, network })
}

fn reused(presented_generation: u64) -> Event {
    Event::ReuseDetected { presented_generation, network: sealed("192.0.2.0/24") }
}

fn revoke() -> Command {
    Command::Revoke(Revoke { cause: RevocationCause::User })
}

fn revoked() -> Event {
    Event::Revoked { cause: RevocationCause::User }
}
