use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    actor::Actor,
    laws,
    platform::PlatformScopes,
    samples::{HOUR, MINUTE, after, identity, sealed, times, user, vault_ref, workspace},
    testing::{given, noon},
};

#[test]
fn an_account_is_connected_once() {
    given::<ConnectedAccount>([]).when(&connect(1)).then([connected(1)]);
    given::<ConnectedAccount>([connected(1)]).when(&connect(1)).then_nothing();
    given::<ConnectedAccount>([connected(1)])
        .when(&connect(2))
        .then_rejected(&Rejection::AlreadyConnected);
}

#[test]
fn what_needs_it_is_connected_again_by_the_same_identity() {
    let lost = [connected(1), lost()];
    given::<ConnectedAccount>(lost.clone()).when(&connect(2)).then([connected(2)]);
    let mut other = facts(2);
    other.identity = identity(2);
    given::<ConnectedAccount>(lost)
        .when(&Command::Connect(Connect { connection: other }))
        .then_rejected(&Rejection::AlreadyConnected);
}

#[test]
fn an_id_given_up_is_never_used() {
    given::<ConnectedAccount>([]).when(&Command::Abandon).then([Event::Abandoned {}]);
    given::<ConnectedAccount>([Event::Abandoned {}]).when(&Command::Abandon).then_nothing();
    given::<ConnectedAccount>([Event::Abandoned {}])
        .when(&connect(1))
        .then_rejected(&Rejection::Abandoned);
    given::<ConnectedAccount>([connected(1)])
        .when(&Command::Abandon)
        .then_rejected(&Rejection::AlreadyConnected);
}

#[test]
fn one_refresh_is_under_way_at_a_time() {
    given::<ConnectedAccount>([connected(1)]).when(&start(0)).then([started(30)]);
    given::<ConnectedAccount>([connected(1), started(30)])
        .when(&start(29))
        .then_rejected(&Rejection::RefreshUnderWay);
    given::<ConnectedAccount>([connected(1), started(30)]).when(&start(30)).then([started(60)]);
}

#[test]
fn a_pair_that_was_replaced_is_not_spent_again() {
    given::<ConnectedAccount>([connected(1), started(30), refreshed(1)])
        .when(&start(40))
        .then_rejected(&Rejection::AlreadyRefreshed);
}

#[test]
fn a_refresh_is_on_record_once() {
    given::<ConnectedAccount>([connected(1), started(30)]).when(&refresh(1)).then([refreshed(1)]);
    given::<ConnectedAccount>([connected(1), started(30), refreshed(1)])
        .when(&refresh(1))
        .then_nothing();
    given::<ConnectedAccount>([]).when(&refresh(1)).then_rejected(&Rejection::NotFound);
}

#[test]
fn failures_in_a_row_are_further_and_further_apart() {
    let mut history = vec![connected(1)];
    for (attempt, delay) in [(1, 5), (2, 10), (3, 20)] {
        let failed = failed(attempt, delay);
        given::<ConnectedAccount>(&history).when(&fail(0)).then([failed.clone()]);
        history.push(failed);
    }
    given::<ConnectedAccount>(&history).when(&start(19)).then_rejected(&Rejection::TooSoon);
    given::<ConnectedAccount>(&history).when(&start(20)).then([started(50)]);
    // A success ends the row.
    history.push(refreshed(1));
    given::<ConnectedAccount>(&history).when(&fail(1)).then([failed(1, 5)]);
}

#[test]
fn a_grant_that_is_over_needs_its_person() {
    given::<ConnectedAccount>([connected(1)]).when(&end_grant(0)).then([lost()]);
    given::<ConnectedAccount>([connected(1), lost()]).when(&end_grant(0)).then_nothing();
    given::<ConnectedAccount>([connected(1), lost()])
        .when(&start(0))
        .then_rejected(&Rejection::NeedsReconnect);
    // Another node had stored a newer pair: the refusal was of the old one.
    given::<ConnectedAccount>([connected(1), refreshed(1)]).when(&end_grant(0)).then_nothing();
    given::<ConnectedAccount>([connected(1), refreshed(1)]).when(&fail(0)).then_nothing();
}

#[test]
fn disconnecting_is_for_good() {
    for history in [vec![connected(1)], vec![connected(1), lost()]] {
        given::<ConnectedAccount>(history).when(&disconnect()).then([disconnected()]);
    }
    let gone = [connected(1), disconnected()];
    given::<ConnectedAccount>(gone.clone()).when(&disconnect()).then_nothing();
    given::<ConnectedAccount>(gone.clone())
        .when(&connect(2))
        .then_rejected(&Rejection::Disconnected);
    given::<ConnectedAccount>(gone.clone())
        .when(&refresh(1))
        .then_rejected(&Rejection::Disconnected);
    given::<ConnectedAccount>(gone).when(&destroy()).then([destroyed()]);
    given::<ConnectedAccount>([connected(1), disconnected(), destroyed()])
        .when(&destroy())
        .then_nothing();
    given::<ConnectedAccount>([connected(1)])
        .when(&destroy())
        .then_rejected(&Rejection::StillConnected);
}

proptest! {
    #[test]
    fn the_laws_hold(commands in vec((commands(), times()), 0..40)) {
        laws::hold::<ConnectedAccount>(&commands);
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => (1..3_u128).prop_map(connect),
        1 => option::of(times()).prop_map(|access_expires_at| {
            let connection =
                Connection { access_expires_at, platform_username: None, ..facts(1) };
            Command::Connect(Connect { connection })
        }),
        4 => (times(), 0..4_u64).prop_map(|(at, vault_version)| {
            Command::StartRefresh(StartRefresh { until: at, vault_version, at })
        }),
        4 => (0..4_u64, option::of(times())).prop_map(|(vault_version, access_expires_at)| {
            let (scopes, trigger) = (scopes(), Trigger::Ahead);
            Command::Refresh(Refresh { vault_version, access_expires_at, scopes, trigger })
        }),
        3 => (0..4_u64).prop_map(fail),
        1 => (0..4_u64).prop_map(end_grant),
        1 => Just(disconnect()),
        1 => Just(destroy()),
        1 => Just(Command::Abandon),
    ]
}

fn scopes() -> PlatformScopes {
    PlatformScopes::parse(["bits:read"]).unwrap()
}

fn facts(secret: u128) -> Connection {
    Connection {
        workspace_id: workspace(),
        platform: "twitch".parse().unwrap(),
        identity: identity(1),
        platform_user_id: sealed("141981764"),
        platform_username: Some(sealed("TwitchDev")),
        scopes: scopes(),
        vault_ref: vault_ref(secret),
        vault_version: 0,
        access_expires_at: Some(after(HOUR)),
        refreshable: true,
        connected_by: user(1),
    }
}

fn connect(secret: u128) -> Command {
    Command::Connect(Connect { connection: facts(secret) })
}

fn connected(secret: u128) -> Event {
    Event::Connected(Box::new(facts(secret)))
}

fn start(second: i64) -> Command {
    let (at, until) = (after(second), after(second + 30));
    Command::StartRefresh(StartRefresh { until, vault_version: 0, at })
}

fn started(until: i64) -> Event {
    Event::RefreshStarted { until: after(until) }
}

fn refresh(vault_version: u64) -> Command {
    Command::Refresh(Refresh {
        vault_version,
        access_expires_at: Some(after(HOUR + MINUTE)),
        scopes: scopes(),
        trigger: Trigger::Demand,
    })
}

fn refreshed(vault_version: u64) -> Event {
    Event::Refreshed {
        vault_version,
        access_expires_at: Some(after(HOUR + MINUTE)),
        scopes: scopes(),
        trigger: Trigger::Demand,
    }
}

fn fail(vault_version: u64) -> Command {
    let code = FailureCode::ServerError;
    Command::FailRefresh(FailRefresh { code, vault_version, at: noon() })
}

fn failed(attempt: u32, delay: i64) -> Event {
    Event::RefreshFailed { code: FailureCode::ServerError, attempt, next_at: after(delay) }
}

fn end_grant(vault_version: u64) -> Command {
    Command::EndGrant { code: FailureCode::InvalidGrant, vault_version }
}

fn lost() -> Event {
    Event::NeedsReconnect { code: FailureCode::InvalidGrant }
}

fn disconnect() -> Command {
    Command::Disconnect { by: Actor::user(user(1)), revoke_at_provider: true }
}

fn disconnected() -> Event {
    Event::Disconnected { by: Actor::user(user(1)), revoke_at_provider: true }
}

fn destroy() -> Command {
    Command::DestroySecret { revoked_at_provider: true }
}

fn destroyed() -> Event {
    Event::SecretDestroyed { revoked_at_provider: true }
}
