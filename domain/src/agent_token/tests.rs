use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    Rejection as _,
    actor::Actor,
    cidr::Cidrs,
    laws,
    samples::{
        DAY, MINUTE, after, hash, sealed, sealed_texts, times, token, tokens, user, workspace,
    },
    scope::Scopes,
    testing::{given, noon},
    workspace::Policy,
};

#[test]
fn a_token_is_created_once() {
    given::<AgentToken>([]).when(&create(None)).then([created(None)]);
    given::<AgentToken>([created(None)])
        .when(&create(None))
        .then_rejected(&Rejection::AlreadyCreated);
}

#[test]
fn a_token_lives_for_a_minute_at_least() {
    let due = after(MINUTE);
    given::<AgentToken>([]).when(&create(Some(due))).then([created(Some(due))]);
    for too_soon in [after(59), noon(), after(-DAY)] {
        given::<AgentToken>([])
            .when(&create(Some(too_soon)))
            .then_rejected(&Rejection::ExpiresInPast);
    }
}

#[test]
fn a_workspace_decides_how_long_a_token_may_live() {
    let within = |policy: &Policy, expires_at| {
        let command = Command::Create(Create { policy: policy.clone(), ..creation(expires_at) });
        given::<AgentToken>([]).when(&command)
    };
    let week = Policy { max_token_ttl_s: Some(7 * 86_400), ..Policy::default() };
    within(&week, Some(after(7 * DAY))).then([created(Some(after(7 * DAY)))]);
    within(&week, Some(after(7 * DAY + 1))).then_rejected(&Rejection::ExpiresTooFar);
    within(&week, None).then_rejected(&Rejection::ExpiresTooFar);

    let some_day = Policy { require_expiry: true, ..Policy::default() };
    within(&some_day, Some(after(DAY))).then([created(Some(after(DAY)))]);
    within(&some_day, None).then_rejected(&Rejection::ExpiryRequired);
}

#[test]
fn a_token_is_renamed_while_it_is_not_revoked() {
    given::<AgentToken>([created(None)]).when(&rename("new")).then([renamed("new")]);
    given::<AgentToken>([created(None)]).when(&rename("ci")).then_nothing();
    given::<AgentToken>([created(None), revoked()])
        .when(&rename("new"))
        .then_rejected(&Rejection::Revoked);
    given::<AgentToken>([]).when(&rename("new")).then_rejected(&Rejection::NotFound);
}

#[test]
fn revoking_twice_is_revoking_once() {
    given::<AgentToken>([created(None)]).when(&revoke()).then([revoked()]);
    given::<AgentToken>([created(None), revoked()]).when(&revoke()).then_nothing();
    given::<AgentToken>([]).when(&revoke()).then_rejected(&Rejection::NotFound);
}

#[test]
fn a_rotation_without_overlap_revokes_at_once() {
    let replaced = Event::Revoked {
        reason: RevocationReason::Rotated,
        note: None,
        revoked_by: Actor::user(user(1)),
    };
    given::<AgentToken>([created(None)])
        .when(&rotate(2, 0))
        .then([rotated(2, 0), replaced.clone()]);
    given::<AgentToken>([created(None), rotated(2, 0), replaced])
        .when(&rotate(2, 0))
        .then_nothing();
}

#[test]
fn during_an_overlap_both_tokens_work() {
    given::<AgentToken>([created(None)]).when(&rotate(2, MINUTE)).then([rotated(2, MINUTE)]);

    let token = issued(&[created(None), rotated(2, MINUTE)]);
    assert_eq!(token.status(after(MINUTE - 1)), Status::Active);
    assert_eq!(token.status(after(MINUTE)), Status::Revoked);
    assert_eq!(token.revocation_reason(after(MINUTE - 1)), None);
    assert_eq!(token.revocation_reason(after(MINUTE)), Some(RevocationReason::Rotated));
    assert_eq!(token.ends_at(), Some(after(MINUTE)));
}

#[test]
fn a_token_is_replaced_by_one_other_only() {
    let history = [created(None), rotated(2, MINUTE)];
    given::<AgentToken>(&history).when(&rotate(2, MINUTE)).then_nothing();
    given::<AgentToken>(&history).when(&rotate(3, MINUTE)).then_rejected(&Rejection::Replaced);
    given::<AgentToken>([created(None), revoked()])
        .when(&rotate(2, 0))
        .then_rejected(&Rejection::Revoked);
}

#[test]
fn a_token_in_its_overlap_can_still_be_revoked() {
    given::<AgentToken>([created(None), rotated(2, MINUTE)]).when(&revoke()).then([revoked()]);
}

#[test]
fn expiry_comes_with_time_and_revocation_goes_before_it() {
    let token = issued(&[created(Some(after(DAY)))]);
    assert_eq!(token.status(after(DAY - 1)), Status::Active);
    assert_eq!(token.status(after(DAY)), Status::Expired);
    let token = issued(&[created(Some(after(DAY))), revoked()]);
    assert_eq!(token.status(after(DAY)), Status::Revoked);
}

#[test]
fn use_is_recorded_once_a_day_and_once_for_each_new_network() {
    let history = [created(None), observed(0)];
    given::<AgentToken>([created(None)]).when(&observe(0, true)).then([observed(0)]);
    given::<AgentToken>(&history).when(&observe(0, false)).then_nothing();
    given::<AgentToken>(&history).when(&observe(0, true)).then([observed(0)]);
    given::<AgentToken>(&history).when(&observe(1, false)).then([observed(1)]);
    given::<AgentToken>(&history).when(&observe(-1, true)).then_nothing();
    given::<AgentToken>([created(None), revoked()]).when(&observe(0, true)).then_nothing();
}

#[test]
fn a_token_that_wanders_does_not_fill_the_log() {
    let mut history = vec![created(None)];
    history.extend(vec![observed(0); 16]);
    given::<AgentToken>(&history).when(&observe(0, true)).then_nothing();
    given::<AgentToken>(&history).when(&observe(1, false)).then([observed(1)]);
}

#[test]
fn an_id_given_up_is_never_used() {
    given::<AgentToken>([]).when(&Command::Abandon).then([Event::Abandoned {}]);
    given::<AgentToken>([Event::Abandoned {}]).when(&Command::Abandon).then_nothing();
    given::<AgentToken>([Event::Abandoned {}])
        .when(&create(None))
        .then_rejected(&Rejection::Abandoned);
    given::<AgentToken>([created(None)])
        .when(&Command::Abandon)
        .then_rejected(&Rejection::AlreadyCreated);
}

#[test]
fn whoever_is_refused_learns_a_code_of_the_contract() {
    assert_eq!(Rejection::Revoked.code(), "TOKEN_REVOKED");
    assert_eq!(Rejection::ExpiresInPast.code(), "EXPIRES_IN_PAST");
    assert_eq!(Rejection::ExpiresTooFar.code(), "EXPIRES_TOO_FAR");
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..30)) {
        laws::hold::<AgentToken>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        8 => (option::of(times()), times()).prop_map(|(expires_at, at)| {
            Command::Create(Create { at, ..creation(expires_at) })
        }),
        4 => (sealed_texts(), times()).prop_map(|(name, at)| Command::Rename(Rename { name, at })),
        4 => (tokens(), times(), times()).prop_map(|(replaced_by, overlap_ends_at, at)| {
            let by = Actor::user(user(1));
            Command::Rotate(Rotate { replaced_by, overlap_ends_at, by, at })
        }),
        1 => option::of(sealed_texts()).prop_map(|note| {
            let (reason, by) = (RevocationReason::Operator, Actor::operator("uid:0"));
            Command::Revoke(Revoke { reason, note, by })
        }),
        8 => (0..40_i64, any::<bool>()).prop_map(|(day, new_network)| observe(day, new_network)),
        1 => Just(Command::Abandon),
    ]
}

fn issued(history: &[Event]) -> Issued {
    let token = AgentToken::fold(history.iter().map(|event| (event, noon())));
    token.issued().unwrap().clone()
}

fn facts(expires_at: Option<Time>) -> Created {
    Created {
        name: sealed("ci"),
        secret_sha256: hash(1),
        hint: "nxa_...Q2F9".into(),
        workspace_id: workspace(),
        created_by: user(1),
        acts_as: user(1),
        scopes: Scopes::default(),
        allowed_cidrs: Cidrs::default(),
        expires_at,
        origin: Origin::Dashboard,
    }
}

fn creation(expires_at: Option<Time>) -> Create {
    Create { token: facts(expires_at), policy: Policy::default(), at: noon() }
}

fn create(expires_at: Option<Time>) -> Command {
    Command::Create(creation(expires_at))
}

fn created(expires_at: Option<Time>) -> Event {
    Event::Created(Box::new(facts(expires_at)))
}

fn rename(name: &str) -> Command {
    Command::Rename(Rename { name: sealed(name), at: noon() })
}

fn renamed(name: &str) -> Event {
    Event::Renamed { name: sealed(name) }
}

fn rotate(heir: u128, overlap: i64) -> Command {
    let (replaced_by, overlap_ends_at) = (token(heir), after(overlap));
    Command::Rotate(Rotate { replaced_by, overlap_ends_at, by: Actor::user(user(1)), at: noon() })
}

fn rotated(heir: u128, overlap: i64) -> Event {
    Event::Rotated { replaced_by: token(heir), overlap_ends_at: after(overlap) }
}

fn revoke() -> Command {
    let (reason, by) = (RevocationReason::User, Actor::user(user(2)));
    Command::Revoke(Revoke { reason, note: Some(sealed("lost")), by })
}

fn revoked() -> Event {
    let (reason, revoked_by) = (RevocationReason::User, Actor::user(user(2)));
    Event::Revoked { reason, note: Some(sealed("lost")), revoked_by }
}

fn observe(day: i64, new_network: bool) -> Command {
    Command::ObserveUsage(ObserveUsage {
        day: after(day * DAY).date_naive(),
        count: 3,
        network: sealed("203.0.113.0/24"),
        new_network,
        client_family: Some("python".into()),
    })
}

fn observed(day: i64) -> Event {
    Event::UsageObserved {
        day: after(day * DAY).date_naive(),
        count: 3,
        network: sealed("203.0.113.0/24"),
        client_family: Some("python".into()),
    }
}
