//! Exchanges that a crash left half done, at each of their gaps.

use chrono::TimeDelta;
use domain::{
    agent_token::{AgentToken, RevocationReason},
    id::{TokenId, UserId, WorkspaceId},
    pairing::{Command, Exchange, Exchanged, Generate, PairerId, Pairing},
    pairing_code::Alphabet,
    secret::SecretHash,
    workspace_quota::WorkspaceQuota,
};
use store::random;

use super::world::{World, eventually};

async fn spend(world: &World, user: UserId, workspace: WorkspaceId, token_id: TokenId) -> PairerId {
    let (by, at) = (PairerId { workspace, user }, world.now());
    let generate = Generate {
        created_by: user,
        alphabet: Alphabet::Digits,
        expires_at: at + TimeDelta::minutes(5),
        token_name: None,
        token_expires_at: None,
        number_from: 0,
        at,
    };
    world.execute::<Pairing>(by, Command::Generate(generate)).await;
    let secret_sha256 = SecretHash::of("nobody was told");
    let exchanged = Exchanged { token_id, secret_sha256, device_name: None };
    let exchange = Exchange { number: 0, exchanged, at };
    world.execute::<Pairing>(by, Command::Exchange(exchange)).await;
    by
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_code_whose_token_never_appears_is_given_up() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let token = TokenId::from_uuid(random::uuid());
    world.take_slot(workspace, token, user).await;
    let by = spend(&world, user, workspace, token).await;
    world.clock.shift(TimeDelta::seconds(61));
    // The slot may be freed by either of two reactors, so it says nothing of the other's work.
    eventually(async || world.state::<Pairing>(by).await.pending.is_empty()).await;
    world.until_slots(workspace, 0).await;
    assert_eq!(world.state::<AgentToken>(token).await, AgentToken::Abandoned);
    // A command that was only slow learns of it.
    let issue = Command::Issue { token_id: token };
    let late = world.app().log.execute::<Pairing>(by, &issue, &world.context()).await;
    assert!(late.is_err());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_secret_nobody_was_told_is_revoked() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let token = world.create_token(workspace).await;
    spend(&world, user, workspace, token).await;
    world.clock.shift(TimeDelta::seconds(61));
    world.until_revoked(token, RevocationReason::User).await;
    world.until_slots(workspace, 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_is_complete_is_left_alone() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let (kept, lost) = (world.create_token(workspace).await, TokenId::from_uuid(random::uuid()));
    let by = spend(&world, user, workspace, kept).await;
    world.execute::<Pairing>(by, Command::Issue { token_id: kept }).await;
    // Another person's, to know by when the reactor has had its turn.
    let (other, home) = world.person("grace").await;
    world.take_slot(home, lost, other).await;
    spend(&world, other, home, lost).await;
    world.clock.shift(TimeDelta::seconds(61));
    world.until_slots(home, 0).await;
    let token = world.state::<AgentToken>(kept).await;
    assert!(token.issued().unwrap().revoked.is_none());
    eventually(async || world.state::<WorkspaceQuota>(workspace).await.slots.len() == 1).await;
    world.end().await;
}
