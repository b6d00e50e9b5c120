//! What a crash leaves half done is finished, on a node whose clock the test moves.

mod pairings;
mod world;

use chrono::TimeDelta;
use domain::{
    actor::Actor,
    agent_token::{self, AgentToken, RevocationReason, Revoke},
    id::{TokenId, UserId, WorkspaceId},
    reactor_cursor::ReactorName,
    subject::Subject,
    user::{self, User},
    username::Username,
    workspace::Workspace,
    workspace_quota::WorkspaceQuota,
};
use store::random;

use self::world::{World, eventually, operator};
use super::lease::Lease;
use crate::app::agent_tokens::RotateToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_whose_token_never_appears_is_freed_and_its_id_is_given_up() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let token = TokenId::from_uuid(random::uuid());
    world.take_slot(workspace, token, user).await;
    world.clock.shift(TimeDelta::minutes(6));
    world.until_slots(workspace, 0).await;
    assert_eq!(world.state::<AgentToken>(token).await, AgentToken::Abandoned);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_appears_in_time_keeps_its_slot() {
    let world = World::start().await;
    let (_, workspace) = world.person("ada").await;
    world.create_token(workspace).await;
    let lost = TokenId::from_uuid(random::uuid());
    world.take_slot(workspace, lost, UserId::from_uuid(random::uuid())).await;
    world.clock.shift(TimeDelta::minutes(6));
    world.until_slots(workspace, 1).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slot_of_a_revoked_token_is_freed_if_its_command_died() {
    let world = World::start().await;
    let (_, workspace) = world.person("ada").await;
    let token = world.create_token(workspace).await;
    let by = Actor::operator("uid:0");
    let revoke = Revoke { reason: RevocationReason::Operator, note: None, by };
    world.execute::<AgentToken>(token, agent_token::Command::Revoke(revoke)).await;
    world.clock.shift(TimeDelta::minutes(1));
    world.until_slots(workspace, 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_ends_with_a_revocation_that_everybody_can_see() {
    let world = World::start().await;
    let (_, workspace) = world.person("ada").await;
    let old = world.create_token(workspace).await;
    let rotate = RotateToken { id: old, overlap: TimeDelta::minutes(10) };
    world.app().rotate_token(&operator(), rotate).await.unwrap();
    world.clock.shift(TimeDelta::minutes(11));
    world.until_revoked(old, RevocationReason::Rotated).await;
    world.until_slots(workspace, 1).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_died_before_its_end_is_completed() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let (old, new) = (world.create_token(workspace).await, TokenId::from_uuid(random::uuid()));
    let ends = world.pass_slot(workspace, user, old, new).await;
    world.create_replacement(old, new).await;
    world.clock.shift(TimeDelta::minutes(6));
    eventually(async || match world.state::<AgentToken>(old).await {
        AgentToken::Issued(token) => token.rotated.is_some_and(|rotation| {
            rotation.replaced_by == new && rotation.overlap_ends_at == ends
        }),
        AgentToken::Unissued | AgentToken::Abandoned => false,
    })
    .await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_replacement_never_appears_is_undone() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let (old, new) = (world.create_token(workspace).await, TokenId::from_uuid(random::uuid()));
    world.pass_slot(workspace, user, old, new).await;
    world.clock.shift(TimeDelta::minutes(6));
    eventually(async || {
        let quota = world.state::<WorkspaceQuota>(workspace).await;
        quota.slots.len() == 1 && quota.slots.get(old).is_some_and(|slot| slot.passed.is_none())
    })
    .await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_a_person_who_is_deactivated_are_revoked() {
    let world = World::start().await;
    let (user, workspace) = world.person("ada").await;
    let token = world.create_token(workspace).await;
    let cause = user::Cause::Operator;
    world.execute::<User>(user, user::Command::Deactivate { cause }).await;
    world.until_revoked(token, RevocationReason::OwnerDeactivated).await;
    world.until_slots(workspace, 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_a_workspace_is_given_one() {
    let world = World::start().await;
    let id = UserId::from_uuid(random::uuid());
    let app = world.app();
    app.vault.create_subject_key(id.into(), &world.context()).await.unwrap();
    let name = Username::parse("grace").unwrap();
    let handle = app.vault.seal(id.into(), &format!("user-{id}"), "handle", &name).await.unwrap();
    let register = user::Register {
        number: 7,
        handle,
        origin: user::Origin::Register,
        subject_key_id: id.into(),
        credential: None,
    };
    world.execute::<User>(id, user::Command::Register(register)).await;
    world.clock.shift(TimeDelta::minutes(2));
    let workspace = WorkspaceId::personal(id);
    eventually(async || world.state::<Workspace>(workspace).await.open().is_some()).await;
    // Its key is on record like any other, so that an erasure finds it.
    let key = world.state::<Subject>(workspace.into()).await;
    assert!(matches!(key, Subject::Keyed { .. }), "{key:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_acts_and_the_other_takes_over_when_its_lease_has_run_out() {
    let world = World::start().await;
    let name = ReactorName::new("test");
    let read = async |holder: &str| Lease::read(world.app(), name, holder).await.unwrap();
    let (mut one, mut other) = (read("one").await, read("other").await);
    assert!(one.hold(world.app()).await.unwrap());
    assert!(!other.hold(world.app()).await.unwrap());

    let head = world.app().log.head().await.unwrap().unwrap();
    one.advance(world.app(), head).await.unwrap();
    assert_eq!(read("third").await.position(), Some(head));
    world.clock.shift(TimeDelta::minutes(1));
    assert!(other.hold(world.app()).await.unwrap());
    assert!(!one.hold(world.app()).await.unwrap());
    world.end().await;
}
