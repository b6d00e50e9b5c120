//! Tests of rebuilds: the same rows, while the old ones are read.

use std::sync::Arc;

use store::Position;
use tokio::sync::Notify;

use crate::{
    Past, RebuildError, WorkspaceScope, agent_tokens, names,
    testing::{World, noon, on_each_database},
    workspaces,
};

#[tokio::test]
async fn a_rebuild_makes_the_rows_that_following_made() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let running = world.run();
        for name in ["ada", "grace", "linus"] {
            let tenant = world.tenant(name).await;
            let id = world.token(tenant, "ci").await;
            world.token(tenant, "laptop").await;
            world.revoke(tenant, id).await;
        }
        world.settled(&running.progress).await;
        for name in names() {
            let mut heard = Vec::new();
            let rebuilt = world.rebuilder().rebuild(name, 10, |part| heard.push(part)).await;
            assert_eq!(rebuilt.unwrap().differences, [], "{name}");
            assert_eq!(heard.last(), Some(&1.0), "{name}");
        }
        // What replaced the old tables is followed as they were.
        let tenant = world.tenant("late").await;
        world.settled(&running.progress).await;
        let row = workspaces::by_id(&world.db, WorkspaceScope::of(tenant.workspace)).await;
        assert_eq!(row.unwrap().unwrap().name.as_deref(), Some("late"));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_row_is_found_and_made_right() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        world.catch_up().await;
        sqlx::query!("update workspace set plan = 'enterprise'")
            .execute(world.db.projecting())
            .await
            .unwrap();
        let differences = world.rebuilder().check("workspaces", 10).await.unwrap();
        assert_eq!(differences.len(), 2);
        assert!(differences[0].only_live && differences[0].row.contains("enterprise"));
        let rebuilt = world.rebuilder().rebuild("workspaces", 10, |_| {}).await.unwrap();
        assert_eq!(rebuilt.differences, differences);
        let row = workspaces::by_id(&world.db, WorkspaceScope::of(ada.workspace)).await;
        assert_eq!(row.unwrap().unwrap().plan, domain::plan::Plan::Pro);
        assert_eq!(world.rebuilder().check("workspaces", 10).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn readers_notice_nothing_of_a_swap() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let ada = world.tenant("ada").await;
        let id = world.token(ada, "ci").await;
        world.catch_up().await;
        let done = Arc::new(Notify::new());
        let reader = tokio::spawn({
            let (db, done) = (world.db.clone(), Arc::clone(&done));
            async move {
                let scope = WorkspaceScope::of(ada.workspace);
                let mut reads = 0;
                let mut stop = std::pin::pin!(done.notified());
                loop {
                    let row = agent_tokens::by_id(&db, scope, id, noon()).await;
                    assert!(row.expect("the read is answered").is_some());
                    reads += 1;
                    tokio::select! {
                        biased;
                        () = &mut stop => return reads,
                        () = tokio::task::yield_now() => {}
                    }
                }
            }
        });
        for _ in 0..5 {
            world.rebuilder().rebuild("agent_tokens", 0, |_| {}).await.unwrap();
        }
        done.notify_one();
        assert!(reader.await.unwrap() > 0);
    })
    .await;
}

#[tokio::test]
async fn only_what_there_is_can_be_rebuilt() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let refused = world.rebuilder().rebuild("nothing", 0, |_| {}).await;
        assert!(matches!(refused, Err(RebuildError::Unknown)));
    })
    .await;
}

#[tokio::test]
async fn a_read_model_is_made_as_it_stood_at_a_position() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        let tenant = world.tenant("ada").await;
        world.token(tenant, "ci").await;
        let then = world.log.head().await.unwrap().unwrap();
        for n in 0..300 {
            world.token(tenant, &format!("later {n}")).await;
        }
        world.catch_up().await;
        let mut heard = Vec::new();
        let past = world.rebuilder().at("agent_tokens", then, |part| heard.push(part)).await;
        assert_eq!(tokens_in(past.unwrap()).await, ["ci"]);
        assert_eq!(heard.last(), Some(&1.0));
        let now = world.log.head().await.unwrap().unwrap();
        let all = world.rebuilder().at("agent_tokens", now, |_| {}).await.unwrap();
        assert_eq!(tokens_in(all).await.len(), 301);
        assert_eq!(world.rebuilder().check("agent_tokens", 1).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_made_as_it_will_stand() {
    on_each_database(async |db| {
        let world = World::new(db).await;
        world.tenant("ada").await;
        let later = Position::from_u64(u64::MAX >> 1);
        let refused = world.rebuilder().at("workspaces", later, |_| {}).await;
        assert!(matches!(refused, Err(RebuildError::Ahead)));
    })
    .await;
}

/// The names of the tokens that once stood there.
async fn tokens_in(mut past: Past) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(rows) = past.next().await.unwrap() {
        for row in rows.iter().filter(|row| row.table == "token") {
            let row: serde_json::Value = serde_json::from_str(&row.row).unwrap();
            names.push(row["name"].as_str().unwrap().to_owned());
        }
    }
    past.discard().await.unwrap();
    names
}
