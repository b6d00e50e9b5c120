//! Tests of the runner: each event once, in order, whatever happens on the way.

use std::time::Duration;

use domain::{
    digest::Digest,
    id::{SubjectId, TokenId, VaultRef, WorkspaceId},
    subject::{Command, Subject},
};
use store::random;

use crate::{
    Database, Progress, ProjectionState, ProjectionStatus, WorkspaceScope,
    agent_tokens::{self, Filter, Order},
    batch::{self, Applied},
    checkpoint, dead_letter,
    feed::Feed,
    lock::Lock,
    model, names,
    page::PageRequest,
    testing::{
        PATIENCE, RogueToken, RogueWorkspace, Tenant, World, eventually, noon, on_each_database,
    },
    users,
};

async fn tokens(world: &World, tenant: Tenant) -> Vec<TokenId> {
    let scope = WorkspaceScope::of(tenant.workspace);
    let (filter, request) = (Filter::default(), PageRequest::first(100));
    let page =
        agent_tokens::page(&world.db, scope, &filter, Order::default(), &request, noon()).await;
    page.unwrap().edges.into_iter().map(|edge| edge.node.id).collect()
}

fn status_of(statuses: Vec<ProjectionStatus>, name: &str) -> ProjectionStatus {
    statuses.into_iter().find(|status| status.name == name).unwrap()
}

#[tokio::test]
async fn what_is_in_the_log_is_soon_in_the_rows() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let running = world.run();
        let id = world.token(ada, "ci").await;
        world.settled(&running.progress).await;
        assert_eq!(tokens(&world, ada).await, [id]);
        for status in running.progress.statuses() {
            assert_eq!((status.state, status.dead_letters), (ProjectionState::Live, 0));
            assert!(status.position <= world.log.head().await.unwrap());
        }
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_reader_waits_for_what_it_wrote_and_gives_up_in_time() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let running = world.run();
        let ada = world.tenant("ada").await;
        let id = world.token(ada, "ci").await;
        let revoked = world.revoke(ada, id).await;
        assert!(running.progress.wait_for("agent_tokens", revoked, PATIENCE).await);
        let progress = running.progress.clone();
        running.stop().await;
        let later = world.revoke(ada, world.token(ada, "second").await).await;
        assert!(!progress.wait_for("agent_tokens", later, Duration::from_millis(100)).await);
    })
    .await;
}

#[tokio::test]
async fn two_nodes_apply_each_event_once_and_both_know_how_far_it_is() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let (one, two) = (world.run(), world.run());
        let ada = world.tenant("ada").await;
        for number in 0..20 {
            world.token(ada, &format!("token {number}")).await;
        }
        world.settled(&one.progress).await;
        world.settled(&two.progress).await;
        assert_eq!(tokens(&world, ada).await.len(), 20);
        assert_eq!(world.rebuilder().check("agent_tokens", 10).await.unwrap(), []);
        one.stop().await;
        two.stop().await;
    })
    .await;
}

#[tokio::test]
async fn while_another_node_holds_the_lock_nothing_is_done() {
    // A second connection is needed to hold the lock, and PGlite has but one.
    on_each_database(async |db| {
        let world = World::new(db).await;
        world.tenant("ada").await;
        world.catch_up().await;
        world.tenant("grace").await;
        let targets = targets();
        let after = earliest(&world.db).await;
        let mut feed = Feed::new(&world.log, &world.vault, after, &model::categories());
        let batch = feed.next(None).await.unwrap().batch;
        if world.db.projecting().options().get_max_connections() > 1 {
            let mut other = world.db.projecting().begin().await.unwrap();
            assert!(Lock::Live.try_take(&mut other).await.unwrap());
            let outcome = batch::apply(world.db.projecting(), Lock::Live, &targets, &batch).await;
            assert_eq!(outcome.unwrap(), Applied::StoodBy);
            other.rollback().await.unwrap();
        }
        let outcome = batch::apply(world.db.projecting(), Lock::Live, &targets, &batch).await;
        assert_eq!(outcome.unwrap(), Applied::Done);
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_applied_once_however_often_it_comes_and_never_after_a_gap() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        world.catch_up().await;
        world.token(ada, "ci").await;
        let after = earliest(&world.db).await;
        let mut feed = Feed::new(&world.log, &world.vault, after, &model::categories());
        let mut batch = feed.next(None).await.unwrap().batch;
        for _ in 0..2 {
            let outcome = batch::apply(world.db.projecting(), Lock::Live, &targets(), &batch).await;
            assert_eq!(outcome.unwrap(), Applied::Done);
        }
        assert_eq!(tokens(&world, ada).await.len(), 1);
        // A batch that begins behind what is in the rows leaves something out.
        world.token(ada, "second").await;
        batch.after = world.log.head().await.unwrap();
        let outcome = batch::apply(world.db.projecting(), Lock::Live, &targets(), &batch).await;
        assert_eq!(outcome.unwrap(), Applied::Gap { from: earliest(&world.db).await });
    })
    .await;
}

#[tokio::test]
async fn a_crash_between_batches_loses_and_doubles_nothing() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        for number in 0..30 {
            let running = world.run();
            world.token(ada, &format!("token {number}")).await;
            if number % 3 == 0 {
                world.settled(&running.progress).await;
            }
            running.kill();
        }
        world.catch_up().await;
        assert_eq!(tokens(&world, ada).await.len(), 30);
        for name in names() {
            assert_eq!(world.rebuilder().check(name, 10).await.unwrap(), [], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_event_parks_its_stream_and_no_other() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let bad = world.token(ada, "bad").await;
        world.execute::<RogueToken>(bad, Some(ada.workspace), ()).await;
        let good = world.token(ada, "good").await;
        let running = world.run();
        read(&world, &running.progress).await;
        // In a later batch too, what follows in the stream is parked behind it.
        world.execute::<RogueToken>(bad, Some(ada.workspace), ()).await;
        read(&world, &running.progress).await;

        assert_eq!(tokens(&world, ada).await, [good, bad]);
        let letters = dead_letter::of(&world.db, "agent_tokens", 10).await.unwrap();
        let revisions: Vec<_> = letters.iter().map(|letter| letter.revision).collect();
        assert_eq!(revisions, [1, 2]);
        assert!(letters[1].error.contains("earlier event"), "{}", letters[1].error);
        let status = status_of(running.progress.statuses(), "agent_tokens");
        assert_eq!((status.state, status.dead_letters), (ProjectionState::Live, 2));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_event_halts_what_must_not_be_wrong_and_nothing_else() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let before = world.tenant("before").await;
        let bad = WorkspaceId::from_uuid(random::uuid());
        world.execute::<RogueWorkspace>(bad, Some(bad), ()).await;
        let after = world.tenant("after").await;
        let running = world.run();
        let status = eventually(async || {
            let status = status_of(running.progress.statuses(), "workspaces");
            (status.state == ProjectionState::Halted).then_some(status)
        })
        .await;
        assert!(status.error.unwrap().contains(&format!("workspace-{bad}")));
        let head = world.log.head().await.unwrap().unwrap();
        assert!(running.progress.wait_for("users", head, PATIENCE).await);
        assert!(users::by_id(&world.db, after.user).await.unwrap().is_some());
        let rows = async |tenant: Tenant| {
            crate::workspaces::by_id(&world.db, WorkspaceScope::of(tenant.workspace)).await.unwrap()
        };
        assert!(rows(before).await.is_some(), "what came before the event is there");
        assert!(rows(after).await.is_none(), "what came after it is not");
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn rows_of_another_log_are_dropped_and_made_anew() {
    on_each_database(async |db| {
        let old = World::new(db).await;
        let ada = old.tenant("ada").await;
        old.catch_up().await;
        let new = World::new(old.db.clone()).await;
        let grace = new.tenant("grace").await;
        new.tenant("linus").await;
        new.catch_up().await;
        assert!(users::by_id(&new.db, ada.user).await.unwrap().is_none());
        assert!(users::by_id(&new.db, grace.user).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn erasing_a_person_blanks_their_rows_as_a_rebuild_would() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        world.token(ada, "ci").await;
        world.catch_up().await;
        let named = users::by_id(&world.db, ada.user).await.unwrap().unwrap();
        assert_eq!(named.username.as_deref(), Some("ada"));
        for subject in [ada.user.into(), ada.workspace.into()] {
            erase(&world, subject).await;
        }
        world.catch_up().await;
        let blank = users::by_id(&world.db, ada.user).await.unwrap().unwrap();
        assert_eq!(blank.username, None);
        for name in names() {
            assert_eq!(world.rebuilder().check(name, 10).await.unwrap(), [], "{name}");
        }
    })
    .await;
}

fn targets() -> Vec<batch::Target> {
    let target = |model: &'static model::Model| batch::Target { model, schema: model.name.into() };
    model::all().iter().map(target).collect()
}

async fn earliest(db: &Database) -> Option<store::Position> {
    let checkpoints = checkpoint::all(db.projecting()).await.unwrap();
    checkpoints.into_iter().map(|checkpoint| checkpoint.position).min().flatten()
}

/// Waits until the tokens hold all that the log does now; others may have halted.
async fn read(world: &World, progress: &Progress) {
    let head = world.log.head().await.unwrap().unwrap();
    assert!(progress.wait_for("agent_tokens", head, PATIENCE).await);
}

async fn erase(world: &World, subject: SubjectId) {
    let create = Command::CreateKey { key_ref: VaultRef::from_uuid(random::uuid()) };
    world.execute::<Subject>(subject, None, create).await;
    world.execute::<Subject>(subject, None, Command::RequestErasure).await;
    world.vault.destroy_subject_key(subject).await.unwrap();
    let receipt_hash = Digest::of(b"receipt");
    world.execute::<Subject>(subject, None, Command::DestroyKey { receipt_hash }).await;
}

#[tokio::test]
async fn connections_that_die_are_replaced_and_nothing_is_missed() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let running = world.run();
        world.settled(&running.progress).await;
        for number in 0..5 {
            world.token(ada, &format!("token {number}")).await;
            // On a server, whoever is connected; PGlite can only be asked to end its one client.
            let _ = sqlx::query!(
                "select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()"
            )
            .fetch_all(world.db.projecting())
            .await;
        }
        world.settled(&running.progress).await;
        assert_eq!(tokens(&world, ada).await.len(), 5);
        running.stop().await;
    })
    .await;
}
